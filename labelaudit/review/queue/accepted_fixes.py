"""From decisions to a cleaned dataset: what was accepted, as findings that fixing applies."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Container, Iterator, Mapping
from typing import Any

import msgspec

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.findings_file import Lookup, fingerprints, table_of
from labelaudit.auditing.fixes.apply import Applied, apply
from labelaudit.dataset.new_classes import with_classes
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.review.queue.items import State
from labelaudit.review.queue.new_classes import named_in
from labelaudit.review.queue.store import Queue

_GONE = (LookupError, TypeError, ValueError, AttributeError, OverflowError)


def accepted(
    queue: Queue,
    dataset: Dataset,
    *,
    min_probability: float = math.inf,
    among: Container[str] | None = None,
) -> Findings:
    """What reviewers accepted, with an edit's own fixes in the place of the proposed one.

    An edit of several fixes is a finding for each. Reviewers' own fixes come first, so that they
    win where an accepted one contradicts them. Open findings with a fix that a model holds for at
    least so probable count as accepted. They are about `Findings.dataset`: the dataset with the
    classes that they name and it does not have.

    Parameters
    ----------
    queue:
        that was reviewed.
    dataset:
        as it was scanned into the queue.
    min_probability:
        from 0 to 1: open findings that a model holds for at least so probable count as accepted.
    among:
        fingerprints: no others count; all if absent.

    Raises
    ------
    FixError
        if the labels changed since they were scanned into the queue, or the dataset cannot have a
        class that a reviewer named.
    """
    chosen = [
        (entry, fixes)
        for entry, fixes in _chosen(queue, min_probability)
        if among is None or entry["fingerprint"] in among
    ]
    named = named_in(
        fix for entry, fixes in chosen for fix in fixes or [entry["fix"]] if fix is not None
    )
    dataset = with_classes(dataset, named)
    lookup = Lookup(dataset)
    found: list[dict[str, Any]] = []
    prints: list[str] = []
    own: list[tuple[dict[str, Any], Mapping[str, Any]]] = []
    for entry, fixes in chosen:
        finding = _looked_up(lookup, entry)
        found.append(finding)
        prints.append(entry["fingerprint"])
        own += [(finding, fix) for fix in fixes]
    plain = table_of(found)
    for row, now in enumerate(fingerprints(plain, dataset)):
        # Which of several alike it is counts among all findings, of which these are some.
        if now.partition("-")[0] != prints[row].partition("-")[0]:
            raise _changed(str(plain.message[row]))
    return _with_own(found, own, lookup).replaced(dataset=dataset)


def cleaned(queue: Queue, dataset: Dataset, *, min_probability: float = math.inf) -> Applied:
    """The dataset with all accepted fixes, and what of them contradicts; nothing is written.

    Parameters
    ----------
    queue, dataset, min_probability:
        as in `accepted`.
    """
    found = accepted(queue, dataset, min_probability=min_probability)
    return apply(found.dataset or dataset, found)


def _chosen(
    queue: Queue, min_probability: float
) -> Iterator[tuple[dict[str, Any], list[Mapping[str, Any]]]]:
    """Entries that count as accepted, with an edit's own fixes."""
    with queue.reading() as database:
        rows = database.execute(
            "SELECT entry, state, fixes FROM items LEFT JOIN decisions AS last "
            "ON last.id = items.decision WHERE current = 1 AND (state IN (?, ?) "
            "OR (state = ? AND effort <> '' AND probability >= ?)) "
            "ORDER BY last.at IS NOT NULL, last.at, items.id",
            (State.ACCEPTED, State.EDITED, State.OPEN, min_probability),
        ).fetchall()
    for entry, state, fixes in rows:
        edited = state == State.EDITED
        yield msgspec.json.decode(entry), msgspec.json.decode(fixes) if edited else []


def _looked_up(lookup: Lookup, entry: dict[str, Any]) -> dict[str, Any]:
    try:
        return lookup.finding(entry)
    except _GONE as error:
        raise _changed(entry["message"]) from error


def _with_own(
    found: list[dict[str, Any]],
    own: list[tuple[dict[str, Any], Mapping[str, Any]]],
    lookup: Lookup,
) -> Findings:
    """The findings, those that were edited by their own fixes, which stand first."""
    edited = {id(finding) for finding, _ in own}
    first = []
    for finding, fix in own:
        try:
            first.append(finding | {"fix": lookup.fix(dict(fix))})
        except _GONE as error:
            raise _changed(finding["message"]) from error
    table = table_of(first + [finding for finding in found if id(finding) not in edited])
    # Fixes are applied worst finding first; what a person drew goes before what a rule proposed.
    severity = table.severity.copy()
    severity[: len(first)] = Severity.ERROR
    return dataclasses.replace(table, severity=severity)


def _changed(message: str) -> FixError:
    return FixError(
        f"the labels have changed since they were scanned: {message}; "
        "labelaudit scan --queue brings the queue up to date"
    )
