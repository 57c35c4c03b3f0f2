"""Findings that are places of a ranking: of no such label it is known that it is wrong.

What predictions from a file doubt is ranked (docs/method.md, section 8). The first of the ranking
are shown, however small their doubts: worth a look, counted as nothing, and no reason to fail.
"""

from __future__ import annotations

from labelaudit.auditing.findings import Findings
from labelaudit.core.columns import Bools

RANKING = "MOD008"
"""The rule whose findings are the first of the ranking."""


def is_ranked(findings: Findings) -> Bools:
    """Which findings, (n,), are places of the ranking and no more."""
    ranked: Bools = findings.code == RANKING
    return ranked
