import numpy as np
import pytest

from labelaudit.label_errors.prediction_powered import prediction_powered_mean


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
    assert wide == pytest.approx(1.96 * spread.std(ddof=1) / sample**0.5)


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
