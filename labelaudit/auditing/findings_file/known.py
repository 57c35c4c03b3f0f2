"""Findings that are known already, by their fingerprints."""

from __future__ import annotations

from collections.abc import Set

import numpy as np

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.findings_file.write import fingerprints
from labelaudit.core.columns import Bools
from labelaudit.dataset.tables import Dataset


def is_known(findings: Findings, dataset: Dataset, baseline: Set[str]) -> Bools:
    """Which findings a baseline knows, (n,).

    Parameters
    ----------
    findings:
        (n,) that are looked up.
    dataset:
        that they are about.
    baseline:
        fingerprints of what is known.
    """
    return np.array([one in baseline for one in fingerprints(findings, dataset)], bool)
