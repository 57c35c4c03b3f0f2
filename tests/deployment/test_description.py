"""What a file says of itself is read as it was written, or refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labelaudit.deployment.description import Inside, ModelDescription
from labelaudit.errors import ConfigError

PATH = Path("model.onnx")


def description(**choices):
    return ModelDescription(
        "onnx",
        ("car", "Größe"),
        (3, "b"),
        (64, 96),
        (127.0, 127.0, 127.0),
        (128.0, 128.0, 128.0),
        (8, 16),
        (4.0,),
        (0.5, 1.0),
        **choices,
    )


@pytest.mark.parametrize(
    "choices", [{}, {"inside": Inside(False, nms=True, limit=7), "batch": 2, "layers": ("a", "b")}]
)
def test_a_description_survives_as_json(choices):
    one = description(**choices)
    assert ModelDescription.of_json(one.as_json(), PATH) == one


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "a cat"}, "not a model that labelaudit export has written"),
        ({"version": 2}, "a model of version 2, where this labelaudit reads 1"),
        ({"inside": {"scaling": True, "tail": 1}}, "its description is damaged"),
        ({"colour": "red"}, "its description is damaged"),
        ({"inside": None}, "its description is damaged"),
    ],
)
def test_another_description_is_refused_by_the_name_of_the_file(change, message):
    text = json.dumps(json.loads(description().as_json()) | change)
    with pytest.raises(ConfigError, match=rf"model\.onnx: {message}"):
        ModelDescription.of_json(text, PATH)


def test_a_torn_description_is_refused():
    with pytest.raises(ConfigError, match=r"model\.onnx: its description is damaged"):
        ModelDescription.of_json(description().as_json()[:100], PATH)


def test_nms_needs_boxes():
    with pytest.raises(ConfigError, match="NMS inside of an exported model needs decoding"):
        Inside(decoding=False, nms=True)


@pytest.mark.parametrize(
    "numbers", [{"threshold": -0.1}, {"threshold": 1.0}, {"overlap": 0.0}, {"limit": 0}]
)
def test_numbers_of_nms_that_make_no_sense_are_refused(numbers):
    with pytest.raises(ConfigError, match="NMS of an exported model has threshold"):
        Inside(nms=True, **numbers)


def test_outputs_are_named_by_what_is_inside():
    assert Inside(decoding=False).outputs == ("logits", "offsets")
    assert Inside().outputs == ("scores", "boxes")
    assert Inside(nms=True).outputs[0] == "detection_boxes"
    assert description(layers=("head.fpn",)).outputs == ("scores", "boxes", "layer:head.fpn")


@pytest.mark.parametrize("numbers", [{"threshold": 0.0}, {"overlap": 1.0}, {"limit": 1}])
def test_limits_of_nms_may_be_at_their_ends(numbers):
    assert Inside(nms=True, **numbers).outputs[0] == "detection_boxes"
