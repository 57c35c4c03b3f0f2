"""From exports of Label Studio to a dataset.

Source: https://labelstud.io/guide/export and https://labelstud.io/guide/task_format.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.io.formats.attributes import others
from labelaudit.io.formats.box_record import BoxRecord
from labelaudit.io.formats.builder import UNKNOWN, DatasetBuilder
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.labelstudio.answers import about_region, about_task
from labelaudit.io.formats.labelstudio.names import KEYS, image_names, without_mark
from labelaudit.io.formats.labelstudio.regions import (
    SHAPES,
    Record,
    Size,
    grouped,
    kind_of,
    labels_of,
    shape_of,
    size_of,
)
from labelaudit.io.formats.labelstudio.tables import is_table, items_of
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.sources import fitting_files, splits_of
from labelaudit.io.formats.unheld import NAMES, is_told
from labelaudit.io.formats.values import json_in, shown

TABLES = (".csv", ".tsv")

ANNOTATIONS = ("annotations", "completions")
"""What people have submitted of a task, now and before version 1.0."""

UNSUBMITTED = {
    "predictions": "predictions, which are no labels, of tasks",
    "drafts": "drafts, which nobody submitted, of tasks",
}
"""What else a task has of regions, and how a note says so."""

SEVERAL = "several annotations are read as one, so that objects may stand there twice, of tasks"
ANSWERS = f"answers about objects ({NAMES}): without them"
TURNED = "coordinates are taken as they stand although Label Studio showed the image turned"

_BEGIN = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:(\[)|\{)")
_RESULT = re.compile(rb'"(?:from_name|to_name)"\s*:\s*"')
_TASK = re.compile(rb'"data"\s*:\s*\{')
_LISTS = re.compile(rb'"(?:annotations|completions|predictions)"\s*:\s*\[')
_MIN = re.compile(rb'"(?:rectangle|polygon|ellipse|brush|keypoint)labels"\s*:\s*\[')


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a Label Studio export, or a folder with some."""
    why = "files with tasks of Label Studio"
    tables = [name for name in sample.spread(sample.ending(*TABLES)) if is_table(sample.head(name))]
    names = [*sample.ending(".json"), *tables]
    return sample.judged(names, lambda name: _fits(sample.head(name)), why)


def _fits(head: bytes) -> bool:
    if is_table(head):
        return True
    begin = _BEGIN.search(head)
    tasks = begin and begin[1] and _LISTS.search(head) and _TASK.search(head)
    return bool(begin and (tasks or _RESULT.search(head) or _MIN.search(head)))


def read(path: Path) -> DatasetBuilder:
    """What is in an export, or in those of a folder, each of them a split.

    Raises
    ------
    FormatError
        if there is none in the folder.
    """
    root, names = fitting_files(path, [".json", *TABLES], _fits, "file of Label Studio")
    built = DatasetBuilder("labelstudio", root)
    for name, split in zip(names, splits_of(names), strict=True):
        _Export(built, built.add_file(name), split).read(root / name)
    return built


