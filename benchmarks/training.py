"""Trains detectors by `labelaudit train` and by a plain loop, on the same images, and compares.

    python -m benchmarks.training --data digits

The plain loop is written as torchvision's references/detection are: a DataLoader that opens images,
mirrors each half of the time and hands out batches; a network that is run on every image in every
epoch; AdamW with one cycle; pycocotools on a file of results. It shares with labelaudit the
network, its loss, the split and the choices, and nothing of features that are kept, of batches, of
validation, of the best epoch. The tables go to `benchmarks/results/training.md`.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import io
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torch.utils.data import DataLoader, Dataset
from torchvision.ops import batched_nms, clip_boxes_to_image

from benchmarks.datasets import FOLDER
from benchmarks.label_errors.digits import digit_scenes
from benchmarks.machine import Machine, this_machine, versions
from benchmarks.records import joined
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset as Labels
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.model.anchors import Anchors, anchors, decode_boxes
from labelaudit.detector.model.detector import Detector
from labelaudit.detector.training.atss import DetectionTarget, detection_target
from labelaudit.detector.training.losses import detection_loss
from labelaudit.io.load import load
from labelaudit.training.evaluate import evaluate
from labelaudit.training.model_file import build_detector
from labelaudit.training.split import TrainingSplit, training_split
from labelaudit.training.train import train_detector

ROOT = Path(__file__).parent
REAL = ROOT.parents[1] / "shared" / "data"
DATA = ("digits", "bccd")
PACKAGES = ("labelaudit", "torch", "torchvision", "timm", "pycocotools")
SEEDS = (0, 1, 2)
MOST = (96, 32)
"""Images that are learned and validated at most, so that all trainings take minutes."""

CONFIG = DetectorConfig(image_size=(192, 256), epochs=6, batch=4, learning_rate=2e-3, device="cpu")
DIGITS = 128
"""Scenes of digits."""


@dataclass(frozen=True)
class Trained:
    """One training."""

    seed: int
    map: float
    ap50: float
    seconds: float  # of the clock


@dataclass(frozen=True)
class Comparison:
    """All trainings on one dataset."""

    date: str
    machine: Machine
    versions: dict[str, str]
    split: str
    epochs: int
    ours: list[Trained]
    plain: list[Trained]


class Pictures(Dataset[tuple[torch.Tensor, DetectionTarget, int]]):
    """Images and targets as torchvision's references have them, opened and mirrored one by one."""

    def __init__(self, labels: Labels, rows: Sequence[int], places: Anchors, *, mirror: bool):
        self.labels, self.rows, self.places, self.mirror = labels, rows, places, mirror
        self.classes = DatasetColumns(labels).box_class

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> tuple[torch.Tensor, DetectionTarget, int]:
        row = self.rows[place]
        height, width = CONFIG.image_size or (0, 0)
        with Image.open(str(self.labels.images.path[row])) as file:
            image = file.convert("RGB")
        scale = scale_of(image.size)
        small = image.resize(
            (round(image.width * scale), round(image.height * scale)), Image.Resampling.BILINEAR
        )
        pixels = torch.full((3, height, width), 127, dtype=torch.uint8)
        pixels[:, : small.height, : small.width] = torch.from_numpy(
            np.asarray(small).transpose(2, 0, 1).copy()
        )
        boxes = self.labels.boxes
        mine = np.flatnonzero(
            (boxes.image == row) & (boxes.size >= 1 / scale).all(axis=1) & ~boxes.difficult
        )
        corners = torch.from_numpy(boxes.xyxy[mine] * scale).float()
        corners = clip_boxes_to_image(corners, (small.height, small.width))
        if self.mirror and torch.rand(()) < 0.5:
            pixels = pixels.flip(2)
            corners = torch.stack(
                [width - corners[:, 2], corners[:, 1], width - corners[:, 0], corners[:, 3]], dim=1
            )
        kinds = torch.from_numpy(self.classes[mine].astype(np.int64))
        return pixels, detection_target(self.places, corners, kinds, corners[:0]), row


def scale_of(size: tuple[int, int]) -> float:
    """How much an image of width x height is enlarged to fit."""
    height, width = CONFIG.image_size or (0, 0)
    return min(width / size[0], height / size[1], 2.0)


