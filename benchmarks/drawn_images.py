"""Whether what `--detector-images` says of all images is true, tried with planted errors.

    python -m benchmarks.drawn_images --data bccd --noise A --images 120 --seeds 0 1 2 3

plants errors, lets the detector look at some images, and compares how many boxes and missing
objects it says are wrong in all with what was planted. Each seed is of errors, images and training
alike. What was tried before is not tried again; the tables go to
`benchmarks/results/drawn_images.md`.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np

from benchmarks.label_errors.detector_answers import NOISES, cpu_s, dataset, noisy
from benchmarks.machine import Machine, this_machine, versions
from benchmarks.records import joined
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import scan
from labelaudit.auditing.summary.overview import ErrorShare, overview
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.config import DetectorConfig
from labelaudit.label_errors.find import by_detector

ROOT = Path(__file__).parent
REAL = ROOT.parents[1] / "shared" / "data"
PACKAGES = ("labelaudit", "torch", "timm", "scikit-learn", "numpy")

HEAD = """\
# Errors in all images, told by some

Written by `python -m benchmarks.drawn_images`; do not edit. Errors are planted, a detector looks at
some of the images (`--detector-images`), and what it says of all (expected, with 95 % limits of the
draw alone) is compared with what was planted. Beside it, what lies in the drawn images alone: what
the estimate for all rests on. Real labels have errors of their own, which count as none here.
"""


class Told(msgspec.Struct, frozen=True):
    """How many errors there are, and how many are said to be there."""

    planted: int
    in_drawn: int  # of these, in images that were drawn
    expected: float
    low: float
    high: float

    @property
    def holds(self) -> bool:
        """Whether the limits hold what was planted."""
        return self.low <= self.planted <= self.high


class Tried(msgspec.Struct, frozen=True):
    """One seed."""

    seed: int
    boxes: Told
    missing: Told
    cpu_s: float


class Runs(msgspec.Struct, frozen=True):
    """All seeds of one dataset, noise and number of images."""

    date: str
    machine: Machine
    versions: dict[str, str]
    images: int
    of: int
    runs: tuple[Tried, ...]


@dataclass(frozen=True)
class Asked:
    """What is tried."""

    labels: Dataset
    noise: str
    images: int

    def tried(self, seed: int) -> Tried:
        """One seed, from nothing."""
        known, before = noisy(self.labels, self.noise, seed), cpu_s()
        with TemporaryDirectory() as cache:
            found = by_detector(
                known.dataset,
                DetectorConfig(seed=seed, device="cpu"),
                images=self.images,
                cache=Path(cache),
                workers=1,
            )
        seen = overview(scan(known.dataset, Options(select=("MOD",)), label_issues=found))
        drawn = np.ones(len(known.dataset.images), bool) if found.drawn is None else found.drawn
        wrong = known.dataset.boxes.image[known.error != ""]
        return Tried(
            seed,
            _told(seen.boxes, wrong, drawn),
            _told(seen.missing, known.dropped.image, drawn),
            round(cpu_s() - before, 1),
        )


def _told(said: ErrorShare | None, image: np.ndarray, drawn: np.ndarray) -> Told:
    if said is None or said.high is None:
        raise SystemExit("the detector gave no probabilities here")
    inside = int(np.count_nonzero(drawn[image]))
    return Told(len(image), inside, round(said.errors, 1), round(said.low, 1), round(said.high, 1))


def page(known: dict[str, Runs]) -> str:
    """All tables, for people."""
    return "\n".join([HEAD, *(_table(name, runs) for name, runs in known.items())])


def _table(name: str, runs: Runs) -> str:
    lines = [
        f"## {name}: {runs.images} of {runs.of} images",
        "",
        f"{runs.date}, {runs.machine}.",
        "",
        "| seed | of | planted | in drawn images | said | limits of the draw | held | CPU s |",
        "|--:|---|--:|--:|--:|--:|---|--:|",
    ]
    for run in runs.runs:
        for what, told in (("boxes", run.boxes), ("missing objects", run.missing)):
            held = "yes" if told.holds else "no"
            cells = (
                *(run.seed, what, told.planted, told.in_drawn, f"{told.expected:.0f}"),
                *(f"{told.low:.0f} to {told.high:.0f}", held, f"{run.cpu_s:.0f}"),
            )
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, ""])


def main(arguments: Sequence[str] | None = None) -> None:
    """Try what was not tried, and write the tables after each seed."""
    parser = argparse.ArgumentParser(
        prog="drawn_images",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", choices=("bccd", "cards"), default="bccd")
    parser.add_argument("--noise", choices=NOISES, default="A")
    parser.add_argument("--images", type=int, default=120)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--real", type=Path, default=REAL, help="the folder of real datasets")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    options = parser.parse_args(arguments)
    if not (options.real / options.data).is_dir():
        parser.error(f"{options.real}: the real datasets are not here; name their folder: --real")
    labels = dataset(options.data, real=options.real, made=Path())
    asked = Asked(labels, options.noise, options.images)
    path, name = options.results / "drawn_images.json", f"{options.data}, noise {options.noise}"
    before = joined(path, {}, dict[str, Runs]).get(name)
    done = before.runs if before and before.images == options.images else ()
    date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    about = (date, this_machine(), versions(Path(sys.executable), PACKAGES))
    for seed in options.seeds:
        if seed in {run.seed for run in done}:
            continue
        done = (*done, asked.tried(seed))
        print(done[-1], file=sys.stderr, flush=True)
        runs = Runs(*about, options.images, len(labels.images), done)
        known = joined(path, {name: runs}, dict[str, Runs])
        (options.results / "drawn_images.md").write_text(page(known), encoding="utf-8")


if __name__ == "__main__":
    main()
