"""Children say how far they are, and end with an error that tells why, or when they are stopped."""

from __future__ import annotations

import sys
import threading

import pytest

from labelaudit.core.child_processes import (
    KEPT_MEMORY,
    LAST_LINES,
    ChildProcesses,
    EndedProcess,
    child_environment,
    run_together,
)

KEPT = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")


@pytest.mark.parametrize("own", [None, "4096"])
def test_processes_keep_memory_unless_the_user_says_how_much(
    monkeypatch: pytest.MonkeyPatch, own: str | None
) -> None:
    for name in KEPT:
        monkeypatch.delenv(name, raising=False)
        if own:
            monkeypatch.setenv(name, own)
    assert {child_environment()[name] for name in KEPT} == {own or str(KEPT_MEMORY)}


def test_processes_have_one_thread_whatever_the_user_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert child_environment()["OMP_NUM_THREADS"] == "1"


def program(text: str) -> list[str]:
    return [sys.executable, "-c", f"import json, os, sys, time\n{text}"]


SAYS = "print(json.dumps({'part': 1}), flush=True)\n"


def test_what_a_process_says_is_passed_on_and_a_good_end_is_no_error():
    heard: list[object] = []
    ended: list[EndedProcess | None] = []
    run_together([lambda some: ended.append(some.run(program(SAYS)))] * 2, heard.append)
    assert heard == [{"part": 1}] * 2
    assert ended == [None, None]


def test_of_an_error_the_last_news_and_the_last_lines_are_known():
    lines = "".join(f"print({n}, file=sys.stderr)\n" for n in range(LAST_LINES + 1))
    ended = ChildProcesses().run(program(SAYS + lines + "sys.exit(3)"))
    assert ended == EndedProcess(3, {"part": 1}, [str(n) for n in range(1, LAST_LINES + 1)])
    assert ended.how() == "ended with code 3"


@pytest.mark.parametrize("printed", ["a library's word", "[1]", "", "{"])
def test_what_a_library_prints_is_no_news_and_is_among_the_last_lines(printed: str):
    heard: list[object] = []
    job = program(SAYS + f"print({printed!r}, flush=True)\nsys.exit(3)")
    ended: list[EndedProcess | None] = []
    run_together([lambda some: ended.append(some.run(job))], heard.append)
    assert heard == [{"part": 1}]
    assert ended == [EndedProcess(3, {"part": 1}, [printed] if printed else [])]


def test_a_killed_process_names_the_signal():
    ended = ChildProcesses().run(program("os.kill(os.getpid(), 9)"))
    assert ended == EndedProcess(-9, {}, [])
    assert ended.how() == "was killed by signal 9"


def test_the_first_error_ends_the_other_processes_and_is_raised():
    def failing(some: ChildProcesses) -> None:
        some.run(program(""))
        raise ValueError("enough")

    ended: list[EndedProcess | None] = []
    slow = program("time.sleep(600)")
    with pytest.raises(ValueError, match="enough"):
        run_together([failing, lambda some: ended.append(some.run(slow))], lambda _news: None)
    assert ended == [None]


def test_once_stopped_nothing_is_started():
    some = ChildProcesses()
    some.stop()
    assert some.run(program("sys.exit(1)")) is None


def test_a_process_that_fills_its_errors_is_read_meanwhile():
    ended = ChildProcesses().run(
        program("sys.stderr.write('x' * 1_000_000)\n" + SAYS + "sys.exit(1)")
    )
    assert ended is not None
    assert ended.news == {"part": 1}


def test_what_is_said_is_told_in_the_thread_of_the_caller():
    threads: list[int] = []
    run_together(
        [lambda some: some.run(program(SAYS)) and None],
        lambda _news: threads.append(threading.get_ident()),
    )
    assert threads == [threading.get_ident()]
