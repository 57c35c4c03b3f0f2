"""Rows of findings as records, with names instead of row numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.auditing.findings import Box, Finding, Findings, Severity
from labelaudit.core.columns import MISSING, Floats, Rows
from labelaudit.dataset.tables import Dataset


def records(findings: Findings) -> Iterator[Finding]:
    """Findings as records; what they say of themselves is looked up for all at once.

    Findings of nobody's dataset have no names of images, classes and files, and no corners.
    """
    dataset = Dataset("", Path()) if findings.dataset is None else findings.dataset
    images, classes, boxes = dataset.images, dataset.class_names, dataset.boxes
    columns = zip(
        findings.code.tolist(),
        findings.name.tolist(),
        map(Severity, findings.severity.tolist()),
        findings.message.tolist(),
        _at(findings.image, images.name),
        (Path(path) if path else None for path in _at(findings.image, images.path)),
        _at(findings.file, dataset.files.path),
        _at(classes_of(findings), np.array(classes, object)),
        map(_corners, _at(findings.box, boxes.xyxy)),
        _at(labels_of(dataset, findings.other), np.array(classes, object)),
        map(_corners, _at(findings.other, boxes.xyxy)),
        _numbers(findings.probability),
        _numbers(findings.doubt),
        findings.fix.tolist(),
        (_named(classes, fix and fix.label) for fix in findings.fix.tolist()),
        (fix and fix.xyxy for fix in findings.fix.tolist()),
        _or_none(findings.image),
        _or_none(findings.box),
        _or_none(findings.other),
        strict=True,
    )
    return (Finding(*row) for row in columns)


def classes_of(findings: Findings) -> Rows:
    """The row in Categories of each finding, (n,): of its class, else of its box; or MISSING."""
    if findings.dataset is None:
        return findings.category
    label = labels_of(findings.dataset, findings.box)
    return np.where(findings.category == MISSING, label, findings.category)


def labels_of(dataset: Dataset, box: Rows) -> Rows:
    """The row in Categories of each box; MISSING without a box or a class."""
    return np.append(dataset.boxes.label, np.int32(MISSING))[np.minimum(box, len(dataset.boxes))]


def _at(rows: Rows, values: Any) -> list[Any]:  # Any: a column of any type
    """The value in each row; None where there is none."""
    known = (rows != MISSING) & (rows < len(values))
    found = iter(values[rows[known]].tolist())
    return [next(found) if one else None for one in known.tolist()]


def _corners(xyxy: Sequence[float] | None) -> Box | None:
    if xyxy is None:
        return None
    left, top, right, bottom = xyxy
    return left, top, right, bottom


def _named(classes: Sequence[str], label: int | None) -> str | None:
    return classes[label] if label is not None and label < len(classes) else None


def _numbers(values: Floats) -> list[float | None]:
    unknown = np.isnan(values).tolist()
    return [
        None if not_one else value for value, not_one in zip(values.tolist(), unknown, strict=True)
    ]


def _or_none(rows: Rows) -> list[int | None]:
    return [None if row == MISSING else row for row in rows.tolist()]
