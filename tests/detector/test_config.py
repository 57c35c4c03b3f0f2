from __future__ import annotations

import subprocess
import sys
from typing import Any

import msgspec
import pytest

from labelaudit.detector.config import SETTINGS, DetectorConfig
from labelaudit.errors import ConfigError


def test_a_config_without_a_word_is_the_default_detector():
    config = DetectorConfig()
    assert (config.backbone, config.strides) == ("efficientnet_lite0", (8, 16, 32))
    assert config.anchors_per_place == 1


def test_equal_configs_are_one_key():
    assert {DetectorConfig(seed=1): "a"}[DetectorConfig(seed=1)] == "a"
    assert DetectorConfig(seed=1) != DetectorConfig(seed=2)


def test_a_config_survives_json():
    config = DetectorConfig(
        strides=(16, 32), image_size=(320, 640), anchor_ratios=(0.5, 2.0), folds=5
    )
    assert msgspec.json.decode(msgspec.json.encode(config), type=DetectorConfig) == config


def test_every_setting_has_a_name():
    assert {"backbone", "weights", "strides", "image_size", "epochs", "device"} <= set(SETTINGS)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trained": "half"}, "trained of the detector is 'half'; choose frozen, partly or whole"),
        ({"pyramid": "deep"}, "choose separable or dense"),
        ({"norm": "instance"}, "choose group, batch, layer or none"),
        ({"device": "tpu"}, "choose auto, cpu, cuda or mps"),
        ({"channels": 60}, "channels of the detector is 60; norm 'group' needs a multiple of 8"),
        ({"channels": 0}, "channels of the detector is 0; it must be 1 or more"),
        ({"batch": 0}, "batch of the detector is 0"),
        ({"batch": None}, "batch of the detector is None, where a number belongs"),
        ({"folds": "3"}, "folds of the detector is the text '3', where a number belongs"),
        ({"strides": 8}, "strides of the detector is a whole number, where numbers belong"),
        ({"image_size": (320,)}, "it is height and width in pixels"),
        ({"crop_epochs": 0}, "crop_epochs"),
        ({"epochs": 0}, "epochs"),
        ({"folds": 1}, "folds of the detector is 1; it must be 2 or more"),
        ({"head_depth": -1}, "head_depth"),
        ({"seed": -1}, "seed"),
        ({"strides": ()}, "strides of the detector are"),
        ({"strides": (16, 8)}, "finest first"),
        ({"strides": (8, 8)}, "each once"),
        ({"strides": (8, 12)}, "strides"),
        ({"anchor_scales": ()}, "anchor_scales of the detector is"),
        ({"anchor_scales": (0.0,)}, "numbers above 0"),
        ({"anchor_ratios": (float("nan"),)}, "anchor_ratios"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": float("inf")}, "learning_rate"),
        ({"weight_decay": -0.1}, "weight_decay"),
        ({"backbone": ""}, "cannot be empty"),
        ({"image_size": (300, 400)}, "300 x 400.*multiples of 32"),
        ({"image_size": (0, 32)}, "multiples of 32"),
    ],
)
def test_a_choice_that_cannot_be_is_an_error_that_names_it(settings: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message) as error:
        DetectorConfig(**settings)
    assert "\n" not in str(error.value)


def test_what_norms_and_sizes_allow_is_allowed():
    DetectorConfig(channels=60, norm="batch", head_depth=0)
    DetectorConfig(strides=(4, 8), image_size=(40, 8))


def test_a_config_needs_no_torch():
    program = "import sys; import labelaudit.detector.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
