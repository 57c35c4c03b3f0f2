"""From changes to records to the byte ranges of label files that they replace."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from labelaudit.boxes.clipping import clipped_polygon, cutting_rectangle
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import FixError
from labelaudit.io.edits import Edit
from labelaudit.io.formats.as_written import point_words
from labelaudit.io.formats.yolo.loose import number, split_words
from labelaudit.io.formats.yolo.sixth_number import SIXTH
from labelaudit.io.record_diff import Change

LEAST_DECIMALS = 6  # as most tools write
ROUNDING = 0.05
"""Pixels by which rounding may move a number; a choice: what four decimals do at 1,000 px."""
STEPS = 8
"""Steps between neighbouring numbers that a fraction may be off by when it comes from corners."""

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_WORD = re.compile(rb"[^\s,;]+")
_UTF_8_MARK = b"\xef\xbb\xbf"


def patch(original: Dataset, changed: Dataset, changes: Sequence[Change]) -> dict[int, list[Edit]]:
    """The edits that carry changes into label files and the names of classes, by row in Files.

    A label keeps its line, and of its line every word that need not change. When a class goes, the
    classes after it move up, and every label of theirs is written anew.

    Parameters
    ----------
    original:
        the dataset as it is on disk.
    changed:
        the dataset as it should be.
    changes:
        what differs, record by record.

    Raises
    ------
    FixError
        if a label file cannot hold a change, or is not what was loaded.
    """
    both = OriginalAndChanged(original, changed)
    edits: dict[int, list[Edit]] = {}
    renamed = [change for change in changes if change.part is RecordType.CATEGORY]
    if renamed:
        # YAML takes 25 ms to import, and classes seldom change.
        from labelaudit.io.formats.yolo.renaming import name_edits  # noqa: PLC0415

        edits |= name_edits(original, changed, renamed)
    by_file: dict[int, LineEdits] = {}
    for change in changes:
        if change.part is RecordType.IMAGE:
            name = original.images.name[change.before]
            raise FixError(f"image {name}: in YOLO an image is its file; move or delete that")
        if change.part is RecordType.BOX:
            by_file.setdefault(change.file, LineEdits()).add(change, both)
    _renumber(by_file, both)
    for file, of_file in by_file.items():
        edits[file] = of_file.edits(original.root, str(original.files.path[file]))
    return edits


@dataclass(frozen=True)
class OriginalAndChanged:
    """A dataset as it is on disk and as it should be."""

    original: Dataset
    changed: Dataset

    @cached_property
    def index(self) -> Ints:
        """The index of each class of `changed`, (n,), once those that go are gone."""
        before, after = self.original.categories, self.changed.categories.id.number
        gone = np.setdiff1d(before.id.number[before.file != MISSING], after)
        index: Ints = after - np.searchsorted(gone, after)
        return index

    @cached_property
    def is_polygon(self) -> Bools:
        """Which boxes of `original` are written as polygons, (n,)."""
        polygon = np.zeros(len(self.original.boxes), bool)
        polygon[self.original.masks.box] = True
        return polygon

    @cached_property
    def of_polygons(self) -> Bools:
        """Which files of `original` hold polygons, (n,)."""
        holding = np.zeros(len(self.original.files), bool)
        holding[self.original.boxes.file[self.is_polygon]] = True
        return holding

    def place(self, box: int) -> str:
        """File and line, from 1, of a box of `original`."""
        boxes = self.original.boxes
        return f"{self.original.files.path[boxes.file[box]]}:{boxes.record[box] + 1}"


def _renumber(by_file: dict[int, LineEdits], both: OriginalAndChanged) -> None:
    """Write the new index of every label whose class moved up."""
    boxes = both.changed.boxes
    moved = np.append(both.index != both.changed.categories.id.number, False)[boxes.label]
    moved &= boxes.record != MISSING
    for row in np.flatnonzero(moved).tolist():
        lines = by_file.setdefault(int(boxes.file[row]), LineEdits()).lines
        edit = lines.setdefault(int(boxes.record[row]), LineEdit())
        edit.index = int(both.index[boxes.label[row]])


@dataclass
class LineEdit:
    """What happens to one line."""

    index: int | None = None  # the new class
    box: list[float] | None = None  # the new centre and size, in fractions of the image
    size: float = 0.0  # the longer side of the image in pixels
    cut: Floats | None = None  # the rectangle to which its polygon is cut, likewise
    gone: bool = False
    anew: bool = False  # with a blank between words
    box_alone: bool = False  # without the number behind it


@dataclass
class LineEdits:
    """What happens to the lines of one file."""

    lines: dict[int, LineEdit] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)

    def add(self, change: Change, both: OriginalAndChanged) -> None:
        """Note one change to a label."""
        if change.before == MISSING:
            self.new.append(_new_line(both, change.after))
            return
        edit = self.lines.setdefault(int(both.original.boxes.record[change.before]), LineEdit())
        if change.after == MISSING:
            edit.gone = True
            return
        place = both.place(change.before)
        unheld = set(change.fields) - {"label", "class", "xyxy", "mask", "separator", *SIXTH}
        if unheld:
            raise FixError(f"{place}: a YOLO label cannot hold a new {min(unheld)}")
        edit.anew = "separator" in change.fields
        edit.box_alone = not {*SIXTH}.isdisjoint(change.fields)
        if {"label", "class"} & set(change.fields):
            edit.index = _index(place, both, change.after)
        if "mask" in change.fields:
            edit.cut, edit.size = _rectangle(both.changed, change.after)
        elif "xyxy" in change.fields:
            if both.is_polygon[change.before]:
                raise FixError(f"{place}: a polygon has no box of its own to move")
            edit.box, edit.size = _fractions(place, both.changed, change.after)

    def edits(self, root: Path, name: str) -> list[Edit]:
        """All of it, as edits of the file as it is now; one that does not exist is empty."""
        path = root / name
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            text = b""
        except OSError as error:
            raise FixError(f"{path}: {error.strerror}") from error
        if text.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
            raise FixError(f"{path}: not UTF-8; save it as UTF-8 to have it fixed")
        lines = list(_lines(text))
        if self.lines and max(self.lines) >= len(lines):
            raise FixError(f"{path}:{max(self.lines) + 1}: not there; was the file changed?")
        found = [
            edit
            for line, wanted in sorted(self.lines.items())
            for edit in _line_edits(text, lines[line], wanted, f"{name}:{line + 1}")
        ]
        return [*found, *self._insertion(text, len(lines))]

    def _insertion(self, text: bytes, lines: int) -> Iterator[Edit]:
        if not self.new:
            return
        newline = "\r\n" if b"\r\n" in text else "\n"
        last = self.lines.get(lines - 1)
        open_end = bool(text) and not text.endswith((b"\n", b"\r")) and not (last and last.gone)
        added = "".join(line + newline for line in self.new)
        yield Edit(len(text), len(text), f"{newline * open_end}{added}".encode(), "new label")


def _lines(text: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each line with its newline, without a mark at the start of the file."""
    for match in _LINE.finditer(text):
        start = match.start()
        if start == 0 and text.startswith(_UTF_8_MARK):
            start = len(_UTF_8_MARK)
        if match.end() > start:
            yield start, match.end()


