"""`labelaudit train` is killed, or finds the disk full: it goes on, and comes to the same."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from labelaudit.training.model_file import load_detector
from tests.ended_processes import ROOT, Commands, Ending

pytest.importorskip("resource", reason="kills and limits of files as POSIX has them")

pytestmark = pytest.mark.skipif(
    "PYTEST_XDIST_WORKER" in os.environ,
    reason="scripts/check gives it a process of its own: one in which all frameworks of models are "
    "loaded may end by a fault of theirs when a child of it does",
)

WORDS = (
    *("train", ROOT / "examples" / "bccd", "--backbone", "squeezenet", "--weights", "random"),
    *("--strides", 16, "--channels", 8, "--head-depth", 1, "--image-size", 64, 96),
    *("--epochs", 2, "--batch", 16, "--device", "cpu"),
)

MOMENTS = (
    Ending("within", "checkpoint.pt", 1, 1000),
    Ending("before", "checkpoint.pt", 2),
    Ending("within", "best.pt", 1, 100_000),
    Ending("within", "metrics.jsonl", 1, 10),
    Ending("before", "model.metrics.jsonl", 1),
    Ending("within", "model.pt", 1, 100_000),
    Ending("before", "model.pt", 1),
)
"""One after the other: each process goes on where the one before was ended."""


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    """Runs command lines."""
    started = Commands()
    yield started
    started.close()


@pytest.fixture(scope="module")
def undisturbed(commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The folder of a training that nobody stopped, and the seconds that it took at most."""
    folder = tmp_path_factory.mktemp("undisturbed")
    ended = commands.run(folder, (*WORDS, "-o", "model.pt"))
    assert ended.code == 0, ended.said
    return folder, ended.seconds


def written(folder: Path) -> dict[str, object]:
    """All that is in a folder, without times."""
    found: dict[str, object] = {path.name: path.is_dir() for path in folder.iterdir()}
    for name in ("model.pt", "model.last.pt"):
        detector = load_detector(folder / name, device="cpu")
        weights = detector.network.state_dict()
        found[name] = {key: value.numpy().tobytes() for key, value in weights.items()}
        found[f"facts of {name}"] = json.dumps(detector.facts)
    lines = (folder / "model.metrics.jsonl").read_text().splitlines()
    found["model.metrics.jsonl"] = [json.loads(line) | {"seconds": 0} for line in lines]
    return found


def test_a_training_that_is_killed_at_each_of_many_moments_comes_to_the_same_numbers(
    commands: Commands, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    for moment in MOMENTS:
        ended = commands.run(tmp_path, (*WORDS, "-o", "model.pt"), moment)
        expected = signal.SIGKILL if moment.how == "before" else signal.SIGXFSZ
        assert ended.code == -expected, (moment, ended.said)
        assert not (tmp_path / "model.pt").exists()
    # Once the detector is there, nothing of what belongs to it may be missing.
    assert (tmp_path / "model.last.pt").exists()
    ended = commands.run(tmp_path, (*WORDS, "-o", "model.pt"))
    assert ended.code == 0, ended.said
    assert "2 epochs of 2 done before" in ended.said
    assert written(tmp_path) == written(undisturbed[0])


def test_a_training_that_is_killed_at_random_moments_comes_to_the_same_numbers(
    commands: Commands, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    longest = undisturbed[1]
    moments = [random.SystemRandom().uniform(0, longest) for _ in range(3)]
    for moment in moments:
        if not (tmp_path / "model.pt").exists():
            commands.run(tmp_path, (*WORDS, "-o", "model.pt"), Ending("after", amount=moment))
    commands.run(tmp_path, (*WORDS, "-o", "model.pt", "--overwrite"))
    assert written(tmp_path) == written(undisturbed[0]), f"killed after {moments} of {longest} s"


def test_a_training_that_finds_the_disk_full_says_so_and_goes_on(
    commands: Commands, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    full = Ending("full", amount=1_000_000)  # less than a detector has
    ended = commands.run(tmp_path, (*WORDS, "-o", "model.pt"), full)
    assert ended.code == 2
    assert ended.said.splitlines()[-1] == (
        "labelaudit: error: model.training: cannot be written: File too large; make room, and give "
        "the same command again: what is done is kept"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["model.metrics.jsonl", "model.training"]
    assert commands.run(tmp_path, (*WORDS, "-o", "model.pt")).code == 0
    assert written(tmp_path) == written(undisturbed[0])
