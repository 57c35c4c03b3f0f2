from __future__ import annotations

import pytest
import torch

from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.model.anchors import anchors, decode_boxes, encode_boxes
from labelaudit.errors import ConfigError

MANY = DetectorConfig(anchor_scales=(4.0, 6.0), anchor_ratios=(0.5, 1.0, 2.0))


def test_anchors_stand_as_a_loop_puts_them():
    rows = [
        [x - w / 2, y - h / 2, x + w / 2, y + h / 2]
        for stride in MANY.strides
        for y in [(row + 0.5) * stride for row in range(64 // stride)]
        for x in [(column + 0.5) * stride for column in range(96 // stride)]
        for scale in MANY.anchor_scales
        for ratio in MANY.anchor_ratios
        for w, h in [(stride * scale / ratio**0.5, stride * scale * ratio**0.5)]
    ]
    found = anchors(MANY, 64, 96)
    assert torch.allclose(found.xyxy, torch.tensor(rows), atol=1e-4)
    assert found.level.bincount().tolist() == [8 * 12 * 6, 4 * 6 * 6, 2 * 3 * 6]
    assert found.per_place == 6


def test_a_level_that_is_left_out_has_no_anchors():
    whole, part = (
        anchors(DetectorConfig(), 64, 96),
        anchors(DetectorConfig(strides=(16, 32)), 64, 96),
    )
    assert torch.equal(part.xyxy, whole.xyxy[whole.level > 0])
    assert len(part) == 4 * 6 + 2 * 3


def test_ratio_is_height_over_width_and_keeps_the_area():
    config = DetectorConfig(strides=(8,), anchor_ratios=(4.0,))
    side = anchors(config, 8, 8).xyxy[0, 2:] - anchors(config, 8, 8).xyxy[0, :2]
    assert side.tolist() == [16.0, 64.0]


@pytest.mark.parametrize(("height", "width"), [(60, 96), (64, 100), (0, 32)])
def test_sides_that_maps_do_not_fit_are_an_error(height: int, width: int):
    with pytest.raises(ConfigError, match="multiples of 32"):
        anchors(DetectorConfig(), height, width)


def test_no_offset_is_the_anchor_itself():
    found = anchors(MANY, 64, 96)
    assert torch.allclose(
        decode_boxes(found.xyxy, torch.zeros(2, len(found), 4)), found.xyxy, atol=1e-4
    )


def test_encoding_is_undone():
    found = anchors(MANY, 64, 96)
    random = torch.Generator().manual_seed(0)
    corner = torch.rand(len(found), 2, generator=random) * 60
    boxes = torch.cat([corner, corner + 8 + 30 * torch.rand(len(found), 2, generator=random)], 1)
    again = decode_boxes(found.xyxy, encode_boxes(found.xyxy, boxes))
    assert torch.allclose(again, boxes, atol=1e-3)


def test_no_offset_overflows():
    found = anchors(DetectorConfig(), 32, 32)
    assert decode_boxes(found.xyxy, torch.full((len(found), 4), 1e4)).isfinite().all()
