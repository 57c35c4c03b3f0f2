from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import scan
from labelaudit.io.load import load
from labelaudit.pipeline.how_read import HowRead
from labelaudit.pipeline.manifest import read_manifest, write_manifest
from labelaudit.pipeline.manifest_check import differences
from tests.pipeline.test_manifest import folder, scanned  # a fixture

__all__ = ["folder"]


@pytest.fixture
def path(folder: Path) -> Path:
    made = folder / "manifest.json"
    write_manifest(made, scanned(folder), HowRead())
    return made


def lines(path: Path) -> list[str]:
    return list(differences(read_manifest(path), path.parent))


def test_what_is_as_it_was_has_no_differences_also_elsewhere(path: Path, tmp_path: Path):
    assert lines(path) == []
    moved = tmp_path / "moved"
    shutil.move(path.parent, moved)
    assert lines(moved / "manifest.json") == []


def test_what_changed_what_is_gone_and_what_is_new_is_told(path: Path):
    place = path.parent
    (place / "labels" / "a.txt").write_text("0 0.5 0.5 0.2 1\n", "utf-8")
    (place / "images" / "b.jpg").unlink()
    (place / "labels" / "c.txt").touch()
    shutil.copy(place / "images" / "a.jpg", place / "images" / "c.jpg")
    (place / "labelaudit.toml").write_text("", "utf-8")
    assert sorted(lines(path)) == [
        "changed: labelaudit.toml (17 bytes then, 0 now)",
        "changed: labels/a.txt (16 bytes then, 16 now)",
        "gone: images/b.jpg",
        "not audited: images/c.jpg",
        "not audited: labels/c.txt",
    ]


def test_labels_that_cannot_be_read_any_more_are_told(path: Path):
    shutil.rmtree(path.parent / "labels")
    shutil.rmtree(path.parent / "images")
    assert {line.partition(":")[0] for line in lines(path)} >= {"gone"}


def test_another_division_into_splits_is_told_where_no_file_of_labels_changed(tmp_path: Path):
    shutil.copytree(Path(__file__).parents[2] / "examples" / "bccd", tmp_path / "bccd")
    found = scan(load(tmp_path / "bccd"), Options(select=("GEO001",)))
    made = tmp_path / "manifest.json"
    write_manifest(made, found, HowRead())
    assert lines(made) == []
    train = tmp_path / "bccd" / "ImageSets" / "Main" / "train.txt"
    train.write_text("".join(train.read_text("utf-8").splitlines(keepends=True)[1:]), "utf-8")
    assert lines(made) == ["changed: which images are in which split"]


def test_it_is_read_as_it_was_scanned(folder: Path):
    made = folder / "manifest.json"
    found = scan(load(folder, exclude=("b.*",)), Options(select=("GEO001",)))
    write_manifest(made, found, HowRead(exclude=("b.*",)))
    assert lines(made) == []
    assert not any("b." in one.path for one in read_manifest(made).image_files)
    write_manifest(made, found, HowRead())
    assert "not audited: images/b.jpg" in lines(made)
