from __future__ import annotations

import socket
from dataclasses import replace
from email.message import Message
from pathlib import Path
from ssl import SSLError
from urllib.error import HTTPError, URLError

import pytest
import timm
import torch
from huggingface_hub import constants
from safetensors.torch import save_file

from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.model import timm_networks
from labelaudit.detector.model.backbone import build_backbone
from labelaudit.detector.model.timm_networks import downloaded, timm_spec
from labelaudit.errors import ConfigError

OTHERS = ["mobilenetv3_small_050", "convnext_atto", "regnetx_002"]


@pytest.mark.parametrize("name", OTHERS)
def test_any_network_of_timm_with_feature_maps_is_a_backbone(name: str):
    config = DetectorConfig(name, weights="random", strides=(8, 32))
    found, backbone = timm_spec(name, []), build_backbone(config)
    channels = dict(zip(found.strides, found.channels, strict=True))
    shapes = [tuple(x.shape) for x in backbone(torch.rand(1, 3, 64, 96) * 255)]
    assert shapes == [(1, channels[8], 8, 12), (1, channels[32], 2, 3)]


@pytest.mark.parametrize("name", OTHERS)
def test_any_network_of_timm_can_be_trained_in_part(name: str):
    config = DetectorConfig(name, weights="random", trained="partly")
    learns = [parameter.requires_grad for parameter in build_backbone(config).parameters()]
    assert 0 < sum(learns) < len(learns)
    whole = build_backbone(replace(config, trained="whole"))
    assert all(parameter.requires_grad for parameter in whole.parameters())


@pytest.mark.parametrize(
    ("name", "reason"),
    [("vit_tiny_patch16_224", "cannot read a picture"), ("mixer_s32_224", "cannot read")],
)
def test_a_network_that_cannot_be_a_backbone_is_an_error_that_says_why(name: str, reason: str):
    with pytest.raises(ConfigError, match=f"{name} {reason}.*choose another backbone") as error:
        timm_spec(name, [])
    assert "\n" not in str(error.value)


TINY = "test_resnet"
"""A network of 0.5 million parameters, which timm has for tests like these."""


def test_weights_that_were_downloaded_before_need_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    given = timm.create_model(TINY).state_dict()
    repository = timm.get_pretrained_cfg_value(TINY, "hf_hub_id").replace("/", "--")
    kept = tmp_path / f"models--{repository}"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("0123")
    (kept / "snapshots" / "0123").mkdir(parents=True)
    save_file(given, kept / "snapshots" / "0123" / "model.safetensors")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(timm_networks, "urlopen", None)
    taken = downloaded(TINY)
    assert all(torch.equal(taken[name], value) for name, value in given.items())


def test_without_a_network_no_weights_are_waited_for(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}"
    monkeypatch.setattr(constants, "ENDPOINT", closed)
    monkeypatch.setattr(timm, "create_model", None)  # whose client would try again and again
    with pytest.raises(OSError, match="refused"):
        downloaded(TINY)


@pytest.mark.parametrize(
    "answer",
    [HTTPError("http://hub", 405, "no", Message(), None), URLError(SSLError("who is that?"))],
)
def test_a_hub_that_answers_anything_is_reached(monkeypatch: pytest.MonkeyPatch, answer: OSError):
    def answered(*_: object, **__: object) -> None:
        raise answer

    query = []
    network = timm.create_model(TINY)
    monkeypatch.setattr(timm_networks, "urlopen", answered)
    monkeypatch.setattr(timm, "create_model", lambda name, **_: query.append(name) or network)
    assert downloaded(TINY).keys() == network.state_dict().keys()
    assert query == [TINY]
