"""What one run of a second opinion finds, and how far two runs find the same."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import msgspec
import numpy as np

from labelaudit.auditing.label_issues import BOX_ERRORS, ErrorKind, LabelIssues
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import scan
from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import Floats, Ints, Rows
from labelaudit.dataset.tables import Dataset

CODES = {
    ErrorKind.WRONG_CLASS: "MOD002",
    ErrorKind.LOOSE_BOX: "MOD003",
    ErrorKind.SPURIOUS: "MOD004",
    ErrorKind.MISSING_BOX: "MOD001",
}
"""The rule that tells each error."""

FIRST = 20
"""Of each kind, most probable first, however probable."""

SURE = 0.9
"""Findings from which on are counted by themselves; a choice."""

SAME_PLACE = 0.5
"""IoU from which on two runs see an object in the same place."""


class Found(msgspec.Struct, frozen=True):
    """Labels, or places where an object is missing, most probable first."""

    probability: list[float]
    box: list[int]  # rows in Boxes; none of places
    image: list[int]  # rows in Images, of places alone
    xyxy: list[list[float]]  # of places alone

    def __len__(self) -> int:
        return len(self.probability)


class Findings(msgspec.Struct, frozen=True):
    """What one run finds, by the kind of error."""

    above: dict[str, Found]  # findings of the rules as they are by default
    first: dict[str, Found]  # the `FIRST` of all that is ranked
    known: list[tuple[int, float]]  # place by doubt and probability of labels known to be wrong
    cpu_s: float  # from labels and images, with what was kept of runs before


def findings_of(dataset: Dataset, issues: LabelIssues, known: Ints, cpu_s: float) -> Findings:
    """The findings of a second opinion, and the first of each ranking.

    Parameters
    ----------
    dataset:
        that was judged.
    issues:
        the second opinion.
    known:
        (k,) rows in Boxes of labels whose class is known to be wrong.
    cpu_s:
        what it took.
    """
    told = scan(dataset, Options(select=tuple(CODES.values())), label_issues=issues).findings
    above, first = {}, {}
    for kind, code in CODES.items():
        rows = np.flatnonzero(told.code == code)
        rows = rows[np.argsort(-told.probability[rows], kind="stable")]
        if kind in BOX_ERRORS:
            above[kind.value] = _labels(told.box[rows], told.probability[rows])
            doubt = np.nan_to_num(getattr(issues.boxes, kind.value), nan=-1.0)
            best = np.argsort(-doubt, kind="stable")[:FIRST]
            best = best[doubt[best] > 0]
            first[kind.value] = _labels(best, doubt[best])
        else:
            corners = [fix.xyxy for fix in told.fix[rows]]
            above[kind.value] = _places(
                told.image[rows], np.array(corners).reshape(-1, 4), told.probability[rows]
            )
            best = np.argsort(-issues.missing.probability, kind="stable")[:FIRST]
            some = issues.missing.rows(best)
            first[kind.value] = _places(some.image, some.xyxy, some.probability)
    wrong = np.nan_to_num(issues.boxes.wrong_class, nan=-1.0)
    places = [(int((wrong > wrong[row]).sum()) + 1, float(wrong[row])) for row in known.tolist()]
    return Findings(above, first, places, round(cpu_s, 1))


def _labels(box: Ints | Rows, probability: Floats) -> Found:
    return Found(probability.tolist(), box.tolist(), [], [])


def _places(image: Ints | Rows, xyxy: Floats, probability: Floats) -> Found:
    return Found(probability.tolist(), [], image.tolist(), xyxy.round(1).tolist())


def same(one: Found, other: Found) -> list[tuple[int, int]]:
    """The rows of the two that are the same label or place, each once at most.

    Of places, those that overlap most are paired first.
    """
    if not one.image and not other.image:
        place = {box: row for row, box in enumerate(other.box)}
        return [(row, place[box]) for row, box in enumerate(one.box) if box in place]
    pairs = matches(
        np.array(one.image, np.int64),
        np.array(one.xyxy, np.float64).reshape(-1, 4),
        np.array(other.image, np.int64),
        np.array(other.xyxy, np.float64).reshape(-1, 4),
        min_overlap=SAME_PLACE,
    )
    found: dict[int, int] = {}
    for row in np.argsort(-pairs.overlap, kind="stable").tolist():
        mine, theirs = int(pairs.one[row]), int(pairs.other[row])
        if mine not in found and theirs not in found.values():
            found[mine] = theirs
    return sorted(found.items())


def jaccard(one: Sequence[Found], other: Sequence[Found]) -> float | None:
    """The findings that both runs have by those that either has, of several kinds together.

    None where neither has any: nothing is said then.
    """
    both = sum(len(same(mine, theirs)) for mine, theirs in zip(one, other, strict=True))
    either = sum(map(len, one)) + sum(map(len, other)) - both
    return both / either if either else None


def sure_again(one: Findings, other: Findings) -> tuple[int, int]:
    """How many findings of `SURE` or more of one run the other has above its limit, of how many."""
    again = every = 0
    for kind, found in one.above.items():
        sure = sum(probability >= SURE for probability in found.probability)
        again += sum(row < sure for row, _ in same(found, other.above[kind]))
        every += sure
    return again, every


class Agreement(msgspec.Struct, frozen=True):
    """How far some runs agree: of each cell the mean over pairs of runs, the least and the most."""

    pairs: int
    above: tuple[float, float, float] | None  # of all kinds together
    above_by_kind: dict[str, tuple[float, float, float] | None]
    first_by_kind: dict[str, tuple[float, float, float] | None]
    sure_again: tuple[int, int]  # findings of `SURE` or more that the other run has, of how many


def agreement(pairs: Sequence[tuple[Findings, Findings]]) -> Agreement:
    """How far the two runs of each pair agree."""

    def spread(values: Sequence[float | None]) -> tuple[float, float, float] | None:
        known = [value for value in values if value is not None]
        if not known:
            return None
        return float(np.mean(known)), min(known), max(known)

    def of_each(what: str) -> dict[str, tuple[float, float, float] | None]:
        found = {}
        for kind in CODES:
            sets = [[[getattr(one, what)[kind.value]] for one in pair] for pair in pairs]
            found[kind.value] = spread([jaccard(*two) for two in sets])
        return found

    turned = [(other, one) for one, other in pairs]
    again = [sure_again(*pair) for pair in (*pairs, *turned)]
    return Agreement(
        len(pairs),
        spread([jaccard(list(a.above.values()), list(b.above.values())) for a, b in pairs]),
        of_each("above"),
        of_each("first"),
        (sum(one for one, _ in again), sum(of for _, of in again)),
    )


def all_pairs(runs: Sequence[Findings]) -> list[tuple[Findings, Findings]]:
    """Each two of some runs."""
    return list(combinations(runs, 2))


def in_how_many(runs: Sequence[Findings], kind: str) -> tuple[list[int], list[int]]:
    """How many runs have each finding that any of them has, and its row in Boxes.

    Of places, whose corners differ, each is compared with the first that any run had there; their
    rows are empty.
    """
    seen = Found([], [], [], [])
    count: list[int] = []
    box: list[int] = []
    for run in runs:
        found = run.above[kind]
        known = dict(same(found, seen))
        for row in known.values():
            count[row] += 1
        new = [row for row in range(len(found)) if row not in known]
        count += [1] * len(new)
        box += [found.box[row] for row in new if found.box]
        seen = Found(
            [*seen.probability, *(found.probability[row] for row in new)],
            [*seen.box, *(found.box[row] for row in new if found.box)],
            [*seen.image, *(found.image[row] for row in new if found.image)],
            [*seen.xyxy, *(found.xyxy[row] for row in new if found.xyxy)],
        )
    return count, box
