"""Whether what `labelaudit network` advises is worth anything, tried by training.

    python -m benchmarks.network_advice --data bccd

trains `labelaudit train`'s detector twice for each seed, with its own levels and anchors and with
those that are advised for the dataset at 320 pixels; everything else is the same: images, split,
epochs, a frozen EfficientNet-Lite0. What was trained before is not trained again, so a run can be
stopped and taken up. The tables go to `benchmarks/results/network_advice.md`, one of all
to `docs/network.md`.
"""

from __future__ import annotations

import argparse
import datetime
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from benchmarks.field_note.tables import interval
from benchmarks.machine import Machine, this_machine, versions
from benchmarks.records import joined
from benchmarks.training import labels_of, some_of
from labelaudit.auditing.context import AuditContext
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.config import DetectorConfig
from labelaudit.io.load import load
from labelaudit.network.advice import AnchorFit, fewest, fit_now, level_fits
from labelaudit.network.settings import network_settings
from labelaudit.training.evaluate import evaluate
from labelaudit.training.split import TrainingSplit, training_split
from labelaudit.training.train import train_detector

ROOT = Path(__file__).parent
REAL = ROOT.parents[1] / "shared" / "data"
DOCS = ROOT.parent / "docs" / "network.md"
BEGIN, END = "<!-- network_advice: begin -->", "<!-- network_advice: end -->"
"""Around the table in that page."""

PACKAGES = ("labelaudit", "torch", "torchvision", "timm", "pycocotools")
SEEDS = (0, 1, 2)
LONGER_SIDE = 320
INPUTS = {"bccd": (256, 320), "cards": (320, 320), "digits": (256, 320)}
"""Height and width of the input: all images fit into it with 320 pixels of their longer side."""

MOST = (96, 48)
"""Images that are learned and validated at most."""

CONFIG = DetectorConfig(epochs=8, batch=4, learning_rate=2e-3, device="cpu")
DIGITS = 144
"""Scenes of digits."""

AS_IS, ADVISED = "as it comes", "as advised"


@dataclass(frozen=True)
class Trained:
    """One training."""

    recipe: str
    seed: int
    map: float
    ap50: float
    by_class: dict[str, float]  # mAP
    seconds: float  # of the clock, features of images included


@dataclass(frozen=True)
class Shape:
    """Levels and anchors of a recipe, and how they fit the labels."""

    strides: tuple[int, ...]
    scales: tuple[float, ...]
    ratios: tuple[float, ...]
    places: int
    anchors: int
    matched: float  # share of boxes with an anchor of overlap .5


@dataclass(frozen=True)
class Tried:
    """All trainings on one dataset."""

    date: str
    machine: Machine
    versions: dict[str, str]
    split: str
    epochs: int
    shapes: dict[str, Shape]
    runs: tuple[Trained, ...]


def shapes_of(labels: Dataset) -> dict[str, Shape]:
    """The default levels and anchors, and those that are advised for all labels of a dataset."""
    network = network_settings(train_size=LONGER_SIDE, name=CONFIG.backbone)
    view = AuditContext(labels, network=network).network_view
    now = replace(fit_now(view), scales=CONFIG.anchor_scales, ratios=CONFIG.anchor_ratios)
    return {AS_IS: _shape(now), ADVISED: _shape(fewest(list(level_fits(view))))}


def _shape(fit: AnchorFit) -> Shape:
    scales, ratios = (tuple(round(one, 2) for one in some) for some in (fit.scales, fit.ratios))
    return Shape(fit.strides, scales, ratios, fit.places, fit.per_image, fit.matched)


def split_of(data: str, labels: Dataset) -> TrainingSplit:
    """Images to learn from and to validate on; of cards, those of its test split."""
    if data != "cards":
        return some_of(training_split(labels, seed=0), MOST)
    member = labels.split_members
    test = member.split == labels.splits.index("test")
    learn, validate = (np.unique(member.image[which]).astype(np.int64) for which in (~test, test))
    return some_of(TrainingSplit(learn, validate, "its own splits"), MOST)


