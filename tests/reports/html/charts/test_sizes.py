"""Sizes of boxes against strides."""

from __future__ import annotations

import dataclasses

import pytest

from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import scan
from labelaudit.network.settings import network_settings
from labelaudit.reports.html.charts.places import places_chart
from labelaudit.reports.html.charts.sizes import box_sizes, shapes_chart, sides_chart
from labelaudit.testing import one_image

ONLY = Options(select=("GEO001",))
DATASET = one_image("car 0 0 64 32", "car 0 0 64 34", "van 10 10 13 90", "van 5 5 5 9")


def test_without_a_network_sizes_are_those_in_the_images_and_it_is_said():
    sizes = box_sizes(scan(DATASET, ONLY))
    assert sizes.size.tolist() == [[64, 32], [64, 34], [3, 80]]  # the flat box has no size
    chart = sides_chart(sizes)
    assert chart.rows == (
        ("car", "2", "32.1", "32.5", "33.0", "33.5", "33.9"),
        ("van", "1", *["3.0"] * 5),
    )
    assert "1 box (33.3 %) are below 4 px" in chart.summary
    assert "No network was named" in chart.summary


def test_a_network_sees_the_images_at_its_size():
    options = dataclasses.replace(ONLY, network=network_settings(train_size=320))
    sizes = box_sizes(scan(DATASET, options))
    assert sizes.size.tolist() == [[32, 16], [32, 17], [1.5, 40]]
    assert "No network was named" not in sides_chart(sizes).summary
    assert "at 320 px" in sizes.unit


def test_anchors_are_crosses():
    network = network_settings(train_size=320, anchor_scales=[4])
    sizes = box_sizes(scan(DATASET, dataclasses.replace(ONLY, network=network)))
    chart = shapes_chart(sizes)
    assert chart.svg.count('class="anchor"') == 2 * 3
    assert "3 anchors" in chart.summary


def test_more_classes_than_are_drawn_are_counted():
    many = one_image(*(f"c{at} 0 0 {20 + at} 40" for at in range(26)))
    chart = sides_chart(box_sizes(scan(many, ONLY)))
    assert len(chart.rows) == 24
    assert "2 more classes not drawn" in chart.summary


@pytest.mark.parametrize("size", [1, 8, 700])
def test_boxes_of_one_size_alone_are_drawn(size):
    sizes = box_sizes(scan(one_image(f"car 0 0 {size} {size}"), ONLY))
    assert 'class="heat"' in shapes_chart(sizes).svg
    assert 'class="median"' in sides_chart(sizes).svg


def test_places_are_told_by_thirds_of_the_image():
    corner, middle = ["car 0 0 10 10"] * 3, ["car 310 230 330 250"]
    chart = places_chart(scan(one_image(*corner, *middle, "car 700 0 720 9"), ONLY))
    assert chart.rows == (
        ("top", "75.0 %", "0.0 %", "0.0 %"),
        ("middle", "0.0 %", "25.0 %", "0.0 %"),
        ("bottom", "0.0 %", "0.0 %", "0.0 %"),
    )
    assert "fullest cell has 3" in chart.summary
    assert "1 middle beyond the image" in chart.summary


def test_where_no_size_of_an_image_is_known_there_is_no_map():
    unknown = one_image("car 0 0 10 10", size=(float("nan"), float("nan")))
    assert places_chart(scan(unknown, ONLY)) is None