def plainly_trained(labels: Labels, split: TrainingSplit, config: DetectorConfig) -> Detector:
    """The network after all epochs of a plain loop."""
    places = anchors(config, *(config.image_size or (0, 0)))
    network = build_detector(config, len(DatasetColumns(labels).classes))
    torch.manual_seed(config.seed + 100)
    pictures = Pictures(labels, split.learn.tolist(), places, mirror=True)
    loader = DataLoader(pictures, config.batch, shuffle=True, collate_fn=list)
    learned = [one for one in network.parameters() if one.requires_grad]
    optimiser = torch.optim.AdamW(learned, config.learning_rate, weight_decay=config.weight_decay)
    steps = len(loader) * (config.epochs or 1) + 1
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=steps, pct_start=0.15
    )
    network.train()
    for epoch in range(config.epochs or 1):
        for batch in loader:
            images = torch.stack([pixels for pixels, _, _ in batch]).float()
            loss = detection_loss(*network(images), places, [target for _, target, _ in batch])
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(learned, 5.0)
            optimiser.step()
            cycle.step()
        print(f"plain, epoch {epoch + 1}: {float(loss.detach()):.3f}", file=sys.stderr, flush=True)
    return network.eval()


@torch.inference_mode()
def plainly_measured(
    network: Detector, labels: Labels, rows: Sequence[int], config: DetectorConfig
) -> tuple[float, float]:
    """The mAP and AP50 by pycocotools on files of labels and results."""
    places = anchors(config, *(config.image_size or (0, 0)))
    results: list[dict[str, Any]] = []  # Any: as COCO has them
    for pixels, _, row in Pictures(labels, rows, places, mirror=False):  # type: ignore[attr-defined]  # it has lengths and items
        logits, offsets = network(pixels[None].float())
        scale = scale_of(tuple(labels.images.size[row].astype(int)))
        scores = logits[0].sigmoid()
        boxes = clip_boxes_to_image(
            decode_boxes(places.xyxy, offsets[0]) / scale, tuple(labels.images.size[row][::-1])
        )
        anchor, label = torch.nonzero(scores > 0.001, as_tuple=True)
        best = scores[anchor, label].topk(min(1000, len(anchor))).indices
        anchor, label = anchor[best], label[best]
        kept = batched_nms(boxes[anchor].double(), scores[anchor, label].double(), label, 0.6)[:100]
        for place in kept.tolist():
            left, top, right, bottom = boxes[anchor[place]].tolist()
            results.append(
                {
                    "image_id": row + 1,
                    "category_id": int(label[place]) + 1,
                    "bbox": [left, top, right - left, bottom - top],
                    "score": float(scores[anchor[place], label[place]]),
                }
            )
    return by_pycocotools(labels, rows, results)


def by_pycocotools(
    labels: Labels, rows: Sequence[int], results: list[dict[str, Any]]
) -> tuple[float, float]:  # Any: as COCO has them
    """The mAP and AP50 of results, from files."""
    derived, boxes = DatasetColumns(labels), labels.boxes
    truth = {
        "images": [{"id": row + 1} for row in rows],
        "categories": [{"id": place + 1} for place in range(len(derived.classes))],
        "annotations": [
            {
                "id": box + 1,
                "image_id": int(boxes.image[box]) + 1,
                "category_id": int(derived.box_class[box]) + 1,
                "bbox": [*boxes.xyxy[box, :2].tolist(), *boxes.size[box].tolist()],
                "area": float(boxes.size[box].prod()),
                "iscrowd": 0,
            }
            for box in np.flatnonzero(np.isin(boxes.image, rows) & derived.is_valid).tolist()
        ],
    }
    with TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        for name, value in (("labels", truth), ("results", results)):
            (Path(folder) / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
        table = COCO(f"{folder}/labels.json")
        evaluation = COCOeval(table, table.loadRes(f"{folder}/results.json"), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0]), float(evaluation.stats[1])


def compared(
    labels: Labels, split: TrainingSplit, seed: int, cache: Path
) -> tuple[Trained, Trained]:
    """One training of labelaudit's, whose features are kept in a cache, and one of the loop."""
    config = replace(CONFIG, seed=seed)
    with TemporaryDirectory() as folder:
        before = time.monotonic()
        detector = train_detector(
            labels, config, split, folder=Path(folder), cache=cache, workers=1
        )
        ours = evaluate(detector, labels, split.validate)
        first = Trained(seed, ours.map, ours.ap50, time.monotonic() - before)
    before = time.monotonic()
    torch.set_num_threads(1)
    network = plainly_trained(labels, split, config)
    found = plainly_measured(network, labels, split.validate.tolist(), config)
    return first, Trained(seed, *found, time.monotonic() - before)


