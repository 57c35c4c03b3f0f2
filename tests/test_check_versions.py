"""Which tests are run on other versions: those whose imports are all there."""

from __future__ import annotations

import pytest

from scripts.check_versions import ROOT, files_in, lowest_allowed, needs, not_tested

TESTS = ROOT / "tests"


def test_a_test_needs_what_is_imported_by_what_it_imports():
    file = TESTS / "detector" / "model" / "test_head.py"
    assert "torch" in needs(file)


def test_a_test_needs_what_is_set_up_for_its_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("scripts.check_versions.ROOT", tmp_path)
    inner = tmp_path / "tests" / "inner"
    inner.mkdir(parents=True)
    (inner / "test_it.py").write_text("import json")
    (inner / "conftest.py").write_text("from package.deep.file import name")
    assert needs(inner / "test_it.py") == {"json", "package"}
    (tmp_path / "package" / "deep").mkdir(parents=True)
    (tmp_path / "package" / "deep" / "file.py").write_text("import torch.nn\nname = 1")
    (tmp_path / "package" / "deep" / "__init__.py").write_text("import numpy")
    assert needs(inner / "test_it.py") == {"json", "numpy", "torch"}


def test_a_module_that_is_named_as_a_name_of_its_package_is_followed(tmp_path, monkeypatch):
    monkeypatch.setattr("scripts.check_versions.ROOT", tmp_path)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "file.py").write_text("import torch")
    (tmp_path / "test_it.py").write_text("from package import file")
    assert needs(tmp_path / "test_it.py") == {"torch"}


def test_scripts_are_ours_by_either_name(tmp_path, monkeypatch):
    monkeypatch.setattr("scripts.check_versions.ROOT", tmp_path)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "one.py").write_text("import torch")
    (tmp_path / "scripts" / "other.py").write_text("import timm")
    (tmp_path / "test_it.py").write_text("import scripts.other\nfrom one import name")
    assert needs(tmp_path / "test_it.py") == {"timm", "torch"}


def test_what_is_imported_in_a_function_or_for_types_alone_is_not_needed(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import torch\n"
        "def test():\n    import timm\n"
    )
    assert needs(tmp_path / "test_it.py") == {"typing"}


PROJECT = """
[project]
dependencies = ["numpy>=2.2.5", "cyclopts>=5,<6"]
[project.optional-dependencies]
postgres = ["psycopg[binary]>=3.2.1"]
detect = ["torch>=2.6"]
"""


def test_the_lowest_versions_are_those_of_what_is_installed_for_the_tests():
    assert lowest_allowed(PROJECT) == {"numpy": "2.2.5", "cyclopts": "5", "psycopg": "3.2.1"}
    stated = lowest_allowed((ROOT / "pyproject.toml").read_text())
    assert {"numpy", "pyarrow", "krippendorff", "textual-image"} <= set(stated)


@pytest.mark.parametrize(
    ("allowed", "installed", "tested"),
    [("5", "5.0.0", True), ("3.2", "3.2.1", False), ("15", "16.0.0", False), ("6", "6.0", True)],
)
def test_what_is_allowed_and_not_installed_is_not_tested(allowed, installed, tested):
    assert (list(not_tested({"a": allowed}, {"a": installed})) == []) is tested


@pytest.mark.parametrize("place", ["boxes/test_ops.py", "io/test_load.py", "cli/test_scan.py"])
def test_what_labels_alone_need_is_tested_everywhere(place):
    assert not needs(TESTS / place) & {"torch", "timm", "sklearn", "cleanlab"}


def test_files_are_taken_as_they_are_and_folders_with_all_their_tests():
    found = files_in(["tests/boxes/test_ops.py", "tests/boxes"])
    assert found.count(TESTS / "boxes" / "test_ops.py") == 2
    assert all(path.name.startswith("test_") for path in found)
