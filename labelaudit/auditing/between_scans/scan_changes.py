"""What changed between two scans of a dataset: findings that are new, and those that are gone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.findings_file import fingerprints
from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import Bools


@dataclass(frozen=True, eq=False)
class ScanChanges:
    """Findings of one of two scans that the other has not."""

    new: Findings  # of the later scan
    gone: Findings  # of the earlier one, by rows of its dataset


def scan_changes(before: Scan, after: Scan) -> ScanChanges:
    """What is found after a change and was not before, and the reverse.

    Findings are the same by what they are about, wherever that stands in its file now.
    """
    old, new = (list(fingerprints(one.findings, one.dataset)) for one in (before, after))
    return ScanChanges(
        after.findings.rows(_beyond(new, old)), before.findings.rows(_beyond(old, new))
    )


def _beyond(prints: list[str], others: list[str]) -> Bools:
    """Which of some fingerprints, (n,), are not among the others."""
    known = set(others)  # several alike have numbers behind them
    return np.array([one not in known for one in prints], bool)
