"""What samples take from `labelaudit.torch` and from torchvision's own datasets.

    python -m benchmarks.torch_dataset [--rounds 15]

reads every image of real datasets, in COCO files, with their boxes, through three datasets: a plain
`CocoDetection`, the same in `wrap_dataset_for_transforms_v2`, and `DetectionDataset`. They take
turns at each image, in another order each round, so that a busy machine is busy for all of them:
an image's CPU time is the least of all rounds, and a dataset's the sum over its images. Of the
ratios there are 95 % intervals by resampling images. With transforms, they do the same
(`augmented`); without, they decode an image and give its boxes.

Results: `benchmarks/results/torch_dataset.md`.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torchvision.datasets import CocoDetection, wrap_dataset_for_transforms_v2
from torchvision.transforms import v2

import labelaudit
from benchmarks.machine import Machine, this_machine, versions
from benchmarks.records import joined
from labelaudit.io.formats import FORMATS, converter
from labelaudit.torch import DetectionDataset

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
RESULTS = Path(__file__).parent / "results"
DRAWS = 2000  # resamplings of images

HEAD = """\
# Samples of labelaudit.torch and of torchvision

Written by `python -m benchmarks.torch_dataset`; do not edit. Milliseconds are CPU time of a sample:
an image that is read and decoded, and its target. The least of all rounds counts for each image;
the datasets take turns at each. The ratio is the time of `DetectionDataset` by that of the dataset
in the row, with its 95 % interval over images. `start` is the wall time to make the dataset, in the
first table with what is imported once; labelaudit looks at the headers of all images then. One
process, one thread. A plain `CocoDetection` has boxes that no transform moves, and is left out
where there are transforms.
"""


@dataclass(frozen=True)
class DatasetTime:
    """What one dataset took."""

    name: str
    ms: float  # a sample
    ratio: float  # of labelaudit's time to this one
    low: float  # 95 % limits of it
    high: float
    start_ms: float  # to make the dataset


@dataclass(frozen=True)
class Comparison:
    """All datasets on the same images."""

    title: str
    images: int
    boxes: int
    rounds: int
    date: str
    machine: Machine
    versions: dict[str, str]
    rows: list[DatasetTime]  # labelaudit's first


def augmented() -> Callable[..., Any]:
    """The transforms of torchvision's references for detection (`hflip`), as v2 has them."""
    return v2.Compose(
        [
            v2.ToImage(),
            v2.RandomHorizontalFlip(p=0.5),
            v2.ToDtype(torch.float32, scale=True),
        ]
    )


def as_coco(source: Path, folder: Path) -> tuple[Path, Path]:
    """A dataset as a COCO file, and the folder that its image names are relative to."""
    if source.suffix == ".json":
        return source, source.parent / "images"
    dataset = labelaudit.load(source)
    path = folder / "labels.json"
    converter(FORMATS["coco"])(dataset, path).write()
    return path, Path(str(dataset.images.path[0])).parent


def contenders(
    labels: Path, images: Path, transforms: Callable[..., Any] | None
) -> dict[str, Callable[[], Any]]:
    """The datasets by name, each to be made.

    A plain `CocoDetection` has boxes that no transform moves: with transforms it is no contender.
    """

    def plain() -> Any:
        return CocoDetection(images, labels, transforms=transforms)

    found: dict[str, Callable[[], Any]] = {
        "labelaudit.torch.DetectionDataset": lambda: DetectionDataset(
            labels, transforms, images=images, crowds="keep"
        ),
        "CocoDetection in wrap_dataset_for_transforms_v2": lambda: wrap_dataset_for_transforms_v2(
            plain()
        ),
    }
    return found if transforms else found | {"CocoDetection": plain}


