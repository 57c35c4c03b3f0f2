"""What holds for every backbone."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import timm
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torchvision.models import squeezenet1_1

import tests.detector.model.backbones
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.model.anchors import anchors
from labelaudit.detector.model.backbone import Backbone, build_backbone
from labelaudit.detector.model.backbones import BACKBONES, BackboneSpec
from labelaudit.detector.model.detector import Detector
from labelaudit.detector.model.head import DetectionHead
from labelaudit.errors import ConfigError

RANDOM = DetectorConfig(weights="random")

WHOLE: dict[str, tuple[Callable[[], nn.Module], float, float]] = {
    # Xie et al. (ResNeXt) 2017, table 1.
    "resnet50": (lambda: timm.create_model("resnet50"), 25.5e6, 0.01),
    # The table of torchvision's models.
    "resnet34": (lambda: timm.create_model("resnet34"), 21.8e6, 0.01),
    # Howard et al. 2017, table 8.
    "mobilenet_v1": (lambda: timm.create_model("mobilenetv1_100"), 4.2e6, 0.01),
    # Sandler et al. 2018, table 4, without the statistics of BatchNorm.
    "mobilenet_v2": (lambda: timm.create_model("mobilenetv2_100"), 3.4e6, 0.035),
    # Iandola et al. 2016, table 1, for version 1.0; 1.1 has slightly fewer, its authors say.
    "squeezenet": (squeezenet1_1, 1.248e6, 0.02),
    # The table of Google's EfficientNet-Lite.
    "efficientnet_lite0": (lambda: timm.create_model("tf_efficientnet_lite0"), 4.7e6, 0.015),
}
"""The whole network, its parameters as published, and how far ours may be from that."""

# A backbone may say it in its own test.
OWN = tests.detector.model.backbones
for module in pkgutil.iter_modules(OWN.__path__, f"{OWN.__name__}."):
    WHOLE |= importlib.import_module(module.name).WHOLE


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture(params=list(BACKBONES))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@cache
def frozen(name: str) -> Backbone:
    torch.manual_seed(0)
    return build_backbone(replace(RANDOM, backbone=name))


@cache
def whole(name: str) -> nn.Module:
    torch.manual_seed(0)
    return WHOLE[name][0]().eval()


def image_batch(height: int = 64, width: int = 96) -> Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(1)) * 255


def shapes(maps: list[Tensor]) -> list[tuple[int, ...]]:
    return [tuple(x.shape) for x in maps]


def trained(backbone: Backbone) -> list[bool]:
    return [parameter.requires_grad for parameter in backbone.parameters()]


def norms(module: nn.Module) -> list[nn.Module]:
    return [layer for layer in module.modules() if isinstance(layer, nn.GroupNorm | _BatchNorm)]


def loss_of(detector: Detector) -> Tensor:
    logits, offsets = detector(image_batch())
    return logits.sigmoid().sum() + offsets.square().sum()


def test_each_is_compared_with_the_network_that_was_published():
    assert set(WHOLE) == set(BACKBONES)


def test_the_networks_of_the_field_are_there():
    mobile = {"mobilenet_v1", "mobilenet_v2", "squeezenet", "efficientnet_lite0"}
    assert {"resnet34", "resnet50"} | mobile <= set(BACKBONES)


def test_it_says_its_name_and_where_it_comes_from(name: str):
    assert BACKBONES[name].name == name
    assert "et al." in BACKBONES[name].source or "and" in BACKBONES[name].source
    assert "weights" in BACKBONES[name].source


@pytest.mark.parametrize(("height", "width"), [(64, 96), (160, 32)])
def test_its_maps_have_the_channels_and_strides_that_it_declares(
    name: str, height: int, width: int
):
    spec: BackboneSpec = BACKBONES[name]
    backbone = build_backbone(replace(RANDOM, backbone=name, strides=spec.strides))
    maps = backbone(image_batch(height, width))
    assert shapes(maps) == [
        (2, channels, height // stride, width // stride)
        for channels, stride in zip(spec.channels, spec.strides, strict=True)
    ]
    assert (backbone.channels, backbone.strides) == (spec.channels, spec.strides)


@pytest.mark.parametrize("strides", [(16, 32), (8, 16), (8, 32), (16,), (32,)])
def test_any_levels_can_be_left_out(name: str, strides: tuple[int, ...]):
    config = replace(RANDOM, backbone=name, strides=strides)
    backbone = build_backbone(config)
    backbone.load_state_dict(frozen(name).state_dict(), strict=False)
    expected = dict(zip((8, 16, 32), frozen(name)(image_batch()), strict=True))
    for x, stride in zip(backbone(image_batch()), strides, strict=True):
        assert torch.equal(x, expected[stride])
    logits, offsets = Detector(backbone, DetectionHead(config, backbone.channels, 4))(image_batch())
    count = len(anchors(config, 64, 96))
    assert shapes([logits, offsets]) == [(2, count, 4), (2, count, 4)]


def test_what_no_level_needs_is_not_there(name: str):
    coarse = build_backbone(replace(RANDOM, backbone=name, strides=(8,)))
    assert len(list(coarse.parameters())) < len(list(frozen(name).parameters()))


def test_the_whole_network_has_as_many_parameters_as_published(name: str):
    _, published, tolerance = WHOLE[name]
    count = sum(parameter.numel() for parameter in whole(name).parameters())
    assert count == pytest.approx(published, rel=tolerance)


def test_it_is_the_published_network_but_for_its_end(name: str):
    published = {key: value.shape for key, value in whole(name).state_dict().items()}
    ours = BACKBONES[name].build((8, 16, 32)).network.state_dict()
    assert {key: value.shape for key, value in ours.items()}.items() <= published.items()
    ends = ("fc.", "classifier.", "conv_head.", "bn2.")
    assert all(key.startswith(ends) for key in published.keys() - ours.keys())


def test_weights_from_a_file_of_the_whole_network_are_taken(name: str, tmp_path: Path):
    torch.save({"state_dict": whole(name).state_dict()}, tmp_path / "weights.pth")
    backbone = build_backbone(replace(RANDOM, backbone=name, weights=str(tmp_path / "weights.pth")))
    taken, given = backbone.maps.state_dict(), whole(name).state_dict()
    for key, value in taken.items():
        assert torch.equal(value, given[key.removeprefix("network.")])


def test_without_published_weights_one_line_says_what_to_do(
    name: str, monkeypatch: pytest.MonkeyPatch
):
    def offline() -> None:
        raise OSError("no network\nand more")

    cut_off = replace(BACKBONES[name], published=offline)
    monkeypatch.setitem(BACKBONES._items, name, cut_off)
    with pytest.raises(ConfigError, match=f"{name} cannot be had.*no network.*--weights.*random"):
        build_backbone(DetectorConfig(backbone=name))


def test_a_frozen_backbone_lets_only_the_head_learn(name: str):
    backbone = frozen(name)
    detector = Detector(backbone, DetectionHead(RANDOM, backbone.channels, 3)).train()
    before = {key: value.clone() for key, value in backbone.state_dict().items()}
    loss_of(detector).backward()
    assert all(parameter.grad is None for parameter in backbone.parameters())
    assert all(parameter.grad is not None for parameter in detector.head.parameters())
    assert all(torch.equal(value, before[key]) for key, value in backbone.state_dict().items())
    assert not any(layer.training for layer in norms(backbone))


def test_a_partly_trained_backbone_keeps_its_first_layers(name: str):
    backbone = build_backbone(replace(RANDOM, backbone=name, trained="partly")).train()
    kept = trained(backbone)
    assert kept == sorted(kept)
    assert 0 < sum(kept) < len(kept)
    fine = BACKBONES[name].build((4,)).network
    assert len(kept) - sum(kept) == len(list(fine.parameters()))
    assert [layer.training for layer in norms(backbone)] == sorted(
        layer.training for layer in norms(backbone)
    )
    loss_of(Detector(backbone, DetectionHead(RANDOM, backbone.channels, 3))).backward()
    assert [parameter.grad is not None for parameter in backbone.parameters()] == kept


def test_a_wholly_trained_backbone_learns_throughout(name: str):
    backbone = build_backbone(replace(RANDOM, backbone=name, trained="whole")).train()
    loss_of(Detector(backbone, DetectionHead(RANDOM, backbone.channels, 3))).backward()
    assert all(parameter.grad is not None for parameter in backbone.parameters())
    assert all(layer.training for layer in norms(backbone))


def test_pyramid_and_head_are_normalised_by_group_and_never_by_batch(name: str):
    head = DetectionHead(RANDOM, frozen(name).channels, 3)
    found = norms(head)
    # A lateral and an output a level, and the two branches.
    assert len(found) == 3 * 2 + 2 * RANDOM.head_depth
    assert all(isinstance(layer, nn.GroupNorm) for layer in found)


def test_it_is_told_colours_from_0_to_255_and_scales_them_itself(name: str):
    scaling = BACKBONES[name].scaling
    grey = torch.tensor(scaling.mean).reshape(1, 3, 1, 1).expand(1, 3, 64, 64)
    inner = frozen(name).maps(torch.zeros(1, 3, 64, 64))
    for ours, theirs in zip(frozen(name)(grey), inner, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)
    assert all(50 < value < 130 for value in (*scaling.mean, *scaling.std))
