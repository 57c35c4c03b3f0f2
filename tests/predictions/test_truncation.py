import numpy as np
import pytest

from labelaudit.predictions.predictions import Predictions
from labelaudit.predictions.truncation import truncations


def predictions(*scores: list[float]) -> Predictions:
    """Of each image the scores of its predictions."""
    image = np.repeat(np.arange(len(scores)), [len(one) for one in scores])
    boxes = np.tile([0.0, 0, 10, 10], (len(image), 1))
    return Predictions.of(image, np.zeros(len(image)), boxes, np.concatenate([[], *scores]))


@pytest.mark.parametrize(("least", "told"), [(0.049, False), (0.05, True), (0.3, True)])
def test_a_score_below_which_there_is_nothing_is_told(least, told):
    found = truncations(predictions([0.9, least], [0.9]))
    assert [f"no prediction has a score below {least:.2f}" in text for text in found] == [
        True
    ] * told


@pytest.mark.parametrize(("images", "told"), [(4, False), (5, True)])
def test_a_limit_for_each_image_is_told_where_several_images_meet_it(images, told):
    found = truncations(predictions(*[[0.9, 0.5]] * images, [0.01]))
    assert [f"{images} images have 2 predictions, none has more" in one for one in found] == (
        [True] * told
    )


def test_what_to_do_about_a_limit_is_told():
    assert truncations(predictions(*[[0.9, 0.5]] * 5, [0.01])) == [
        "5 images have 2 predictions, none has more, and what comes after them is not faint: let "
        "the detector write more for each image"
    ]


def test_a_limit_that_cuts_off_faint_ones_alone_is_not_told():
    assert truncations(predictions(*[[0.9, 0.049]] * 9)) == []
    assert len(truncations(predictions(*[[0.9, 0.05]] * 9, [0.01]))) == 1


def test_a_fuller_image_shows_that_there_is_no_limit():
    assert truncations(predictions(*[[0.9, 0.5]] * 9, [0.9, 0.5, 0.01])) == []


def test_of_no_predictions_nothing_is_said():
    assert truncations(predictions()) == []
