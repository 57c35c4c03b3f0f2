"""How probable it is that each label is wrong, and what is missing, or how much is doubted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from labelaudit.core.columns import TEXT, Bools, Floats, Rows, Texts
from labelaudit.core.table import Table, column, rows_column


class ErrorKind(StrEnum):
    """What may be wrong with labels."""

    WRONG_CLASS = "wrong_class"
    LOOSE_BOX = "loose_box"  # an object is there, badly framed
    SPURIOUS = "spurious"  # there is no object
    MISSING_BOX = "missing_box"  # an object without a label


BOX_ERRORS = (ErrorKind.WRONG_CLASS, ErrorKind.LOOSE_BOX, ErrorKind.SPURIOUS)
"""The errors of a label that is there: columns of `BoxIssues`."""


@dataclass(frozen=True, eq=False, repr=False)
class BoxIssues(Table):
    """One row per labelled box of the dataset; probabilities are NaN where it was not judged.

    These are doubts, which rank labels and no more, unless `LabelIssues.boxes_calibrated`.
    """

    was_scored: Bools = column(bool, fill=False)  # (n,)
    abstention_reason: Texts = column(TEXT, fill="")  # (n,) why it was not judged; empty if it was
    wrong: Floats = column(np.float64, fill=np.nan)  # (n,) probability of any of the errors below
    wrong_class: Floats = column(np.float64, fill=np.nan)  # (n,)
    loose_box: Floats = column(np.float64, fill=np.nan)  # (n,) an object is there, badly framed
    spurious: Floats = column(np.float64, fill=np.nan)  # (n,) there is no object
    label: Rows = rows_column()  # (n,) index in `DatasetColumns.classes`: the class that fits best
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (n, 4) the box that models agree on
    # (n,) evidence that messages name, in [0, 1]
    given_score: Floats = column(np.float64, fill=np.nan)  # of the given class, at the box
    other_score: Floats = column(np.float64, fill=np.nan)  # of `label`, at the box
    overlap: Floats = column(np.float64, fill=np.nan)  # IoU of the box with `xyxy`
    background: Floats = column(np.float64, fill=np.nan)  # that there is no object


@dataclass(frozen=True, eq=False, repr=False)
class MissingObjects(Table):
    """One row per place where an object may have been forgotten, most probable first.

    Each `probability` is a doubt, which ranks places and no more, unless
    `LabelIssues.missing_calibrated`.
    """

    image: Rows = rows_column()  # (m,) row in Images
    label: Rows = rows_column()  # (m,) index in `DatasetColumns.classes`
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (m, 4) in pixels
    probability: Floats = column(np.float64, fill=np.nan)  # (m,)
    score: Floats = column(np.float64, fill=np.nan)  # (m,) the detector's
    overlap: Floats = column(np.float64, fill=0.0)  # (m,) largest IoU with a given box


@dataclass(frozen=True)
class ErrorCount:
    """How many labels have an error, by a sample that a person judged."""

    expected: float
    low: float  # 95 % limits
    high: float


@dataclass(frozen=True)
class JudgedSample:
    """How many errors there are in all, by a sample drawn with equal chances that people judged."""

    unit: str  # boxes: labels that are wrong; images: objects without a label
    judged: int
    wrong: int  # of these, by the verdicts; objects, in a sample of images
    of: int  # labels, or images, that it was drawn from
    errors: float
    low: float  # 95 % limits
    high: float


@dataclass(frozen=True, eq=False, repr=False)
class JudgedBoxes(Table):
    """One row per label that a person judged, each label once."""

    box: Rows = rows_column()  # (n,) row in Boxes
    is_wrong: Bools = column(bool, fill=False)  # (n,) in any way


@dataclass(frozen=True, eq=False)
class LabelIssues:
    """What model disagreement makes of a dataset."""

    source: str  # as in `ModelOutput`
    classes: tuple[str, ...]  # (c,) as in `DatasetColumns.classes`
    boxes: BoxIssues
    missing: MissingObjects
    # by name, (n,) or (m,): typed evidence, each oriented so that larger means more wrong
    box_features: Mapping[str, Floats] = field(default_factory=dict)
    missing_features: Mapping[str, Floats] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # what the user should know, a sentence each
    # by error: the part of the judged labels that has it at most, as far as the model can tell,
    # where values rank labels and are no probabilities; NaN: any; None where they are probabilities
    max_share: Mapping[str, float] | None = None
    # by error, where probabilities are tied to a sample that a person judged
    counts: Mapping[str, ErrorCount] = field(default_factory=dict)

    # (i,) which images were drawn, with equal chances, to be judged for all; None: each was
    drawn: Bools | None = None

    # whether those of `missing` are probabilities, or rank places
    missing_calibrated: bool = True

    @property
    def boxes_calibrated(self) -> bool:
        """Whether those of `boxes` are probabilities, or rank labels."""
        return self.max_share is None

    @property
    def abstention_reasons(self) -> dict[str, int]:
        """How many boxes were not judged, by the reason why, most first."""
        reasons = self.boxes.abstention_reason[~self.boxes.was_scored].tolist()
        return dict(Counter(reason or "for no known reason" for reason in reasons).most_common())
