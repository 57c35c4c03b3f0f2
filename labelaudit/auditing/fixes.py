"""Fixing: from a dataset and findings to a new dataset in which their fixes are done."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelaudit.auditing.findings import Findings, Fix, FixKind, Safety
from labelaudit.boxes.conventions import TRANSFORMS
from labelaudit.core.columns import MISSING, Bools, Ints, Rows
from labelaudit.core.ids import Ids
from labelaudit.core.registry import suggestion
from labelaudit.dataset.tables import Boxes, Dataset, ProblemKind, RecordType
from labelaudit.errors import FixError

_MENDABLE = (
    ProblemKind.WRONG_TYPE,
    ProblemKind.DUPLICATE_KEY,
    ProblemKind.MISSING_FIELD,
    ProblemKind.UNREADABLE_FIELD,
)


@dataclass(frozen=True, eq=False)
class Applied:
    """What came of applying fixes."""

    dataset: Dataset
    applied: Bools  # (n,) which findings are fixed
    conflicts: list[str]  # why a fix was not done, one line each
    box: Rows  # (boxes now,) the row that each box had before; MISSING if it is new
    image: Rows  # (images now,) the row that each image had before


def fixable(findings: Findings, *, unsafe: bool = False) -> Bools:
    """Which findings have a fix that may be applied, (n,): safe ones, or all with `unsafe`."""
    return np.array(
        [fix is not None and (unsafe or fix.safety is Safety.SAFE) for fix in findings.fix], bool
    )


def apply(dataset: Dataset, findings: Findings) -> Applied:
    """The dataset with the fixes of all findings that have one.

    Fixes of one record are ordered: a transform of its whole file, then its removal, then changes
    to its fields, the worst finding first. One that an earlier one rules out is not done and is
    reported. A duplicate is not removed if the box that it repeats was.

    Raises
    ------
    FixError
        if a fix names a record or field that does not exist.
    """
    plan = Plan(dataset, findings)
    for step in (plan.transform, plan.drop, plan.merge, plan.change, plan.add):
        step()
    return Applied(plan.result(), plan.applied, plan.conflicts, plan.box, plan.image)


class Plan:
    """Fixes sorted out into changes of columns."""

    def __init__(self, dataset: Dataset, findings: Findings) -> None:
        self.dataset = dataset
        self.findings = findings
        self.applied = np.zeros(len(findings), bool)
        self.conflicts: list[str] = []
        # by part, row: finding
        self._gone: dict[RecordType, dict[int, int]] = {part: {} for part in RecordType}
        self._into: dict[RecordType, dict[int, int]] = {part: {} for part in RecordType}
        self._fields: dict[tuple[RecordType, str], dict[int, tuple[Any, int]]] = {}
        self._new: list[Fix] = []
        self._transforms: dict[int, str] = {}  # row in Files: name
        self.box: Rows = np.empty(0, np.int32)
        self.image: Rows = np.empty(0, np.int32)
        rows = np.flatnonzero(np.array([fix is not None for fix in findings.fix], bool))
        order = rows[np.argsort(-findings.severity[rows].astype(int), kind="stable")]
        self._fixes = [(int(row), findings.fix[row]) for row in order]

    def transform(self) -> None:
        """Note transforms of whole files."""
        for row, fix in self._of(FixKind.TRANSFORM):
            if fix.values["name"] not in TRANSFORMS:
                hint = suggestion(fix.values["name"], TRANSFORMS)
                raise FixError(f"no transform is called {fix.values['name']!r}{hint}")
            files = range(len(self.dataset.files)) if fix.row == MISSING else [fix.row]
            if any(file in self._transforms for file in files):
                self._conflict(row, "another transform of the same file comes first")
                continue
            self._transforms.update(dict.fromkeys(files, fix.values["name"]))
            self.applied[row] = True

    def drop(self) -> None:
        """Note the records to be removed."""
        for row, fix in self._of(FixKind.DROP):
            other = int(self.findings.other[row])
            if (
                fix.part is RecordType.BOX
                and fix.row not in self._gone[RecordType.BOX]
                and self._is_gone(other)
            ):
                self._conflict(row, "the box that it is compared with is dropped, too")
                continue
            self._gone[fix.part].setdefault(fix.row, row)
            self.applied[row] = True

    def merge(self) -> None:
        """Note the records that others take over."""
        for row, fix in self._of(FixKind.MERGE):
            into = self._final(fix.part, int(fix.values["into"]))
            if fix.row in self._gone[fix.part] or into in self._gone[fix.part] or into == fix.row:
                self._conflict(row, "one of the two records is dropped or merged already")
                continue
            self._into[fix.part][fix.row] = into
            self.applied[row] = True

    def change(self) -> None:
        """Note new values of fields."""
        readers: dict[FixKind, Callable[[Fix], dict[str, Any]]] = {
            FixKind.MOVE: lambda fix: {"xyxy": list(fix.values["xyxy"])},
            FixKind.RELABEL: lambda fix: {"label": int(fix.values["label"])},
            FixKind.RENUMBER: lambda fix: {"id": fix.values["id"]},
            FixKind.SET_FIELD: lambda fix: {fix.values["field"]: fix.values["value"]},
        }
        for row, fix in self._fixes:
            if fix.kind not in readers:
                continue
            if fix.row in self._gone[fix.part] or fix.row in self._into[fix.part]:
                self._conflict(row, "the record is dropped")
            elif fix.kind is FixKind.MOVE and self._file_of(fix.row) in self._transforms:
                self._conflict(row, "all boxes of the file are transformed")
            else:
                self._set(row, fix, readers[fix.kind](fix))

    def _set(self, row: int, fix: Fix, fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            column = self._fields.setdefault((fix.part, name), {})
            earlier = column.setdefault(fix.row, (value, row))
            if earlier[0] != value:
                first = self.findings.code[earlier[1]]
                self._conflict(row, f"{first} sets its {name} to another value")
                return
        self.applied[row] = True

    def add(self) -> None:
        """Note new boxes."""
        for row, fix in self._of(FixKind.ADD):
            if int(fix.values["image"]) in self._gone[RecordType.IMAGE]:
                self._conflict(row, "the image is dropped")
                continue
            self._new.append(fix)
            self.applied[row] = True

    def result(self) -> Dataset:
        """The dataset with everything noted done."""
        dataset = self._transformed(self.dataset)
        for (part, name), values in self._fields.items():
            rows = np.array(list(values), np.int64)
            given = [value for value, _ in values.values()]
            dataset = with_field(dataset, part, name, rows, given)
            dataset = _mended(dataset, part, name, rows)
        dataset = _with_areas_of_boxes(dataset, self.dataset)
        dataset = self._with_new_boxes(dataset)
        self._trace(dataset)
        dataset = dataset.without_boxes(self._rows(RecordType.BOX))
        return self._merged(dataset)

    def _trace(self, dataset: Dataset) -> None:
        """Note which rows will be left when `dataset` has lost what is dropped and merged."""
        images = self._rows(RecordType.IMAGE)
        box = np.arange(len(dataset.boxes), dtype=np.int32)
        gone = np.isin(box, self._rows(RecordType.BOX))
        gone |= np.isin(_redirected(dataset.boxes.image, self._into[RecordType.IMAGE]), images)
        box[len(self.dataset.boxes) :] = MISSING
        self.box = box[~gone]
        self.image = np.setdiff1d(np.arange(len(dataset.images)), images).astype(np.int32)

    def _transformed(self, dataset: Dataset) -> Dataset:
        xyxy = dataset.boxes.xyxy.copy()
        size = np.vstack([dataset.images.size, [[np.nan, np.nan]]])[dataset.boxes.image]
        for name in dict.fromkeys(self._transforms.values()):
            files = [file for file, chosen in self._transforms.items() if chosen == name]
            here = np.isin(dataset.boxes.file, files)
            xyxy[here] = TRANSFORMS[name](xyxy[here], size[here])
        return dataclasses.replace(dataset, boxes=dataclasses.replace(dataset.boxes, xyxy=xyxy))

    def _with_new_boxes(self, dataset: Dataset) -> Dataset:
        if not self._new:
            return dataset
        image = np.array([fix.values["image"] for fix in self._new])
        boxes, count = dataset.boxes, len(self._new)
        numbered = bool(boxes.id.given.any())
        first = int(boxes.id.number[boxes.id.plain].max(initial=0)) + 1
        ids = Ids.of(range(first, first + count)) if numbered else Ids.missing(count)
        new = Boxes.of(
            count,
            file=dataset.images.file[image],
            id=ids,
            image=image,
            label=[fix.values["label"] for fix in self._new],
            xyxy=[list(fix.values["xyxy"]) for fix in self._new],
        )
        return dataclasses.replace(dataset, boxes=Boxes.concat([boxes, new]))

    def _merged(self, dataset: Dataset) -> Dataset:
        """References moved to the records that take over; merged and dropped records gone."""
        image = _redirected(dataset.boxes.image, self._into[RecordType.IMAGE])
        label = _redirected(dataset.boxes.label, self._into[RecordType.CATEGORY])
        boxes = dataclasses.replace(dataset.boxes, image=image, label=label)
        dataset = dataclasses.replace(dataset, boxes=boxes)
        dataset = dataset.without_images(self._rows(RecordType.IMAGE))
        return dataset.without_categories(self._rows(RecordType.CATEGORY))

    def _of(self, kind: FixKind) -> list[tuple[int, Fix]]:
        return [(row, fix) for row, fix in self._fixes if fix.kind is kind]

    def _rows(self, part: RecordType) -> Ints:
        return np.array([*self._gone[part], *self._into[part]], np.int64)

    def _is_gone(self, box: int) -> bool:
        return box != MISSING and box in self._gone[RecordType.BOX]

    def _final(self, part: RecordType, row: int) -> int:
        while row in self._into[part]:
            row = self._into[part][row]
        return row

    def _file_of(self, box: int) -> int:
        return int(self.dataset.boxes.file[box])

    def _conflict(self, row: int, reason: str) -> None:
        finding = f"{self.findings.code[row]} {self.findings.message[row]}"
        self.conflicts.append(f"not fixed: {finding}: {reason}")


def _with_areas_of_boxes(dataset: Dataset, before: Dataset) -> Dataset:
    """The dataset with new stated areas where a moved box's area was its width times its height."""
    area = dataset.boxes.area
    with np.errstate(invalid="ignore", over="ignore"):
        old, new = before.boxes.size.prod(axis=1), dataset.boxes.size.prod(axis=1)
        moved = (dataset.boxes.xyxy != before.boxes.xyxy).any(axis=1) & (area == before.boxes.area)
        moved &= np.isclose(area, old, rtol=1e-6, atol=0) & np.isfinite(new)
    moved[dataset.masks.box] = False
    if not moved.any():
        return dataset
    boxes = dataclasses.replace(dataset.boxes, area=np.where(moved, new, area))
    return dataclasses.replace(dataset, boxes=boxes)


