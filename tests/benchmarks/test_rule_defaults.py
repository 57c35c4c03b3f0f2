"""Docstrings name rows that are recorded, and what is recorded is true of the data."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

from benchmarks.rule_defaults import DATA, RESULTS, SETS, Row, record, rows
from benchmarks.rule_measures import largest, smallest

RECORDED = msgspec.json.decode((RESULTS / "rule_defaults.json").read_bytes(), type=list[Row])
PACKAGE = Path(__file__).resolve().parents[2] / "labelaudit"
NAMED = re.compile(r'"([\w-]+)" in\s+benchmarks/results/rule_defaults\.md')


def test_every_row_that_a_docstring_names_is_recorded():
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    named = {rule for text in texts for rule in NAMED.findall(text)}
    mentions = sum(text.count("rule_defaults.md") for text in texts)
    assert sum(len(NAMED.findall(text)) for text in texts) == mentions
    assert named == {row.rule for row in RECORDED}


def test_what_is_recorded_is_what_the_data_hold():
    if not all((DATA / place).exists() for place in SETS.values()):
        pytest.skip("needs shared/data beside the checkout")
    assert list(rows(DATA)) == RECORDED


def test_extremes_are_listed_from_the_first_on_without_what_is_unknown():
    values = np.array([3.0, np.nan, 5, 4, np.inf])
    assert largest(values).tolist() == [5, 4, 3]
    assert smallest(values, 2).tolist() == [3, 4]


def test_a_row_without_values_says_so(tmp_path: Path):
    record([Row("a", "b", "c", []), Row("a", "b", "d", [1.0, 0.25, 2140])], tmp_path)
    table = (tmp_path / "rule_defaults.md").read_text(encoding="utf-8")
    assert table.endswith("| a | b | c | none |\n| a | b | d | 1, 0.25, 2,140 |\n")
