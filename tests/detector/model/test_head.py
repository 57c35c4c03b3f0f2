from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from labelaudit.detector.config import DetectorConfig, Norm
from labelaudit.detector.model.anchors import anchors
from labelaudit.detector.model.head import DetectionHead

CHANNELS = (40, 112, 320)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def features(config: DetectorConfig, height: int = 64, width: int = 96) -> list[Tensor]:
    return [
        torch.randn(2, channels, height // stride, width // stride)
        for channels, stride in zip(CHANNELS, config.strides, strict=False)
    ]


def size(head: DetectionHead) -> int:
    return sum(parameter.numel() for parameter in head.parameters())


def test_the_default_head_is_as_light_as_the_method_was_measured_with():
    assert size(DetectionHead(DetectorConfig(), CHANNELS, 3)) == 68_234


def test_a_dense_pyramid_is_heavier_and_says_as_much():
    dense = DetectorConfig(pyramid="dense")
    head = DetectionHead(dense, CHANNELS, 3)
    assert size(head) > 4 * size(DetectionHead(DetectorConfig(), CHANNELS, 3))
    logits, offsets = head(features(dense))
    assert (logits.shape[2], offsets.shape[2]) == (3, 4)


def test_a_separable_head_mixes_channels_only_one_by_one():
    kernels = [
        (layer.groups, layer.kernel_size)
        for layer in DetectionHead(DetectorConfig(), CHANNELS, 3).fpn.output.modules()
        if isinstance(layer, nn.Conv2d)
    ]
    assert set(kernels) == {(64, (3, 3)), (1, (1, 1))}


@pytest.mark.parametrize("norm", ["group", "batch", "layer", "none"])
def test_every_norm_can_be_built_and_learns(norm: Norm):
    config = DetectorConfig(norm=norm)
    logits, offsets = DetectionHead(config, CHANNELS, 3)(features(config))
    (logits.sum() + offsets.sum()).backward()
    assert logits.isfinite().all()


def test_at_first_every_class_is_about_as_likely_as_one_in_a_hundred():
    with torch.no_grad():
        logits, offsets = DetectionHead(DetectorConfig(), CHANNELS, 3)(features(DetectorConfig()))
    assert float(logits.sigmoid().mean()) == pytest.approx(0.01, rel=0.3)
    assert float(offsets.abs().mean()) < 0.3


def test_outputs_stand_in_the_order_of_the_anchors():
    config = DetectorConfig(
        anchor_scales=(2.0, 4.0), anchor_ratios=(0.5, 1.0), channels=8, norm="none"
    )
    head = DetectionHead(config, CHANNELS, 3).eval()
    given = features(config)
    level, row, column, shape = 1, 2, 5, 3
    maps = head.fpn(given)
    here = head.class_branch(maps[level])[0, shape * 3 : shape * 3 + 3, row, column]
    box = head.box_branch(maps[level])[0, shape * 4 : shape * 4 + 4, row, column]
    found = anchors(config, 64, 96)
    at = torch.tensor([(column + 0.5) * 16, (row + 0.5) * 16])
    place = (found.level == level) & (found.centre == at).all(dim=1)
    anchor = torch.nonzero(place).flatten()[shape]
    logits, offsets = head(given)
    assert torch.allclose(logits[0, anchor], here, atol=1e-6)
    assert torch.allclose(offsets[0, anchor], box, atol=1e-6)


def test_a_coarse_level_is_heard_at_the_finer_ones_and_not_the_other_way_round():
    head = DetectionHead(DetectorConfig(), CHANNELS, 3).eval()
    fine, middle, coarse = features(DetectorConfig())
    before = head.fpn([fine, middle, coarse])
    after = head.fpn([fine, middle, coarse + 1000 * torch.randn(coarse.shape)])
    assert [torch.equal(a, b) for a, b in zip(before, after, strict=True)] == [False] * 3
    after = head.fpn([fine + 1000 * torch.randn(fine.shape), middle, coarse])
    assert [torch.equal(a, b) for a, b in zip(before, after, strict=True)] == [False, True, True]


def test_what_an_image_is_told_does_not_depend_on_the_others():
    head = DetectionHead(DetectorConfig(), CHANNELS, 3)
    given = features(DetectorConfig())
    both, _ = head(given)
    alone, _ = head([x[:1] for x in given])
    assert torch.allclose(both[:1], alone, atol=1e-5)


def test_one_level_and_one_class_are_enough():
    config = DetectorConfig(strides=(32,), head_depth=0)
    logits, _ = DetectionHead(config, (320,), 1)([torch.randn(1, 320, 1, 1)])
    assert logits.shape == (1, 1, 1)
