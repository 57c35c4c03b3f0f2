"""Which classes stand on one object, or are proposed for each other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import MISSING

MOST = 14
"""Classes of a matrix: those with the largest numbers; a choice."""


@dataclass(frozen=True)
class ClassMatrix:
    """How often each of some classes goes with each other one."""

    name: str  # of its element in the page
    title: str
    summary: str
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    left_out: int  # that are of other classes

    def heat(self, count: int) -> int:
        """How dark a number is shown, from 0 to 4."""
        most = max((one for row in self.counts for one in row), default=0)
        return 0 if not count else 1 + min(3, 4 * (count - 1) // max(most, 1))


def class_matrices(scan: Scan) -> list[ClassMatrix]:
    """The matrices that there is anything to show in."""
    both: Counter[tuple[str, str]] = Counter()
    for conflict in scan.class_conflicts:
        both[conflict.first, conflict.second] += conflict.count
        both[conflict.second, conflict.first] += conflict.count
    names, proposed = scan.dataset.class_names, Counter[tuple[str, str]]()
    findings = scan.findings
    for box, fix in zip(findings.box.tolist(), findings.fix.tolist(), strict=True):
        if fix is None or box == MISSING or "label" not in fix.values or fix.row != box:
            continue
        label = int(scan.dataset.boxes.label[box])
        if label != MISSING:
            proposed[names[label], names[int(fix.values["label"])]] += 1
    made = (
        _matrix(
            "conflicts",
            "Two classes on one object",
            "How often a box of one class and a box of another are on one object.",
            both,
            factor=2,
        ),
        _matrix(
            "proposals",
            "Classes that findings propose",
            "How often a label of the class on the left is proposed to be of the class above.",
            proposed,
        ),
    )
    return [one for one in made if one is not None]


def _matrix(
    name: str, title: str, summary: str, counts: Counter[tuple[str, str]], *, factor: int = 1
) -> ClassMatrix | None:
    """A matrix of the classes with the largest numbers; None where there are none.

    Parameters
    ----------
    name, title, summary:
        see `ClassMatrix`.
    counts:
        by the two classes.
    factor:
        how often each pair is in it.
    """
    totals: Counter[str] = Counter()
    for pair, count in counts.items():
        for one in pair:
            totals[one] += count
    classes = tuple(one for one, _ in totals.most_common(MOST))
    if not classes:
        return None
    shown = tuple(tuple(counts[row, column] for column in classes) for row in classes)
    left_out = (counts.total() - sum(map(sum, shown))) // factor
    return ClassMatrix(name, title, summary, classes, shown, left_out)
