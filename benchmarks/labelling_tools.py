"""Measures hand-overs to labelling tools and back: 2,000 findings in 8,000 images.

Run `python -m benchmarks.labelling_tools` from the root of the repository. The figures go to
`benchmarks/results/labelling_tools.md`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.datasets import FOLDER
from benchmarks.machine import this_machine
from labelaudit.io.labelling_tools import LABELLING_TOOLS

RESULTS = Path(__file__).parent / "results"
IMAGES, BOXES, TWICE = 8_000, 20, 4  # a box stands twice in each fourth image


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the dataset, scan it, and time each tool in processes of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--folder", type=Path, default=FOLDER / "labelling_tools")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--images", type=int, default=IMAGES)
    options = parser.parse_args(arguments)
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    labels, queue = options.folder / "labels.json", options.folder / "queue.sqlite"
    boxes = write_labels(labels, options.images)
    timed("scan", labels, "--select", "DUP001", "--queue", queue, "--quiet", "--exit-zero")
    lines = []
    for tool in LABELLING_TOOLS:
        out = options.folder / f"{tool}.json"
        given = timed("queue", "export", queue, out, "--to", tool)
        taken = timed("queue", "import", queue, out)
        lines.append(f"| {tool} | {given:.1f} | {taken:.1f} |")
    text = [
        f"# Hand-overs of {options.images // TWICE:,} findings in {options.images:,} images, "
        f"{boxes:,} boxes",
        "",
        f"`python -m benchmarks.labelling_tools`, {datetime.datetime.now(datetime.UTC):%Y-%m-%d}; "
        f"{this_machine()}. CPU seconds of whole processes, the dataset read each time; what is "
        "taken back is an export that nobody touched.",
        "",
        "| tool | handed over | taken back |",
        "|---|--:|--:|",
        *lines,
        "",
    ]
    (options.results / "labelling_tools.md").write_text("\n".join(text), "utf-8")
    print("\n".join(text))


def write_labels(path: Path, count: int) -> int:
    """Write a COCO file with so many images; how many boxes it has."""
    random = np.random.default_rng(0)
    corners = random.uniform((0, 0, 10, 10), (1100, 600, 150, 100), (count * BOXES, 4)).round(2)
    annotations = [
        {"id": row, "image_id": row // BOXES, "category_id": row % 3, "bbox": box, "iscrowd": 0}
        for row, box in enumerate(corners.tolist())
    ]
    for image in range(0, count, TWICE):
        annotations.append({**annotations[image * BOXES], "id": len(annotations)})
    images = [
        {"id": row, "file_name": f"{row:06d}.jpg", "width": 1280, "height": 720}
        for row in range(count)
    ]
    classes = [{"id": row, "name": name} for row, name in enumerate(("car", "bus", "person"))]
    content = {"images": images, "annotations": annotations, "categories": classes}
    path.write_text(json.dumps(content), "utf-8")
    return len(annotations)


def timed(*words: object) -> float:
    """CPU seconds of a command of labelaudit."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "labelaudit", *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
