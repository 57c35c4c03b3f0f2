"""A scan walks through each folder once, and looks for what killed runs left once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labelaudit.cli import main
from labelaudit.io import recovery
from labelaudit.io.load import load
from labelaudit.testing import draw
from tests.io.formats.voc_files import annotation, described, put

LINE = "0 .5 .5 .1 .1\n"


def voc(folder: Path) -> Path:
    for name in ("a", "b"):
        draw(folder / "JPEGImages" / f"{name}.jpg", (100, 80))
        put(folder / "Annotations" / f"{name}.xml", annotation(described(), filename=f"{name}.jpg"))
    return folder


def yolo(folder: Path) -> Path:
    for split in ("train", "val"):
        draw(folder / "images" / split / f"{split}.jpg", (100, 80))
        put(folder / "labels" / split / f"{split}.txt", LINE)
    put(folder / "data.yaml", "train: images/train\nval: images/val\nnames: [car]\n")
    return folder


def bare_yolo(folder: Path) -> Path:
    for name in ("a", "b"):
        draw(folder / "images" / f"{name}.jpg", (100, 80))
        put(folder / "labels" / f"{name}.txt", LINE)
    return folder


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each folder is read by `os.scandir`, by its path."""
    counts: Counter[str] = Counter()
    scandir = os.scandir

    def counted(path: Any = ".") -> Any:
        counts[os.path.realpath(path)] += 1
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counted)
    return counts


@pytest.mark.parametrize("make", [voc, yolo, bare_yolo])
def test_each_folder_is_read_once_while_a_dataset_is_loaded(tmp_path, read, make):
    folder = make(tmp_path / "ds")
    read.clear()
    assert len(load(folder).boxes) == 2
    inside = {place: count for place, count in read.items() if place.startswith(str(folder))}
    assert len(inside) >= 3
    assert set(inside.values()) == {1}, inside


def test_what_a_dataset_holds_is_looked_up_anew_when_it_is_loaded_again(tmp_path):
    folder = voc(tmp_path)
    assert len(load(folder).images) == 2
    put(folder / "Annotations" / "c.xml", annotation(described(), filename="c.jpg"))
    draw(folder / "JPEGImages" / "c.jpg", (100, 80))
    after = load(folder)
    assert len(after.images) == 3
    assert all(after.images.path.tolist())


@pytest.mark.parametrize("command", ["scan", "stats"])
def test_what_killed_runs_left_is_looked_for_once(tmp_path, monkeypatch, capsys, command):
    folder = voc(tmp_path / "ds")
    looked: Counter[str] = Counter()
    leftovers = recovery.leftovers

    def counted(place: Path) -> Iterator[str]:
        looked[os.path.realpath(place)] += 1
        return leftovers(place)

    monkeypatch.setattr(recovery, "leftovers", counted)
    main([command, str(folder)])
    capsys.readouterr()
    assert looked[os.path.realpath(folder)] == 1
    assert set(looked.values()) == {1}
