"""The recipes in examples/recipes/ run as they stand, and so do the scripts before and after."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import labelaudit

EXAMPLES = Path(__file__).parents[1] / "examples"
RECIPES = EXAMPLES / "recipes"
LIGHTNING = importlib.util.find_spec("lightning") is None


def ran(path, *words):
    """What a program prints; it ends well and, with one thread, does not take others' cores."""
    command = [sys.executable, path, *map(str, words)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def losses(text):
    return [float(line.rpartition("loss ")[2]) for line in text.splitlines() if ": loss" in line]


def test_the_recipe_for_torchvision_trains_by_weights():
    out = ran(RECIPES / "torchvision_detection.py", EXAMPLES / "bccd", "--steps", 1)
    assert "labels weigh less than 1" in out
    assert len(losses(out)) == 1


def test_the_recipe_of_a_plain_loop_learns():
    found = losses(ran(RECIPES / "plain_loop.py", EXAMPLES / "bccd", "--epochs", 3))
    assert len(found) == 3
    assert found[-1] < found[0]


@pytest.mark.skipif(LIGHTNING, reason="Lightning is not installed")
def test_the_recipe_for_lightning_trains_and_validates():
    out = ran(RECIPES / "lightning_module.py", EXAMPLES / "bccd", "--steps", 1)
    assert "after 1 steps" in out


def test_the_recipe_for_ultralytics_writes_a_folder_that_passes_the_gate(tmp_path):
    out = ran(RECIPES / "ultralytics_folder.py", EXAMPLES / "bccd", "-o", tmp_path / "yolo")
    assert f"data={tmp_path / 'yolo' / 'data.yaml'}" in out
    assert len(list((tmp_path / "yolo").rglob("*.jpg"))) == 40
    written = labelaudit.load(tmp_path / "yolo")
    assert (written.format, len(written.boxes)) == ("yolo", 486)


def test_a_script_trains_as_before_and_on_labels_on_which_it_stopped_before():
    out = ran(EXAMPLES / "training_pipeline.py")
    lines = out.splitlines()
    assert lines[0] == "7 lines go, 9 lines come"
    before, after, before_broken, after_broken = [line for line in lines if ".py: " in line]
    assert before.replace("before", "after") == after, "the same losses"
    assert "stops: AssertionError: All bounding boxes should have positive height" in before_broken
    assert "after.py: trains: step" in after_broken


def test_the_page_quotes_what_the_scripts_come_to():
    page = (EXAMPLES.parent / "docs" / "training-pipelines.md").read_text("utf-8")
    assert "7 lines go, 9 come" in page