@dataclass
class _Export:
    """One file while it is read."""

    built: DatasetBuilder
    file: int
    split: str
    regions: int = 0  # so far, whatever they are
    about: Record = field(default_factory=dict)  # what the annotation says that is read
    rows: dict[tuple[str, ...], list[int]] = field(
        default_factory=dict
    )  # images of JSON_MIN, by task

    def read(self, path: Path) -> None:
        """Take in all tasks; what is none is noted."""
        try:
            tasks = items_of(path) if path.suffix.lower() in TABLES else json_in(path)
        except ValueError as error:
            self.built.unreadable_file(self.file, str(error))
            return
        if isinstance(tasks, dict):  # a target storage has a file for each annotation
            tasks = [tasks]
        if not isinstance(tasks, list):
            self.built.unreadable_file(self.file, "no list of tasks")
            return
        for record, task in enumerate(tasks):
            self.built.place(RecordType.IMAGE, record, task)
            if not isinstance(task, dict):
                self.built.unreadable_record(RecordType.IMAGE, self.file, record, task)
            elif isinstance(task.get("task"), dict) and "result" in task:
                self._read_task(record, {**task["task"], ANNOTATIONS[0]: [task]})
            elif isinstance(task.get("data"), dict):
                self._read_task(record, task)
            else:
                self._read_flat(record, task)

    def _read_task(self, record: int, task: Record) -> None:
        """A task of a full export: of its annotations, those that were not cancelled."""
        where = f"task[{record}]"
        live = self._live(task, where)
        if len(live) > 1:
            self.built.gather(SEVERAL, self.file, where)
        for key, what in UNSUBMITTED.items():
            if task.get(key):
                self.built.leave_out(what, self.file, where)
        results = [self._results(annotation) for annotation in live]
        size = size_of([result for some in results for result in some])
        names = image_names(task.get("data"), task.get("file_upload"))
        images = self._add_images(record, task, names, size)
        for row in images:
            self.built.told.image(row, about_task(task, live, (*ANNOTATIONS, *UNSUBMITTED)))
        for annotation, some in zip(live, results, strict=True):
            self.about = others(annotation, ("id", "result", *UNSUBMITTED))
            for group in grouped(some):
                if isinstance(group[0], dict):
                    self._read_region(group, (images, size), where)
                else:
                    self._unreadable(group[0])

    def _live(self, task: Record, where: str) -> list[Record]:
        """The annotations of a task that somebody submitted and did not cancel."""
        key = next((key for key in ANNOTATIONS if key in task), ANNOTATIONS[0])
        given = task.get(key, [])
        live: list[Record] = []
        if not isinstance(given, list):
            self._unreadable(given)
            return []
        for annotation in given:
            if not isinstance(annotation, dict):
                self._unreadable(annotation)
            elif annotation.get("was_cancelled"):
                self.built.leave_out("cancelled annotations of tasks", self.file, where)
            else:
                live.append(annotation)
        return live

    def _results(self, annotation: Record) -> list[Any]:  # Any: whatever a file holds
        results = annotation.get("result")
        for one in results if isinstance(results, list) else ():
            if isinstance(one, dict) and one.get("type") == "relation":
                self.built.unheld.count("relations between objects: without them")
        if not isinstance(results, list):
            self._unreadable(results)
            return []
        return results

    def _read_flat(self, record: int, item: Record) -> None:
        """An item of JSON_MIN: one annotation of a task, with lists of regions by their tags."""
        results = [
            {**one, "value": one}
            for values in item.values()
            if isinstance(values, list)
            for one in values
            if isinstance(one, dict)
        ]
        size = size_of(results)
        data = {key: value for key, value in item.items() if not isinstance(value, dict)}
        names = image_names(data)
        key = (repr(item.get("id")), *names)
        if key in self.rows:
            self.built.gather(SEVERAL, self.file, f"task[{record}]")
        else:
            self.rows[key] = self._add_images(record, item, names, size)
        self.about = {
            key: value
            for key, value in others(data, (*KEYS, "id")).items()
            if not isinstance(value, list)
        }
        self.built.told.image(self.rows[key][0], self.about)
        for result in results:
            self._read_region([result], (self.rows[key], size), f"task[{record}]")

    def _add_images(
        self, record: int, task: Record, names: Sequence[str], size: Size | None
    ) -> list[int]:
        rows = [
            self.built.add_image(
                self.file,
                name,
                record=record,
                size=size or UNKNOWN,
                split=self.split,
                other_name=without_mark(name),
            )
            for name in names or [""]
        ]
        if not names or not names[0]:
            place = {"file": self.file, "record": record, "row": rows[0]}
            self.built.odd_field(RecordType.IMAGE, "data", task.get("data"), **place)
        return rows

    def _read_region(
        self, group: Sequence[Record], images: tuple[list[int], Size | None], where: str
    ) -> None:
        """Take in a region; one that has no box is left out.

        Parameters
        ----------
        group:
            its results.
        images:
            the rows of the images of its task, and their width and height.
        where:
            it is, in words.
        """
        record = self.regions
        self.regions += 1
        rows, size = images
        drawn = next((result for result in group if kind_of(result) in SHAPES), None)
        value = drawn.get("value") if drawn else None
        if drawn is None:
            kind = kind_of(group[0])
            self.built.leave_out(f"{kind} results, which have no box", self.file, where)
            return
        if not isinstance(value, dict):
            self.built.unreadable_record(RecordType.BOX, self.file, record, value)
            return
        if "rotation" in drawn:  # some other tools write it there
            value = {"rotation": drawn["rotation"], **value}
        if drawn.get("image_rotation"):
            self.built.gather(TURNED, self.file, where)
        item = drawn.get("item_index")
        row = rows[item] if isinstance(item, int) and 0 <= item < len(rows) else rows[0]
        self._count_unheld(group)
        self.built.told.box(self.built.next_box, {**self.about, **about_region(group)})
        self.built.place(RecordType.BOX, record, drawn, drawn.get("value"))
        label = self._label(group, record)
        shaped = shape_of(self.built, value, kind_of(drawn), size, (self.file, record))
        self.built.add_box(self.file, row, BoxRecord(label, record=record, **shaped))

    def _count_unheld(self, group: Sequence[Record]) -> None:
        """Count what is said of a region beside its place and its class."""
        kinds = [
            kind_of(one) for one in group if kind_of(one) not in SHAPES and not labels_of([one])
        ]
        self.built.unheld.count(ANSWERS, kinds)
        if any(is_told(one.get("meta")) for one in group):
            self.built.unheld.count("objects with remarks: without them")

    def _label(self, group: Sequence[Record], record: int) -> str:
        """The class of a region: the first, if it has several, which is noted."""
        labels = labels_of(group)
        if len(labels) != 1:
            kind = ProblemKind.UNREADABLE_FIELD if labels else ProblemKind.MISSING_FIELD
            what = FieldProblem(kind, "labels", shown(labels) if labels else "")
            place = {"file": self.file, "record": record, "row": self.built.next_box}
            self.built.problems.note(RecordType.BOX, what, **place)
        return labels[0] if labels else ""

    def _unreadable(self, value: Any) -> None:  # Any: whatever a file holds
        self.built.unreadable_record(RecordType.BOX, self.file, self.regions, value)
        self.regions += 1
