from __future__ import annotations

import numpy as np
import pytest

from labelaudit.errors import FormatError
from labelaudit.label_errors.evaluation.prevalence import (
    estimate_prevalence,
    prediction_powered_mean,
)
from labelaudit.label_errors.evaluation.sample import Sample, box_sample, image_sample
from labelaudit.testing import with_label_issues
from tests.label_errors.evaluation.test_known_errors import grid


def judged(count: int, wrong: int) -> Sample:
    found = with_label_issues(grid()).label_issues
    assert found is not None
    sample = box_sample(grid(), found, count, seed=0)
    for place, item in enumerate(sample.items):
        item.verdict = "spurious" if place < wrong else "ok"
    return sample


def test_the_share_in_the_sample_is_that_of_the_dataset_where_no_model_knows_better():
    result = estimate_prevalence(judged(50, 5))
    assert result.all.errors == pytest.approx(20)
    assert result.all.low is not None
    assert result.all.high is not None
    assert result.all.low < 20 < result.all.high
    assert [kind.wrong for kind in result.kinds] == [0, 0, 5]
    assert sum(one.judged for one in result.classes) == 50


def test_a_sample_of_everything_leaves_nothing_open():
    result = estimate_prevalence(judged(200, 10)).all
    assert (result.errors, result.low, result.high) == (10, 10, 10)


def test_no_error_in_a_sample_does_not_mean_none():
    result = estimate_prevalence(judged(50, 0)).all
    assert result.errors == 0
    assert result.high == pytest.approx(200 * (1 - 0.05 ** (1 / 50)))


def test_without_an_error_in_the_sample_there_may_be_none_whatever_the_model_expects():
    guess = np.array([0.001, 0.002] * 30)
    rate, low, high = prediction_powered_mean(0.02, guess, np.zeros(60), 500)
    assert low == 0 < rate < high


def test_few_verdicts_give_no_interval_and_none_is_an_error():
    sample = judged(30, 0)
    for item in sample.items[9:]:
        item.verdict = None
    result = estimate_prevalence(sample)
    assert result.all.errors is None
    assert result.without_verdict == 21
    sample.items[9].verdict = "ok"
    assert estimate_prevalence(sample).all.errors == 0
    with pytest.raises(FormatError, match="no verdicts yet"):
        estimate_prevalence(Sample(sample.head, sample.items[20:]))


def test_missing_objects_are_counted_over_images():
    found = with_label_issues(grid()).label_issues
    assert found is not None
    sample = image_sample(grid(), found, 10, seed=0)
    for place, item in enumerate(sample.items):
        item.verdict = place % 2
    result = estimate_prevalence(sample)
    assert result.all.errors == pytest.approx(10)
    assert result.kinds == ()


@pytest.mark.parametrize("informed", [True, False])
def test_the_interval_holds_the_truth_as_often_as_it_says(informed: bool):
    random = np.random.default_rng(0)
    count, n, held, width = 4000, 200, 0, []
    risk = random.beta(0.15, 1.2, count)
    true = (random.random(count) < risk).astype(float)
    guess = np.clip(risk * 1.3, 0, 1) if informed else np.full(count, 0.4)
    for _ in range(1000):
        rows = random.choice(count, n, replace=False)
        _, low, high = prediction_powered_mean(guess.mean(), guess[rows], true[rows], count)
        held += low <= true.mean() <= high
        width.append(high - low)
    assert held / 1000 >= 0.93
    classical = 2 * 1.96 * true.std() / n**0.5
    assert (np.mean(width) < 0.8 * classical) is np.bool_(informed)


def test_the_interval_never_lies_below_what_was_seen():
    true = np.arange(99) < 50
    assert prediction_powered_mean(0.0, true * 1.0, true * 1.0, 100) == (
        0.5,
        0.5,
        0.5,
    )  # guesses say none
    one = np.arange(20) < 1
    rate, low, high = prediction_powered_mean(0.05, np.full(20, 0.05), one * 1.0, 1000)
    assert low == 0.001 < rate < high


def test_a_sample_of_nearly_everything_leaves_little_open():
    true = np.arange(90) % 9 == 0
    guess = np.full(90, 0.1)
    half = 1.96 * true.std(ddof=1) / 90**0.5
    rate, low, high = prediction_powered_mean(0.1, guess, true * 1.0, 10**12)
    assert (rate - low, high - rate) == (pytest.approx(half), pytest.approx(half))
    rate, _, high = prediction_powered_mean(0.1, guess, true * 1.0, 120)
    assert high - rate == pytest.approx(half / 2)  # a quarter of the items is open
