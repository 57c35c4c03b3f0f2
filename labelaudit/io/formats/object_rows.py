"""Rows of Hugging Face's datasets: an image with `objects`, a list of them or lists of their parts.

Source: https://huggingface.co/docs/datasets/object_detection; keys are those of the datasets on the
Hub: cppe-5 has `bbox` and `category`, others `categories`, `label` or a list of objects.
"""

from __future__ import annotations

import math
import os
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelaudit.core.text import counted
from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.io.formats.attributes import others
from labelaudit.io.formats.box_record import BoxRecord
from labelaudit.io.formats.builder import UNKNOWN, DatasetBuilder
from labelaudit.io.formats.loose_boxes import loose_box
from labelaudit.io.formats.odd_values import odd_writing
from labelaudit.io.formats.unheld import NAMES
from labelaudit.io.formats.values import (
    is_left_over,
    left_over_words,
    number,
    shown,
    text_of,
    with_numbers,
)

CONTAINERS = ("objects", "annotations", "object", "detections")
BOXES = ("bbox", "bboxes", "boxes", "box")
LABELS = (
    *("categories", "category", "category_name", "labels", "label", "class_name", "class_names"),
    *("classes", "class", "name", "names", "category_id", "category_ids", "class_id", "class_ids"),
)
IMAGES = ("file_name", "image_path", "image")
UNHELD = f"other values of objects ({NAMES}): without them"
UNHELD_OF_IMAGES = f"other values of images ({NAMES}): without them"

_CROWD = ("iscrowd", "is_crowd", "crowd")


