"""Measures how far a second opinion finds the same with other seeds, processes and rounding.

    python -m benchmarks.stability --data photographs bccd-A bccd

lets the detector that labelaudit trains judge a dataset again and again: with five seeds; with two
processes for one; with every number that the backbone says moved as by rounding; and, by what the
detector of one seed said, judged with other seeds alone. Each run is kept in `--cache` and done
once; the tables in `benchmarks/results/stability.md` are written after each.
"""

from __future__ import annotations

import argparse
import datetime
import json
import pickle
import shutil
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import msgspec
import numpy as np

from benchmarks.datasets import FOLDER
from benchmarks.label_errors.detector_answers import (
    DetectorAnswers,
    as_it_is,
    asked,
    cpu_s,
    noisy,
)
from benchmarks.label_errors.known import known_errors
from benchmarks.machine import Machine, this_machine, versions
from benchmarks.records import joined
from benchmarks.stability_measures import (
    CODES,
    FIRST,
    SURE,
    Agreement,
    Findings,
    agreement,
    all_pairs,
    findings_of,
    in_how_many,
)
from labelaudit.core.columns import Ints
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.feature_maps import Stored
from labelaudit.io.load import load
from labelaudit.label_errors.evaluation.known_errors import KnownErrors
from labelaudit.label_errors.scoring import label_issues

ROOT = Path(__file__).parent
REAL = ROOT.parents[1] / "shared" / "data"
PACKAGES = ("labelaudit", "torch", "timm", "scikit-learn", "numpy")
DATA = {
    "photographs": "the 40 photographs of examples/bccd",
    "bccd-A": "bccd with noise A",
    "bccd": "bccd as published",
}

SEEDS = range(5)

MOVED = 1 / 12
"""Part of the numbers that are moved by one unit in the last place of float16: their variance is
that of rounding to it, so they differ as float16 does from float32."""

HEAD = f"""\
# How stable findings are

Written by `python -m benchmarks.stability`; do not edit. The detector that labelaudit trains judges
the same labels again and again. Cells are the Jaccard index of two runs, the findings that both
have by those that either has, as mean (least to most) over all pairs of runs: findings of
probability .5 or more, and the first {FIRST} of each kind, however probable. Missing objects are
the same where they overlap by .5 or more. "{SURE:g} or more again" is how many of the findings of
which one run is so sure the other has, too, at .5 or more. "Features rounded" moves one in twelve
of the numbers that the backbone says by a unit in the last place of float16, which has the variance
of rounding from float32. "Judged alone" lets what the detector of seed 0 said be judged with five
seeds. A seed changes folds, training, synthetic errors and groups; what is planted stays. The load
is that before the last run.
"""


class Known(msgspec.Struct, frozen=True):
    """A label whose class is known to be wrong, by seed."""

    name: str  # of its image, and the number of its object there
    place: list[int]  # by the doubt about its class
    probability: list[float]


class Held(msgspec.Struct, frozen=True):
    """Findings of one kind by how many seeds have them."""

    count: list[int]  # (seeds,) in one seed alone, in two, ...
    planted: list[int] | None  # (seeds,) of these, labels with a planted error; None: none planted


class Outcome(msgspec.Struct, frozen=True):
    """What was measured of one dataset so far."""

    date: str
    machine: Machine
    versions: dict[str, str]
    images: int
    labels: int
    compared: dict[str, Agreement]
    seeds: int
    above: dict[str, list[int]]  # by kind, how many findings each seed has
    held: dict[str, Held]
    known: list[Known]
    cpu_s: list[float]  # of each seed


About: TypeAlias = tuple[str, Machine, dict[str, str]]
"""Date, machine and versions of packages of a run."""


