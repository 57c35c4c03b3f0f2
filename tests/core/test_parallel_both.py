from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads as openmp_threads
from threadpoolctl import threadpool_info, threadpool_limits

from labelaudit.core import parallel
from labelaudit.core.parallel import both


def test_both_answers_come_in_order():
    assert both(lambda: "one", lambda: 2) == ("one", 2)


def test_on_two_cores_both_are_at_work_at_the_same_time(monkeypatch):
    monkeypatch.setattr(parallel, "cores", lambda: 2)
    meeting = threading.Barrier(2, timeout=60)
    assert sorted(both(meeting.wait, meeting.wait)) == [0, 1]


def test_on_one_core_one_comes_after_the_other(monkeypatch):
    monkeypatch.setattr(parallel, "cores", lambda: 1)
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


def blas_threads() -> set[int]:
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


@pytest.fixture
def two_threads() -> Iterator[None]:
    """BLAS has two threads, set by a thread that is no more: whoever sets a limit may keep it."""

    def limit(count: int) -> None:
        setting = threading.Thread(target=threadpool_limits, args=(count, "blas"))
        setting.start()
        setting.join()

    before = min(blas_threads())
    limit(2)
    yield
    limit(before)


@pytest.mark.usefixtures("two_threads")
def test_each_has_one_thread_of_blas():
    assert both(blas_threads, blas_threads) == ({1}, {1})
    assert blas_threads() == {2}


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("first_lives_on", [False, True])
def test_threads_of_blas_are_left_as_they_were_by_callers_that_overlap(first_lives_on: bool):
    entered, left, checked = threading.Barrier(2, timeout=60), threading.Event(), threading.Event()
    seen: list[set[int]] = []

    def first() -> None:
        both(entered.wait, lambda: None)
        left.set()
        if first_lives_on:
            checked.wait(timeout=60)

    def second() -> None:
        def within() -> None:
            entered.wait()
            left.wait(timeout=60)
            seen.append(blas_threads())

        both(within, lambda: None)

    callers = [threading.Thread(target=function) for function in (first, second)]
    for caller in callers:
        caller.start()
    callers[1].join()
    assert seen == [{1}]
    assert blas_threads() == {2}
    checked.set()
    callers[0].join()
    both(lambda: None, lambda: None)
    assert blas_threads() == {2}


@pytest.mark.usefixtures("two_threads")
def test_threads_of_blas_are_given_back_after_an_error():
    with pytest.raises(ZeroDivisionError):
        both(lambda: 1 / 0, lambda: None)
    assert blas_threads() == {2}


@pytest.mark.usefixtures("two_threads")
def test_a_thread_that_is_left_behind_changes_nothing(monkeypatch):
    monkeypatch.setattr(parallel, "cores", lambda: 2)
    go_on, threads = threading.Event(), []

    def long() -> None:
        threads.append(threading.current_thread())
        go_on.wait(timeout=60)

    def fails() -> None:
        while not threads:
            time.sleep(0.001)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        both(long, fails)
    assert blas_threads() == {2}
    go_on.set()
    threads[0].join()
    assert blas_threads() == {2}
