"""What a contract is held against: a dataset, and all that rules found and could not check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.run import Options
from labelaudit.core.columns import Bools


@dataclass(frozen=True, eq=False)
class ContractEvidence:
    """A dataset and what an audit says of it."""

    audit: AuditContext
    findings: Findings  # all: also what is milder than is reported, and what others explain
    told: Bools  # (n,) which of them no other one explains
    reported: int  # how many of them, which are the first, the scan reports
    ran: frozenset[str]  # codes of the rules that ran
    not_checked: Mapping[str, str] = field(default_factory=dict)  # code: why, of those chosen
    options: Options = field(default_factory=Options)
