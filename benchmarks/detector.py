"""Measures what a scan with a detector costs, by the number of images.

Run `python -m benchmarks.detector` from the root of the repository. Scenes of digits (see
`benchmarks/label_errors/digits.py`) are scanned from nothing: features, folds and judgement. The
figures go to `benchmarks/results/detector.md`.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.datasets import FOLDER
from benchmarks.label_errors.digits import digit_scenes
from benchmarks.machine import this_machine, versions
from benchmarks.process import Usage, measure

RESULTS = Path(__file__).parent / "results"
COUNTS = (100, 400, 1_500)
ASKED = 5_000  # images that nobody here scanned
FINDINGS = 1  # the exit code of a scan that found something

HEAD = """\
# A scan with a detector, by the number of images

Written by `python -m benchmarks.detector`; do not edit. `labelaudit scan FILE --detector` with an
empty cache on scenes of handwritten digits, 320 x 240 pixels, five labels each. CPU seconds are
those of all processes; MB are millions of bytes, of the largest process at its peak.

| images | wall s | CPU s | CPU s an image | peak MB |
|--:|--:|--:|--:|--:|
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Scan each dataset once, and write what it took."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, default=FOLDER / "digits")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    options = parser.parse_args(arguments)
    machine = this_machine()
    used = {}
    for count in options.counts:
        used[count] = scanned(digit_scenes(options.folder, images=count))
        print(f"{count} images: {used[count].wall_s:.0f} s", file=sys.stderr, flush=True)
    packages = versions(Path(sys.executable), ["labelaudit", "torch", "timm", "scikit-learn"])
    said = ", ".join(f"{name} {version}" for name, version in packages.items())
    date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / "detector.md").write_text(f"{table(used)}\n{date}; {machine}; {said}.\n")


def scanned(labels: Path) -> Usage:
    """What one scan used, whose cache is empty before it and gone after it."""
    with tempfile.TemporaryDirectory(dir=labels.parent) as cache:
        command = [sys.executable, "-m", "labelaudit", "scan", str(labels), "--quiet"]
        run = measure([*command, "--detector", "--cache", cache])
    if run.usage.exit_code not in (0, FINDINGS):
        raise SystemExit(f"the scan of {labels.name} failed: {run.complaint}")
    return run.usage


def table(used: Mapping[int, Usage]) -> str:
    """What was measured as Markdown, and what that comes to for `ASKED` images.

    >>> usages = {100: Usage(60, 100, 900, 1), 300: Usage(100, 180, 1000, 1)}
    >>> print(table(usages).splitlines()[-1])
    By the last two rows, 5,000 images take 2,060 CPU seconds, 17 minutes of wall time.
    """
    rows = [
        f"| {count:,} | {usage.wall_s:,.0f} | {usage.cpu_s:,.0f} | {usage.cpu_s / count:.2f} "
        f"| {usage.peak_mb:,.0f} |\n"
        for count, usage in used.items()
    ]
    text = HEAD + "".join(rows)
    if len(used) < 2:
        return text
    (few, less), (many, more) = list(used.items())[-2:]
    share = (ASKED - many) / (many - few)
    cpu_s = more.cpu_s + share * (more.cpu_s - less.cpu_s)
    wall_s = more.wall_s + share * (more.wall_s - less.wall_s)
    return (
        f"{text}\nBy the last two rows, {ASKED:,} images take {cpu_s:,.0f} CPU seconds, "
        f"{wall_s / 60:,.0f} minutes of wall time.\n"
    )


if __name__ == "__main__":
    main()
