"""MobileNetV1."""

from __future__ import annotations

from labelaudit.detector.model.backbones import BACKBONES, Scaling
from labelaudit.detector.model.timm_networks import timm_spec_of

BACKBONES.add(
    "mobilenet_v1",
    timm_spec_of(
        "mobilenet_v1",
        "mobilenetv1_100",
        "Howard et al., MobileNets, 2017; weights by timm",
        (128, 256, 512, 1024),
        Scaling.of_units((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ),
)
