"""Killed before a step, or with a full disk, a command leaves all as before or as meant."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

if not hasattr(os, "fork"):
    pytest.skip("processes are copied only where there is fork", allow_module_level=True)

from benchmarks import crash_scenes
from benchmarks.crashes import Stage, every_step, full_disks, random_moments


@pytest.fixture(autouse=True)
def few_images(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crash_scenes, "IMAGES", 2)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.mark.parametrize("action", crash_scenes.ACTIONS)
def test_killed_before_each_step_all_is_as_before_or_as_intended_after_the_next_command(
    tmp_path: Path, action: str
):
    tally = every_step(Stage(action, "voc", tmp_path / "work"))
    assert (tally.lost, tally.unsaid, tally.examples) == (0, 0, [])
    assert tally.torn == tally.mended > 0
    assert tally.before > 0
    assert tally.intended > 0


@pytest.mark.parametrize("action", ["second fix in place", "undo"])
def test_a_link_to_a_label_file_is_taken_back_as_well(tmp_path: Path, action: str):
    tally = every_step(Stage(action, "coco", tmp_path / "work"))
    assert (tally.lost, tally.unsaid, tally.examples) == (0, 0, [])


def test_killed_at_random_moments_nothing_is_lost(tmp_path: Path):
    tally = random_moments(Stage("fix in place", "voc", tmp_path / "work"), kills=8, seed=1)
    assert (tally.lost, tally.processes, tally.examples) == (0, 8, [])


@pytest.mark.parametrize("action", ["fix in place", "undo", "convert"])
def test_a_full_disk_leaves_all_as_before_at_once(tmp_path: Path, action: str):
    tally = full_disks(Stage(action, "voc", tmp_path / "work"))
    assert (tally.lost, tally.torn, tally.examples) == (0, 0, [])
    assert tally.before > 0
