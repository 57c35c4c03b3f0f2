"""The schemas of the JSON report and of the manifest, checked in tests against what is written."""

from __future__ import annotations

from collections.abc import Sequence

from labelaudit.auditing.contract.outcome import Status
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.findings_file import SCHEMA_VERSION
from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.auditing.summary.overview import Basis
from labelaudit.dataset.tables import RecordType
from labelaudit.schemas.findings import (
    COUNT,
    NUMBER_OR_NULL,
    SEVERITY,
    SHARE_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    Schema,
    closed,
    definitions,
    listed,
    reference,
)

NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
COUNTS: Schema = {"type": "object", "additionalProperties": COUNT}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
TOOL = closed({"name": {"const": "labelaudit"}, "version": TEXT})
VERSION: Schema = {"const": SCHEMA_VERSION}


def report() -> Schema:
    """The JSON report."""
    return {
        "title": "The report of a scan of labelaudit",
        **closed(
            {
                "schema_version": VERSION,
                "tool": TOOL,
                "dataset": _dataset(),
                "summary": _summary(),
                "findings": listed(reference("finding")),
            }
        ),
        "$defs": definitions() | {"requirement": _requirement()},
    }


def manifest() -> Schema:
    """The manifest of a scan."""
    digest: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    file = closed({"path": TEXT, "bytes": COUNT, "sha256": digest})
    return {
        "title": "The manifest of a scan of labelaudit",
        **closed(
            {
                "schema_version": VERSION,
                "tool": TOOL,
                "created": {"type": "string", "format": "date-time"},
                "dataset": closed(
                    {
                        "format": TEXT,
                        "sources": listed(TEXT),
                        "images": COUNT,
                        "boxes": COUNT,
                        "splits_sha256": digest,
                    }
                ),
                "read": closed(
                    {
                        "images": listed(TEXT),
                        "format": TEXT_OR_NULL,
                        "split": TEXT_OR_NULL,
                        "exclude": listed(TEXT),
                    }
                ),
                "configuration": {"anyOf": [file, {"type": "null"}]},
                "options": closed(
                    {
                        "rules": listed(TEXT),
                        "fail_on": SEVERITY,
                        "baseline": {"anyOf": [file, {"type": "null"}]},
                    }
                ),
                "result": closed(
                    {
                        "fails": FLAG,
                        "findings": COUNT,
                        "by_severity": _each(SEVERITY["enum"], COUNT),
                        "findings_sha256": digest,
                        "not_checked": TEXTS,
                    }
                ),
                "reports": listed(closed({"format": TEXT, **file["properties"]})),
                "labels": listed(file),
                "image_files": listed(file),
            }
        ),
    }


def _each(names: Sequence[str], value: Schema) -> Schema:
    return closed(dict.fromkeys(names, value))


def _dataset() -> Schema:
    return closed(
        {
            "format": TEXT,
            "sources": listed(TEXT),
            "root": TEXT,
            "notes": listed(TEXT),
            "files": COUNT,
            "images": COUNT,
            "found_images": closed(
                {"found": COUNT, "folders": listed(TEXT), "looked_in": listed(TEXT)}
            ),
            "boxes": COUNT,
            "classes": listed(TEXT),
            "splits": {
                "type": "object",
                "additionalProperties": closed({"images": COUNT, "boxes": COUNT}),
            },
        }
    )


def _summary() -> Schema:
    conflict = closed(
        {
            "classes": listed(TEXT, minItems=2, maxItems=2),
            "count": COUNT,
            "share": NUMBER,
            "overlap": NUMBER,
        }
    )
    return closed(
        {
            "findings": COUNT,
            "by_severity": _each([str(one) for one in Severity], COUNT),
            "by_rule": {"type": "object", "additionalProperties": _rule()},
            "fixable": _each(["safe", "unsafe"], COUNT),
            "class_conflicts": listed(conflict),
            "known": COUNT,
            "fixed": COUNTS,
            "removed_by_fixes": {
                "type": "object",
                "properties": {part.value: COUNT for part in RecordType},
                "additionalProperties": False,
            },
            "not_fixed": listed(TEXT),
            "rules": listed(TEXT),
            "not_checked": TEXTS,
            "second_opinion": {"anyOf": [_opinion(), {"type": "null"}]},
            "contract": {"anyOf": [_contract(), {"type": "null"}]},
            "overview": _overview(),
            "by": {"type": "object", "additionalProperties": _breakdown()},
            "seconds": {"type": "number", "minimum": 0},
        }
    )


def _rule() -> Schema:
    counted = ("findings", "images", "safe_fixes", "unsafe_fixes")
    removed = ("boxes_removed_by_safe_fixes", "boxes_removed_by_fixes")
    return closed(
        {"name": TEXT, "severity": SEVERITY, **dict.fromkeys((*counted, *removed), COUNT)}
    )


def _opinion() -> Schema:
    shares = {"type": "object", "additionalProperties": NUMBER_OR_NULL}
    count = _each(["expected", "low", "high"], NUMBER)
    return closed(
        {
            "source": TEXT,
            "scored": COUNT,
            "calibrated": _each(["boxes", "missing"], FLAG),
            "max_share": {"anyOf": [shares, {"type": "null"}]},
            "counts": {
                "type": "object",
                "properties": {str(kind): count for kind in ErrorKind},
                "additionalProperties": False,
            },
            "abstention_reasons": COUNTS,
            "notes": listed(TEXT),
        }
    )


def _contract() -> Schema:
    return closed(
        {
            "failed": FLAG,
            "strict": FLAG,
            "counts": _each([str(status) for status in Status], COUNT),
            "requirements": listed(reference("requirement")),
        }
    )


def _requirement() -> Schema:
    where = dict.fromkeys(("source", "place", "image"), TEXT_OR_NULL)
    return closed(
        {
            "key": TEXT,
            "status": {"enum": [str(status) for status in Status]},
            "expected": TEXT,
            "found": TEXT,
            "worst": listed(closed({**where, "message": TEXT})),
            "parts": listed(reference("requirement")),
        }
    )


def _overview() -> Schema:
    share = closed(
        {
            "basis": {"enum": [str(basis) for basis in Basis]},
            "errors": NUMBER,
            "low": NUMBER,
            "high": NUMBER_OR_NULL,
            "of": COUNT,
            "share": NUMBER,
        }
    )
    group = closed(
        {"name": TEXT, "boxes": COUNT, **dict.fromkeys(("errors", "rate", "low", "high"), NUMBER)}
    )
    image = closed(
        {
            "image": TEXT,
            "source": TEXT_OR_NULL,
            "expected_errors": NUMBER,
            "found": COUNT,
            "doubted": COUNT,
        }
    )
    return closed(
        {
            "boxes": share,
            "images": share,
            "missing_objects": {"anyOf": [share, {"type": "null"}]},
            "worst": {"type": "object", "additionalProperties": listed(group)},
            "top_images": listed(image),
            "ordered_by_doubts": FLAG,
            "images_with_80_percent": COUNT,
            "findings_elsewhere": COUNT,
        }
    )


def _breakdown() -> Schema:
    value = closed(
        {
            "value": TEXT_OR_NULL,
            **dict.fromkeys(("boxes", "images", "findings"), COUNT),
            **dict.fromkeys(("per_1000", "low", "high", "ratio"), NUMBER_OR_NULL),
            "p": SHARE_OR_NULL,
            "stands_out": TEXT_OR_NULL,
        }
    )
    return closed(
        {
            "values": listed(value),
            "elsewhere": COUNT,
            "dispersion": NUMBER_OR_NULL,
            "correction": {"const": "holm"},
        }
    )
