"""What each trap of conversion costs in mAP, where nobody notices it.

    python -m benchmarks.field_note.conversion --data digits

trains the default detector on the labels as published, a seed at a time, and lets imitations of
devices answer for it, each of which does one thing otherwise. What was measured before is not
measured again, so a run can be stopped and taken up.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.datasets import FOLDER
from benchmarks.field_note.cpu_time import cpu_seconds, in_minutes
from benchmarks.field_note.plan import SEEDS
from benchmarks.field_note.tables import PERCENT, interval
from benchmarks.label_errors.digits import digit_scenes
from benchmarks.machine import Machine, this_machine, versions
from benchmarks.records import joined
from labelaudit.core.columns import Ints
from labelaudit.dataset.tables import Dataset
from labelaudit.deployment.deployed import described
from labelaudit.deployment.description import Inside, ModelDescription
from labelaudit.deployment.imitation import Finish, Imitation, Raw, imitated_outputs
from labelaudit.deployment.open_exported import forward_of_runtime
from labelaudit.deployment.target import Images, Outputs, Runtime
from labelaudit.deployment.traps import TRAPS, TrapEvidence
from labelaudit.deployment.traps.last_layer import STEPS, Grid
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.preprocess import preprocess
from labelaudit.io.load import load
from labelaudit.training.evaluate import LEAST_SCORE, evaluate
from labelaudit.training.inference import Float32s
from labelaudit.training.model_file import TrainedDetector, load_detector, save_detector
from labelaudit.training.split import TrainingSplit, training_split
from labelaudit.training.train import train_detector

ROOT = Path(__file__).parents[1]
REAL = ROOT.parents[1] / "shared" / "data"
PACKAGES = ("labelaudit", "torch", "timm", "numpy")

FAITHFUL = "as trained"

PLANTED = (
    ("channel-order", "takes images for BGR"),
    ("input-scaling", "scales images by '0..1'"),
    ("input-scaling", "scales images by 'imagenet' "),
    ("input-scaling", "scales images by '-1..1'"),
    ("same-padding", "pads strided convolutions and poolings by half"),
    ("resize-alignment", "enlarges maps to the nearest place, rounded up"),
    ("resize-alignment", "enlarges maps by linear interpolation between"),
    ("batch-norm", "adds 1e-05"),
    ("batch-norm", "has lost the learned mean"),
    ("relu6", "has ReLU in the whole"),
    ("group-norm", "adds 0.001"),
    ("group-norm", "makes 1 group in"),
    ("group-norm", "makes groups of GroupNorm of channels that lie apart"),
    ("nms", "takes boxes for one object above an IoU of 0.45"),
    ("nms", "compares boxes of all classes"),
    ("nms", "counts the right and bottom pixel"),
    ("output-order", "takes a softmax"),
    ("float16", "computes in float16"),
    ("last-layer", "computes the last layer with weights of 8 bits, one scale"),
)
"""Traps and the beginnings of what their variants say; those of the default backbone, which pads as
TensorFlow does, adds 1e-3 and has ReLU6."""

IN_STEPS = ("last-layer", f"gives the outputs of the last layer in {STEPS} steps")
"""Planted beside: the steps are those of a calibration on learned images."""

CALIBRATED = 16
"""Images that give the range of the last layer's outputs."""


@dataclass(frozen=True)
class Cost:
    """One imitation of the detector of one seed."""

    trap: str
    what: str
    seed: int
    map: float
    ap50: float
    cpu_s: float | None = None  # of the evaluation; None was not noted


