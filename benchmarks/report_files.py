"""Measures the reports for programs, with as many findings as a large dataset of bad labels has.

Run `python -m benchmarks.report_files` from the root of the repository. The figures go to
`benchmarks/results/report_files.md`.

Every figure is of a whole process that reads labels in which one box in two is flat, and writes one
report; `none` writes none, so that the difference to it is what a report takes.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.datasets import FOLDER
from benchmarks.machine import this_machine
from benchmarks.process import measure
from benchmarks.records import joined

RESULTS = Path(__file__).parent / "results"

FORMATS = ("json", "jsonl", "sarif", "junit", "github", "gitlab", "csv", "parquet", "markdown")

NONE = "none"

PER_IMAGE = 10

HEAD = """\
# Reports for programs

Written by `python -m benchmarks.report_files`; do not edit. Every figure is of a whole process that
reads labels in which one box in two is flat, finds these and writes one report; `none` writes none.
MB are millions of bytes; the peak is resident memory.

| report | findings | MB written | wall s | CPU s | peak MB |
|---|--:|--:|--:|--:|--:|
"""


@dataclass(frozen=True)
class ReportCost:
    """What one report took."""

    report: str
    findings: int
    written_mb: float
    wall_s: float
    cpu_s: float
    peak_mb: float
    made: str  # when, and on what


def main(arguments: Sequence[str] | None = None) -> None:
    """Write reports of several sizes and note what they took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=FOLDER / "report_files")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--findings", type=int, nargs="+", default=[10_000, 100_000])
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    for findings in options.findings:
        labels = options.folder / f"{findings}.json"
        labels.write_text(json.dumps(dataset(findings)), "utf-8")
        for name in (NONE, *FORMATS):
            _note(options.results, {f"{findings:07} {name}": cost(labels, findings, name)})


def _note(results: Path, new: Mapping[str, ReportCost]) -> None:
    """Keep what was measured, at once: a run of all takes long."""
    known = joined(results / "report_files.json", new, dict[str, ReportCost])
    rows = "".join(f"{_row(known[key])}\n" for key in sorted(known))
    reports: dict[str, list[str]] = {}
    for key in sorted(known):
        reports.setdefault(known[key].made, []).append(known[key].report)
    made = "\n".join(f"- {', '.join(some)}: {when}" for when, some in reports.items())
    (results / "report_files.md").write_text(f"{HEAD}{rows}\n{made}\n", "utf-8")


def dataset(findings: int) -> dict[str, object]:
    """A COCO file with so many flat boxes, and as many others."""
    count = -(-findings // PER_IMAGE)
    boxes = [
        {"id": number, "image_id": number // 2 // PER_IMAGE, "category_id": number % 3}
        | {"bbox": [10 * (number % 20), 20, 9, 9 * (number % 2)], "area": 0, "iscrowd": 0}
        for number in range(2 * findings)
    ]
    return {
        "images": [
            {"id": n, "file_name": f"train/{n:07}.jpg", "width": 640, "height": 480}
            for n in range(count)
        ],
        "annotations": boxes,
        "categories": [{"id": n, "name": name} for n, name in enumerate(("car", "bus", "van"))],
    }


def cost(labels: Path, findings: int, name: str) -> ReportCost:
    """What a scan that writes a report takes.

    Parameters
    ----------
    labels:
        the COCO file.
    findings:
        in it.
    name:
        of the report, or `NONE`.
    """
    path = labels.with_name(f"report-{labels.stem}.{name}")
    asked = [] if name == NONE else ["--output", f"{name}={path}"]
    words = ["scan", str(labels), "--quiet", "--statistics", "--select", "GEO001", "--exit-zero"]
    ran = measure([sys.executable, "-m", "labelaudit", *words, *asked])
    if ran.complaint:
        raise SystemExit(ran.complaint)
    written = path.stat().st_size / 1e6 if asked else 0.0
    usage = ran.usage
    made = f"{datetime.date.today().isoformat()}, {this_machine()}"
    return ReportCost(name, findings, written, usage.wall_s, usage.cpu_s, usage.peak_mb, made)


def _row(one: ReportCost) -> str:
    sizes = (f"{one.written_mb:.1f}", f"{one.wall_s:.1f}", f"{one.cpu_s:.1f}", f"{one.peak_mb:.0f}")
    return f"| {' | '.join((one.report, f'{one.findings:,}', *sizes))} |"


if __name__ == "__main__":
    main()
