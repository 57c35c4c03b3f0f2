from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.causes import Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.core.rows import unique
from labelaudit.dataset.groups import made_by_hand
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.rules.ref.references import targets

NONE = np.iinfo(np.int64).min
"""Stands for the number of a label that has none."""


@dataclass(frozen=True, eq=False)
class ShiftedNumbers:
    """Labels that count classes from another number than their list."""

    where: str
    box: Ints  # rows in Boxes, of all labels with a number
    step: int  # by which their numbers are too high
    lost: int  # of them, those whose class does not exist
    whole: bool  # whether it is all labels


@rule(
    "REF014",
    "shifted-class-numbers",
    message="{where}{boxes:,} labels count classes from {from_}, which are listed from {first}: "
    "{lost:,} are of class {beyond}, which does not exist, and none is of class {unused}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    names_causes=True,
)
def shifted_class_numbers(
    audit: AuditContext, *, min_boxes: Count = 10, min_used: Share = 0.5
) -> Found:
    """Labels that count classes from 1 where the list counts from 0, or the other way round.

    Why it hurts: every object is learned as the class after its own. The last class is beyond the
    list and stops the training or is dropped, and that is all that is ever seen of it.

    It is so where labels are of the number after the last class, none is of the first, and all
    numbers between are classes. Judged are all labels together, then those of a split, a folder and
    a source file. Says nothing about classes that labels name instead of numbering them.

    Settings:
        min_boxes: fewest labels that decide.
        min_used: fewest of the numbers, as a fraction, that labels must use: where they use few
            classes of many, it may be chance that the first is not among them.

    Why these defaults: a choice; no label of the real datasets at hand is beyond their lists
    ("shifted-class-numbers" in benchmarks/results/rule_defaults.md).

    Example:
        >>> from labelaudit.testing import before_and_after
        >>> yaml = '''names: [car, bus]
        ... train: images
        ... val: images'''
        >>> boxes = '''2 0.1 0.5 0.1 0.1
        ... 1 0.3 0.5 0.1 0.1
        ... 2 0.5 0.5 0.1 0.1'''
        >>> files = {"data.yaml": yaml, "images/a.jpg": (640, 480), "labels/a.txt": boxes}
        >>> print(before_and_after(shifted_class_numbers, files, min_boxes=3))
        Found: 3 labels count classes from 1, which are listed from 0: 2 are of class 2, which does
            not exist, and none is of class 0
        labels/a.txt, before (-) and after (+) an unsafe fix:
        - 2 0.1 0.5 0.1 0.1
        - 1 0.3 0.5 0.1 0.1
        - 2 0.5 0.5 0.1 0.1
        + 1 0.1 0.5 0.1 0.1
        + 0 0.3 0.5 0.1 0.1
        + 1 0.5 0.5 0.1 0.1

    Fix: gives each label the class that its number means when counted so. Unsafe, because the list
    may lack its last class instead.
    """
    dataset = audit.dataset
    first, last = _listed(dataset)
    groups = list(_groups(audit, first, last, min_boxes, min_used)) if last > NONE else []
    images = [int(dataset.boxes.image[group.box[0]]) for group in groups]
    return found(
        image=images,
        file=[int(dataset.boxes.file[group.box[0]]) for group in groups],
        fix=[_fix(dataset, group) for group in groups],
        explains=[_explained(dataset, group) for group in groups],
        affects=[Affected(group.box) for group in groups],
        where=[group.where and f"{group.where}: " for group in groups],
        boxes=[len(group.box) for group in groups],
        from_=[first + group.step for group in groups],
        first=[first] * len(groups),
        lost=[group.lost for group in groups],
        beyond=[last + 1 if group.step > 0 else first - 1 for group in groups],
        unused=[first if group.step > 0 else last for group in groups],
    )


