"""What is promised of names and of the documentation of arguments, read off the source."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.import_graph import PACKAGE

MANY = 3
"""Arguments from which each is documented."""

OF_COMMANDS = {"cli", "rules"}
"""Rooms whose docstrings are pages for users, in sections of their own."""


def definitions(path: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Public functions and methods of a file, with their names."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield f"{node.name}.{inner.name}", inner


def arguments(function: ast.FunctionDef) -> list[str]:
    found = function.args
    names = [one.arg for one in (*found.posonlyargs, *found.args, *found.kwonlyargs)]
    return [name for name in names if name not in ("self", "cls")]


def undocumented(path: Path) -> list[str]:
    """Public functions of three or more arguments that do not document one of them."""
    lacking = []
    for name, function in definitions(path):
        if any(ast.unparse(one).startswith("api.") for one in function.decorator_list):
            continue  # OpenAPI documents what a request holds
        names = arguments(function)
        if name.rpartition(".")[2].startswith("_") or len(names) < MANY:
            continue
        text = ast.get_docstring(function) or ""
        section = text.partition("Parameters\n----------")[2]
        missing = [
            one for one in names if not re.search(rf"^[\w, ]*\b{one}\b[\w, ]*:", section, re.M)
        ]
        if missing:
            lacking.append(f"{path.relative_to(PACKAGE)}:{function.lineno} {name}: {missing}")
    return lacking


def sources(room: Path) -> list[Path]:
    return sorted(room.rglob("*.py")) if room.is_dir() else [room]


ROOMS = sorted(
    path
    for path in PACKAGE.iterdir()
    if (path.is_dir() and path.name != "__pycache__") or path.suffix == ".py"
)


@pytest.mark.parametrize(
    "room", [room for room in ROOMS if room.name not in OF_COMMANDS], ids=lambda room: room.name
)
def test_a_function_of_many_arguments_documents_them(room: Path):
    assert [line for path in sources(room) for line in undocumented(path)] == []


def test_no_public_class_name_is_given_twice():
    homes: dict[str, list[str]] = defaultdict(list)
    for path in sources(PACKAGE):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(path.relative_to(PACKAGE).as_posix())
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}