def _line_edits(text: bytes, line: tuple[int, int], wanted: LineEdit, place: str) -> Iterator[Edit]:
    start, end = line
    if wanted.gone:
        yield Edit(start, end, b"", place)
        return
    content = text[start:end]
    old = split_words(content.decode("utf-8", "replace"))
    new = _edited(old, wanted, place)
    spans = list(_WORD.finditer(content))
    if (
        wanted.anew
        or len(new) != len(old)
        or [span.group() for span in spans] != [w.encode() for w in old]
    ):
        stop = start + len(content.rstrip(b"\r\n"))  # separated by something odd: all of it anew
        yield Edit(start, stop, " ".join(new).encode(), place)
        return
    for span, before, after in zip(spans, old, new, strict=True):
        if before != after:
            yield Edit(start + span.start(), start + span.end(), after.encode(), place)


def _edited(words: Sequence[str], edit: LineEdit, place: str) -> list[str]:
    """The words of a line after an edit; a number that stays the same stays as it is written."""
    new = list(words[:5] if edit.box_alone else words)
    if len(words) < 5:
        raise FixError(
            f"{place}: expected a label, found {len(words)} words; was the file changed?"
        )
    if edit.index is not None:
        new[0] = str(edit.index)
    if edit.cut is not None:
        new[1:] = _cut(words[1:], edit.cut, needed_decimals(edit.size, words[1:]), place)
    if edit.box is not None:
        decimals = needed_decimals(edit.size, words[1:5])
        for at, value in enumerate(edit.box, start=1):
            before = number(words[at])
            exact = STEPS * math.ulp(max(abs(value), 1.0))
            if before is None or not abs(value - before) < max(0.5 * 10.0**-decimals, exact):
                new[at] = written(value, decimals)
    return new


