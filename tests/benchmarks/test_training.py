"""The page of trainings against a plain loop says what each seed came to."""

from __future__ import annotations

import numpy as np

from benchmarks.machine import this_machine
from benchmarks.training import MOST, Comparison, Trained, page, some_of
from labelaudit.training.split import TrainingSplit


def test_the_page_has_a_row_for_each_loop_and_figure():
    ours = [Trained(0, 0.4, 0.7, 60.0), Trained(1, 0.42, 0.7, 40.0)]
    plain = [Trained(0, 0.39, 0.6, 100.0), Trained(1, 0.43, 0.6, 100.0)]
    text = page({"bccd": Comparison("2026-01-01", this_machine(), {}, "a split", 6, ours, plain)})
    assert "## bccd" in text
    assert "| labelaudit, mAP | 40.0 | 42.0 | 41.0 ± 1.4 | 50 |" in text
    assert "| plain loop, mAP | 39.0 | 43.0 | 41.0 ± 2.8 | 100 |" in text
    assert "| plain loop, AP50 | 60.0 | 60.0 | 60.0 ± 0.0 | 100 |" in text


def test_a_large_split_is_cut_to_what_trains_in_minutes():
    few = TrainingSplit(np.arange(MOST[0]), np.arange(3), "few")
    assert some_of(few) is few
    many = some_of(TrainingSplit(np.arange(1000), np.arange(1000, 1010), "many"))
    assert (len(many.learn), len(many.validate)) == (MOST[0], 10)
    assert set(many.validate) == set(range(1000, 1010))
    assert many.how == "many; of these, 96 and 10 drawn at random"
