"""What a list of classes says: a name a line, as trainers read it, or as people also write it."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from labelaudit.core.text import counted
from labelaudit.io.formats.yolo.loose import shortened

LIST = "the list of classes"

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_QUOTES = "\"'"
_NUMBERED = re.compile(r"(\d{1,9})\s*[:=,;\t]\s*(\S.*)")


@dataclass(frozen=True)
class ClassList:
    """The names in a list of classes."""

    names: list[str]  # by their numbers; an empty one is a class without a name
    odd: list[tuple[str, str]]  # what is odd, and what it is, in words
    a_line_each: bool  # whether each name is a line and nothing else, in UTF-8


def read_list(content: bytes) -> ClassList:
    """The names in the bytes of a list of classes.

    Names in one line, between commas or in brackets, and names behind their numbers are read as
    they are meant. Text that is not UTF-8 is read as that of Windows.
    """
    text, encoding = _decoded(content)
    odd = [(LIST, f"in {encoding} and not in UTF-8: others read other letters")] * bool(encoding)
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", text)]
    while lines and not lines[-1]:
        lines.pop()
    if names := _in_one_line(lines):
        odd.append(
            (LIST, f"{counted(len(names), 'name')} in one line, which trainers read as one name")
        )
        return ClassList(names, odd, a_line_each=False)
    if names := _behind_numbers(lines):
        said = f"names behind their numbers, {shortened(lines[0])}"
        odd.append((LIST, f"{said}, which trainers read as parts of the names"))
        return ClassList(names, odd, a_line_each=False)
    for number, line in enumerate(lines):
        if line.startswith("#"):
            said = f"{shortened(line)}, a comment by its looks, which trainers read as a name"
            odd.append((f"class {number}", said))
            break
    return ClassList(lines, odd, a_line_each=not encoding)


def _decoded(content: bytes) -> tuple[str, str]:
    """The text of a file, and its encoding if that is not UTF-8."""
    if content.startswith(_WIDE):
        return content.decode("utf-16", "replace"), "UTF-16"
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace"), "Windows-1252"


def _in_one_line(lines: list[str]) -> list[str]:
    """The names of a list that is written in one line: `cat, dog` or `['cat', 'dog']`."""
    if len(lines) != 1:
        return []
    inside = lines[0]
    in_brackets = inside[:1] == "[" and inside[-1:] == "]"
    names = [
        one.strip().strip(_QUOTES) for one in (inside[1:-1] if in_brackets else inside).split(",")
    ]
    if in_brackets and names[-1] == "":  # a comma behind the last one
        names.pop()
    return names if all(names) and (in_brackets or len(names) > 1) else []


def _behind_numbers(lines: list[str]) -> list[str]:
    """The names of a list of which each line says its number first: `0: cat`."""
    found = [_NUMBERED.fullmatch(line) for line in lines]
    said = [(int(one[1]), one[2].strip().strip(_QUOTES)) for one in found if one]
    is_whole = len(said) == len(lines) > 1 and [number for number, _ in said] == list(
        range(len(lines))
    )
    return [name for _, name in said] if is_whole else []