def trained(
    labels: Dataset, split: TrainingSplit, config: DetectorConfig, recipe: str, cache: Path
) -> Trained:
    """One training, and how good its best epoch is."""
    before = time.monotonic()
    with TemporaryDirectory() as folder:
        detector = train_detector(
            labels, config, split, folder=Path(folder), cache=cache, workers=1
        )
        metrics = evaluate(detector, labels, split.validate)
    by_class = {row.name: row.map for row in metrics.classes}
    seconds = time.monotonic() - before
    return Trained(recipe, config.seed, metrics.map, metrics.ap50, by_class, seconds)


def new_runs(data: str, labels: Dataset, tried: Tried, split: TrainingSplit) -> Iterator[Trained]:
    """The trainings that were not made before."""
    done = {(run.recipe, run.seed) for run in tried.runs}
    with TemporaryDirectory() as cache:
        for seed in SEEDS:
            for recipe, shape in tried.shapes.items():
                if (recipe, seed) in done:
                    continue
                config = replace(
                    CONFIG,
                    seed=seed,
                    image_size=INPUTS[data],
                    strides=shape.strides,
                    anchor_scales=shape.scales,
                    anchor_ratios=shape.ratios,
                )
                yield trained(labels, split, config, recipe, Path(cache))


def gain(runs: Sequence[Trained], what: str) -> str:
    """Points that the advised recipe is better by, with an interval over seeds."""
    by_seed = [
        {run.recipe: 100 * float(getattr(run, what)) for run in runs if run.seed == seed}
        for seed in SEEDS
    ]
    apart = [one[ADVISED] - one[AS_IS] for one in by_seed if len(one) == len((AS_IS, ADVISED))]
    if len(apart) < 2:
        return "-"
    found = interval(apart)
    low, high = found.mean - found.half, found.mean + found.half
    return f"{found.mean:+.1f} ({low:+.1f} to {high:+.1f})"


def page(known: dict[str, Tried]) -> str:
    """The tables for people."""
    parts = [
        "# Advice for a network, tried\n",
        "Written by `python -m benchmarks.network_advice`; do not edit. `labelaudit train` with a "
        "frozen EfficientNet-Lite0, as it comes and with the levels and anchors that "
        f"`labelaudit network --train-size {LONGER_SIDE}` advises; the same images, epochs, batch "
        "and seeds. Points of mAP and AP50 by seed; the gain is the mean of the differences within "
        "seeds, with an interval of 95 % over seeds (Student's t). The advice is from the boxes "
        "of all images, those of validation among them. Places are those of an input of "
        f"{LONGER_SIDE} x {LONGER_SIDE}; matched is the share of boxes that some anchor overlaps "
        "by .5 or more. Seconds are of the clock, on a machine that did other work, too.\n",
    ]
    for data, one in known.items():
        seeds = sorted({run.seed for run in one.runs})
        head = "| | " + " | ".join(f"seed {seed}" for seed in seeds) + " | mean |"
        rows = [_row(one, recipe, what, seeds) for what in ("map", "ap50") for recipe in one.shapes]
        gains = [f"{NAMES[what]} {gain(one.runs, what)}" for what in ("map", "ap50")]
        packages = ", ".join(f"{name} {version}" for name, version in one.versions.items())
        parts.append(
            f"## {data}\n\n{SHAPES}\n"
            + "\n".join(_shape_row(one, name) for name in one.shapes)
            + f"\n\n{head}\n|---|"
            + "--:|" * (len(seeds) + 1)
            + "\n"
            + "\n".join(rows)
            + f"\n\nGain in points: {'; '.join(gains)}.\n\n{one.date}; {one.epochs} epochs; "
            f"{one.split}; {one.machine}; {packages}.\n"
        )
    return "\n".join(parts)


