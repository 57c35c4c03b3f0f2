"""An exported file is one function of images, whatever is inside of it; others are refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.core.parallel import cores
from labelaudit.deployment import open_exported as module
from labelaudit.deployment.deployed import described
from labelaudit.deployment.description import Inside
from labelaudit.deployment.open_exported import (
    exported_target,
    forward_of_runtime,
    open_exported,
    open_runtime,
)
from labelaudit.deployment.target import TARGETS, Runtime
from labelaudit.deployment.torch_runtime import torch_runtime
from labelaudit.errors import ConfigError
from labelaudit.training.inference import forward_of
from tests.deployment.networks import CLASSES, INPUT, detector_of, noise


@pytest.fixture(scope="module")
def squeezenet():
    return detector_of(strides=(8, 16), anchor_scales=(3.0, 4.0), anchor_ratios=(0.5, 2.0))


@pytest.mark.parametrize(
    "inside",
    [
        Inside(),
        Inside(scaling=False),
        Inside(decoding=False),
        Inside(scaling=False, decoding=False),
    ],
)
def test_what_is_not_inside_is_done_outside(squeezenet, inside):
    scores, boxes = forward_of(squeezenet)(noise(2))
    runtime = torch_runtime(squeezenet, described(squeezenet, "onnx", inside))
    found = forward_of_runtime(runtime)(noise(2))
    np.testing.assert_allclose(found[0], scores, atol=1e-5)
    np.testing.assert_allclose(found[1], boxes, atol=1e-2)


def test_detections_are_anchors_with_one_score(squeezenet):
    description = described(squeezenet, "onnx", Inside(nms=True, limit=3))
    boxes = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    outputs = {
        "detection_boxes": boxes,
        "detection_scores": np.array([[0.9, 0.4, 0.0]], np.float32),
        "detection_labels": np.array([[2.0, 0.0, -1.0]], np.float32),
    }
    forward = forward_of_runtime(Runtime(description, lambda _images: outputs))
    scores, found = forward(noise(1))
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, [[[0, 0, 0.9], [0.4, 0, 0], [0, 0, 0]]])
    assert (found == boxes).all()


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_target_is_known_by_the_ending(tmp_path, name):
    target = TARGETS[name]
    assert exported_target(tmp_path / f"my.model{target.suffix}") is target
    assert exported_target(tmp_path / f"{target.suffix}.txt") is None


def test_an_ending_of_no_target_is_refused_with_those_that_are(tmp_path):
    (tmp_path / "model.pb").touch()
    with pytest.raises(
        ConfigError, match=r"model\.pb: no exported model ends so; expected one of "
    ):
        open_runtime(tmp_path / "model.pb")


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()])
def test_a_file_that_is_not_there_is_named_with_what_writes_one(tmp_path, make):
    path = tmp_path / "model.onnx"
    make(path)
    with pytest.raises(ConfigError, match=r"model\.onnx: there is no such file; labelaudit export"):
        open_runtime(path)


@pytest.fixture
def shelf(squeezenet, tmp_path, monkeypatch):
    """A file of a target that torch runs, and with how many threads it was opened."""
    opened = []
    description = described(squeezenet, "shelf", Inside())

    def open_it(path, threads):
        opened.append((path.name, threads))
        return torch_runtime(squeezenet, description)

    target = dataclasses.replace(TARGETS["onnx"], suffix=".shelf", to_open=(), open=open_it)
    monkeypatch.setattr(module, "TARGETS", {"shelf": target})
    path = tmp_path / "model.shelf"
    path.touch()
    return path, opened


def test_a_file_runs_on_as_many_threads_as_asked_else_one_a_core(shelf):
    path, opened = shelf
    open_exported(path, threads=3)
    open_exported(path)
    assert opened == [("model.shelf", 3), ("model.shelf", cores())]


def test_a_model_says_what_its_numbers_mean(shelf, squeezenet):
    path, _ = shelf
    model = open_exported(path)
    assert (model.classes, model.class_ids) == (CLASSES, (3, "dog", 7))
    assert (model.input_size, model.description.target) == (INPUT, "shelf")
    np.testing.assert_allclose(
        model.forward(noise(1))[0], forward_of(squeezenet)(noise(1))[0], atol=1e-5
    )


def test_what_runs_a_file_is_looked_for_first(shelf, monkeypatch):
    path, opened = shelf
    (target,) = module.TARGETS.values()
    lacking = dataclasses.replace(target, to_open=("no_such_module",))
    monkeypatch.setattr(module, "TARGETS", {"shelf": lacking})
    with pytest.raises(ConfigError, match=r"model\.shelf: running it .*no_such_module"):
        open_exported(path)
    assert opened == []
