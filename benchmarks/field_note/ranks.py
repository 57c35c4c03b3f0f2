"""Do backbones rank for detection as they rank for classification?

    python -m benchmarks.field_note.ranks --data digits

Three ranks of the backbones whose weights come in packages: their accuracy on ImageNet, as
published; that of a linear probe, logistic regression on what the frozen backbone sees in crops of
the objects (Alain and Bengio 2016); and mAP of the frozen backbone with pyramid and head. Objects
of the same images are learned, and others of the same images are judged, by probe and detector.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.datasets import FOLDER
from benchmarks.field_note.cpu_time import cpu_seconds, in_minutes
from benchmarks.field_note.plan import SEEDS, Trial
from benchmarks.field_note.tables import PERCENT, Interval, interval
from benchmarks.field_note.trials import Result, dataset_and_split, result, with_weights
from benchmarks.machine import Machine, this_machine, versions
from benchmarks.records import joined
from labelaudit.core.columns import Floats, Ints
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.model.backbone import Backbone, build_backbone
from labelaudit.images.decoding import Pixels, rgb_for_networks

ROOT = Path(__file__).parents[1]
REAL = ROOT.parents[1] / "shared" / "data"
PACKAGES = ("labelaudit", "torch", "timm", "scikit-learn", "numpy")

PUBLISHED: Mapping[str, float] = {
    "efficientnet_lite0": 75.1,
    "tf_efficientnet_lite1": 76.7,
    "tf_efficientnet_lite2": 77.6,
}
"""Top-1 accuracy on ImageNet in float32, in per cent: README of the authors' EfficientNet-Lite."""

SIDE = 96
"""Pixels of the crops' sides: three places of the coarsest map; a choice."""

AROUND = 1.2
"""How much longer than the box the side of a square crop is; a choice."""

BATCH = 64


@dataclass(frozen=True)
class Ranked:
    """One backbone on one dataset."""

    backbone: str
    right: int  # judged objects that the probe names rightly
    objects: int  # that were judged
    balanced: float  # mean over classes of the share that is named rightly
    map: list[float]  # of the detector, one a seed
    cpu_s: list[float | None] | None = None  # of each detector and the probe; None was not noted


@dataclass(frozen=True)
class Ranks:
    """All backbones on one dataset."""

    date: str
    machine: Machine
    versions: dict[str, str]
    learned: int  # objects of the probe
    backbones: list[Ranked]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(
        prog="ranks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", choices=("digits", "bccd"), default="digits")
    parser.add_argument("--real", type=Path, default=REAL, help="the folder of real datasets")
    parser.add_argument("--work", type=Path, default=FOLDER / "field_note")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="how many")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    options = parser.parse_args(arguments)
    machine = this_machine()
    dataset, split = dataset_and_split(options.data, options.real, options.work)
    learned, judged = (crops(dataset, images) for images in (split.learn, split.validate))
    found = []
    for backbone in PUBLISHED:
        trained: list[Result] = []
        for seed in SEEDS[: options.seeds]:
            config = DetectorConfig(backbone=backbone, seed=seed, device="cpu")
            trial = Trial(options.data, f"Lite{backbone[-1]}, 64 channels", config)  # as of `noise`
            trained.append(result(trial, options.real, options.work))
            print(f"{backbone} seed {seed}: mAP {trained[-1].map:.3f}", file=sys.stderr, flush=True)
        config = with_weights(DetectorConfig(backbone=backbone, device="cpu"), options.work)
        began = cpu_seconds()
        answers = probed(build_backbone(config).eval(), learned, judged)
        spent = cpu_seconds() - began
        found.append(ranked(backbone, answers, judged.label, trained, spent))
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    made = Ranks(
        today, machine, versions(Path(sys.executable), PACKAGES), len(learned.label), found
    )
    record(options.data, made, options.results)


@dataclass(frozen=True, eq=False)
class Crops:
    """Pictures of objects."""

    pixels: Pixels  # (n, 3, SIDE, SIDE) RGB
    label: Ints  # (n,) numbers of classes


def crops(dataset: Dataset, images: Ints) -> Crops:
    """A square around each object of some images, black beyond the edge."""
    derived = DatasetColumns(dataset)
    pixels, label = [], []
    for image in images.tolist():
        here = np.flatnonzero((dataset.boxes.image == image) & derived.is_valid)
        if not len(here):
            continue
        with Image.open(dataset.images.path[image]) as opened:
            picture = rgb_for_networks(opened)
        for box in here.tolist():
            pixels.append(_crop(picture, dataset.boxes.xyxy[box]))
            label.append(int(derived.box_class[box]))
    return Crops(np.stack(pixels), np.array(label, np.int64))


