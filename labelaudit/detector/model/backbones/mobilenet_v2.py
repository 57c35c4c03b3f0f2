"""MobileNetV2."""

from __future__ import annotations

from labelaudit.detector.model.backbones import BACKBONES, IMAGENET
from labelaudit.detector.model.timm_networks import timm_spec_of

BACKBONES.add(
    "mobilenet_v2",
    timm_spec_of(
        "mobilenet_v2",
        "mobilenetv2_100",
        "Sandler et al., MobileNetV2, 2018; weights by timm",
        (24, 32, 96, 320),
        IMAGENET,
    ),
)
