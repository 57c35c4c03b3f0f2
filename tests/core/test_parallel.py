"""Work that is map_groups over threads."""

from __future__ import annotations

import contextlib
import contextvars
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.core import parallel
from labelaudit.core.parallel import ORPHANED, ahead, cores, map_groups, mapped


def test_a_machine_has_a_core():
    assert cores() >= 1


@given(st.lists(st.lists(st.integers())), st.integers(1, 5))
def test_every_task_is_done_once(groups, threads):
    done = list(map_groups(str, groups, threads))
    assert sorted(done) == sorted((task, str(task)) for group in groups for task in group)


def test_a_group_is_done_in_order_by_one_thread():
    groups = [[(name, n) for n in range(20)] for name in "abc"]
    seen = [task for task, _ in map_groups(lambda task: threading.get_ident(), groups, 3)]
    whose = dict(map_groups(lambda task: threading.get_ident(), groups, 3))
    for group in groups:
        assert [task for task in seen if task in group] == group
        assert len({whose[task] for task in group}) == 1


@given(st.lists(st.integers()), st.booleans())
def test_answers_come_in_order_whether_work_waits_or_not(tasks, waits):
    def work(task: int) -> str:
        if waits and task == tasks[0]:
            threading.Event().wait(0.001)
        return str(task)

    assert list(mapped(work, tasks, 3)) == list(map(str, tasks))


def test_work_that_waits_is_done_by_threads_and_other_work_is_not(monkeypatch):
    for cpu, several in ((0.4, False), (0.3, True)):  # seconds of one that the clock counts
        clocks = {"perf_counter": iter([0.0, 1.0]), "thread_time": iter([0.0, cpu])}
        for name, ticks in clocks.items():
            monkeypatch.setattr(parallel.time, name, ticks.__next__)
        idents = list(mapped(lambda _: threading.get_ident(), range(9), 3))
        monkeypatch.undo()
        assert (set(idents[1:]) != {idents[0]}) is several


@given(st.lists(st.integers()), st.integers(1, 4))
def test_answers_come_in_order_from_threads_that_are_ahead(tasks, threads):
    assert list(ahead(str, tasks, threads)) == list(map(str, tasks))


@pytest.mark.parametrize(("count", "threaded"), [(3, False), (4, True)])
def test_a_few_tasks_are_not_worth_a_thread(count: int, threaded: bool) -> None:
    idents = set(ahead(lambda _: threading.get_ident(), range(count), 1))
    assert (threading.get_ident() not in idents) is threaded


def test_threads_are_ahead_of_who_takes_by_twice_their_number():
    begun, six_are = [], threading.Event()

    def work(task: int) -> int:
        begun.append(task)
        if len(begun) == 6:
            six_are.set()
        return task

    answers = ahead(work, range(30), 2)
    assert next(answers) == 0
    assert next(answers) == 1  # four were begun, and one more for each that was asked for
    assert six_are.wait(60)
    assert begun == [0, 1, 2, 3, 4, 5]
    answers.close()
    assert len(begun) == 6


def test_an_error_ahead_comes_in_its_place_and_later_tasks_are_left():
    done: list[int] = []

    def work(task: int) -> int:
        if task == 3:
            raise ValueError("three")
        done.append(task)
        return task

    answers = ahead(work, range(100), 1)
    assert [next(answers) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(answers)
    assert set(done) <= {0, 1, 2, 4, 5, 6}


def test_groups_are_at_work_at_the_same_time():
    meeting = threading.Barrier(3, timeout=60)
    assert len(dict(map_groups(lambda _: meeting.wait(), [[1], [2], [3]], 3))) == 3


def test_the_first_error_is_the_callers_and_later_tasks_are_left():
    done: list[int] = []

    def work(task: int) -> None:
        if task == 3:
            raise ValueError("three")
        done.append(task)

    with pytest.raises(ValueError, match="three"):
        list(map_groups(work, [[1, 2, 3, 4, 5]], 2))
    assert done == [1, 2]


def test_who_looks_no_further_stops_the_work():
    inside, go_on, done = threading.Event(), threading.Event(), []
    workers: list[threading.Thread] = []

    def work(task: int) -> None:
        workers.append(threading.current_thread())
        if task:
            inside.set()
            go_on.wait(60)
        done.append(task)

    answers = map_groups(work, [[0, 1, 2, 3]], 1)
    next(answers)
    inside.wait(60)
    answers.close()  # does not wait
    go_on.set()
    workers[0].join(60)
    assert done == [0, 1]


def test_threads_see_the_context_of_the_caller():
    word = contextvars.ContextVar("word", default="")
    word.set("here")
    with np.errstate(over="raise"):
        assert dict(map_groups(lambda _: (word.get(), np.geterr()["over"]), [[0]], 2)) == {
            0: ("here", "raise")
        }


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_an_interrupt_is_not_waited_with(tmp_path):
    program = (
        "import signal, sys, time\n"
        "from labelaudit import cli\n"
        "from labelaudit.core import parallel\n"
        "def work(task):\n"
        "    print('at work', flush=True)\n"
        "    time.sleep(600)\n"
        "def main():\n"
        "    try:\n"
        "        list(parallel.map_groups(work, [[1], [2]], 2))\n"
        "    except KeyboardInterrupt:\n"
        "        return cli.INTERRUPTED\n"
        "cli.main = main\n"
        # What starts the tests in the background may have had interrupts ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "sys.exit(cli.program())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            os.kill(process.pid, signal.SIGINT)
            assert process.wait(60) == 130
        finally:
            process.kill()


PARENT = """
import signal, subprocess, sys, time
if hasattr(signal, "SIGHUP"):  # who runs tests by nohup passes on that it is ignored
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE)
print(child.pid, flush=True)
time.sleep(600)
"""
CHILD = """
import sys, time
from labelaudit.core import parallel
from labelaudit.core.parallel import end_with_parent
end_with_parent(sys.stdin.fileno())
print("at work", flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_no_child_outlives_a_parent_however_that_ends(how):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert parent.stdout.readline() == "at work\n"
        parent.send_signal(how)
        # Both write there: it ends when both have ended.
        assert parent.stdout.read() == ""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)


def test_a_child_outlives_no_pipe_but_runs_as_long_as_that_is_open():
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == b"at work\n"
        assert child.poll() is None
        child.stdin.close()
        assert child.wait() == ORPHANED


def test_a_child_that_is_done_ends_while_its_parent_lives():
    program = CHILD.replace("time.sleep(600)", "")
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as child:
        assert child.wait() == 0