def measured(
    datasets: Sequence[Any], rounds: int, random: np.random.Generator
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The least CPU seconds of each sample of each dataset, (datasets, images)."""
    count = len(datasets[0])
    best = np.full((len(datasets), count), np.inf)
    for _ in range(rounds):
        for place in random.permutation(count).tolist():
            for which in random.permutation(len(datasets)).tolist():
                torch.manual_seed(place)
                begin = time.thread_time()
                datasets[which][place]
                best[which, place] = min(best[which, place], time.thread_time() - begin)
    return best


def compared(title: str, source: Path, rounds: int, *, transformed: bool) -> Comparison:
    """All datasets on the images of one."""
    with tempfile.TemporaryDirectory() as folder:
        labels, images = as_coco(source, Path(folder))
        made, starts = [], []
        for make in contenders(labels, images, augmented() if transformed else None).values():
            begin = time.perf_counter()
            made.append(make())
            starts.append(time.perf_counter() - begin)
        check_alike(made[0], made[1])
        best = measured(made, rounds, np.random.default_rng(0))
    names = contenders(labels, images, augmented() if transformed else None)
    rows = []
    for which, name in enumerate(names):
        low, high = limits(best[0], best[which])
        rows.append(
            DatasetTime(
                name,
                1e3 * float(best[which].mean()),
                float(best[0].sum() / best[which].sum()),
                low,
                high,
                1e3 * starts[which],
            )
        )
    return Comparison(
        title,
        best.shape[1],
        len(made[0].coco_labels()["annotations"]),
        rounds,
        datetime.date.today().isoformat(),
        this_machine(),
        versions(Path(sys.executable), ["torch", "torchvision", "pillow", "pycocotools"]),
        rows,
    )


def check_alike(ours: Any, theirs: Any) -> None:
    """Both have the same images in the same order, with as many boxes, or nothing is compared."""
    assert len(ours) == len(theirs)
    for place in range(len(ours)):
        _, target = ours[place]
        _, other = theirs[place]
        assert target["image_id"] == other["image_id"], "not the same order of images"
        assert len(target["boxes"]) == len(other.get("boxes", ())), "not the same boxes"


def limits(ours: Any, theirs: Any) -> tuple[float, float]:
    """The 95 % interval of the ratio of two sums over images, by resampling these."""
    random = np.random.default_rng(1)
    rows = random.integers(0, len(ours), (DRAWS, len(ours)))
    ratios = ours[rows].sum(axis=1) / theirs[rows].sum(axis=1)
    low, high = np.percentile(ratios, [2.5, 97.5])
    return float(low), float(high)


def table(one: Comparison) -> str:
    """A comparison as Markdown."""
    tools = ", ".join(f"{name} {version}" for name, version in one.versions.items())
    lines = [
        f"| {row.name} | {row.ms:.3f} | {row.ratio:.3f} | {row.low:.3f} to {row.high:.3f} "
        f"| {row.start_ms:,.0f} |"
        for row in one.rows
    ]
    return "\n".join(
        [
            f"## {one.title}: {one.images:,} images, {one.boxes:,} boxes\n",
            "| dataset | ms a sample | ratio | 95 % | start ms |\n|---|--:|--:|--:|--:|",
            *lines,
            f"\n{one.date}, {one.rounds} rounds; {one.machine}; {tools}.\n",
        ]
    )


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(1)
    sources = {
        "coco_cc": SHARED / "coco_cc" / "instances.json",
        "bccd": SHARED / "bccd",
        "bccd (bundled)": ROOT / "examples" / "bccd",
    }
    found = {}
    for name, source in sources.items():
        if not source.exists():
            continue
        for transformed in (False, True):
            title = f"{name}, {'transforms v2' if transformed else 'no transforms'}"
            found[title] = compared(title, source, options.rounds, transformed=transformed)
            print(table(found[title]))
    known = joined(RESULTS / "torch_dataset.json", found, dict[str, Comparison])
    (RESULTS / "torch_dataset.md").write_text("\n".join([HEAD, *map(table, known.values())]))


if __name__ == "__main__":
    main()
