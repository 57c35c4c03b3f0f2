from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.model.backbone import Backbone, backbone_spec, build_backbone, folded
from labelaudit.detector.model.backbones import BACKBONES, Scaling
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


def norms(backbone: nn.Module) -> int:
    return sum(isinstance(layer, nn.BatchNorm2d) for layer in backbone.modules())


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "efficientnet_lite0"])
def test_norms_go_into_convolutions_and_the_maps_stay_the_same(name: str):
    torch.manual_seed(0)
    backbone = build_backbone(DetectorConfig(name, weights="random"))
    fused = folded(backbone)
    images = torch.rand(1, 3, 64, 96) * 255
    with torch.inference_mode():
        for one, other in zip(backbone(images), fused(images), strict=True):
            assert torch.allclose(one, other, atol=1e-3 * float(one.abs().max()))
    assert norms(backbone)
    assert not norms(fused)
    assert not any(parameter.requires_grad for parameter in fused.parameters())


class Unordered(nn.Module):
    """Parts in another order than they are run in."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.norm = nn.Conv2d(3, 3, 3, 8, 1), nn.BatchNorm2d(3)
        nn.init.constant_(self.norm.weight, 2.0)

    def forward(self, images: Tensor) -> list[Tensor]:
        return [self.convolution(self.norm(images))]


def test_a_backbone_whose_maps_would_change_keeps_its_norms():
    scaling = Scaling((127.0, 127.0, 127.0), (128.0, 128.0, 128.0))
    backbone = Backbone(Unordered(), (3,), (8,), scaling).eval()
    assert folded(backbone) is backbone
