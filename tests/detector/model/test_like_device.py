"""Networks that do what the framework of a device does."""

from __future__ import annotations

import pytest
import torch
from timm.layers.conv2d_same import Conv2dSame
from torch import Tensor, nn
from torch.nn.functional import conv2d, max_pool2d, pad

from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.device_settings import SCALINGS, DeviceSettings
from labelaudit.detector.model.backbone import build_backbone
from labelaudit.detector.model.detector import Detector
from labelaudit.detector.model.head import DetectionHead
from labelaudit.detector.model.like_device import (
    SameMaxPool2d,
    edit_layers,
    enlargement,
    like_device,
    padded,
    with_reversed_colours,
)
from labelaudit.errors import ConfigError


def detector(backbone: str = "squeezenet", **choices: object) -> Detector:
    torch.manual_seed(0)
    config = DetectorConfig(backbone=backbone, weights="random", device="cpu", **choices)
    maps = build_backbone(config)
    return Detector(maps, DetectionHead(config, maps.channels, 2)).eval()


def images(height: int = 64, width: int = 96) -> Tensor:
    return 255 * torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))


@torch.inference_mode()
def test_settings_that_say_nothing_change_nothing():
    network = detector()
    for one, other in zip(
        network(images()), like_device(network, DeviceSettings())(images()), strict=True
    ):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("backbone", "settings"),
    [
        ("squeezenet", DeviceSettings(padding="same")),
        ("efficientnet_lite0", DeviceSettings(padding="symmetric")),
        ("efficientnet_lite0", DeviceSettings(activation="relu")),
        ("squeezenet", DeviceSettings(enlargement="ceil")),
        ("squeezenet", DeviceSettings(enlargement="linear")),
        ("efficientnet_lite0", DeviceSettings(batch_norm_epsilon=0.1)),
        ("squeezenet", DeviceSettings(group_norm_epsilon=0.1)),
        ("squeezenet", DeviceSettings(group_norm_groups=4)),
        ("squeezenet", DeviceSettings(scaling="0..1")),
    ],
)
@torch.inference_mode()
def test_each_setting_changes_the_maps_and_not_the_weights_nor_the_original(backbone, settings):
    network = detector(backbone)
    before = [one.clone() for one in network.head.fpn(network.backbone(images()))]
    made = like_device(network, settings)
    after = made.head.fpn(made.backbone(images()))
    again = network.head.fpn(network.backbone(images()))
    assert all(map(torch.equal, before, again))
    assert not all(map(torch.equal, before, after))
    assert [one.shape for one in before] == [one.shape for one in after]
    network.load_state_dict(made.state_dict())  # same names and shapes


def test_padding_like_tensorflow_is_more_at_the_bottom_and_the_right():
    layer = nn.Conv2d(2, 4, 3, stride=2, padding=1)
    holder = nn.Sequential(layer)
    edit_layers(holder, padded("same"))
    x = torch.rand(1, 2, 8, 10)
    wanted = conv2d(pad(x, (0, 1, 0, 1)), layer.weight, layer.bias, stride=2)
    assert torch.allclose(holder(x), wanted)
    edit_layers(holder, padded("symmetric"))
    assert torch.allclose(holder(x), layer(x))
    assert holder[0].weight is layer.weight


def test_layers_without_a_stride_are_padded_alike_in_both_ways():
    layers = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 1, stride=2))
    before = list(layers)
    edit_layers(layers, padded("same"))
    assert list(layers) == before
    edit_layers(layers, padded("symmetric"))
    assert list(layers) == before


def test_only_the_kind_of_layer_that_is_meant_is_padded():
    layers = nn.Sequential(nn.Conv2d(1, 1, 3, stride=2, padding=1), nn.MaxPool2d(3, 2, padding=1))
    edit_layers(layers, padded("same", pools=False))
    assert [type(one) for one in layers] == [Conv2dSame, nn.MaxPool2d]
    edit_layers(layers, padded("same", convolutions=False))
    assert [type(one) for one in layers] == [Conv2dSame, SameMaxPool2d]
    edit_layers(layers, padded("symmetric"))
    assert [type(one) for one in layers] == [nn.Conv2d, nn.MaxPool2d]


@pytest.mark.parametrize("size", [(8, 10), (7, 9)])
def test_pooling_like_tensorflow_leaves_out_what_is_beyond_the_edge(size):
    x = -torch.rand(1, 2, *size)
    more = [1 - side % 2 for side in size]
    wide = pad(x, (1 - more[1], 1, 1 - more[0], 1), value=float("-inf"))
    assert torch.equal(SameMaxPool2d(3, 2)(x), max_pool2d(wide, 3, 2))


def slow_enlarged(x: list[float], size: int, place) -> list[float]:
    return [x[min(max(place(i, len(x), size), 0), len(x) - 1)] for i in range(size)]


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("floor", lambda i, old, new: i * old // new),
        ("ceil", lambda i, old, new: -(-i * old // new)),
        ("align-corners", lambda i, old, new: i * (old - 1) // max(new - 1, 1)),
    ],
)
@pytest.mark.parametrize(("old", "new"), [(3, 6), (4, 8), (1, 2), (3, 5)])
def test_a_map_is_enlarged_to_the_place_that_the_rounding_says(kind, place, old, new):
    row = [float(value) for value in range(10, 10 + old)]
    x = torch.tensor(row).reshape(1, 1, 1, old).expand(1, 1, old, old)
    like = torch.zeros(1, 1, new, new)
    made = enlargement(kind)(x, like)
    assert made.shape == like.shape
    assert made[0, 0, 0].tolist() == slow_enlarged(row, new, place)
    turned = enlargement(kind)(x.transpose(2, 3), like)
    assert turned[0, 0, :, 0].tolist() == slow_enlarged(row, new, place)


@torch.inference_mode()
def test_a_network_with_reversed_colours_sees_in_bgr_what_the_other_sees_in_rgb():
    network = detector("efficientnet_lite0")
    for scaling in (SCALINGS["imagenet"], SCALINGS["0..1"]):
        network = like_device(network, DeviceSettings(scaling=scaling))
        made = with_reversed_colours(network)
        for one, other in zip(
            network.backbone(images().flip(1)), made.backbone(images()), strict=True
        ):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_groups_that_channels_cannot_be_divided_into_are_refused():
    with pytest.raises(ConfigError, match="group_norm_groups of the device is 5"):
        like_device(detector(), DeviceSettings(group_norm_groups=5))


def test_a_network_without_a_convolution_of_colours_is_refused():
    with pytest.raises(ConfigError, match="three colours"):
        with_reversed_colours(nn.Sequential(nn.Conv2d(1, 1, 1)))
