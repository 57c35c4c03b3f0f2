"""What stands in the table `train` is checked key by key."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.auditing.config import read_config
from labelaudit.detector.config import SETTINGS, DetectorConfig
from labelaudit.detector.device_settings import DeviceSettings
from labelaudit.errors import ConfigError
from labelaudit.training.augmentation import Augmentation
from labelaudit.training.classes import ClassChoice
from labelaudit.training.settings import (
    OF_A_FILE,
    OF_THE_SECOND_OPINION,
    TrainingSettings,
    training_settings,
    with_choices,
)

WHERE = Path("labelaudit.toml")


def test_an_empty_table_is_the_default():
    assert training_settings({}, WHERE) == TrainingSettings()


@pytest.mark.parametrize("file", ["labelaudit.toml", "pyproject.toml"])
def test_a_table_of_the_configuration_is_read(tmp_path, file):
    head = "tool.labelaudit.train" if file == "pyproject.toml" else "train"
    (tmp_path / file).write_text(
        f"[{head}]\n"
        'backbone = "squeezenet"\nstrides = [8, 16]\nimage-size = [64, 96]\nlearning-rate = 1\n'
        'merge = {car = ["van", "truck"]}\ndrop-classes = ["sign"]\nscale = true\n'
        "validation-share = 0.3\n"
    )
    settings = training_settings(read_config(folder=tmp_path).train, WHERE)
    assert settings.config == DetectorConfig(
        backbone="squeezenet", strides=(8, 16), image_size=(64, 96), learning_rate=1.0
    )
    assert settings.classes == ClassChoice({"car": ("van", "truck")}, ("sign",))
    assert settings.validation_share == 0.3
    assert settings.augmentation == Augmentation(mirror=True, scale=True, colour=False)


def test_what_a_device_does_stands_in_a_file_beside_the_configuration(tmp_path):
    (tmp_path / "phone.toml").write_text('padding = "same"')
    table = {"like-device": "phone.toml"}
    settings = training_settings(table, tmp_path / "labelaudit.toml")
    assert settings.config.like_device == DeviceSettings(padding="same")
    with pytest.raises(ConfigError, match=r"other\.toml"):
        training_settings({"like-device": "other.toml"}, tmp_path / "labelaudit.toml")


@pytest.mark.parametrize(
    "name", [one for one in SETTINGS if one not in (*OF_THE_SECOND_OPINION, *OF_A_FILE)]
)
def test_every_choice_of_a_detector_is_a_key(name):
    value = getattr(DetectorConfig(), name)
    given = list(value) if isinstance(value, tuple) else value
    assert training_settings({name.replace("_", "-"): given}, WHERE) == TrainingSettings()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"backbon": "x"}, "there is no setting 'backbon'; did you mean 'backbone'"),
        ({"image_size": [64, 96]}, "there is no setting 'image_size'; did you mean 'image-size'"),
        ({"folds": 3}, "there is no setting 'folds'"),
        ({"trained": "hole"}, "trained: there is no 'hole'; did you mean 'whole'"),
        ({"norm": "x"}, "norm: there is no 'x'; there are group, batch, layer, none"),
        ({"epochs": "3"}, "epochs: expected a whole number, found text"),
        ({"epochs": 0}, "epochs of the detector is 0; it must be 1 or more"),
        ({"learning-rate": 0}, "learning-rate of the detector is 0.0; it must be above 0"),
        ({"image-size": [64]}, "image-size: expected a list of length 2"),
        ({"merge": {"car": "van"}}, "merge"),
        ({"merge": {"a": ["b"]}, "drop-classes": ["b"]}, "'b' is merged or dropped twice"),
        ({"validation-share": 1}, "validation-share: 1 is not between 0 and 1"),
        ({"mirror": 1}, "mirror: expected true or false, found a whole number"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(table, message):
    with pytest.raises(ConfigError) as raised:
        training_settings(table, WHERE)
    assert str(raised.value).startswith("labelaudit.toml: train: ")
    assert message in str(raised.value)


@pytest.mark.parametrize(("trained", "all_of_it"), [("frozen", False), ("whole", True)])
def test_scale_and_colour_change_where_the_backbone_is_trained(trained, all_of_it):
    settings = training_settings({"trained": trained}, WHERE)
    assert settings.augmentation == Augmentation(True, all_of_it, all_of_it)
    chosen = with_choices(settings, {}, {"scale": not all_of_it, "mirror": False})
    assert chosen.augmentation == Augmentation(False, not all_of_it, all_of_it)


def test_a_choice_of_the_command_line_stands_above_the_file():
    settings = training_settings({"epochs": 3, "channels": 8}, WHERE)
    chosen = with_choices(settings, {"epochs": 5, "channels": None}, {"validation_share": None})
    assert (chosen.config.epochs, chosen.config.channels) == (5, 8)
    assert chosen.validation_share == settings.validation_share
    with pytest.raises(ConfigError, match="epochs of the detector is 0"):
        with_choices(settings, {"epochs": 0}, {})


def test_weights_in_a_file_are_looked_for_beside_the_configuration(tmp_path):
    settings = training_settings({"weights": "w.pt"}, tmp_path / "labelaudit.toml")
    assert settings.config.weights == str(tmp_path / "w.pt")
    for word in ("pretrained", "random"):
        table = {"weights": word}
        assert training_settings(table, tmp_path / "labelaudit.toml").config.weights == word
