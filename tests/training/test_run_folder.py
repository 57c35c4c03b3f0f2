"""The folder of a training holds one training, and says so where it is another's."""

from __future__ import annotations

import errno
import json
import math

import pytest
import torch

from labelaudit.core import cache
from labelaudit.errors import ConfigError
from labelaudit.training.metrics import ClassMetrics, DetectionMetrics
from labelaudit.training.run_folder import CHECKPOINT, metrics_line, opened

CHOICES = {"epochs": 2, "sizes": (1, 2)}


def line(epoch, value):
    return {"epoch": epoch, "map": value}


def test_a_folder_is_opened_again_by_the_same_training(tmp_path):
    run = opened(tmp_path / "a" / "b", CHOICES)
    run.add(1, line(1, 0.5))
    again = opened(tmp_path / "a" / "b", CHOICES)
    assert again.lines == [line(1, 0.5)]


def test_what_killed_processes_left_is_gone_once_the_training_goes_on(tmp_path):
    opened(tmp_path, CHOICES)
    (tmp_path / f"{CHECKPOINT}.17.part").write_bytes(b"half")
    opened(tmp_path, CHOICES)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_another_training_is_refused_by_what_differs(tmp_path):
    opened(tmp_path, CHOICES)
    with pytest.raises(ConfigError, match=r"choices \(epochs, rate\); go on with those, name anot"):
        opened(tmp_path, CHOICES | {"epochs": 3, "rate": 1})


def test_settings_of_a_detector_that_differ_are_named_one_by_one(tmp_path):
    detector = {"learning_rate": 0.1, "channels": 8, "norm": "group"}
    opened(tmp_path, CHOICES | {"detector": detector})
    other = CHOICES | {"detector": detector | {"learning_rate": 0.2, "channels": 16}, "epochs": 9}
    with pytest.raises(ConfigError, match=r"other choices \(channels, epochs, learning-rate\); go"):
        opened(tmp_path, other)


def test_another_training_can_be_given_up(tmp_path):
    run = opened(tmp_path, CHOICES)
    run.add(1, line(1, 0.5))
    torch.save({"epochs": 1}, run.checkpoint)
    other = opened(tmp_path, CHOICES | {"epochs": 3}, anew=True)
    assert (other.lines, other.epochs_done()) == ([], 0)


def test_to_give_up_another_training_keeps_the_same_one(tmp_path):
    opened(tmp_path, CHOICES).add(1, line(1, 0.5))
    assert len(opened(tmp_path, CHOICES, anew=True).lines) == 1


def test_an_epoch_that_is_done_again_stands_in_its_own_place(tmp_path):
    run = opened(tmp_path, CHOICES, tmp_path / "copy.jsonl")
    for epoch in (1, 2, 3):
        run.add(epoch, line(epoch, 0.1 * epoch))
    run.add(2, line(2, 0.7))
    assert run.lines == [line(1, 0.1), line(2, 0.7)]
    for path in (tmp_path / "copy.jsonl", tmp_path / "metrics.jsonl"):
        assert [json.loads(one) for one in path.read_text().splitlines()] == run.lines


@pytest.mark.parametrize(
    ("value", "best"), [(0.4, False), (0.5, False), (0.51, True), (math.nan, False)]
)
def test_the_best_epoch_is_better_than_all_before(tmp_path, value, best):
    run = opened(tmp_path, CHOICES)
    for epoch, before in enumerate([0.2, 0.5, None], 1):
        run.add(epoch, line(epoch, before))
    assert run.is_best(value, 4) == best


def test_where_nothing_is_measured_each_epoch_is_the_best(tmp_path):
    run = opened(tmp_path, CHOICES)
    run.add(1, line(1, None))
    assert run.is_best(math.nan, 2)


def test_how_many_epochs_are_done_the_checkpoint_says(tmp_path):
    run = opened(tmp_path, CHOICES)
    assert run.epochs_done() == 0
    torch.save({"epochs": 3, "network": {}}, tmp_path / CHECKPOINT)
    assert run.epochs_done() == 3
    (tmp_path / CHECKPOINT).write_bytes(b"damaged")
    assert run.epochs_done() == 0


def test_what_is_not_defined_is_null_in_a_line():
    row = (0.5, 0.6, 0.4, math.nan, 0.5, 0.5)
    metrics = DetectionMetrics(*row, images=1, boxes=2, classes=(ClassMetrics("car", 2, *row),))
    expected = {
        "map": 0.5, "ap50": 0.6, "ap75": 0.4, "small": None, "medium": 0.5, "large": 0.5,
    }  # fmt: skip
    assert metrics_line(metrics) == {**expected, "classes": {"car": expected}}


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="file: cannot be made"):
        opened(tmp_path / "file", CHOICES)


def test_on_a_full_disk_what_was_written_stays(tmp_path, monkeypatch):
    run = opened(tmp_path, CHOICES)
    run.add(1, line(1, 0.5))
    before = (tmp_path / "metrics.jsonl").read_text()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cache.os, "replace", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        run.add(2, line(2, 0.6))
    assert (tmp_path / "metrics.jsonl").read_text() == before
