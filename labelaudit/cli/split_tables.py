"""What `labelaudit split` prints: what is in each split, and how every class is shared out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.splits.proposal import SplitProposal
from labelaudit.cli.text_tables import LONGEST_NAME, heading, table_of
from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.terminal import beginning
from labelaudit.core.text import counted, plain
from labelaudit.dataset.split_statistics import boxes_per_image

MOST_CLASSES = 20
"""Rows of the table of classes: those that are shared out worst, if there are more; a choice."""


def split_report(
    audit: AuditContext, proposal: SplitProposal, faults: list[str]
) -> Iterator[Text | Table]:
    """The proposal for people.

    Parameters
    ----------
    audit:
        of the dataset.
    proposal:
        of the new splits.
    faults:
        what is wrong with those that there are.
    """
    count = len(audit.dataset.images)
    groups = proposal.groups.count
    together = f"{counted(groups, 'group')} that stay together" if groups < count else "each alone"
    yield Text(f"{counted(count, 'image')}, {together}")
    if proposal.groups.unseen:
        unseen = counted(proposal.groups.unseen, "image")
        yield Text(f"{unseen} not found or not decoded: told apart by names alone", "yellow")
    if audit.dataset.splits:
        yield heading("The splits as they are")
        yield from (Text(f"  {plain(line)}") for line in faults or ["nothing found wrong"])
    yield heading("Proposed")
    yield _splits(audit, proposal)
    counts = class_counts(audit, proposal)
    if len(counts):
        shown = _worst(counts)
        more = f"the {len(shown)} of {len(counts)} that are shared out worst"
        yield heading("Boxes of each class", more if len(shown) < len(counts) else "")
        yield _classes(audit, proposal, counts, shown)
    if proposal.notes:
        yield heading("What could not be done")
        yield from (Text(f"  {plain(line)}") for line in proposal.notes)


def _splits(audit: AuditContext, proposal: SplitProposal) -> Table:
    table = table_of("split", "images", "share", "asked for", "boxes", "without boxes", right=5)
    boxes = boxes_per_image(audit.dataset)
    total = len(proposal.split)
    for number, name in enumerate(proposal.names):
        inside = proposal.images(number)
        wanted = proposal.shares[number]
        table.add_row(
            plain(name),
            f"{int(inside.sum()):,}",
            f"{inside.sum() / max(total, 1):.1%}",
            f"{wanted:.1%}" if wanted else "",
            f"{int(boxes[inside].sum()):,}",
            f"{int((boxes[inside] == 0).sum()):,}",
        )
    return table


def class_counts(audit: AuditContext, proposal: SplitProposal) -> Ints:
    """How many boxes of each class are in each split, (classes, splits)."""
    boxes, label = audit.dataset.boxes, audit.derived.box_class
    known = (boxes.image != MISSING) & (label != MISSING)
    shape = (len(audit.derived.classes), len(proposal.names))
    counts = np.zeros(shape, np.int64)
    np.add.at(counts, (label[known], proposal.split[boxes.image[known]]), 1)
    return counts


def _worst(counts: Ints) -> list[int]:
    """The classes that are shown, in their order."""
    total = counts.sum(axis=1)
    share = counts / np.maximum(total, 1)[:, None]
    usual = counts.sum(axis=0) / max(counts.sum(), 1)
    off = np.where(total > 0, np.abs(share - usual).max(axis=1), -1.0)
    first = np.argsort(-off, kind="stable")[:MOST_CLASSES]
    return sorted(first.tolist())


def _classes(audit: AuditContext, proposal: SplitProposal, counts: Ints, shown: list[int]) -> Table:
    names = [plain(name) for name in proposal.names]
    table = table_of("class", "boxes", *names, right=len(names) + 1)
    for row in shown:
        total = int(counts[row].sum())
        cells = (f"{one:,} {one / total:6.1%}" if total else "-" for one in counts[row].tolist())
        name = beginning(plain(audit.derived.classes[row]), LONGEST_NAME)
        table.add_row(name, f"{total:,}", *cells)
    return table


def split_json(
    audit: AuditContext, proposal: SplitProposal, faults: list[str]
) -> dict[str, Any]:  # Any: JSON
    """The proposal for programs, with the split of every image.

    Parameters
    ----------
    audit, proposal, faults:
        see `split_report`.
    """
    counts = class_counts(audit, proposal)
    boxes = boxes_per_image(audit.dataset)
    splits = [
        {
            "name": name,
            "share": proposal.shares[number] or None,
            "images": int(proposal.images(number).sum()),
            "boxes": int(boxes[proposal.images(number)].sum()),
            "classes": dict(zip(audit.derived.classes, counts[:, number].tolist(), strict=True)),
        }
        for number, name in enumerate(proposal.names)
    ]
    return {
        "groups": proposal.groups.count,
        "undecoded_images": proposal.groups.unseen,
        "faults": faults,
        "notes": list(proposal.notes),
        "splits": splits,
        "images": list(image_rows(audit, proposal)),
    }


def image_rows(audit: AuditContext, proposal: SplitProposal) -> Iterator[dict[str, str]]:
    """Name, split and group of each image; a group is called by its first image."""
    names = audit.dataset.images.name.tolist()
    groups = proposal.groups.group.tolist()
    for name, split, group in zip(names, proposal.split.tolist(), groups, strict=True):
        yield {"image": name, "split": proposal.names[split], "group": names[group]}
