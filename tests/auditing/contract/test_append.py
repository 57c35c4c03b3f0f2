from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from labelaudit.auditing.contract.append import append
from labelaudit.errors import ConfigError


def contract(table: str) -> str:
    return f"[{table}]\nerrors = 0\n\n[[{table}.targets]]\nrule = 'GEO'\n"


def test_a_file_is_made_where_there_is_none(tmp_path: Path):
    append(tmp_path / "labelaudit.toml", contract)
    assert (tmp_path / "labelaudit.toml").read_text() == contract("contract")


@pytest.mark.parametrize(
    "before",
    [
        b"# mine\nselect = ['GEO']  # of all\n",
        b"select = ['GEO']",
        b"[rules.tiny-box]\r\nmin-side = 3\r\n",
        b"\xef\xbb\xbfselect = ['GEO']\n",
        b"",
        b"\n\n",
    ],
)
def test_no_byte_of_a_file_is_lost(tmp_path: Path, before: bytes):
    path = tmp_path / "labelaudit.toml"
    path.write_bytes(before)
    append(path, contract)
    after = path.read_bytes()
    assert after.startswith(before)
    old, new = (tomllib.loads(text.decode("utf-8-sig")) for text in (before, after))
    assert new.pop("contract") == {"errors": 0, "targets": [{"rule": "GEO"}]}
    assert new == old
    if b"\r\n" in before:
        assert after.count(b"\n") == after.count(b"\r\n")


@pytest.mark.parametrize(
    "before", ["[project]\nname = 'x'\n", "[tool.labelaudit]\nselect = ['GEO']"]
)
def test_in_a_project_file_the_table_has_its_longer_name(tmp_path: Path, before: str):
    path = tmp_path / "pyproject.toml"
    path.write_text(before)
    append(path, contract)
    assert path.read_text().startswith(before)
    assert tomllib.loads(path.read_text())["tool"]["labelaudit"]["contract"]["errors"] == 0


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("labelaudit.toml", "[contract]\n"),
        ("labelaudit.toml", "contract.errors = 0\n"),
        ("labelaudit.toml", "[contract.hierarchy]\na = ['b']\n"),
        ("pyproject.toml", "[tool.labelaudit.contract]\nerrors = 3\n"),
    ],
)
def test_a_contract_that_is_there_is_not_replaced(tmp_path: Path, name: str, before: str):
    path = tmp_path / name
    path.write_text(before)
    with pytest.raises(ConfigError, match="there is a contract in it already"):
        append(path, contract)
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("name", "before", "said"),
    [
        ("pyproject.toml", "tool = {labelaudit = {select = ['GEO']}}\n", "as a table of its own"),
        ("labelaudit.toml", "select = [\n", "not a TOML file"),
    ],
)
def test_a_file_that_nothing_can_be_put_behind_stays_as_it_is(
    tmp_path: Path, name: str, before: str, said: str
):
    path = tmp_path / name
    path.write_text(before)
    with pytest.raises(ConfigError, match=said):
        append(path, contract)
    assert path.read_text() == before


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read"):
        append(tmp_path, contract)
