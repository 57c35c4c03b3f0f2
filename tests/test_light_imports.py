"""What is heavy is loaded when it is needed; each question is asked of a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import labelaudit

HEAVY = {"torch", "torchvision", "timm", "sklearn", "cleanlab", "pandas", "matplotlib", "scipy"}

LABELS = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 0, 30]}],
    "categories": [{"id": 1, "name": "car"}],
}


NOT_FOR_A_SCAN = {
    # Together 60 ms, of some 400 that a scan of a small file takes.
    *("PIL", "defusedxml", "numpy.ma", "sqlite3", "tempfile", "xml.etree", "yaml"),
    *("zipfile", "labelaudit.io.archives", "labelaudit.io.formats.conversion"),
    *("fsspec", "labelaudit.cli.storage_words", "labelaudit.storage.mirror"),
    *("labelaudit.io.in_place", "labelaudit.io.patch_file", "labelaudit.io.save"),
}


def loaded(program: str) -> set[str]:
    """The packages that a Python program has loaded at its end."""
    return {name.split(".")[0] for name in modules(program)}


def modules(program: str) -> set[str]:
    """The modules that it has loaded, by their dotted names."""
    code = f"{program}\nimport sys; print('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_importing_the_package_loads_nothing_else():
    assert not loaded("import labelaudit") & (HEAVY | {"numpy", "rich", "shapely", "cyclopts"})


def test_help_loads_no_numpy():
    assert not loaded("from labelaudit.cli import main\nmain(['--help'])") & (HEAVY | {"numpy"})


def test_a_scan_of_labels_loads_nothing_that_only_learning_needs(tmp_path: Path):
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps(LABELS))
    program = f"from labelaudit.cli import main\nassert main(['scan', {str(labels)!r}]) == 1"
    packages = loaded(program)
    assert "numpy" in packages
    assert not packages & HEAVY


def test_a_scan_of_labels_loads_nothing_that_only_few_datasets_need(tmp_path: Path):
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps(LABELS))
    options = [str(labels), "--output-format", "json"]
    program = f"from labelaudit.cli import main\nassert main(['scan', *{options!r}]) == 1"
    assert not modules(program) & NOT_FOR_A_SCAN


def test_every_public_name_is_there():
    assert sorted(labelaudit.__all__) == sorted(labelaudit._HOMES)
    for name in labelaudit.__all__:
        assert getattr(labelaudit, name).__module__.startswith("labelaudit.")


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(AttributeError, match="has no attribute 'lod'"):
        labelaudit.lod  # noqa: B018


def test_the_version_is_that_of_the_package():
    pyproject = Path(labelaudit.__file__).parents[1] / "pyproject.toml"
    if pyproject.is_file():
        assert f'version = "{labelaudit.__version__}"' in pyproject.read_text("utf-8")
