"""Killed before a step, or with a full disk, a command leaves all as before or as meant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.crash_scenes import ACTIONS

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="processes are copied only where there is fork"
)

PROGRAM = """
import dataclasses, json, sys
from pathlib import Path
from benchmarks import crash_scenes
from benchmarks.crashes import Stage, every_step, full_disks, random_moments

crash_scenes.IMAGES = 2
how, action, format_name, work = sys.argv[1:]
stage = Stage(action, format_name, Path(work))
if how == "random":
    tally = random_moments(stage, kills=8, seed=1)
else:
    tally = {"steps": every_step, "disk": full_disks}[how](stage)
print(json.dumps(dataclasses.asdict(tally)))
"""


def tallied(how: str, action: str, format_name: str, folder: Path) -> dict[str, Any]:
    """What came of a command; in a small process of its own, of which copies are made at once."""
    words = [sys.executable, "-c", PROGRAM, how, action, format_name, str(folder / "work")]
    environment = os.environ | {"COLUMNS": "100"}
    ran = subprocess.run(
        words, check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    tally: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    assert (tally["lost"], tally["examples"]) == (0, [])
    return tally


@pytest.mark.parametrize("action", ACTIONS)
def test_killed_before_each_step_all_is_as_before_or_as_intended_after_the_next_command(
    tmp_path: Path, action: str
):
    tally = tallied("steps", action, "voc", tmp_path)
    assert tally["unsaid"] == 0
    assert tally["torn"] == tally["mended"] > 0
    assert tally["before"] > 0
    assert tally["intended"] > 0


@pytest.mark.parametrize("action", ["second fix in place", "undo"])
def test_a_link_to_a_label_file_is_taken_back_as_well(tmp_path: Path, action: str):
    assert tallied("steps", action, "coco", tmp_path)["unsaid"] == 0


@pytest.mark.parametrize("format_name", ["coco", "yolo"])
def test_splits_are_changed_in_place_or_not_at_all(tmp_path: Path, format_name: str):
    tally = tallied("steps", "split in place", format_name, tmp_path)
    assert tally["unsaid"] == 0
    assert tally["torn"] == tally["mended"] > 0


def test_killed_at_random_moments_nothing_is_lost(tmp_path: Path):
    assert tallied("random", "fix in place", "voc", tmp_path)["processes"] == 8


@pytest.mark.parametrize("action", ["fix in place", "undo", "convert"])
def test_a_full_disk_leaves_all_as_before_at_once(tmp_path: Path, action: str):
    tally = tallied("disk", action, "voc", tmp_path)
    assert tally["torn"] == 0
    assert tally["before"] > 0
