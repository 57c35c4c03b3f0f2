"""Measures what a Ray cluster of this machine costs beside processes of it, by the folds of a scan.

Run `python -m benchmarks.cluster` from the root of the repository (with the extra `ray`). Scenes of
digits are judged from nothing by folds in processes and by folds as Ray's tasks, with one worker
and with two, in turn, round after round. The figures go to `benchmarks/results/cluster.md`.
"""

from __future__ import annotations

import argparse
import datetime
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.datasets import FOLDER
from benchmarks.label_errors.digits import digit_scenes
from benchmarks.machine import Machine, this_machine, versions
from benchmarks.process import measure
from benchmarks.records import joined
from labelaudit import RayExecutor, by_detector, load
from labelaudit.core.executors import LocalExecutor

RESULTS = Path(__file__).parent / "results"
PLACES = ("processes", "Ray")
WORKERS = (1, 2)
PACKAGES = ("labelaudit", "ray", "torch")

HEAD = """\
# Folds on a Ray cluster

Written by `python -m benchmarks.cluster`; do not edit. `labelaudit.by_detector` with an empty cache
on scenes of handwritten digits, as a whole process: its folds are trained in processes, or as tasks
of a Ray cluster of this machine alone, with as many workers. Figures are medians of wall seconds;
the processes that Ray starts are no children of the one that is measured, so CPU time is not shown.
"""


@dataclass(frozen=True)
class Series:
    """What runs took on scenes, by place and number of workers."""

    images: int
    date: str
    machine: Machine
    versions: dict[str, str]
    wall_s: dict[str, list[float]]  # of each round
    starting_s: list[float]  # of Ray alone, with nothing to do


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge the scenes in all ways in turn, and write what each took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=FOLDER / "digits")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--judge", nargs=4, metavar=("LABELS", "CACHE", "PLACE", "WORKERS"))
    options = parser.parse_args(arguments)
    if options.judge:
        judge(*options.judge)
        return
    date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    about = versions(Path(sys.executable), PACKAGES)
    labels = digit_scenes(options.folder, images=options.images)
    series = Series(options.images, date, this_machine(), about, {}, [])
    for number in range(options.rounds):
        series.starting_s.append(taken(labels, "Ray", 0))
        for workers in WORKERS:
            for place in PLACES:
                wall_s = taken(labels, place, workers)
                series.wall_s.setdefault(_way(place, workers), []).append(wall_s)
                print(f"round {number + 1}, {place}, {workers}: {wall_s:.1f} s", file=sys.stderr)
    known = joined(
        options.results / "cluster.json", {str(options.images): series}, dict[str, Series]
    )
    tables = (table(known[images]) for images in sorted(known, key=int))
    (options.results / "cluster.md").write_text("\n".join([HEAD, *tables]))


def taken(labels: Path, place: str, workers: int) -> float:
    """Wall seconds of a process that judges the scenes from nothing; 0 workers only start Ray."""
    with tempfile.TemporaryDirectory(dir=labels.parent) as cache:
        words = ["--judge", str(labels), cache, place, str(workers)]
        run = measure([sys.executable, "-m", "benchmarks.cluster", *words])
    if run.usage.exit_code:
        raise SystemExit(f"{place}, {workers} workers: {run.complaint}")
    return run.usage.wall_s


def judge(labels: str, cache: str, place: str, workers: str) -> None:
    """Judge labels in a place, with so many workers."""
    if place == "Ray":
        import ray  # noqa: PLC0415  # with the extra `ray` alone

        # The cluster that is there is the one that is taken; it ends with this process.
        ray.init(address="local", num_cpus=max(int(workers), 1), include_dashboard=False)
        executor = RayExecutor()
        if workers == "0":
            return
        by_detector(load(labels), cache=Path(cache), executor=executor)
        return
    by_detector(load(labels), cache=Path(cache), executor=LocalExecutor(int(workers)))


def table(series: Series) -> str:
    """What the ways took as Markdown, beside processes with as many workers."""
    starting = statistics.median(series.starting_s)
    rows = []
    for workers in WORKERS:
        plain = statistics.median(series.wall_s[_way("processes", workers)])
        for place in PLACES:
            wall_s = statistics.median(series.wall_s[_way(place, workers)])
            beyond = wall_s - starting if place == "Ray" else wall_s
            figures = f"{wall_s:.1f} | {wall_s / plain:.2f} | {beyond / plain:.2f}"
            rows.append(f"| {place} | {workers} | {figures} |")
    lines = "\n".join(rows)
    packages = ", ".join(f"{name} {version}" for name, version in series.versions.items())
    return (
        f"## {series.images:,} images\n\n"
        "| folds in | workers | wall s | ratio | beyond Ray's start |\n|---|--:|--:|--:|--:|\n"
        f"{lines}\n\nRay alone starts and ends in {starting:.1f} s.\n\n"
        f"{series.date}, {len(series.starting_s)} rounds; {series.machine}; {packages}.\n"
    )


def _way(place: str, workers: int) -> str:
    return f"{place}, {workers}"


if __name__ == "__main__":
    main()
