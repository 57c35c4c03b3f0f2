"""The files of the package, and the command that prints them."""

from __future__ import annotations

import json

import pytest

from labelaudit.cli import main
from labelaudit.schemas import DIALECT, MADE, path, schema, text


@pytest.mark.parametrize("name", MADE)
def test_the_file_is_what_the_code_says(name: str):
    assert path(name).read_text("utf-8") == text(schema(name)), "run scripts/generate_docs.py"


@pytest.mark.parametrize("name", MADE)
def test_the_command_prints_the_file(name: str, capsys: pytest.CaptureFixture[str]):
    assert main(["schema", name]) == 0
    assert capsys.readouterr().out == path(name).read_text("utf-8")


def test_schemas_name_their_dialect():
    assert {json.loads(path(name).read_text("utf-8"))["$schema"] for name in MADE} == {DIALECT}


def test_what_there_is_no_schema_of_is_refused(capsys: pytest.CaptureFixture[str]):
    assert main(["schema", "labels"]) == 2
    assert "report" in capsys.readouterr().err


def test_a_rule_of_a_plugin_is_in_the_printed_schema(tmp_path, monkeypatch, capsys):
    from labelaudit.auditing.rule import RULES

    RULES.values()  # imports all rules
    monkeypatch.setattr(RULES, "_items", dict(RULES._items))
    (tmp_path / "own.py").write_text(
        "from labelaudit.auditing.rule import rule, found\n"
        "from labelaudit.auditing.findings import Severity\n\n"
        '@rule("OWN001", "own-rule", message="x", severity=Severity.INFO)\n'
        "def own_rule(audit, *, most: int = 3):\n"
        '    """Too many."""\n'
        "    return found([])\n",
        "utf-8",
    )
    config = tmp_path / "labelaudit.toml"
    config.write_text('plugins = ["own.py"]\n', "utf-8")
    assert main(["schema", "configuration", "--config", str(config)]) == 0
    made = json.loads(capsys.readouterr().out)
    settings = made["$defs"]["settings-of-OWN001"]["properties"]
    assert settings["most"] == {"type": "integer", "description": "", "default": 3}
