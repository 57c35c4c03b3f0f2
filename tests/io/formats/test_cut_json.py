"""The beginning of a JSON file, wherever it is cut off."""

from __future__ import annotations

import json

import pytest

from labelaudit.io.formats.cut_json import cut_json

VALUE = {"a": 1, "b": [{"c": "x, ]"}, {"d": [3, 4.5, None, True]}], "e": {"f": []}, "g": "é\n"}
TEXT = json.dumps(VALUE, indent=1)


def within(part: object, whole: object) -> bool:
    """Whether a value is the other as far as it goes."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and within(one, whole[key]) for key, one in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return all(within(*pair) for pair in zip(part, whole, strict=False))
    return part == whole


@pytest.mark.parametrize("at", range(1, len(TEXT)))
def test_what_is_whole_before_a_cut_is_read(at):
    assert within(cut_json(TEXT[:at]), VALUE)


def test_a_whole_document_is_read_whole():
    assert cut_json(f" {TEXT}\n") == VALUE
    assert cut_json(TEXT[: TEXT.index('"e"')]) == {"a": 1, "b": VALUE["b"]}


@pytest.mark.parametrize("text", ["", " ", "x", "[", "{", '{"a"', '{"a":', "[,]", "1"])
def test_what_is_no_document_gives_nothing_and_no_error(text):
    assert not cut_json(text)


def test_what_is_nested_deeper_than_records_are_is_not_followed():
    assert cut_json("[" * 100_000) == [[[[[]]]]]
