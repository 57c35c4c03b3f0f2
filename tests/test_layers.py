"""Imports go down only; `docs/architecture.md` draws the picture."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import labelaudit

PACKAGE = Path(labelaudit.__file__).parent

LAYERS = [
    {"__init__"},  # lends its names to everybody, and imports them only when they are used
    {"errors", "table", "terminal", "wording", "cores", "_sweep", "installed"},
    {"rows"},
    {"dataset", "geometry", "predictions", "registry", "shapes", "stack", "splices"}
    | {"transforms"},
    {"findings", "headers", "images", "outlines", "changes", "merging", "copies", "patches"}
    | {"opinions", "suspicions"},
    {"evidence", "formats"},
    {"rulemaking", "testing", "predicted", "disagreement", "folds", "cache", "planting"},
    {"auditing", "detect", "selftest"},
    {"plugins", "loading", "matching", "statistics", "rulepages", "fixing", "fixlist"},
    {"config", "baseline", "saving", "comparison", "confusion", "following", "sampling"},
    {"rules", "scanning", "second_opinion", "estimating", "queue"},
    {"reports", "review"},
    {"cli"},
    {"__main__"},
]
"""Modules and folders; each imports only from itself and from layers that are listed before."""

APART = {("formats", "rules"), ("rules", "formats"), ("scanning", "rules"), ("rules", "scanning")}
APART |= {("detect", "formats"), ("rules", "detect"), ("disagreement", "detect")}
APART |= {("predicted", "disagreement"), ("planting", "disagreement")}
APART |= {("queue", "rules"), ("queue", "second_opinion"), ("review", "reports")}
"""Rooms that do not know of each other although their layers would let them."""


def room(module: str) -> str:
    """The module or folder of the package that a dotted name is in."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imported(path: Path) -> Iterator[str]:
    """The modules of the package that a file imports, wherever in it."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names = [node.module or ""]
            if node.module == "labelaudit":
                names = [f"labelaudit.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == "labelaudit")


def files() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def layer(name: str) -> int:
    places = [number for number, rooms in enumerate(LAYERS) if name in rooms]
    assert places, f"tests/test_layers.py does not say in which layer labelaudit/{name} is"
    return places[0]


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_go_down_only(path: Path):
    here = path.relative_to(PACKAGE).with_suffix("").parts[0]
    for module in imported(path):
        there = room(module)
        if there != here:
            assert layer(there) < layer(here), f"{here} imports {module}"
            assert (here, there) not in APART, f"{here} imports {module}"


def test_every_layer_names_rooms_that_exist():
    rooms = {path.stem for kind in ("*.py", "*.c") for path in PACKAGE.glob(kind)}
    rooms |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert {name for rooms_ in LAYERS for name in rooms_} == rooms
