"""One cause is one finding: what follows from a finding that names a cause is folded into it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.core.columns import Bools, Ints, Rows, texts
from labelaudit.dataset.tables import Dataset

OF_MODELS = ("MOD001", "MOD002", "MOD003", "MOD004", "MOD007", "MOD008")
"""What a model says of single labels and places: where boxes are elsewhere than they were drawn, it
says so of each of them."""


def _nothing() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class Explained:
    """The findings that follow from the cause which another finding names.

    They are of one of these rules, and at one of these records: an image stands for the boxes in
    it, a file for all that is in it.
    """

    codes: tuple[str, ...]  # of rules, or how they start
    file: Ints | Rows = field(default_factory=_nothing)  # rows in Files
    image: Ints | Rows = field(default_factory=_nothing)  # rows in Images
    box: Ints | Rows = field(default_factory=_nothing)  # rows in Boxes
    category: Ints | Rows = field(default_factory=_nothing)  # rows in Categories
    problem: Ints | Rows = field(default_factory=_nothing)  # rows in LoadProblems
    also: tuple[Explained, ...] = ()  # of other rules at other records

    @property
    def all_codes(self) -> tuple[str, ...]:
        """The codes, and those of `also`."""
        return self.codes + sum((one.all_codes for one in self.also), ())


@dataclass(frozen=True, eq=False)
class Affected:
    """The labels that are wrong by what one finding about many says.

    Its own box and image are where it is shown, and are wrong if they are among these. An image is
    one whose own record or file is wrong, whatever its boxes are.
    """

    box: Ints | Rows = field(default_factory=_nothing)  # rows in Boxes
    image: Ints | Rows = field(default_factory=_nothing)  # rows in Images

    @classmethod
    def boxes_in(cls, dataset: Dataset, image: Ints | Rows) -> Affected:
        """The boxes in some images, rows (n,)."""
        return cls(np.flatnonzero(np.isin(dataset.boxes.image, image)))


def unexplained(findings: Findings) -> Bools:
    """Which findings, (n,), do not follow from the cause that another of them names.

    What is explained itself explains nothing, so the causes that no other one may explain are
    heard first.
    """
    causes = np.flatnonzero(np.array([one is not None for one in findings.explains], bool))
    codes = [one.all_codes for one in findings.explains[causes]]
    below = [sum(code.startswith(each) for each in codes) for code in findings.code[causes]]
    kept = np.ones(len(findings), bool)
    for row in causes[np.argsort(np.array(below, np.int64), kind="stable")].tolist():
        if kept[row]:
            own = findings.code == findings.code[row]
            kept &= own | ~explained_by(findings, findings.explains[row])
    return kept


def left_to_causes(findings: Findings, causes: Findings) -> Findings:
    """Findings without the fixes of those that an error explains which nobody asked for.

    Parameters
    ----------
    findings:
        of the rules that were chosen.
    causes:
        of rules that were not. By those that are no errors, boxes are hardly elsewhere: what they
        explain can be fixed one by one.
    """
    fix, message = findings.fix.copy(), findings.message.tolist()
    for row in np.flatnonzero(causes.severity == Severity.ERROR).tolist():
        if causes.explains[row] is not None:
            for place in np.flatnonzero(explained_by(findings, causes.explains[row])).tolist():
                if fix[place] is not None:
                    fix[place] = None
                    message[place] += f"; {causes.name[row]} ({causes.code[row]}) may be the cause"
    return dataclasses.replace(findings, fix=fix, message=texts(message))


def explained_by(findings: Findings, explains: Explained) -> Bools:
    """Which findings are of the rules and at the records that one explains, (n,)."""
    here = np.isin(findings.file, explains.file) | np.isin(findings.image, explains.image)
    here |= np.isin(findings.box, explains.box) | np.isin(findings.category, explains.category)
    here |= np.isin(findings.problem, explains.problem)
    found = np.flatnonzero(here)
    here[found] = [code.startswith(explains.codes) for code in findings.code[found].tolist()]
    for other in explains.also:
        here |= explained_by(findings, other)
    return here