def some_of(split: TrainingSplit, most_of_each: tuple[int, int] = MOST) -> TrainingSplit:
    """A split with no more images than these, learned and validated."""
    if len(split.learn) <= most_of_each[0]:
        return split
    random = np.random.default_rng(0)
    learn, validate = (
        np.sort(random.choice(rows, min(most, len(rows)), replace=False))
        for rows, most in zip((split.learn, split.validate), most_of_each, strict=True)
    )
    how = f"{split.how}; of these, {len(learn)} and {len(validate)} drawn at random"
    return TrainingSplit(learn, validate, how)


def labels_of(data: str, real: Path, scenes: int = DIGITS) -> Labels:
    """The labels of a dataset, by its name; of digits, so many scenes."""
    if data == "digits":
        return load([digit_scenes(FOLDER / "label_errors", images=scenes)])
    return load([real / data / "Annotations"], images=[real / data / "JPEGImages"])


def page(known: dict[str, Comparison]) -> str:
    """The tables for people."""
    parts = [
        "# Training, against a plain loop\n",
        "Written by `python -m benchmarks.training`; do not edit. `labelaudit train` with a frozen "
        "EfficientNet-Lite0 at 192 x 256 pixels, and the same network in a loop as torchvision's "
        "references have it: images opened and run through the backbone in every epoch, mirrored "
        "one by one, the last epoch taken. Points of mAP and AP50 on the same images by seed; ± is "
        "the standard deviation over seeds. Seconds are of the clock, on average over seeds; "
        "labelaudit works features out for the first seed alone.\n",
    ]
    for data, one in known.items():
        head = "| | " + " | ".join(f"seed {row.seed}" for row in one.ours) + " | mean | seconds |"
        rows = [
            _row(f"{name}, {what}", some, what)
            for what in ("mAP", "AP50")
            for name, some in (("labelaudit", one.ours), ("plain loop", one.plain))
        ]
        lines = [head, "|---|" + "--:|" * (len(one.ours) + 2), *rows]
        packages = ", ".join(f"{name} {version}" for name, version in one.versions.items())
        parts.append(
            f"## {data}\n\n" + "\n".join(lines) + f"\n\n{one.date}; {one.epochs} epochs; "
            f"{one.split}; {one.machine}; {packages}.\n"
        )
    return "\n".join(parts)


def _row(name: str, some: list[Trained], what: str) -> str:
    values = [100 * (row.map if what == "mAP" else row.ap50) for row in some]
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    cells = [*(f"{value:.1f}" for value in values), f"{statistics.mean(values):.1f} ± {spread:.1f}"]
    seconds = statistics.mean(row.seconds for row in some)
    return f"| {name} | {' | '.join(cells)} | {seconds:,.0f} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, and write the tables."""
    parser = argparse.ArgumentParser(
        prog="training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", choices=DATA, default="digits")
    parser.add_argument("--real", type=Path, default=REAL, help="the folder of real datasets")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    options = parser.parse_args(arguments)
    if options.data != "digits" and not (options.real / options.data).is_dir():
        parser.error(f"{options.real}: the real datasets are not here; name their folder: --real")
    machine, labels = this_machine(), labels_of(options.data, options.real)
    split = some_of(training_split(labels, seed=0))
    pairs = []
    with TemporaryDirectory() as cache:
        for seed in SEEDS:
            pairs.append(compared(labels, split, seed, Path(cache)))
            told = ", ".join(f"{one.map:.3f} in {one.seconds:.0f} s" for one in pairs[-1])
            print(f"seed {seed}: {told}", file=sys.stderr, flush=True)
    found = Comparison(
        datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        machine,
        versions(Path(sys.executable), PACKAGES),
        split.how,
        CONFIG.epochs or 0,
        [ours for ours, _ in pairs],
        [plain for _, plain in pairs],
    )
    known = joined(options.results / "training.json", {options.data: found}, dict[str, Comparison])
    (options.results / "training.md").write_text(page(known), encoding="utf-8")


if __name__ == "__main__":
    main()
