"""The table `contract` of a configuration file as a contract, checked key by key."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import msgspec

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.requirements import Bounds, Contract, ContractTarget
from labelaudit.auditing.run import codes
from labelaudit.core.registry import instead, suggestion
from labelaudit.core.text import validation_problem
from labelaudit.dataset.class_hierarchy import ClassHierarchy
from labelaudit.errors import ConfigError, LabelauditError

Count = Annotated[int, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Side = Annotated[float, msgspec.Meta(ge=0)]
Name = Annotated[str, msgspec.Meta(min_length=1)]
Pixels = Annotated[int, msgspec.Meta(ge=1)]

Read = TypeVar("Read", bound=msgspec.Struct)


class _Struct(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    """Keys as they are written in the file."""


class SidesTable(_Struct):
    """`image-side`: bounds in pixels."""

    min: Side | None = None
    max: Side | None = None
    max_share: Share = 0.0


class BoxSideTable(_Struct):
    """`box-side`: bounds in pixels, of images as they are or at a training size."""

    min: Side | None = None
    max: Side | None = None
    max_share: Share = 0.0
    train_size: Pixels | None = None


class CountsTable(_Struct):
    """`boxes-per-image`."""

    min: Count | None = None
    max: Count | None = None
    max_share: Share = 0.0


class SharesTable(_Struct):
    """`images-without-boxes`."""

    min: Share | None = None
    max: Share | None = None


class TargetTable(_Struct):
    """One of `targets`."""

    rule: Name
    max: Count | None = None
    max_share: Share | None = None
    severity: str = "info"
    class_: Name | None = msgspec.field(default=None, name="class")
    split: Name | None = None
    where: dict[str, str] = {}
    by: str = ""


class ContractTable(_Struct):
    """The keys of the table."""

    strict: bool = False
    classes: tuple[Name, ...] | None = None
    required_classes: tuple[Name, ...] = ()
    hierarchy: dict[str, tuple[Name, ...]] = {}
    required_attributes: tuple[Name, ...] = ()
    box_side: BoxSideTable | None = None
    boxes_per_image: CountsTable | None = None
    images_without_boxes: SharesTable | None = None
    image_side: SidesTable | None = None
    image_sizes: tuple[tuple[Pixels, Pixels], ...] = ()
    required_splits: tuple[Name, ...] = ()
    splits_may_share: tuple[tuple[Name, Name], ...] | None = None
    near_duplicates_leak: bool = False
    errors: Count | None = None
    warnings: Count | None = None
    targets: tuple[TargetTable, ...] = ()


TABLES: Mapping[str, type[_Struct]] = {
    "box-side": BoxSideTable,
    "boxes-per-image": CountsTable,
    "images-without-boxes": SharesTable,
    "image-side": SidesTable,
}
"""The keys that hold tables with keys of their own."""


def read_contract(content: Mapping[str, Any], rules: Iterable[str] = ()) -> Contract:
    """The contract that a table stands for.

    Parameters
    ----------
    content:
        the table; Any: whatever a file holds.
    rules:
        codes of the rules that the configuration chooses.

    Raises
    ------
    ConfigError
        if it holds a key, a value, a class or a rule that does not exist; the message names the
        key.
    """
    table = _table(content)
    classes = table.classes
    for key, names in (
        ("required-classes", table.required_classes),
        ("hierarchy", [name for each in table.hierarchy.items() for name in (each[0], *each[1])]),
    ):
        _check_classes(f"contract.{key}", names, classes)
    try:
        hierarchy = ClassHierarchy(table.hierarchy)
    except ConfigError as error:
        raise ConfigError(f"contract.hierarchy: {error}") from error
    if table.near_duplicates_leak and table.splits_may_share is None:
        raise ConfigError(
            "contract.near-duplicates-leak: says more about contract.splits-may-share, which is "
            "not there; splits-may-share = [] lets no two splits have a picture in common"
        )
    box_side = table.box_side
    return Contract(
        strict=table.strict,
        classes=classes,
        required_classes=table.required_classes,
        hierarchy=hierarchy,
        required_attributes=table.required_attributes,
        box_side=_bounds("box-side", box_side),
        train_size=box_side.train_size if box_side else None,
        boxes_per_image=_bounds("boxes-per-image", table.boxes_per_image),
        images_without_boxes=_bounds("images-without-boxes", table.images_without_boxes),
        image_side=_bounds("image-side", table.image_side),
        image_sizes=table.image_sizes,
        required_splits=table.required_splits,
        splits_may_share=_pairs(table.splits_may_share, table.required_splits),
        near_duplicates_leak=table.near_duplicates_leak,
        errors=table.errors,
        warnings=table.warnings,
        targets=tuple(
            _target(f"contract.targets[{number}]", target, classes)
            for number, target in enumerate(table.targets)
        ),
        rules=frozenset(rules),
    )


def _table(content: Mapping[str, Any]) -> ContractTable:
    _check_keys("contract", content, ContractTable)
    for key, struct in TABLES.items():
        if isinstance(content.get(key), dict):
            _check_keys(f"contract.{key}", content[key], struct)
    targets = content.get("targets")
    for number, target in enumerate(targets if isinstance(targets, list) else ()):
        if isinstance(target, dict):
            _check_keys(f"contract.targets[{number}]", target, TargetTable)
    try:
        return msgspec.convert(content, ContractTable)
    except msgspec.ValidationError as error:
        problem, place = validation_problem(str(error))
        raise ConfigError(f"contract{'.' if place else ''}{place}: {problem}") from None


def _check_keys(place: str, content: Mapping[str, Any], struct: type[_Struct]) -> None:
    known = list(struct.__struct_encode_fields__)
    for key in content:
        if key not in known:
            raise ConfigError(f"{place}: there is no key {key!r}{instead(key, known)}")


def _check_classes(place: str, names: Iterable[str], classes: Sequence[str] | None) -> None:
    """Refuse a class that is not among those that may occur."""
    if classes is None:
        return
    for name in names:
        if name not in classes:
            raise ConfigError(
                f"{place}: {name!r} is not one of contract.classes{suggestion(name, classes)}"
            )


def _bounds(
    key: str, table: BoxSideTable | CountsTable | SidesTable | SharesTable | None
) -> Bounds | None:
    if table is None:
        return None
    if table.min is None and table.max is None:
        raise ConfigError(f"contract.{key}: expected min, max or both")
    for bound in (table.min, table.max):
        if bound is not None and not math.isfinite(bound):
            raise ConfigError(f"contract.{key}: expected a finite number, found {bound}")
    if table.min is not None and table.max is not None and table.min > table.max:
        raise ConfigError(f"contract.{key}: min is {table.min:g} and max {table.max:g}, less")
    share = 0.0 if isinstance(table, SharesTable) else table.max_share
    return Bounds(table.min, table.max, share)


def _pairs(
    pairs: Sequence[tuple[str, str]] | None, splits: Sequence[str]
) -> tuple[frozenset[str], ...] | None:
    for one, other in pairs or ():
        if one == other:
            raise ConfigError(
                f"contract.splits-may-share: expected two splits, found {one!r} twice"
            )
        for name in (one, other) if splits else ():
            if name not in splits:
                hint = suggestion(name, splits)
                raise ConfigError(
                    f"contract.splits-may-share: {name!r} is not one of "
                    f"contract.required-splits{hint}"
                )
    return None if pairs is None else tuple(frozenset(pair) for pair in pairs)


def _target(place: str, table: TargetTable, classes: Sequence[str] | None) -> ContractTarget:
    if table.max is None and table.max_share is None:
        raise ConfigError(f"{place}: expected max, max-share or both")
    severities = {str(severity): severity for severity in Severity}
    if table.severity not in severities:
        hint = suggestion(table.severity, severities)
        known = " or ".join(severities)
        raise ConfigError(f"{place}.severity: expected {known}, found {table.severity!r}{hint}")
    try:
        meant = codes(table.rule)
    except LabelauditError as error:
        raise ConfigError(f"{place}.rule: {error}") from error
    if table.class_ is not None:
        _check_classes(f"{place}.class", [table.class_], classes)
    return ContractTarget(
        rule=table.rule,
        codes=tuple(meant),
        max=table.max,
        max_share=table.max_share,
        severity=severities[table.severity],
        class_name=table.class_,
        split=table.split,
        where=table.where,
        by=table.by,
    )
