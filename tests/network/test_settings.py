from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelaudit.errors import ConfigError
from labelaudit.network.settings import (
    LARGEST_SIZE,
    STRIDES,
    NetworkSettings,
    network_settings,
)


@pytest.mark.parametrize(
    "size", [320, (320,), (320, 320), "320", "320x320", "320, 320", " 320X320"]
)
def test_a_size_is_one_number_or_two(size: Any):
    assert network_settings(train_size=size).train_size == (320, 320)


def test_of_two_numbers_the_height_comes_first():
    assert network_settings(train_size="256x320").train_size == (256, 320)
    assert network_settings(train_size="256x320").size_words == "256 x 320 px"
    assert network_settings(train_size=320).size_words == "320 px"


def test_without_a_name_strides_are_the_usual_ones_and_there_are_no_anchors():
    network = network_settings(train_size=320)
    assert (network.strides, network.anchors, network.fit) == (STRIDES, (), "letterbox")


def test_a_name_brings_size_strides_anchors_and_fit():
    network = network_settings(name="ssd_mobilenet_v2")
    assert (network.train_size, network.strides[0], network.fit) == ((300, 300), 16, "stretch")
    assert [len(level) for level in network.anchors] == [3, 6, 6, 6, 6, 6]
    assert network.anchors[0][0] == pytest.approx((30, 30))


def test_what_is_said_counts_more_than_the_name():
    network = network_settings(
        name="mobilenet_v2", train_size=320, strides=[16, 32], anchor_scales=[2], fit="stretch"
    )
    assert network.anchors == (((32, 32),), ((64, 64),))
    assert network.fit == "stretch"
    given = network_settings(name="yolov5", train_size=320, anchors=[[1, 2], [3, 4], [5, 6]])
    assert given.anchors == (((1, 2),), ((3, 4),), ((5, 6),))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "train-size: the network has no size of its own; say one, such as 320"),
        ({"name": "mobilenet_v2"}, "train-size: network 'mobilenet_v2' has no size of its own"),
        ({"train_size": 0}, "train-size: expected a number such as 320"),
        ({"train_size": LARGEST_SIZE + 1}, "train-size: expected"),
        ({"train_size": (1, 2, 3)}, r"train-size: expected .* found \(1, 2, 3\)"),
        ({"train_size": "320x"}, "train-size: expected .* found '320x'"),
        ({"train_size": "-5"}, "train-size: expected"),
        ({"train_size": 320, "name": "mobilnet_v2"}, "network: .*did you mean 'mobilenet_v2'"),
        ({"train_size": 320, "name": "?"}, "network: .*there are .*yolov5"),
        ({"train_size": 320, "strides": [8, 8]}, "strides: .*finest first, found 8, 8"),
        ({"train_size": 320, "strides": [16, 8]}, "strides: .*found 16, 8"),
        ({"train_size": 320, "strides": [0, 8]}, "strides: .*found 0, 8"),
        (
            {"train_size": 320, "name": "yolov5", "strides": [8]},
            "strides: 'yolov5' has anchors for",
        ),
        (
            {"train_size": 320, "anchors": [[1, 2]]},
            "anchors: expected a list for each of .* found 1",
        ),
        ({"train_size": 320, "strides": [8], "anchors": [[1, 2, 3]]}, "anchors: expected width, h"),
        ({"train_size": 320, "strides": [8], "anchors": [[]]}, "anchors: .*found nothing"),
        ({"train_size": 320, "strides": [8], "anchors": [[1, 0]]}, "anchors: expected numbers ab"),
        ({"train_size": 320, "anchor_scales": [float("nan")]}, "anchor-scales: expected numbers"),
        ({"train_size": 320, "anchor_scales": [float("inf")]}, "anchor-scales: expected numbers"),
        ({"train_size": 320, "anchor_ratios": [1]}, "anchor-ratios: they need anchor-scales"),
        (
            {"train_size": 320, "anchors": [[1, 2]], "anchor_scales": [4]},
            "anchors: anchor-scales and anchor-ratios say the same",
        ),
        ({"train_size": 320, "fit": "crop"}, "fit: expected letterbox or stretch, found 'crop'"),
    ],
)
def test_what_is_no_network_is_refused_with_the_name_of_the_key(said: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=f"^{message}"):
        network_settings(**said)


def test_the_largest_size_is_taken():
    assert network_settings(train_size=LARGEST_SIZE).train_size[0] == LARGEST_SIZE


def test_images_are_scaled_as_a_whole_or_apart():
    size = np.array([[640.0, 480], [100, 400], [np.nan, 5]])
    whole = NetworkSettings((320, 320)).scales(size)
    np.testing.assert_allclose(whole, [[0.5, 0.5], [0.8, 0.8], [np.nan, np.nan]])
    apart = NetworkSettings((300, 300), fit="stretch").scales(size[:1])
    np.testing.assert_allclose(apart, [[300 / 640, 300 / 480]])
    low = NetworkSettings((240, 640)).scales(size[:1])
    np.testing.assert_allclose(low, [[0.5, 0.5]])


def test_small_images_are_enlarged_as_far_as_the_network_does():
    size = np.array([[100.0, 50.0]])
    assert NetworkSettings((320, 320)).scales(size)[0].tolist() == [3.2, 3.2]
    capped = NetworkSettings((320, 320), largest_enlargement=2.0)
    assert capped.scales(size)[0].tolist() == [2, 2]


def test_places_are_rounded_up_where_a_stride_does_not_fit():
    assert NetworkSettings((300, 320), (16, 128)).places() == (19 * 20, 3 * 3)


def test_in_another_size_anchors_in_parts_grow_and_those_in_pixels_stay():
    ssd = network_settings(name="ssd_mobilenet_v2")
    assert ssd.resized(600) == network_settings(name="ssd_mobilenet_v2", train_size=600)
    wide = ssd.resized("300x600")
    assert wide.anchors[0][0] == pytest.approx((60, 30))
    yolo = network_settings(name="yolov5")
    assert yolo.resized(320).anchors == yolo.anchors
    assert yolo.resized(320).train_size == (320, 320)
