"""Findings as a stream of Arrow record batches; columns are named as those of tabular reports."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from labelaudit.auditing.finding_views.records import classes_of, labels_of
from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.core.arrow import (
    ArrowColumn,
    float_column,
    int_column,
    schema_capsule,
    stream_capsule,
    table_of,
    text_column,
    vector_column,
    word_column,
)
from labelaudit.core.columns import MISSING, Bools, Floats, Rows, Texts
from labelaudit.core.rows import blocks
from labelaudit.dataset.tables import Dataset

NOWHERE = (np.nan,) * 4
"""The corners of no box."""

SEVERITIES = [str(severity) for severity in Severity]

SAFETIES = [safety.value for safety in Safety]


def schema(findings: Findings) -> object:
    """A capsule of the schema of findings."""
    return schema_capsule(_batch(findings.rows(slice(0))))


def stream(findings: Findings) -> object:
    """A capsule of a stream of findings, some of them at a time."""
    batches = (_batch(findings.rows(rows)) for rows in blocks(len(findings)))
    return stream_capsule(_batch(findings.rows(slice(0))), batches)


def _batch(findings: Findings) -> ArrowColumn:
    """Findings as columns; corners are left, top, right, bottom in pixels."""
    dataset = Dataset("", Path()) if findings.dataset is None else findings.dataset
    classes, corners = dataset.class_names, dataset.boxes.xyxy
    return table_of(
        {
            "image": _texts(dataset.images.name, findings.image),
            "class": _words(classes_of(findings), classes),
            "xyxy": _corners(corners, findings.box),
            "message": text_column(findings.message.tolist()),
            **_fix_columns(findings.fix.tolist(), classes),
            "code": text_column(findings.code.tolist()),
            "name": text_column(findings.name.tolist()),
            "severity": word_column(findings.severity.astype(np.int32), SEVERITIES),
            "probability": float_column(findings.probability),
            "doubt": float_column(findings.model_doubt),
            "source": _texts(dataset.files.path, findings.file),
            "image_path": _texts(dataset.images.path, findings.image),
            "other_class": _words(labels_of(dataset, findings.other), classes),
            "other_xyxy": _corners(corners, findings.other),
            "image_row": int_column(findings.image, findings.image != MISSING),
            "box_row": int_column(findings.box, findings.box != MISSING),
            "other_row": int_column(findings.other, findings.other != MISSING),
        }
    )


def _fix_columns(fixes: list[Fix | None], classes: list[str]) -> dict[str, ArrowColumn]:
    """What fixes are and what boxes come to by them."""
    safety = [MISSING if fix is None else SAFETIES.index(fix.safety) for fix in fixes]
    label = [MISSING if fix is None or fix.label is None else fix.label for fix in fixes]
    corners = [None if fix is None else fix.xyxy for fix in fixes]
    xyxy = np.array([one or NOWHERE for one in corners], np.float64).reshape(-1, 4)
    return {
        "fix": text_column([None if fix is None else fix.kind for fix in fixes]),
        "safety": word_column(np.array(safety, np.int32), SAFETIES),
        "proposed_class": _words(np.array(label, np.int32), classes),
        "proposed_xyxy": vector_column(xyxy, np.array([one is not None for one in corners], bool)),
    }


def _texts(values: Texts, rows: Rows) -> ArrowColumn:
    """The text in each row; nothing where there is no row, or nothing in it."""
    known = _is_row(rows, len(values))
    found = iter(values[rows[known]].tolist())
    return text_column([(next(found) or None) if one else None for one in known.tolist()])


def _words(rows: Rows, words: list[str]) -> ArrowColumn:
    return word_column(np.where(_is_row(rows, len(words)), rows, MISSING), words)


def _corners(xyxy: Floats, rows: Rows) -> ArrowColumn:
    known = _is_row(rows, len(xyxy))
    values = np.full((len(rows), 4), np.nan)
    values[known] = xyxy[rows[known]]
    return vector_column(values, known)


def _is_row(rows: Rows, count: int) -> Bools:
    is_row: Bools = (rows != MISSING) & (rows < count)
    return is_row