def _crop(picture: Image.Image, box: Floats) -> Pixels:
    """One object, (3, SIDE, SIDE)."""
    middle = (box[:2] + box[2:]) / 2
    half = max(1.0, AROUND / 2 * float((box[2:] - box[:2]).max()))
    corners = (*(middle - half), *(middle + half))
    data = tuple(float(corner) for corner in corners)
    part = picture.transform((SIDE, SIDE), Image.Transform.EXTENT, data, Image.Resampling.BILINEAR)
    return np.asarray(part, np.uint8).transpose(2, 0, 1)


def probed(backbone: Backbone, learned: Crops, judged: Crops) -> Ints:
    """The classes that a linear probe gives the judged objects, (n,)."""
    see = partial(_seen, backbone)
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    probe.fit(see(learned.pixels), learned.label)
    named: Ints = probe.predict(see(judged.pixels))
    return named


@torch.inference_mode()
def _seen(backbone: Backbone, pixels: Pixels) -> Floats:
    """The mean of the coarsest map of each picture, (n, c)."""
    parts = [
        backbone(torch.from_numpy(pixels[start : start + BATCH]).float())[-1].mean(dim=(2, 3))
        for start in range(0, len(pixels), BATCH)
    ]
    return torch.cat(parts).double().numpy()


def ranked(
    backbone: str, answers: Ints, label: Ints, trained: Sequence[Result], probe_s: float
) -> Ranked:
    """What the answers of a probe come to, beside the detector's.

    Parameters
    ----------
    backbone: its name.
    answers: classes that the probe gives, (n,).
    label: classes of the labels, (n,).
    trained: detectors with that backbone, one a seed.
    probe_s: CPU seconds of the probe.
    """
    right = answers == label
    balanced = float(np.mean([right[label == one].mean() for one in np.unique(label)]))
    means, spent = [one.map for one in trained], [one.cpu_s for one in trained]
    return Ranked(backbone, int(right.sum()), len(label), balanced, means, [*spent, probe_s])


def record(data: str, made: Ranks, folder: Path) -> None:
    """Put what was measured in place of what was before, and write the page anew."""
    path = folder / "field_note_ranks"
    known = joined(path.with_suffix(".json"), {data: made}, dict[str, Ranks])
    parts = [
        "# The field note, checked: ranks\n",
        "Written by `python -m benchmarks.field_note.ranks`; do not edit. Backbones in the order "
        "of their published accuracy on ImageNet; of objects that a linear probe on crops names "
        "rightly, with Wilson's 95 % interval, and the mean over classes; and points of mAP of the "
        "frozen backbone with pyramid and head, ± half of the 95 % interval by Student's t over "
        "the seeds.\n",
        *(page(name, one) for name, one in known.items()),
    ]
    path.with_suffix(".md").write_text("\n".join(parts), encoding="utf-8")


def page(data: str, made: Ranks) -> str:
    """The table of one dataset."""
    lines = [
        f"## {data}\n",
        "| backbone | ImageNet, % | probe, % | mean over classes, % | mAP |\n|---|--:|--:|--:|--:|",
    ]
    for one in made.backbones:
        limits = binomtest(one.right, one.objects).proportion_ci(method="wilson")
        probe = f"{PERCENT * one.right / one.objects:.1f} ({PERCENT * limits.low:.1f} to " + (
            f"{PERCENT * limits.high:.1f})"
        )
        mean: Interval = interval([PERCENT * value for value in one.map])
        lines.append(
            f"| {one.backbone} | {PUBLISHED[one.backbone]:.1f} | {probe} | "
            f"{PERCENT * one.balanced:.1f} | {mean:.1f} |"
        )
    packages = ", ".join(f"{name} {version}" for name, version in made.versions.items())
    spent = in_minutes(cpu_s for one in made.backbones for cpu_s in one.cpu_s or [None])
    lines.append(
        f"\n{made.date}; {made.learned} objects learned, {made.backbones[0].objects} judged; "
        f"{len(made.backbones[0].map)} seeds; {made.machine}{spent}; {packages}.\n"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
