"""How far numbers of a box rise together, written as a size and as corners with the far one first.

    python -m benchmarks.four_numbers [--data ../shared/data]

From each real dataset, boxes are drawn that would fit as either: left and top are larger than width
and height. What is printed is the smaller correlation of both directions, of 1,000 draws. The
figures go to `benchmarks/results/four_numbers.md`; they are the same in each run.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.rule_defaults import DATA, RESULTS, SETS
from labelaudit.io.formats.four_numbers import least_rise
from labelaudit.io.load import load

DRAWS = 1000
HEAD = (
    "| dataset | boxes | fit as either | drawn | sizes: middle | 95 % | most "
    "| reversed corners: least | 5 % | middle |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
)


def rows(data: Path) -> Iterator[str]:
    """A row for each dataset and number of boxes that are drawn."""
    for name, folder in SETS.items():
        xyxy = load(data / folder).boxes.xyxy
        xyxy = xyxy[np.isfinite(xyxy).all(axis=1)]
        near, side = xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]
        either = ((near > side) & (side > 0)).all(axis=1)
        size, corners = np.hstack([near, side])[either], np.hstack([xyxy[:, 2:], near])
        for drawn in (20, 50):
            random = np.random.default_rng(0)
            rises = [
                np.array(
                    [
                        least_rise(some[random.choice(len(some), drawn, replace=False)])
                        for _ in range(DRAWS)
                    ]
                )
                for some in (size, corners)
            ]
            figures = [
                *np.quantile(rises[0], [0.5, 0.95, 1]),
                *np.quantile(rises[1], [0, 0.05, 0.5]),
            ]
            words = " | ".join(f"{figure:.2f}" for figure in figures)
            yield f"| {name} | {len(xyxy):,} | {100 * either.mean():.0f} % | {drawn} | {words} |\n"


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    table = HEAD + "".join(rows(parser.parse_args().data))
    print(table)
    title = "# Reversed corners\n\n`python -m benchmarks.four_numbers`, 2026-11-30. These are facts"
    text = f"{title} of the labels as published: machine and load do not matter.\n\n{table}"
    (RESULTS / "four_numbers.md").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
