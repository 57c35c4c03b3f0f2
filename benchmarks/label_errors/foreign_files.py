"""Results files of foreign detectors: whole, and cut off as most tools write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.boxes.overlaps import overlaps
from labelaudit.core.columns import Bools, Floats
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.label_errors.abstention import average_precision_in, hits
from labelaudit.label_errors.labels import labels_of
from labelaudit.predictions.predictions import Predictions

DECIMALS = 2, 5
"""Of corners in pixels, and of scores: as many as most tools write."""


def at_least(predictions: Predictions, score: float) -> Predictions:
    """The predictions that have this score or a better one."""
    return predictions.rows(predictions.score >= score)


def surest(predictions: Predictions, count: int) -> Predictions:
    """So many predictions of each image at most, those with the best scores, in their order."""
    order = np.lexsort((-predictions.score, predictions.image))
    image = predictions.image[order]
    place = np.arange(len(order)) - np.searchsorted(image, image)
    return predictions.rows(np.sort(order[place < count]))


VARIANTS: dict[str, Callable[[Predictions], Predictions]] = {
    "whole": lambda predictions: predictions,
    "cut3": lambda predictions: at_least(predictions, 0.3),
    "cut5": lambda predictions: at_least(predictions, 0.5),
    "top20": lambda predictions: surest(predictions, 20),
}
"""What of a detector's output is in a file, by name."""

VECTORS = "vectors"
"""The name of the file that is whole and has the scores of all classes, too."""


def write_variants(dataset: Dataset, predictions: Predictions, folder: Path) -> list[Path]:
    """A file for each of `VARIANTS`, and one with class vectors; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [write_results(dataset, predictions, folder / f"{VECTORS}.json", vectors=True)]
    for name, part in VARIANTS.items():
        paths.append(write_results(dataset, part(predictions), folder / f"{name}.json"))
    return paths


def write_results(
    dataset: Dataset, predictions: Predictions, path: Path, *, vectors: bool = False
) -> Path:
    """Predictions as a COCO results file.

    Parameters
    ----------
    dataset:
        the images and classes that are meant; those without an id are written by name.
    predictions:
        of its images and of `DatasetColumns.classes`.
    path:
        of the file.
    vectors:
        whether each row has the `scores` of all classes, in the order of the dataset's.

    Returns
    -------
    The path.
    """
    rows = results(dataset, predictions, vectors=vectors)
    path.write_text("[" + ",\n".join(map(json.dumps, rows)) + "]\n", encoding="utf-8")
    return path


def results(
    dataset: Dataset, predictions: Predictions, *, vectors: bool
) -> list[dict[str, Any]]:  # Any: JSON
    """The rows of a COCO results file, in the order of the predictions."""
    images, derived = dataset.images, DatasetColumns(dataset)
    image = [
        name if id_ is None else id_
        for id_, name in zip(images.id.values(), images.name.tolist(), strict=True)
    ]
    ids = dict(zip(derived.class_of.tolist(), dataset.categories.id.values(), strict=True))
    label = [name if ids[row] is None else ids[row] for row, name in enumerate(derived.classes)]
    xywh = predictions.xyxy.copy()
    xywh[:, 2:] -= xywh[:, :2]
    boxes, scores = np.round(xywh, DECIMALS[0]), np.round(predictions.score, DECIMALS[1])
    rows: list[dict[str, Any]] = [
        {"image_id": image[i], "category_id": label[c], "bbox": box, "score": score}
        for i, c, box, score in zip(
            predictions.image, predictions.label, boxes.tolist(), scores.tolist(), strict=True
        )
    ]
    if vectors:
        every = np.round(predictions.class_scores.astype(np.float64), DECIMALS[1])
        for row, vector in zip(rows, every.tolist(), strict=True):
            row["scores"] = vector
    return rows


def average_precisions(dataset: Dataset, predictions: Predictions, images: Bools) -> Floats:
    """Average precision at IoU .5 of each class in some images, (classes,); NaN without labels.

    Crowds are not labels here; what is seen in them counts as wrong, as it does not for COCO: of
    NanoDet on 59 photographs, the mean over classes is .410 so, and .413 by pycocotools.
    """
    derived = DatasetColumns(dataset)
    labels = labels_of(derived)
    found = hits(
        labels,
        predictions,
        overlaps(labels.image, labels.xyxy, predictions.image, predictions.xyxy),
    )
    return average_precision_in(images, labels, predictions, found, len(derived.classes))
