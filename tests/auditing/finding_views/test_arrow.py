"""Findings in other libraries' tables, by Arrow's C stream interface."""

from __future__ import annotations

import math

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.core import arrow
from labelaudit.core.rows import BLOCK
from labelaudit.dataset.tables import RecordType
from labelaudit.reports.rows import COLUMNS
from labelaudit.testing import images

pytestmark = pytest.mark.skipif(arrow._exported is None, reason="not compiled")

LABELS = images(
    {
        "a.jpg": ["car 10 10 10 40", "car 50 50 90 90", "car 50 50 90 90"],
        "grün.jpg": ["bus 10 10 700 40", "bus nan 1 2 3"],
    }
)


@pytest.fixture(name="found", scope="module")
def _found():
    return audit(LABELS)


def plain(value: object) -> object:
    """A value that can be compared: NaN as text."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else value
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def slowly(findings: Findings) -> list[dict[str, object]]:
    """The rows of the table, from one record after the other."""
    return [
        {
            "image": one.image_name,
            "class": one.class_name,
            "xyxy": plain(one.xyxy),
            "message": one.message,
            "fix": one.fix and one.fix.kind,
            "safety": one.fix and one.fix.safety.value,
            "proposed_class": one.proposed_class_name,
            "proposed_xyxy": plain(one.proposed_xyxy),
            "code": one.code,
            "name": one.name,
            "severity": str(one.severity),
            "probability": one.probability,
            "doubt": one.doubt,
            "source": one.source,
            "image_path": one.image_path and str(one.image_path),
            "other_class": one.other_class_name,
            "other_xyxy": plain(one.other_xyxy),
            "image_row": one.image,
            "box_row": one.box,
            "other_row": one.other,
        }
        for one in findings
    ]


def rows_of(table) -> list[dict[str, object]]:
    return [{name: plain(value) for name, value in row.items()} for row in table.to_pylist()]


def test_the_table_holds_what_the_records_say(found):
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table(found)
    table.validate(full=True)
    assert any(one.fix for one in found)
    assert any(one.other_xyxy for one in found)
    assert rows_of(table) == slowly(found)


def test_findings_of_nobodys_dataset_and_no_findings_have_the_same_columns(found):
    pyarrow = pytest.importorskip("pyarrow")
    schema = pyarrow.schema(found)
    fixes = np.empty(1, object)
    fixes[0] = Fix("relabel", Safety.SAFE, RecordType.BOX, 7, {"label": 3})
    nobodys = Findings.of(1, box=[7], category=[2], fix=fixes, message=["x"])
    for some in (found[:0], nobodys):
        table = pyarrow.table(some)
        assert table.schema == schema
        assert rows_of(table) == slowly(some)


@pytest.mark.parametrize("count", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 5])
def test_every_finding_is_in_one_batch(count):
    pyarrow = pytest.importorskip("pyarrow")
    numbers = np.arange(count)
    findings = Findings.of(count, box=numbers % 5, probability=numbers / count)
    table = pyarrow.table(findings.replaced(dataset=LABELS))
    assert table["box_row"].to_numpy().tolist() == (numbers % 5).tolist()
    assert table["probability"].to_numpy().tolist() == (numbers / count).tolist()
    assert len(table["box_row"].chunks) == -(-count // BLOCK)


def test_names_are_those_of_tables_that_reports_write(found):
    pyarrow = pytest.importorskip("pyarrow")
    shared = set(pyarrow.schema(found).names) & set(COLUMNS)
    written = {"image", "class", "message", "fix", "proposed_class", "code", "name", "severity"}
    assert written | {"probability", "doubt", "safety", "source"} == shared


def test_pandas_takes_findings(found):
    pandas = pytest.importorskip("pandas", minversion="3")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame.from_arrow(found)
    assert frame["code"].tolist() == found.code.tolist()
    counts = frame.groupby("class", observed=True).size()
    bus = sum(one.class_name == "bus" for one in found)
    assert counts["bus"] == bus


def test_polars_takes_findings(found):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(found)
    assert [plain(value) for value in frame["xyxy"].to_list()] == [plain(o.xyxy) for o in found]
    errors = frame.filter(polars.col("severity") == "error")
    assert len(errors) == np.count_nonzero(found.severity == Severity.ERROR)


def test_duckdb_takes_findings(found):
    duckdb = pytest.importorskip("duckdb")
    query = "select code, count(*) from found group by code order by code"
    rows = duckdb.sql(query).fetchall()
    codes = found.code.tolist()
    assert rows == [(code, codes.count(code)) for code in sorted(set(codes))]
