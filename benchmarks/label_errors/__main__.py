"""Measures which wrong labels a second opinion finds, beside other methods.

Run `python -m benchmarks.label_errors --data bccd --noise A --seeds 0 1 2` from the root of the
repository, with the extra `detect` installed; `--data digits --noise B` likewise, and `--noise
none` for the real errors of bccd, of its first labelling (`first-pass`) and of cards, the control.
The tables go to `benchmarks/results`. What detectors say is kept in `--cache`, so that a second run
only judges.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.datasets import FOLDER
from benchmarks.label_errors.acceptance import ON
from benchmarks.label_errors.cases import Case, judged
from benchmarks.label_errors.detector_answers import (
    NOISES,
    as_it_is,
    dataset,
    detector_answers,
    noisy,
)
from benchmarks.label_errors.known import Known, first_pass, known_errors
from benchmarks.label_errors.measures import Outcome, outcome
from benchmarks.label_errors.real import RealOutcome, real_outcome
from benchmarks.label_errors.sheet import contact_sheet
from benchmarks.label_errors.tables import RealRun, Record, Run, planted_table, real_table, record
from benchmarks.machine import device_name, this_machine, versions
from labelaudit.detector.config import DetectorConfig
from labelaudit.label_errors.evaluation.known_errors import KnownErrors

ROOT = Path(__file__).parents[1]
DATA = ("bccd", "digits", "cards", "first-pass")
REAL = ROOT.parents[1] / "shared" / "data"
PACKAGES = ("labelaudit", "torch", "timm", "scikit-learn", "cleanlab", "numpy")
NONE = "none"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for and record it."""
    options = _options(arguments)
    machine, date = this_machine(), datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    about = versions(Path(sys.executable), PACKAGES)
    if options.noise == NONE:
        real = RealRun(date, machine, about, _real(options))
        record(Record(real={options.data: real}), options.results)
        print(real_table(options.data, real))
        return
    where = "" if options.device == "cpu" else ON + device_name(options.device)
    name = f"{options.data}, noise {options.noise}{where}"
    run = Run(date, machine, about, [_planted(options, seed) for seed in options.seeds])
    record(Record(planted={name: run}), options.results)
    print(planted_table(name, run))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="label_errors", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--data", choices=DATA, default="bccd")
    add("--noise", choices=(*NOISES, NONE), default="A", help="errors to plant")
    add("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of errors and training")
    add("--real", type=Path, default=REAL, help="the folder with the real datasets")
    add("--cache", type=Path, default=FOLDER / "label_errors", help="what detectors said")
    add("--device", choices=("cpu", "cuda"), default="cpu", help="where detectors are trained")
    add("--workers", type=int, default=1, help="folds trained at a time (default %(default)s)")
    add("--results", type=Path, default=ROOT / "results", help="where the tables go")
    add("--sheet", type=Path, help="a PNG of the first places for missing objects")
    options = parser.parse_args(arguments)
    if options.data == "first-pass" and options.noise != NONE:
        parser.error("first-pass has its own errors: --noise none")
    if options.data != "digits" and not (options.real / "bccd").is_dir():
        parser.error(f"{options.real}: the real datasets are not here; name their folder: --real")
    return options


def _planted(options: argparse.Namespace, seed: int) -> Outcome:
    labels = dataset(options.data, real=options.real, made=options.cache / "digits")
    case = _case(options, noisy(labels, options.noise, seed), seed)
    print(f"{options.data}, noise {options.noise}, seed {seed}: measured", file=sys.stderr)
    return outcome(case, options.data, options.noise, seed)


def _real(options: argparse.Namespace) -> RealOutcome:
    known = Known()
    if options.data == "first-pass":
        copy = first_pass(options.real / "bccd")
    else:
        labels = dataset(options.data, real=options.real, made=options.cache / "digits")
        copy, known = as_it_is(labels), known_errors(options.real / options.data, labels)
    case = _case(options, copy, options.seeds[0])
    if options.sheet is not None:
        contact_sheet(copy.dataset, case.label_issues, options.sheet)
    return real_outcome(case, options.data, known)


def _case(options: argparse.Namespace, copy: KnownErrors, seed: int) -> Case:
    where = "" if options.device == "cpu" else f"-{options.device}"
    kept = (
        options.cache / "detector_answers" / f"{options.data}-{options.noise}-{seed}{where}.pickle"
    )
    config = DetectorConfig(seed=seed, device=options.device)
    said = detector_answers(copy.dataset, config, kept, workers=options.workers)
    return judged(copy, said, seed=seed)


if __name__ == "__main__":
    main()