@dataclass(frozen=True)
class Asked:
    """Labels that are judged again and again."""

    name: str
    copy: KnownErrors
    known: Ints  # rows in Boxes of labels whose class is known to be wrong
    folder: Path  # what is kept of it

    def run(self, name: str, made: Callable[[], Findings]) -> bool:
        """Do a run, unless it is kept; whether it was done."""
        path = self.folder / f"{name}.json"
        if path.exists():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode(made()))
        print(f"{self.name}: {name}", file=sys.stderr, flush=True)
        return True

    def runs(self, *names: str) -> list[Findings]:
        """Those of some runs that are kept."""
        paths = [self.folder / f"{name}.json" for name in names]
        kept = [path.read_bytes() for path in paths if path.exists()]
        return [msgspec.json.decode(one, type=Findings) for one in kept]

    def judged(self, said: DetectorAnswers, seed: int) -> Findings:
        """The findings by what a detector said."""
        before = cpu_s()
        issues = label_issues(
            DatasetColumns(self.copy.dataset), said.model_output, said.synthetic_noise, seed=seed
        )
        used = said.cpu_s + cpu_s() - before
        return findings_of(self.copy.dataset, issues, self.known, used)

    def said(self, seed: int, workers: int, cache: Path) -> DetectorAnswers:
        """What a detector says that is trained now; only features are taken from the cache."""
        cache.mkdir(parents=True, exist_ok=True)
        config = DetectorConfig(seed=seed, device="cpu")
        said = asked(self.copy.dataset, config, cache=cache, workers=workers)
        for kind in ("models", "crops"):
            shutil.rmtree(cache / kind, ignore_errors=True)
        return said

    def of_seed(self, seed: int, workers: int) -> Findings:
        """Trained and judged with a seed; what the detector said is kept."""
        said = self.said(seed, workers, self.folder / "cache")
        (self.folder / f"said-{seed}.pickle").write_bytes(pickle.dumps(said))
        return self.judged(said, seed)

    def again(self, workers: int) -> Findings:
        """As seed 0, with another number of processes."""
        return self.judged(self.said(0, workers, self.folder / "cache"), 0)

    def rounded(self, workers: int) -> Findings:
        """As seed 0, with features moved as by rounding."""
        cache = self.folder / "rounded"
        for entry in sorted((self.folder / "cache" / "features").iterdir()):
            move_by_rounding(entry, cache / "features" / entry.name)
        found = self.judged(self.said(0, workers, cache), 0)
        shutil.rmtree(cache)
        return found

    def judged_alone(self, seed: int) -> Findings:
        """By what the detector of seed 0 said, judged with another seed."""
        said: DetectorAnswers = pickle.loads((self.folder / "said-0.pickle").read_bytes())
        return self.judged(said, seed)

    def outcome(self, about: About) -> Outcome:
        """What all runs say that were done so far.

        Parameters
        ----------
        about:
            the last of them.
        """
        seeds = self.runs(*(f"seed-{seed}" for seed in SEEDS))
        alone = self.runs("seed-0", *(f"judged-{seed}" for seed in SEEDS[1:]))
        first = self.runs("seed-0")
        compared = {
            "one process and two": all_pairs([*first, *self.runs("processes-2")]),
            "features rounded": all_pairs([*first, *self.runs("rounded")]),
            "judged alone, five seeds": all_pairs(alone),
            f"{len(seeds)} seeds": all_pairs(seeds),
        }
        kinds = [kind.value for kind in CODES]
        return Outcome(
            *about,
            len(self.copy.dataset.images),
            len(self.copy.dataset.boxes),
            {name: agreement(pairs) for name, pairs in compared.items() if pairs},
            len(seeds),
            {kind: [len(run.above[kind]) for run in seeds] for kind in kinds},
            {kind: self._held(seeds, kind) for kind in kinds},
            [self._known(seeds, place) for place in range(len(self.known))],
            [run.cpu_s for run in seeds],
        )

    def _held(self, seeds: Sequence[Findings], kind: str) -> Held:
        count, box = in_how_many(seeds, kind)
        total = np.bincount(count, minlength=len(seeds) + 1)[1:].tolist()
        if not box or not (self.copy.error != "").any():
            return Held(total, None)
        wrong = np.array(count)[self.copy.error[box] != ""]
        return Held(total, np.bincount(wrong, minlength=len(seeds) + 1)[1:].tolist())

    def _known(self, seeds: Sequence[Findings], place: int) -> Known:
        boxes, row = self.copy.dataset.boxes, int(self.known[place])
        image = self.copy.dataset.images.name[boxes.image[row]]
        said = [run.known[place] for run in seeds]
        return Known(
            f"{image} object {boxes.record[row]}",
            [one for one, _ in said],
            [round(probability, 3) for _, probability in said],
        )


