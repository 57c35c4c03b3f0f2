"""ResNet-50 and ResNet-34."""

from __future__ import annotations

from labelaudit.detector.model.backbones import BACKBONES, IMAGENET
from labelaudit.detector.model.timm_networks import timm_spec_of

SOURCE = "He et al., Deep residual learning for image recognition, 2016; weights by timm"

BACKBONES.add(
    "resnet50", timm_spec_of("resnet50", "resnet50", SOURCE, (256, 512, 1024, 2048), IMAGENET)
)
BACKBONES.add(
    "resnet34", timm_spec_of("resnet34", "resnet34", SOURCE, (64, 128, 256, 512), IMAGENET)
)
