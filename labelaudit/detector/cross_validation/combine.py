"""The outputs of all folds, put together as that of one model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from labelaudit.core.columns import MISSING
from labelaudit.core.text import counted
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.detector.cross_validation.inference import FoldOutput
from labelaudit.detector.feature_maps import ExtractedFeatures
from labelaudit.detector.job import Job
from labelaudit.predictions.model_output import BoxScores, ModelOutput, QueryBoxes
from labelaudit.predictions.predictions import Predictions

MOST_NAMED = 10
"""Classes that a note names at most."""

FEWEST_LABELS = 3
"""Labels of a class below which a note says that no model can learn it; a choice."""


def combine(
    derived: DatasetColumns,
    query: QueryBoxes,
    job: Job,
    extracted: ExtractedFeatures,
    outputs: Sequence[FoldOutput],
) -> ModelOutput:
    """The output of all folds, scores in the order of the boxes asked about.

    Parameters
    ----------
    derived: the dataset.
    query: boxes that the models were asked about; one in an image of no fold has no scores.
    job: what the folds were given.
    extracted: what came of reading the images.
    outputs: of each fold that could be trained.
    """
    parts = [
        BoxScores.without_scores(len(query), job.classes),
        *(output.box_scores for output in outputs),
    ]
    rows = np.concatenate([np.zeros(0, np.int64), *(output.query_row for output in outputs)])
    # Each box by its scores, behind the blank rows; without one, by its own blank row.
    place = np.arange(len(query))
    place[rows] = len(query) + np.arange(len(rows))
    nothing = Predictions.empty(job.classes)
    return ModelOutput(
        source=f"{job.config.backbone}, {len(job.trainable_folds)} folds",
        classes=tuple(derived.classes),
        predictions=Predictions.concat([nothing, *(output.predictions for output in outputs)]),
        candidates=Predictions.concat([nothing, *(output.candidates for output in outputs)]),
        fold=np.where(np.isin(job.fold, job.trainable_folds), job.fold, MISSING).astype(np.int32),
        scale=job.scale,
        box_scores=BoxScores.concat(parts).rows(place),
        candidate_scores=BoxScores.concat(
            [BoxScores.without_scores(0, job.classes), *(one.candidate_scores for one in outputs)]
        ),
        notes=tuple(_notes(derived, job, extracted)),
    )


def _notes(derived: DatasetColumns, job: Job, extracted: ExtractedFeatures) -> Iterator[str]:
    """What the user should know of this run."""
    broken = [row for row, error in enumerate(extracted.errors) if error]
    if broken:
        name, error = derived.dataset.images.name[broken[0]], extracted.errors[broken[0]]
        yield f"{counted(len(broken), 'image')} not looked at; the first is {name!r}: {error}"
    if len(job.labels) == 0:
        yield "there is no label to learn from, so no image was judged"
        return
    alone = np.count_nonzero((job.fold != MISSING) & ~np.isin(job.fold, job.trainable_folds))
    if alone:
        images = counted(int(alone), "image")
        yield f"{images} judged by no model: outside of their fold there is no label"
    count = np.bincount(job.labels.label, minlength=job.classes)
    rare = np.flatnonzero((count > 0) & (count < FEWEST_LABELS))
    if len(rare):
        names = ", ".join(derived.classes[row] for row in rare[:MOST_NAMED])
        more = f" and {len(rare) - MOST_NAMED} more" if len(rare) > MOST_NAMED else ""
        few = f"with fewer than {FEWEST_LABELS} labels"
        yield f"{few}, no model can learn these classes: {names}{more}"