@dataclass
class ObjectRows:
    """A file of rows that is being read into a dataset."""

    built: DatasetBuilder
    file: int  # row in Files
    classes: Sequence[str]  # names by their numbers; empty if nothing says them
    count: int = 0  # objects of the file so far
    is_open: bool = False  # nothing says what the four numbers of a box are; see `four_numbers`

    def __post_init__(self) -> None:
        for index, name in enumerate(self.classes):
            self.built.add_category(name, id=index)

    def read(
        self,
        record: int,
        row: Mapping[str, Any],  # Any: whatever the row holds
        *,
        folder: str = "",
        split: str = "",
        size: tuple[float, float] | None = None,
    ) -> None:
        """Take in a row.

        Parameters
        ----------
        record:
            its position in the file.
        row:
            its values by their names.
        folder:
            that names of images are relative to.
        split:
            that its image is in; empty if in none.
        size:
            width and height of its image in pixels; None if the row has to say them.
        """
        name = next((name for key in IMAGES if (name := text_of(row.get(key)))), "")
        sides = [number(row.get(side)) or math.nan for side in ("width", "height")]
        image = self.built.add_image(
            self.file,
            self._placed(name, folder),
            record=record,
            size=size or (UNKNOWN if any(map(math.isnan, sides)) else (sides[0], sides[1])),
            split=split,
        )
        if not name:
            self._odd_image("file_name", row.get("file_name"), record, image)
        known = (*CONTAINERS, *BOXES, *LABELS, *IMAGES, *_CROWD, "width", "height")
        self.built.unheld.count_others(UNHELD_OF_IMAGES, row, known)
        self.built.told.image(image, others(row, known))
        for one in self._objects(record, row, image):
            self._read_object(image, one)
            self.count += 1

    def _placed(self, name: str, folder: str) -> str:
        """The name of an image from the folder of the dataset on, if it lies beside its file."""
        beside = posixpath.join(folder, name.replace("\\", "/"))
        there = folder and name and os.path.exists(os.path.join(self.built.root, beside))
        return beside if there else name

    def _objects(self, record: int, row: Mapping[str, Any], image: int) -> list[Any]:
        """The objects of a row, one by one, whichever way it has them."""
        key = next((key for key in CONTAINERS if row.get(key) is not None), "")
        value = row[key] if key else row
        if isinstance(value, list):
            return value
        boxes_key = _first(value, BOXES) if isinstance(value, Mapping) else None
        boxes = value[boxes_key] if boxes_key else None
        if boxes is None:
            if key and value != {}:
                self._odd_image(key, value, record, image)
            elif not key:
                self._odd_image(CONTAINERS[0], None, record, image)
            return []
        if not isinstance(boxes, list):
            self._odd_image(str(boxes_key), boxes, record, image)
            return []
        parts = {name: part for name, part in value.items() if isinstance(part, list)}
        labels_key = _first(parts, LABELS)
        if labels_key and len(parts[labels_key]) != len(boxes):
            found = f"{len(parts[labels_key])} for {counted(len(boxes), 'box', 'boxes')}"
            self._odd_image(labels_key, found, record, image)
        return [
            {name: part[at] for name, part in parts.items() if at < len(part)}
            for at in range(len(boxes))
        ]

    def _odd_image(self, name: str, value: Any, record: int, image: int) -> None:
        place = {"file": self.file, "record": record, "row": image}
        self.built.odd_field(RecordType.IMAGE, name, _plain(value), **place)

    def _read_object(self, image: int, one: Any) -> None:
        """Take in an object; what is none is noted."""
        if not isinstance(one, Mapping):
            self.built.unreadable_record(RecordType.BOX, self.file, self.count, _plain(one))
            return
        box_key = _first(one, BOXES)
        box = self._box(box_key, one[box_key]) if box_key else None
        place = {"file": self.file, "record": self.count, "row": self.built.next_box}
        if box is None:
            found = _plain(one[box_key]) if box_key else None
            self.built.odd_field(RecordType.BOX, box_key or BOXES[0], found, **place)
        label_key = _first(one, LABELS)
        label = self._label(one[label_key]) if label_key else ""
        if not label:
            found = _plain(one[label_key]) if label_key else None
            self.built.odd_field(RecordType.BOX, label_key or LABELS[0], found, **place)
        crowd = any(one.get(key) in (1, True) for key in _CROWD)
        known = (box_key or "", label_key or "", *_CROWD)
        self.built.unheld.count_others(UNHELD, one, known)
        self.built.told.box(self.built.next_box, others(one, known))
        xyxy = [box[0], box[1], box[0] + box[2], box[1] + box[3]] if box else None
        if self.is_open and box_key and _four(one[box_key]):
            self.built.four.rows.append(self.built.next_box)
        record = BoxRecord(label, xyxy, self.count, crowd=crowd)
        self.built.add_box(self.file, image, record)

    def _box(self, name: str, value: Any) -> list[float] | None:
        """Left, top, width and height of the object that is taken in next; oddities are noted."""
        if box := _four(value):
            return box
        if is_left_over(value) and (box := _four(with_numbers(value[:4]))):
            self._note(name, left_over_words(value), ProblemKind.LEFT_OVER)
            return box
        box = _four(with_numbers(value))
        corners = loose_box(value, "size") if box is None else None
        if corners:
            left, top, right, bottom = corners
            box = [left, top, right - left, bottom - top]
        if box:
            self._note(name, value)
        return box

    def _note(self, name: str, value: Any, kind: ProblemKind = ProblemKind.WRONG_TYPE) -> None:
        place = {"file": self.file, "record": self.count}
        odd_writing(self.built, name, value, **place, kind=kind)

    def _label(self, value: Any) -> str:
        """The name of the class that a value means; empty if it means none."""
        index = number(value)
        if index is None or not index.is_integer():
            return text_of(value)
        known = 0 <= index < len(self.classes)
        name = self.classes[int(index)] if known else f"class_{index:g}"
        self.built.add_category(name, id=int(index))
        return name


def _four(value: Any) -> list[float] | None:
    """Four finite numbers; None if a value is not that."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 4:
        return None
    numbers = [side for item in value if (side := number(item)) is not None]
    return numbers if len(numbers) == 4 else None


def _first(values: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((name for name in names if values.get(name) is not None), None)


def _plain(value: Any) -> Any:
    """A value that a message can show, whatever it is."""
    simple = value is None or isinstance(value, bool | int | float | str)
    return value if simple else shown(value)
