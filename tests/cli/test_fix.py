"""Fixes of a list on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.io.test_writable_fixes import LINES, fix_list, polygons


@pytest.mark.parametrize("option", [(), ("--diff",)])
def test_the_other_fixes_are_done_and_the_reason_is_told(run, tmp_path: Path, option):
    dataset = polygons(tmp_path / "ds")
    fixes = fix_list(dataset, tmp_path / "list.jsonl")
    ran = run("fix", dataset, "--list", fixes, *option)
    assert ran.code == 1
    assert "not fixed: GEO005 wrong: labels/a.txt:1: a polygon has no box of its own" in ran.err
    assert "1: 1 by-hand; " in ran.err
    assert ran.err.rstrip().endswith("1 box")
    if option:
        assert "-1 0.5 0.5 0.6 0.5 0.6 0.6" in ran.out
    else:
        left = (tmp_path / "ds.cleaned" / "labels" / "a.txt").read_text("utf-8")
        assert left.splitlines() == LINES[:2]
