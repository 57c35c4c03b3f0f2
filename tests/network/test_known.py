from __future__ import annotations

import numpy as np
import pytest
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator

from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.model.backbones import BACKBONES
from labelaudit.detector.preprocess import LARGEST_ENLARGEMENT
from labelaudit.network.known import KNOWN_NETWORKS, in_pairs, of_strides
from labelaudit.network.settings import network_settings

OURS = [name for name, one in KNOWN_NETWORKS.items() if one.source == "labelaudit train"]


def test_all_backbones_that_can_be_trained_are_known():
    assert sorted(OURS) == list(BACKBONES)


@pytest.mark.parametrize("name", OURS)
def test_a_backbone_is_known_with_what_a_training_of_it_builds(name: str):
    known, config = KNOWN_NETWORKS[name], DetectorConfig(backbone=name)
    assert known.strides == config.strides
    assert known.anchors == of_strides(config.strides, config.anchor_scales, config.anchor_ratios)
    assert known.largest_enlargement == LARGEST_ENLARGEMENT


@pytest.mark.parametrize(
    ("name", "generator"),
    [
        (
            "ssdlite320_mobilenet_v3_large",
            DefaultBoxGenerator([[2, 3] for _ in range(6)], min_ratio=0.2, max_ratio=0.95),
        ),
        (
            "ssd300_vgg16",
            DefaultBoxGenerator(
                [[2], [2, 3], [2, 3], [2, 3], [2], [2]],
                scales=[0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05],
                steps=[8, 16, 32, 64, 100, 300],
            ),
        ),
    ],
)
def test_anchors_of_ssd_are_those_of_torchvision(name: str, generator: DefaultBoxGenerator):
    network = network_settings(name=name)
    for level, expected in zip(network.anchors, generator._wh_pairs, strict=True):
        ours = np.array(level) / network.train_size[0]
        np.testing.assert_allclose(ours, expected.numpy(), atol=1e-6)


@pytest.mark.parametrize("name", KNOWN_NETWORKS)
def test_what_is_known_of_a_network_makes_settings(name: str):
    network = network_settings(name=name, train_size=512)
    assert len(network.anchors) in (0, len(network.strides))
    assert all(w > 0 and h > 0 for level in network.anchors for w, h in level)
    assert KNOWN_NETWORKS[name].source


def test_retinanet_has_nine_anchors_a_place_from_32_px_on():
    network = network_settings(name="retinanet", train_size=640)
    assert [len(level) for level in network.anchors] == [9] * 5
    assert min(w * h for w, h in network.anchors[0]) == pytest.approx(32 * 32)


def test_pairs_are_widths_and_heights_in_turn():
    assert in_pairs([10, 13], [16, 30, 33, 23]) == (((10, 13),), ((16, 30), (33, 23)))