@dataclass(frozen=True)
class Costs:
    """All imitations on one dataset."""

    date: str
    machine: Machine
    versions: dict[str, str]
    learned: int  # images
    judged: int
    results: list[Cost]
    training_s: list[float | None] | None = None  # of CPU, one a seed; None was not noted


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what was not measured, and write the table."""
    parser = argparse.ArgumentParser(
        prog="conversion",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", choices=("digits", "bccd"), default="digits")
    parser.add_argument("--real", type=Path, default=REAL, help="the folder of real datasets")
    parser.add_argument("--work", type=Path, default=FOLDER / "field_note")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="how many")
    parser.add_argument("--judged", type=int, default=60, help="images that judge, at most")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    options = parser.parse_args(arguments)
    machine = this_machine()
    path = digit_scenes(options.work / "digits") if options.data == "digits" else None
    dataset = load(path or options.real / options.data)
    split = training_split(dataset, seed=0, share=1 / 3)
    judged = split.validate[:: max(1, len(split.validate) // options.judged)][: options.judged]
    found: list[Cost] = []
    training_s = []
    for seed in SEEDS[: options.seeds]:
        detector, cpu_s = trained(dataset, split, seed, options.work / "conversion" / options.data)
        training_s.append(cpu_s)
        found += measured(detector, dataset, split, judged, options.work / "conversion" / "costs")
    made = Costs(
        datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        machine,
        versions(Path(sys.executable), PACKAGES),
        len(split.learn),
        len(judged),
        found,
        training_s,
    )
    record(options.data, made, options.results)


def trained(
    dataset: Dataset, split: TrainingSplit, seed: int, work: Path
) -> tuple[TrainedDetector, float | None]:
    """The default detector of a seed, from its file if it was trained before, and its CPU seconds.

    Parameters
    ----------
    dataset: labels as published.
    split: which are learned; no epoch is chosen by the others.
    seed: of the detector.
    work: a folder for it.
    """
    path, cost = work / f"{seed}.pt", work / f"{seed}.cpu_s.json"
    if not path.exists():
        began = cpu_seconds()
        config = DetectorConfig(seed=seed, device="cpu")
        learned = TrainingSplit(split.learn, split.validate[:0], split.how)
        detector = train_detector(
            dataset, config, learned, folder=work / f"run{seed}", cache=work / "cache", workers=1
        )
        cost.write_bytes(msgspec.json.encode(cpu_seconds() - began))
        save_detector(detector, path)
    noted = msgspec.json.decode(cost.read_bytes(), type=float) if cost.exists() else None
    return load_detector(path, device="cpu"), noted


def measured(
    detector: TrainedDetector, dataset: Dataset, split: TrainingSplit, judged: Ints, work: Path
) -> list[Cost]:
    """MAP of each imitation.

    Parameters
    ----------
    detector: of one seed.
    dataset: with labels.
    split: whose learned images calibrate.
    judged: rows of the images that judge.
    work: a folder for what was measured.
    """
    work.mkdir(parents=True, exist_ok=True)
    found = []
    for trap, what, imitation, description in imitations(detector, dataset, split):
        asked = [what, detector.config, judged.tolist(), str(dataset.root)]
        key = hashlib.sha256(msgspec.json.encode(asked)).hexdigest()[:16]
        path = work / f"{key}.json"
        if not path.exists():
            began = cpu_seconds()
            metrics = evaluate(
                detector,
                dataset,
                judged,
                forward=forward_of_runtime(device(imitation, description)),
            )
            cost = Cost(
                trap,
                what,
                detector.config.seed,
                metrics.map,
                metrics.ap50,
                cpu_seconds() - began,
            )
            path.write_bytes(msgspec.json.encode(cost))
            print(f"seed {cost.seed}: {cost.map:.3f} {what}", file=sys.stderr, flush=True)
        found.append(msgspec.json.decode(path.read_bytes(), type=Cost))
    return found


def imitations(
    detector: TrainedDetector, dataset: Dataset, split: TrainingSplit
) -> Iterator[tuple[str, str, Imitation, ModelDescription]]:
    """The detector as it is, and with each trap: its name, what it does, and as what kind of file.

    Parameters
    ----------
    detector: as it was trained.
    dataset: with images.
    split: whose learned images calibrate.
    """
    plain = Imitation(detector)
    raw = described(detector, "imitation", Inside())
    # As many detections as the evaluation itself would keep.
    with_nms = described(detector, "imitation", Inside(nms=True, threshold=LEAST_SCORE))
    yield "", FAITHFUL, plain, raw
    for trap, beginning in PLANTED:
        description = with_nms if trap == "nms" else raw
        evidence = TrapEvidence(plain, description, {}, {})
        variants = TRAPS[trap].variants(evidence)
        variant = next(one for one in variants if one.what.startswith(beginning))
        yield trap, variant.what, variant.edit(plain), description
    paths = dataset.images.path[split.learn[:CALIBRATED]].tolist()
    steps = calibrated(detector, [path for path in paths if path])
    yield *IN_STEPS, replace(plain, finish=Finish(raw=steps)), raw


def calibrated(detector: TrainedDetector, paths: list[str]) -> partial[Raw]:
    """The last layer's outputs in steps of 8 bits over their range in some images."""
    raw = described(detector, "imitation", Inside(decoding=False))
    images = np.stack([preprocess(path, detector.input_size).pixels for path in paths])
    seen = imitated_outputs(Imitation(detector), raw, images)
    grids = [
        Grid(float(low), float(high), float(high - low) / (STEPS - 1))
        for low, high in ((seen[name].min(), seen[name].max()) for name in ("logits", "offsets"))
    ]
    return partial(_in_steps, *grids)


