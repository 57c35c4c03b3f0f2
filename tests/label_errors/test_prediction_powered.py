import numpy as np
import pytest

from labelaudit.label_errors.prediction_powered import (
    prediction_powered_mean,
    skewed_limits,
)


def test_without_an_error_in_the_sample_there_may_be_none_whatever_the_model_expects():
    guess = np.array([0.001, 0.002] * 30)
    rate, low, high = prediction_powered_mean(0.02, guess, np.zeros(60), 500)
    assert low == 0 < rate < high


@pytest.mark.parametrize("sample", [20, 60])
def test_without_an_error_in_the_sample_the_binomial_limit_holds_where_the_normal_is_nearer(sample):
    none = np.zeros(sample)
    rate, low, high = prediction_powered_mean(0.0, none, none, 500)
    assert (rate, low) == (0, 0)
    assert (1 - high) ** sample == pytest.approx(0.05)  # of so many, none has an error by chance
    spread = np.arange(sample) % 2 * 0.9
    *_, wide = prediction_powered_mean(0.45, spread, none, 10**9)
    t = {20: 2.093, 60: 2.001}[sample]
    assert wide == pytest.approx(t * spread.std(ddof=1) / sample**0.5, rel=1e-3)


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
    rate, low, high = prediction_powered_mean(0.1, guess, true * 1.0, 10**12)
    assert 0 < low < rate
    less, _, least = prediction_powered_mean(0.1, guess, true * 1.0, 120)
    assert least - less == pytest.approx((high - rate) / 2)  # a quarter of the items is open


def test_limits_of_a_symmetric_sample_are_those_of_student_s_t():
    assert skewed_limits(np.arange(20.0)) == pytest.approx((2.0930, 2.0930), abs=1e-4)
    assert skewed_limits(np.ones(5)) == pytest.approx((2.7764, 2.7764), abs=1e-4)
    nearly = np.arange(20.0)
    nearly[-1] += 1e-4
    assert skewed_limits(nearly) == pytest.approx((2.0930, 2.0930), abs=1e-4)


def test_limits_of_what_is_rare_are_further_above_and_undo_hall_s_transformation():
    rare = np.array([0.0] * 18 + [3.0, 4.0])
    below, above = skewed_limits(rare)
    assert below < 2.093 < above
    assert skewed_limits(-rare) == pytest.approx((above, below))
    by = ((rare - rare.mean()) ** 3).mean() / rare.std() ** 3 / 20**0.5
    transformed = [t + by * t**2 / 3 + by**2 * t**3 / 27 + by / 6 for t in (below, -above)]
    assert transformed == pytest.approx([2.0930, -2.0930], abs=1e-4)


@pytest.mark.parametrize("judged", [20, 40])
def test_limits_hold_what_is_missing_in_heaps(judged: int):
    random = np.random.default_rng(0)
    held = 0
    for _ in range(500):
        true = np.zeros(59)
        true[:14] = random.multinomial(50, random.dirichlet(np.ones(14)))
        rows = random.permutation(59)[:judged]
        _, low, high = prediction_powered_mean(0.0, np.zeros(judged), true[rows], 59)
        held += low * 59 <= 50 <= high * 59
    assert held / 500 >= 0.93