def _redirected(rows: Rows, into: dict[int, int]) -> Rows:
    redirected = rows.copy()
    for row, target in into.items():
        redirected[rows == row] = target
    return redirected


def with_field(
    dataset: Dataset, part: RecordType, name: str, rows: Ints, values: Iterable[Any]
) -> Dataset:
    """The dataset with one field of some records set; a field that no column holds is left.

    `name` is a column, or the name that the source has for one.
    """
    table_name = {
        RecordType.IMAGE: "images",
        RecordType.CATEGORY: "categories",
        RecordType.BOX: "boxes",
    }.get(part)
    if table_name is None:
        raise FixError(f"the fields of a {part} cannot be set")
    given = list(values)
    if name == "num_keypoints":
        return _with_stated(dataset, dict(zip(rows.tolist(), given, strict=True)))
    table = getattr(dataset, table_name)
    place: dict[str, tuple[str, int | None]] = {"width": ("size", 0), "height": ("size", 1)}
    place |= {"file_name": ("name", None), "filename": ("name", None)}
    column, side = place.get(name, (name, None))
    if not hasattr(table, column):
        return dataset
    old = getattr(table, column)
    if isinstance(old, Ids):
        new: Any = old.with_values(dict(zip(rows.tolist(), given, strict=True)))
    else:
        new = old.copy()
        new[rows if side is None else (rows, side)] = given
    return dataclasses.replace(dataset, **{table_name: dataclasses.replace(table, **{column: new})})


def _with_stated(dataset: Dataset, stated: dict[int, int]) -> Dataset:
    column = dataset.keypoints.stated.copy()
    for place, box in enumerate(dataset.keypoints.box.tolist()):
        if box in stated:
            column[place] = stated[box]
    keypoints = dataclasses.replace(dataset.keypoints, stated=column)
    return dataclasses.replace(dataset, keypoints=keypoints)


def _mended(dataset: Dataset, part: RecordType, name: str, rows: Ints) -> Dataset:
    """The dataset without the problems that a newly written field solves."""
    problems = dataset.problems
    fields = [name, *dataset.facts.source_fields.get(name, ())]
    solved = (problems.part == part.value) & np.isin(problems.row, rows)
    solved &= np.isin(problems.field.astype(object), fields)
    solved &= np.isin(problems.kind.astype(object), [kind.value for kind in _MENDABLE])
    return dataclasses.replace(dataset, problems=problems.rows(~solved))
