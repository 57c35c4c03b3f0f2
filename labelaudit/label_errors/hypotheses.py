"""Hypotheses: classes and boxes to be judged, of labels as they stand and of synthetic errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import Floats, Rows
from labelaudit.core.table import Table, column, rows_column
from labelaudit.label_errors.labels import Labels
from labelaudit.label_errors.noise.label_noise import SyntheticErrors


@dataclass(frozen=True, eq=False, repr=False)
class Hypotheses(Table):
    """One row per class and box that a label, or a synthetic error, states.

    All are scored alike: what says that a synthetic error is wrong may say it of a label.
    """

    query: Rows = rows_column()  # (n,) row in `ModelOutput.box_scores`
    # (n,) row in Labels of the label that it is, or whose place it takes; MISSING: of none
    source_label: Rows = rows_column()
    image: Rows = rows_column()  # (n,) row in Images
    label: Rows = rows_column()  # (n,) index in `DatasetColumns.classes`
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (n, 4) in pixels


def hypotheses_of_labels(labels: Labels) -> Hypotheses:
    """The labels as they stand."""
    source_label = np.arange(len(labels), dtype=np.int32)
    return Hypotheses(source_label, source_label, labels.image, labels.label, labels.xyxy)


def hypotheses_of_errors(errors: SyntheticErrors, labels: Labels) -> Hypotheses:
    """Synthetic errors: those with a box of their own were asked about after all `labels`.

    A label that got another class stands in the box of the label that it was made from.
    """
    own_box = np.cumsum(errors.has_own_box) - 1 + len(labels)
    query = np.where(errors.has_own_box, own_box, errors.source_label).astype(np.int32)
    return Hypotheses(query, errors.source_label, errors.image, errors.label, errors.xyxy)
