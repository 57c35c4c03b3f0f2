"""Predictions as libraries hand them over: known by their fields, so that none need be installed.

Of each image one result: a torchvision dictionary (`boxes`, `labels`, `scores`), supervision
`Detections` (`xyxy`, `class_id`, `confidence`) or Ultralytics `Results` (`boxes`, `names`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING, Rows
from labelaudit.dataset.arguments import check_dataset, kind_of
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ArgumentError, FormatError
from labelaudit.predictions.lookup import ImageNames, classes_of, named_classes
from labelaudit.predictions.validate import ImportedPredictions, PredictionColumns, validate

Names = Mapping[int, str] | Sequence[str]
"""What a detector calls its classes, by number."""


def predictions_of(
    dataset: Dataset,
    results: Sequence[Any],  # Any: whatever has the fields of a kind that is known
    images: Sequence[str],
    *,
    classes: Names | None = None,
) -> ImportedPredictions:
    """The predictions of a detector that somebody ran, one result for each image.

    Parameters
    ----------
    dataset:
        the labels that the predictions are about.
    results:
        (m,) torchvision dictionaries, supervision `Detections` or Ultralytics `Results`.
    images:
        (m,) the image of each, by the name that the labels give it, or its path.
    classes:
        what the detector calls its classes, by number. Without it, what the result itself says;
        else a number is a class id of the labels, or of labels without ids a place among classes.

    Raises
    ------
    FormatError
        if there are not as many images as results, a result is of no known kind, or nothing of all
        can be used.
    """
    check_dataset(dataset, "predictions_of()")
    for name, given in (("results", results), ("images", images)):
        listed = hasattr(given, "__len__") and hasattr(given, "__iter__")
        if isinstance(given, str) or not listed:
            raise ArgumentError(
                f"predictions_of() takes a list of {name}, one for each image, not {kind_of(given)}"
            )
    if len(results) != len(images):
        raise FormatError(f"{len(results):,} results for {len(images):,} images: one for each")
    derived = DatasetColumns(dataset)
    parts = [_fields(result, place) for place, result in enumerate(results)]
    counts = [len(part["score"]) for part in parts]
    image = np.repeat(ImageNames(derived).rows(list(images)), counts).astype(np.int32)
    label = [_labels(derived, part, classes) for part in parts]
    columns = PredictionColumns(
        image,
        np.concatenate([np.empty(0, np.int32), *label]),
        np.concatenate([np.empty((0, 4)), *(part["xyxy"] for part in parts)]),
        np.concatenate([np.empty(0), *(part["score"] for part in parts)]),
    )
    return validate(derived, columns, "predictions")


def _fields(result: Any, place: int) -> dict[str, Any]:
    """Corners, class numbers, scores and class names of one result."""
    if isinstance(result, Mapping) and {"boxes", "labels", "scores"} <= result.keys():
        return _columns(result["boxes"], result["labels"], result["scores"], None)
    boxes = getattr(result, "boxes", None)
    if boxes is not None and hasattr(result, "names"):
        return _columns(boxes.xyxy, boxes.cls, boxes.conf, result.names)
    if all(hasattr(result, name) for name in ("xyxy", "class_id", "confidence")):
        if result.class_id is None or result.confidence is None:
            if len(result.xyxy):
                raise FormatError(f"results[{place}]: detections need class_id and confidence")
            return _columns(result.xyxy, [], [], None)
        fields = _columns(result.xyxy, result.class_id, result.confidence, None)
        named = getattr(result, "data", {}).get("class_name")
        return fields if named is None else fields | {"named": [str(name) for name in named]}
    raise FormatError(
        f"results[{place}]: expected a dictionary of boxes, labels and scores, supervision "
        f"Detections or Ultralytics Results, found {type(result).__name__}"
    )


def _columns(xyxy: Any, number: Any, score: Any, names: Names | None) -> dict[str, Any]:
    corners = _array(xyxy).astype(np.float64).reshape(-1, 4)
    numbers, scores = _array(number).ravel(), _array(score).astype(np.float64).ravel()
    if not len(corners) == len(numbers) == len(scores):
        raise FormatError(
            f"{len(corners)} boxes, {len(numbers)} classes and {len(scores)} scores in one result"
        )
    return {"xyxy": corners, "number": numbers.astype(np.int64), "score": scores, "names": names}


def _array(values: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """An array of what a library holds, on whatever device."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    return np.asarray(values)


def _labels(derived: DatasetColumns, part: Mapping[str, Any], classes: Names | None) -> Rows:
    numbers = part["number"].tolist()
    names = classes if classes is not None else part["names"]
    if names is not None:
        table = dict(names) if isinstance(names, Mapping) else dict(enumerate(names))
        return named_classes(derived, [str(table.get(number, "")) for number in numbers])
    if "named" in part:
        return named_classes(derived, part["named"])
    if derived.dataset.categories.id.given.any():
        return classes_of(derived, numbers)
    known = (part["number"] >= 0) & (part["number"] < len(derived.classes))
    return np.where(known, part["number"], MISSING).astype(np.int32)
