"""Lines of other formats among labels: as labels they would be of a class and place nobody meant.

Sources: https://captain-whu.github.io/DOTA/dataset.html, the development kit of
https://www.cvlibs.net/datasets/kitti/eval_object.php, `readme.txt`.
"""

from __future__ import annotations

from collections.abc import Sequence

_FRACTIONS = 2.0
"""What is beyond it is no fraction of an image, be it written carelessly; as for recognition."""

_CORNERS = 8
_COLUMNS = (14, 15)  # of KITTI behind the type; the last of 15 is a score
_BOX = slice(3, 7)


def other_format(words: Sequence[str], numbers: Sequence[float | None]) -> str:
    """What a line is that is a whole one of another format; empty if it is none.

    Parameters
    ----------
    words:
        of the line.
    numbers:
        what each of them is as a number; None for what is none.

    >>> words = "10 10 30 10 30 30 10 30 storage tank 1".split()
    >>> other_format(words, [None if word.isalpha() else float(word) for word in words])
    'DOTA, eight corners and a class'
    """
    if _is_dota(words, numbers):
        return "DOTA, eight corners and a class"
    return "KITTI, 15 columns" if _is_kitti(numbers) else ""


def _is_dota(words: Sequence[str], numbers: Sequence[float | None]) -> bool:
    """Whether a line is four corners in pixels, a class in words and perhaps a difficulty."""
    corners = [value for value in numbers[:_CORNERS] if value is not None]
    name = numbers[_CORNERS:]
    if name[1:] and len(words[-1]) == 1 and words[-1].isdecimal():
        name = name[:-1]
    named = bool(name) and not any(value is not None for value in name)
    return named and len(corners) == _CORNERS and max(map(abs, corners)) > _FRACTIONS


def _is_kitti(numbers: Sequence[float | None]) -> bool:
    """Whether a line is a type and its columns, with a box in pixels among them."""
    values = [value for value in numbers[1:] if value is not None]
    if numbers[0] is not None or len(values) < len(numbers) - 1 or len(values) not in _COLUMNS:
        return False
    left, top, right, bottom = values[_BOX]
    return right >= left and bottom >= top and max(right, bottom) > _FRACTIONS
