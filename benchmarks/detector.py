"""Measures what a scan with a detector costs, by the number of images.

Run `python -m benchmarks.detector` from the root of the repository, and with `--device cuda` where
there is a GPU. Scenes of digits (see `benchmarks/label_errors/digits.py`) are scanned from nothing:
features, folds and scores. The figures go to `benchmarks/results/detector.md`.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.datasets import FOLDER
from benchmarks.label_errors.digits import digit_scenes
from benchmarks.machine import Machine, device_name, this_machine, versions
from benchmarks.process import Usage, measure
from benchmarks.records import joined

RESULTS = Path(__file__).parent / "results"
COUNTS = (100, 400, 1_500)
EXTRAPOLATED = 5_000  # images of a dataset that a user may have
FINDINGS = 1  # the exit code of a scan that found something
PACKAGES = ("labelaudit", "torch", "timm", "scikit-learn")

HEAD = """\
# A scan with a detector, by the number of images

Written by `python -m benchmarks.detector`; do not edit. `labelaudit scan FILE --detector` with an
empty cache on scenes of handwritten digits, 320 x 240 pixels, five labels each. CPU seconds are
those of all processes; MB are millions of bytes, of the largest process at its peak.
"""
COLUMNS = """\
| images | wall s | CPU s | CPU s an image | peak MB |
|--:|--:|--:|--:|--:|
"""


@dataclass(frozen=True)
class Series:
    """What scans used on one device, by the number of images."""

    device: str
    date: str
    machine: Machine
    versions: dict[str, str]
    used: dict[int, Usage]


def main(arguments: Sequence[str] | None = None) -> None:
    """Scan each dataset once, and write what it took."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--folder", type=Path, default=FOLDER / "digits")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    options = parser.parse_args(arguments)
    about = versions(Path(sys.executable), PACKAGES)
    date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    series = Series(device_name(options.device), date, this_machine(), about, {})
    for count in options.counts:
        series.used[count] = scanned(digit_scenes(options.folder, images=count), options.device)
        print(f"{count} images: {series.used[count].wall_s:.0f} s", file=sys.stderr, flush=True)
        record({options.device: series}, options.results)


def scanned(labels: Path, device: str) -> Usage:
    """What one scan used, whose cache is empty before it and gone after it."""
    with tempfile.TemporaryDirectory(dir=labels.parent) as cache:
        command = [sys.executable, "-m", "labelaudit", "scan", str(labels), "--quiet"]
        run = measure([*command, "--detector", "--device", device, "--cache", cache])
    if run.usage.exit_code not in (0, FINDINGS):
        raise SystemExit(f"the scan of {labels.name} failed: {run.complaint}")
    return run.usage


def record(new: Mapping[str, Series], folder: Path) -> None:
    """Add what was measured on a device to what was recorded before, and write the tables anew."""
    known = joined(folder / "detector.json", new, dict[str, Series])
    (folder / "detector.md").write_text(
        "\n".join([HEAD, *(table(known[device]) for device in sorted(known))])
    )


def table(series: Series) -> str:
    """What one device took as Markdown, and what that comes to for `EXTRAPOLATED` images."""
    rows = "".join(
        f"| {count:,} | {usage.wall_s:,.0f} | {usage.cpu_s:,.0f} | {usage.cpu_s / count:.2f} "
        f"| {usage.peak_mb:,.0f} |\n"
        for count, usage in series.used.items()
    )
    packages = ", ".join(f"{name} {version}" for name, version in series.versions.items())
    return (
        f"## {series.device}\n\n{COLUMNS}{rows}\n{expected(series.used)}"
        f"{series.date}; {series.machine}; {packages}.\n"
    )


def expected(used: Mapping[int, Usage]) -> str:
    """What `EXTRAPOLATED` images would take, by the two largest numbers measured; nothing if known.

    >>> usages = {100: Usage(60, 100, 900, 1), 300: Usage(100, 180, 1000, 1)}
    >>> print(expected(usages).strip())
    By the last two rows, 5,000 images take 2,060 CPU seconds, 17 minutes of wall time.
    """
    if len(used) < 2 or max(used) >= EXTRAPOLATED:
        return ""
    (few, less), (many, more) = sorted(used.items())[-2:]
    share = (EXTRAPOLATED - many) / (many - few)
    cpu_s = more.cpu_s + share * (more.cpu_s - less.cpu_s)
    wall_s = more.wall_s + share * (more.wall_s - less.wall_s)
    return (
        f"By the last two rows, {EXTRAPOLATED:,} images take {cpu_s:,.0f} CPU seconds, "
        f"{wall_s / 60:,.0f} minutes of wall time.\n\n"
    )


if __name__ == "__main__":
    main()
