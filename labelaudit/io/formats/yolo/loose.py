"""What can be understood of a line that is not plain numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from labelaudit.dataset.tables import ProblemKind
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.yolo.other_lines import other_format

_SHORT = 60
_WHOLE = re.compile(r"-?\d+")
_NOT_A_NUMBER = math.nan


@dataclass
class LooseLine:
    """The numbers of a line, the class first, NaN for what is no number; none if it is no label."""

    numbers: list[float] = field(default_factory=list)
    problems: list[FieldProblem] = field(default_factory=list)


def understood(text: bytes, classes: Mapping[str, int]) -> LooseLine:
    """What a trainer might mean by a line.

    Numbers may be separated by commas or written with them, an index may be written as a float, and
    a class by its name; `classes` are the indices of names. All of that is noted. A line of another
    format is none.

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
    loose.numbers.append(_index(words[0], classes, loose.problems))
    loose.numbers += [_NOT_A_NUMBER if value is None else value for value in numbers[1:]]
    if None in numbers[1:]:
        first = words[numbers.index(None, 1)]
        loose.problems.append(FieldProblem(ProblemKind.UNREADABLE_FIELD, "box", shortened(first)))
    if words != line.split():
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
    """The words of a line, without commas between them, and with points for commas in them."""
    words = line.split()
    if "," not in line and ";" not in line:
        return words
    if len(words) >= 5 and ";" not in line and all("," not in word[:-1] for word in words):
        return line.replace(",", " ").split()
    if len(words) >= 5 and all(word.count(",") <= 1 for word in words):
        return line.replace(",", ".").replace(";", " ").split()
    return line.replace(",", " ").replace(";", " ").split()


def _index(word: str, classes: Mapping[str, int], problems: list[FieldProblem]) -> float:
    """The index of the class that a word stands for; NaN if it stands for none."""
    if _WHOLE.fullmatch(word):
        return float(word)
    value = number(word)
    if value is not None and value.is_integer():
        problems.append(FieldProblem(ProblemKind.WRONG_TYPE, "class", shortened(word)))
        return value
    if word in classes:
        problems.append(FieldProblem(ProblemKind.WRONG_TYPE, "class", shortened(word)))
        return float(classes[word])
    problems.append(FieldProblem(ProblemKind.UNREADABLE_FIELD, "class", shortened(word)))
    return _NOT_A_NUMBER
