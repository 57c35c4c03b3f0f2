"""What the text report says of a contract: what is broken in full, what holds as a number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from labelaudit.auditing.contract.outcome import ContractOutcome, Requirement, Status
from labelaudit.auditing.findings_file import entries
from labelaudit.core.text import counted, plain
from labelaudit.dataset.tables import Dataset

STYLES = {Status.FAILED: "bold red", Status.NOT_EVALUATED: "yellow"}

MOST_SHOWN = {Status.FAILED: 20, Status.NOT_EVALUATED: 10}
"""Requirements that are shown, those of a field of many values among them; JSON has all."""

MOST_WORST = 3
"""Records that a requirement shows."""

Place = Callable[[Mapping[str, Any], Dataset], str]  # Any: an entry of the fix list
"""Where a finding is, in words."""


def contract_lines(
    outcome: ContractOutcome, dataset: Dataset, place: Place
) -> Iterator[Text | Table]:
    """What came of a contract: a line, and a table of what did not pass.

    Parameters
    ----------
    outcome:
        of the contract.
    dataset:
        that was held against it.
    place:
        says where a record is.
    """
    order = (Status.FAILED, Status.NOT_EVALUATED, Status.PASSED)
    counts = {status: len(outcome.of(status)) for status in order}
    words = [f"{count:,} {status}" for status, count in counts.items() if count]
    verdict = "broken" if outcome.failed else "kept"
    line = Text().append(f"Contract {verdict}", "bold red" if outcome.failed else "bold green")
    line.append(f": {', '.join(words) or 'it asks for nothing'}")
    if outcome.strict and counts[Status.NOT_EVALUATED]:
        line.append("; strict: what is not evaluated counts as failed")
    yield line
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("status", no_wrap=True)
    table.add_column("requirement", overflow="fold")
    for status, most in MOST_SHOWN.items():
        shown = outcome.of(status)
        for requirement in shown[:most]:
            words = [f"{requirement.expected}; {requirement.found}"]
            worst = list(worst_words(requirement, dataset, place))
            words += [f"worst: {'; '.join(worst)}"] if worst else []
            table.add_row(Text(str(status), STYLES[status]), Text(plain_lines(words)))
        if len(shown) > most:
            table.add_row("", Text(f"... and {len(shown) - most:,} more {status}", "dim"))
    if table.row_count:
        yield table


def worst_words(requirement: Requirement, dataset: Dataset, place: Place) -> Iterator[str]:
    """Where it is worst; with what is wrong there, where no finding of the report says it.

    Parameters
    ----------
    requirement:
        that did not pass.
    dataset, place:
        see `contract_lines`.
    """
    for entry in entries(requirement.worst.rows(slice(0, MOST_WORST)), dataset):
        where = "" if entry["classes"] and not entry["boxes"] else place(entry, dataset)
        if entry["code"] and where:
            yield where
        else:
            yield f"{where} ({entry['message']})" if where else entry["message"]


def plain_lines(words: Iterable[str]) -> str:
    """Lines that a terminal may have, one below the other."""
    return "\n".join(map(plain, words))


def broken(outcome: ContractOutcome) -> Iterator[str]:
    """Why a contract is broken, a line each."""
    failing = outcome.of(Status.FAILED)
    if outcome.strict:
        failing = [*failing, *outcome.of(Status.NOT_EVALUATED)]
    most = MOST_SHOWN[Status.FAILED]
    for one in failing[:most]:
        unseen = f"{one.status}, " if one.status is Status.NOT_EVALUATED else ""
        yield plain(f"{one.expected}; {unseen}{one.found}")
    if len(failing) > most:
        yield f"and {counted(len(failing) - most, 'other requirement')}"
