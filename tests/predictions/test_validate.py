"""What was read from somebody's detector, checked row by row."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.core.columns import MISSING
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import FormatError
from labelaudit.predictions.validate import PredictionColumns, class_vectors, validate
from labelaudit.testing import images

DERIVED = DatasetColumns(images({"a.jpg": ["car 1 1 9 9"], "b.jpg": ["van 1 1 9 9"]}))
BOX = [10.0, 20, 30, 40]


def columns(*rows: tuple[int, int, list[float], float], vectors=None) -> PredictionColumns:
    """Rows of image, class, box and score."""
    image, label, xyxy, score = zip(*rows, strict=True)
    return PredictionColumns(
        np.array(image, np.int32),
        np.array(label, np.int32),
        np.array(xyxy, float),
        np.array(score, float),
        None if vectors is None else np.array(vectors, np.float32),
    )


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ((MISSING, 0, BOX, 0.5), "of images that the dataset does not have"),
        ((0, MISSING, BOX, 0.5), "of classes that the dataset does not have"),
        ((0, 0, [np.nan, 20, 30, 40], 0.5), "without a finite box"),
        ((0, 0, [10, 20, np.inf, 40], 0.5), "without a finite box"),
        ((0, 0, [np.inf, 20, np.inf, 40], 0.5), "without a finite box"),
        ((0, 0, [30, 20, 10, 40], 0.5), "of boxes without an inside"),
        ((0, 0, [10, 20, 10, 40], 0.5), "of boxes without an inside"),
        ((0, 0, [10, 20, 30, 20], 0.5), "of boxes without an inside"),
        ((0, 0, BOX, np.nan), "without a score"),
        ((0, 0, BOX, -0.01), "with a score outside 0 to 1"),
        ((0, 0, BOX, 1.01), "with a score outside 0 to 1"),
        ((MISSING, MISSING, [np.nan] * 4, np.nan), "of images that the dataset does not have"),
        ((0, MISSING, [np.nan] * 4, 7.0), "of classes that the dataset does not have"),
    ],
)
def test_a_row_is_left_out_under_the_first_reason_alone(row, why):
    found = validate(DERIVED, columns((1, 1, BOX, 0.9), row), "d.json")
    assert found.source == "d.json"
    assert found.notes == (f"d.json: left out of 2 predictions: 1 {why}",)
    assert (found.predictions.image.tolist(), found.predictions.label.tolist()) == ([1], [1])


@pytest.mark.parametrize(
    "row",
    [
        (0, 0, [10, 20, 10.5, 20.5], 0.5),  # smaller than a pixel
        (0, 0, [-30, -40, -10, -20], 0.5),  # left of the image, but with an inside
        (0, 0, BOX, 0.0),
        (0, 0, BOX, 1.0),
    ],
)
def test_whatever_has_an_inside_and_a_score_is_used(row):
    found = validate(DERIVED, columns(row), "d.json")
    assert (len(found.predictions), found.notes) == (1, ())


def test_notes_come_first_and_reasons_are_counted_one_by_one():
    some = columns((0, 0, BOX, 0.9), (MISSING, 0, BOX, 0.9), (MISSING, 0, BOX, 0.9), (0, 0, BOX, 2))
    found = validate(DERIVED, some, "d.json", notes=["it is old"], unreadable=3)
    assert found.notes == (
        "it is old",
        "d.json: left out of 7 predictions: 2 of images that the dataset does not have; "
        "1 with a score outside 0 to 1; 3 that could not be read",
    )


def test_where_nothing_can_be_used_the_error_says_why():
    with pytest.raises(FormatError) as error:
        validate(DERIVED, columns((MISSING, 0, BOX, 0.9), (0, 0, BOX, 9)), "d.json", unreadable=1)
    assert str(error.value) == (
        "d.json: none of its 3 predictions can be used (1 of images that the dataset does not "
        "have; 1 with a score outside 0 to 1; 1 that could not be read); do they belong to these "
        "labels? Images of these are called a.jpg, b.jpg, ..."
    )


def vectors_of(*vectors: list[float], score: float = 0.6) -> tuple[bool, str]:
    """Whether vectors of boxes of class 0 are used, and what is said of them."""
    some = columns(*[(0, 0, BOX, score)] * len(vectors), vectors=vectors)
    kept, words = class_vectors(DERIVED, some)
    return kept is not None, words


def test_class_vectors_have_a_number_for_each_class():
    assert vectors_of([0.6, 0.4]) == (True, "")
    assert vectors_of([0.6, 0.3, 0.1]) == (
        False,
        "class vectors of 3 numbers are not used: the dataset has 2 classes",
    )
    one = DatasetColumns(images({"a.jpg": ["car 1 1 9 9"]}))
    assert class_vectors(one, columns((0, 0, BOX, 0.6), vectors=[[0.6, 0.4]])) == (
        None,
        "class vectors of 2 numbers are not used: the dataset has 1 class",
    )


def test_class_vectors_of_no_known_class_or_no_numbers_are_not_used():
    said = "class vectors are not used: none is of a known class and of finite numbers"
    assert vectors_of([np.nan, 0.4]) == (False, said)
    unknown = columns((0, MISSING, BOX, 0.6), vectors=[[0.6, 0.4]])
    assert class_vectors(DERIVED, unknown) == (None, said)
    assert vectors_of([np.nan, 0.4], [0.6, 0.4]) == (True, "")


@pytest.mark.parametrize(("own", "used"), [(0.595, True), (0.585, False), (0.615, False)])
def test_the_score_of_a_row_may_differ_by_a_hundredth_from_its_class_in_the_vector(own, used):
    assert vectors_of([own, 0.9])[0] is used  # a larger one stands beside it


def test_half_of_the_vectors_must_speak_for_their_class():
    assert vectors_of([0.7, 0.1], [0.1, 0.7]) == (True, "")
    assert vectors_of([0.7, 0.1], [0.1, 0.7], [0.1, 0.7]) == (
        False,
        "class vectors are not used: the class of a prediction is seldom the largest in its "
        "vector, nor has its score there, so their order may not be that of the dataset's classes "
        "(car, van, ...)",
    )


def test_each_vector_is_measured_by_its_own_largest_number():
    assert vectors_of([0.9, 0.1], [0.3, 0.1], [0.3, 0.1]) == (True, "")


def test_three_classes_are_named_at_most():
    names = ["car", "van", "bus", "tram"]
    four = DatasetColumns(images({"a.jpg": [f"{name} 1 1 9 9" for name in names]}))
    _, words = class_vectors(four, columns((0, 0, BOX, 0.6), vectors=[[0.1, 0.2, 0.3, 0.9]]))
    assert words.endswith("classes (car, van, bus, ...)")
