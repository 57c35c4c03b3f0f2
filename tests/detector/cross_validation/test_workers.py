from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from labelaudit.core.executors import LocalExecutor
from labelaudit.detector.cross_validation import workers
from labelaudit.detector.cross_validation.workers import run_folds
from labelaudit.errors import LabelauditError

FOLDS = """
import json, sys
for fold in sys.argv[1:]:
    print(json.dumps({"fold": int(fold), "part": 0.0}), flush=True)
    if fold == "7":
        sys.exit("no memory")
    print(json.dumps({"fold": int(fold), "part": 1.0}), flush=True)
"""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The folds of each process that is started, which does nothing but say that it did."""
    known: list[list[int]] = []

    def command(_folder: Path, folds: Sequence[int]) -> list[str]:
        known.append(list(folds))
        return [sys.executable, "-c", FOLDS, *map(str, folds)]

    monkeypatch.setattr(workers, "_command", command)
    return known


@pytest.mark.parametrize(
    ("count", "shares"), [(1, [[3, 4, 5]]), (2, [[3, 5], [4]]), (9, [[3], [4], [5]])]
)
def test_each_worker_is_one_process_that_runs_its_share_of_folds(
    started: list[list[int]], tmp_path: Path, count: int, shares: list[list[int]]
) -> None:
    done: list[float] = []
    run_folds(tmp_path, [3, 4, 5], LocalExecutor(count), done.append)
    assert sorted(started) == shares
    assert max(done) <= 3


def test_an_error_names_the_fold_that_its_process_was_at(
    started: list[list[int]], tmp_path: Path
) -> None:
    with pytest.raises(LabelauditError, match="fold 7: its process ended with code 1: no memory"):
        run_folds(tmp_path, [6, 7, 8], LocalExecutor(1), lambda _done: None)
    assert started == [[6, 7, 8]]


def test_no_folds_start_no_process(started: list[list[int]], tmp_path: Path) -> None:
    run_folds(tmp_path, [], LocalExecutor(2), lambda _done: None)
    assert started == []
