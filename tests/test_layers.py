"""Imports go down only; `docs/architecture.md` draws the picture."""

from __future__ import annotations

import pytest

from scripts.import_graph import ORDER, PACKAGE, arrows, circles, floors, rooms_of, upward

ROOT_FILES = {"__init__.py", "__main__.py", "errors.py", "py.typed"}


@pytest.mark.parametrize("folder", ORDER)
def test_imports_go_down_only(folder: str):
    assert upward(arrows(folder), floors(folder)) == []


@pytest.mark.parametrize("folder", ORDER)
def test_the_order_names_the_rooms_that_exist(folder: str):
    assert set(floors(folder)) == rooms_of(folder)


def test_the_root_of_the_package_holds_four_files():
    assert {path.name for path in PACKAGE.iterdir() if path.is_file()} == ROOT_FILES


def test_torch_is_imported_where_networks_are_alone():
    importing = [
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        if any(
            line.lstrip().startswith(("import torch", "from torch"))
            for line in path.read_text("utf-8").splitlines()
        )
    ]
    assert set(importing) <= {"detector", "training", "deployment", "torch"}


def test_arrows_upwards_and_circles_are_seen():
    pairs = {("a", "b"): ["a/x"], ("b", "c"): ["b/y"]}
    assert upward(pairs, {"a": 2, "b": 1, "c": 0}) == []
    assert upward(pairs, {"a": 2, "b": 0, "c": 0}) == ["b imports c: b/y"]
    assert circles(set(pairs)) == 0
    assert circles({*pairs, ("c", "a")}) == 1
