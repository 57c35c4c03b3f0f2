"""What public functions of audits are given: a sentence where it is another thing."""

from __future__ import annotations

from collections.abc import Iterable

from labelaudit.auditing.findings import Finding, Findings
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.dataset.arguments import check_kind, check_taken, kind_of
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ArgumentError


def check_findings(given: object, call: str) -> None:
    """Raise `ArgumentError` unless what is given to `call`, `apply()` say, is findings."""
    if isinstance(given, Findings):
        return
    takes = f"{call} takes Findings, not {kind_of(given)}"
    if isinstance(given, Dataset):
        raise ArgumentError(f"{takes}; labelaudit.audit(dataset) gives some")
    if isinstance(getattr(given, "findings", None), Findings):
        raise ArgumentError(f"{takes}; its `.findings` are some")
    if isinstance(given, Iterable) and any(isinstance(one, Finding) for one in given):
        raise ArgumentError(f"{takes}; findings.filter(...) and findings[mask] keep some of them")
    raise ArgumentError(f"{takes}; labelaudit.audit(dataset) gives some")


def check_asked(label_issues: object, track: object) -> None:
    """Raise `ArgumentError` unless an audit can be asked with these: see `audit`."""
    if label_issues is not None:
        made = "labelaudit.by_detector(dataset) and by_predictions(dataset, path) make some"
        check_kind(label_issues, LabelIssues, "label_issues=", made)
    check_taken(callable(track), track, "track=", "what goes over the rules, a progress bar say")
