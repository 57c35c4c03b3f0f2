"""What a model says of boxes that it did not see while it was trained.

A model is asked about boxes, never about labels: it answers with a number for every class. So a
label can be exchanged for another, or left out, and the answers stay what they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import Bools, Floats, Rows, Selection
from labelaudit.core.table import Table, column, rows_column
from labelaudit.predictions.predictions import Predictions, Scores, check_shapes


@dataclass(frozen=True, eq=False, repr=False)
class QueryBoxes(Table):
    """Boxes that a model is asked about."""

    image: Rows = rows_column()  # (q,) row in Images
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (q, 4) in pixels of the image


@dataclass(frozen=True)
class BoxScores:
    """What the models of the fold that left out its image say of each asked box, one row each.

    "Anchors of the box" are those that target assignment gives it, were it a label (ATSS, Zhang et
    al., CVPR 2020): loss inspection looks there (Schubert et al., WACV 2024).
    """

    has_scores: Bools  # (q,) whether a model looked at all; where not, the other columns are NaN
    # (q, c) of the detector: the highest probability of each class among the anchors of the box
    det_probs: Scores
    # (q, c) of the detector: mean binary cross entropy over these anchors, were this its class
    class_loss: Scores
    box_loss: Floats  # (q,) of the detector: mean of 1 - IoU of the boxes of these anchors with it
    weighted_iou: Floats  # (q,) IoU of these boxes with it, weighted by their highest probability
    mean_anchor_box: Floats  # (q, 4) mean of these boxes, weighted likewise, in pixels of the image
    # (q, c + 1) of the crop head: probability of each class, and last that there is no object
    crop_probs: Scores
    lda_probs: Scores  # (q, c + 1) the same of a linear discriminant of the crops
    crop_box: Floats  # (q, 4) of the crop head: where it would put the box, in pixels of the image
    pred_iou: Floats  # (q,) of the crop head: how well it thinks that the box fits, in [0, 1]
    # (q, c) share of the nearest labelled crops in other images, weighted by likeness
    knn_probs: Scores

    def __post_init__(self) -> None:
        classes = self.det_probs.shape[-1]
        corners, scores, with_nothing = (4,), (classes,), (classes + 1,)
        shapes = {
            "det_probs": scores,
            "class_loss": scores,
            "mean_anchor_box": corners,
            "crop_probs": with_nothing,
            "lda_probs": with_nothing,
            "crop_box": corners,
            "knn_probs": scores,
        }
        check_shapes(f"the scores of {len(self):,} boxes", vars(self), shapes)

    def __len__(self) -> int:
        return len(self.has_scores)

    def rows(self, which: Selection) -> Self:
        """The rows in `which`: a mask, row numbers or a slice."""
        return type(self)(*(values[which] for values in vars(self).values()))

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """The rows of all `parts`, in order."""
        columns = [field.name for field in dataclasses.fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))

    @classmethod
    def without_scores(cls, count: int, classes: int) -> Self:
        """`count` boxes that no model looked at."""

        def nothing(*shape: int) -> Floats:
            return np.full((count, *shape), np.nan)

        def no_scores(width: int) -> Scores:
            return np.full((count, width), np.nan, np.float32)

        return cls(
            has_scores=np.zeros(count, bool),
            det_probs=no_scores(classes),
            class_loss=no_scores(classes),
            box_loss=nothing(),
            weighted_iou=nothing(),
            mean_anchor_box=nothing(4),
            crop_probs=no_scores(classes + 1),
            lda_probs=no_scores(classes + 1),
            crop_box=nothing(4),
            pred_iou=nothing(),
            knn_probs=no_scores(classes),
        )


@dataclass(frozen=True)
class ModelOutput:
    """All that a detector says of a dataset, every image judged by a model that never saw it."""

    source: str  # in a few words, for reports: "mobilenetv2, 3 folds"; a file of predictions
    classes: tuple[str, ...]  # (c,) as in `DatasetColumns.classes`
    predictions: Predictions  # after suppression within each class
    candidates: Predictions  # after suppression over all classes: one row per place
    fold: Rows  # (images,) the fold that left out each image; MISSING: no model looked at it
    # (images,) pixels of the network per pixel of the image; NaN where unknown
    scale: Floats
    # None where nobody can be asked: predictions from a file
    box_scores: BoxScores | None = None  # of the boxes that were asked about
    candidate_scores: BoxScores | None = None  # of `candidates`
    # (l, c) of each class, by the crop of each label alone; labels are the first that were asked
    # about. NaN where its image was not looked at; None where no crop was
    label_crop_probs: Scores | None = None
    among: Rows | None = None  # rows of `candidates` in `predictions`, if they are some of these
    notes: tuple[str, ...] = field(default=())  # what the user should know, a sentence each

    @property
    def was_trained_here(self) -> bool:
        """Whether the models were trained on these labels, out of fold, and asked about boxes."""
        return self.box_scores is not None

    def __post_init__(self) -> None:
        images: dict[str, NDArray[Any]] = {"fold": self.fold, "scale": self.scale}
        candidates: dict[str, NDArray[Any]] = {"candidates": self.candidates.score}
        if self.among is not None:
            candidates["among"] = self.among
        if self.candidate_scores is not None:
            candidates["candidate_scores"] = self.candidate_scores.has_scores
        check_shapes(f"{len(self.fold):,} images", images, {})
        check_shapes(f"{len(self.candidates):,} candidates", candidates, {})
        self._check_classes()

    def _check_classes(self) -> None:
        """Every table scores the classes that there are, or none where that is allowed."""
        count = len(self.classes)
        widths = {
            "predictions": self.predictions.class_scores.shape[1] or count,
            "candidates": self.candidates.class_scores.shape[1] or count,
        }
        for name in ("box_scores", "candidate_scores"):
            box_scores: BoxScores | None = getattr(self, name)
            widths[name] = count if box_scores is None else box_scores.det_probs.shape[1]
        if self.label_crop_probs is not None:
            widths["label_crop_probs"] = self.label_crop_probs.shape[1]
        for name, width in widths.items():
            if width != count:
                raise ValueError(f"{name} of {count:,} classes have scores of {width:,}")
