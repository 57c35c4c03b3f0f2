"""A split of a dataset that leaks nothing and holds its share of every class everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.splits.groups import ImageGroups
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.core.rows import unique
from labelaudit.core.text import counted, either
from labelaudit.dataset.split_roles import SplitRole, split_roles
from labelaudit.dataset.stratify import GroupContents, shared_out
from labelaudit.errors import ConfigError

SET_ASIDE = "aside"
"""What the split is called of images that would leak into one that is to stay as it is."""

BOXES, IMAGES = 2, 1
"""How much it counts that the boxes of a class, and the images that have it, are shared out well;
all images together count as much as all classes. A choice."""

FAR_OFF = 0.02
"""By how much of all images a split may miss its share before that is said; a choice."""


@dataclass(frozen=True, eq=False)
class SplitProposal:
    """Which image goes where."""

    names: tuple[str, ...]  # of the splits
    shares: tuple[float, ...]  # that were asked for, adding up to 1; 0 where nothing was
    split: Ints  # (images,) number of the split
    groups: ImageGroups
    notes: tuple[str, ...]  # what could not be done, a line each

    def images(self, number: int) -> Bools:
        """Which images are in a split, (images,)."""
        inside: Bools = self.split == number
        return inside


def stratified_split(
    audit: AuditContext, groups: ImageGroups, shares: Mapping[str, float], *, seed: int = 0
) -> SplitProposal:
    """A split of all images by shares; the same whatever order the images are in.

    Parameters
    ----------
    audit:
        of the dataset.
    groups:
        images that stay together.
    shares:
        how much of everything each split is to hold, by its name; put in proportion.
    seed:
        another one gives another split.

    Raises
    ------
    ConfigError
        if there are fewer groups than splits.
    """
    names = tuple(shares)
    if groups.count < len(names):
        raise ConfigError(
            f"{counted(len(groups.group), 'image')} in {counted(groups.count, 'group')} that stay "
            f"together cannot fill {len(names)} splits; name fewer by --shares"
        )
    contents = _Contents(audit, groups)
    split = shared_out(contents.table, list(shares.values()), contents.order(seed))
    total = sum(shares.values())
    wanted = tuple(share / total for share in shares.values())
    proposal = SplitProposal(names, wanted, split[contents.member], groups, ())
    notes = (*_missed_shares(proposal, contents), *_lone_classes(proposal, contents))
    return SplitProposal(names, wanted, proposal.split, groups, notes)


def mended_split(audit: AuditContext, groups: ImageGroups, keep: Sequence[str]) -> SplitProposal:
    """The splits that there are, without their leaks: some stay just as they are.

    What leaks into one of these is set aside, and in none of them; what two others share goes to
    the one that holds most of it, for training where that is as much.

    Parameters
    ----------
    audit:
        of the dataset.
    groups:
        images that stay together.
    keep:
        names of splits that stay.

    Raises
    ------
    ConfigError
        if there is no such split.
    """
    names = audit.dataset.splits
    unknown = [name for name in keep if name not in names]
    if unknown:
        there = f"the splits are {', '.join(names)}" if names else "the dataset has no splits"
        raise ConfigError(f"no split is called {unknown[0]!r}; {there}")
    held = np.zeros((len(audit.dataset.images), len(names)), bool)
    members = audit.dataset.split_members
    listed = members.image != MISSING
    held[members.image[listed], members.split[listed]] = True
    mending = _Mending(names, groups, held, [names.index(name) for name in dict.fromkeys(keep)])
    return mending.proposal()


@dataclass(frozen=True, eq=False)
class _Mending:
    """How leaks are taken out of splits."""

    names: tuple[str, ...]
    groups: ImageGroups
    held: Bools  # (images, splits)
    keep: list[int]

    def proposal(self) -> SplitProposal:
        """Every image where it stays or goes."""
        first, member = np.unique(self.groups.group, return_inverse=True)
        amount = np.zeros((len(first), len(self.names)), np.int64)
        np.add.at(amount, member, self.held)
        kept = (amount[:, self.keep] > 0).any(axis=1)
        # The first of the largest, with what is for training before all else.
        trained = [SplitRole.TRAIN in split_roles(name) for name in self.names]
        order = sorted(range(len(self.names)), key=lambda row: not trained[row])
        largest = np.array(order)[amount[:, order].argmax(axis=1)]
        aside = len(self.names)
        nowhere = amount.sum(axis=1) == 0
        target = np.where(kept | nowhere, aside, largest)[member]
        own = self._own()
        split = np.where(own != MISSING, own, target)
        names = self.names if (split != aside).all() else (*self.names, SET_ASIDE)
        shares = tuple(0.0 for _ in names)
        return SplitProposal(names, shares, split, self.groups, tuple(self._notes(own)))

    def _own(self) -> Ints:
        """The split of each image that stays where it is because it is in a kept one."""
        own = np.full(len(self.held), MISSING, np.int64)
        for number in reversed(self.keep):
            own[self.held[:, number]] = number
        return own

    def _notes(self, own: Ints) -> list[str]:
        if len(self.keep) < 2:
            return []
        kept = own != MISSING
        _, member = np.unique(self.groups.group[kept], return_inverse=True)
        where = np.zeros((int(member.max(initial=-1)) + 1, len(self.names)), bool)
        where[member, own[kept]] = True
        both = int((where.sum(axis=1) > 1).sum())
        if not both:
            return []
        named = " and ".join(self.names[number] for number in self.keep)
        return [f"{counted(both, 'group')} of images in both {named}, which stay: they still leak"]


class _Contents:
    """What groups hold, for whoever shares them out."""

    def __init__(self, audit: AuditContext, groups: ImageGroups) -> None:
        self.dataset, self.groups = audit.dataset, groups
        self.classes = audit.derived.classes
        _, self.member = np.unique(groups.group, return_inverse=True)
        boxes = audit.dataset.boxes
        known = (boxes.image != MISSING) & (audit.derived.box_class != MISSING)
        self.image = boxes.image[known].astype(np.int64)
        self.label = audit.derived.box_class[known].astype(np.int64)

    @cached_property
    def table(self) -> GroupContents:
        """Images, images without boxes, boxes of each class, and images that have it."""
        count, every = len(self.classes), np.arange(len(self.member))
        with_class = unique(self.image * max(count, 1) + self.label)
        image, label = np.divmod(with_class, max(count, 1))
        empty = every[np.bincount(self.image, minlength=len(every)) == 0]
        parts = [(every, 0), (empty, 1), (self.image, 2 + self.label), (image, 2 + count + label)]
        kinds = 2 + 2 * count
        key = np.concatenate([self.member[rows] * kinds + kind for rows, kind in parts])
        pairs, amount = np.unique(key, return_counts=True)
        group, kind = np.divmod(pairs, kinds)
        start = np.searchsorted(group, np.arange(self.groups.count + 1))
        all_classes = max(count * (BOXES + IMAGES), 1)
        weight = [all_classes, BOXES + IMAGES, *[BOXES] * count, *[IMAGES] * count]
        wanted = [False, False, *[False] * count, *[True] * count]
        return GroupContents(start.astype(np.int64), kind, amount, weight, wanted)

    def order(self, seed: int) -> list[int]:
        """The groups in an order that follows from the seed and from what images are called."""
        images, paths = self.dataset.images, [*self.dataset.files.path.tolist(), ""]
        least: dict[int, bytes] = {}
        rows = zip(self.member.tolist(), images.name.tolist(), images.file.tolist(), strict=True)
        for group, name, file in rows:
            text = f"{seed}\0{name}\0{paths[file]}".encode("utf-8", "surrogatepass")
            digest = hashlib.blake2b(text, digest_size=16).digest()
            least[group] = min(least.get(group, digest), digest)
        return sorted(least, key=lambda group: (least[group], group))


def _missed_shares(proposal: SplitProposal, contents: _Contents) -> list[str]:
    """Which splits are much larger or smaller than was asked for, and why."""
    total = len(proposal.split)
    sizes = np.bincount(contents.member)
    largest = int(sizes.max(initial=0))
    lines = []
    for number, (name, wanted) in enumerate(zip(proposal.names, proposal.shares, strict=True)):
        share = float(proposal.images(number).sum()) / total
        if abs(share - wanted) <= FAR_OFF:
            continue
        why = ""
        if largest > 1:
            why = (
                f": {counted(largest, 'image')} have to stay together, {largest / total:.1%} of all"
            )
        lines.append(f"{name} has {share:.1%} of all images, not {wanted:.1%}{why}")
    return lines


def _lone_classes(proposal: SplitProposal, contents: _Contents) -> list[str]:
    """Classes that are in too few groups to be in every split."""
    group = contents.member[contents.image]
    lines: dict[str, list[str]] = {}
    for label, name in enumerate(contents.classes):
        here = contents.label == label
        holders = unique(group[here])
        if not here.any() or len(holders) >= len(proposal.names):
            continue
        held = set(proposal.split[contents.image[here]].tolist())
        lacking = [one for row, one in enumerate(proposal.names) if row not in held]
        words = f"is in {counted(len(holders), 'group')} alone: none of it in {either(lacking)}"
        lines.setdefault(words, []).append(name)
    return [_classes_line(names, words) for words, names in lines.items()]


def _classes_line(names: list[str], words: str) -> str:
    if len(names) == 1:
        return f"{names[0]} {words}"
    told = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return f"{len(names):,} classes ({told}): each {words}"
