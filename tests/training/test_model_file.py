"""A detector comes back from its file as it was, and what is no such file is said to be none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.device_settings import DeviceSettings
from labelaudit.errors import ConfigError
from labelaudit.training.inference import forward_of
from labelaudit.training.model_file import (
    TrainedDetector,
    build_detector,
    load_detector,
    save_detector,
)

CONFIG = DetectorConfig(
    backbone="squeezenet", weights="random", strides=(8, 16), channels=8, device="cpu"
)


@pytest.fixture
def detector() -> TrainedDetector:
    network = build_detector(CONFIG, 2).eval()
    return TrainedDetector(CONFIG, ("car", "dog"), (3, "d"), (64, 96), network, {"epochs": 1})


def test_a_detector_comes_back_with_all_that_it_is(tmp_path, detector):
    save_detector(detector, tmp_path / "model.pt")
    back = load_detector(tmp_path / "model.pt", device="cpu")
    assert replace(back, network=detector.network) == detector
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, 64, 96), np.uint8)
    for before, after in zip(forward_of(detector)(pixels), forward_of(back)(pixels), strict=True):
        np.testing.assert_array_equal(before, after)


@torch.inference_mode()
def test_a_detector_that_is_like_a_device_comes_back_like_it(tmp_path, detector):
    settings = DeviceSettings(padding="same", scaling="0..1", group_norm_groups=4)
    config = replace(detector.config, like_device=settings)
    network = build_detector(config, len(detector.classes)).eval()
    save_detector(replace(detector, config=config, network=network), tmp_path / "model.pt")
    back = load_detector(tmp_path / "model.pt", device="cpu")
    assert back.config.like_device == settings
    images = 255 * torch.rand(1, 3, *detector.input_size)
    for ours, theirs in zip(network(images), back.network(images), strict=True):
        assert torch.equal(ours, theirs)
    plain = build_detector(detector.config, len(detector.classes)).eval()
    assert not torch.equal(plain(images)[0], network(images)[0])


def test_weights_are_not_looked_for_where_they_came_from(tmp_path, detector):
    elsewhere = replace(detector, config=replace(CONFIG, weights=str(tmp_path / "gone.pt")))
    save_detector(elsewhere, tmp_path / "model.pt")
    assert load_detector(tmp_path / "model.pt", device="cpu").config.weights.endswith("gone.pt")


@pytest.mark.parametrize("seed", [0, 1])
def test_a_seed_draws_one_network(seed):
    config = replace(CONFIG, seed=seed)
    one, same = build_detector(config, 2), build_detector(config, 2)
    other = build_detector(replace(config, seed=seed + 1), 2)
    for name, value in one.state_dict().items():
        assert torch.equal(value, same.state_dict()[name]), name
    assert not torch.equal(one.head.class_branch[-1].weight, other.head.class_branch[-1].weight)


def test_there_is_an_id_for_each_class(detector):
    with pytest.raises(ValueError, match="2 classes have 1 ids"):
        replace(detector, class_ids=(1,))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.pt: there is no such file; labelaudit train"):
        load_detector(tmp_path / "none.pt")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_a_file_of_something_else_is_said_to_be_none(tmp_path, content):
    (tmp_path / "model.pt").write_bytes(content)
    with pytest.raises(ConfigError, match=r"model\.pt: not a detector that labelaudit has trained"):
        load_detector(tmp_path / "model.pt")


def test_a_checkpoint_of_another_program_is_told_without_advice_to_run_it(tmp_path):
    torch.save({"model": Path("x"), "epoch": 3}, tmp_path / "model.pt")
    with pytest.raises(ConfigError) as raised:
        load_detector(tmp_path / "model.pt", device="cpu")
    told = "or damaged (it holds more than tensors); what another model sees goes in as a COCO"
    assert told in str(raised.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="it is there")
def test_a_device_that_is_not_there_is_no_fault_of_the_file(tmp_path, detector):
    save_detector(detector, tmp_path / "model.pt")
    with pytest.raises(
        ConfigError, match=r"^device of the detector is cuda, which torch does not find"
    ):
        load_detector(tmp_path / "model.pt", device="cuda")


def test_a_state_dict_is_no_detector(tmp_path):
    torch.save({"weight": torch.zeros(1)}, tmp_path / "model.pt")
    with pytest.raises(ConfigError, match="labelaudit train has written; what another"):
        load_detector(tmp_path / "model.pt")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("version", 2, "a file of version 2, where this labelaudit reads 1; train it again"),
        ("classes", ["car"], "its network cannot be built"),
        ("input_size", [60, 96], "must be multiples of 16"),
        ("config", {"backbone": "gone"}, "no backbone and no network of timm is called 'gone'"),
        (
            "state",
            {},
            r"its network cannot be built \(.*Missing key\(s\) in state_dict: \"backbone",
        ),
        ("facts", None, "its network cannot be built"),
        ("class_ids", 3, "its network cannot be built"),
    ],
)
def test_a_file_that_does_not_fit_says_why(tmp_path, detector, key, value, message):
    path = tmp_path / "model.pt"
    save_detector(detector, path)
    kept = torch.load(path, weights_only=True)
    torch.save(kept | {key: value}, path)
    with pytest.raises(ConfigError, match=message):
        load_detector(path, device="cpu")


@pytest.mark.parametrize("key", ["config", "input_size", "classes", "state", "class_ids", "facts"])
def test_a_file_that_lacks_something_says_what(tmp_path, detector, key):
    path = tmp_path / "model.pt"
    save_detector(detector, path)
    kept = torch.load(path, weights_only=True)
    torch.save({name: value for name, value in kept.items() if name != key}, path)
    with pytest.raises(ConfigError, match=rf"model\.pt: .*{key}"):
        load_detector(path, device="cpu")
