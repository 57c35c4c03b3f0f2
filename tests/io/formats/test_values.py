"""Values as files of others write them: JSON documents that break off, and their encodings."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from labelaudit.io.formats.values import CHUNK, json_in


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_is_read_in_every_encoding_that_it_may_have(tmp_path, encoding):
    (tmp_path / "a.json").write_text(json.dumps({"ü": ["犬" * 9]}, ensure_ascii=False), encoding)
    assert json_in(tmp_path / "a.json") == {"ü": ["犬" * 9]}


def test_no_more_is_read_of_a_file_that_goes_on_with_zeros(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b'[{"a": 1')
    with path.open("r+b") as file:
        file.truncate(64 * CHUNK)  # takes no space on the disk
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"^byte 8 is zero, which no text holds$"):
        json_in(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * CHUNK


def test_a_zero_is_told_by_its_place_in_the_file(tmp_path):
    text = b'["' + b"a" * CHUNK
    (tmp_path / "a.json").write_bytes(text + b"\0")
    with pytest.raises(ValueError, match=f"byte {len(text):,} is zero"):
        json_in(tmp_path / "a.json")


@pytest.mark.parametrize(("text", "why"), [("", "Expecting"), ("[" * 100_000, "too deeply")])
def test_what_is_no_json_is_told_in_words(tmp_path, text, why):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=why):
        json_in(tmp_path / "a.json")
    with pytest.raises(ValueError, match="No such file"):
        json_in(tmp_path / "b.json")
