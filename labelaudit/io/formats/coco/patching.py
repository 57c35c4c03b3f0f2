"""From changes to records to the byte ranges of a COCO file that they replace."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.boxes.clipping import cutting_rectangle
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import FixError
from labelaudit.io.edits import Edit
from labelaudit.io.formats.coco.box_sides import sides, with_sides_as_written
from labelaudit.io.formats.coco.cut_masks import CUT, with_cut_mask
from labelaudit.io.formats.coco.json_edits import KEPT, dumped, with_fields
from labelaudit.io.formats.coco.spans import Span, spans
from labelaudit.io.formats.coco.stream import SectionReader
from labelaudit.io.record_diff import Change, table

CONVERT = "its records cannot be changed there; labelaudit convert --to coco writes them as a list"
_PARTS = {part.value: part for part in (RecordType.IMAGE, RecordType.CATEGORY, RecordType.BOX)}


def patch(original: Dataset, changed: Dataset, changes: Sequence[Change]) -> dict[int, list[Edit]]:
    """The edits that carry changes into COCO files, by row in Files.

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
        if a record to be changed cannot be found, because the file is no longer what was loaded.
    """
    edits = {}
    for file in sorted({change.file for change in changes}):
        of_file = FileEdits()
        for change in changes:
            if change.file == file:
                of_file.add(change, original, changed)
        edits[file] = of_file.edits(original.root / str(original.files.path[file]))
    return edits


@dataclass
class FileEdits:
    """What happens to the records of one file, by part and position."""

    fields: dict[RecordType, dict[int, dict[str, Any]]] = field(default_factory=dict)
    gone: dict[RecordType, set[int]] = field(default_factory=dict)
    new: dict[RecordType, list[dict[str, Any]]] = field(default_factory=dict)
    counted: dict[RecordType, int] = field(
        default_factory=dict
    )  # records seen, in all lists of a part

    def add(self, change: Change, original: Dataset, changed: Dataset) -> None:
        """Note one change.

        Parameters
        ----------
        change:
            what differs in one record.
        original:
            the dataset as it is on disk.
        changed:
            the dataset as it should be.
        """
        part = change.part
        if change.before == MISSING:
            self.new.setdefault(part, []).append(_added(change, changed))
            return
        record = int(table(original, part).record[change.before])
        if change.after == MISSING:
            self.gone.setdefault(part, set()).add(record)
        else:
            fields = _fields(change, original, changed)
            self.fields.setdefault(part, {})[record] = fields

    def edits(self, path: Path) -> list[Edit]:
        """All of it, as edits of the file as it is now."""
        found: list[Edit] = []
        with path.open("rb") as file:
            reader = SectionReader(file)
            for key in reader.sections():
                if key in _PARTS and reader.at_list():
                    part = _PARTS[key]
                    if reader.is_made and part in {*self.fields, *self.gone, *self.new}:
                        raise FixError(f"{path}: {key} is {reader.odd[key][-1]}; {CONVERT}")
                    found += self._section(reader, part)
        unmatched = [
            f"{part.value}[{record}]"
            for part, records in [*self.fields.items(), *self.gone.items()]
            for record in records
        ]
        unmatched += [part.value for part in self.new]
        if unmatched:
            names = ", ".join(unmatched[:3])
            raise FixError(f"{path}: {names}: not there; was the file changed since it was read?")
        return found

    def _section(self, reader: SectionReader, part: RecordType) -> list[Edit]:
        """The edits of one list; what was done is taken out of what happens."""
        fields, gone = self.fields.pop(part, {}), self.gone.pop(part, set())
        found: list[Edit] = []
        cut: list[Span] = []  # records to go, since the last one that stays
        kept_end = opening = reader.offset + 1
        last: Span | None = None
        for span in spans(reader, sorted({*fields, *gone}), part, self.counted.get(part, 0)):
            self.counted[part] = span.record + 1
            if cut:
                found.append(cut[-1].replaced_until(span.start))
            if span.record in gone:
                gone.discard(span.record)
                cut.append(span)
                continue
            if span.record in fields and span.text is not None:
                wanted = with_cut_mask(fields.pop(span.record), span)
                wanted = with_sides_as_written(wanted, span)
                found += with_fields(span.start, span.text, wanted, span.place)
            cut, kept_end, last = [], span.end, span
        if cut:
            # The comma before the first of them goes, not the one behind.
            starts = {span.start for span in cut}
            found = [edit for edit in found if edit.start not in starts]
            places = ", ".join(span.place for span in cut)
            found.append(Edit(kept_end, cut[-1].end, b"", places))
        for name, rest in (("fields", fields), ("gone", gone)):
            if rest:
                getattr(self, name)[part] = rest
        found += self._insertions(part, kept_end, last, at_start=kept_end == opening)
        return found

    def _insertions(
        self, part: RecordType, end: int, like: Span | None, *, at_start: bool
    ) -> list[Edit]:
        style = like.text if like is not None and like.text is not None else b", "
        new = self.new.pop(part, [])
        if part is RecordType.CATEGORY and b'"supercategory"' in style:
            new = [{**record, "supercategory": ""} for record in new]
        records = [dumped(record, style) for record in new]
        if not records:
            return []
        text = ", ".join(records)
        return [Edit(end, end, (text if at_start else f", {text}").encode(), f"new {part.value}")]


def _fields(change: Change, original: Dataset, changed: Dataset) -> dict[str, Any]:
    """The new values of the fields that differ, by their key in the file."""
    fields: dict[str, Any] = {}
    for name in change.fields:
        if change.part is RecordType.IMAGE:
            fields |= _image(name, change, original, changed)
        elif change.part is RecordType.CATEGORY:
            fields |= _category(name, change, changed)
        else:
            fields |= _box(name, change, changed)
    return fields


def _image(name: str, change: Change, original: Dataset, changed: Dataset) -> dict[str, Any]:
    images, row = changed.images, change.after
    if name == "size":
        differs = original.images.size[change.before] != images.size[row]
        sides = zip(("width", "height"), images.size[row].tolist(), differs, strict=True)
        return {key: value for key, value, differs in sides if differs}
    width, height = images.size[row].tolist()
    values = {
        "id": images.id.value(row),
        "name": str(images.name[row]),
        "file_name": str(images.name[row]),
        "width": width,
        "height": height,
    }
    return _chosen(name, values, {"name": "file_name"}, change)


def _category(name: str, change: Change, changed: Dataset) -> dict[str, Any]:
    categories, row = changed.categories, change.after
    values = {"id": categories.id.value(row), "name": str(categories.name[row])}
    return _chosen(name, values, {}, change)


def _box(name: str, change: Change, changed: Dataset) -> dict[str, Any]:
    if name == "mask":
        masks = changed.masks
        size = np.vstack([changed.images.size, [[np.nan] * 2]])[changed.boxes.image[change.after]]
        return {CUT: cutting_rectangle(masks.xyxy[masks.box == change.after][0], size)}
    values = _box_values(changed, change.after)
    keys = {"image": "image_id", "label": "category_id", "xyxy": "bbox"}
    keys |= {"crowd": "iscrowd", "difficult": "ignore"}
    return _chosen(name, values, keys, change)


def _box_values(dataset: Dataset, row: int) -> dict[str, Any]:
    boxes, categories = dataset.boxes, dataset.categories
    left, top, right, bottom = boxes.xyxy[row].tolist()
    image, label = int(boxes.image[row]), int(boxes.label[row])
    stated = dataset.keypoints.stated[dataset.keypoints.box == row].tolist()
    if label != MISSING and categories.file[label] == MISSING and categories.record[label] < 0:
        raise FixError(f"no file lists the class {categories.name[label]!s}: there is no list")
    return {
        "id": boxes.id.value(row),
        "image_id": None if image == MISSING else dataset.images.id.value(image),
        "category_id": None if label == MISSING else categories.id.value(label),
        "bbox": [left, top, *sides(left, top, right, bottom)],
        "area": float(boxes.area[row]),
        "iscrowd": int(boxes.crowd[row]),
        "ignore": int(boxes.difficult[row]),
        "num_keypoints": stated[0] if stated else None,
    }


def _chosen(
    name: str, values: dict[str, Any], keys: dict[str, str], change: Change
) -> dict[str, Any]:
    key = keys.get(name, name)
    if not key:
        raise FixError(f"{change.part.value}: bytes that are not UTF-8 cannot be mended by a fix")
    return {key: values.get(key, KEPT)}


def _added(change: Change, changed: Dataset) -> dict[str, Any]:
    """A new annotation, or a new class."""
    if change.part is RecordType.CATEGORY:
        return _category("id", change, changed) | _category("name", change, changed)
    if change.part is not RecordType.BOX:
        raise FixError(f"a new record in {change.part.value} cannot be added by a fix")
    values = _box_values(changed, change.after)
    _, _, width, height = values["bbox"]
    if math.isnan(values["area"]):
        values["area"] = width * height
    keys = ("id", "image_id", "category_id", "bbox", "area", "iscrowd")
    return {key: values[key] for key in keys}
