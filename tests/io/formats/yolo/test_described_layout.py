"""Folders that a description leads to, and those that nobody means to have searched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labelaudit.io.formats.yolo.described_layout import LEVELS_ABOVE
from labelaudit.io.load import load
from labelaudit.testing import draw


def described(folder: Path, yaml: str) -> Path:
    """A dataset of one image whose description is three folders further down."""
    home = folder / "a" / "b" / "c"
    home.mkdir(parents=True)
    (home / "data.yaml").write_text(f"names: [car]\n{yaml}\n")
    for place in (folder, home):
        draw(place / "images" / f"{place.name}.png", (64, 48))
        (place / "labels").mkdir()
        (place / "labels" / f"{place.name}.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    return home / "data.yaml"


@pytest.fixture
def read_folders(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The folders that are read from now on."""
    folders: set[str] = set()
    for name in ("scandir", "listdir", "walk"):
        real = getattr(os, name)

        def noted(path: str = ".", *rest: object, real=real, **more: object):
            folders.add(os.path.abspath(path))
            return real(path, *rest, **more)

        monkeypatch.setattr(os, name, noted)
    return folders


@pytest.mark.parametrize(
    "yaml",
    [
        "path: /\ntrain: .",
        "path: /\ntrain: /\nval: ..//../../../../../../../..",
        "train: /",
        "path: /\ntrain: list.txt",
        "path: ../../..\ntrain: .",
    ],
)
def test_a_description_has_nobody_walk_through_the_file_system(tmp_path, read_folders, yaml):
    file = described(tmp_path / "set", yaml)
    (file.parent / "list.txt").write_text("images/c.png\nimages/gone.png\n")
    dataset = load(file.parent)
    assert [Path(name).stem for name in dataset.images.name.tolist()][:1] == ["c"]
    assert not {"/", str(tmp_path), str(tmp_path / "set")} & read_folders


@pytest.mark.parametrize(("levels", "found"), [(LEVELS_ABOVE, True), (LEVELS_ABOVE + 1, False)])
def test_a_folder_that_holds_its_description_may_be_a_little_above_it(tmp_path, levels, found):
    file = described(tmp_path / "set", f"train: {'/'.join(['..'] * levels)}\nval: images")
    draw(tmp_path / "set" / "a" / "images" / "above.png", (64, 48))
    names = [Path(name).stem for name in load(file).images.name.tolist()]
    assert ("above" in names) == found
