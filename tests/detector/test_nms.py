from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from labelaudit.boxes.ops import iou
from labelaudit.detector.nms import candidates, detections

SIZE = (60, 80)


def said(seed: int, count: int = 120, classes: int = 3) -> tuple[Tensor, Tensor]:
    """Scores and boxes of anchors, of which some leave the image."""
    random = np.random.default_rng(seed)
    scores = random.uniform(0, 1, (count, classes)) ** 3
    corner = random.uniform(-10, 70, (count, 2))
    boxes = np.concatenate([corner, corner + random.uniform(5, 40, (count, 2))], axis=1)
    return torch.tensor(scores), torch.tensor(boxes)


def clipped(boxes: Tensor) -> np.ndarray:
    height, width = SIZE
    return np.clip(boxes.numpy(), 0, [width, height, width, height])


def slowly(
    boxes: np.ndarray, found: list[tuple[float, int, int]], overlap: float, limit: int
) -> list[tuple[float, int, int]]:
    """The (score, anchor, class) that are left when the surest takes away what it overlaps."""
    kept: list[tuple[float, int, int]] = []
    for score, anchor, group in sorted(found, reverse=True):
        rivals = [other for _, other, theirs in kept if theirs == group]
        if all(iou(boxes[[anchor]], boxes[[other]])[0] <= overlap for other in rivals):
            kept.append((score, anchor, group))
    return kept[:limit]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("limit", [5, 100])
def test_detections_are_those_of_brute_force_in_each_class(seed: int, limit: int):
    scores, boxes = said(seed)
    found = [
        (float(scores[anchor, label]), anchor, label)
        for anchor in range(len(scores))
        for label in range(3)
        if scores[anchor, label] > 0.3
    ]
    kept = slowly(clipped(boxes), found, 0.4, limit)
    ours = detections(scores, boxes, SIZE, threshold=0.3, overlap=0.4, limit=limit)
    rows = [anchor for _, anchor, _ in kept]
    assert ours.labels.tolist() == [label for *_, label in kept]
    assert ours.scores.tolist() == pytest.approx([score for score, *_ in kept])
    assert np.allclose(ours.boxes, clipped(boxes)[rows])
    assert np.allclose(ours.classes, scores.numpy()[rows])


@pytest.mark.parametrize("seed", range(3))
def test_candidates_are_those_of_brute_force_over_all_classes(seed: int):
    scores, boxes = said(seed)
    best = scores.max(dim=1).values.tolist()
    found = [(score, anchor, 0) for anchor, score in enumerate(best) if score > 0.2]
    kept = [anchor for _, anchor, _ in slowly(clipped(boxes), found, 0.5, 15)]
    ours = candidates(scores, boxes, SIZE, threshold=0.2, limit=15)
    assert np.allclose(ours.boxes, clipped(boxes)[kept])
    assert ours.labels.tolist() == scores.argmax(dim=1)[kept].tolist()
    assert np.allclose(ours.classes, scores.numpy()[kept])


def test_two_classes_on_one_place_are_two_detections_and_one_candidate():
    scores, boxes = torch.tensor([[0.8, 0.6]]), torch.tensor([[5.0, 5, 20, 20]])
    assert detections(scores, boxes, SIZE).labels.tolist() == [0, 1]
    assert candidates(scores, boxes, SIZE).labels.tolist() == [0]


def test_a_score_at_the_threshold_does_not_count_and_one_above_it_does():
    boxes = torch.tensor([[5.0, 5, 20, 20]])
    for search in (detections, candidates):
        assert len(search(torch.tensor([[0.5]]), boxes, SIZE, threshold=0.5)) == 0
        assert len(search(torch.tensor([[0.5001]]), boxes, SIZE, threshold=0.5)) == 1


def test_where_nothing_is_found_the_tables_are_empty_and_keep_their_shape():
    for search in (detections, candidates):
        for count in (0, 7):
            found = search(torch.zeros(count, 3), torch.zeros(count, 4), SIZE)
            assert found.boxes.shape == (0, 4)
            assert found.classes.shape == (0, 3)
            assert found.labels.shape == found.scores.shape == (0,)


def test_of_very_many_classes_none_disturbs_another():
    count = 1500
    scores = torch.eye(count) * 0.9
    boxes = torch.tensor([[100.0, 100, 101, 101]]).repeat(count, 1)
    # One of each pair lacks a part: they overlap by 0.7, if nothing is rounded.
    boxes[1::2, 0] += 0.3
    scores[1::2] = scores[::2] * 0.5
    # Classes are told apart by more than the largest coordinate, so that there must be one.
    whole = torch.tensor([[0.0, 0, 4000, 4000]])
    boxes, scores = torch.cat([boxes[-100:], whole]), torch.cat([scores[-100:], scores[-1:] * 1.5])
    found = detections(scores, boxes, (4000, 4000), overlap=0.6, limit=count)
    assert len(found) == 100 // 2 + 1


def test_of_more_boxes_than_are_compared_the_surest_are():
    count = 1500
    left = torch.arange(count) * 2.0
    boxes = torch.stack([left, left * 0, left + 1, left * 0 + 1], dim=1)
    scores = torch.linspace(0.1, 0.9, count)[:, None]
    for search in (detections, candidates):
        found = search(scores, boxes, (10, 3000), limit=count)
        assert np.allclose(found.scores, scores.flip(0)[:1000, 0])
