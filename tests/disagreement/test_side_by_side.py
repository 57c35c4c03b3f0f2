from __future__ import annotations

import threading
import time

import pytest
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads as openmp_threads
from threadpoolctl import threadpool_info

from labelaudit.disagreement import side_by_side
from labelaudit.disagreement.side_by_side import both


def test_both_answers_come_in_order():
    assert both(lambda: "one", lambda: 2) == ("one", 2)


def test_on_two_cores_both_are_at_work_at_the_same_time(monkeypatch):
    monkeypatch.setattr(side_by_side, "cores", lambda: 2)
    meeting = threading.Barrier(2, timeout=60)
    assert sorted(both(meeting.wait, meeting.wait)) == [0, 1]


def test_on_one_core_one_comes_after_the_other(monkeypatch):
    monkeypatch.setattr(side_by_side, "cores", lambda: 1)
    done: list[int] = []
    both(lambda: done.append(1), lambda: done.append(2))
    assert done == [1, 2]


def test_each_has_one_thread_of_openmp():
    before = openmp_threads()
    assert both(openmp_threads, openmp_threads) == (1, 1)
    assert openmp_threads() == before


def test_an_error_is_that_of_the_caller():
    with pytest.raises(ZeroDivisionError):
        both(lambda: 1 / 0, lambda: None)


def test_threads_of_blas_are_left_as_they_are():
    def threads() -> list[int]:
        return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]

    before = threads()
    for _ in range(3):
        both(lambda: time.sleep(0.02), lambda: time.sleep(0.05))
    assert threads() == before
