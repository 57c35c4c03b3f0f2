"""The simulation of counts of errors from a judged sample."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from benchmarks.label_errors.anchoring import (
    INTERCEPTS,
    SIZES,
    SLOPES,
    Cell,
    Limits,
    Simulation,
    cell,
    main,
    table,
)
from benchmarks.label_errors.heaps import (
    IMAGE_SIZES,
    PLAIN,
    POPULATIONS,
    SKEWED,
    heaps,
    heaps_table,
)
from benchmarks.machine import this_machine


@pytest.mark.parametrize(("slope", "wrong"), [(1.0, 519), (0.25, 250)])
def test_limits_hold_the_true_count_about_as_often_as_they_claim(slope: float, wrong: int):
    found = cell(slope, -2.5, 200, 60, np.random.default_rng(0))
    assert found.real == pytest.approx(wrong, rel=0.05)
    assert found.stated == pytest.approx(found.real, rel=0.15)
    held = {name: limits.coverage for name, limits in found.limits.items()}
    assert held["either"] >= max(held.values())
    assert held["either"] >= 0.85
    assert min(held.values()) > 0.75
    assert 0.2 < found.limits["either"].width < 2


def test_every_kind_of_sample_is_recorded(tmp_path: Path):
    main(["--repetitions", "2", "--results", str(tmp_path)])
    known = msgspec.json.decode((tmp_path / "anchoring.json").read_bytes(), type=Simulation)
    kinds = {(one.slope, one.intercept, one.size) for one in known.cells}
    assert kinds == {(a, b, n) for a in SLOPES for b in INTERCEPTS for n in SIZES}
    assert table(known) in (tmp_path / "anchoring.md").read_text()
    heaped = {(one.images, one.with_missing, one.missing, one.size) for one in known.heaps}
    assert heaped == {(*one, n) for one in POPULATIONS for n in IMAGE_SIZES}
    assert heaps_table(known.heaps) in (tmp_path / "anchoring.md").read_text()


def test_in_images_alike_both_limits_of_what_is_missing_are_near():
    rows = heaps(60, np.random.default_rng(0))
    alike = [one.limits for one in rows if (one.with_missing, one.size) == (59, 40)]
    assert all(limits[name][0] > 0.85 for limits in alike for name in limits)
    assert all(0.8 < limits[SKEWED][1] / limits[PLAIN][1] < 1.3 for limits in alike)


def test_the_table_says_how_far_coverage_goes():
    cells = [
        Cell(
            1.0,
            -4.0,
            100,
            50.0,
            60.0,
            {
                "profile": Limits(0.9, 2.0),
                "powered": Limits(part, 1.0),
                "either": Limits(0.97, 2.25),
            },
        )
        for part in (0.8, 0.95)
    ]
    text = table(Simulation("a day", this_machine(), {}, 3000, 10, 0, cells, []))
    assert "| 1 | 50 | 100 | 1.20 | 0.900, 2.0 | 0.800, 1.0 | 0.970, 2.2 |" in text
    assert "| 0.900 to 0.900 | 0.800 to 0.950 | 0.970 to 0.970 |" in text
