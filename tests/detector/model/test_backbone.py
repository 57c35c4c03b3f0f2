from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.model.backbone import backbone_spec, build_backbone
from labelaudit.detector.model.backbones import BACKBONES
from labelaudit.errors import ConfigError, UnknownNameError


def test_a_network_that_does_not_exist_is_an_error_with_a_suggestion():
    with pytest.raises(UnknownNameError, match="'resnet5'; did you mean 'resnet50'"):
        build_backbone(DetectorConfig("resnet5", weights="random"))


def test_a_stride_that_a_backbone_has_not_is_an_error(monkeypatch: pytest.MonkeyPatch):
    coarse = replace(BACKBONES["squeezenet"], channels=(512, 512), strides=(16, 32))
    monkeypatch.setitem(BACKBONES._items, "squeezenet", coarse)
    with pytest.raises(ConfigError, match=r"squeezenet has no stride 8; it offers \[16, 32\]"):
        build_backbone(DetectorConfig("squeezenet", weights="random"))


def test_the_backbone_comes_ready_to_be_used():
    assert not build_backbone(DetectorConfig("squeezenet", weights="random")).training


def test_a_value_of_one_image_does_not_reach_another():
    backbone = build_backbone(DetectorConfig("squeezenet", weights="random", trained="whole"))
    images = torch.rand(2, 3, 64, 64) * 255
    both = backbone(images)
    alone = backbone(images[1:])
    assert all(torch.allclose(a[1:], b, atol=1e-4) for a, b in zip(both, alone, strict=True))


def test_what_a_backbone_declares_is_asked_for_by_name():
    assert backbone_spec("resnet34").channels == (64, 128, 256, 512)
    assert backbone_spec("mobilenetv3_small_050").name == "mobilenetv3_small_050"
