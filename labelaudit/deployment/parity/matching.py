"""Detections of two models in the same images, matched with each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import Floats, Ints
from labelaudit.deployment.target import Outputs
from labelaudit.training.inference import Float32s

LEAST_OVERLAP = 0.5
"""Detections of one class that overlap less are not the same object; COCO's AP50."""

UNMATCHED = 0.005
"""Part of all detections that may be without a partner where NMS is inside: which of two boxes with
nearly the same overlap or score stays, is decided by rounding. A choice."""

TABLE = ("detection_boxes", "detection_scores", "detection_labels")
"""The outputs of a file with NMS inside."""


@dataclass(frozen=True)
class MatchedDetections:
    """What becomes of detections."""

    matched: int
    only_network: int  # detections of the network that the device does not have
    only_device: int
    largest_box: float  # pixels by which a side of a matched box differs
    typical_box: float  # the median of that
    largest_score: float
    typical_score: float

    @property
    def unmatched_share(self) -> float:
        """Part of all detections without a partner; 0 where there are none."""
        alone = self.only_network + self.only_device
        return alone / max(alone + 2 * self.matched, 1)


@dataclass(frozen=True)
class _Pairs:
    """Rows of two tables that are the same object, and the distances of all."""

    boxes: Floats  # (m,) largest distance of a side
    scores: Floats  # (m,)
    overlaps: Floats  # (m,)
    only_network: int
    only_device: int


def matched_detections(expected: Outputs, observed: Outputs) -> MatchedDetections:
    """Detections (see `TABLE`) of the network and of the device, image by image."""
    pairs = _pairs(expected, observed)
    return MatchedDetections(
        len(pairs.scores),
        pairs.only_network,
        pairs.only_device,
        float(pairs.boxes.max(initial=0)),
        float(np.median(pairs.boxes)) if len(pairs.boxes) else 0.0,
        float(pairs.scores.max(initial=0)),
        float(np.median(pairs.scores)) if len(pairs.scores) else 0.0,
    )


def detections_distance(expected: Outputs, observed: Outputs) -> float:
    """How far two tables of detections are apart, in [0, 2]: 1 for each without a partner.

    A matched pair counts what it lacks to an overlap of 1, and the difference of its scores.
    """
    pairs = _pairs(expected, observed)
    alone = pairs.only_network + pairs.only_device
    apart = 2 * float((1 - pairs.overlaps + pairs.scores).sum())
    return (alone + apart) / max(alone + 2 * len(pairs.scores), 1)


def _pairs(expected: Outputs, observed: Outputs) -> _Pairs:
    """The pairs of all images."""
    boxes, scores, overlaps = [np.zeros(0)], [np.zeros(0)], [np.zeros(0)]
    only = [0, 0]
    for row in range(len(expected["detection_scores"])):
        ours, theirs = _rows_of(expected, row), _rows_of(observed, row)
        a, b, overlap = _matched(ours, theirs)
        boxes.append(np.abs(ours[0][a] - theirs[0][b]).max(axis=1, initial=0))
        scores.append(np.abs(ours[1][a] - theirs[1][b]))
        overlaps.append(overlap)
        only[0] += len(ours[1]) - len(a)
        only[1] += len(theirs[1]) - len(b)
    return _Pairs(np.concatenate(boxes), np.concatenate(scores), np.concatenate(overlaps), *only)


def _rows_of(outputs: Outputs, image: int) -> tuple[Float32s, Float32s, Float32s]:
    """Boxes, scores and labels that one image really has; what is no number is none."""
    boxes, scores, labels = (outputs[name][image] for name in TABLE)
    real = (scores > 0) & np.isfinite(boxes).all(axis=1)
    return boxes[real], scores[real], labels[real]


def _matched(
    a: tuple[Float32s, Float32s, Float32s], b: tuple[Float32s, Float32s, Float32s]
) -> tuple[Ints, Ints, Floats]:
    """Rows of pairs of one class, those that overlap most first, each row once; and overlaps."""
    iou = _ious(a[0].astype(np.float64), b[0].astype(np.float64))
    iou[a[2][:, None] != b[2][None, :]] = 0
    first, second = np.nonzero(iou >= LEAST_OVERLAP)
    order = np.lexsort((np.abs(a[1][first] - b[1][second]), -iou[first, second]))
    pairs: list[tuple[int, int]] = []
    free_a, free_b = set(range(len(a[1]))), set(range(len(b[1])))
    for row, other in zip(first[order].tolist(), second[order].tolist(), strict=True):
        if row in free_a and other in free_b:
            pairs.append((row, other))
            free_a.remove(row)
            free_b.remove(other)
    rows = np.array(pairs, np.int64).reshape(-1, 2)
    return rows[:, 0], rows[:, 1], iou[rows[:, 0], rows[:, 1]]


def _ious(a: Floats, b: Floats) -> Floats:
    """Overlaps of all pairs, (a, b); of those without an inside, 1 less the pixels between them."""
    low, high = (
        np.maximum(a[:, None, :2], b[None, :, :2]),
        np.minimum(a[:, None, 2:], b[None, :, 2:]),
    )
    both = np.clip(high - low, 0, None).prod(axis=2)
    areas = [np.clip(one[:, 2:] - one[:, :2], 0, None).prod(axis=1) for one in (a, b)]
    either = areas[0][:, None] + areas[1][None, :] - both
    overlaps: Floats = np.divide(both, either, out=np.zeros_like(both), where=either > 0)
    # Boxes beyond the edge of the image are cut off to lines, which overlap nothing.
    apart = np.abs(a[:, None, :] - b[None, :, :]).max(axis=2, initial=0)
    flat = (areas[0] == 0)[:, None] | (areas[1] == 0)[None, :]
    overlaps[flat] = np.clip(1 - apart[flat], 0, 1)
    return overlaps
