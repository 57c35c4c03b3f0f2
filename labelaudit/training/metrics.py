"""How good a detector is: average precision as COCO defines it, worked out by its own tool."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, TypeAlias

import numpy as np

from labelaudit.core.columns import Bools, Floats, Ints
from labelaudit.errors import ConfigError
from labelaudit.predictions.predictions import Predictions

Curves: TypeAlias = Floats
"""Precision by IoU threshold, recall and size of objects, (10, 101, 4); -1 where undefined."""

MOST_DETECTIONS = 100
"""Of an image and a class, the surest ones; as pycocotools."""

ALL, SMALL, MEDIUM, LARGE = range(4)
"""Sizes of objects, in the order of pycocotools: small to 32 x 32, medium to 96 x 96 pixels."""

NAMES = ("map", "ap50", "ap75", "small", "medium", "large")
"""The figures, as reports order them."""


@dataclass(frozen=True)
class ClassMetrics:
    """One class; NaN where there are no objects to find."""

    name: str
    boxes: int  # objects that are to be found
    map: float  # mean of AP at IoU thresholds from .5 to .95
    ap50: float
    ap75: float
    small: float
    medium: float
    large: float


@dataclass(frozen=True)
class DetectionMetrics:
    """All classes together, each counting as much; NaN where there are no objects to find."""

    map: float  # mean of AP at IoU thresholds from .5 to .95
    ap50: float
    ap75: float
    small: float
    medium: float
    large: float
    images: int
    boxes: int  # objects that are to be found
    classes: tuple[ClassMetrics, ...] = ()
    notes: tuple[str, ...] = ()  # what was left out, a line each


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """What is to be found, one row per object."""

    image: Ints  # (n,) numbers of any kind, the same as those of the predictions
    label: Ints  # (n,) index of the class
    xyxy: Floats  # (n, 4) with an inside
    area: Floats  # (n,) square pixels, by which an object is small or large
    crowd: Bools  # (n,) a region of many: what is found in it counts neither way
    difficult: Bools  # (n,) not to be judged: whoever finds it is neither right nor wrong

    def __len__(self) -> int:
        return len(self.image)


def detection_metrics(
    truth: GroundTruth, found: Predictions, classes: Sequence[str], images: Ints
) -> DetectionMetrics:
    """COCO's metrics of detections in some images.

    Crowds are COCO's `iscrowd`. What is difficult is ignored as COCO's evaluation ignores objects
    beyond a range of sizes: one detection may be matched with it, which then does not count.

    Parameters
    ----------
    truth: what is to be found.
    found: what was found; `label` is the index of the class.
    classes: names.
    images: (m,) numbers of all images, also of those in which nothing is.

    Raises
    ------
    ConfigError
        if pycocotools is not installed.

    Source: Lin et al., "Microsoft COCO", 2014, and cocodataset.org/#detection-eval.
    """
    curves = precision(truth, found, len(classes), images)
    counts = np.bincount(truth.label[~(truth.crowd | truth.difficult)], minlength=len(classes))
    rows = tuple(
        ClassMetrics(name, int(count), **figures(curves[row : row + 1]))
        for row, (name, count) in enumerate(zip(classes, counts, strict=True))
    )
    return DetectionMetrics(
        **figures(curves), images=len(images), boxes=int(counts.sum()), classes=rows, notes=()
    )


def figures(curves: Curves) -> dict[str, float]:
    """The figures of some classes, (c, 10, 101, 4), by their names; NaN where undefined."""
    parts = (
        curves[..., ALL],
        curves[:, 0, :, ALL],
        curves[:, 5, :, ALL],
        *(curves[..., size] for size in (SMALL, MEDIUM, LARGE)),
    )
    known = (part[part > -1] for part in parts)
    values = (float(part.mean()) if part.size else math.nan for part in known)
    return dict(zip(NAMES, values, strict=True))


def precision(truth: GroundTruth, found: Predictions, classes: int, images: Ints) -> Curves:
    """Precision of each class, (c, 10, 101, 4); -1 where there is nothing to find.

    Parameters
    ----------
    truth, found, images: as for `detection_metrics`.
    classes: how many there are.
    """
    if classes == 0 or len(images) == 0:
        return np.full((classes, 10, 101, 4), -1.0)
    if find_spec("faster_coco_eval") is not None and not truth.difficult.any():
        return by_faster_coco_eval(truth, found, classes, images)
    return by_pycocotools(truth, found, classes, images)


def by_pycocotools(truth: GroundTruth, found: Predictions, classes: int, images: Ints) -> Curves:
    """`precision` by the tool of COCO's authors.

    Parameters
    ----------
    truth, found, classes, images: as for `precision`.

    Raises
    ------
    ConfigError
        if it is not installed.
    """
    if find_spec("pycocotools") is None:
        raise ConfigError("COCO metrics need pycocotools: pip install pycocotools")
    from pycocotools.coco import COCO  # noqa: PLC0415  # as torch, only where metrics are wanted
    from pycocotools.cocoeval import COCOeval  # noqa: PLC0415

    class Evaluation(COCOeval):  # type: ignore[misc]  # it has no types
        """COCO's evaluation, which would forget what is to be ignored."""

        def _prepare(self) -> None:
            super()._prepare()
            for some in self._gts.values():
                for one in some:
                    one["ignore"] = one["iscrowd"] or one["difficult"]

    with contextlib.redirect_stdout(io.StringIO()):  # it tells what it does, and for how long
        tables = []
        for annotations in (_objects(truth), _detections(found)):
            table = COCO()
            table.dataset = _dataset(annotations, classes, images)
            table.createIndex()
            tables.append(table)
        evaluation = Evaluation(*tables, "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
    return _of_classes(evaluation)


def by_faster_coco_eval(
    truth: GroundTruth, found: Predictions, classes: int, images: Ints
) -> Curves:
    """`precision` by a faster tool with the same numbers; it knows nothing difficult.

    Parameters
    ----------
    truth, found, classes, images: as for `precision`.
    """
    from faster_coco_eval import COCO, COCOeval_faster  # noqa: PLC0415  # not installed by us

    tables = [
        COCO(_dataset(annotations, classes, images))
        for annotations in (_objects(truth), _detections(found))
    ]
    evaluation = COCOeval_faster(*tables, "bbox", print_function=_silent)
    evaluation.evaluate()
    evaluation.accumulate()
    return _of_classes(evaluation)


def _silent(*_: object) -> None:
    """Prints nothing."""


def _of_classes(evaluation: Any) -> Curves:  # Any: of either tool
    """The curves for the largest number of detections, class by class."""
    curves = np.asarray(evaluation.eval["precision"])[..., -1]  # (10, 101, c, 4)
    return np.ascontiguousarray(curves.transpose(2, 0, 1, 3), np.float64)


def _dataset(
    annotations: list[dict[str, Any]], classes: int, images: Ints
) -> dict[str, Any]:  # Any: as COCO files have it
    return {
        "images": [{"id": image} for image in images.tolist()],
        "categories": [{"id": label} for label in range(classes)],
        "annotations": annotations,
    }


def _objects(truth: GroundTruth) -> list[dict[str, Any]]:  # Any: as COCO files have it
    """What is to be found as annotations; 0 is no id, since it means unmatched."""
    rows = zip(
        truth.image.tolist(),
        truth.label.tolist(),
        _xywh(truth.xyxy),
        truth.area.tolist(),
        truth.crowd.tolist(),
        truth.difficult.tolist(),
        strict=True,
    )
    return [
        {
            "id": number,
            "image_id": image,
            "category_id": label,
            "bbox": bbox,
            "area": area,
            "iscrowd": int(crowd),
            "difficult": int(difficult),
        }
        for number, (image, label, bbox, area, crowd, difficult) in enumerate(rows, 1)
    ]


def _detections(found: Predictions) -> list[dict[str, Any]]:  # Any: as COCO files have it
    """What was found as annotations, as pycocotools' `loadRes` makes them."""
    columns = (found.image.tolist(), found.label.tolist(), _xywh(found.xyxy), found.score.tolist())
    return [
        {
            "id": number,
            "image_id": image,
            "category_id": label,
            "bbox": bbox,
            "area": bbox[2] * bbox[3],
            "score": score,
            "iscrowd": 0,
        }
        for number, (image, label, bbox, score) in enumerate(zip(*columns, strict=True), 1)
    ]


def _xywh(xyxy: Floats) -> list[list[float]]:
    corners = np.asarray(xyxy, np.float64)
    boxes: list[list[float]] = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]]).tolist()
    return boxes
