"""What is wrong with the splits that a dataset has, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.splits.groups import Bond, ImageGroups
from labelaudit.auditing.splits.leaks import leaks, members
from labelaudit.core.columns import MISSING
from labelaudit.core.text import counted
from labelaudit.dataset.split_roles import SplitRole, split_roles

_WORDS = {
    Bond.RECORD: "one record, path or label file",
    Bond.SAME: "the same picture",
    Bond.NEAR: "near duplicates",
    Bond.SCENE: "of one scene",
    Bond.RECORDING: "frames of one recording",
    Bond.ASKED: "of one group as asked for",
}

MOST_NAMED = 5
"""Classes that a line names at most."""


def split_faults(audit: AuditContext, groups: ImageGroups) -> list[str]:
    """What is wrong with the splits, a line each; none where there are no splits.

    Leaks by what images have in common, images in no split, and classes that a split lacks.
    """
    if len(audit.dataset.splits) < 2:
        return []
    return [*_leaks(audit, groups), *_unlisted(audit), *_lacking(audit)]


def _leaks(audit: AuditContext, groups: ImageGroups) -> Iterator[str]:
    splits = audit.dataset.splits
    for leak in leaks(audit.dataset, groups.group):
        how = []
        for bond, group in groups.by_bond.items():
            same = [
                one
                for one in leaks(audit.dataset, group)
                if (one.other, one.split) == (leak.other, leak.split)
            ]
            if same:
                how.append(f"{_WORDS[bond]} {same[0].leaked:,}")
        share = leak.leaked / leak.images
        yield (
            f"{leak.leaked:,} of {counted(leak.images, 'image')} of {splits[leak.split]} "
            f"({share:.1%}) belong with images of {splits[leak.other]}: {', '.join(how)}"
        )


def _unlisted(audit: AuditContext) -> Iterator[str]:
    listed = np.zeros(len(audit.dataset.images), bool)
    listed[members(audit.dataset)[1]] = True
    if not listed.all():
        yield f"{counted(int((~listed).sum()), 'image')} in no split"


def _lacking(audit: AuditContext) -> Iterator[str]:
    """Classes that are in the dataset and not in a split."""
    dataset = audit.dataset
    boxes, label = dataset.boxes, audit.derived.box_class
    known = (boxes.image != MISSING) & (label != MISSING)
    total = np.bincount(label[known], minlength=len(audit.derived.classes))
    split, image = members(dataset)
    for number, name in enumerate(dataset.splits):
        if len(split_roles(name)) > 1 and SplitRole.TRAIN not in split_roles(name):
            continue
        inside = np.zeros(len(dataset.images) + 1, bool)
        inside[image[split == number]] = True
        here = np.bincount(label[known & inside[boxes.image]], minlength=len(total))
        lacking = np.flatnonzero((total > 0) & (here == 0))
        if len(lacking):
            order = lacking[np.argsort(-total[lacking], kind="stable")]
            some = ", ".join(audit.derived.classes[row] for row in order[:MOST_NAMED])
            more = ", ..." if len(lacking) > MOST_NAMED else ""
            what = counted(len(lacking), "class", "classes")
            yield f"{name} has nothing of {what}: {some}{more}"
