"""Measures what a second opinion costs where predictions are given: at the size of COCO train2017.

Run `python -m benchmarks.opinions` from the root of the repository. Invented scenes get twenty
predictions an image; they are read and judged, and cleanlab's module for object detection scores a
thousand of these images. Ten thousand images with three hundred predictions each are judged, too.
The figures go to `benchmarks/results/opinions.md`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.coco_file import CATEGORY_IDS, write_coco
from benchmarks.datasets import FOLDER
from benchmarks.machine import this_machine, versions
from benchmarks.scenes import NAMES, Scenes, draw_scenes

RESULTS = Path(__file__).parent / "results"
IMAGES, BOXES = 118_287, 860_001  # of COCO train2017
EACH = 20  # predictions of an image, on average
CROWDED, MANY = 10_000, 300  # images, and predictions of each, as a detector writes at most
FEW = 1_000  # images that cleanlab's module is given
FOUND = 0.9  # part of the labels that the invented detector finds
CONFUSED = 0.1  # part of these to which it gives another class

HEAD = """\
# Given predictions

Written by `python -m benchmarks.opinions`; do not edit. Invented scenes with 80 classes and 20
predictions an image, or 300 where it says so: nine in ten labels found, a tenth of these with
another class, the rest of the predictions faint, half of them near labels. Each row is a process of
its own: labelaudit judges labels and missing objects on a core each, cleanlab starts further
processes. MB are millions of bytes, resident at its peak.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the experiment and write what it showed; with `--part`, one part in this process."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, default=FOLDER / "opinions")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--each", type=int, default=EACH)
    parser.add_argument("--part", choices=["make", *PARTS])
    options = parser.parse_args(arguments)
    if options.part:
        if options.part == "make":
            boxes = round(BOXES * options.images / IMAGES)
            make(options.folder, options.images, boxes, options.each)
        used = {} if options.part == "make" else PARTS[options.part](options.folder)
        print(json.dumps(used))
        return
    machine = this_machine()
    few, crowded = min(FEW, options.images), min(CROWDED, options.images)
    sizes = {"large": (options.images, EACH), "small": (few, EACH), "crowded": (crowded, MANY)}
    for name, (images, each) in sizes.items():
        _run("make", options.folder / name, images, each)
    plan = (("judge", "large"), ("judge", "small"), ("judge", "crowded"), ("cleanlab", "small"))
    found = {f"{part}, {name}": _run(part, options.folder / name) for part, name in plan}
    date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    packages = versions(Path(sys.executable), ["cleanlab", "numpy", "scikit-learn"])
    said = ", ".join(f"{name} {version}" for name, version in packages.items())
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / "opinions.md").write_text(
        f"{HEAD}\n{table(found, options.images)}\n{date}; {machine}; {said}.\n"
    )


def _run(part: str, folder: Path, images: int = 0, each: int = EACH) -> dict[str, float]:
    """One part in a process of its own: a large one would lend its size to those that it starts."""
    options = ["--part", part, "--folder", str(folder), "--images", str(images)]
    command = [sys.executable, "-m", "benchmarks.opinions", *options, "--each", str(each)]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(said.stdout.splitlines()[-1]))


def table(found: dict[str, dict[str, float]], images: int) -> str:
    """What was measured as Markdown, and how many times as long cleanlab's module takes."""
    few = min(FEW, images)
    titles = {
        "judge, large": f"labelaudit, {images:,} images",
        "judge, small": f"labelaudit, {few:,} images",
        "judge, crowded": f"labelaudit, {min(CROWDED, images):,} images, {MANY} predictions each",
        "cleanlab, small": f"cleanlab's scores and issues, {few:,} images",
    }
    lines = [
        "| | boxes | reading s | judging: wall s | judging: CPU s | peak MB |\n"
        "|---|--:|--:|--:|--:|--:|"
    ]
    for key, title in titles.items():
        row = found[key]
        lines.append(
            f"| {title} | {row['boxes']:,.0f} | {row['reading_s']:.1f} | {row['wall_s']:.1f} "
            f"| {row['cpu_s']:.1f} | {row['peak_mb']:,.0f} |"
        )
    theirs = found["cleanlab, small"]["cpu_s"] / few
    ours = found["judge, large"]["cpu_s"] / images
    lines.append(
        f"\nCPU time an image: labelaudit {1000 * ours:.2f} ms at {images:,} images, cleanlab "
        f"{1000 * theirs:.1f} ms at {few:,}: {theirs / ours:,.0f} times as much, and for all "
        f"{images:,} images {theirs * images / 60:,.0f} minutes.\n"
    )
    return "\n".join(lines)


