"""Four numbers in a row of which nothing says what they are: decided by the boxes, and said.

They are read as what they are by custom where they stand. Where another reading fits clearly
better, boxes with an inside within their images, it is taken; where nothing tells two apart, that
is said. No box is judged alone.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from labelaudit.boxes.conventions import CONVENTIONS, SWAPPED_CORNERS, Convention, Form
from labelaudit.core.columns import Bools, Floats
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset

READINGS = ("xyxy", "xywh", "cxcywh", "yxyx")
"""What four numbers may be, by names of conventions; the likelier first."""

REVERSED = "xyxy-reversed"
"""Two corners, the far one first, as OIDv4 ToolKit once wrote them: a size looks like them."""

ALL_READINGS = {
    **{name: CONVENTIONS[name] for name in READINGS},
    REVERSED: Convention("right, bottom, left, top", Form.CORNERS, SWAPPED_CORNERS),
}
"""All that four numbers are read as, by name."""

MIN_REVERSED, MIN_RISE = 20, 0.65
"""Boxes, and correlation of left with right and top with bottom, from which corners are reversed.

A size says little of where a box is. Of 20 boxes of COCO, TACO or BCCD that would fit as either, a
size rises with the corner by 0.50 at most in 1,000 draws (by 0.77 in cards, of which one box in
five would fit), corners do by 0.67 to 0.97 in the middle draw (benchmarks/results/four_numbers.md).
"""

RARE = ("cxcywh", "yxyx")
"""Readings that are taken only where the custom one fails for many boxes."""

TELLING = 0.2
"""The share of boxes that have to fit by another reading and not by the custom one; a choice.

Corners read as a size, or a size as corners, do not fit for a third of boxes that lie anywhere; one
in twenty is an error of a label.
"""

FAILS = 0.8
"""The share of boxes that fit by the custom reading below which a rare one is asked; a choice."""

FEWER = 9
"""How many boxes speak for another reading, for each that speaks against it; a choice."""

BEYOND = 1.0
"""Pixels that a box may reach beyond its image and fit: last pixels count from 0 or 1."""


@dataclasses.dataclass(frozen=True)
class FourNumbers:
    """What four numbers are taken for."""

    name: str  # in `ALL_READINGS`
    fitting: int  # boxes that fit by it
    judged: int
    alike: tuple[str, ...]  # other readings that no box speaks against, nor for


def reading_of(numbers: Floats, size: Floats, custom: str) -> FourNumbers:
    """What four numbers are.

    Parameters
    ----------
    numbers:
        (n, 4) as they are written, in pixels.
    size:
        (n, 2) width and height of their images; NaN if unknown.
    custom:
        what they are by custom, a name of `READINGS`.

    >>> numbers = np.array([[300.0, 200, 80, 60], [10, 10, 30, 20]])
    >>> reading_of(numbers, np.full((2, 2), 640.0), "xyxy").name
    'xywh'
    """
    known = np.isfinite(numbers).all(axis=1)
    numbers, size = numbers[known], size[known]
    fits = {name: _fits(CONVENTIONS[name].read(numbers, size), size) for name in READINGS}
    taken, own = custom, fits[custom]
    least = max(1.0, TELLING * len(numbers))
    for name in READINGS:
        speaks = int((fits[name] & ~fits[taken]).sum())
        against = int((fits[taken] & ~fits[name]).sum())
        rare = name in RARE and own.mean() >= FAILS if len(own) else True
        if not rare and speaks >= least and speaks > FEWER * against:
            taken = name
    usual = [name for name in READINGS if name not in RARE]
    if (custom, taken) == ("xyxy", "xywh") and (
        numbers[:, :2] > numbers[:, 2:]
    ).all():  # no less as corners reversed
        fits[REVERSED] = _fits(ALL_READINGS[REVERSED].read(numbers, size), size)
        rise = least_rise(numbers)
        more = int((fits[REVERSED] & ~fits[taken]).sum())
        if rise >= MIN_RISE or more >= least:
            taken = REVERSED
        if not (rise < MIN_RISE and len(numbers) >= MIN_REVERSED):  # else a size, by all evidence
            usual.append(REVERSED)
    chosen = fits[taken]
    alike = tuple(name for name in usual if name != taken and (fits[name] == chosen).all())
    return FourNumbers(taken, int(chosen.sum()), len(numbers), alike)


def least_rise(numbers: Floats) -> float:
    """How far the second two numbers rise with the first two, as one corner does with the other.

    Parameters
    ----------
    numbers:
        (n, 4) as they are written.

    Returns
    -------
    float
        the smaller correlation of both directions; -inf for fewer boxes than `MIN_REVERSED`, or if
        a number is the same in all.
    """
    if len(numbers) < MIN_REVERSED or (numbers.std(axis=0) == 0).any():
        return -np.inf
    first, second = numbers[:, :2], numbers[:, 2:]
    both = (first - first.mean(axis=0)) * (second - second.mean(axis=0))
    rise: Floats = both.mean(axis=0) / (first.std(axis=0) * second.std(axis=0))
    return float(rise.min())


@dataclasses.dataclass
class OpenNumbers:
    """Boxes of a dataset that are four numbers of which nothing says what they are."""

    rows: list[int] = dataclasses.field(default_factory=list)  # in Boxes
    custom: str = "xyxy"  # what they were read as, a name of `READINGS`
    said: bool = False  # whether it is said although they are that, and nothing else
    # Whether it is said that they may as well be something else, also where no size is known.
    doubted: bool = False
    remedy: str = "name them in the file to be sure"  # where two readings fit


def settled(dataset: Dataset, four: OpenNumbers) -> Dataset:
    """A dataset as it was read with such boxes read as what they are, and a note of it."""
    if not four.rows:
        return dataset
    rows, custom = np.array(four.rows), four.custom
    image = dataset.boxes.image[rows]
    size = np.vstack([dataset.images.size, [[np.nan] * 2]])[image]
    written = CONVENTIONS[custom].write(dataset.boxes.xyxy[rows], size)
    reading = reading_of(written, size, custom)
    if reading.name != custom:
        xyxy = dataset.boxes.xyxy.copy()
        xyxy[rows] = ALL_READINGS[reading.name].read(written, size)
        dataset = dataclasses.replace(dataset, boxes=dataset.boxes.replaced(xyxy=xyxy))
    doubted = reading.alike and (four.doubted or np.isfinite(size).all())
    if reading.judged and (four.said or doubted or reading.name != custom):
        dataset = dataclasses.replace(
            dataset, notes=(*dataset.notes, _words(reading, four.remedy if doubted else ""))
        )
    return dataset


def _words(reading: FourNumbers, remedy: str) -> str:
    """What is said of a reading, with the remedy where nothing tells it from another; else ""."""
    taken = ALL_READINGS[reading.name].words
    line = f"four numbers of a box are taken to be {taken}"
    if remedy:
        other = ALL_READINGS[reading.alike[0]].words
        return f"{line}, though they would fit as {other} as well; {remedy}"
    boxes = counted(reading.judged, "box", "boxes")
    return f"{line}, by which {reading.fitting:,} of {boxes} fit"


def _fits(xyxy: Floats, size: Floats) -> Bools:
    """Which boxes have an inside, and lie within their image if its size is known, (n,)."""
    left, top, right, bottom = xyxy.T
    width, height = size.T
    beyond = (right > width + BEYOND) | (bottom > height + BEYOND)  # never where a side is NaN
    fits: Bools = (right > left) & (bottom > top) & (left >= -BEYOND) & (top >= -BEYOND) & ~beyond
    return fits
