"""The review queue on the command line: scans go in, decisions come out, and how far it is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.scan import Scan
from labelaudit.cli.notes import note
from labelaudit.cli.text_tables import LONGEST_NAME, heading, table_of
from labelaudit.core.shell import command
from labelaudit.core.terminal import beginning
from labelaudit.core.text import counted, plain
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.review.queue.accepted_fixes import accepted
from labelaudit.review.queue.decisions import disagreements
from labelaudit.review.queue.enqueue import enqueue as enqueue_findings
from labelaudit.review.queue.import_export import replayed
from labelaudit.review.queue.items import State
from labelaudit.review.queue.places import QueuePlace, QueueUrl
from labelaudit.review.queue.progress import (
    GOAL,
    Automatic,
    automatic,
    by_reviewer,
    by_rule,
    progress,
)
from labelaudit.review.queue.store import Queue, filled


def enqueue(place: QueuePlace, scan: Scan, words: Sequence[str] = ()) -> None:
    """Put the findings of a scan into the queue at `place`, and say what became of them.

    Parameters
    ----------
    place:
        of the queue, which knows the dataset.
    scan:
        of the dataset.
    words:
        what was typed to choose rules: without them, a review would scan it again with others.
    """
    with filled(place, told=note) as queue:
        recorded = enqueue_findings(
            queue, scan.findings, scan.dataset, scan.options, unchecked=scan.not_checked
        )
    note(f"{place}: {recorded.new:,} new, {recorded.known:,} known, {recorded.obsolete:,} obsolete")
    note(f"to review them: {command('review', '--queue', place, *words)}{without_password(place)}")


def without_password(place: QueuePlace) -> str:
    """What a printed command lacks, if the place of the queue was given with its password."""
    if not isinstance(place, QueueUrl) or not place.has_password:
        return ""
    return " (the password, which is not shown, by PGPASSWORD, ~/.pgpass or a service file)"


def decided(dataset: Dataset, place: QueuePlace, min_probability: float | None) -> Findings:
    """The findings of the queue at `place` whose fixes were accepted."""
    if min_probability is not None and not 0 <= min_probability <= 1:
        raise FixError(f"--min-probability is from 0 to 1, not {min_probability}")
    threshold = math.inf if min_probability is None else min_probability
    with Queue.existing(place) as queue:
        if min_probability is not None:
            note(_expectation(automatic(queue, threshold), threshold))
        tell_disagreements(queue)
        return accepted(queue, dataset, min_probability=threshold)


def decided_in_list(dataset: Dataset, lines: Sequence[bytes], path: Path) -> Findings:
    """The findings of the lines of an exported queue, read from `path`, that were accepted."""
    with replayed(lines, path) as queue:
        tell_disagreements(queue)
        try:
            return accepted(queue, dataset)
        except FixError as error:
            raise FixError(f"{path}: {error}, and labelaudit queue export the list") from error


def tell_disagreements(queue: Queue) -> int:
    """List findings about which reviewers decided differently; how many there are."""
    split = disagreements(queue)
    for item, verdicts in split:
        said = ", ".join(f"{who}: {verdict}" for who, verdict in verdicts)
        note(f"decided differently: {item.entry['message']}: {said}; the last one counts")
    return len(split)


def report(queue: Queue) -> dict[str, Any]:
    """How far a review is, as an object that JSON can hold."""
    now = progress(queue)
    return {
        "schema_version": 1,
        "findings": now.total,
        "decided": now.decided,
        "asked": now.asked,
        "noted": now.noted,
        "states": now.counts,
        "rules": by_rule(queue),
        "reviewers": by_reviewer(queue),
        "disagreements": len(disagreements(queue)),
        "decisions_per_minute": now.per_minute,
        "minutes_left": now.minutes_left,
        "estimate": now.estimate and vars(now.estimate),
    }


def report_lines(numbers: Mapping[str, Any]) -> Iterator[Text | Table]:
    """What `report` says, for people."""
    counts = numbers["states"]
    asked = f" ({numbers['asked']:,} for an expert)" if numbers["asked"] else ""
    yield Text.assemble(
        (f"{numbers['decided']:,} of {counted(numbers['findings'], 'finding')}", "bold"),
        f" decided · {counts[State.OPEN]:,} open · {counts[State.SKIPPED]:,} skipped{asked}",
    )
    if numbers["decisions_per_minute"]:
        pace, left = numbers["decisions_per_minute"], numbers["minutes_left"]
        needed = f"; at this pace {counted(math.ceil(left), 'minute')} for what is open"
        yield Text(f"{pace:.0f} decisions a minute{needed if counts[State.OPEN] else ''}")
    if numbers["disagreements"]:
        told = counted(numbers["disagreements"], "finding")
        yield Text(f"{told} that reviewers decided differently about", "yellow")
    if numbers["estimate"]:
        yield Text(_estimated(numbers["estimate"]))
    for title, name in (("Rules", "rules"), ("Reviewers", "reviewers")):
        if numbers[name]:
            yield heading(title)
            yield _tally(numbers[name])


def _estimated(guess: Mapping[str, Any]) -> str:
    return (
        f"About {guess['share']:.0%} of the errors are found ({guess['share_low']:.0%} to "
        f"{guess['share_high']:.0%}); {GOAL:.0%} of them after {guess['remaining']:,} more "
        f"findings ({guess['remaining_low']:,} to {guess['remaining_high']:,}), as far as the "
        "model is right"
    )


def _tally(rows: Mapping[str, Mapping[State, int]]) -> Table:
    """Counts by name and state; states that nothing is in are left out."""
    states = [state for state in State if any(counts[state] for counts in rows.values())]
    table = table_of("", "all", *map(str, states), right=1 + len(states))
    for name, counts in rows.items():
        cells = (f"{counts[state]:,}" for state in states)
        table.add_row(beginning(plain(name), LONGEST_NAME), f"{sum(counts.values()):,}", *cells)
    return table


def _expectation(chosen: Automatic, threshold: float) -> str:
    count = counted(chosen.findings, "finding")
    if not chosen.findings:
        return f"No open finding with a fix has a probability of at least {threshold:g}."
    return (
        f"Accepting {count} that nobody decided about, from a probability of {threshold:g} on: "
        f"about {chosen.right:.0f} of them right, give or take {1.96 * chosen.deviation:.0f}."
    )
