"""What a device does otherwise, as a file says it."""

from __future__ import annotations

import pytest

from labelaudit.detector.device_settings import (
    SCALINGS,
    DeviceSettings,
    device_settings,
    plain_settings,
    read_device_settings,
)
from labelaudit.errors import ConfigError


def test_settings_are_read_from_toml_and_from_json(tmp_path):
    toml, json = tmp_path / "phone.toml", tmp_path / "phone.json"
    toml.write_text('padding = "same"\nbatch-norm-epsilon = 0.001\nscaling = "(x-127)/128"\n')
    json.write_text('{"padding": "same", "batch_norm_epsilon": 0.001, "scaling": "(x-127)/128"}')
    wanted = DeviceSettings(padding="same", batch_norm_epsilon=0.001, scaling="(x-127)/128")
    assert read_device_settings(toml) == read_device_settings(json) == wanted


def test_plain_settings_are_those_that_are_given_and_come_back():
    settings = DeviceSettings(activation="relu", scaling=((0.0, 1.0, 2.0), (1.0, 2.0, 3.0)))
    plain = plain_settings(settings)
    assert set(plain) == {"activation", "scaling"}
    assert device_settings(plain) == settings


def test_a_scaling_is_a_name_or_two_lists():
    assert DeviceSettings().mean_and_divisor is None
    assert DeviceSettings(scaling="0..1").mean_and_divisor == SCALINGS["0..1"]
    given = device_settings({"scaling": [[1, 2, 3], [4, 5, 6]]})
    assert given.mean_and_divisor == ((1, 2, 3), (4, 5, 6))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("pading = 'same'", "did you mean 'padding'"),
        ("padding = 'valid'", "padding of the device is 'valid'"),
        ("activation = 'gelu'", "choose one of relu, relu6"),
        ("batch_norm_epsilon = -1", "must be 0 or more"),
        ("batch_norm_epsilon = nan", "must be 0 or more"),
        ("group_norm_epsilon = true", "must be 0 or more"),
        ("group_norm_groups = 0", "must be 1 or more"),
        ("group_norm_groups = 1.5", "must be 1 or more"),
        ("scaling = '0-1'", "scaling of the device is '0-1'"),
        ("scaling = [[0, 0, 0], [1, 0, 1]]", "no divisor 0"),
        ("scaling = [[0, 0], [1, 1]]", "scaling of the device"),
        ("scaling = [1, 2]", "scaling of the device"),
        ("scaling = 3", "scaling of the device is 3"),
        ("padding = ", "phone.toml: "),
    ],
)
def test_what_no_device_does_is_refused_with_the_file_and_the_key(tmp_path, text, told):
    path = tmp_path / "phone.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        read_device_settings(path)
    assert told in str(raised.value)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("epsilon", [0, 1e-3])
def test_an_epsilon_may_be_nothing(epsilon):
    assert DeviceSettings(batch_norm_epsilon=epsilon).batch_norm_epsilon == epsilon


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml"):
        read_device_settings(tmp_path / "none.toml")
    path = tmp_path / "list.json"
    path.write_text("[1]")
    with pytest.raises(ConfigError, match="expected settings by name, found list"):
        read_device_settings(path)
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"list\.json"):
        read_device_settings(path)
