from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from labelaudit.detect.recipe import Recipe
from labelaudit.detect.stages import backbone
from labelaudit.detect.timm_networks import other_backbone
from labelaudit.errors import ConfigError

OTHERS = ["mobilenetv3_small_050", "convnext_atto", "regnetx_002"]


@pytest.mark.parametrize("name", OTHERS)
def test_any_network_of_timm_with_feature_maps_is_a_backbone(name: str):
    recipe = Recipe(name, weights="random", strides=(8, 32))
    found, stages = other_backbone(name, []), backbone(recipe)
    channels = dict(zip(found.strides, found.channels, strict=True))
    shapes = [tuple(x.shape) for x in stages(torch.rand(1, 3, 64, 96) * 255)]
    assert shapes == [(1, channels[8], 8, 12), (1, channels[32], 2, 3)]


@pytest.mark.parametrize("name", OTHERS)
def test_any_network_of_timm_can_be_trained_in_part(name: str):
    recipe = Recipe(name, weights="random", trained="partly")
    learns = [parameter.requires_grad for parameter in backbone(recipe).parameters()]
    assert 0 < sum(learns) < len(learns)
    whole = backbone(replace(recipe, trained="whole"))
    assert all(parameter.requires_grad for parameter in whole.parameters())


@pytest.mark.parametrize(
    ("name", "reason"),
    [("vit_tiny_patch16_224", "cannot read a picture"), ("mixer_s32_224", "cannot read")],
)
def test_a_network_that_cannot_be_a_backbone_is_an_error_that_says_why(name: str, reason: str):
    with pytest.raises(ConfigError, match=f"{name} {reason}.*choose another backbone") as error:
        other_backbone(name, [])
    assert "\n" not in str(error.value)
