from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from labelaudit.cli import progress_bar


def lines_of(capsys, *, quiet: bool, monkeypatch, waits: int = 2) -> list[str]:
    """What a stage of two things writes without a terminal, in which time passes in one jump."""
    wait = threading.Event.wait
    passed = threading.Event()
    left = [waits]

    def hurried(event, timeout=None):
        if timeout != 60:  # seconds
            return wait(event, timeout)
        if left[0]:
            left[0] -= 1
            wait(passed)
            return False
        return wait(event)

    monkeypatch.setattr(threading.Event, "wait", hurried)
    with progress_bar.stages(quiet=quiet) as stage:
        stage.begin("reading labels")
        stage.update("looking at images", 1_200, 20_000)
        passed.set()
        if not quiet:
            while left[0]:
                wait(threading.Event(), 0.01)
    return capsys.readouterr().err.splitlines()


def test_without_a_terminal_a_line_a_minute_says_how_far_it_is(capsys, monkeypatch):
    lines = lines_of(capsys, quiet=False, monkeypatch=monkeypatch)
    assert lines[-1] == "labelaudit: looking at images, 1,200 of 20,000 (0 min)"


def test_quiet_says_nothing(capsys, monkeypatch):
    assert lines_of(capsys, quiet=True, monkeypatch=monkeypatch) == []


def test_what_takes_no_minute_says_nothing(capsys):
    with progress_bar.stages(quiet=False) as stage:
        stage.begin("reading labels")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("words", "line"), [(("a", 0, 0), "a"), (("a", 0, 9), "a, 0 of 9")])
def test_a_stage_of_unknown_length_has_no_numbers(words, line):
    stage = progress_bar.Stages(None)
    stage.update(*words)
    assert stage.line == line


@pytest.mark.parametrize("columns", [30, 40, 44, 79, 80, 120])
def test_how_far_it_is_stands_whole_in_a_narrow_terminal(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    bar = progress_bar._bar()
    bar.add_task("looking for near duplicates", total=118_287, completed=118_000)
    out = io.StringIO()
    Console(file=out, width=columns).print(bar.get_renderable())
    (line,) = out.getvalue().rstrip("\n").split("\n")
    assert ("118000/118287" if columns >= 80 else "100%") in line
    assert ("-:--:--" in line) == (columns >= 44)
    assert ("\N{HORIZONTAL ELLIPSIS}" in line) == (columns < 32)
    assert line.startswith("looking for near duplicates"[: columns - 6])
