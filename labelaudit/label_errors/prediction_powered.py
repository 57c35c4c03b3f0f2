"""The mean of something over all items, from guesses for all and the truth of a sample."""

from __future__ import annotations

from labelaudit.core.columns import Floats

Z_95 = 1.96
"""Standard deviations on each side that hold 95 % of a normal distribution."""


def prediction_powered_mean(
    mean: float, guess: Floats, true: Floats, count: int
) -> tuple[float, float, float]:
    """Mean truth over `count` items and its 95 % limits, from a uniform sample of them.

    Prediction-powered inference (Angelopoulos et al., Science 2023), or the difference estimator:
    the mean guess over all, corrected by the mean error of the guesses in the sample. It holds
    however bad the guesses are; good ones make it narrow. A sample without any error does not say
    that there is one, whatever was guessed: the lower limit is 0 then, and the upper one that of
    the binomial distribution if the normal one is nearer.

    Parameters
    ----------
    mean:
        the mean guess over all items.
    guess, true:
        (n,) of the sample.
    count:
        of all items.
    """
    off = true - guess
    rate = mean + float(off.mean())
    left = max(1 - len(true) / max(count, 1), 0.0)  # a sample of everything leaves nothing open
    half = Z_95 * float(off.std(ddof=1)) * (left / len(true)) ** 0.5
    found = float(true.sum()) / max(count, 1)
    low, high = rate - half, rate + half
    if left and not true.any():
        low, high = 0.0, max(high, float(1 - 0.05 ** (1 / len(true))))
    low, high = max(low, found), max(high, found)
    return min(max(rate, low), high), low, high
