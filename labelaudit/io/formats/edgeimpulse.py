"""Edge Impulse: `info.labels` or `bounding_boxes.labels`, JSON beside the images; read only.

Source: https://docs.edgeimpulse.com, "Data acquisition": `info.labels` is a list of files, each
with its `category` (training or testing) and its `boundingBoxes`; `bounding_boxes.labels`, which is
older, has the boxes of each image under its name. Both have left, top, width and height in pixels
and the name of the class. Where both lie in a folder, the list of files is read, which has the
images without objects, too.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelaudit.core.text import counted
from labelaudit.dataset.tables import RecordType
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.box_record import BoxRecord
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.sources import fitting_files
from labelaudit.io.formats.text_lines import LARGEST, split_named, text_in
from labelaudit.io.formats.values import text_of

ENDING = ".labels"
BOXES = "boundingBoxes"
SIDES = ("x", "y", "width", "height")
LIST_OF_FILES = "info.labels"

_WHY = "files of Edge Impulse with boundingBoxes"
_HAS_BOXES = re.compile(rb'"boundingBoxes"\s*:\s*(?:\[\s*\{|\{\s*")')


def _fits(head: bytes) -> bool:
    """Whether a file begins with boxes of Edge Impulse; one of whole samples has none."""
    return _HAS_BOXES.search(head) is not None


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a file of Edge Impulse, or a folder with some."""
    return sample.judged(sample.ending(ENDING), lambda name: _fits(sample.head(name)), _WHY)


def read(path: Path) -> DatasetBuilder:
    """What is in a file of boxes, or in those of a folder; `training` and `testing` are splits.

    Raises
    ------
    FormatError
        if there is none in the folder, or the file cannot be read.
    """
    root, names = fitting_files(path, [ENDING], _fits, "file of Edge Impulse with boxes")
    built = DatasetBuilder("edgeimpulse", root)
    listed = {posixpath.dirname(name) for name in names if name.endswith(LIST_OF_FILES)}
    for name in names:
        if posixpath.basename(name) != LIST_OF_FILES and posixpath.dirname(name) in listed:
            built.notes.append(f"not read: {name}, of whose images {LIST_OF_FILES} beside it says")
            continue
        _Reader(built, name).read()
    return built


@dataclass
class _Merged:
    """The objects of a JSON file; what stands twice under one key is put together."""

    keys: list[str] = field(default_factory=list)

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:  # Any: see json
        """An object of these pairs: lists under the same key become one, of others the last one."""
        made: dict[str, Any] = {}
        for key, value in pairs:
            if isinstance(value, list) and isinstance(made.get(key), list):
                made[key] = [*made[key], *value]
                self.keys.append(key)
            else:
                made[key] = value
        return made


@dataclass
class _Reader:
    """A file that is being read into a dataset."""

    built: DatasetBuilder
    name: str
    file: int = 0
    record: int = -1  # of the last box of the file

    def read(self) -> None:
        """Take in all images and boxes."""
        self.file = self.built.add_file(self.name)
        merged = _Merged()
        try:
            value = _content(self.built.root / self.name, merged)
        except ValueError as error:
            self.built.unreadable_file(self.file, str(error))
            return
        folder = posixpath.dirname(self.name)
        for number, (image, boxes, category) in enumerate(_images(value)):
            if not isinstance(image, str) or not image:
                found = category if image is None else image
                self.built.unreadable_record(RecordType.IMAGE, self.file, number, found)
                continue
            near = posixpath.join(folder, image.replace("\\", "/"))
            split = split_named(folder) or split_named(text_of(category))
            row = self.built.add_image(
                self.file, near, record=number, split=split, other_name=posixpath.basename(near)
            )
            for box in boxes if isinstance(boxes, list | tuple) else [boxes]:
                self._box(box, row)
        if merged.keys:
            images = counted(len(set(merged.keys)), "image")
            words = "in several places, the boxes of which are put together: others read the last"
            self.built.notes.append(f"{self.name} has {images} {words} ({merged.keys[0]})")

    def _box(self, box: Any, image: int) -> None:  # Any: whatever stands there
        """Take in a box; what of it is odd is noted."""
        self.record += 1
        if not isinstance(box, Mapping):
            self.built.unreadable_record(RecordType.BOX, self.file, self.record, box)
            return
        sides = self.built.numbers(
            {side: box.get(side) for side in SIDES}, file=self.file, record=self.record
        )
        label = text_of(box.get("label"))
        if not label:
            place = {"file": self.file, "record": self.record, "row": self.built.next_box}
            self.built.odd_field(RecordType.BOX, "label", box.get("label"), **place)
        xyxy = None
        if sides is not None:
            left, top, width, height = sides
            xyxy = [left, top, left + width, top + height]
        self.built.add_box(self.file, image, BoxRecord(label, xyxy, self.record))


def _content(path: Path, merged: _Merged) -> Any:  # Any: see json
    """What a file holds.

    Raises
    ------
    ValueError
        in words, if it cannot be read.
    """
    try:
        if (size := path.stat().st_size) > LARGEST:
            raise ValueError(f"too large for a file of labels: {size:,} bytes")
        return json.loads(text_in(path.read_bytes()), object_pairs_hook=merged)
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _images(value: Any) -> Iterator[tuple[Any, Any, Any]]:  # Any: whatever a file holds
    """The name of each image, its boxes and its category."""
    if not isinstance(value, Mapping):
        return
    files: Sequence[Any] = value.get("files") or ()
    if isinstance(files, list):
        for one in files:
            if isinstance(one, Mapping):
                yield one.get("path"), one.get(BOXES) or (), one.get("category")
            else:
                yield None, (), one
    boxes = value.get(BOXES)
    if isinstance(boxes, Mapping):
        yield from ((image, some, "") for image, some in boxes.items())


FORMATS.add(
    "edgeimpulse",
    ReadOnly(
        "edgeimpulse",
        "files of Edge Impulse (info.labels or bounding_boxes.labels)",
        evidence,
        read,
        {
            "box_record": "box {record} of the file",
            "image_record": "image {record} of the file",
            "source_fields": {"xyxy": SIDES, "label": ("label",)},
        },
        endings=(".labels",),
    ).format(),
)
