from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import pytest

from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.core.columns import texts
from labelaudit.io.load import load
from labelaudit.reports import REPORTS


def lines(found: Scan) -> list[str]:
    out = io.StringIO()
    REPORTS["github"].write(found, out)
    return out.getvalue().splitlines()


def test_a_finding_is_a_command_of_its_severity(found: Scan):
    written = lines(found)
    assert len(written) == len(found.findings)
    assert written[0] == (
        "::error title=GEO001 zero-area,file=labels.json::"
        "train/000000.jpg annotations[1]: car is flat"
    )
    assert {line.split()[0] for line in written} == {"::error", "::warning", "::notice"}


def test_a_file_of_lines_has_the_line(labelled_lines: Scan):
    assert lines(labelled_lines)[0].startswith(
        "::error title=GEO001 zero-area,file=my data%25/labels/a.txt,line=2::images/a.jpg line 2: "
    )


def test_a_record_of_several_lines_has_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    labels = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 0, 5]}],
    }
    monkeypatch.chdir(tmp_path)
    Path("labels.json").write_text(json.dumps(labels, indent=1), "utf-8")
    flat = scan(load("labels.json"), Options(select=("GEO001",)))
    assert lines(flat)[0].startswith("::error title=GEO001 zero-area,file=labels.json,line=17,")
    assert ",endLine=27::" in lines(flat)[0]


def test_paths_are_seen_from_the_folder_of_the_workspace(
    labelled_lines: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "my data%"))
    assert ",file=labels/a.txt," in lines(labelled_lines)[0]


def test_no_name_can_end_a_command_or_begin_another(found: Scan):
    names = texts("a:b,c%\n::error::x" for _ in range(len(found.dataset.images)))
    images = dataclasses.replace(found.dataset.images, name=names)
    files = dataclasses.replace(found.dataset.files, path=texts(["a:b,c%\n::set-output.json"]))
    dataset = dataclasses.replace(found.dataset, images=images, files=files)
    odd = dataclasses.replace(found, dataset=dataset)
    written = lines(odd)
    assert len(written) == len(found.findings)
    assert written[0] == (
        "::error title=GEO001 zero-area,file=a%3Ab%2Cc%25\\n%3A%3Aset-output.json::"
        "a:b,c%25\\n::error::x annotations[1]: car is flat"
    )


def test_what_was_not_checked_is_told(found: Scan):
    partly = dataclasses.replace(found, not_checked={"IMG001": "no images were found"})
    assert lines(partly)[-1] == (
        "::notice title=labelaudit::not checked: missing-image (no images were found)"
    )
