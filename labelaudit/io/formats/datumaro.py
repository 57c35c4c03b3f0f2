"""Datumaro JSON: one file for each subset, with items, annotations and label categories; read only.

Source: https://openvinotoolkit.github.io/datumaro/stable/docs/data-formats/formats/datumaro.html,
and `plugins/data_formats/datumaro/base.py` there: a box is left, top, width, height; a mask is a
run-length encoding as COCO has it. Boxes, polygons and masks of one group that is not 0 are one
object (`util/annotation_util.py`, `find_instances`), of which at most one is a box.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.attributes import others
from labelaudit.io.formats.box_record import BoxRecord
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.datumaro_shapes import SHAPES, Record, around, joints, pair
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.sources import fitting_files, splits_of
from labelaudit.io.formats.unheld import NAMES
from labelaudit.io.formats.values import json_in, shown, text_of

MEDIA = ("image", "media")
"""Where an item has the path of its image."""

INSTANCE = ("bbox", "polygon", "mask", "points")
"""The types of annotation that may be parts of one object."""

ATTRIBUTES = f"attributes of objects ({NAMES}): without them"
ATTRIBUTES_OF_IMAGES = f"attributes of images ({NAMES}): without them"

_PLACE = ("id", "type", "label_id", "bbox", "points", "rle", "visibility")
_HELD = ("is_crowd", "difficult")
_ITEMS = re.compile(rb'"items"\s*:\s*\[')
_CATEGORIES = re.compile(rb'"categories"\s*:\s*\{')
_LABELS = re.compile(rb'"(?:label|mask|points)"\s*:\s*\{')
_OURS = re.compile(rb'"(?:dm_format_version|label_groups|label_id)"\s*:')

Group = list[tuple[int, Any]]  # Any: whatever a file holds


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a Datumaro file, or a folder with some."""
    why = "JSON files with items and label categories"
    return sample.judged(sample.ending(".json"), lambda name: _fits(sample.head(name)), why)


def _fits(head: bytes) -> bool:
    """Whether a file begins as one of Datumaro; many classes may stand before the items."""
    categories = _CATEGORIES.search(head) is not None
    known = _ITEMS.search(head) or _LABELS.search(head)
    return categories and bool(known) and bool(_OURS.search(head) or _LABELS.search(head))


def read(path: Path) -> DatasetBuilder:
    """What is in a Datumaro file, or in those of a folder, each of them a split.

    Raises
    ------
    FormatError
        if there is none in the folder.
    """
    root, names = fitting_files(path, [".json"], _fits, "JSON file of Datumaro")
    built = DatasetBuilder("datumaro", root)
    built.folders = [root.parent if root.name == "annotations" else root]
    for name, split in zip(names, splits_of(names), strict=True):
        _Subset(built, built.add_file(name), split).read(name)
    return built


