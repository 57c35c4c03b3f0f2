"""What came of a contract: each requirement passed, failed or not evaluated, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from labelaudit.auditing.findings import Findings
from labelaudit.core.columns import MISSING, Bools, Ints, Rows, texts
from labelaudit.core.rows import take_or_missing
from labelaudit.dataset.tables import Dataset

MOST_RECORDS = 10
"""Records that a failed requirement names, the worst first; a choice."""


class Status(StrEnum):
    """What came of a requirement."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_EVALUATED = "not evaluated"  # nothing is known that speaks for or against it


@dataclass(frozen=True, eq=False)
class Requirement:
    """One requirement of a contract."""

    key: str  # where it stands in the contract: box-side, targets[0]
    expected: str  # in words
    status: Status
    found: str  # in words; where it was not evaluated, why
    worst: Findings = field(default_factory=Findings.empty)  # records that break it, worst first
    parts: tuple[Requirement, ...] = ()  # what it consists of, if it is several

    def leaves(self) -> Iterator[Requirement]:
        """The requirement, or what it consists of in the end."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True, eq=False)
class ContractOutcome:
    """What came of all requirements of a contract."""

    requirements: tuple[Requirement, ...]
    covered: Bools  # (n,) which findings of the scan a requirement counts
    strict: bool = False  # whether what was not evaluated counts as failed

    def of(self, status: Status) -> list[Requirement]:
        """The single requirements of which this came."""
        return [leaf for leaf in self.leaves if leaf.status is status]

    @property
    def leaves(self) -> list[Requirement]:
        """All single requirements, in order."""
        return [leaf for requirement in self.requirements for leaf in requirement.leaves()]

    @property
    def failed(self) -> bool:
        """Whether the dataset breaks the contract."""
        unknown = self.strict and self.of(Status.NOT_EVALUATED)
        return bool(self.of(Status.FAILED) or unknown)


def of_parts(key: str, expected: str, parts: Sequence[Requirement]) -> Requirement:
    """A requirement that consists of others: as bad as the worst of them.

    Parameters
    ----------
    key, expected:
        see `Requirement`.
    parts:
        at least one.
    """
    order = (Status.FAILED, Status.NOT_EVALUATED, Status.PASSED)
    status = min((part.status for part in parts), key=order.index)
    count = sum(part.status is status for part in parts)
    found = f"{count:,} of {len(parts):,} {status}"
    return Requirement(key, expected, status, found, parts=tuple(parts))


def passed_if(
    holds: bool, key: str, expected: str, found: str, worst: Findings | None = None
) -> Requirement:
    """A requirement that passed if it `holds`, and failed if not.

    Parameters
    ----------
    holds:
        whether it does.
    key, expected, found, worst:
        see `Requirement`; the records only count if it failed.
    """
    if holds or worst is None:
        return Requirement(key, expected, Status.PASSED if holds else Status.FAILED, found)
    return Requirement(key, expected, Status.FAILED, found, worst)


def unknown(key: str, expected: str, why: str) -> Requirement:
    """A requirement that was not evaluated.

    Parameters
    ----------
    key, expected:
        see `Requirement`.
    why:
        in words.
    """
    return Requirement(key, expected, Status.NOT_EVALUATED, why)


def records(
    dataset: Dataset,
    messages: Sequence[str],
    *,
    box: Ints | Rows | None = None,
    image: Ints | Rows | None = None,
    category: Ints | Rows | None = None,
) -> Findings:
    """Some boxes, images or classes, with what is wrong with each, as findings are told.

    Parameters
    ----------
    dataset:
        that they are of.
    messages:
        (n,) what is wrong.
    box, image, category:
        (n,) rows in their tables; one of them.
    """
    count = len(messages)
    none = np.full(count, MISSING, np.int64)
    box, category = (none if rows is None else rows[:count] for rows in (box, category))
    if image is None:
        image = take_or_missing(dataset.boxes.image, box)
    image = image[:count]
    file = take_or_missing(dataset.boxes.file, box)
    for rows, of in ((image, dataset.images.file), (category, dataset.categories.file)):
        file = np.where(file == MISSING, take_or_missing(of, rows), file)
    return Findings.of(
        count, box=box, image=image, category=category, file=file, message=texts(messages)
    )