def _cut(words: Sequence[str], rectangle: Floats, decimals: int, place: str) -> list[str]:
    """The coordinates of a polygon that is cut; those that stay are written as they were."""
    numbers = [number(word) for word in words[: len(words) // 2 * 2]]
    ring = np.array([math.nan if value is None else value for value in numbers]).reshape(-1, 2)
    if not np.isfinite(ring).all():
        raise FixError(f"{place}: a polygon with a point that is no number cannot be cut")
    cut = clipped_polygon(ring, rectangle)
    if len(cut) < 3:
        raise FixError(f"{place}: nothing would be left of its polygon")
    return point_words(cut, ring.ravel().tolist(), words, lambda value: written(value, decimals))


def needed_decimals(side: float, words: Iterable[str] = ()) -> int:
    """How many decimals to write fractions with: as many as were written, if these do.

    They do if rounding moves a number by no more than `ROUNDING` pixels in an image whose longer
    side has `side` pixels. Else it is six, or so many that rounding moves no edge by more than a
    thousandth of a pixel.

    >>> needed_decimals(640), needed_decimals(20_000), needed_decimals(640, ["0.12345678"])
    (6, 8, 8)
    >>> needed_decimals(640, ["0.1234", "0.5"]), needed_decimals(640, ["0.123", "0.5"])
    (4, 6)
    """
    longest = max((len(word.partition(".")[2]) for word in words if word.isascii()), default=0)
    if side / 10**longest <= 2 * ROUNDING:
        return min(longest, 17)
    needed = math.ceil(math.log10(max(side, 1.0))) + 3
    return min(max(LEAST_DECIMALS, needed), 17)


def written(value: float, decimals: int) -> str:
    """A fraction as a label file has it, never `-0.000000`."""
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _index(place: str, both: OriginalAndChanged, row: int) -> int:
    label = int(both.changed.boxes.label[row])
    if label == MISSING:
        raise FixError(f"{place}: a YOLO label cannot be without a class; drop it instead")
    return int(both.index[label])


def _fractions(place: str, changed: Dataset, row: int) -> tuple[list[float], float]:
    """Centre and size of a box in fractions of its image, and the longer side of that in pixels."""
    left, top, right, bottom = changed.boxes.xyxy[row].tolist()
    width, height = changed.images.size[changed.boxes.image[row]].tolist()
    box = [(left + right) / 2 / width, (top + bottom) / 2 / height]
    box += [(right - left) / width, (bottom - top) / height]
    if not all(map(math.isfinite, box)):
        raise FixError(f"{place}: a box must have finite numbers, found {left, top, right, bottom}")
    return box, max(width, height)


def _rectangle(changed: Dataset, row: int) -> tuple[Floats, float]:
    """The new extent of a polygon in fractions of its image, and the longer side of that."""
    size = changed.images.size[changed.boxes.image[row]]
    [extent] = changed.masks.xyxy[changed.masks.box == row]
    return cutting_rectangle(extent, size) / np.tile(size, 2), float(size.max())


def _new_line(both: OriginalAndChanged, row: int) -> str:
    """The line of a new label: a rectangle with four corners in a file of polygons."""
    changed = both.changed
    file, label = int(changed.boxes.file[row]), int(changed.boxes.label[row])
    place = f"{both.original.files.path[file]}: new label"
    words = [str(_index(place, both, row))]
    if changed.categories.keypoints[label]:
        raise FixError(f"{place}: a label of this dataset needs keypoints")
    (x, y, width, height), side = _fractions(place, changed, row)
    box = [x, y, width, height]
    if both.of_polygons[file]:
        left, top, right, bottom = x - width / 2, y - height / 2, x + width / 2, y + height / 2
        box = [left, top, right, top, right, bottom, left, bottom]
    decimals = needed_decimals(side)
    return " ".join([*words, *(written(value, decimals) for value in box)])
