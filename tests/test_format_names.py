"""Nobody asks for a format by its name: what is true of one stands in its folder."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from labelaudit.io.formats import FORMATS
from scripts.import_graph import PACKAGE

WORDS = {"box", "class", "height", "ignore", "name", "num_keypoints", "width"}
"""Fields of formats that are also columns of tables, words of messages or arguments."""

NAMES = tuple(FORMATS)

HOMES = ("formats", "labelling_tools")
"""Folders of `io` in which a format, or a tool of the same name, has its files."""

ALLOWED = {
    "testing/datasets.py": "the datasets that it makes are COCO's",
    "boxes/conventions.py": "names of conventions, as fix lists and messages have them",
    "reports/csv.py": "the name of a report",
    "reports/parquet.py": "the name of a report",
}
"""Files that name a format all the same, and why they may."""


def literals(path: Path) -> Iterator[ast.Constant]:
    """The texts in a file that are no documentation: neither docstrings nor bare expressions."""
    tree = ast.parse(path.read_text("utf-8"))
    said = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node


def named(path: Path) -> list[int]:
    """The lines in which a text is the name of a format, or begins or ends with one and a dash."""
    return [
        node.lineno
        for node in literals(path)
        if any(word in NAMES for word in str(node.value).split("-"))
    ]


def test_formats_are_named_in_their_folders_only():
    found = {
        path.relative_to(PACKAGE).as_posix(): lines
        for path in sorted(PACKAGE.rglob("*.py"))
        if not any(path.is_relative_to(PACKAGE / "io" / home) for home in HOMES)
        for lines in [named(path)]
        if lines
    }
    assert set(found) == set(ALLOWED), found


def test_no_rule_knows_what_a_format_calls_a_field():
    facts = [format_.facts for format_ in FORMATS.values() if format_.patch]
    fields = {
        name
        for fact in facts
        for columns in (fact.source_fields, fact.image_fields)
        for column, names in columns.items()
        for name in names
        if name != column
    }
    found = {
        path.relative_to(PACKAGE).as_posix(): sorted(known)
        for path in sorted((PACKAGE / "rules").rglob("*.py"))
        if (known := fields & {str(node.value) for node in literals(path)} - WORDS)
    }
    assert "bbox" in fields
    assert found == {}


def test_a_comparison_with_a_name_is_seen_and_a_docstring_is_not(tmp_path: Path):
    path = tmp_path / "one.py"
    path.write_text('"""voc"""\nif dataset.format == "voc":\n    pixel = 1\n')
    assert named(path) == [2]
