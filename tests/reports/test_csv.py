from __future__ import annotations

import csv
import dataclasses
import io
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from labelaudit.auditing.findings import Fix, Safety
from labelaudit.auditing.findings_file import entries
from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import texts
from labelaudit.dataset.tables import RecordType
from labelaudit.reports import REPORTS
from labelaudit.reports.files import ReportFile
from labelaudit.reports.rows import COLUMNS


def table(found: Scan) -> list[dict[str, str]]:
    out = io.StringIO()
    REPORTS["csv"].write(found, out)
    return list(csv.DictReader(io.StringIO(out.getvalue().removeprefix("\ufeff"))))


def test_a_finding_is_a_line_of_image_class_box_and_message(found: Scan):
    rows = table(found)
    first = {key: rows[0][key] for key in ("image", "class", "left", "top", "width", "height")}
    assert list(first.values()) == ["train/000000.jpg", "car", "200.0", "20.0", "0.0", "40.0"]
    assert (rows[0]["message"], rows[0]["fix"], rows[0]["safety"]) == (
        "car is flat",
        "drop",
        "safe",
    )
    fingerprints = [entry["fingerprint"] for entry in entries(found.findings, found.dataset)]
    assert [row["fingerprint"] for row in rows] == fingerprints
    assert tuple(rows[0]) == tuple(COLUMNS)


def test_a_proposed_box_and_class_have_columns(found: Scan):
    fix = np.empty(2, object)
    fix[0] = Fix("move", Safety.UNSAFE, RecordType.BOX, 1, {"xyxy": [1.0, 2.0, 4.0, 8.0]})
    fix[1] = Fix("relabel", Safety.UNSAFE, RecordType.BOX, 5, {"label": 1})
    findings = dataclasses.replace(found.findings.rows([0, 1]), fix=fix)
    moved, relabelled = table(dataclasses.replace(found, findings=findings))
    sides = [moved[f"proposed_{side}"] for side in ("left", "top", "width", "height")]
    assert (sides, moved["proposed_class"]) == (["1.0", "2.0", "3.0", "6.0"], "")
    assert (relabelled["proposed_class"], relabelled["proposed_left"]) == ("bus", "")


@pytest.mark.parametrize("blank", ["\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20"])
def test_no_text_is_a_formula_and_no_number_is_a_text(found: Scan, blank: str):
    names = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", f"{blank}=1"]
    images = dataclasses.replace(found.dataset.images, name=texts(names))
    boxes = dataclasses.replace(found.dataset.boxes, xyxy=found.dataset.boxes.xyxy - 500)
    dataset = dataclasses.replace(found.dataset, images=images, boxes=boxes)
    rows = table(dataclasses.replace(found, dataset=dataset))
    assert [row["image"] for row in rows][:5] == [f"'{name}" for name in names]
    assert rows[0]["left"] == "-300.0"


def test_it_opens_in_pandas_and_polars(found: Scan, tmp_path: Path):
    words = 'zwölf, "Ägypten"\nund 車'
    message = texts(words for _ in range(len(found.findings)))
    findings = dataclasses.replace(found.findings, message=message)
    path = tmp_path / "found.csv"
    ReportFile(REPORTS["csv"], path).write(dataclasses.replace(found, findings=findings))
    assert path.read_bytes().startswith(b"\xef\xbb\xbfimage,class,left")
    read = pd.read_csv(path)
    assert list(read.columns) == list(COLUMNS)
    assert read["width"].dtype == float
    assert set(read["message"]) == {words}
    polar = pl.read_csv(path)
    assert polar.columns == list(COLUMNS)
    assert polar["left"].to_list() == read["left"].tolist()
    assert set(polar["message"]) == {words}


def test_nothing_found_is_the_names_of_the_columns(found: Scan):
    nothing = dataclasses.replace(found, findings=found.findings.rows(slice(0)))
    assert table(nothing) == []
