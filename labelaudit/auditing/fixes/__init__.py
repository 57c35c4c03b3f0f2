"""Kinds of fixes: one file each, which says all that is to be known of one.

How it changes columns, which values it needs and how these stand in a fix list, its words, the
seconds that a person needs for it and what a page shows of it.

Adding a kind is one new file here that ends in `KINDS.add(...)`, and its test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from labelaudit.auditing.findings import Fix
from labelaudit.core.registry import Registry

if TYPE_CHECKING:
    from labelaudit.auditing.fixes.plan import Plan
    from labelaudit.auditing.fixes.values import Value


class Stage(IntEnum):
    """When a fix is planned: what comes earlier can rule out what comes later."""

    FILES = 0  # every box of a file
    REMOVALS = 1
    MERGES = 2
    FIELDS = 3
    ADDITIONS = 4


@dataclass(frozen=True)
class FixKind:
    """What fixes of one kind have in common."""

    name: str  # `Fix.kind`, also in fix lists
    words: str  # to a person who decides, a sentence; {class} is the class after the fix
    proposal: str  # the same in short, of the keys of `changes` in a fix list
    documentation: str  # what these keys hold, in Markdown: its row in docs/findings.md

    values: Mapping[str, Value]
    """What `Fix.values` holds, in the order in which a fix list holds it."""

    seconds: float
    """That a person needs to judge it, until they are measured."""

    stage: Stage

    plan: Callable[[Plan, int, Fix], None]
    """Note on a plan what a fix changes, or why it cannot be done; the number is its finding's."""

    removes: bool = False
    """Whether the record is gone afterwards."""

    adds_box: bool = False
    """Whether it is a box of its `xyxy` and `label` that is new, which then tells its finding."""

    def said(self, changes: Mapping[str, Any]) -> str:
        """`proposal` with the changes of a fix as a fix list holds them."""
        box = changes.get("box")
        drawn = {} if box is None else {"box": " ".join(f"{side:g}" for side in box)}
        return self.proposal.format_map({**changes, **drawn})


KINDS: Registry[FixKind] = Registry("kind of fix", "labelaudit.auditing.fixes")
