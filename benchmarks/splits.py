"""How evenly classes are shared out over splits, and how alike frames and other pictures are.

    python -m benchmarks.splits [--data ../shared/data]

Shares out real datasets as train, val and test of .8, .1 and .1, images alone and in groups of
invented sizes, by labelaudit, by scikit-learn's StratifiedGroupKFold (ten folds of boxes, two of
them val and test) and at random; then compares pictures as recordings are found. The figures go to
`benchmarks/results/splits.json` and `.md`; they are the same each time.
"""

from __future__ import annotations

import argparse
import datetime
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image
from sklearn.model_selection import StratifiedGroupKFold

from benchmarks.machine import Machine, this_machine
from benchmarks.rule_defaults import DATA, RESULTS, SETS
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.splits.groups import image_groups
from labelaudit.auditing.splits.proposal import stratified_split
from labelaudit.core.columns import Ints
from labelaudit.images.likeness import likeness
from labelaudit.images.recordings import ALIKE
from labelaudit.io.load import load

SHARES = np.array([0.8, 0.1, 0.1])
SEEDS = 10
PICTURES = ("BCCD", "cards", "COCO")
STEPS = (0.02, 0.05, 0.1, 0.2)
"""Widths of a frame by which a camera pans from one to the next."""

HEAD = """\
# Splits

Written by `python -m benchmarks.splits`; do not edit. Shares are .8, .1 and .1. "off" is by how
many hundredths of all its boxes the share of a class misses them, the mean over classes and splits;
"lacking" is how often a split has nothing of a class that is in three groups or more; "images" is
by how many hundredths of all images the largest miss is. Means over ten seeds.

| data | groups | by | off | lacking | images |
|---|---|---|--:|--:|--:|
"""

LIKENESS = """
Correlation of two pictures of 32 x 32, light and shade taken away, shifted against each other; from
{alike} on two pictures whose names count on are of one recording.

| pictures | pairs | lowest 1 % | median | highest 5 % | 1 % | .1 % |
|---|--:|--:|--:|--:|--:|--:|
"""


@dataclass(frozen=True)
class Balance:
    """How evenly one way shares out one dataset."""

    data: str
    groups: str
    by: str
    off: float
    lacking: float
    images: float


@dataclass(frozen=True)
class Likeness:
    """How alike the pairs of some pictures are."""

    pictures: str
    pairs: int
    quantiles: tuple[float, ...]


@dataclass(frozen=True)
class Record:
    """All figures."""

    date: str
    machine: Machine
    balance: list[Balance]
    likeness: list[Likeness]


Way = Callable[[AuditContext, Ints, int], Ints]


def ours(audit: AuditContext, group: Ints, seed: int) -> Ints:
    groups = image_groups(audit, pixels=False, asked=[group])
    shares = dict(zip(("train", "val", "test"), SHARES.tolist(), strict=True))
    return stratified_split(audit, groups, shares, seed=seed).split