def table(known: dict[str, Tried]) -> str:
    """One table of all datasets, for the page about networks."""
    lines = [
        "| | | strides | scales | ratios | places | matched | mAP | gain | AP50 | gain |",
        "|---|---|---|---|---|--:|--:|--:|---|--:|---|",
    ]
    for data, one in known.items():
        for recipe, shape in one.shapes.items():
            runs = [run for run in one.runs if run.recipe == recipe]
            if not runs:
                continue
            cells = [data if recipe == AS_IS else "", recipe, *_words(shape)]
            cells += [f"{shape.places:,}", f"{100 * shape.matched:.1f} %"]
            for what in ("map", "ap50"):
                mean = statistics.mean(100 * float(getattr(run, what)) for run in runs)
                cells += [f"{mean:.1f}", gain(one.runs, what) if recipe == ADVISED else ""]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _words(shape: Shape) -> list[str]:
    return [
        ", ".join(f"{value:g}" for value in some)
        for some in (shape.strides, shape.scales, shape.ratios)
    ]


NAMES = {"map": "mAP", "ap50": "AP50"}
SHAPES = (
    "| | strides | scales | ratios | places | anchors | matched | seconds |\n"
    "|---|---|---|---|--:|--:|--:|--:|"
)


def _shape_row(one: Tried, recipe: str) -> str:
    shape = one.shapes[recipe]
    seconds = statistics.median([run.seconds for run in one.runs if run.recipe == recipe] or [0.0])
    return (
        f"| {recipe} | {' | '.join(_words(shape))} | {shape.places:,} | {shape.anchors:,} "
        f"| {shape.matched:.1%} | {seconds:,.0f} |"
    )


def _row(one: Tried, recipe: str, what: str, seeds: Sequence[int]) -> str:
    found = {run.seed: 100 * float(getattr(run, what)) for run in one.runs if run.recipe == recipe}
    cells = [f"{found[seed]:.1f}" if seed in found else "-" for seed in seeds]
    mean = f"{statistics.mean(found.values()):.1f}" if found else "-"
    return f"| {recipe}, {NAMES[what]} | {' | '.join(cells)} | {mean} |"


def write_tables(results: Path) -> None:
    """The tables of what is recorded, for people and for the page about networks."""
    known = joined(results / "network_advice.json", {}, dict[str, Tried])
    (results / "network_advice.md").write_text(page(known), encoding="utf-8")
    head, _, rest = DOCS.read_text("utf-8").partition(BEGIN)
    written = f"{head}{BEGIN}\n\n{table(known)}\n{END}{rest.partition(END)[2]}"
    DOCS.write_text(written, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what was not trained, and write the tables after each training."""
    parser = argparse.ArgumentParser(
        prog="network_advice",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", choices=INPUTS, default="bccd")
    parser.add_argument("--real", type=Path, default=REAL, help="the folder of real datasets")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    parser.add_argument("--tables", action="store_true", help="train nothing, write the tables")
    options = parser.parse_args(arguments)
    if options.tables:
        write_tables(options.results)
        return
    if options.data != "digits" and not (options.real / options.data).is_dir():
        parser.error(f"{options.real}: the real datasets are not here; name their folder: --real")
    torch.set_num_threads(1)
    machine, cards = this_machine(), options.data == "cards"
    labels = (
        load([options.real / "cards"]) if cards else labels_of(options.data, options.real, DIGITS)
    )
    split, path = split_of(options.data, labels), options.results / "network_advice.json"
    before = joined(path, {}, dict[str, Tried]).get(options.data)
    tried = Tried(
        datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        machine,
        versions(Path(sys.executable), PACKAGES),
        split.how,
        CONFIG.epochs or 0,
        shapes_of(labels),
        (),
    )
    if before and (before.shapes, before.split) == (tried.shapes, tried.split):
        tried = replace(tried, runs=before.runs)
    for run in new_runs(options.data, labels, tried, split):
        tried = replace(tried, runs=(*tried.runs, run))
        told = f"{options.data}, {run.recipe}, seed {run.seed}: {run.map:.3f}, {run.seconds:.0f} s"
        print(told, file=sys.stderr, flush=True)
        joined(path, {options.data: tried}, dict[str, Tried])
    write_tables(options.results)


if __name__ == "__main__":
    main()
