"""What the trials come to, as tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from benchmarks.field_note.plan import KINDS
from benchmarks.field_note.trials import Result

PERCENT = 100


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % limits, Student's with as many values as there are seeds."""

    mean: float
    half: float  # NaN of a single value

    def __format__(self, form: str) -> str:
        """As it stands in a table, both numbers in one form."""
        if np.isnan(self.half):
            return format(self.mean, form)
        return f"{self.mean:{form}} ± {self.half:{form.lstrip('+')}}"


def interval(values: Sequence[float]) -> Interval:
    """The mean of values, one a seed, with its limits.

    >>> print(f"{interval([1.0, 2.0, 3.0]):.1f}, {interval([1.0]):.1f}")
    2.0 ± 2.5, 1.0
    """
    half = float("nan")
    if len(values) > 1:
        spread = float(np.std(values, ddof=1)) / len(values) ** 0.5
        half = float(student.ppf(0.975, len(values) - 1)) * spread
    return Interval(float(np.mean(values)), half)


def slope(rates: Sequence[float], lost: Sequence[float]) -> float:
    """Points of mAP that a point of noise costs: least squares through nothing at no noise.

    >>> slope([0.1, 0.2], [0.05, 0.1])
    0.5
    """
    rate = np.array(rates)
    return float(rate @ np.array(lost) / (rate @ rate))


def noise_table(results: Sequence[Result]) -> str:
    """Points of mAP lost for each point of noise, by network and kind; paired by seed."""
    lines = [f"| network | mAP clean | {' | '.join(KINDS)} |", f"|{'---|' * (2 + len(KINDS))}"]
    seeds = sorted({one.seed for one in results})
    for network in dict.fromkeys(one.network for one in results):
        mine = [one for one in results if one.network == network]
        clean = {one.seed: one.map for one in mine if not one.noise}
        cells = [_cell([PERCENT * value for value in clean.values()], ".1f")]
        for kind in KINDS:
            lost = [
                slope([one.rate for one in noisy], [clean[seed] - one.map for one in noisy])
                for seed in seeds
                if seed in clean
                and (noisy := [one for one in mine if one.noise == kind and one.seed == seed])
            ]
            cells.append(_cell(lost, ".2f"))
        lines.append(f"| {network} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def plain_table(
    results: Sequence[Result], reference: Callable[[str], str], called: str = "the first"
) -> str:
    """Both mean and AP50 of each network in points, and mAP against that of another one.

    Parameters
    ----------
    results: of all networks and seeds.
    reference: the network that a network is compared with, itself if with none.
    called: what that is, for the head of the table.
    """
    lines = [f"| network | mAP | AP50 | mAP against {called} | seeds |", "|---|---|---|---|--:|"]
    for network in dict.fromkeys(one.network for one in results):
        mine = [one for one in results if one.network == network]
        mean, half = (
            _cell([PERCENT * value for value in values], ".1f")
            for values in ([one.map for one in mine], [one.ap50 for one in mine])
        )
        other = reference(network)
        gain = _cell(gains(results, network, other), "+.1f") if other != network else ""
        lines.append(f"| {network} | {mean} | {half} | {gain} | {len(mine)} |")
    return "\n".join(lines) + "\n"


def gains(results: Sequence[Result], network: str, other: str) -> list[float]:
    """Points of mAP that a network has more than another one, one a seed that both have."""
    of_other = {one.seed: one.map for one in results if one.network == other}
    return [
        PERCENT * (one.map - of_other[one.seed])
        for one in results
        if one.network == network and one.seed in of_other
    ]


def _cell(values: Sequence[float], form: str) -> str:
    """The mean of some values with its limits; nothing for none."""
    return format(interval(values), form) if values else ""
