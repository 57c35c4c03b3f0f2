"""Margins that are told by the sizes of boxes alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import drawn_by

SIZES = (20.0, 40.0, 80.0, 120.0, 160.0)
"""Of objects; each is around one of the quantiles that are compared."""

COUNTS = (7, 8, 10, 8, 7)
"""Objects of each size."""

NEAT = dict.fromkeys(("ann", "bob", "cem", "dan"), SIZES)


def drawn(
    sizes: Mapping[str, Sequence[float]], *, times: Mapping[str, int] | None = None, less: int = 0
) -> Dataset:
    """Squares of these sizes that people drew, one an image: 40 or so many `times` that.

    Of those of eve, so many of the middle size are missing.
    """
    people: dict[str, dict[str, list[str]]] = {}
    for who, of in sizes.items():
        counts = [(times or {}).get(who, 1) * count for count in COUNTS]
        counts[2] -= less if who == "eve" else 0
        every = [size for size, count in zip(of, counts, strict=True) for _ in range(count)]
        people[who] = {
            f"{who}{n}.jpg": [f"car 100 100 {100 + size} {100 + size}"]
            for n, size in enumerate(every)
        }
    return drawn_by(people)


def told(dataset: Dataset, min_pixels: float = 1.5) -> list[str]:
    settings = {"uneven-margin": {"min-pixels": min_pixels}}
    return list(audit(dataset, select=["SRC002"], settings=settings).message.tolist())


def larger(by: float) -> list[float]:
    return [size + by for size in SIZES]


@pytest.mark.parametrize(("pixels", "count"), [(2.9, 0), (3.1, 1), (-2.9, 0), (-3.1, 1)])
def test_a_pixel_and_a_half_at_each_side_are_told(pixels: float, count: int) -> None:
    found = audit(drawn({**NEAT, "eve": larger(pixels)}), select=["SRC002"])
    assert len(found) == count


@pytest.mark.parametrize(("less", "count"), [(0, 1), (1, 0)])
def test_forty_boxes_of_a_class_are_needed(less: int, count: int) -> None:
    assert len(told(drawn({**NEAT, "eve": larger(8)}, less=less))) == count


@pytest.mark.parametrize(("off", "count"), [(0.135, 1), (0.145, 0)])
def test_a_margin_may_leave_twice_what_chance_leaves(off: float, count: int) -> None:
    """A quantile is known to .088 px here; four of five are off by 1.53 or 1.64 times as much."""
    sizes = [size + 8 + sign * off for size, sign in zip(SIZES, (1, -1, 0, 1, -1), strict=True)]
    assert len(told(drawn({**NEAT, "eve": sizes}))) == count


@pytest.mark.parametrize(("pixels", "count"), [(0.249, 1), (0.233, 0)])
def test_a_margin_has_to_explain_sizes_one_and_a_half_times_as_well_as_a_factor(
    pixels: float, count: int
) -> None:
    """Sizes are larger by both; a margin alone leaves 1.6 or 1.4 times less than a factor."""
    sizes = [1.002 * size + pixels for size in SIZES]
    assert len(told(drawn({**NEAT, "eve": sizes}), min_pixels=0.1)) == count


@pytest.mark.parametrize(("others", "count"), [(2.8, 1), (3.2, 0)])
def test_half_of_a_margin_has_to_be_there_beside_most_others(others: float, count: int) -> None:
    """Beside ann, who drew most, eve leaves 3 px; beside the others 1.6 or 1.4 px."""
    sizes = {"ann": SIZES, **dict.fromkeys(("bob", "cem", "dan"), larger(others))}
    dataset = drawn({**sizes, "eve": larger(6)}, times={"ann": 10})
    assert len(told(dataset, min_pixels=2.5)) == count
