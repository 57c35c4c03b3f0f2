"""What can be understood of a line that is not plain numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import ProblemKind
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.yolo.other_lines import other_format
from labelaudit.io.formats.yolo.sixth_number import WITH_SIXTH

_SHORT = 60
_WHOLE = re.compile(r"-?\d+")
_FRAMES = "[](){}\"'"
_NOT_A_NUMBER = math.nan

NONE: Mapping[str, int] = MappingProxyType({})
"""The indices of no class."""


@dataclass
class LooseLine:
    """The numbers of a line, the class first, NaN for what is no number; none if it is no label."""

    numbers: list[float] = field(default_factory=list)
    problems: list[FieldProblem] = field(default_factory=list)


def understood(
    text: bytes, classes: Mapping[str, int], small: Mapping[str, int] = NONE
) -> LooseLine:
    """What a trainer might mean by a line.

    Numbers may be separated by commas or written with them, stand in brackets or quotes, an index
    may be written as a float, and a class by its name, in any letter case and of several words. All
    of that is noted. A line of another format is none.

    Parameters
    ----------
    text:
        the line.
    classes:
        the index of each class by its name.
    small:
        the same by names `in_small_letters`.

    Examples
    --------
    >>> understood(b"car, 0.5, 0.5, 1e-1, 0.1", {"car": 3}).numbers
    [3.0, 0.5, 0.5, 0.1, 0.1]
    """
    line = text.decode("utf-8", "replace")
    words = split_words(line)
    numbers = [number(word) for word in words]
    if len(words) < 5 or all(value is None for value in numbers[1:]):
        return LooseLine([], [FieldProblem(ProblemKind.UNREADABLE, "", shortened(line))])
    if other := other_format(words, numbers):
        found = f"a line of {other}: {shortened(line)}"
        return LooseLine([], [FieldProblem(ProblemKind.UNREADABLE, "", found)])
    loose = LooseLine()
    loose.numbers.append(_index(words[0], classes, small, loose.problems))
    loose.numbers += [_NOT_A_NUMBER if value is None else value for value in numbers[1:]]
    shape = numbers[1:-1] if len(numbers) == WITH_SIXTH else numbers[1:]
    if None in shape:
        first = words[numbers.index(None, 1)]
        loose.problems.append(FieldProblem(ProblemKind.UNREADABLE_FIELD, "box", shortened(first)))
    if " ".join(words).split() != line.split():
        loose.problems.append(FieldProblem(ProblemKind.WRONG_TYPE, "separator", shortened(line)))
    return loose


def number(word: str) -> float | None:
    """The number that a word is, NaN and infinity included; None if it is none.

    >>> number("1e-05"), number("inf"), number("1_000"), number("x")
    (1e-05, inf, None, None)
    """
    if "_" in word or not word.isascii():
        return None
    try:
        return float(word)
    except ValueError:
        return None


def shortened(text: str) -> str:
    """Text from a file as a message shows it: one line, not too long."""
    clean = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for letter in text[: 2 * _SHORT]
    )
    return clean if len(clean) <= _SHORT else f"{clean[: _SHORT - 3]}..."


def split_words(line: str) -> list[str]:
    """The words of a line, without commas between them, and with points for commas in them.

    Brackets and quotes around words go, and a name of several words is one.

    >>> split_words("[3, 0.5, .5, .1, .1]"), split_words("'traffic light' 0,5 0,5 0,1 0,1")
    (['3', '0.5', '.5', '.1', '.1'], ['traffic light', '0.5', '0.5', '0.1', '0.1'])
    """
    words = _split(line)
    if any(mark in line for mark in _FRAMES):
        words = [bare for word in words if (bare := word.strip(_FRAMES))]
    if len(words) < 6 or number(words[0]) is not None or number(words[1]) is not None:
        return words
    first = next((at for at, word in enumerate(words) if number(word) is not None), 0)
    return [" ".join(words[:first]), *words[first:]] if len(words) - first >= 4 else words


def as_usual(line: str) -> str:
    """A line with a blank between its words.

    >>> as_usual("0; 0,5; 0,5; 0,1; 0,1")
    '0 0.5 0.5 0.1 0.1'
    """
    return " ".join(split_words(line))


def in_small_letters(classes: Mapping[str, int]) -> dict[str, int]:
    """The index of each class by its name in small letters, without names that two share then.

    >>> in_small_letters({"Car": 0, "bus": 1, "Bus": 2})
    {'car': 0}
    """
    small: dict[str, list[int]] = {}
    for name, index in classes.items():
        small.setdefault(name.casefold(), []).append(index)
    return {name: one for name, [one, *more] in small.items() if not more}


def _split(line: str) -> list[str]:
    words = line.split()
    if "," not in line and ";" not in line:
        return words
    if len(words) >= 5 and ";" not in line and all("," not in word[:-1] for word in words):
        return line.replace(",", " ").split()
    parts = words if len(words) >= 5 else line.split(";")
    if len(parts) >= 5 and all(part.count(",") <= 1 for part in parts):
        return line.replace(",", ".").replace(";", " ").split()
    return line.replace(",", " ").replace(";", " ").split()


def _index(
    word: str,
    classes: Mapping[str, int],
    small: Mapping[str, int],
    problems: list[FieldProblem],
) -> float:
    """The index of the class that a word stands for; NaN if it stands for none."""
    if _WHOLE.fullmatch(word):
        return float(word)
    value = number(word)
    if value is not None and value.is_integer():
        problems.append(FieldProblem(ProblemKind.WRONG_TYPE, "class", shortened(word)))
        return value
    index = classes.get(word, small.get(word.casefold()))
    if index is not None and index != MISSING:
        problems.append(FieldProblem(ProblemKind.WRONG_TYPE, "class", shortened(word)))
        return float(index)
    problems.append(FieldProblem(ProblemKind.UNREADABLE_FIELD, "class", shortened(word)))
    return _NOT_A_NUMBER
