"""One JSON object for programs: what was scanned, a summary, and every finding."""

from __future__ import annotations

from typing import Any, TextIO

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.findings_file import SCHEMA_VERSION, encoded, entries
from labelaudit.auditing.findings_file.write import known
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import encodable
from labelaudit.core.version import __version__
from labelaudit.dataset.split_statistics import splits
from labelaudit.dataset.tables import Dataset
from labelaudit.images.whereabouts import whereabouts
from labelaudit.io.formats import conversion_before_fixing
from labelaudit.reports import REPORTS, Report


def write(scan: Scan, out: TextIO) -> None:
    """Write the object, a finding a line; findings are made one at a time, never all at once."""
    head = encoded({"schema_version": SCHEMA_VERSION, **_head(scan)}).decode()
    out.write(f'{head[:-1]},"findings":[')
    separator = "\n"
    for entry in entries(scan.findings, scan.dataset):
        out.write(separator)
        out.write(encoded(entry).decode())
        separator = ",\n"
    out.write("\n]}\n")


def _head(scan: Scan) -> dict[str, Any]:
    dataset = scan.dataset
    return {
        "tool": {"name": "labelaudit", "version": __version__},
        "dataset": {
            "format": dataset.format,
            "sources": [encodable(str(path)) for path in dataset.sources],
            "root": encodable(str(dataset.root)),
            "notes": [encodable(note) for note in dataset.notes],
            "files": len(dataset.files),
            "images": len(dataset.images),
            "found_images": _found_images(dataset),
            "boxes": len(dataset.boxes),
            "classes": dataset.class_names,
            "splits": {
                split.name: {"images": split.images, "boxes": split.boxes}
                for split in splits(dataset)
            },
        },
        "summary": {
            "findings": len(scan.findings),
            "by_severity": {
                str(severity): scan.by_severity.get(severity, 0)
                for severity in sorted(Severity, reverse=True)
            },
            "by_rule": {
                count.code: {
                    "name": count.name,
                    "severity": str(count.severity),
                    "findings": count.findings,
                    "images": count.images,
                    "safe_fixes": count.safe,
                    "unsafe_fixes": count.unsafe,
                    "boxes_removed_by_safe_fixes": count.removed_safely,
                    "boxes_removed_by_fixes": count.removed,
                }
                for count in scan.by_rule
            },
            "fixable": _fixable(scan),
            "class_conflicts": [
                {
                    "classes": [conflict.first, conflict.second],
                    "count": conflict.count,
                    "share": round(conflict.share, 4),
                    "overlap": round(conflict.overlap, 4),
                }
                for conflict in scan.class_conflicts
            ],
            "known": scan.known,
            "fixed": dict(scan.fixed),
            "removed_by_fixes": {part.value: count for part, count in scan.removed.items()},
            "not_fixed": [encodable(conflict) for conflict in scan.conflicts],
            "rules": [rule.code for rule in scan.rules],
            "not_checked": dict(scan.not_checked),
            "second_opinion": _opinion(scan),
            "seconds": round(scan.seconds, 3),
        },
    }


def _found_images(dataset: Dataset) -> dict[str, Any]:
    """How many images were found, in which folders, and where they were looked for."""
    where = whereabouts(dataset)
    return {
        "found": where.found,
        "folders": [encodable(folder) for folder in where.folders],
        "looked_in": [encodable(folder) for folder in where.looked_in],
    }


def _fixable(scan: Scan) -> dict[str, int]:
    """How many fixes can be applied to the files as they are."""
    if conversion_before_fixing(scan.dataset):
        return {"safe": 0, "unsafe": 0}
    return {"safe": scan.safe, "unsafe": scan.unsafe}


def _opinion(scan: Scan) -> dict[str, Any] | None:
    label_issues = scan.label_issues
    if label_issues is None:
        return None
    return {
        "source": encodable(label_issues.source),
        "scored": int(label_issues.boxes.was_scored.sum()),
        "calibrated": {
            "boxes": label_issues.boxes_calibrated,
            "missing": label_issues.missing_calibrated,
        },
        "max_share": _max_share(label_issues),
        "counts": {kind: vars(count) for kind, count in label_issues.counts.items()},
        "abstention_reasons": label_issues.abstention_reasons,
        "notes": [encodable(note) for note in label_issues.notes],
    }


def _max_share(label_issues: LabelIssues) -> dict[str, float | None] | None:
    """The largest share of each error; null where nothing bounds it."""
    if label_issues.max_share is None:
        return None
    return {error: known(share) for error, share in label_issues.max_share.items()}


REPORTS.add("json", Report("json", "one JSON object: dataset, summary and all findings", write))
