"""`labelaudit impact` is killed, or finds the disk full: it goes on, and comes to the same."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.ended_processes import Commands, Ending

pytest.importorskip("resource", reason="kills and limits of files as POSIX has them")

pytestmark = pytest.mark.skipif(
    "PYTEST_XDIST_WORKER" in os.environ,
    reason="scripts/check gives it a process of its own; see tests/training/test_kills.py",
)


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    """Runs command lines."""
    started = Commands()
    yield started
    started.close()


@pytest.fixture
def words(squares: Callable[[int], Path], tiny: Path) -> Sequence[object]:
    """An experiment of three runs in one process of its own."""
    return (
        *("impact", squares(10), "-o", "out", "--config", tiny, "--workers", 1),
        *("--seeds", 1, "--epochs", 2, "--rates", 0.5, "--noise", "missing"),
    )


def written(folder: Path) -> dict[str, str]:
    """The figures of an experiment, and the names of all its files."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    names = {str(path.relative_to(folder)): "" for path in files}
    figures = [path for path in files if path.suffix in (".json", ".md")]
    return names | {str(path.relative_to(folder)): path.read_text() for path in figures}


def test_an_experiment_that_is_killed_or_finds_the_disk_full_comes_to_the_same_numbers(
    commands: Commands, words: Sequence[object], tmp_path: Path
) -> None:
    (tmp_path / "undisturbed").mkdir()
    undisturbed = commands.run(tmp_path / "undisturbed", words)
    assert undisturbed.code == 0, undisturbed.said
    folder = tmp_path / "killed"
    folder.mkdir()

    full = commands.run(folder, words, Ending("full", amount=1_000_000))  # less than a detector has
    assert full.code == 2
    assert full.said.splitlines()[-1] == (
        "labelaudit: error: labels 'as-is': out/runs/as-is-seed0/training: cannot be written: File "
        "too large; make room, and give the same command again: what is done is kept"
    )

    learned = "out/runs/safe-fixes-seed0/training/checkpoint.pt"
    if sys.platform == "linux":
        worker = commands.run(folder, words, Ending("worker", learned))
        assert worker.code == 2
        assert (
            "out/runs/safe-fixes-seed0: its process was killed by signal 9: it said nothing; was "
            "memory short? (what was done is kept: run again)"
        ) in worker.said
    assert commands.run(folder, words, Ending("there", learned)).code == -signal.SIGKILL
    moment = random.SystemRandom().uniform(0, undisturbed.seconds)
    commands.run(folder, words, Ending("after", amount=moment))

    again = commands.run(folder, words)
    assert again.code == 0, again.said
    assert written(folder) == written(tmp_path / "undisturbed"), f"killed after {moment} s"
