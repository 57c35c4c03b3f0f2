"""NMS with outputs of one shape finds what NMS outside of a file finds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from labelaudit.deployment.description import Inside
from labelaudit.deployment.in_file_nms import strongest_detections
from labelaudit.detector.nms import STRONGEST, detections

SIZE = (64, 96)  # height, width


def drawn(seed, anchors=400, classes=4):
    """Scores (2, a, c) and boxes (2, a, 4), some of them partly outside of the image."""
    draw = torch.Generator().manual_seed(seed)
    scores = torch.rand((2, anchors, classes), generator=draw) ** 3
    first = torch.rand((2, anchors, 2), generator=draw) * torch.tensor([110.0, 75.0]) - 10
    boxes = torch.cat([first, first + 3 + 30 * torch.rand((2, anchors, 2), generator=draw)], dim=2)
    return scores, boxes


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("threshold", "overlap", "limit"), [(0.02, 0.6, 100), (0.9, 0.2, 7)])
def test_it_is_nms_of_each_image(seed, threshold, overlap, limit):
    scores, boxes = drawn(seed)
    assert scores[0].numel() > STRONGEST  # so that some are not compared
    inside = Inside(nms=True, threshold=threshold, overlap=overlap, limit=limit)
    found, sure, label = strongest_detections(scores, boxes, inside, SIZE)
    assert found.shape == (2, limit, 4)
    for row in range(2):
        alone = detections(
            scores[row], boxes[row], SIZE, threshold=threshold, overlap=overlap, limit=limit
        )
        count = len(alone)
        np.testing.assert_allclose(found[row, :count], alone.boxes, rtol=1e-6)
        np.testing.assert_allclose(sure[row, :count], alone.scores, rtol=1e-6)
        assert label[row, :count].tolist() == alone.labels.tolist()
        assert label[row, count:].tolist() == [-1] * (limit - count)
        assert not found[row, count:].any()
        assert not sure[row, count:].any()


def test_a_score_at_the_threshold_does_not_count():
    inside = Inside(nms=True, threshold=0.5, limit=2)
    boxes = torch.tensor([[[0.0, 0, 10, 10], [50, 0, 60, 10]]])
    scores = torch.tensor([[[0.5], [np.nextafter(np.float32(0.5), np.float32(1)).item()]]])
    _, _, label = strongest_detections(scores, boxes, inside, SIZE)
    assert label.tolist() == [[0, -1]]


def test_fewer_anchors_than_detections_give_as_many_as_there_are():
    inside = Inside(nms=True, limit=100)
    found, sure, label = strongest_detections(*drawn(0, anchors=3, classes=2), inside, SIZE)
    assert (found.shape, sure.shape, label.shape) == ((2, 6, 4), (2, 6), (2, 6))
