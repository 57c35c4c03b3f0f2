"""A contract drafted from a dataset as it is: what holds today is what is required."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence

import numpy as np

from labelaudit.auditing.contract.evidence import ContractEvidence
from labelaudit.auditing.contract.splits import shared_pictures
from labelaudit.auditing.contract.targets import TargetScope, measured
from labelaudit.auditing.contract.words import as_share, listed
from labelaudit.auditing.findings import Severity
from labelaudit.core.columns import MISSING
from labelaudit.core.text import counted, plain
from labelaudit.dataset.fields import Fields
from labelaudit.dataset.tables import Images

LOW = 0.01
"""Share of boxes that may be smaller than the least side; a choice: a percentile that a few broken
boxes do not move."""

MOST_SIZES = 5
"""Sizes of images that are listed one by one; of more, only the least and the largest side are."""

MOST_FIELDS = 10
"""Fields that are offered as required."""

WIDTH = 100
"""Columns after which a list of names goes on in the next line."""

OF_TABLES = ("class", "split", "folder", "file")
"""Fields that every dataset has, whatever its files say."""

PARTS_PER_SHARE = 1_000_000
"""Shares are written with six digits, rounded up."""


def draft(
    evidence: ContractEvidence, table: str = "contract", *, fail_on: Severity = Severity.WARNING
) -> str:
    """The text of a contract that the dataset keeps as it is, each line with what was measured.

    Parameters
    ----------
    evidence:
        of the dataset.
    table:
        what the table is called in the file.
    fail_on:
        the mildest finding that makes a scan fail; rules that found any have a target.
    """
    dataset = evidence.audit.dataset
    boxes = counted(len(dataset.boxes), "box", "boxes")
    lines = [
        f"[{table}]",
        f"# As it was when this was drafted: {counted(len(dataset.images), 'image')}, {boxes}.",
        "strict = false  # true: what cannot be evaluated counts as failed",
        *_classes(evidence),
        *_sizes_of_boxes(evidence),
        *_images(evidence),
        *_splits(evidence),
        *_attributes(evidence),
        *_rules(evidence, table, fail_on),
    ]
    return "\n".join(lines) + "\n"


def _classes(evidence: ContractEvidence) -> Iterator[str]:
    derived = evidence.audit.derived
    if not derived.classes:
        return
    yield from _list("classes", derived.classes, "that may occur")
    label = derived.box_class
    count = np.bincount(label[label != MISSING], minlength=len(derived.classes)).tolist()
    used = [name for name, boxes in zip(derived.classes, count, strict=True) if boxes]
    if used:
        least = min(filter(None, count))
        what = f"that have a box at least; today {least:,} or more"
        yield from _list("required-classes", used, what)


def _sizes_of_boxes(evidence: ContractEvidence) -> Iterator[str]:
    dataset = evidence.audit.dataset
    assumed = np.append(dataset.images.assumed, False)[dataset.boxes.image]
    side = dataset.boxes.size.min(axis=1) if len(dataset.boxes) else np.zeros(0)
    side = side[np.isfinite(side) & ~dataset.boxes.crowd & ~assumed]
    if not len(side):
        return
    least = max(0, math.floor(np.quantile(side, LOW, method="lower")))
    below = int((side < least).sum())
    share = f", max-share = {_share(below, len(side))}" if below else ""
    told = f"{below:,} of {len(side):,} boxes are smaller, the smallest {side.min():g} px"
    yield f"box-side = {{ min = {least}{share} }}  # {told if below else 'none is smaller'}"


def _images(evidence: ContractEvidence) -> Iterator[str]:
    dataset = evidence.audit.dataset
    if not len(dataset.images):
        return
    count = np.bincount(dataset.boxes.image + 1, minlength=len(dataset.images) + 1)[1:]
    middle = f"the median is {np.median(count):g}"
    yield f"boxes-per-image = {{ max = {count.max()} }}  # {middle}"
    empty = int((count == 0).sum())
    told = f"{empty:,} of {counted(len(count), 'image')}"
    yield f"images-without-boxes = {{ max = {_share(empty, len(count))} }}  # {told}"
    yield from _sizes_of_images(dataset.images)


def _sizes_of_images(images: Images) -> Iterator[str]:
    """One by one where they are few; none can be listed that is no size, such as 0 x 0."""
    known = np.isfinite(images.size).all(axis=1) & ~images.assumed
    size = images.size[known]
    real = (size >= 1).all(axis=1)
    sizes, often = np.unique(size[real], axis=0, return_counts=True)
    impossible = len(size) - int(real.sum())
    if not len(sizes):
        return
    if len(sizes) <= MOST_SIZES and not impossible and bool((sizes == np.round(sizes)).all()):
        order = np.argsort(-often, kind="stable")
        words = ", ".join(f"[{width:.0f}, {height:.0f}]" for width, height in sizes[order].tolist())
        told = ", ".join(f"{one:,}" for one in often[order].tolist())
        yield f"image-sizes = [{words}]  # {told} of {counted(len(size), 'image')}"
        return
    least, most = math.floor(sizes.min()), math.ceil(sizes.max())
    share = f", max-share = {_share(impossible, len(size))}" if impossible else ""
    told = f"; {impossible:,} of {len(size):,} say one below 1 px" if impossible else ""
    what = counted(len(sizes), "size")
    yield f"image-side = {{ min = {least}, max = {most}{share} }}  # {what}{told}"


def _splits(evidence: ContractEvidence) -> Iterator[str]:
    splits = evidence.audit.dataset.splits
    if len(splits) < 2 or len(set(splits)) < len(splits):
        return
    yield from _list("required-splits", splits, "that there are")
    shared = {pair: rows for pair, rows in shared_pictures(evidence.audit).items() if len(rows)}
    pairs = [sorted(pair, key=splits.index) for pair in shared]
    words = ", ".join(f"[{', '.join(map(text, pair))}]" for pair in pairs)
    counts = [
        f"{counted(len(rows), 'image')} of {' and '.join(pair)}"
        for pair, rows in zip(pairs, shared.values(), strict=True)
    ]
    told = f"today: {listed(counts)}" if counts else "none has a picture of another one"
    yield f"splits-may-share = [{words}]  # {plain(told)}"


def _attributes(evidence: ContractEvidence) -> Iterator[str]:
    """What every box says today, as a line to be taken in by whoever wants it."""
    dataset = evidence.audit.dataset
    if dataset.attributes is None or not len(dataset.boxes):
        return
    fields = Fields(dataset)
    own = [name for name in fields.names if name not in OF_TABLES][:MOST_FIELDS]
    every = [name for name in own if (fields.column(name).box != MISSING).all()]
    if every:
        names = ", ".join(map(text, every))
        yield f"# required-attributes = [{names}]  # every box has a value of each"


def _rules(evidence: ContractEvidence, table: str, fail_on: Severity) -> Iterator[str]:
    """The most errors and warnings, and a target for each rule that found some.

    Parameters
    ----------
    evidence, table, fail_on:
        see `draft`.
    """
    dataset, codes = evidence.audit.dataset, evidence.findings.code
    bad = evidence.findings.severity >= min(fail_on, Severity.WARNING)
    limited = list(dict.fromkeys(codes[bad].tolist()))
    mild = [code for code in dict.fromkeys(codes.tolist()) if code not in limited]
    about = "  # of rules without a target of their own"
    yield f"errors = 0{about}"
    yield f"warnings = 0{about}"
    if mild:
        names = {str(evidence.findings.name[codes == code][0]): code for code in mild}
        count = [f"{name} {int((codes == code).sum()):,}" for name, code in names.items()]
        yield f"# worth knowing only, and without a limit: {', '.join(count)}"
    if evidence.not_checked:
        yield f"# not checked, and without a limit: {', '.join(sorted(evidence.not_checked))}"
    for code in sorted(limited):
        here = codes == code
        scope = TargetScope(
            here, np.ones(len(dataset.boxes), bool), np.ones(len(dataset.images), bool)
        )
        hit, of, things = measured(evidence.findings, here, scope)
        yield ""
        yield f"[[{table}.targets]]"
        yield f"rule = {text(str(evidence.findings.name[here][0]))}"
        if things:
            told = f"{hit:,} of {of:,} {things}, {as_share(hit / of)}"
            yield f"max-share = {_share(hit, of)}  # {told}"
        else:
            yield f"max = {int(here.sum())}"


def _list(key: str, names: Sequence[str], what: str) -> Iterator[str]:
    """A list of names, in as many lines as it takes."""
    line = f"{key} = [{', '.join(map(text, names))}]  # {what}"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"{key} = [  # {what}"
    row = "   "
    for name in names:
        if len(row) + len(text(name)) > WIDTH and row.strip():
            yield row
            row = "   "
        row += f" {text(name)},"
    yield row
    yield "]"


def _share(count: int, of: int) -> str:
    """A share, rounded up so that what there is today is no more than it."""
    up = -(-count * PARTS_PER_SHARE // of)
    return f"{up / PARTS_PER_SHARE:.6f}".rstrip("0").ljust(3, "0")


def text(name: str) -> str:
    r"""A text as TOML writes it.

    >>> print(text('a "b"\n\x7f'))
    "a \"b\"\n\u007f"
    """
    return json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")
