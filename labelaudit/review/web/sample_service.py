"""Samples on the page: tasks with what is to be judged, verdicts, and what these say of all."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset
from labelaudit.label_errors.evaluation.sample import Sample, SampledRows, Unit
from labelaudit.review.queue import samples
from labelaudit.review.queue.samples import SampleTask
from labelaudit.review.queue.schema import UnknownItemError
from labelaudit.review.queue.store import Queue
from labelaudit.review.web import request_schemas, schemas
from labelaudit.review.web.views import Views

if TYPE_CHECKING:
    from labelaudit.label_errors.evaluation.prevalence import ErrorEstimate

LEAST = 2
"""Verdicts from which an estimate says anything."""


class SampleService:
    """The samples in the queue of a dataset."""

    def __init__(self, dataset: Dataset, queue: Queue, views: Views) -> None:
        self.dataset = dataset
        self.queue = queue
        self.views = views

    def samples(self) -> list[schemas.SampleOut]:
        """The samples that there are."""
        return [self._sample(unit) for unit in samples.units(self.queue)]

    def tasks(self, who: str, wanted: request_schemas.WantedTasks) -> schemas.Tasks:
        """The next tasks for a reviewer."""
        sample = self._sample(wanted.unit)
        found = samples.next_tasks(
            self.queue, who, wanted.unit, count=wanted.count, after=wanted.after
        )
        return schemas.Tasks(tasks=[self._task(task) for task in found], sample=sample)

    def judge(self, who: str, sent: request_schemas.SampleVerdict) -> schemas.Judged:
        """Write a verdict down; on the disk when this returns."""
        task = samples.judge(self.queue, who, sent.task, sent.verdict, uuid=str(sent.uuid))
        return schemas.Judged(task=self._task(task), sample=self._sample(task.unit))

    def let_go(self, who: str) -> None:
        """Let go of what a reviewer was handed."""
        samples.let_go(self.queue, who)

    def _sample(self, unit: Unit) -> schemas.SampleOut:
        found = samples.sample_of(self.queue, unit)
        if found is None:
            raise UnknownItemError("there is no such sample in the queue")
        judged = sum(item.verdict is not None for item in found.items)
        return schemas.SampleOut(
            unit=unit, tasks=len(found.items), judged=judged, estimate=_estimate(found, judged)
        )

    def _task(self, task: SampleTask) -> schemas.TaskOut:
        row = self._rows[task.unit].row(task.item)
        box = row if task.unit == "boxes" else None
        image = row if box is None else int(self.dataset.boxes.image[box])
        label = None if box is None else int(self.dataset.boxes.label[box])
        return schemas.TaskOut(
            id=task.number,
            unit=task.unit,
            place=task.place,
            image=None if image == MISSING else image,
            image_name=task.item.image,
            box=box,
            xyxy=None if box is None else self.views.corners(box),
            label=None if label == MISSING else label,
            class_name=task.item.class_name,
            verdict=task.item.verdict,
            reviewer=task.reviewer,
        )

    @cached_property
    def _rows(self) -> dict[Unit, SampledRows]:
        return {unit: SampledRows(self.dataset, unit) for unit in samples.UNITS}


def _estimate(sample: Sample, judged: int) -> schemas.EstimateOut | None:
    """What the verdicts so far say of all; None where they are hardly any."""
    if judged < LEAST:
        return None
    # Only here, because scipy takes a review without a sample a tenth of a second to load.
    from labelaudit.label_errors.evaluation.prevalence import estimate_prevalence  # noqa: PLC0415

    found = estimate_prevalence(sample)
    return schemas.EstimateOut(
        all=_count(found.all), kinds=[_count(one) for one in found.kinds], of=found.all.of
    )


def _count(one: ErrorEstimate) -> schemas.CountOut:
    return schemas.CountOut(
        name=one.name, wrong=one.wrong, errors=one.errors, low=one.low, high=one.high
    )
