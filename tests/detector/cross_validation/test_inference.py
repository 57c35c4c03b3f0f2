from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.boxes.ops import iou
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.cross_validation.inference import (
    EPSILON,
    Models,
    loss_inspection,
    predict_both_views,
)
from labelaudit.detector.model.anchors import anchors, mirror_permutation
from labelaudit.detector.model.head import DetectionHead
from labelaudit.detector.training.atss import positive_anchors


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 4))
def test_loss_inspection_is_that_of_a_direct_computation(seed: int, count: int, classes: int):
    random = np.random.default_rng(seed)
    places = anchors(DetectorConfig(), 64, 96)
    scores = random.uniform(0, 1, (len(places), classes)) ** 3
    boxes = random.uniform(-10, 90, (len(places), 4))
    boxes[:, 2:] = boxes[:, :2] + random.uniform(1, 40, (len(places), 2))
    corner = random.uniform(-5, 60, (count, 2))
    query = np.concatenate([corner, corner + random.uniform(0.5, 60, (count, 2))], axis=1)
    tensors = (torch.from_numpy(values).float() for values in (scores, boxes, query))
    s, b, q = tensors
    found = loss_inspection(s, b, places, q)
    chosen = positive_anchors(places, q).numpy()
    for row in range(count):
        p, here = scores[chosen[row]], boxes[chosen[row]]
        overlap = iou(here, np.tile(query[row], (len(here), 1)))
        weight = p.max(axis=1) / p.max(axis=1).sum()
        assert np.allclose(found.det_probs[row], p.max(axis=0), atol=1e-5)
        for label in range(classes):
            wanted = np.eye(classes)[label]
            entropy = -(wanted * np.log(p + EPSILON) + (1 - wanted) * np.log(1 - p + EPSILON))
            expected = entropy.sum(axis=1).mean()
            assert np.isclose(found.class_loss[row, label], expected, rtol=1e-3, atol=1e-3)
        assert np.isclose(found.box_loss[row], (1 - overlap).mean(), atol=1e-4)
        assert np.isclose(found.weighted_iou[row], (weight * overlap).sum(), atol=1e-3)
        assert np.allclose(
            found.mean_anchor_box[row], (weight[:, None] * here).sum(axis=0), atol=0.05
        )


def test_nobody_asked_nothing_is_said():
    places = anchors(DetectorConfig(), 64, 64)
    found = loss_inspection(torch.rand(len(places), 3), places.xyxy, places, torch.zeros((0, 4)))
    assert found.det_probs.shape == (0, 3)
    assert found.mean_anchor_box.shape == (0, 4)


def test_a_detector_that_sees_nothing_still_says_where():
    places = anchors(DetectorConfig(), 64, 64)
    box = torch.tensor([[10.0, 10, 50, 50]])
    found = loss_inspection(torch.zeros(len(places), 1), places.xyxy, places, box)
    assert torch.isfinite(found.mean_anchor_box).all()
    assert torch.isfinite(found.class_loss).all()


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 4), st.integers(1, 5), st.sampled_from([(1.0,), (0.5, 2.0)]))
def test_an_anchor_and_its_mirror_image_lie_opposite(height: int, width: int, ratios: Any):
    places = anchors(DetectorConfig(anchor_ratios=ratios), 32 * height, 32 * width)
    for one, other in enumerate(mirror_permutation(places, 32 * width).tolist()):
        left, top, right, bottom = places.xyxy[one].tolist()
        opposite = [32 * width - right, top, 32 * width - left, bottom]
        assert places.xyxy[other].tolist() == pytest.approx(opposite, abs=1e-3)


def test_images_are_seen_from_both_sides():
    torch.manual_seed(0)
    places, head = anchors(DetectorConfig(), 64, 96), DetectionHead(DetectorConfig(), (4, 6, 8), 2)
    head.eval()
    models = Models(head, *[cast("Any", None)] * 4, places)
    maps = [torch.randn(1, width, 64 // s, 96 // s) for width, s in ((4, 8), (6, 16), (8, 32))]
    mirrors = [x.flip(3) for x in maps]
    with torch.inference_mode():
        scores, boxes = predict_both_views(models, maps, mirrors, 96)
        again, moved = predict_both_views(models, mirrors, maps, 96)
    turned = mirror_permutation(places, 96)
    assert torch.allclose(scores, again[:, turned], atol=1e-5)
    left, top, right, bottom = moved[:, turned].unbind(dim=2)
    back = torch.stack([96 - right, top, 96 - left, bottom], dim=2)
    assert torch.allclose(boxes, back, atol=1e-3)
    with torch.inference_mode():
        assert not torch.allclose(scores, head(maps)[0].sigmoid(), atol=1e-5)