@dataclass
class _Subset:
    """One file while it is read."""

    built: DatasetBuilder
    file: int
    split: str
    classes: dict[int, str] = field(default_factory=dict)  # by their ids
    count: int = 0  # annotations so far, whatever they are

    def read(self, name: str) -> None:
        """Take in all items; what is none is noted."""
        try:
            value = json_in(self.built.root / name)
        except ValueError as error:
            self.built.unreadable_file(self.file, str(error))
            return
        items = value.get("items") if isinstance(value, dict) else None
        if not isinstance(items, list):
            self.built.unreadable_file(self.file, "no list of items")
            return
        self._read_categories(value.get("categories"))
        for record, item in enumerate(items):
            if isinstance(item, dict):
                self._read_item(record, item, PurePosixPath(name).stem)
            else:
                self.built.unreadable_record(RecordType.IMAGE, self.file, record, item)

    def _read_categories(self, categories: Any) -> None:  # Any: whatever a file holds
        """Classes are numbered in their order; those of joints belong to another class."""
        labels = _within(categories, "label", "labels")
        joints = {
            item["label_id"]: len(item["labels"])
            for item in _within(categories, "points", "items")
            if isinstance(item, dict)
            and isinstance(item.get("label_id"), int)
            and isinstance(item.get("labels"), list)
        }
        for record, label in enumerate(labels):
            name = text_of(label.get("name")) if isinstance(label, dict) else text_of(label)
            self.classes[record] = name
            if name and not (isinstance(label, dict) and text_of(label.get("parent"))):
                count = joints.get(record, 0)
                self.built.add_category(name, file=self.file, record=record, keypoints=count)
                self.built.place(RecordType.CATEGORY, record, label)
            elif not name:
                self.built.unreadable_record(RecordType.CATEGORY, self.file, record, label)

    def _read_item(self, record: int, item: Record, subset: str) -> None:
        media: Record = next((item[key] for key in MEDIA if isinstance(item.get(key), dict)), {})
        name, id_ = text_of(media.get("path")).replace("\\", "/"), item.get("id")
        name = name or text_of(id_)
        inside = f"images/{subset}/{name}"
        there = bool(name) and self.built.folders[0].joinpath(inside).is_file()
        height, width = pair(media.get("size"))
        image = self.built.add_image(
            self.file,
            inside if there else name,
            record=record,
            size=(width, height),
            split=self.split,
        )
        self.built.told.image(image, others(item, ("id", "annotations", *MEDIA)))
        self.built.place(RecordType.IMAGE, record, item)
        if isinstance(item.get("attr"), dict):
            self.built.unheld.count_others(ATTRIBUTES_OF_IMAGES, item["attr"], ("id",))
        annotations = item.get("annotations", [])
        for key, understood in (("id", bool(name)), ("annotations", isinstance(annotations, list))):
            if not understood:
                place = {"file": self.file, "record": record, "row": image}
                self.built.odd_field(RecordType.IMAGE, key, item.get(key), **place)
        placed = list(enumerate(annotations if isinstance(annotations, list) else (), self.count))
        self.count += len(placed)
        for group in _instances(placed):
            self._read_object(group, image, f"items[{record}]")

    def _read_object(self, group: Group, image: int, where: str) -> None:
        """Take in an object of one annotation or of several; what has no box is left out.

        Parameters
        ----------
        group:
            the annotations with their positions in the file.
        image:
            the row of its image.
        where:
            it is, in words.
        """
        record, first = group[0]
        kinds = [_kind(one) for _, one in group]
        if not kinds[0]:
            self.built.unreadable_record(RecordType.BOX, self.file, record, first)
            return
        if not any(kind in SHAPES for kind in kinds):
            what = f"{kinds[0]} annotations, which have no box"
            self.built.leave_out(what, self.file, where)
            return
        label = self._label(first, record)
        parts = [
            (SHAPES.get(kind) or joints)(self.built, one, (self.file, place))
            for kind, (place, one) in zip(kinds, group, strict=True)
        ]
        told = _attributes(self.built, group)
        self.built.told.box(self.built.next_box, others(first, _PLACE) | {"attributes": told})
        self.built.place(RecordType.BOX, record, first)
        drawn = parts[kinds.index("bbox")]["xyxy"] if "bbox" in kinds else around(parts)
        self.built.add_box(
            self.file,
            image,
            BoxRecord(
                label,
                drawn,
                record,
                [polygon for part in parts for polygon in part.get("polygons", ())],
                rle=next((part["rle"] for part in parts if "rle" in part), None),
                keypoints=next((part["keypoints"] for part in parts if "keypoints" in part), ()),
                crowd=told.get("is_crowd") is True,
                difficult=told.get("difficult") is True,
            ),
        )

    def _label(self, annotation: Record, record: int) -> str:
        """The name of a class by its number; empty if there is none, which is noted."""
        id_ = annotation.get("label_id")
        name, kind = "", ProblemKind.UNREADABLE_FIELD
        if isinstance(id_, int) and not isinstance(id_, bool):
            name, kind = self.classes.get(id_, ""), ProblemKind.DANGLING
        elif id_ is None:
            kind = ProblemKind.MISSING_FIELD
        if not name:
            what = FieldProblem(kind, "label_id", "" if id_ is None else shown(id_))
            place = {"file": self.file, "record": record, "row": self.built.next_box}
            self.built.problems.note(RecordType.BOX, what, **place)
        return name


def _attributes(built: DatasetBuilder, group: Group) -> Record:
    """The attributes of an object; those that no table holds, and its layer, are counted."""
    told: dict[str, Any] = {}
    for _, one in group:
        if isinstance(one.get("attributes"), dict):
            told |= one["attributes"]
        if one.get("z_order"):
            built.unheld.count("objects in layers before others: without their order")
    built.unheld.count_others(ATTRIBUTES, told, _HELD)
    return told


def _instances(placed: Group) -> Iterator[Group]:
    """The annotations of each object: those of one group, if they can be one object, else each.

    A group of several boxes, of several masks, or of a mask and polygons is of several objects.
    """
    groups: dict[Any, Group] = {}
    for place, one in placed:
        number_ = one.get("group") if _kind(one) in INSTANCE else 0
        whole = isinstance(number_, int) and number_ != 0
        key = (number_, shown(one.get("label_id"))) if whole else (None, place)
        groups.setdefault(key, []).append((place, one))
    for group in groups.values():
        kinds = [_kind(one) for _, one in group]
        alone = not {"mask", "polygon"} <= set(kinds)
        if alone and all(kinds.count(kind) < 2 for kind in ("bbox", "mask", "points")):
            yield group
        else:
            yield from ([one] for one in group)


def _kind(annotation: Any) -> str:  # Any: whatever a file holds
    return text_of(annotation.get("type")) if isinstance(annotation, dict) else ""


def _within(value: Any, *keys: str) -> list[Any]:  # Any: whatever a file holds
    """The list under some keys, one within the other; an empty one if there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


FORMATS.add(
    "datumaro",
    ReadOnly(
        "datumaro",
        "a Datumaro file (JSON with items and label categories)",
        evidence,
        read,
        {
            "box_record": "annotation[{record}]",
            "image_record": "items[{record}]",
            "source_fields": {"xyxy": ("bbox",), "label": ("label_id",)},
            "box_parts": ("points", "rle"),
        },
        endings=(".json",),
        placed=True,
    ).format(),
)
