"""Which files of a folder may be labels or images of its dataset."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labelaudit.io.formats.evidence import PathSample
from labelaudit.io.formats.listing import label_files, without_copies


@pytest.mark.parametrize(
    ("names", "copies"),
    [
        (["a.json", "a.cleaned.json"], ["a.cleaned.json"]),
        (["a.cleaned.json"], []),
        (["a.xml", "a.cleaned.json"], []),
        (["ds/1.txt", "ds.cleaned/1.txt", "ds.cleaned/sub/2.txt"], ["ds.cleaned"]),
        (["x/ds/1.txt", "x/ds.cleaned/a/1.txt"], ["x/ds.cleaned"]),
        (["x/ds/1.txt", "ds.cleaned/1.txt"], []),
        (["ds/1.txt", "ds.cleaned/a.json", "ds.cleaned/a.cleaned.json"], ["ds.cleaned"]),
        (["notes.cleaned-up.txt", "notes.txt"], []),
        (["v1.0/1.txt", "v1.0.cleaned/1.txt"], ["v1.0.cleaned"]),
    ],
)
def test_a_cleaned_copy_is_left_out_where_its_original_lies_beside_it(names, copies):
    kept, found = without_copies(names)
    assert found == copies
    assert kept == [name for name in names if not name.startswith(tuple(copies or ["?"]))]


def test_hidden_files_and_those_of_archivers_are_left_out(tmp_path: Path):
    for name in ("a.txt", "b/c.jpg", ".d.txt", ".git/e.txt", "__MACOSX/._a.txt", "b/__f.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    os.mkdir(tmp_path / "b.cleaned")
    (tmp_path / "b.cleaned" / "c.jpg").write_text("")
    assert label_files(tmp_path) == ["a.txt", "b/__f.txt", "b/c.jpg"]
    assert PathSample(tmp_path).files == ["a.txt", "b/__f.txt"]
