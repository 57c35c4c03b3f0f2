"""WIDER Face: a text file a split with paths of images, counts and boxes; read only.

Source: http://shuoyang1213.me/WIDERFACE/, `wider_face_split/readme.txt`: left, top, width, height,
blur, expression, illumination, invalid, occlusion, pose, in pixels. An image without faces has a
count of 0 and one line of zeros. Paths are relative to `WIDER_train/images`, `WIDER_val/images`.
(torchvision reads the last three columns in another order, in which poses are of three kinds.)
Datumaro writes four columns where it knows no more, and behind them the class of what is no face.
"""

from __future__ import annotations

import math
from pathlib import Path

from labelaudit.dataset.tables import RecordType
from labelaudit.errors import FormatError
from labelaudit.images.files import is_image
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.box_record import BoxRecord
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.label_lines import Line, not_a_box, odd
from labelaudit.io.formats.listing import label_files
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.text_lines import first_lines, lines_at, split_named
from labelaudit.io.formats.values import number_in

ENDING = ".txt"
CLASS = "face"

_HEAD = 1 << 14
_INVALID = 7  # the column that says that a face is not to be judged
_MARKS = {
    4: "marked as blurred: without the mark",
    5: "marked as of an exaggerated expression: without the mark",
    6: "marked as extremely lit: without the mark",
    8: "marked as occluded: without the mark",
    9: "in an atypical pose: without the mark",
}
"""What numbers above 0 in some columns say of a face."""
_COLUMNS = (4, 10)
_WHY = "text files of WIDER Face (the path of an image, a count and boxes)"

_NAMES = ("blur", "expression", "illumination", "invalid", "occlusion", "pose")
"""What the numbers behind a box are called in the readme of the lists."""


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a list of WIDER Face, or a folder with some."""

    def fits(name: str) -> bool:
        return _fits(first_lines(sample.head(name, _HEAD), sample.size(name)))

    names = sample.ending(ENDING)
    named = [name for name in names if "_gt" in name or "wider" in name.lower()]
    return sample.judged(named or names, fits, _WHY)


def _fits(lines: list[str]) -> bool:
    """Whether lines have an image, a count and a box, the first of which may be broken."""
    return any(
        is_image(name.strip()) and count.strip().isdigit() and _seems_box(box)
        for name, count, box in zip(lines, lines[1:], lines[2:], strict=False)
    )


def _seems_box(line: str) -> bool:
    words, _ = _without_class(line)
    return len(words) >= 4 and None not in map(number_in, words)


def _without_class(line: str) -> tuple[list[str], str]:
    """The words of a line but for the class at its end, and that class."""
    words = line.split()
    if len(words) - 1 in _COLUMNS and number_in(words[-1]) is None:
        return words[:-1], words[-1]
    return words, CLASS


def read(path: Path) -> DatasetBuilder:
    """What is in a list, or in all lists of a folder.

    Raises
    ------
    FormatError
        if there is none.
    """
    root, names = path, [path.name]
    if path.is_file():
        root = path.parent
    else:
        texts = [name for name in label_files(path) if name.lower().endswith(ENDING)]
        names = [name for name in texts if _fits(_beginning(path / name))]
    if not names:
        raise FormatError(f"{path}: no list of WIDER Face in it")
    folders = [root, *sorted(folder for folder in root.parent.glob("WIDER_*") if folder.is_dir())]
    built = DatasetBuilder("widerface", root, folders=folders)
    for name in names:
        _read_list(built, name)
    if not built.next_box:
        built.add_category(CLASS)
    return built


def _beginning(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        return first_lines(head, path.stat().st_size)
    except OSError:
        return []


def _read_list(built: DatasetBuilder, name: str) -> None:
    """Take in a list. Boxes belong to the last path above them, whatever the count says."""
    file = built.add_file(name)
    try:
        lines = lines_at(built.root / name)
    except ValueError as error:
        built.unreadable_file(file, str(error))
        return
    starts = [row for row, line in enumerate(lines) if is_image(line.strip())]
    for row in range(starts[0] if starts else len(lines)):
        if lines[row].strip():
            built.unreadable_record(RecordType.BOX, file, row, lines[row])
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        split = split_named(name)
        image = built.add_image(file, lines[start].strip(), record=start, split=split)
        _read_boxes(built, lines, Line(file, image, start, lines[start]), end)


def _read_boxes(built: DatasetBuilder, lines: list[str], head: Line, end: int) -> None:
    """Take in the boxes of an image.

    Parameters
    ----------
    built:
        what they are taken into.
    lines:
        of the list.
    head:
        the line with the path of the image.
    end:
        the line with the next image's.
    """
    file, image, start = head.file, head.image, head.record
    rows = [row for row in range(start + 1, end) if lines[row].strip()]
    count = _count(lines[rows[0]]) if rows else None
    if count is not None:
        rows = rows[1:]
    zeros = count == 0 and len(rows) == 1 and not any(map(number_in, lines[rows[0]].split()))
    boxes = [] if zeros else rows
    if count != len(boxes):
        found = None if count is None else f"{count:g}, and {len(boxes)} lines follow"
        built.odd_field(RecordType.IMAGE, "count", found, file=file, record=start, row=image)
    for row in boxes:
        _read_box(built, Line(file, image, row, lines[row]))


def _count(line: str) -> float | None:
    words = line.split()
    return number_in(words[0]) if len(words) == 1 else None


def _read_box(built: DatasetBuilder, line: Line) -> None:
    words, label = _without_class(line.text)
    numbers = [math.nan if (one := number_in(word)) is None else one for word in words]
    if len(words) < 4 or all(map(math.isnan, numbers[:4])):
        not_a_box(built, line)
        return
    left, top, width, height = numbers[:4]
    known = not any(map(math.isnan, numbers[:4]))
    if not known:
        odd(built, line, "bbox", " ".join(words[:4]))
    if len(words) not in _COLUMNS:
        odd(built, line, "columns", f"{len(words)} in place of {max(_COLUMNS)}")
    for place, mark in _MARKS.items():
        if len(numbers) > place and numbers[place] > 0:
            built.unheld.count(f"objects {mark}")
    built.told.box(built.next_box, dict(zip(_NAMES, words[4:], strict=False)))
    box = BoxRecord(
        label,
        [left, top, left + width, top + height] if known else None,
        line.record,
        difficult=len(numbers) > _INVALID and numbers[_INVALID] == 1,
    )
    built.add_box(line.file, line.image, box)


FORMATS.add(
    "widerface",
    ReadOnly(
        "widerface",
        "lists of WIDER Face (wider_face_train_bbx_gt.txt)",
        evidence,
        read,
        {
            "convention": "xywh",
            "box_record": "line {line}",
            "image_record": "line {line}",
            "source_fields": {"xyxy": ("bbox",)},
        },
        endings=(".txt",),
    ).format(),
)
