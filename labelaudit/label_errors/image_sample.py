"""A detector that looks at some of the images, where all would take too long."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.label_issues import BoxIssues, LabelIssues
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, texts
from labelaudit.core.rows import row_numbers_after
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.label_errors.human_labels import HumanLabels

NOT_DRAWN = "in an image that was not drawn"
"""Why a label was not judged."""

LEAST_IMAGES = 20
"""Images below which nothing can be said of the others; a choice."""


@dataclass(frozen=True, eq=False)
class ImageSample:
    """Images that were drawn with equal chances, and their labels."""

    dataset: Dataset  # of these alone
    images: Bools  # (i,) which images of the whole
    boxes: Bools  # (b,) which boxes of the whole

    def human_labels(self, said: HumanLabels) -> HumanLabels:
        """What people said of what was drawn."""
        box, image = row_numbers_after(self.boxes), row_numbers_after(self.images)
        boxes = dataclasses.replace(said.boxes, box=box[said.boxes.box])
        missing = dataclasses.replace(said.missing, image=image[said.missing.image])
        counts = dataclasses.replace(said.images, image=image[said.images.image])
        return HumanLabels(
            boxes.rows(boxes.box != MISSING),
            missing.rows(missing.image != MISSING),
            counts.rows(counts.image != MISSING),
        )

    def of_whole(self, found: LabelIssues, whole: Dataset) -> LabelIssues:
        """What a model says of the drawn labels, among all: the others were not judged.

        Parameters
        ----------
        found: about the labels of `dataset`.
        whole: that it was drawn from.
        """
        rows = np.flatnonzero(self.boxes)
        reasons = texts([NOT_DRAWN] * len(whole.boxes))
        boxes = BoxIssues.of(len(whole.boxes), abstention_reason=reasons)
        for name, values in vars(found.boxes).items():
            getattr(boxes, name)[rows] = values
        images = np.append(np.flatnonzero(self.images), MISSING).astype(np.int32)
        missing = dataclasses.replace(found.missing, image=images[found.missing.image])
        count, every = int(np.count_nonzero(self.images)), len(self.images)
        note = (
            f"looked at {counted(count, 'image')} of {every:,}, drawn with equal chances: how many "
            "labels are wrong in all is estimated from these, and limits are of the draw alone: "
            "how far the model's probabilities are off is not in them, and only a judged sample "
            "tells"
        )
        return dataclasses.replace(
            found,
            boxes=boxes,
            missing=missing,
            box_features=_among(found.box_features, rows, len(whole.boxes)),
            notes=(*found.notes, note),
            drawn=self.images,
        )


def drawn_from(dataset: Dataset, count: int, *, seed: int) -> ImageSample | None:
    """So many of the images that were found, with equal chances; None where these are no more.

    Parameters
    ----------
    dataset: the whole.
    count: images.
    seed: the same draws the same images, and more images with those that it drew of fewer.

    Raises
    ------
    ConfigError
        if images are too few to say anything of the others.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < LEAST_IMAGES:
        raise ConfigError(
            f"a detector that looks at some images needs {LEAST_IMAGES} or more, found {count!r}"
        )
    found = np.flatnonzero(dataset.images.path != "")
    if count >= len(found):
        return None
    images = np.zeros(len(dataset.images), bool)
    images[np.random.default_rng(seed).permutation(found)[:count]] = True
    image = dataset.boxes.image
    boxes: Bools = (image != MISSING) & np.append(images, False)[image]
    return ImageSample(dataset.keep(images=images, boxes=boxes), images, boxes)


def _among(features: Mapping[str, Floats], rows: Ints, count: int) -> dict[str, Floats]:
    """Features of the drawn labels among those of all, (count,): NaN for the others."""
    made = {}
    for name, values in features.items():
        made[name] = np.full(count, np.nan)
        made[name][rows] = values
    return made
