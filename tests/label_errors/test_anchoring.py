import numpy as np
import pytest
from scipy.special import expit, logit

from labelaudit.label_errors.anchoring import anchored, anchored_places, profile_limits
from labelaudit.label_errors.human_labels import HumanImageCounts

COUNT = 3000


def world(base, seed=0):
    """Doubts of labels, and which are wrong: surer than they may be, by a shift on the logit."""
    rng = np.random.default_rng(seed)
    place = rng.normal(0, 2, COUNT)
    return expit(place + 2), rng.random(COUNT) < expit(base + place), rng


@pytest.mark.parametrize("base", [-4, -3, -2])
def test_doubts_add_up_to_the_errors_once_enough_labels_were_judged(base):
    doubt, wrong, rng = world(base)
    judged = rng.permutation(COUNT)[:1000]
    probability, count = anchored(doubt, judged, wrong[judged])
    assert count.expected == pytest.approx(wrong.sum(), rel=0.3)
    assert probability.sum() == pytest.approx(count.expected)
    sample = probability[judged].sum()
    assert sample == pytest.approx(1000 * (wrong[judged].sum() + 0.5) / 1001)


def test_ranks_stay_as_they_are_and_all_are_shifted_alike():
    doubt, wrong, rng = world(-4)
    judged = rng.permutation(COUNT)[:200]
    probability, _ = anchored(doubt, judged, wrong[judged])
    assert (np.argsort(probability, kind="stable") == np.argsort(doubt, kind="stable")).all()
    assert np.ptp(logit(probability) - logit(doubt)) < 1e-6


@pytest.mark.parametrize("base", [-5, -3])
@pytest.mark.parametrize("size", [100, 200])
def test_limits_hold_the_true_count_in_most_samples(base, size):
    held = []
    for seed in range(60):
        doubt, wrong, rng = world(base, seed)
        judged = rng.permutation(COUNT)[:size]
        _, count = anchored(doubt, judged, wrong[judged])
        assert count.low <= count.expected <= count.high
        held.append(count.low <= wrong.sum() <= count.high)
    assert np.mean(held) >= 0.9


def test_a_sample_without_errors_says_that_there_may_be_none_and_how_many_there_may_be():
    doubt = np.full(COUNT, 0.4)
    _, count = anchored(doubt, np.arange(100), np.zeros(100, bool))
    assert count.low == 0
    assert count.expected == pytest.approx(COUNT * 0.5 / 101)
    assert 0.01 < count.high / COUNT < 0.04


def test_a_sample_of_errors_alone_says_that_all_may_be_wrong():
    _, count = anchored(np.full(COUNT, 0.4), np.arange(100), np.ones(100, bool))
    assert count.high == pytest.approx(COUNT)
    assert 0.9 < count.low / COUNT < 1


def test_doubts_of_nought_and_one_are_no_obstacle():
    probability, _ = anchored(np.array([0.0, 1.0] * 50), np.arange(60), np.arange(60) % 7 == 1)
    assert np.isfinite(probability).all()


def judged_images(image, missing):
    return HumanImageCounts.of(len(image), image=image, missing=missing)


@pytest.mark.parametrize("recall", [1.0, 0.5])
def test_doubts_about_places_add_up_to_the_missing_objects_that_a_detector_can_see(recall):
    rng = np.random.default_rng(0)
    image = np.repeat(np.arange(100), 10)
    doubt = np.tile(rng.random(10), 100)
    judged = judged_images(np.arange(0, 100, 2), np.full(50, 2))
    probability, count = anchored_places(doubt, image, judged, images=100, recall=recall)
    assert probability[np.isin(image, judged.image)].sum() == pytest.approx(100 * recall + 0.5)
    assert count.expected == pytest.approx(200, rel=0.03)  # those without a candidate, too
    assert count.low <= 200.5 <= count.high + 1
    assert (np.argsort(probability, kind="stable") == np.argsort(doubt, kind="stable")).all()


def test_more_objects_may_be_missing_than_there_are_places():
    judged = judged_images(np.arange(2), np.array([50, 50]))
    probability, count = anchored_places(
        np.full(4, 0.5), np.arange(4), judged, images=4, recall=1.0
    )
    assert probability.max() < 1
    assert count.expected == pytest.approx(200)


def test_without_a_place_in_judged_images_there_is_still_a_count():
    judged = judged_images(np.array([2, 3]), np.array([1, 2]))
    probability, count = anchored_places(
        np.full(2, 0.5), np.array([0, 1]), judged, images=4, recall=1.0
    )
    assert np.isfinite(probability).all()
    assert count.low <= count.expected <= count.high


def test_limits_are_where_the_likelihood_ratio_reaches_its_quantile():
    wrong, size = 10, 100
    low, high = profile_limits(np.full(COUNT, 0.4), np.arange(size), np.arange(size) < wrong)
    for share in (low / COUNT, high / COUNT):
        likelihood = [
            wrong * np.log(p) + (size - wrong) * np.log(1 - p) for p in (wrong / size, share)
        ]
        assert 2 * (likelihood[0] - likelihood[1]) == pytest.approx(3.84, abs=0.01)