def move_by_rounding(kept: Path, moved: Path) -> None:
    """A copy of an entry of features in the cache with its numbers moved as by rounding.

    Parameters
    ----------
    kept:
        the entry.
    moved:
        the copy.
    """
    moved.mkdir(parents=True, exist_ok=True)
    lines = [json.loads(line) for line in (kept / "done.jsonl").read_text().splitlines()]
    values = np.fromfile(kept / "values.bin", np.float16).reshape(len(lines), -1)
    random = np.random.default_rng(0)
    for row, line in enumerate(lines):
        values[row] = moved_by_rounding(values[row], random)
        line["check"] = zlib.crc32(values[row].data)
    values.tofile(moved / "values.bin")
    (moved / "done.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def moved_by_rounding(values: Stored, random: np.random.Generator) -> Stored:
    """Numbers of float16, (n,), of which `MOVED` are the next larger or smaller one."""
    drawn = random.random(len(values), np.float32)
    end = np.float16(65504)
    towards = np.where(drawn < MOVED / 2, -end, end).astype(np.float16)
    found: Stored = np.where(drawn < MOVED, np.nextafter(values, towards), values)
    return found


def page(known: dict[str, Outcome]) -> str:
    """All tables, for people."""
    order = [name for name in DATA if name in known]
    return "\n".join([HEAD, *(_tables(DATA[name], known[name]) for name in order)])


def _tables(title: str, one: Outcome) -> str:
    kinds = [kind.value for kind in CODES]
    words = " | ".join(kind.replace("_", " ") for kind in kinds)
    bar = "|---|--:" + "|--:" * (2 * len(kinds) + 2) + "|"
    lines = [
        f"## {title[0].upper()}{title[1:]}",
        "",
        f"{one.date}, {one.machine}. {one.images} images, {one.labels:,} labels. CPU seconds of "
        f"each seed: {', '.join(f'{used:.0f}' for used in one.cpu_s)}; only the first works out "
        "features.",
        "",
        f"| compared | pairs | .5 or more, all kinds | {words} | {SURE:g} or more again | "
        f"first {FIRST}: {words} |",
        bar,
    ]
    for name, told in one.compared.items():
        cells = [name, str(told.pairs), _cell(told.above)]
        cells += [_cell(told.above_by_kind[kind]) for kind in kinds]
        cells += ["{} of {}".format(*told.sure_again)]
        cells += [_cell(told.first_by_kind[kind]) for kind in kinds]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", _seeds(one), *([_known_table(one)] if one.known else [])]
    return "\n".join(lines)


def _cell(spread: tuple[float, float, float] | None) -> str:
    if spread is None:
        return "none"
    mean, least, most = spread
    return f"{mean:.2f}" if least == most else f"{mean:.2f} ({least:.2f} to {most:.2f})"


def _seeds(one: Outcome) -> str:
    """How many findings of .5 or more there are, by kind and by how many seeds have them."""
    numbers = range(1, one.seeds + 1)
    lines = [
        f"| .5 or more | by seed | {' | '.join(f'in {number}' for number in numbers)} |",
        "|---|--:" + "|--:" * one.seeds + "|",
    ]
    for kind, held in one.held.items():
        cells = [f"{count}" for count in held.count]
        if held.planted is not None:
            pairs = zip(cells, held.planted, strict=True)
            cells = [f"{count}, {right} planted" for count, right in pairs]
        counts = ", ".join(map(str, one.above[kind]))
        lines.append(f"| {' | '.join([kind.replace('_', ' '), counts, *cells])} |")
    return "\n".join([*lines, ""])


def _known_table(one: Outcome) -> str:
    """The place and the probability of known wrong classes by seed."""
    names = " | ".join(f"seed {number}" for number in range(one.seeds))
    lines = [f"| known wrong class | {names} |", "|---" + "|--:" * one.seeds + "|"]
    for known in one.known:
        cells = [
            f"place {place}, {probability:.2f}"
            for place, probability in zip(known.place, known.probability, strict=True)
        ]
        lines.append(f"| {' | '.join([known.name, *cells])} |")
    return "\n".join([*lines, ""])


def main(arguments: Sequence[str] | None = None) -> None:
    """Do the runs that are not kept, and write the tables after each."""
    parser = argparse.ArgumentParser(
        prog="stability",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", choices=tuple(DATA), nargs="+", default=list(DATA))
    parser.add_argument("--real", type=Path, default=REAL, help="the folder of real datasets")
    parser.add_argument("--cache", type=Path, default=FOLDER / "stability", help="what was found")
    parser.add_argument("--workers", type=int, default=2, help="processes, but where 1 is compared")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    options = parser.parse_args(arguments)
    if not (options.real / "bccd").is_dir():
        parser.error(f"{options.real}: the real datasets are not here; name their folder: --real")
    for name in options.data:
        asked_of = _asked_of(name, options)
        path = options.results / "stability.json"
        for run, made in _plan(asked_of, options.workers).items():
            date, machine = datetime.datetime.now(tz=datetime.UTC).date(), this_machine()
            about = (date.isoformat(), machine, versions(Path(sys.executable), PACKAGES))
            before = joined(path, {}, dict[str, Outcome]).get(name)
            if not asked_of.run(run, made) and before:
                about = (before.date, before.machine, before.versions)
            known = joined(path, {name: asked_of.outcome(about)}, dict[str, Outcome])
            (options.results / "stability.md").write_text(page(known), encoding="utf-8")


def _asked_of(name: str, options: argparse.Namespace) -> Asked:
    folder = ROOT.parent / "examples" if name == "photographs" else options.real
    labels = load(folder / "bccd")
    copy = noisy(labels, "A", 0) if name == "bccd-A" else as_it_is(labels)
    known = np.zeros(0, np.int64)
    if name != "bccd-A":
        known = known_errors(options.real / "bccd", labels).wrong_class
    return Asked(name, copy, known, options.cache / name)


def _plan(asked_of: Asked, workers: int) -> dict[str, Callable[[], Findings]]:
    """All runs of a dataset, by name, those first that others need."""
    plan: dict[str, Callable[[], Findings]] = {"seed-0": lambda: asked_of.of_seed(0, 1)}
    for seed in SEEDS[1:]:
        plan[f"judged-{seed}"] = partial(asked_of.judged_alone, seed)
    for seed in SEEDS[1:]:
        plan[f"seed-{seed}"] = partial(asked_of.of_seed, seed, workers)
    plan["rounded"] = lambda: asked_of.rounded(workers)
    plan["processes-2"] = lambda: asked_of.again(2)
    return plan


if __name__ == "__main__":
    main()
