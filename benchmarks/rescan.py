"""Measures a scan of 100,000 images that did not change since the scan before, and what takes long.

    python -m benchmarks.rescan [--images 100000] [--folder FOLDER] [--rounds 3]

makes the same labels in three formats, with tiny images that hold a picture of their own each, and
scans each of them again and again in a process of its own: as a user would, and with `--select` of
the rules that need no image. What the steps of a scan take is measured in another process, which
does them one after the other. The table goes to `benchmarks/results/rescan.md`.
"""

from __future__ import annotations

import argparse
import datetime
import io
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from benchmarks.coco_file import write_coco
from benchmarks.datasets import FOLDER
from benchmarks.machine import Machine, this_machine, versions
from benchmarks.process import Usage, measure
from benchmarks.records import joined
from benchmarks.scenes import draw_scenes
from benchmarks.voc_folder import write_voc
from benchmarks.yolo_folder import write_yolo
from labelaudit.auditing.run import Options, audited, context_of
from labelaudit.auditing.scan import scan
from labelaudit.core.cache import stamps
from labelaudit.images.files import listed
from labelaudit.images.headers import read_headers
from labelaudit.io.load import load
from labelaudit.reports.text.layout import write

RESULTS = Path(__file__).parent / "results"

BOXES_PER_IMAGE = 2
"""Few: it is images that are counted here."""

HEAD = """\
# Scanning 100,000 images again

Written by `python -m benchmarks.rescan`; do not edit. Figures of scans are of a whole process,
medians of rounds after a first one, which is told by itself; those of steps are of one process that
does them one after the other, wall and CPU seconds. Where the load was above the number of cores,
CPU seconds are the ones to go by.
"""


@dataclass(frozen=True)
class Rescans:
    """What scans of one dataset took."""

    date: str
    machine: Machine
    versions: dict[str, str]
    images: int
    first: dict[str, Usage]  # by format
    again: dict[str, list[Usage]]
    steps: dict[str, dict[str, tuple[float, float]]]  # by format and step: wall, CPU seconds


def main(arguments: Sequence[str] | None = None) -> None:
    """Scan again, and record what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--steps-of", type=Path, help="measure the steps of a scan of this")
    options = parser.parse_args(arguments)
    if options.steps_of:
        json.dump(steps(options.steps_of), sys.stdout)
        return
    paths = made(options.folder / f"rescan-{options.images}", options.images)
    machine = this_machine()
    first: dict[str, Usage] = {}
    again: dict[str, list[Usage]] = {}
    for name, path in paths.items():
        runs = [_scan(path) for _ in range(options.rounds + 1)]
        first[name], again[name] = runs[0], runs[1:]
        print(name, [(run.wall_s, run.cpu_s) for run in runs], file=sys.stderr, flush=True)
    measured = {name: _steps_of(path) for name, path in paths.items()}
    outcome = Rescans(
        datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        machine,
        versions(Path(sys.executable), ["labelaudit", "numpy", "pillow"]),
        options.images,
        first,
        again,
        measured,
    )
    new = {f"{options.images:,} images": outcome}
    known = joined(options.results / "rescan.json", new, dict[str, Rescans])
    text = "\n".join([HEAD, *(table(name, one) for name, one in known.items())])
    (options.results / "rescan.md").write_text(text)
    print(text)


def made(folder: Path, count: int) -> dict[str, Path]:
    """The path of the dataset in each format; images are made once and linked."""
    paths = {
        "COCO": folder / "coco/annotations.json",
        "VOC": folder / "voc",
        "YOLO": folder / "yolo",
    }
    if not folder.exists():
        scenes = draw_scenes(count, count * BOXES_PER_IMAGE)
        making = folder.with_name(f"{folder.name}.part")
        (making / "coco").mkdir(parents=True)
        write_yolo(making / "yolo", scenes)
        write_voc(making / "voc", scenes)
        write_coco(making / "coco/annotations.json", scenes, polygons=False)
        (making / "coco/images").mkdir()
        for path in making.glob("yolo/images/*/*.jpg"):
            os.link(path, making / "coco/images" / path.name)
        making.rename(folder)
    return paths


def _scan(path: Path) -> Usage:
    command = [sys.executable, "-m", "labelaudit", "scan", str(path), "--exit-zero", "--quiet"]
    return measure([*command, "--statistics"]).usage


def _steps_of(path: Path) -> dict[str, tuple[float, float]]:
    command = [sys.executable, "-m", "benchmarks.rescan", "--steps-of", str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {name: (wall, cpu) for name, (wall, cpu) in json.loads(said).items()}


def steps(path: Path) -> dict[str, tuple[float, float]]:
    """The wall and CPU seconds of each step of a scan."""
    found: dict[str, tuple[float, float]] = {}

    def timed(name: str, step: Callable[..., Any], *arguments: Any) -> Any:
        wall, cpu = perf_counter(), process_time()
        result = step(*arguments)
        found[name] = (round(perf_counter() - wall, 3), round(process_time() - cpu, 3))
        return result

    dataset = timed("reading labels, finding images", load, path)
    folder = dataset.image_folders[0]
    timed("of this: listing the folder of images", lambda: list(listed(folder)))
    timed("asking each image for its size and time", stamps, dataset.images.path)
    timed("headers of images", read_headers, dataset.images.path)
    options = Options()
    context = context_of(dataset, options)
    timed("identical images, headers included", lambda: context.identical_images)
    timed("all rules, without these", lambda: audited(context, options))
    result = scan(dataset, options)
    timed("the report", write, result, io.StringIO())
    return found


def table(name: str, outcome: Rescans) -> str:
    """What was measured, as Markdown."""
    lines = [
        f"## {name}\n",
        "| format | first scan, wall s | again, wall s | again, CPU s | peak MB |",
        "|---|--:|--:|--:|--:|",
    ]
    for form, runs in outcome.again.items():
        wall, cpu, peak = (
            statistics.median(getattr(run, unit) for run in runs)
            for unit in ("wall_s", "cpu_s", "peak_mb")
        )
        first = outcome.first[form].wall_s
        lines.append(f"| {form} | {first:.2f} | {wall:.2f} | {cpu:.2f} | {peak:,.0f} |")
    names = list(next(iter(outcome.steps.values())))
    lines += ["", f"| step, wall s (CPU s) | {' | '.join(outcome.steps)} |"]
    lines.append(f"|---|{'--:|' * len(outcome.steps)}")
    for step in names:
        cells = [f"{of[step][0]:.2f} ({of[step][1]:.2f})" for of in outcome.steps.values()]
        lines.append(f"| {step} | {' | '.join(cells)} |")
    tools = ", ".join(f"{tool} {version}" for tool, version in outcome.versions.items())
    rounds = max(map(len, outcome.again.values()))
    lines += ["", f"{outcome.date}, {rounds} rounds; {outcome.machine}; {tools}.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
