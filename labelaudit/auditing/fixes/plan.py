"""What fixes come to: changes of columns, noted fix by fix and then done at once."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from labelaudit.auditing.findings import Findings, Fix
from labelaudit.auditing.fixes.clipped_masks import with_clipped_masks
from labelaudit.auditing.fixes.columns import (
    with_areas_of_boxes,
    with_field,
    without_solved_problems,
)
from labelaudit.auditing.fixes.number_style import in_style
from labelaudit.boxes.conventions import TRANSFORMS
from labelaudit.core.columns import MISSING, Ints, Rows
from labelaudit.core.ids import Ids
from labelaudit.core.rows import all_but
from labelaudit.dataset.tables import Boxes, Dataset, RecordType


class Plan:
    """Fixes sorted out into changes of columns; kinds of fixes note them by its public fields."""

    def __init__(self, dataset: Dataset, findings: Findings) -> None:
        self.dataset = dataset
        self.findings = findings
        self.applied = np.zeros(len(findings), bool)
        self.conflicts: list[str] = []
        self.transforms: dict[int, str] = {}  # by row in Files: its name
        # by type, row of a record: its finding, or the record that takes over
        self.gone: dict[RecordType, dict[int, int]] = {part: {} for part in RecordType}
        self.into: dict[RecordType, dict[int, int]] = {part: {} for part in RecordType}
        self.clipped: set[int] = set()  # boxes whose masks end at the edges of their images
        self.new_boxes: list[Fix] = []  # with image, label and xyxy
        self._fields: dict[tuple[RecordType, str], dict[int, tuple[Any, int]]] = {}
        self.box: Rows = np.empty(0, np.int32)
        self.image: Rows = np.empty(0, np.int32)

    def set_field(self, row: int, fix: Fix, name: str, value: Any) -> None:  # Any: of any field
        """Note a new value of a field of the record of a fix, unless the record goes.

        Parameters
        ----------
        row:
            of the finding.
        fix:
            its fix.
        name:
            a column, or what the source calls it.
        value:
            the new one.
        """
        if self.is_removed(fix):
            self.conflict(row, "the record is dropped")
            return
        column = self._fields.setdefault((fix.part, name), {})
        earlier = column.setdefault(fix.row, (value, row))
        if earlier[0] != value:
            first = self.findings.code[earlier[1]]
            self.conflict(row, f"{first} sets its {name} to another value")
            return
        self.applied[row] = True

    def conflict(self, row: int, reason: str) -> None:
        """Note why the fix of a finding is not done."""
        finding = f"{self.findings.code[row]} {self.findings.message[row]}"
        self.conflicts.append(f"not fixed: {finding}: {reason}")

    def is_removed(self, fix: Fix) -> bool:
        """Whether the record of a fix is dropped or merged into another."""
        return fix.row in self.gone[fix.part] or fix.row in self.into[fix.part]

    def merged_into(self, part: RecordType, row: int) -> int:
        """The record that stands for one after the merges so far."""
        while row in self.into[part]:
            row = self.into[part][row]
        return row

    def file_of(self, box: int) -> int:
        """The row in Files of a box."""
        return int(self.dataset.boxes.file[box])

    def result(self) -> Dataset:
        """The dataset with everything noted done."""
        dataset = self._transformed(self.dataset)
        for (part, name), values in self._fields.items():
            rows = np.array(list(values), np.int64)
            given = [value for value, _ in values.values()]
            dataset = with_field(dataset, part, name, rows, given)
            dataset = without_solved_problems(dataset, part, name, rows)
        dataset = with_clipped_masks(dataset, np.array(sorted(self.clipped), np.int64))
        dataset = self._with_new_boxes(dataset)
        dataset = in_style(dataset, self.dataset, self._rewritten())
        dataset = with_areas_of_boxes(dataset, self.dataset)
        self._trace(dataset)
        return self._merged(dataset)

    def _rewritten(self) -> Ints:
        """The boxes whose own field is written anew, moved or not."""
        fields = ("xyxy", *self.dataset.facts.box_fields)
        rows = [self._fields.get((RecordType.BOX, name), {}) for name in fields]
        return np.array(sorted({row for some in rows for row in some}), np.int64)

    def _trace(self, dataset: Dataset) -> None:
        """Note which rows will be left when `dataset` has lost what is dropped and merged."""
        images = self._removed(RecordType.IMAGE)
        box = np.arange(len(dataset.boxes), dtype=np.int32)
        gone = np.isin(box, self._removed(RecordType.BOX))
        gone |= np.isin(_redirected(dataset.boxes.image, self.into[RecordType.IMAGE]), images)
        box[len(self.dataset.boxes) :] = MISSING
        self.box = box[~gone]
        self.image = np.setdiff1d(np.arange(len(dataset.images)), images).astype(np.int32)

    def _transformed(self, dataset: Dataset) -> Dataset:
        xyxy = dataset.boxes.xyxy.copy()
        size = np.vstack([dataset.images.size, [[np.nan, np.nan]]])[dataset.boxes.image]
        for name in dict.fromkeys(self.transforms.values()):
            files = [file for file, chosen in self.transforms.items() if chosen == name]
            here = np.isin(dataset.boxes.file, files)
            xyxy[here] = TRANSFORMS[name](xyxy[here], size[here])
        return dataclasses.replace(dataset, boxes=dataclasses.replace(dataset.boxes, xyxy=xyxy))

    def _with_new_boxes(self, dataset: Dataset) -> Dataset:
        if not self.new_boxes:
            return dataset
        image = np.array([fix.values["image"] for fix in self.new_boxes])
        boxes, count = dataset.boxes, len(self.new_boxes)
        numbered = bool(boxes.id.given.any())
        first = int(boxes.id.number[boxes.id.plain].max(initial=0)) + 1
        ids = Ids.of(range(first, first + count)) if numbered else Ids.missing(count)
        new = Boxes.of(
            count,
            file=dataset.images.file[image],
            id=ids,
            image=image,
            label=[fix.values["label"] for fix in self.new_boxes],
            xyxy=[list(fix.values["xyxy"]) for fix in self.new_boxes],
        )
        return dataclasses.replace(dataset, boxes=Boxes.concat([boxes, new]))

    def _merged(self, dataset: Dataset) -> Dataset:
        """References moved to the records that take over; merged and dropped records gone."""
        image = _redirected(dataset.boxes.image, self.into[RecordType.IMAGE])
        label = _redirected(dataset.boxes.label, self.into[RecordType.CATEGORY])
        boxes = dataclasses.replace(dataset.boxes, image=image, label=label)
        dataset = dataclasses.replace(dataset, boxes=boxes)
        return dataset.keep(
            boxes=all_but(len(boxes), self._removed(RecordType.BOX)),
            images=all_but(len(dataset.images), self._removed(RecordType.IMAGE)),
            categories=all_but(len(dataset.categories), self._removed(RecordType.CATEGORY)),
        )

    def _removed(self, part: RecordType) -> Ints:
        return np.array([*self.gone[part], *self.into[part]], np.int64)


def _redirected(rows: Rows, into: dict[int, int]) -> Rows:
    redirected = rows.copy()
    for row, target in into.items():
        redirected[rows == row] = target
    return redirected
