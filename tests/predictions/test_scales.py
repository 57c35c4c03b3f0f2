"""Predictions whose boxes are of images as a network sees them."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.core.columns import Floats, Selection
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.predictions.agreement import disagreements
from labelaudit.predictions.predictions import Predictions
from labelaudit.predictions.scales import scaled
from labelaudit.testing import images, with_columns

SIZES = ((800, 600), (1280, 720), (600, 900), (640, 640), (1920, 1080))
EVERY = slice(None)


def labelled(*sizes: tuple[int, int], count: int = 60) -> DatasetColumns:
    """Images of these sizes by turns, with two objects each, none near the upper left corner."""
    rng = np.random.default_rng(0)
    shape = np.array([sizes[number % len(sizes)] for number in range(count)], float)
    made = {}
    for number, (width, height) in enumerate(shape.tolist()):
        boxes = []
        for name, start in (("car", 0.3), ("bus", 0.7)):
            left, top = rng.uniform(start, start + 0.15) * width, rng.uniform(0.3, 0.8) * height
            right, bottom = left + width / 10, top + height / 9
            boxes.append(f"{name} {left:.0f} {top:.0f} {right:.0f} {bottom:.0f}")
        made[f"{number}.jpg"] = boxes
    return DatasetColumns(with_columns(images(made), "images", size=shape))


DERIVED = labelled(*SIZES)


def seen(derived: DatasetColumns = DERIVED) -> Floats:
    """Where a detector sees each label, in pixels of the image as it is stored."""
    xyxy = derived.dataset.boxes.xyxy
    noise = np.random.default_rng(1).normal(0, 0.04, xyxy.shape)
    return xyxy + noise * np.tile(xyxy[:, 2:] - xyxy[:, :2], 2)


def sizes_of(derived: DatasetColumns = DERIVED) -> Floats:
    """Width and height of the image of each label."""
    return derived.dataset.images.size[derived.dataset.boxes.image]


def said(xyxy: Floats, derived: DatasetColumns = DERIVED, rows: Selection = EVERY) -> str:
    """What is said of boxes with the images and classes of the labels."""
    score = np.linspace(0.9, 0.4, len(xyxy))
    every = Predictions.of(derived.dataset.boxes.image, derived.box_class, xyxy, score)
    return scaled(derived, every.rows(rows))


def test_of_boxes_in_pixels_of_their_images_nothing_is_said():
    assert said(seen()) == ""


def test_boxes_of_stretched_images_are_said_with_the_way_back():
    words = said(seen() * np.tile(640 / sizes_of(), 2))
    assert words.startswith("100% of the surest predictions lie on a label if their boxes are of")
    assert "images that were stretched to 640 x 640, and 20% as they are written" in words
    assert "multiply x by the width of the image / 640 and y by its height / 640" in words


def test_boxes_of_stretched_images_are_said_where_all_images_are_alike():
    derived = labelled((1280, 960))
    words = said(seen(derived) * np.tile(640 / sizes_of(derived), 2), derived)
    assert "stretched to 640 x 640" in words


def test_boxes_of_resized_images_are_said_with_their_longer_side():
    longer = sizes_of().max(axis=1, keepdims=True)
    words = said(seen() * 512 / longer)
    assert "whose longer side was brought to 512, and" in words
    assert "multiply them by the longer side of the image / 512" in words


def test_boxes_of_padded_images_are_said_with_their_borders():
    size = sizes_of()
    longer = size.max(axis=1, keepdims=True)
    words = said((seen() + np.tile((longer - size) / 2, 2)) * 640 / longer)
    assert "whose longer side was brought to 640, with borders around them" in words
    assert "take the borders off and multiply them by the longer side of the image / 640" in words


@pytest.mark.parametrize("factor", [0.5, 0.8, 2.0])
def test_boxes_of_smaller_or_larger_images_are_said_with_the_factor(factor: float):
    words = said(seen() * factor)
    assert f"of images {factor:g} times as large" in words
    assert f"divide them by {factor:g}, " in words
    unknown = with_columns(DERIVED.dataset, "images", size=np.full((60, 2), np.nan))
    assert f"of images {factor:g} times as large" in said(seen() * factor, DatasetColumns(unknown))


@pytest.mark.parametrize(
    ("higher", "words"),
    [(1.019, "0.5 times as large"), (1.022, "0.5 times as wide and 0.51 times")],
)
def test_two_factors_that_hardly_differ_are_one(higher: float, words: str):
    assert words in said(DERIVED.dataset.boxes.xyxy * np.tile([0.5, 0.5 * higher], 2))


def test_boxes_in_parts_of_the_image_are_said():
    words = said(seen() / np.tile(sizes_of(), 2))
    assert "multiply x by the width and y by the height of the image" in words


@pytest.mark.parametrize(("side", "told"), [(646, 640), (647, 647), (676, 672)])
def test_a_side_is_one_that_networks_have_where_it_is_near(side: int, told: int):
    stretched = DERIVED.dataset.boxes.xyxy * np.tile(side / sizes_of(), 2)
    assert f"stretched to {told} x {told}" in said(stretched)


def partly(*, as_they_are: int, half: int, nowhere: int = 0) -> str:
    """What is said of so many boxes in pixels, so many of images half as large, and others."""
    xyxy = DERIVED.dataset.boxes.xyxy.copy()
    xyxy[as_they_are : as_they_are + half] /= 2
    xyxy[as_they_are + half :] = np.arange(len(xyxy) - as_they_are - half)[:, None] + [0, 0, 1, 1]
    return said(xyxy, rows=slice(0, as_they_are + half + nowhere))


@pytest.mark.parametrize(("half", "is_said"), [(50, True), (49, False)])
def test_so_many_more_must_lie_on_labels_by_the_scale(half: int, is_said: bool):
    assert bool(partly(as_they_are=40, half=half)) is is_said


@pytest.mark.parametrize(("half", "is_said"), [(20, True), (19, False)])
def test_of_few_predictions_nothing_is_said(half: int, is_said: bool):
    assert bool(partly(as_they_are=0, half=half, nowhere=5)) is is_said
    assert bool(partly(as_they_are=0, half=half)) is is_said


@pytest.mark.parametrize(("nowhere", "is_said"), [(80, True), (81, False)])
def test_a_fifth_must_lie_on_labels_by_the_scale(nowhere: int, is_said: bool):
    assert bool(partly(as_they_are=0, half=20, nowhere=nowhere)) is is_said


def test_what_is_said_of_scales_takes_the_place_of_what_is_vague():
    boxes = DERIVED.dataset.boxes
    half = Predictions.of(boxes.image, DERIVED.box_class, boxes.xyxy / 2, np.full(len(boxes), 0.5))
    (words,) = disagreements(DERIVED, half)
    assert "0.5 times as large" in words


def test_of_nothing_nothing_is_said():
    assert said(seen(), rows=slice(0, 0)) == ""
    empty = DatasetColumns(images({f"{number}.jpg": [] for number in range(60)}))
    assert scaled(empty, Predictions.of([0] * 30, [0] * 30, np.ones((30, 4)), [0.5] * 30)) == ""