def _in_steps(of_logits: Grid, of_offsets: Grid, logits: Float32s, offsets: Float32s) -> Raw:
    return of_logits.rounded(logits), of_offsets.rounded(offsets)


def device(imitation: Imitation, description: ModelDescription) -> Runtime:
    """An imitation in place of a file."""

    def forward(images: Images) -> Outputs:
        return imitated_outputs(imitation, description, images)

    return Runtime(description, forward)


def record(data: str, made: Costs, folder: Path) -> None:
    """Put what was measured in place of what was before, and write the page anew."""
    path = folder / "field_note_conversion"
    known = joined(path.with_suffix(".json"), {data: made}, dict[str, Costs])
    parts = [
        "# The field note, checked: conversion\n",
        "Written by `python -m benchmarks.field_note.conversion`; do not edit. Points of mAP that "
        "a detector loses when a device does one thing otherwise and nobody notices: the default "
        "detector, and imitations of it. ± is half of the 95 % interval by Student's t over the "
        "seeds, paired: each loses against itself.\n",
        *(page(name, one) for name, one in known.items()),
    ]
    path.with_suffix(".md").write_text("\n".join(parts), encoding="utf-8")


def page(data: str, made: Costs) -> str:
    """The table of one dataset."""
    faithful = {one.seed: one for one in made.results if one.what == FAITHFUL}
    mean = interval([PERCENT * one.map for one in faithful.values()])
    lines = [
        f"## {data}\n",
        f"mAP as trained: {mean:.1f}\n",
        "| trap | the device | points of mAP lost | of AP50 | seeds |\n|---|---|--:|--:|--:|",
    ]
    for what in dict.fromkeys(one.what for one in made.results if one.what != FAITHFUL):
        mine = [one for one in made.results if one.what == what]
        lost, lost50 = (
            interval(
                [PERCENT * (getattr(faithful[one.seed], name) - getattr(one, name)) for one in mine]
            )
            for name in ("map", "ap50")
        )
        lines.append(f"| {mine[0].trap} | {what} | {lost:.1f} | {lost50:.1f} | {len(mine)} |")
    packages = ", ".join(f"{name} {version}" for name, version in made.versions.items())
    spent = in_minutes([*(one.cpu_s for one in made.results), *(made.training_s or [])])
    lines.append(
        f"\n{made.date}; {made.learned} images learned, {made.judged} judged; {made.machine}"
        f"{spent}; {packages}.\n"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
