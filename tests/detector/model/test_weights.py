from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.model.backbone import build_backbone
from labelaudit.detector.model.backbones.efficientnet_lite0 import TIMM_NAME, packaged
from labelaudit.errors import ConfigError

DAISY = 985
"""The class of ImageNet."""


def flower() -> Tensor:
    """An image that comes with scikit-learn, (1, 3, 224, 224)."""
    import numpy as np
    from sklearn.datasets import load_sample_image

    small = Image.fromarray(load_sample_image("flower.jpg")).resize((224, 224))
    return torch.tensor(np.asarray(small)).permute(2, 0, 1)[None].float()


def network(name: str = "resnet34") -> nn.Module:
    return timm.create_model(name)


@torch.no_grad()
def test_the_packaged_weights_of_lite0_see_a_daisy_and_feed_the_backbone():
    whole = timm.create_model(TIMM_NAME).eval()
    whole.load_state_dict(dict(packaged()))
    backbone = build_backbone(DetectorConfig())
    maps = backbone(flower())
    scores = whole.get_classifier()(
        whole.global_pool(whole.bn2(whole.conv_head(maps[-1]))).flatten(1)
    )
    assert int(scores.argmax()) == DAISY
    assert torch.equal(scores, whole((flower() - 127) / 128))


def test_the_package_holds_every_tensor_of_lite0_in_its_shape():
    wanted = timm.create_model(TIMM_NAME).state_dict()
    given = packaged()
    assert {name: x.shape for name, x in given.items()} == {n: x.shape for n, x in wanted.items()}


def test_weights_in_safetensors_are_taken(tmp_path: Path):
    given = network().state_dict()
    save_file(given, tmp_path / "weights.safetensors")
    backbone = build_backbone(
        DetectorConfig("resnet34", weights=str(tmp_path / "weights.safetensors"))
    )
    assert torch.equal(backbone.maps.state_dict()["network.conv1.weight"], given["conv1.weight"])


def test_random_weights_follow_the_seed():
    first, second, third = (
        (torch.manual_seed(seed), build_backbone(DetectorConfig("squeezenet", weights="random")))[1]
        for seed in (1, 1, 2)
    )
    picture = torch.rand(1, 3, 32, 32) * 255
    assert torch.equal(first(picture)[0], second(picture)[0])
    assert not torch.equal(first(picture)[0], third(picture)[0])


def refusal(path: Path, name: str = "resnet34") -> str:
    with pytest.raises(ConfigError) as error:
        build_backbone(DetectorConfig(name, weights=str(path)))
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)
    return str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    assert "no such file" in refusal(tmp_path / "weights.pth")


@pytest.mark.parametrize("ending", ["pth", "safetensors"])
@pytest.mark.parametrize("content", [b"", b"no weights\n" * 100, b"PK\x03\x04 torn", b"\x80\x02}q"])
def test_a_file_that_holds_no_weights_is_named(tmp_path: Path, ending: str, content: bytes):
    path = tmp_path / f"weights.{ending}"
    path.write_bytes(content)
    assert "not a file of weights" in refusal(path)


def test_a_pickle_that_would_run_a_program_is_refused(tmp_path: Path):
    content = {"state_dict": network().state_dict(), "settings": Path("x")}
    torch.save(content, tmp_path / "weights.pth")
    told = refusal(tmp_path / "weights.pth")
    assert "not a file of weights (it holds more than tensors, or is damaged); save the" in told


@pytest.mark.parametrize("content", [7, [1, 2], {"state_dict": 3}, {"epoch": 3}, torch.zeros(3)])
def test_a_file_that_holds_something_else_is_named(tmp_path: Path, content: object):
    torch.save(content, tmp_path / "weights.pth")
    refusal(tmp_path / "weights.pth")


def test_weights_of_another_network_are_refused(tmp_path: Path):
    torch.save(network("resnet18").state_dict(), tmp_path / "weights.pth")
    assert "of 216 tensors are missing" in refusal(tmp_path / "weights.pth")
    torch.save(network("resnet34").state_dict(), tmp_path / "weights.pth")
    assert "are missing" in refusal(tmp_path / "weights.pth", "resnet50")


def test_weights_of_another_width_are_refused(tmp_path: Path):
    torch.save(network("mobilenetv2_050").state_dict(), tmp_path / "weights.pth")
    assert "has shape" in refusal(tmp_path / "weights.pth", "mobilenet_v2")
