from __future__ import annotations

import numpy as np
import pytest

from labelaudit.boxes.overlaps import overlaps
from labelaudit.label_errors.classifier import probability_of_any
from labelaudit.label_errors.error_kinds import (
    SeenInstead,
    doubt_of_any,
    seen_instead,
    told_apart,
)
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.predictions import Predictions

ERRORS = ("wrong_class", "loose_box", "spurious")
CAT, DOG = 0, 1


def seen(*predictions: tuple[int, float, list[float]], labels: list[list[float]] | None = None):
    """What is seen of a cat at 0 0 100 100, and of a dog if `labels` has its corners."""
    boxes = np.array([[0.0, 0, 100, 100], *(labels or [])])
    mine = Labels.of(
        len(boxes), image=np.zeros(len(boxes)), label=[CAT, *[DOG] * (len(boxes) - 1)], xyxy=boxes
    )
    found = Predictions.of(
        np.zeros(len(predictions), np.int32),
        np.array([label for label, _, _ in predictions], np.int32),
        np.array([box for _, _, box in predictions], np.float64).reshape(-1, 4),
        np.array([score for _, score, _ in predictions], np.float64),
    )
    pairs = overlaps(mine.image, mine.xyxy, found.image, found.xyxy)
    other = found.label[pairs.other] != mine.label[pairs.one]
    worth = pairs.overlap * found.score[pairs.other]
    margin = np.array(
        [
            worth[(pairs.one == row) & other].max(initial=0)
            - worth[(pairs.one == row) & ~other].max(initial=0)
            for row in range(len(mine))
        ]
    )
    got = seen_instead(mine, found, pairs, margin)
    return round(float(got.score[0]), 2), round(float(got.framed[0]), 2)


def test_a_detection_of_another_class_that_is_framed_alike_is_seen_instead():
    assert seen((DOG, 0.9, [0, 0, 100, 100])) == (0.9, 0.9)


@pytest.mark.parametrize(
    ("bottom", "expected"), [(80, (0.9, 0.9)), (79, (0.9, 0)), (50, (0.9, 0)), (49, (0, 0))]
)
def test_how_much_it_has_to_overlap(bottom, expected):
    assert seen((DOG, 0.9, [0, 0, 100, bottom])) == expected


def test_one_of_its_own_class_is_not_seen_instead():
    assert seen((CAT, 0.9, [0, 0, 100, 100])) == (0, 0)
    surer = ((CAT, 0.9, [0, 0, 100, 100]), (DOG, 0.5, [0, 0, 100, 100]))
    assert seen(*surer) == (0, 0)
    assert seen(*reversed([(CAT, 0.3, [0, 0, 100, 100]), (DOG, 0.5, [0, 0, 100, 100])])) == (
        0.5,
        0.5,
    )


def test_what_has_a_label_of_its_own_is_not_seen_instead():
    dog = [0.0, 0, 100, 90]
    assert seen((DOG, 0.9, dog), labels=[dog]) == (0, 0)
    assert seen((DOG, 0.9, dog), labels=[[0.0, 0, 40, 90]]) == (0.9, 0.9)


def test_without_predictions_nothing_is_seen():
    assert seen() == (0, 0)


def test_errors_are_shares_of_a_whole():
    doubt = {error: np.array([0.9, 0.0, 1.0]) for error in ERRORS}
    apart = told_apart(doubt, SeenInstead(np.zeros(3), np.zeros(3)))
    for one in apart.values():
        np.testing.assert_allclose(one, [9 / 28, 0, 1 / 3], atol=1e-6)
    assert doubt_of_any(apart, 3).max() <= 1


def test_one_error_alone_is_as_doubted_as_it_was():
    doubt = {error: np.array([value]) for error, value in zip(ERRORS, (0.3, 0, 0), strict=True)}
    apart = told_apart(doubt, SeenInstead(np.zeros(1), np.zeros(1)))
    assert apart["wrong_class"] == pytest.approx(0.3)


def test_what_is_seen_says_which_error_and_not_how_doubtful_a_label_is():
    rng = np.random.default_rng(0)
    doubt = {error: rng.random(200) for error in ERRORS}
    score = rng.random(200)
    framed = np.where(rng.random(200) < 0.5, score, 0)
    before = told_apart(doubt, SeenInstead(np.zeros(200), np.zeros(200)))
    after = told_apart(doubt, SeenInstead(score, framed))
    np.testing.assert_allclose(doubt_of_any(after, 200), doubt_of_any(before, 200))
    np.testing.assert_allclose(after["spurious"], before["spurious"] * (1 - score))
    np.testing.assert_allclose(after["loose_box"], before["loose_box"] * (1 - framed))
    assert (after["wrong_class"] >= before["wrong_class"]).all()
    assert (doubt_of_any(after, 200) <= probability_of_any(doubt, 200) + 1e-12).all()


def test_an_error_without_a_model_is_no_error():
    doubt = {"loose_box": np.array([0.5]), "spurious": np.array([0.5])}
    apart = told_apart(doubt, SeenInstead(np.ones(1), np.ones(1)))
    assert [one.round(2).tolist() for one in apart.values()] == [[0.33], [0.33]]
    assert told_apart({}, SeenInstead(np.ones(1), np.ones(1))) == {}
    assert doubt_of_any({}, 2).tolist() == [0, 0]
