"""The schema takes of `network` and `train` what their readers take, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labelaudit.auditing.config import NetworkTable, configured
from labelaudit.errors import LabelauditError
from labelaudit.network.settings import LARGEST_SIZE
from labelaudit.schemas.tables import NETWORK, TRAIN
from tests.schemas.conftest import problems

Table = dict[str, Any]  # Any: whatever TOML holds

GOOD_NETWORK: list[Table] = [
    {"train-size": 1},
    {"train-size": LARGEST_SIZE},
    {"train-size": [320]},
    {"train-size": [256, 320]},
    {"train-size": 320, "strides": [1, 2]},
    {"train-size": 320, "strides": [8], "anchors": [[1, 0.5]]},
    {"train-size": 320, "anchor-scales": [0.1], "anchor-ratios": [0.1, 2]},
    {"name": "yolov5", "train-size": 320},
    {"train-size": 320, "fit": "stretch"},
]
BAD_NETWORK: list[Table] = [
    {"train-size": 0},
    {"train-size": LARGEST_SIZE + 1},
    {"train-size": []},
    {"train-size": [1, 2, 3]},
    {"train-size": [320, 0]},
    {"train-size": 320, "strides": [0, 1]},
    {"train-size": 320, "strides": [8, 8]},
    {"train-size": 320, "strides": [8], "anchors": [[1]]},
    {"train-size": 320, "strides": [8], "anchors": [[1, 0]]},
    {"train-size": 320, "anchor-scales": [0]},
    {"train-size": 320, "anchor-scales": [1], "anchor-ratios": [-1]},
    {"train-size": 320, "name": "yolo-v0"},
    {"train-size": 320, "fit": "squeeze"},
]

GOOD_TRAIN: list[Table] = [
    {"backbone": "squeezenet", "weights": "random", "trained": "whole"},
    {"strides": [4]},
    {"strides": [8, 16, 32], "image-size": [32, 32]},
    {"strides": [4], "image-size": [4, 4]},
    {"pyramid": "dense", "norm": "none", "channels": 1},
    {"head-depth": 0, "epochs": 1, "batch": 1, "seed": 0},
    {"anchor-scales": [0.1], "anchor-ratios": [0.1, 3]},
    {"learning-rate": 1e-9, "weight-decay": 0},
    {"device": "cpu", "mirror": False, "scale": True, "colour": True},
    {"merge": {"vehicle": ["car"]}, "drop-classes": ["dog"]},
    {"merge": {}, "drop-classes": []},
    {"validation-share": 0.001},
    {"validation-share": 0.999},
]
BAD_TRAIN: list[Table] = [
    {"backbone": ""},
    {"weights": ""},
    {"backbone": 3},
    {"trained": "half"},
    {"strides": []},
    {"strides": [8, 8]},
    {"strides": [64]},
    {"strides": [4], "image-size": [3, 4]},
    {"image-size": [320]},
    {"image-size": [320, 320, 3]},
    {"pyramid": "thick"},
    {"norm": "instance"},
    {"norm": "none", "channels": 0},
    {"head-depth": -1},
    {"epochs": 0},
    {"batch": 0},
    {"seed": -1},
    {"anchor-scales": []},
    {"anchor-scales": [0]},
    {"anchor-ratios": []},
    {"anchor-ratios": [0]},
    {"learning-rate": 0},
    {"weight-decay": -1e-9},
    {"device": "tpu"},
    {"mirror": 1},
    {"scale": "yes"},
    {"colour": 0},
    {"merge": {"": ["car"]}},
    {"merge": {"vehicle": []}},
    {"drop-classes": "dog"},
    {"validation-share": 0},
    {"validation-share": 1},
    {"like-device": 3},
]


def is_network(table: dict[str, Any]) -> bool:
    try:
        configured(Path("labelaudit.toml"), {"network": table})
    except LabelauditError:
        return False
    return True


def is_training(table: dict[str, Any]) -> bool:
    from labelaudit.training.settings import training_settings

    try:
        training_settings(table)
    except LabelauditError:
        return False
    return True


@pytest.mark.parametrize(
    ("table", "is_good"),
    [*((one, True) for one in GOOD_NETWORK), *((one, False) for one in BAD_NETWORK)],
    ids=str,
)
def test_a_network_is_in_the_schema_if_it_is_read(table, is_good):
    assert is_network(table) == is_good
    assert (problems("configuration", {"network": table}) == []) == is_good


@pytest.mark.parametrize(
    ("table", "is_good"),
    [*((one, True) for one in GOOD_TRAIN), *((one, False) for one in BAD_TRAIN)],
    ids=str,
)
def test_a_training_is_in_the_schema_if_it_is_read(table, is_good):
    assert is_training(table) == is_good
    assert (problems("configuration", {"train": table}) == []) == is_good


def test_the_keys_are_those_that_are_read():
    from labelaudit.detector.config import SETTINGS
    from labelaudit.training.settings import OF_A_FILE, OF_THE_SECOND_OPINION, TrainTable

    of_detector = set(SETTINGS) - {*OF_A_FILE, *OF_THE_SECOND_OPINION}
    of_train = (*of_detector, *TrainTable.__struct_fields__)
    assert set(TRAIN) == {name.replace("_", "-") for name in of_train}
    assert list(NETWORK) == [name.replace("_", "-") for name in NetworkTable.__struct_fields__]


def test_every_limit_is_tried_from_both_sides():
    for keys, good, bad in ((NETWORK, GOOD_NETWORK, BAD_NETWORK), (TRAIN, GOOD_TRAIN, BAD_TRAIN)):
        for key in keys:
            assert any(key in table for table in bad), key
            assert any(key in table for table in good) or key == "like-device", key
