"""Findings as lines of the fix list, and the fingerprints by which they are known again."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from labelaudit.auditing.causes import Affected
from labelaudit.auditing.findings import Findings, Fix, Severity
from labelaudit.auditing.fixes import KINDS
from labelaudit.core.columns import MISSING, Ints, Rows, encodable
from labelaudit.core.whole_files import replacing
from labelaudit.dataset.tables import Boxes, Dataset, Images, RecordType

SCHEMA_VERSION = 1


def entries(findings: Findings, dataset: Dataset) -> Iterator[dict[str, Any]]:
    """Each finding as an object that JSON can hold; see `docs/findings.md` for its keys."""
    view, doubt = View(dataset), findings.model_doubt
    for row, fingerprint in enumerate(fingerprints(findings, dataset)):
        box, other = int(findings.box[row]), int(findings.other[row])
        boxes = [number for number in (box, other) if number != MISSING]
        image, category = int(findings.image[row]), int(findings.category[row])
        fix = findings.fix[row]
        entry = {
            "code": str(findings.code[row]),
            "name": str(findings.name[row]),
            "severity": str(Severity(findings.severity[row])),
            "source": view.source(int(findings.file[row])),
            "place": view.place(findings, row),
            "image": view.image(image),
            "annotations": [view.annotation(number) for number in boxes],
            "boxes": [view.xywh(number) for number in boxes],
            "classes": view.classes(boxes, category),
            "message": str(findings.message[row]),
            "probability": known(findings.probability[row]),
            "doubt": known(doubt[row]),
            "fix": None if fix is None else view.fix(fix),
            "fingerprint": fingerprint,
            "records": view.records(findings, row),
        }
        if findings.affects[row] is not None:
            entry["wrong"] = view.wrong(findings.affects[row])
        if image != MISSING and dataset.images.assumed[image]:
            entry["assumed_size"] = dataset.images.size[image].tolist()
        yield entry


def known(value: float) -> float | None:
    """A number that JSON can hold; None for NaN."""
    return None if math.isnan(value) else float(value)


class View:
    """A dataset as the fix list names its records."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.class_names = dataset.class_names
        self.numbered = bool(dataset.boxes.id.given.any())

    def source(self, file: int) -> str | None:
        """The path of a source file, as seen from the dataset's root."""
        return str(self.dataset.files.path[file]) if file != MISSING else None

    def image(self, image: int) -> str | None:
        """The file name of an image, as the source writes it."""
        return str(self.dataset.images.name[image]) if image != MISSING else None

    def annotation(self, box: int) -> Any:
        """An annotation's id; where the format has no ids, the index of the object in its file."""
        boxes = self.dataset.boxes
        return boxes.id.value(box) if self.numbered else int(boxes.record[box])

    def xywh(self, box: int) -> list[float | None]:
        """Left, top, width, height in pixels; None for what is not a number."""
        left, top, right, bottom = self.dataset.boxes.xyxy[box].tolist()
        return [_number(value) for value in (left, top, right - left, bottom - top)]

    def classes(self, boxes: Iterable[int], category: int) -> list[str | None]:
        """The class of each box, or the class that the finding is about."""
        labels = [int(self.dataset.boxes.label[box]) for box in boxes]
        if category != MISSING:
            labels = labels or [category]
        return [self.class_names[label] if label != MISSING else None for label in labels]

    def place(self, findings: Findings, row: int) -> str | None:
        """Where in its file the record stands: annotations[17], object[3], line 4."""
        dataset = self.dataset
        box, problem = int(findings.box[row]), int(findings.problem[row])
        category, image = int(findings.category[row]), int(findings.image[row])
        if box != MISSING:
            return self.record_name(RecordType.BOX, int(dataset.boxes.record[box]))
        if problem != MISSING:
            part = RecordType(str(dataset.problems.part[problem]))
            return self.record_name(part, int(dataset.problems.record[problem]))
        if category != MISSING:
            return self.record_name(RecordType.CATEGORY, int(dataset.categories.record[category]))
        if image != MISSING:
            return self.record_name(RecordType.IMAGE, int(dataset.images.record[image]))
        return None

    def record_name(self, part: RecordType, record: int) -> str | None:
        """The name that people find a record by."""
        if record == MISSING or part is RecordType.FILE:
            return None
        facts = self.dataset.facts
        names = {
            RecordType.BOX: facts.box_record,
            RecordType.IMAGE: facts.image_record,
            RecordType.CATEGORY: facts.category_record,
        }
        return names[part].format(record=record, line=record + 1) or None

    def records(self, findings: Findings, row: int) -> dict[str, Any]:
        """The positions of a finding's records, by which `read` finds them again."""
        dataset = self.dataset
        named: dict[str, Any] = {}
        for name, part in (
            ("box", RecordType.BOX),
            ("other", RecordType.BOX),
            ("image", RecordType.IMAGE),
            ("category", RecordType.CATEGORY),
        ):
            number = int(getattr(findings, name)[row])
            if number != MISSING:
                named[name] = self.record(part, number)
        problem = int(findings.problem[row])
        if problem != MISSING:
            problems = dataset.problems
            named["problem"] = {
                "source": self.source(int(problems.file[problem])),
                "part": str(problems.part[problem]),
                "record": int(problems.record[problem]),
                "kind": str(problems.kind[problem]),
                "field": str(problems.field[problem]),
            }
        return named

    def record(self, part: RecordType, row: int) -> dict[str, Any]:
        """The file and position of a record, or its name where it has none."""
        table = table_of_part(self.dataset, part)
        key = {"source": self.source(int(table.file[row])), "record": int(table.record[row])}
        if key["source"] is None or key["record"] == MISSING:
            key["name"] = self.class_names[row] if part is RecordType.CATEGORY else None
        return key

    def wrong(self, affected: Affected) -> dict[str, Any]:
        """The boxes and images that a finding about many says are wrong, as runs of records."""
        return {
            "boxes": self._runs(self.dataset.boxes, affected.box),
            "images": self._runs(self.dataset.images, affected.image),
        }

    def _runs(self, table: Boxes | Images, rows: Ints | Rows) -> list[list[Any]]:
        """Source, first and last record of those that follow one another."""
        file, record = table.file[rows].astype(np.int64), table.record[rows].astype(np.int64)
        order = np.lexsort((record, file))
        order = order[(file[order] != MISSING) & (record[order] != MISSING)]
        file, record = file[order], record[order]
        begins = np.ones(len(file), bool)
        begins[1:] = (file[1:] != file[:-1]) | (record[1:] > record[:-1] + 1)
        first = np.flatnonzero(begins)
        last = np.append(first[1:], len(file))[: len(first)] - 1
        sources = [self.source(one) for one in file[first].tolist()]
        ends = zip(record[first].tolist(), record[last].tolist(), strict=True)
        return [[source, *pair] for source, pair in zip(sources, ends, strict=True)]

    def fix(self, fix: Fix) -> dict[str, Any]:
        """A fix with the record that it changes and the new values."""
        named: dict[str, Any] = {"kind": fix.kind, "safety": fix.safety.value}
        named["part"] = fix.part.value
        if fix.part is RecordType.FILE:
            named["source"] = self.source(fix.row)
        elif fix.row != MISSING:
            named["record"] = self.record(fix.part, fix.row)
        changes: dict[str, Any] = {}
        for name, value in KINDS[fix.kind].values.items():
            changes |= value.write(self, fix.part, fix.values[name])
        return named | {"changes": changes}