def stratified_folds(audit: AuditContext, group: Ints, seed: int) -> Ints:
    """Two of ten folds of boxes; images without boxes are for training."""
    image, label = _boxes(audit)
    splitter = StratifiedGroupKFold(10, shuffle=True, random_state=seed)
    split = np.zeros(len(group), np.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about classes with fewer boxes than folds
        folds = splitter.split(label, label, group[image])
        for number, (_, held) in enumerate(folds, start=1):
            if number < 3:
                split[image[held]] = number
    return split


def at_random(_: AuditContext, group: Ints, seed: int) -> Ints:
    _, member = np.unique(group, return_inverse=True)
    count = int(member.max()) + 1
    place = np.random.default_rng(seed).permutation(count) / count
    return np.searchsorted(np.cumsum(SHARES)[:-1], place, side="right")[member]


WAYS: dict[str, Way] = {
    "labelaudit": ours,
    "StratifiedGroupKFold": stratified_folds,
    "random": at_random,
}


def _boxes(audit: AuditContext) -> tuple[Ints, Ints]:
    boxes, label = audit.dataset.boxes, audit.derived.box_class
    known = (boxes.image >= 0) & (label >= 0)
    return boxes.image[known].astype(np.int64), label[known].astype(np.int64)


def balance(name: str, path: Path) -> Iterator[Balance]:
    """How evenly each way shares out a dataset."""
    audit = AuditContext(load(path, polygon_validity=False))
    count = len(audit.dataset.images)
    sizes = np.random.default_rng(0).geometric(0.15, count)
    kinds = {
        "each image": np.arange(count),
        "1 to 30 images": np.repeat(np.arange(count), sizes)[:count],
    }
    for kind, group in kinds.items():
        for way, share_out in WAYS.items():
            runs = [_measured(audit, group, share_out(audit, group, seed)) for seed in range(SEEDS)]
            yield Balance(name, kind, way, *np.mean(runs, axis=0).round(3).tolist())


def _measured(audit: AuditContext, group: Ints, split: Ints) -> tuple[float, float, float]:
    image, label = _boxes(audit)
    held = np.zeros((len(audit.derived.classes), len(SHARES)))
    np.add.at(held, (label, split[image]), 1)
    groups = np.array([len(np.unique(group[image[label == row]])) for row in range(len(held))])
    there = held.sum(axis=1) > 0
    share = held[there] / held[there].sum(axis=1, keepdims=True)
    off = 100 * float(np.abs(share - SHARES).mean())
    lacking = float((held[groups >= len(SHARES)] == 0).sum())
    images = np.bincount(split, minlength=len(SHARES)) / len(split)
    return off, lacking, 100 * float(np.abs(images - SHARES).max())


def alike(data: Path) -> Iterator[Likeness]:
    """How alike pictures are that follow each other, and frames of a camera that pans."""
    frames: dict[float, list[float]] = {step: [] for step in STEPS}
    for name in PICTURES:
        paths = load(data / SETS[name], polygon_validity=False).images.path.tolist()
        paths = sorted(path for path in paths if path)
        small = _small(Image.open(path) for path in paths)
        row = np.arange(len(small))
        far = (row + len(row) // 2) % len(row)
        yield _likeness(f"{name}, half of all apart", likeness(small, row, far).tolist())
        yield _likeness(
            f"{name}, in the order of names", likeness(small, row[:-1], row[1:]).tolist()
        )
        for step in STEPS if name == "COCO" else ():
            for path in paths:
                some = _small(_panned(Image.open(path), step))
                frames[step] += likeness(
                    some, np.arange(len(some) - 1), np.arange(1, len(some))
                ).tolist()
    for step, values in frames.items():
        yield _likeness(f"frames of COCO, panned by {step:.0%} of their width", values)


def _small(pictures: Iterator[Image.Image]) -> np.ndarray:
    return np.stack(
        [np.asarray(one.convert("L").resize((32, 32), Image.Resampling.BOX)) for one in pictures]
    )


def _panned(picture: Image.Image, step: float) -> Iterator[Image.Image]:
    width, height = int(picture.width * 0.4), int(picture.height * 0.6)
    top = int(picture.height * 0.2)
    for number in range(int((picture.width - width) / (width * step)) + 1):
        left = int(number * width * step)
        yield picture.crop((left, top, left + width, top + height))


def _likeness(name: str, values: list[float]) -> Likeness:
    found = np.quantile(values, [0.01, 0.5, 0.95, 0.99, 0.999]).round(2).tolist()
    return Likeness(name, len(values), tuple(found))


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA)
    data = parser.parse_args().data
    names = [name for name in SETS if name != "early TACO"]
    found = [one for name in names for one in balance(name, data / SETS[name])]
    record = Record(datetime.date.today().isoformat(), this_machine(), found, list(alike(data)))
    (RESULTS / "splits.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(record), indent=1)
    )
    (RESULTS / "splits.md").write_text(page(record))
    print(page(record))


def page(record: Record) -> str:
    """The figures as Markdown."""
    rows = "".join(map(_balance_row, record.balance))
    pairs = "".join(map(_likeness_row, record.likeness))
    return f"{HEAD}{rows}{LIKENESS.format(alike=ALIKE)}{pairs}\n{record.date}; {record.machine}.\n"


def _balance_row(one: Balance) -> str:
    figures = f"{one.off:.2f} | {one.lacking:.1f} | {one.images:.2f}"
    return f"| {one.data} | {one.groups} | {one.by} | {figures} |\n"


def _likeness_row(one: Likeness) -> str:
    figures = " | ".join(f"{value:.2f}" for value in one.quantiles)
    return f"| {one.pictures} | {one.pairs:,} | {figures} |\n"


if __name__ == "__main__":
    main()