def make(folder: Path, images: int, boxes: int, each: int) -> None:
    """A COCO file and a results file about it; made once."""
    if (folder / "predictions.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    scenes = draw_scenes(images, boxes)
    write_coco(folder / "labels.json", scenes, polygons=False)
    unfinished = folder / "predictions.unfinished"
    write_predictions(unfinished, scenes, np.random.default_rng(1), each)
    unfinished.rename(folder / "predictions.json")


@dataclass(frozen=True)
class Seen:
    """What an invented detector predicts."""

    image: Any  # (n,) row of the image
    label: Any  # (n,) row of NAMES
    xyxy: Any  # (n, 4) in pixels
    score: Any  # (n,)


def write_predictions(
    path: Path, scenes: Scenes, random: np.random.Generator, each: int = EACH
) -> None:
    """Write what an invented detector predicts as COCO results, so many in an image."""
    parts = vars(_found(scenes, random)).values(), vars(_faint(scenes, random, each)).values()
    columns = [np.concatenate(pair) for pair in zip(*parts, strict=True)]
    order = random.permutation(len(columns[0]))
    seen = Seen(*(column[order] for column in columns))
    left_top, size = seen.xyxy[:, :2], np.maximum(seen.xyxy[:, 2:] - seen.xyxy[:, :2], 1)
    rows = zip(
        scenes.id[seen.image].tolist(),
        seen.label.tolist(),
        np.hstack([left_top, size]).round(2).tolist(),
        seen.score.round(4).tolist(),
        strict=True,
    )
    with path.open("w", encoding="ascii") as file:
        for number, (image, label, box, score) in enumerate(rows):
            start = "," if number else "["
            file.write(
                f'{start}{{"image_id":{image},"category_id":{CATEGORY_IDS[label]},'
                f'"bbox":{box},"score":{score}}}\n'
            )
        file.write("]")


def _found(scenes: Scenes, random: np.random.Generator) -> Seen:
    """Most labels, a little off, some as another class."""
    rows = np.flatnonzero(random.random(len(scenes.image)) < FOUND)
    box = scenes.box[rows] / 100
    side = np.tile(box[:, 2:] - box[:, :2], 2)
    other = random.integers(0, len(NAMES), len(rows))
    label = np.where(random.random(len(rows)) < CONFUSED, other, scenes.label[rows])
    xyxy = box + random.normal(0, 0.06, box.shape) * side
    return Seen(scenes.image[rows], label, xyxy, random.beta(5, 2, len(rows)))


def _faint(scenes: Scenes, random: np.random.Generator, each: int) -> Seen:
    """What is left of `each` for an image: faint, half of it near labels, half anywhere."""
    count = each * len(scenes.id) - round(FOUND * len(scenes.image))
    like = random.integers(0, len(scenes.image), count)
    box = scenes.box[like] / 100
    size = box[:, 2:] - box[:, :2]
    near = random.random(count) < 0.5
    image = np.where(near, scenes.image[like], random.integers(0, len(scenes.id), count))
    low = random.random(size.shape) * np.maximum(scenes.size[image] - size, 1)
    beside = box + random.normal(0, 0.2, box.shape) * np.tile(size, 2)
    xyxy = np.where(near[:, None], beside, np.hstack([low, low + size]))
    label = random.integers(0, len(NAMES), count)
    return Seen(image, label, xyxy, random.beta(1, 6, count))


def judge(folder: Path) -> dict[str, float]:
    """Read labels and predictions, and judge every label."""
    import labelaudit  # noqa: PLC0415  # only what is measured is loaded
    from labelaudit.dataset.derived import DatasetColumns  # noqa: PLC0415
    from labelaudit.label_errors.scoring import label_issues  # noqa: PLC0415
    from labelaudit.predictions.as_model_output import as_model_output  # noqa: PLC0415
    from labelaudit.predictions.read import read_predictions  # noqa: PLC0415

    started = time.perf_counter()
    derived = DatasetColumns(labelaudit.load(folder / "labels.json"))
    imported = read_predictions(folder / "predictions.json", derived)
    reading_s = time.perf_counter() - started
    used = measured(lambda: label_issues(derived, as_model_output(derived, imported)))
    return used | {"reading_s": reading_s, "boxes": len(derived.dataset.boxes)}


def cleanlab(folder: Path) -> dict[str, float]:
    """Scores of all images by cleanlab, and the images with issues."""
    from cleanlab.object_detection import filter as issues  # noqa: PLC0415
    from cleanlab.object_detection import rank  # noqa: PLC0415

    started = time.perf_counter()
    labels = json.loads((folder / "labels.json").read_text())
    rows = json.loads((folder / "predictions.json").read_text())
    place = {image["id"]: number for number, image in enumerate(labels["images"])}
    given, seen = (_by_image(table, place, len(place)) for table in (labels["annotations"], rows))
    kind = {number: row for row, number in enumerate(CATEGORY_IDS)}
    annotations = [_annotation(image, kind) for image in given]
    predictions = [_prediction(image, kind) for image in seen]
    reading_s = time.perf_counter() - started

    def scored() -> None:
        rank.get_label_quality_scores(annotations, predictions, verbose=False)
        issues.find_label_issues(annotations, predictions)

    return measured(scored) | {"reading_s": reading_s, "boxes": len(labels["annotations"])}


def _by_image(rows: list[Any], place: dict[int, int], images: int) -> list[list[Any]]:
    found: list[list[Any]] = [[] for _ in range(images)]
    for row in rows:
        found[place[row["image_id"]]].append(row)
    return found


def _corners(rows: list[Any]) -> Any:
    box = np.array([row["bbox"] for row in rows], float).reshape(-1, 4)
    return np.hstack([box[:, :2], box[:, :2] + box[:, 2:]])


def _annotation(rows: list[Any], kind: dict[int, int]) -> dict[str, Any]:
    label = np.array([kind[row["category_id"]] for row in rows], int)
    return {"bboxes": _corners(rows), "labels": label}


def _prediction(rows: list[Any], kind: dict[int, int]) -> Any:
    """Corners and score of the predictions of each class, as cleanlab takes them."""
    box = np.column_stack([_corners(rows), [row["score"] for row in rows]])
    label = np.array([kind[row["category_id"]] for row in rows], int)
    by_class = np.empty(len(NAMES), object)
    for number in range(len(NAMES)):
        by_class[number] = box[label == number]
    return by_class


def measured(work: Callable[[], object]) -> dict[str, float]:
    """What a piece of work uses; the processes that it starts and waits for count."""
    wall, cpu = time.perf_counter(), _cpu_s()
    work()
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": _cpu_s() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
    }


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


PARTS = {"judge": judge, "cleanlab": cleanlab}

if __name__ == "__main__":
    main()
