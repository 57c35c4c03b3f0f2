"""What every report is made of but the findings: the tool, the dataset and the summary.

The JSON report is this object with `findings`, the entries of `auditing.findings_file`; other
reports show a part of both.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.findings_file import SCHEMA_VERSION, entries
from labelaudit.auditing.findings_file.write import known
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.auditing.scan import Scan
from labelaudit.auditing.summary.overview import TOP_IMAGES, ErrorShare, overview
from labelaudit.core.columns import encodable
from labelaudit.core.mirror_names import shown
from labelaudit.core.version import __version__
from labelaudit.dataset.split_statistics import splits
from labelaudit.dataset.tables import Dataset
from labelaudit.images.whereabouts import whereabouts
from labelaudit.io.formats import conversion_before_fixing

if TYPE_CHECKING:
    from labelaudit.auditing.estimates.breakdown import FieldBreakdown

if TYPE_CHECKING:  # few have a contract, and a scan need not wait for it
    from labelaudit.auditing.contract.outcome import Requirement


def head(scan: Scan) -> dict[str, Any]:
    """The JSON report without its findings, as objects that JSON can hold."""
    dataset = scan.dataset
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "labelaudit", "version": __version__},
        "dataset": {
            "format": dataset.format,
            "sources": [encodable(shown(path)) for path in dataset.sources],
            "root": encodable(shown(dataset.root)),
            "notes": [encodable(note) for note in dataset.notes],
            "files": len(dataset.files),
            "images": len(dataset.images),
            "found_images": _found_images(dataset),
            "boxes": dataset.box_count,
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
            "contract": _contract(scan),
            "overview": _overview(scan),
            "by": {one.field: _breakdown(one) for one in scan.breakdowns},
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


def _contract(scan: Scan) -> dict[str, Any] | None:
    """What came of each requirement of the contract; null where there is none."""
    outcome = scan.contract
    if outcome is None:
        return None
    counts = Counter(str(leaf.status) for leaf in outcome.leaves)
    return {
        "failed": outcome.failed,
        "strict": outcome.strict,
        "counts": {name: counts[name] for name in ("failed", "not evaluated", "passed")},
        "requirements": [_requirement(one, scan.dataset) for one in outcome.requirements],
    }


def _requirement(requirement: Requirement, dataset: Dataset) -> dict[str, Any]:
    return {
        "key": encodable(requirement.key),
        "status": str(requirement.status),
        "expected": encodable(requirement.expected),
        "found": encodable(requirement.found),
        "worst": [
            {key: entry[key] for key in ("source", "place", "image", "message")}
            for entry in entries(requirement.worst, dataset)
        ],
        "parts": [_requirement(part, dataset) for part in requirement.parts],
    }


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


def _breakdown(one: FieldBreakdown) -> dict[str, Any]:
    """The findings by one field; rates are of 1,000 boxes."""
    return {
        "values": [
            {
                "value": encodable(group.value) or None,
                "boxes": group.boxes,
                "images": group.images,
                "findings": group.findings,
                "per_1000": known(group.rate),
                "low": known(group.low),
                "high": known(group.high),
                "ratio": group.ratio if math.isfinite(group.ratio) else None,
                "p": known(group.p),
                "stands_out": group.stands_out or None,
            }
            for group in one.groups
        ],
        "elsewhere": one.elsewhere,
        "dispersion": one.dispersion,
        "correction": "holm",
    }


def _overview(scan: Scan) -> dict[str, Any]:
    """How bad it is and where first; rates are of 1,000 boxes."""
    top = TOP_IMAGES if scan.top_images is None else scan.top_images
    seen, images = overview(scan, top_images=top), scan.dataset.images
    files = [*scan.dataset.files.path.tolist(), None]
    return {
        "boxes": _share(seen.boxes),
        "images": _share(seen.images),
        "missing_objects": seen.missing and _share(seen.missing),
        "worst": {
            field: [
                {
                    "name": encodable(rate.name),
                    "boxes": rate.boxes,
                    "errors": round(rate.errors, 3),
                    **{key: round(1000 * getattr(rate, key), 3) for key in ("rate", "low", "high")},
                }
                for rate in rates
            ]
            for field, rates in seen.worst.items()
        },
        "top_images": [
            {
                "image": encodable(str(images.name[one.image])),
                "source": files[images.file[one.image]],
                "expected_errors": round(one.expected, 3),
                "found": one.found,
                "doubted": one.doubted,
            }
            for one in seen.top_images
        ],
        "ordered_by_doubts": seen.by_doubts,
        "images_with_80_percent": seen.images_with_most,
        "findings_elsewhere": seen.elsewhere,
    }


def _share(share: ErrorShare) -> dict[str, Any]:
    errors, low = round(share.errors, 3), round(share.low, 3)
    high = None if share.high is None else round(share.high, 3)
    limits = {"errors": errors, "low": low, "high": high}
    return {"basis": str(share.basis), **limits, "of": share.of, "share": round(share.share, 6)}


def _max_share(label_issues: LabelIssues) -> dict[str, float | None] | None:
    """The largest share of each error; null where nothing bounds it."""
    if label_issues.max_share is None:
        return None
    return {error: known(share) for error, share in label_issues.max_share.items()}
