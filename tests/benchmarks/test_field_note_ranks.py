"""Ranks of backbones: what a probe sees of objects, and what its answers come to."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from benchmarks.field_note import ranks
from benchmarks.field_note.plan import NETWORKS
from benchmarks.field_note.ranks import PUBLISHED, SIDE, Ranks
from benchmarks.field_note.trials import Result
from labelaudit.core.columns import texts
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.model.backbone import build_backbone
from labelaudit.testing import one_image


def pictured(tmp_path, *boxes):
    """Left half red, right half green, 100 x 60 pixels."""
    picture = np.zeros((60, 100, 3), np.uint8)
    picture[:, :50, 0] = picture[:, 50:, 1] = 255
    Image.fromarray(picture).save(tmp_path / "a.png")
    dataset = one_image(*boxes)
    images = dataset.images.replaced(path=texts([str(tmp_path / "a.png")]))
    return dataclasses.replace(dataset, images=images)


def test_a_crop_is_a_square_around_its_box_and_black_beyond_the_image(tmp_path):
    dataset = pictured(tmp_path, "red 0 10 20 50", "green 60 20 80 40")
    made = ranks.crops(dataset, np.array([0]))
    assert made.pixels.shape == (2, 3, SIDE, SIDE)
    assert made.label.tolist() == [0, 1]
    red, green = made.pixels
    assert red[:, SIDE // 2, SIDE * 3 // 4].tolist() == [255, 0, 0]
    assert red[:, SIDE // 2, 2].tolist() == [0, 0, 0]  # 14 pixels left of the image's edge
    assert (green[1, 2:-2, 2:-2] == 255).all()


def test_a_crop_is_longer_than_its_box_by_a_fifth(tmp_path):
    dataset = pictured(tmp_path, "green 54 10 94 50")  # a side of 48: from 50 to 98
    crop = ranks.crops(dataset, np.array([0])).pixels[0]
    assert (crop[1, SIDE // 2, 2:] == 255).all()
    wider = ranks.crops(pictured(tmp_path, "green 53 10 93 50"), np.array([0])).pixels[0]
    assert wider[0, SIDE // 2, 0] > 200  # a pixel of the red half


def test_boxes_of_other_images_and_boxes_that_are_none_are_left_out(tmp_path):
    dataset = pictured(tmp_path, "red 0 10 20 50", "red 20 10 20 50")
    assert len(ranks.crops(dataset, np.array([0])).label) == 1


def test_a_probe_tells_apart_what_a_backbone_sees_differently():
    random = np.random.default_rng(0)
    dark = random.integers(0, 90, (12, 3, 64, 64)).astype(np.uint8)
    bright = random.integers(160, 250, (12, 3, 64, 64)).astype(np.uint8)
    both = ranks.Crops(np.concatenate([dark, bright]), np.repeat([4, 7], 12))
    backbone = build_backbone(DetectorConfig(backbone="squeezenet", weights="random", device="cpu"))
    some = np.arange(24) % 2 == 0
    learned, judged = (ranks.Crops(both.pixels[one], both.label[one]) for one in (some, ~some))
    assert ranks.probed(backbone.eval(), learned, judged).tolist() == judged.label.tolist()


def test_what_is_right_is_counted_over_objects_and_over_classes():
    answers, label = np.array([0, 0, 0, 0, 1]), np.array([0, 0, 0, 1, 1])
    trained = [
        Result("Lite0", "", 0, seed, value, value, value, 20, 10, 60.0)
        for seed, value in enumerate([0.5, 0.7])
    ]
    made = ranks.ranked("efficientnet_lite0", answers, label, trained, 30.0)
    assert (made.right, made.objects) == (4, 5)
    assert made.balanced == pytest.approx((1 + 0.5) / 2)
    page = ranks.page("digits", Ranks("2026-01-01", ranks.this_machine(), {}, 9, [made]))
    # Wilson's interval of 4 in 5: Agresti and Coull 1998.
    assert "| efficientnet_lite0 | 75.1 | 80.0 (37.6 to 96.4) | 75.0 | 60.0 ± 127.1 |" in page
    assert "9 objects learned, 5 judged; 2 seeds; " in page
    assert "; 2.5 min of CPU; " in page


def test_detectors_are_those_that_the_noise_is_tried_on():
    known = {choices["backbone"]: name for name, choices in NETWORKS.items() if "64" in name}
    for backbone, name in known.items():
        assert backbone in PUBLISHED
        assert name == f"Lite{backbone[-1]}, 64 channels"
