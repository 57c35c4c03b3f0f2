"""A text file for each image, a class by its name and four numbers a line; read only.

Sources: https://github.com/EscVM/OIDv4_ToolKit, "Annotations": name, left, top, right, bottom in
pixels; https://github.com/Cartucho/mAP, "Create the ground-truth files": the same, and the word
`difficult` at the end of some lines; https://github.com/rafaelpadilla/Object-Detection-Metrics:
name, left, top, width, height, or the centre in fractions;
https://github.com/puzzledqs/BBox-Label-Tool: how many boxes, then left, top, right, bottom, and in
its copies the class behind them. People's own scripts write the like, so what four numbers are is
told by them.
"""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelaudit.dataset.tables import RecordType
from labelaudit.images.files import is_image
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.box_record import BoxRecord
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.csv_boxes import ONE_CLASS, are_fractions
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.label_lines import ENDING, HEAD, LISTS, LabelLines, Line, not_a_box
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.text_lines import first_lines
from labelaudit.io.formats.unread import some
from labelaudit.io.formats.values import number_in

DIFFICULT = "difficult"
"""The word at the end of a line whose object is not to be judged."""

_FOLDER = re.compile(r"(l)abel(?=s?$)|ground[-_]?truths?$", re.IGNORECASE)
_PARTS = re.compile(r"[\s,;]+")
_QUOTES = "\"'"
_LONGEST_NAME = 6  # words; more are a sentence


@dataclass(frozen=True)
class _Words:
    """What a line says."""

    name: str  # of the class; empty if there is none
    numbers: tuple[str, ...]  # the four of the box, as they are written
    more: tuple[str, ...] = ()  # what stands behind, and is no name

    @property
    def difficult(self) -> bool:
        return [word.lower() for word in self.more] == [DIFFICULT]


def _words(text: str) -> _Words | None:
    """What a line of a name and four numbers, in this order or the other, says; None if it is none.

    >>> _words("traffic light 10 20.5 30 40"), _words("10,20,30,40,car").name, _words("car 1 2 3")
    (_Words(name='traffic light', numbers=('10', '20.5', '30', '40'), more=()), 'car', None)
    """
    words = [word for word in _PARTS.split(text.strip()) if word]
    first = next((at for at, word in enumerate(words) if number_in(word) is not None), len(words))
    rest = words[first:]
    if len(rest) < 4 or first > _LONGEST_NAME or is_image(" ".join(words[:first])):
        return None
    numbers, more = tuple(rest[:4]), rest[4:]
    if first:
        return _Words(" ".join(words[:first]).strip(_QUOTES), numbers, tuple(more))
    if more and (number_in(more[0]) is not None or more[0][0] in _QUOTES):
        return None
    return _Words(" ".join(more), numbers) if len(more) <= _LONGEST_NAME else None


def _is_count(text: str) -> bool:
    """Whether a line is a number alone: how many boxes follow."""
    return text.strip().isdecimal()


def _fits(text: str) -> bool:
    """Whether a line is a class by its name and a box."""
    words = _words(text)
    if words is None or not _is_name(words.name) or len(_known(words.numbers)) < len(words.numbers):
        return False
    scored = len(words.more) == 1 == len(_known(words.more)) and not _is_result(text)
    return not words.more or words.difficult or scored


def _is_name(text: str) -> bool:
    """Whether a class may be called so: a number of 400 digits is none.

    >>> _is_name("car"), _is_name("\u8f66"), _is_name("9" * 400), _is_name("")
    (True, True, False, False)
    """
    return any(map(str.isalpha, text))


def _known(words: Sequence[str]) -> list[float]:
    return [value for word in words if (value := number_in(word)) is not None]


def _holds(lines: Sequence[str]) -> bool:
    """Whether the lines of a file are as many boxes as the first of them says."""
    if not lines or not _is_count(lines[0]):
        return False
    boxes = [words for line in lines[1:] if (words := _words(line))]
    whole = [words for words in boxes if len(_known(words.numbers)) == 4 and not words.more]
    return len(whole) == len(lines) - 1 == int(lines[0])


def _image_folder(name: str) -> str:
    """The folder of images of a folder of labels.

    >>> _image_folder("Labels"), _image_folder("label"), _image_folder("ground-truth")
    ('Images', 'image', 'images')
    """
    return _FOLDER.sub(lambda found: {"l": "image", "L": "Image"}.get(found[1], "images"), name)


