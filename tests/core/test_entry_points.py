from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from labelaudit.core.entry_points import plugins

GROUP = "labelaudit.things"
DECLARED = "[console_scripts]\nx = x:main\n\n[labelaudit.things]\nmine = some.module\n"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch) -> Path:
    """A folder that packages are found in, with one that declares nothing."""
    folder = tmp_path / "site"
    metadata(folder / "plain-1.0.dist-info", "plain")
    monkeypatch.syspath_prepend(folder)
    return folder


def metadata(folder: Path, name: str, declared: str = "") -> None:
    folder.mkdir(parents=True)
    main = "METADATA" if folder.suffix == ".dist-info" else "PKG-INFO"
    (folder / main).write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    if declared:
        (folder / "entry_points.txt").write_text(declared)


def found(group: str = GROUP) -> list[str]:
    names = [entry.name for entry in plugins(group)]
    assert names == [entry.name for entry in entry_points(group=group)]
    return names


@pytest.mark.parametrize("ending", ["dist-info", "egg-info"])
def test_a_plugin_is_found_as_importlib_finds_it(ending: str, installed: Path, monkeypatch):
    assert found() == []
    other = installed.parent / "other"
    metadata(other / f"mine-1.0.{ending}", "mine", DECLARED)
    monkeypatch.syspath_prepend(other)
    assert found() == ["mine"]
    assert found("labelaudit.others") == []
    assert found("things") == []


def test_a_plugin_in_a_zip_file_is_found(installed: Path, monkeypatch):
    archive = installed.parent / "packed.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("mine-1.0.dist-info/METADATA", "Name: mine\nVersion: 1.0\n")
        file.writestr("mine-1.0.dist-info/entry_points.txt", DECLARED)
    monkeypatch.syspath_prepend(archive)
    assert found() == ["mine"]


def test_a_plugin_that_a_finder_of_its_own_knows_is_found(installed: Path, monkeypatch):
    import importlib.metadata

    hidden = installed.parent / "hidden"
    metadata(hidden / "mine-1.0.dist-info", "mine", DECLARED)

    class Finder:
        @staticmethod
        def find_spec(*_: object) -> None:
            return None

        @staticmethod
        def find_distributions(context: object = None) -> list[importlib.metadata.Distribution]:
            return [importlib.metadata.PathDistribution(hidden / "mine-1.0.dist-info")]

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert found() == ["mine"]


def test_a_path_that_is_no_text_is_looked_at(installed: Path, monkeypatch):
    other = installed.parent / "other"
    metadata(other / "mine-1.0.dist-info", "mine", DECLARED)
    monkeypatch.setattr(sys, "path", [*sys.path, other])
    assert found() == ["mine"]


def test_what_is_in_the_way_is_no_obstacle(installed: Path, monkeypatch):
    (installed / "old-1.0.egg-info").write_text("Name: old\n")
    monkeypatch.syspath_prepend(installed.parent / "not there")
    monkeypatch.syspath_prepend("")
    assert found() == []


def test_a_scan_without_plugins_does_without_importlib_metadata(tmp_path: Path):
    labels = tmp_path / "labels.json"
    labels.write_text('{"images": [], "annotations": [], "categories": []}')
    code = (
        "import sys, labelaudit; "
        f"labelaudit.audit(labelaudit.load({str(labels)!r})); "
        "print('importlib.metadata' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"
