"""The beginning of a JSON file, which is cut off somewhere, as far as it goes."""

from __future__ import annotations

import json
from typing import Any

_DEEPEST = 5
_DECODER = json.JSONDecoder()


def cut_json(text: str) -> Any:
    """What the beginning of a JSON file holds: all values that are whole, and the parts of others.

    >>> cut_json('{"a": 1, "b": [{"c": 2}, {"d": [3, 4')
    {'a': 1, 'b': [{'c': 2}, {'d': [3]}]}
    """
    return _cut(text, _past_space(text, 0), _DEEPEST)[0]


def _cut(text: str, at: int, depth: int) -> tuple[Any, int]:
    """The value at a place and where it ends; the end of the text if it is cut off there."""
    try:
        value, end = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        opened = text[at : at + 1]
        if not depth or opened not in ("{", "["):
            return None, len(text)
        return (_cut_object if opened == "{" else _cut_list)(text, at + 1, depth - 1)
    # A number may go on.
    whole = not isinstance(value, int | float) or text[end : end + 1] in tuple(",]} \t\r\n")
    return (value, end) if whole else (None, len(text))


def _cut_list(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    at = _past_space(text, at)
    while at < len(text) and text[at] != "]":
        value, at = _cut(text, at, depth)
        if at < len(text) or isinstance(value, dict | list):
            found.append(value)
        at = _past_comma(text, at)
    return found, min(at + 1, len(text))


def _cut_object(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    at = _past_space(text, at)
    while at < len(text) and text[at] != "}":
        key, at = _cut(text, at, 0)
        at = _past_space(text, at)
        if not isinstance(key, str) or text[at : at + 1] != ":":
            return found, len(text)
        value, at = _cut(text, _past_space(text, at + 1), depth)
        if at < len(text) or isinstance(value, dict | list):
            found[key] = value
        at = _past_comma(text, at)
    return found, min(at + 1, len(text))


def _past_comma(text: str, at: int) -> int:
    """The place behind the comma at a place; the same before a bracket, else the end."""
    at = _past_space(text, at)
    if text[at : at + 1] == ",":
        return _past_space(text, at + 1)
    return at if text[at : at + 1] in ("]", "}") else len(text)


def _past_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
