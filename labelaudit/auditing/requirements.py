"""What a dataset is to be, as data: the terms of a contract; see `auditing.contract`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labelaudit.auditing.findings import Severity
from labelaudit.dataset.class_hierarchy import NO_HIERARCHY, ClassHierarchy


@dataclass(frozen=True)
class Bounds:
    """Between what a number is to be, both inclusive, and how many may be outside."""

    min: float | None = None
    max: float | None = None
    max_share: float = 0.0  # of all, that may be outside


@dataclass(frozen=True)
class ContractTarget:
    """How much some rules may find, at most."""

    rule: str  # as it is written: a code, the beginning of one, a name or ALL
    codes: tuple[str, ...]  # of the rules that it stands for
    max: int | None = None  # findings, inclusive
    max_share: float | None = None  # of boxes or images, inclusive
    severity: Severity = Severity.INFO  # the mildest finding that counts
    class_name: str | None = None  # of the boxes that count; all if absent
    split: str | None = None  # likewise
    where: Mapping[str, str] = field(default_factory=dict)  # field: its value at what counts
    by: str = ""  # a field: the target holds for each of its values


@dataclass(frozen=True)
class Contract:
    """What a dataset is to be. Nothing is asked of what is absent."""

    strict: bool = False  # whether what cannot be evaluated counts as failed
    classes: tuple[str, ...] | None = None  # that may occur
    required_classes: tuple[str, ...] = ()  # that have a box at least
    hierarchy: ClassHierarchy = NO_HIERARCHY
    required_attributes: tuple[str, ...] = ()  # fields of which each box has a value
    box_side: Bounds | None = None  # of the shorter side of each box, in pixels
    # The longer side, in pixels, that images have when `box_side` is measured; as they are if None.
    train_size: float | None = None
    boxes_per_image: Bounds | None = None
    images_without_boxes: Bounds | None = None  # as a share of all images
    image_side: Bounds | None = None  # of both sides of each image, in pixels
    image_sizes: tuple[tuple[int, int], ...] = ()  # width and height; any if empty
    required_splits: tuple[str, ...] = ()
    # Pairs of splits that may have pictures in common; None: nobody asks.
    splits_may_share: tuple[frozenset[str], ...] | None = None
    near_duplicates_leak: bool = False  # whether near duplicates are pictures in common, too
    errors: int | None = None  # at most, of what no target is about
    warnings: int | None = None  # likewise
    targets: tuple[ContractTarget, ...] = ()
    rules: frozenset[str] = frozenset()  # codes of those that the configuration chooses
