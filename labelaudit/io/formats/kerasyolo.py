"""keras-yolo: text files with an image and its boxes a line; read only.

Sources: https://github.com/qqwweee/keras-yolo3, "Training": a path, then x_min,y_min,x_max,y_max,
class of each box in pixels, boxes parted by blanks, classes by their numbers; Roboflow writes it as
"YOLO v3 Keras" and "YOLO v4 PyTorch", `_annotations.txt` beside `_classes.txt`. A line without a
box is an image without objects; the path may have blanks in it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelaudit.dataset.tables import RecordType
from labelaudit.errors import FormatError
from labelaudit.images.files import is_image
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.box_record import BoxRecord
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.label_lines import HEAD
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.sources import beside
from labelaudit.io.formats.text_lines import first_lines, lines_at, split_named
from labelaudit.io.formats.values import number_in
from labelaudit.io.formats.yolo.finding import class_list_in
from labelaudit.io.formats.yolo.names_file import read_list

ENDING = ".txt"

_WHY = "text files of keras-yolo (an image and boxes with commas a line)"
_BOX = re.compile(r"[^,\s]+(?:,[^,\s]+){3,}")
_FIELDS = 5


@dataclass(frozen=True)
class _Line:
    """What a line says."""

    image: str
    boxes: tuple[str, ...]  # as they are written


def _line(text: str) -> _Line | None:
    """The image of a line and its boxes; None if it does not begin with an image.

    >>> _line("my images/a.jpg 1,2,3,4,0 5,6,7,8,1")
    _Line(image='my images/a.jpg', boxes=('1,2,3,4,0', '5,6,7,8,1'))
    >>> _line("a.jpg 1 2 3 4 0") is None
    True
    """
    words = text.split()
    first = len(words)
    while first > 1 and not is_image(words[first - 1]):
        first -= 1
    image = text.strip()
    if first < len(words):
        end = re.match(rf"\s*(?:\S+\s+){{{first - 1}}}\S+", text)
        image = end[0].strip() if end else ""
    boxes = tuple(words[first:])
    known = is_image(image) and all(map(_BOX.fullmatch, boxes))
    return _Line(image, boxes) if known else None


def _holds(lines: Sequence[str]) -> bool:
    """Whether most lines begin with an image, and one of them has a box behind it."""
    known = [one for one in map(_line, lines) if one]
    boxes = [box.split(",") for one in known for box in one.boxes]
    whole = [box for box in boxes if len(box) == _FIELDS and None not in map(number_in, box[:4])]
    return 2 * len(known) >= len(lines) and bool(whole)


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a list of keras-yolo, or a folder with some."""

    def fits(name: str) -> bool:
        return _holds(first_lines(sample.head(name, HEAD), sample.size(name)))

    return sample.judged(sample.ending(ENDING), fits, _WHY)


def read(path: Path) -> DatasetBuilder:
    """What is in a list, or in all lists of a folder, a split each.

    Raises
    ------
    FormatError
        if no file has a line of the format.
    """
    root = path.parent if path.is_file() else path
    names = [path.name] if path.is_file() else beside(path, (ENDING,))
    built = DatasetBuilder("kerasyolo", root)
    built.four.remedy = "compare some with their images to be sure"
    found = False
    for name in names:
        try:
            lines = lines_at(root / name)
        except ValueError as error:
            if path.is_file():
                raise FormatError(f"{path}: {error}") from error
            continue
        if _holds([line for line in lines if line.strip()]):
            found = True
            _Reader(built, name, _classes(built, root / posixpath.dirname(name))).read(lines)
    if not found:
        raise FormatError(f"{path}: no {_WHY} in it")
    return built


def _classes(built: DatasetBuilder, folder: Path) -> list[str]:
    """The names of classes in the list beside a file; none without one."""
    listed = class_list_in(folder)
    if listed is None:
        return []
    try:
        names = read_list(listed.read_bytes()).names
    except OSError as error:
        built.notes.append(f"{listed.name} cannot be read: {error.strerror or error}")
        return []
    for number, name in enumerate(names):
        if name:
            built.add_category(name, id=number)
    return names


@dataclass
class _Reader:
    """A list that is being read into a dataset."""

    built: DatasetBuilder
    name: str
    classes: Sequence[str]
    file: int = 0
    record: int = -1  # of the last box of the file

    def read(self, lines: Sequence[str]) -> None:
        """Take in all lines; of a list of several images of one name each is one."""
        self.file = self.built.add_file(self.name)
        split = split_named(self.name)
        images: dict[str, int] = {}
        for number, text in enumerate(lines):
            if not text.strip():
                continue
            line = _line(text)
            if line is None:
                self.built.unreadable_record(RecordType.IMAGE, self.file, number, text)
                continue
            row = images.get(line.image)
            if row is None:
                row = images[line.image] = self._image(line.image, number, split)
            for box in line.boxes:
                self._box(box, row)

    def _image(self, written: str, number: int, split: str) -> int:
        name = written.replace("\\", "/")
        near = posixpath.join(posixpath.dirname(self.name), name)  # an absolute one stays
        return self.built.add_image(self.file, near, record=number, split=split, other_name=name)

    def _box(self, written: str, image: int) -> None:
        """Take in a box; what of it is odd is noted."""
        self.record += 1
        words = written.split(",")
        place = {"file": self.file, "record": self.record, "row": self.built.next_box}
        numbers = [value for word in words[:4] if (value := number_in(word)) is not None]
        if len(numbers) < 4:
            self.built.odd_field(RecordType.BOX, "bbox", written, **place)
        label = self._label(words[4]) if len(words) > 4 else ""
        if not label:
            self.built.odd_field(RecordType.BOX, "class", None, **place)
        if len(words) > _FIELDS:
            self.built.leave_out(
                "numbers behind the class of a box", self.file, f"box {self.record + 1} of the file"
            )
        box = numbers if len(numbers) == 4 else None
        if box:
            self.built.four.rows.append(self.built.next_box)
        self.built.add_box(self.file, image, BoxRecord(label, box, self.record))

    def _label(self, word: str) -> str:
        """The class that a word means: its number in the list beside, or its name."""
        number = number_in(word)
        if number is None or not number.is_integer() or number < 0:
            return word
        index = int(number)
        known = self.classes[index] if index < len(self.classes) else ""
        return known or f"class_{index}"


FORMATS.add(
    "kerasyolo",
    ReadOnly(
        "kerasyolo",
        "text files of keras-yolo (an image and boxes x1,y1,x2,y2,class a line)",
        evidence,
        read,
        {
            "box_record": "box {record} of the file",
            "image_record": "line {line}",
            "source_fields": {"xyxy": ("bbox",), "label": ("class",)},
        },
        endings=(".txt",),
    ).format(),
)
