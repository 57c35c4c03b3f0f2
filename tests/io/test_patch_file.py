"""Patch files: what is read of one, and what no patch may do to a user's files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelaudit.errors import FixError
from labelaudit.io.edits import Edit, edited
from labelaudit.io.patch_file import PatchedFile, read_patch, write_patch
from labelaudit.io.save import undo

FIRST_VERSION = """\
{"schema_version": 1, "format": "yolo", "files": [{"path": "a.txt", "new": false, \
"before": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", \
"after": "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"}]}
{"file": "a.txt", "start": 0, "record": "line 1", "before": "abc", "after": "hi"}
"""
"""As the first version writes it: patches are kept for years."""


def put(folder: Path, *entries: dict[str, Any], **header: Any) -> Path:
    """A patch of these entries beside a file `a.txt` that holds `hi`."""
    (folder / "a.txt").write_text("hi")
    first, second = map(json.loads, FIRST_VERSION.splitlines())
    lines = [first | header, *([second | one for one in entries] or [second])]
    path = folder / "labelaudit.patch.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_a_patch_of_the_first_version_is_undone(tmp_path: Path):
    path = tmp_path / "a.txt.patch.jsonl"
    path.write_text(FIRST_VERSION)
    (tmp_path / "a.txt").write_text("hi")
    assert undo(tmp_path / "a.txt") == [tmp_path / "a.txt"]
    assert (tmp_path / "a.txt").read_text() == "abc"
    assert not path.exists()


def test_a_patch_is_written_as_the_first_version_is(tmp_path: Path):
    source = tmp_path / "a.txt"
    source.write_text("abc")
    file = PatchedFile.of(source, [Edit(0, 3, b"hi", "line 1")], "a.txt")
    with (tmp_path / "p.patch.jsonl").open("wb") as out:
        write_patch(out, [file], "yolo", {})
    assert (tmp_path / "p.patch.jsonl").read_text() == FIRST_VERSION


@pytest.mark.parametrize("version", [0, 2, "1"])
def test_a_patch_of_another_version_is_left_alone(tmp_path: Path, version: Any):
    path = put(tmp_path, schema_version=version)
    with pytest.raises(FixError, match=f"schema version {version} is not known here"):
        undo(path)
    assert (tmp_path / "a.txt").read_text() == "hi"


@pytest.mark.parametrize("place", ["{}/a.txt", "../a.txt", "sub/../../a.txt", "sub/../a.txt"])
def test_a_patch_changes_nothing_that_is_not_below_it(tmp_path: Path, place: str):
    inner = tmp_path / "in"
    (inner / "sub").mkdir(parents=True)
    (tmp_path / "a.txt").write_text("hi")
    name = place.format(tmp_path)
    file = json.loads(FIRST_VERSION.splitlines()[0])["files"][0] | {"path": name}
    path = put(inner, {"file": name}, files=[file])
    with pytest.raises(FixError, match="is not below the patch"):
        undo(path)
    assert (tmp_path / "a.txt").read_text() == (inner / "a.txt").read_text() == "hi"
    assert path.exists()


def test_dots_in_a_name_lead_nowhere_else(tmp_path: Path):
    (tmp_path / "..b").mkdir()
    (tmp_path / "..b" / "a..txt").write_text("hi")
    name = "..b/a..txt"
    file = json.loads(FIRST_VERSION.splitlines()[0])["files"][0] | {"path": name}
    assert undo(put(tmp_path, {"file": name}, files=[file])) == [tmp_path / "..b" / "a..txt"]
    assert (tmp_path / "..b" / "a..txt").read_text() == "abc"


@pytest.mark.parametrize(
    ("start", "possible"), [(-1, False), (0, True), (2**62 - 1, True), (2**62, False)]
)
def test_bytes_that_no_file_has_cannot_be_changed(tmp_path: Path, start: int, possible: bool):
    path = put(tmp_path, {"start": start})
    if possible:
        assert read_patch(path).files[0].edits[0].start == start
    else:
        with pytest.raises(FixError, match=r"changes bytes that a\.txt cannot have"):
            read_patch(path)


@pytest.mark.parametrize("start", [3, 2**40, 2**62 - 1])
def test_a_file_that_ends_before_what_a_patch_changes_is_left_alone(tmp_path: Path, start: int):
    with pytest.raises((FixError, OSError)):  # the system's own words where it looks no further
        undo(put(tmp_path, {"start": start}))
    assert (tmp_path / "a.txt").read_text() == "hi"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "labelaudit.patch.jsonl"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "{}", '{"schema_version": 1}', FIRST_VERSION + "{}\n", "\ud800"]
)
def test_what_is_no_patch_says_so(tmp_path: Path, text: str):
    path = tmp_path / "a.patch.jsonl"
    path.write_text(text, "utf-8", errors="surrogatepass")
    with pytest.raises(FixError, match="not a patch of labelaudit, or damaged"):
        read_patch(path)


def test_bytes_that_are_no_text_are_kept_too(tmp_path: Path):
    source = tmp_path / "a.txt"
    source.write_bytes(b"\xff\x00abc")
    file = PatchedFile.of(source, [Edit(0, 2, b"\xfe")], "a.txt")
    with source.open("rb") as opened:
        changed = b"".join(edited(opened, file.edits))
    source.write_bytes(changed)
    with (tmp_path / "a.txt.patch.jsonl").open("wb") as out:
        write_patch(out, [file], "voc", {})
    undo(source)
    assert source.read_bytes() == b"\xff\x00abc"


def test_a_file_that_is_gone_or_was_changed_since_is_not_undone_nor_is_any_other(tmp_path: Path):
    path = put(tmp_path)
    (tmp_path / "a.txt").write_text("ho")
    with pytest.raises(FixError, match="changed after the patch was written; nothing was undone"):
        undo(path)
    assert (tmp_path / "a.txt").read_text() == "ho"
    (tmp_path / "a.txt").unlink()
    with pytest.raises(FixError, match="not there; the patch cannot be undone"):
        undo(path)
    assert path.exists()


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\r", "\r\n"])
def test_what_unicode_calls_the_end_of_a_line_is_text_in_a_patch(tmp_path: Path, end: str):
    source = tmp_path / "a.txt"
    original, better = f"a{end}b".encode(), f"c{end}d{end}".encode()
    source.write_bytes(original)
    file = PatchedFile.of(source, [Edit(0, len(original), better, f"line{end}1")], "a.txt")
    source.write_bytes(better)
    with (tmp_path / "a.txt.patch.jsonl").open("wb") as out:
        write_patch(out, [file], "yolo", {})
    assert read_patch(tmp_path / "a.txt.patch.jsonl").files == (file,)
    undo(source)
    assert source.read_bytes() == original


def test_a_file_whose_name_is_no_text_is_in_a_patch(tmp_path: Path):
    name = "a\udcff.txt"
    try:
        (tmp_path / name).write_bytes(b"abc")
    except (OSError, UnicodeError):
        pytest.skip("this system has no such names")
    file = PatchedFile.of(tmp_path / name, [Edit(0, 3, "h\u00ef".encode())], name)
    (tmp_path / name).write_bytes("h\u00ef".encode())
    with (tmp_path / "labelaudit.patch.jsonl").open("wb") as out:
        write_patch(out, [file], "yolo", {})
    undo(tmp_path)
    assert (tmp_path / name).read_bytes() == b"abc"


def test_the_backup_in_a_patch_is_a_name_beside_its_file(tmp_path: Path):
    file = json.loads(FIRST_VERSION.splitlines()[0])["files"][0] | {"backup": "../x"}
    with pytest.raises(FixError, match="is no name"):
        read_patch(put(tmp_path, files=[file]))