def table_of_part(dataset: Dataset, part: RecordType) -> Any:  # Any: Images, Categories or Boxes
    """The table that has the records of `part`."""
    return {RecordType.IMAGE: dataset.images, RecordType.CATEGORY: dataset.categories}.get(
        part, dataset.boxes
    )


def _number(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None


def fingerprints(findings: Findings, dataset: Dataset) -> list[str]:
    """A fingerprint of each finding from content alone, (n,).

    It is 16 hexadecimal digits, and `-2` and so on behind them for the second of several alike.
    It holds the rule, the image's name, classes, boxes to the pixel and what the loader noted; no
    id and no position. Findings that are alike in all of these are told apart by a count, so that a
    baseline which knows two of them still reports a third.
    """
    view = View(dataset)
    seen: Counter[str] = Counter()
    made = []
    for row in range(len(findings)):
        digest = hashlib.blake2b(encoded(_content(findings, row, view)), digest_size=8)
        fingerprint = digest.hexdigest()
        seen[fingerprint] += 1
        count = seen[fingerprint]
        made.append(fingerprint if count == 1 else f"{fingerprint}-{count}")
    return made


def _content(findings: Findings, row: int, view: View) -> list[Any]:
    box, other = int(findings.box[row]), int(findings.other[row])
    image, category = int(findings.image[row]), int(findings.category[row])
    problem, file = int(findings.problem[row]), int(findings.file[row])
    rows, table = [number for number in (box, other) if number != MISSING], view.dataset.boxes
    boxes = sorted(_rounded(view, int(table.label[n]), table.xyxy[n].tolist()) for n in rows)
    content: list[Any] = [str(findings.code[row]), boxes]
    content.append(view.image(image))
    content.append(view.class_names[category] if category != MISSING else None)
    if problem != MISSING:
        names = ("part", "kind", "field", "found")
        content.append([str(getattr(view.dataset.problems, name)[problem]) for name in names])
    if image == MISSING and file != MISSING:
        content.append(Path(str(view.source(file))).name)
    fix = findings.fix[row]
    if fix is not None and KINDS[fix.kind].adds_box:  # of several in an image, which one
        content.append(_rounded(view, int(fix.values["label"]), fix.values["xyxy"]))
    return content


def _rounded(view: View, label: int, corners: Iterable[float]) -> list[str]:
    sides = [f"{side:.0f}" for side in corners]
    sides = ["0" if side == "-0" else side for side in sides]  # a pixel, from either side of it
    return [view.class_names[label] if label != MISSING else "", *sides]


def encoded(entry: Any) -> bytes:  # Any: whatever JSON holds
    """A value as JSON in a line; half a surrogate pair, which an id can hold, as its escape."""
    try:
        return msgspec.json.encode(entry)
    except UnicodeEncodeError:
        return msgspec.json.encode(_encodable(entry))


def _encodable(value: Any) -> Any:  # Any: whatever JSON holds
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list | tuple) else value


def write(path: Path, findings: Findings, dataset: Dataset) -> None:
    """Write a fix list.

    Parameters
    ----------
    path:
        of the file, which is written anew, at once.
    findings:
        a line each.
    dataset:
        the dataset that the findings are about.
    """
    with replacing(path) as file:
        for entry in entries(findings, dataset):
            file.write(encoded(entry) + b"\n")