def _listed(dataset: Dataset) -> tuple[int, int]:
    """The first and the last number of classes that are listed without a gap; else `NONE`."""
    categories = dataset.categories
    if not len(categories) or not categories.id.plain.all() or (categories.file == MISSING).all():
        return NONE, NONE
    numbers = unique(categories.id.number)
    first, last = int(numbers[0]), int(numbers[-1])
    return (first, last) if last - first < len(categories) == len(numbers) else (NONE, NONE)


def _groups(
    audit: AuditContext, first: int, last: int, min_boxes: int, min_used: float
) -> Iterator[ShiftedNumbers]:
    dataset = audit.dataset
    lost = _lost_classes(dataset)
    if not lost:
        return
    number = _numbers(dataset, lost)
    here = number > NONE
    if step := _step(number[here], first, last, min_boxes, min_used):
        box = np.flatnonzero(here)
        yield ShiftedNumbers("", box, step, _lost(dataset, box), whole=True)
        return
    left = np.array(sorted(lost), np.int64)
    for partition in made_by_hand(dataset):
        of_box = np.append(partition.group, MISSING)[dataset.boxes.image]
        for group in partition.crowded(dataset.boxes.image[left], 1):
            inside = here & (of_box == group)
            if step := _step(number[inside], first, last, min_boxes, min_used):
                box = np.flatnonzero(inside)
                words = partition.words(group)
                yield ShiftedNumbers(words, box, step, _lost(dataset, box), whole=False)
                here &= ~inside
        left = left[here[left]]


def _lost_classes(dataset: Dataset) -> dict[int, str]:
    """What the source says for the class of each label whose class does not exist."""
    said = targets(dataset, dataset.facts.class_references)
    return {row: text for row, text in said.items() if dataset.boxes.label[row] == MISSING}


def _numbers(dataset: Dataset, lost: dict[int, str]) -> Ints:
    """The number of the class of each label as it is written, (n,); `NONE` without one."""
    listed = np.append(dataset.categories.id.number, NONE)
    number: Ints = listed[dataset.boxes.label].astype(np.int64)
    for row, said in lost.items():
        digits = said.removeprefix("-")
        number[row] = int(said) if digits.isdecimal() and len(digits) < 10 else NONE
    return number


def _step(number: Ints, first: int, last: int, min_boxes: int, min_used: float) -> int:
    """By how much labels count too high: 1, -1, or 0 if they do not."""
    used = unique(number)
    if len(number) < max(1, min_boxes) or len(used) < min_used * (last - first + 1):
        return 0
    low, high = int(used[0]), int(used[-1])
    return int(low > first and high == last + 1) - int(low == first - 1 and high < last)


def _lost(dataset: Dataset, box: Ints) -> int:
    return int(np.count_nonzero(dataset.boxes.label[box] == MISSING))


def _fix(dataset: Dataset, group: ShiftedNumbers) -> Fix:
    """Each label with the class whose number is lower by the step."""
    order = np.argsort(dataset.categories.id.number)
    listed = dataset.categories.id.number[order]
    number = _numbers(dataset, _lost_classes(dataset))[group.box]
    label = order[np.searchsorted(listed, number - group.step)]
    fixes = tuple(
        Fix("relabel", Safety.UNSAFE, RecordType.BOX, row, {"label": int(to)})
        for row, to in zip(group.box.tolist(), label.tolist(), strict=True)
    )
    return Fix("together", Safety.UNSAFE, RecordType.FILE, MISSING, {"fixes": fixes})


def _explained(dataset: Dataset, group: ShiftedNumbers) -> Explained:
    """What is said of these classes, by number and by size; and of all if all labels are so.

    A split whose numbers are shifted lacks the first class.
    """
    every: Bools = np.full(len(dataset.categories), group.whole)
    unused = Explained(("CLS003", "CLS004", "CLS005"), category=np.flatnonzero(every))
    files = np.unique(dataset.boxes.file[group.box])
    lacking = Explained(("SPL004",), category=np.arange(len(dataset.categories)))
    return Explained(("REF006", "GEO009"), box=group.box, file=files, also=(unused, lacking))
