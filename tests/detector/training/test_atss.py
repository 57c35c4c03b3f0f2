from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.model.anchors import Anchors, anchors
from labelaudit.detector.training.atss import atss_assign, detection_target, positive_anchors

ONE = anchors(DetectorConfig(), 96, 128)
NOTHING = torch.zeros(0, 4)


def uneven(anchors: Anchors) -> Anchors:
    """Anchors of which no two have one area, so that no two overlap a small box equally."""
    factor = 1 + 0.1 * torch.rand(len(anchors), 1, generator=torch.Generator().manual_seed(0))
    half = (anchors.xyxy[:, 2:] - anchors.centre) * factor
    xyxy = torch.cat([anchors.centre - half, anchors.centre + half], 1)
    return Anchors(xyxy, anchors.level, anchors.per_place)


MANY = uneven(anchors(DetectorConfig(anchor_scales=(2.0, 4.0), anchor_ratios=(0.5, 2.0)), 64, 96))


def boxes_of(seed: int, count: int) -> Tensor:
    """Boxes of all sizes, of which some are smaller than a pixel and some leave the image."""
    random = np.random.default_rng(seed)
    centre = random.uniform(-5, 110, (count, 2))
    half = np.exp(random.uniform(-2, 4, (count, 2))) / 2
    return torch.tensor(np.concatenate([centre - half, centre + half], 1), dtype=torch.float32)


def iou(a: list[float], b: list[float]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    both = max(width, 0.0) * max(height, 0.0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def slowly(anchors: Anchors, box: list[float], k: int = 9) -> dict[int, float]:
    """The anchors that answer for one box and their overlaps, by the paper's algorithm 1."""
    rows = [[float(value) for value in row] for row in anchors.xyxy]
    levels = anchors.level.tolist()
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    away = [math.hypot((a[0] + a[2]) / 2 - x, (a[1] + a[3]) / 2 - y) for a in rows]
    near: list[int] = []
    for level in sorted(set(levels)):
        here = [row for row in range(len(rows)) if levels[row] == level]
        near += sorted(here, key=lambda row: away[row])[: k * anchors.per_place]
    overlap = {row: iou(box, rows[row]) for row in near}
    mean = sum(overlap.values()) / len(near)
    std = math.sqrt(sum((value - mean) ** 2 for value in overlap.values()) / len(near))

    def inside(row: int) -> bool:
        left, top, right, bottom = rows[row]
        across, down = (left + right) / 2, (top + bottom) / 2
        return box[0] < across < box[2] and box[1] < down < box[3]

    overlaps = {row: value for row, value in overlap.items() if value >= mean + std and inside(row)}
    best = max(near, key=lambda row: overlap[row] - 1e-4 * away[row])
    return overlaps or {best: overlap[best]}


# Four shapes at one place are equally far from a box that none of them touches: none is that far.
@pytest.mark.parametrize(
    ("anchors", "extent"), [(ONE, 1.0), (MANY, 0.55)], ids=["one shape", "four shapes"]
)
@pytest.mark.parametrize("seed", range(4))
def test_anchors_answer_as_the_paper_says(anchors: Anchors, extent: float, seed: int):
    boxes = boxes_of(seed, 25) * extent
    each = [slowly(anchors, box) for box in boxes.tolist()]
    found = atss_assign(anchors, boxes)
    assert [set(np.flatnonzero(row)) for row in found.positive.numpy()] == [set(x) for x in each]
    for anchor in range(len(anchors)):
        claims = {box: overlaps[anchor] for box, overlaps in enumerate(each) if anchor in overlaps}
        expected = max(claims, key=lambda box: claims[box], default=-1)
        matched_box = int(found.matched_box[anchor])
        assert matched_box == expected or claims[matched_box] == pytest.approx(
            claims[expected], abs=1e-5
        )


def test_each_box_is_judged_as_if_it_were_alone():
    boxes = boxes_of(9, 40)
    together = positive_anchors(ONE, boxes)
    for row, box in enumerate(boxes):
        assert torch.equal(together[row], positive_anchors(ONE, box[None])[0])
        assert torch.equal(together[row], atss_assign(ONE, box[None]).matched_box == 0)


def test_equal_boxes_have_the_same_anchors_and_the_first_owns_them():
    boxes = boxes_of(3, 1).repeat(2, 1)
    both = positive_anchors(ONE, boxes)
    assert torch.equal(both[0], both[1])
    assert set(atss_assign(ONE, boxes).matched_box.tolist()) == {-1, 0}


def test_even_a_box_without_an_inside_has_an_anchor():
    flat = torch.tensor([[20.0, 20, 20, 40], [33, 33, 33, 33], [-50, -50, -40, -40]])
    assert positive_anchors(ONE, flat).any(dim=1).all()


def test_a_huge_box_is_answered_for():
    assert positive_anchors(ONE, torch.tensor([[-1e18, -1e18, 1e18, 1e18]])).any()


def test_without_boxes_no_anchor_owns_any():
    found = atss_assign(ONE, NOTHING)
    assert (found.matched_box == -1).all()
    assert found.positive.shape == positive_anchors(ONE, NOTHING).shape == (0, len(ONE))


def test_a_level_with_fewer_anchors_than_are_looked_at_is_enough():
    small = anchors(DetectorConfig(), 32, 32)
    assert positive_anchors(small, torch.tensor([[4.0, 4, 28, 28]])).any()


def test_anchors_centred_in_a_crowd_are_ignored_and_others_are_not():
    crowd = torch.tensor([[0.0, 0, 12, 12]])
    wanted = detection_target(ONE, NOTHING, torch.zeros(0, dtype=torch.int64), crowd)
    x, y = ONE.centre.T
    assert torch.equal(wanted.ignored, torch.nonzero((x <= 12) & (y <= 12)).flatten())
    # Centres 4 and 12 of the finest level, on the edge included, and 8 of the next.
    assert len(wanted.ignored) == 2 * 2 + 1
    assert len(detection_target(ONE, NOTHING, wanted.labels, NOTHING).ignored) == 0


def test_an_anchor_with_a_box_is_asked_for_it_even_in_a_crowd():
    boxes = torch.tensor([[8.0, 8, 40, 40]])
    everywhere = torch.tensor([[0.0, 0, 128, 96]])
    wanted = detection_target(ONE, boxes, torch.tensor([0]), everywhere)
    assert len(wanted.anchor) > 0
    both = torch.cat([wanted.anchor, wanted.ignored]).sort().values
    assert torch.equal(both, torch.arange(len(ONE)))


def test_a_target_holds_what_it_was_given():
    boxes, labels = boxes_of(1, 3), torch.tensor([2, 0, 1])
    wanted = detection_target(ONE, boxes, labels, NOTHING)
    matched_box = torch.full((len(ONE),), -1).scatter(0, wanted.anchor, wanted.matched_box)
    assert torch.equal(matched_box, atss_assign(ONE, boxes).matched_box)
    assert torch.equal(wanted.boxes, boxes)
    assert torch.equal(wanted.labels, labels)
