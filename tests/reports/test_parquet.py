from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelaudit.auditing.findings_file import entries
from labelaudit.auditing.scan import Scan
from labelaudit.core import extras
from labelaudit.errors import ConfigError
from labelaudit.reports import REPORTS, parquet
from labelaudit.reports.files import ReportFile
from labelaudit.reports.report_object import head
from labelaudit.reports.rows import COLUMNS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "found.parquet"


def test_columns_have_types(found: Scan, path: Path):
    ReportFile(REPORTS["parquet"], path).write(found)
    table = pq.read_table(path)
    assert table.column_names == list(COLUMNS)
    assert table.schema.field("left").type == pa.float64()
    assert table.schema.field("message").type == pa.string()
    assert table["probability"].null_count == len(found.findings)


def test_rows_are_the_findings_also_over_several_groups(
    found: Scan, path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(parquet, "AT_ONCE", 4)
    ReportFile(REPORTS["parquet"], path).write(found)
    assert pq.ParquetFile(path).num_row_groups == -(-len(found.findings) // 4)
    every = list(entries(found.findings, found.dataset))
    table = pq.read_table(path)
    assert table["fingerprint"].to_pylist() == [entry["fingerprint"] for entry in every]
    assert table["severity"].to_pylist() == [entry["severity"] for entry in every]
    assert table["width"].to_pylist() == [entry["boxes"][0][2] for entry in every]


def test_polars_reads_it(found: Scan, path: Path):
    ReportFile(REPORTS["parquet"], path).write(found)
    counts = pl.read_parquet(path).group_by("code").len().sort("code")
    assert counts.rows() == [("CLS004", 2), ("DUP003", 5), ("GEO001", 5), ("GEO005", 5)]


def test_the_summary_is_in_the_metadata(found: Scan, path: Path):
    partly = dataclasses.replace(found, not_checked={"IMG001": "no images were found"})
    ReportFile(REPORTS["parquet"], path).write(partly)
    said = json.loads(pq.read_metadata(path).metadata[b"labelaudit"])
    assert said == json.loads(json.dumps(head(partly)))
    assert said["summary"]["not_checked"] == {"IMG001": "no images were found"}


def test_nothing_found_is_a_table_of_no_rows(found: Scan, path: Path):
    nothing = dataclasses.replace(found, findings=found.findings.rows(slice(0)))
    ReportFile(REPORTS["parquet"], path).write(nothing)
    assert (len(pq.read_table(path)), len(pq.read_schema(path).names)) == (0, len(COLUMNS))


def test_without_pyarrow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'labelaudit\[parquet\]'"):
        REPORTS["parquet"].check()
