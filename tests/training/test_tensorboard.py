"""Figures of each epoch are curves for TensorBoard, where it is installed."""

from __future__ import annotations

import sys

import pytest

from labelaudit.errors import ConfigError
from labelaudit.training.tensorboard import scalars, tensorboard_log

LINE = {
    "epoch": 2, "loss": 0.5, "map": 0.25, "small": None, "seconds": 9.5,
    "classes": {"car": {"map": 0.5}, "dog": {"map": None}},
}  # fmt: skip


def test_what_is_not_defined_has_no_point():
    assert scalars(LINE) == {"loss": 0.5, "map": 0.25, "map/car": 0.5}


def test_an_epoch_without_metrics_has_its_loss():
    assert scalars({"epoch": 1, "loss": 0.5, "map": None}) == {"loss": 0.5}


def test_without_a_folder_nothing_is_written(tmp_path):
    with tensorboard_log(None) as log:
        log(LINE)
    assert list(tmp_path.iterdir()) == []


def test_where_it_cannot_be_imported_one_line_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with (
        pytest.raises(ConfigError, match="pip install tensorboard"),
        tensorboard_log(tmp_path / "board"),
    ):
        pass


def test_events_are_written(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with tensorboard_log(tmp_path / "board") as log:
        log(LINE)
    events = EventAccumulator(str(tmp_path / "board"))
    events.Reload()
    assert events.Tags()["scalars"] == ["loss", "map", "map/car"]
    assert [(one.step, one.value) for one in events.Scalars("map")] == [(2, 0.25)]
