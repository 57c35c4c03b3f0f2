"""Which anchors answer for which boxes: adaptive training sample selection.

Source: Zhang et al., "Bridging the gap between anchor-based and anchor-free detection", 2020,
algorithm 1. One routine serves twice: training needs the box that each anchor learns, and loss
inspection the anchors of a given box.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from labelaudit.detector.model.anchors import Anchors

NEAREST = 9
"""Anchors looked at for a box on each level and shape; the paper's k, robust from 7 to 17."""


@dataclass(frozen=True)
class AtssAssignment:
    """Anchors and the boxes that they are to find."""

    matched_box: Tensor  # (a,) int64, the box that an anchor learns, -1 for none
    positive: Tensor  # (b, a) bool, the anchors of each box, had it been alone


@dataclass(frozen=True)
class DetectionTarget:
    """What the network is to say about one image; of all other anchors, that there is nothing."""

    anchor: Tensor  # (p,) int64, the anchors that a box owns, ascending
    matched_box: Tensor  # (p,) int64, row of that box in `boxes`
    boxes: Tensor  # (b, 4) float32, pixels of the network's image
    labels: Tensor  # (b,) int64
    ignored: Tensor  # (i,) int64, anchors without a box that are no background either, ascending
    weights: Tensor  # (b,) float32, what each box counts for in the loss


@dataclass(frozen=True)
class _Candidates:
    """The nearest anchors of each box; k of them together on all levels."""

    anchor: Tensor  # (b, k) int64
    overlap: Tensor  # (b, k)
    positive: Tensor  # (b, k) bool


def atss_assign(anchors: Anchors, boxes: Tensor, k: int = NEAREST) -> AtssAssignment:
    """The box that each anchor learns, and the anchors that answer for each box.

    An anchor that answers for several boxes goes to the one it overlaps most, the first of equals.

    Parameters
    ----------
    anchors: of the image.
    boxes: (b, 4) finite, pixels of the network's image; b may be 0.
    k: anchors looked at for a box on each level and shape.
    """
    if len(boxes) == 0:
        nobody = torch.full_like(anchors.level, -1)
        return AtssAssignment(nobody, nobody.new_zeros((0, len(anchors)), dtype=torch.bool))
    found = _candidates(anchors, boxes, k)
    # A tiny box may overlap its nearest anchor by nothing at all, and yet has it.
    strength = torch.where(found.positive, found.overlap + 1e-6, 0.0)
    each = strength.new_zeros((len(boxes), len(anchors))).scatter_(1, found.anchor, strength)
    best, matched_box = each.max(dim=0)
    return AtssAssignment(torch.where(best > 0, matched_box, -1), each > 0)


def positive_anchors(anchors: Anchors, boxes: Tensor, k: int = NEAREST) -> Tensor:
    """The anchors that judge each box as if it were the only one, (b, a) bool.

    Every box has at least one.

    Parameters
    ----------
    anchors, boxes, k: as for `atss_assign`.
    """
    positive = torch.zeros((len(boxes), len(anchors)), dtype=torch.bool, device=boxes.device)
    if len(boxes) == 0:
        return positive
    found = _candidates(anchors, boxes, k)
    return positive.scatter_(1, found.anchor, found.positive)


def detection_target(
    anchors: Anchors,
    boxes: Tensor,
    labels: Tensor,
    regions: Tensor,
    weights: Tensor | None = None,
) -> DetectionTarget:
    """What the network is to say about an image with these boxes.

    Parameters
    ----------
    anchors: of the image.
    boxes: (b, 4) finite, pixels of the network's image; b may be 0.
    labels: (b,) the class of each box.
    regions: (r, 4) crowds and the like; anchors centred in them are not background.
    weights: (b,) what each box counts for, 1 if absent. An anchor of a box that counts for nothing
        is no background either.
    """
    matched_box = atss_assign(anchors, boxes).matched_box
    anchor = torch.nonzero(matched_box >= 0).flatten()
    around = _inside(anchors.centre, regions).any(dim=0)
    ignored = torch.nonzero(around & (matched_box < 0)).flatten()
    if weights is None:
        weights = boxes.new_ones(len(boxes))
    return DetectionTarget(anchor, matched_box[anchor], boxes, labels, ignored, weights)


def _candidates(anchors: Anchors, boxes: Tensor, k: int) -> _Candidates:
    """The nearest anchors of one or more boxes, and which of them are positive.

    Only the nearest anchors are compared in full: all pairs of 500 boxes and 22,000 anchors would
    need gigabytes.
    """
    nearest, distance = _nearest(anchors, boxes, k)
    overlap = _overlap(boxes, anchors.xyxy[nearest])
    # The paper's threshold; the deviation is that of these anchors, not of a sample of more.
    threshold = overlap.mean(dim=1) + overlap.std(dim=1, correction=0)
    centre = anchors.centre[nearest]
    inside = ((centre > boxes[:, None, :2]) & (centre < boxes[:, None, 2:])).all(dim=2)
    positive = inside & (overlap >= threshold[:, None])
    # Beyond the paper: a box too small to hold a centre is found by its best anchor, the nearest
    # of those that it overlaps equally.
    best = (overlap - 1e-4 * distance).argmax(dim=1, keepdim=True)
    alone = torch.zeros_like(positive).scatter_(1, best, value=True)
    return _Candidates(
        nearest, overlap, torch.where(positive.any(dim=1, keepdim=True), positive, alone)
    )


def _nearest(anchors: Anchors, boxes: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The anchors nearest to the centre of each box on each level, and their distances, (b, k)."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    nearest, distances = [], []
    for level in range(int(anchors.level[-1]) + 1):
        rows = torch.nonzero(anchors.level == level).flatten()
        apart = anchors.centre[rows]
        distance = torch.cdist(centre, apart, compute_mode="donot_use_mm_for_euclid_dist")
        found = distance.topk(min(k * anchors.per_place, len(rows)), largest=False)
        nearest.append(rows[found.indices])
        distances.append(found.values)
    return torch.cat(nearest, dim=1), torch.cat(distances, dim=1)


def _overlap(boxes: Tensor, near: Tensor) -> Tensor:
    """Overlap of each box (b, 4) with its own anchors (b, k, 4), (b, k) in [0, 1]."""
    boxes = boxes[:, None]
    least = torch.maximum(boxes[..., :2], near[..., :2])
    shared = (torch.minimum(boxes[..., 2:], near[..., 2:]) - least).clamp(min=0).prod(dim=2)
    area = (boxes[..., 2:] - boxes[..., :2]).prod(dim=2)
    return shared / (area + (near[..., 2:] - near[..., :2]).prod(dim=2) - shared)


def _inside(centre: Tensor, regions: Tensor) -> Tensor:
    """Whether each region holds each centre, (r, a); r may be 0."""
    above = centre[None] >= regions[:, None, :2]
    below = centre[None] <= regions[:, None, 2:]
    return (above & below).all(dim=2)
