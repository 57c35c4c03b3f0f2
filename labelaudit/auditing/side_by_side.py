"""Rules on several cores, where there are many boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.rule import Rule
from labelaudit.core.parallel import cores, map_groups

WORTHWHILE = 50_000
"""Boxes from which on rules are run in several threads."""

MOST_THREADS = 2
"""Rules that run at the same time, at most: what each of them works out is in memory, and two of
the families, duplicates and geometry, take most of the time."""


def side_by_side(
    judge: Callable[[Rule], Findings],
    rules: Sequence[Rule],
    track: Callable[[Sequence[Rule]], Iterable[Rule]],
    boxes: int,
) -> list[Findings]:
    """What each of `rules` finds, in their order; on some cores where there are many boxes.

    The rules of a family share what they work out, so one thread takes all of them.

    Parameters
    ----------
    judge:
        what a rule finds.
    rules:
        that are asked.
    track:
        what goes over the rules: a progress bar, say.
    boxes:
        how many there are in the dataset.
    """
    if boxes < WORTHWHILE:
        return [judge(rule) for rule in track(rules)]
    families = {rule.family: [one for one in rules if one.family == rule.family] for rule in rules}
    steps = iter(track(rules))  # one further for each rule that is done, whichever it is
    next(steps, None)
    found = {}
    for rule, findings in map_groups(judge, families.values(), min(cores(), MOST_THREADS)):
        found[rule.code] = findings
        next(steps, None)
    return [found[rule.code] for rule in rules]
