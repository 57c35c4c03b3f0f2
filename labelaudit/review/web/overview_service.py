"""How bad a dataset is by its queue, by class and source, and findings by the values of a field."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from labelaudit.auditing.estimates.breakdown import breakdown
from labelaudit.auditing.estimates.expected_errors import ExpectedErrors
from labelaudit.auditing.estimates.rates import standing_out
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.findings_file import Lookup, table_of
from labelaudit.auditing.rule import RULES
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.dataset.fields import FieldColumn, Fields
from labelaudit.dataset.tables import Dataset
from labelaudit.review.queue.items import BY_HAND, State
from labelaudit.review.queue.progress import by_rule
from labelaudit.review.queue.store import Queue
from labelaudit.review.web import overview_schemas as told

SOURCES = ("split", "folder")
"""Fields that are told where they have several values, beside those that were asked for."""

MOST_GROUPS = 200
"""Values of a field that are told, those with most expected errors; a choice."""

WORST = 6
"""Images to begin with that are named."""

MOST_CLASSES = 14
"""Classes of the matrix, those that are confused most: what a screen holds."""

PAIR = "confused"
"""The field of which a value is a cell of the matrix."""

NOWHERE = {
    **dict.fromkeys(("file", "image", "box", "other"), MISSING),
    **dict.fromkeys(("fix", "affects")),
}


@dataclass(frozen=True, eq=False)
class _Now:
    """The queue at one moment, without what a scan does not find any more."""

    item: Ints  # (n,) rows of items
    state: np.ndarray[Any, Any]  # (n,) State
    findings: Findings  # (n,)

    @property
    def is_open(self) -> Bools:
        """Which nobody decided about or skipped, (n,): those that the page goes through."""
        is_open: Bools = self.state == State.OPEN.value
        return is_open


class OverviewService:
    """What the first page of a review shows."""

    def __init__(self, dataset: Dataset, queue: Queue, by: Sequence[str] = ()) -> None:
        self.dataset = dataset
        self.queue = queue
        self._fields = Fields(dataset)
        self._by = tuple(by)
        self._lookup = Lookup(dataset)
        self._one_at_a_time = threading.Lock()
        self._found: dict[int, dict[str, Any]] = {}  # by the row of the item

    @property
    def fields(self) -> list[str]:
        """The fields that are counted by, beside the class."""
        wanted = [self._fields.column(name) for name in dict.fromkeys((*SOURCES, *self._by))]
        return [one.name for one in wanted if one.name in self._by or len(one.values) > 1]

    def overview(self) -> told.OverviewOut:
        """How bad it is by what was found and not rejected, by group, and where to begin."""
        now = self._now()
        stands = now.state != State.REJECTED.value
        standing = now.findings.rows(stands)
        errors = ExpectedErrors(standing, self.dataset, None)
        # As in a scan's report: by what a model says, if it knows probabilities; else what rules
        # find counts, whole.
        by_model = not bool(np.isnan(standing.probability).all())
        wrong = errors.box if by_model else errors.box_of_rules.astype(np.float64)
        columns = [self._fields.column(name) for name in ("class", *self.fields)]
        return told.OverviewOut(
            errors=float(wrong.sum()),
            by_model=by_model,
            wrong_boxes=int(errors.box_of_rules.sum()),
            wrong_images=int(errors.image_of_rules.sum()),
            missing=float(errors.objects.sum()),
            doubted=int(errors.doubted_per_image.sum()),
            groups=[self._groups(column, now, standing, wrong) for column in columns],
            rules=self._rules(),
            worst=self._worst(now, errors),
            confused=self._confused(now),
        )

    def among(self, field: str, value: str) -> tuple[int, ...]:
        """The items whose box, else whose image, has a value of a field; of a pair of classes, too.

        Raises
        ------
        ConfigError
            if there is no such field.
        """
        now = self._now()
        if field == PAIR:
            first, second = _pairs(now.findings, self.dataset)
            names = [*self.dataset.class_names, ""]
            said = [f"{names[a]} \u2192 {names[b]}" for a, b in zip(first, second, strict=True)]
            return tuple(now.item[[one == value for one in said]].tolist())
        column = self._fields.column(field)
        names = [*column.values.tolist(), ""]
        of_item = _of_findings(column, now.findings, self.dataset)
        return tuple(now.item[[names[one] == value for one in of_item]].tolist())

    def _now(self) -> _Now:
        with self._one_at_a_time:
            with self.queue.reading() as database:
                rows = database.execute(
                    "SELECT id, state FROM items WHERE current = 1 ORDER BY id"
                ).fetchall()
                query = "SELECT id, entry FROM items WHERE id > ? ORDER BY id"
                fresh = database.execute(query, (max(self._found, default=0),)).fetchall()
            # Not in the transaction: decisions would wait for it.
            for item, entry in fresh:
                self._found[item] = self._looked_up(msgspec.json.decode(entry))
            found = table_of([self._found[item] for item, _ in rows])
        state = np.array([state for _, state in rows], object)
        return _Now(np.array([item for item, _ in rows], np.int64), state, found)

    def _looked_up(self, entry: dict[str, Any]) -> dict[str, Any]:
        """A finding; one about nothing if its records are not there any more."""
        # Without its fix, too: a box that was drawn may be of a class that a reviewer named.
        for known in (entry, {**entry, "fix": None}):
            with contextlib.suppress(LookupError, TypeError, ValueError):
                return self._lookup.finding(known)
        return self._about_nothing(entry)

    def _about_nothing(self, entry: dict[str, Any]) -> dict[str, Any]:
        """A finding whose records are not there any more."""
        about = self._lookup.finding({**entry, "records": {}, "fix": None})
        return {**about, **NOWHERE}

    def _groups(
        self, column: FieldColumn, now: _Now, standing: Findings, wrong: Floats
    ) -> told.GroupsOut:
        """How bad each value of a field is; most expected errors first.

        Parameters
        ----------
        column:
            the field.
        now, standing:
            what was found, and of it what was not rejected.
        wrong:
            (boxes,) how many errors are expected at each.
        """
        rates = {one.value: one for one in breakdown(column, standing, self.dataset).groups}
        none = len(column.values)
        names = [*column.values.tolist(), ""]
        of_box = np.where(column.box == MISSING, none, column.box).astype(np.int64)
        of_item = _of_findings(column, now.findings, self.dataset)
        size = none + 1
        boxes = np.bincount(of_box, minlength=size)
        errors = np.bincount(of_box, wrong, minlength=size)
        findings = np.bincount(of_item, minlength=size)
        left = np.bincount(of_item[now.is_open], minlength=size)
        image, most = self.dataset.boxes.image, MOST_GROUPS
        stand_out = {one.name for one in standing_out(names, of_box, image, wrong, most=most)}
        order = [row for row in np.argsort(-errors, kind="stable").tolist() if boxes[row]]
        return told.GroupsOut(
            field=column.name,
            groups=[
                told.GroupOut(
                    value=names[row],
                    boxes=int(boxes[row]),
                    errors=float(errors[row]),
                    findings=int(findings[row]),
                    open=int(left[row]),
                    per_1000=rates[names[row]].rate,
                    low=rates[names[row]].low,
                    high=rates[names[row]].high,
                    stands_out=names[row] in stand_out,
                )
                for row in order[:MOST_GROUPS]
            ],
            left_out=max(len(order) - MOST_GROUPS, 0),
        )

    def _rules(self) -> list[told.RuleCounts]:
        counted = [
            told.RuleCounts(
                code=code,
                name=rule_name(code),
                findings=sum(counts.values()),
                open=counts[State.OPEN],
                accepted=counts[State.ACCEPTED] + counts[State.EDITED],
            )
            for code, counts in by_rule(self.queue).items()
        ]
        return sorted(counted, key=lambda one: (-one.open, one.code))

    def _worst(self, now: _Now, errors: ExpectedErrors) -> list[told.WorstImage]:
        """Images to begin with about which something is left to be decided.

        Those with most errors, if what a model doubts were any: an order and no number.
        """
        suspicion, image = errors.suspicion, now.findings.image[now.is_open]
        left = np.bincount(image[image != MISSING], minlength=len(suspicion))
        order = [
            row
            for row in np.argsort(-suspicion, kind="stable").tolist()
            if left[row] and suspicion[row] > 0
        ]
        return [
            told.WorstImage(
                name=str(self.dataset.images.name[row]),
                errors=float(errors.per_image[row]),
                doubted=int(errors.doubted_per_image[row]),
                open=int(left[row]),
            )
            for row in order[:WORST]
        ]

    def _confused(self, now: _Now) -> told.Confused | None:
        """How many findings say that boxes of one class are of another; None if there are none."""
        first, second = _pairs(now.findings, self.dataset)
        known = (first != MISSING) & (second != MISSING) & (first != second)
        if not known.any():
            return None
        count = len(self.dataset.class_names)
        cells = first[known].astype(np.int64) * count + second[known]
        both = np.bincount(np.concatenate([first[known], second[known]]), minlength=count)
        shown = np.argsort(-both, kind="stable")[: min(MOST_CLASSES, np.count_nonzero(both))]
        distinct, counts = np.unique(cells, return_counts=True)
        of_cell = dict(zip(distinct.tolist(), counts.tolist(), strict=True))
        table = [[of_cell.get(int(a) * count + int(b), 0) for b in shown] for a in shown]
        return told.Confused(
            classes=[self.dataset.class_names[row] for row in shown.tolist()],
            counts=table,
            elsewhere=int(counts.sum()) - sum(map(sum, table)),
        )


def rule_name(code: str) -> str:
    """The name of a rule, of which a plugin may be gone by now."""
    if code in BY_HAND:
        return BY_HAND[code]
    return RULES[code].name if code in RULES else code


def _of_findings(column: FieldColumn, findings: Findings, dataset: Dataset) -> Ints:
    """The value of each finding, (n,): of its box, else its image, else that after the last.

    The class is that of its box, else that of the box which its fix adds, else the one that it is
    about, as the queue has it.
    """
    none = len(column.values)
    of_box = np.append(column.box, np.int32(MISSING))[findings.box]
    of_image = np.append(column.image, np.int32(MISSING))[findings.image]
    if column.name == "class":
        adds = [
            MISSING if fix is None else fix.values.get("label", MISSING) for fix in findings.fix
        ]
        label = np.array(adds, np.int64).reshape(-1)
        label = np.where(label == MISSING, findings.category, label)
        place = {name: at for at, name in enumerate(column.values.tolist())}
        of_class = np.array([*(place[name] for name in dataset.class_names), MISSING], np.int64)
        of_image = np.where(findings.box == MISSING, of_class[label], MISSING)
    value = np.where(findings.box != MISSING, of_box, of_image)
    return np.where(value == MISSING, none, value).astype(np.int64)


def _pairs(findings: Findings, dataset: Dataset) -> tuple[Ints, Ints]:
    """The labelled class of each finding and the one it may be instead, (n,) each, or MISSING.

    That is what the fix would make of it, else the class of the box that it is compared with.
    """
    label = np.append(dataset.boxes.label, np.int32(MISSING)).astype(np.int64)
    becomes = np.array(
        [MISSING if fix is None else fix.values.get("label", MISSING) for fix in findings.fix],
        np.int64,
    ).reshape(-1)
    second = np.where(becomes != MISSING, becomes, label[findings.other])
    first = label[findings.box]
    known = (first != MISSING) & (second != MISSING) & (first != second)
    return np.where(known, first, MISSING), np.where(known, second, MISSING)
