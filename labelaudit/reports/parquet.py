"""A table of findings in Parquet, with typed columns; the summary stands in its metadata."""

from __future__ import annotations

from itertools import islice
from typing import Any, TextIO

from labelaudit.auditing.findings_file import encoded
from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import encodable
from labelaudit.core.extras import check_installed
from labelaudit.reports import REPORTS, Report
from labelaudit.reports.report_object import head
from labelaudit.reports.rows import COLUMNS, rows

METADATA = "labelaudit"
"""The key in the file's metadata of the JSON report without its findings."""

AT_ONCE = 20_000
"""Findings in a row group; a choice."""

_FEW = ("code", "name", "severity", "fix", "safety")
"""Columns of few different texts."""


def write(scan: Scan, out: TextIO) -> None:
    """Write the file, a group of rows at a time, into the buffer of a stream."""
    import pyarrow as pa  # noqa: PLC0415  # an extra
    from pyarrow.parquet import ParquetWriter  # noqa: PLC0415

    text = pa.dictionary(pa.int32(), pa.string())
    types = {str: pa.string(), float: pa.float64()}
    fields = [(name, text if name in _FEW else types[kind]) for name, kind in COLUMNS.items()]
    schema = pa.schema(fields, metadata={METADATA: encoded(head(scan))})
    with ParquetWriter(out.buffer, schema) as file:
        left = rows(scan)
        while some := [_encodable(row) for row in islice(left, AT_ONCE)]:
            file.write_table(pa.Table.from_pylist(some, schema))


def _encodable(row: dict[str, Any]) -> dict[str, Any]:  # Any: texts, numbers and None
    return {key: encodable(one) if isinstance(one, str) else one for key, one in row.items()}


def _check() -> None:
    check_installed(["pyarrow"], "the report parquet", "parquet")


REPORTS.add(
    "parquet",
    Report("parquet", "a table of findings, typed", write, binary=True, check=_check),
)