@dataclass
class _Reading:
    """The boxes of lines, kept until all are known: only together they say what numbers are."""

    boxes: list[tuple[Line, BoxRecord]] = field(default_factory=list)
    without_class: int = 0

    def take(self, built: DatasetBuilder, line: Line) -> None:
        """Keep what a line says; what of it is odd is noted."""
        if line.record == 0 and _is_count(line.text):
            return
        words = _words(line.text)
        if words is None:
            not_a_box(built, line)
            return
        numbers = _known(words.numbers)
        if len(numbers) < 4:
            found = " ".join(words.numbers)
            place = {"file": line.file, "record": line.record, "row": len(self.boxes)}
            built.odd_field(RecordType.BOX, "bbox", found, **place)
        if words.more and not words.difficult:
            built.leave_out(
                "words behind a box, perhaps the score of a detector",
                line.file,
                f"line {line.record + 1}",
            )
        self.without_class += not words.name
        label = words.name or ONE_CLASS
        box = numbers if len(numbers) == 4 else None
        record = BoxRecord(label, box, line.record, difficult=words.difficult)
        self.boxes.append((line, record))

    def put(self, built: DatasetBuilder) -> None:
        """Add all boxes to a dataset, as fractions or pixels."""
        fractions = are_fractions([box.xyxy for _, box in self.boxes])
        for line, box in self.boxes:
            if box.xyxy and not fractions:
                built.four.rows.append(built.next_box)
            built.add_box(line.file, line.image, _from_centre(box) if fractions else box)
        built.four.doubted, built.four.remedy = True, "compare some with their images to be sure"
        if self.without_class:
            words = f"{self.without_class:,} boxes have no class: they are called {ONE_CLASS!r}"
            built.notes.append(words)


def _from_centre(box: BoxRecord) -> BoxRecord:
    """A box whose numbers are its centre and its size in fractions of the image."""
    if not box.xyxy:
        return box
    x, y, width, height = box.xyxy
    corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return dataclasses.replace(box, xyxy=corners, fractions=True)


LINES = LabelLines(
    "boxtexts",
    "text files with a class by its name and four numbers a line",
    _fits,
    not_a_box,
    _image_folder,
    holds=_holds,
)


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a file of boxes, or a folder with some.

    A refusal where most lines have a score before the box: a detector wrote them. Fractions beside
    a list of classes, or among lines that begin with a number, are rather YOLO's.
    """
    found = LINES.evidence(sample)
    if found is None:
        return _of_results(sample)
    lines = [line for name in found.fitting for line in _first_lines(sample, name)]
    boxes = [words for line in lines if (words := _words(line))]
    numbers = [_known(words.numbers) for words in boxes]
    listed = any(name.rpartition("/")[2].lower() in LISTS for name in sample.ending(ENDING))
    mixed = len(boxes) < len(lines) or listed or bool(sample.ending(".names"))
    return dataclasses.replace(found, weak=mixed and are_fractions(numbers))


def _first_lines(sample: PathSample, name: str) -> list[str]:
    return first_lines(sample.head(name, HEAD), sample.size(name))


def _of_results(sample: PathSample) -> FormatEvidence | None:
    """The evidence of files with a name, a score and a box in pixels a line; None without any."""

    def holds(name: str) -> bool:
        lines = _first_lines(sample, name)
        return bool(lines) and 2 * sum(map(_is_result, lines)) >= len(lines)

    found = sample.judged(sample.ending(ENDING), holds, LINES.why)
    if found is None:
        return None
    path = shlex.quote(str(sample.path))
    refusal = (
        f"results of a detector ({some(found.fitting)}: a score behind each class), no labels; to "
        f"judge labels by them, write a COCO results file of {path} and name it with --predictions"
    )
    return dataclasses.replace(found, refusal=refusal)


def _is_result(text: str) -> bool:
    """Whether a line is a class by its name, a score and a box in pixels."""
    words = _words(text)
    if words is None or not words.name or len(words.more) != 1:
        return False
    numbers = _known([*words.numbers, *words.more])
    return len(numbers) == 5 and 0 <= numbers[0] <= 1 < max(numbers[1:])


def read(path: Path) -> DatasetBuilder:
    """What is in a file of boxes, or in all of a folder.

    Raises
    ------
    FormatError
        if no file has a box.
    """
    reading = _Reading()
    built = dataclasses.replace(LINES, read_line=reading.take).read(path)
    reading.put(built)
    return built


FORMATS.add(
    "boxtexts",
    ReadOnly(
        "boxtexts",
        "text files of boxes for each image with classes by their names (OIDv4 ToolKit, mAP)",
        evidence,
        read,
        {"box_record": "line {line}", "source_fields": {"xyxy": ("bbox",)}},
        endings=(".txt",),
    ).format(),
)
