"""Measures how predictions of somebody else's detector are judged.

Run `python -m benchmarks.label_errors.given --predictions FOLDER` from the root of the repository,
with the extra `detect` installed: for each detector of `benchmarks.label_errors.foreign` and each
of its files, which are made in `FOLDER/DETECTOR` unless they are there, labels as they stand, with
planted errors (noise A and B of `benchmarks.label_errors`), with many labels gone, and with errors
as real ones look. What is measured goes to `benchmarks/results` after each of them, so that a run
can be stopped.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.datasets import FOLDER
from benchmarks.label_errors import foreign
from benchmarks.label_errors.detector_answers import NOISES, as_it_is, noisy
from benchmarks.label_errors.foreign import CELLS, NANODET, PHOTOGRAPHS, REAL, TRAINED
from benchmarks.label_errors.foreign_files import VARIANTS, VECTORS
from benchmarks.label_errors.given_measures import GivenOutcome, given_case, given_outcome
from benchmarks.label_errors.given_tables import GivenRun, record
from benchmarks.label_errors.imitated import IMITATED
from benchmarks.label_errors.removed import REMOVED, without
from benchmarks.machine import this_machine, versions
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.label_errors.evaluation.known_errors import KnownErrors
from labelaudit.predictions.read import read_predictions

RESULTS = Path(__file__).parents[1] / "results"
PACKAGES = ("labelaudit", "scikit-learn", "cleanlab", "numpy")
DETECTORS = (NANODET, *TRAINED)
FILES = (VECTORS, *VARIANTS)

AS_THEY_STAND = "as they stand"
NOISY = {f"noise {noise}": noise for noise in NOISES}
LABELS = (AS_THEY_STAND, *NOISY, *REMOVED, *IMITATED)
"""What is done to labels."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for and record it."""
    options = _options(arguments)
    about = versions(Path(sys.executable), PACKAGES)
    for detector in options.detectors:
        data = PHOTOGRAPHS if detector == NANODET else CELLS
        folder = options.predictions / detector
        make_files(detector, folder, options.real)
        dataset = shown_images(load(options.real / data), folder)
        for file in options.files:
            for labels in options.labels:
                machine = this_machine()
                outcomes = _outcomes(dataset, folder / f"{file}.json", labels, options)
                date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
                run = GivenRun(
                    detector, data, file, labels, date, machine, about, options.samples, outcomes
                )
                record([run], options.results)
                print(f"{run.name}: measured", file=sys.stderr)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="given", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--detectors", nargs="+", choices=DETECTORS, default=DETECTORS, help="who predicts")
    add("--files", nargs="+", choices=FILES, default=FILES, help="what of it is in the file")
    add("--labels", nargs="+", choices=LABELS, default=LABELS, help="what is done to labels")
    add("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of errors and judging")
    add("--samples", type=int, default=50, help="judged samples of each size (%(default)s)")
    add("--real", type=Path, default=REAL, help="the folder with the real datasets")
    add("--predictions", type=Path, default=FOLDER / "foreign", help="where the files are")
    add("--results", type=Path, default=RESULTS, help="where the tables go")
    return parser.parse_args(arguments)


def make_files(detector: str, folder: Path, real: Path) -> None:
    """Have a detector write its files, unless they are there."""
    wanted = [folder / f"{name}.json" for name in (*FILES, "images")]
    if not all(path.is_file() for path in wanted):
        foreign.main([detector, "--out", str(folder), "--real", str(real)])


def shown_images(dataset: Dataset, folder: Path) -> Dataset:
    """The dataset without the images that the detector was trained on."""
    shown = json.loads((folder / "images.json").read_text("utf-8"))
    return dataset.keep(images=np.isin(dataset.images.name.tolist(), shown))


def with_errors(dataset: Dataset, labels: str, seed: int) -> KnownErrors:
    """What a value of `LABELS` makes of a dataset."""
    if labels == AS_THEY_STAND:
        return as_it_is(dataset)
    if labels in NOISY:
        return noisy(dataset, NOISY[labels], seed)
    if labels in IMITATED:
        return IMITATED[labels](dataset, np.random.default_rng(seed))
    return without(dataset, labels, seed)


def _outcomes(
    dataset: Dataset, path: Path, labels: str, options: argparse.Namespace
) -> list[GivenOutcome]:
    """One file, judged with labels of one kind, for each seed."""
    predictions = read_predictions(path, DatasetColumns(dataset))
    cases = (
        (seed, given_case(with_errors(dataset, labels, seed), predictions, seed))
        for seed in options.seeds
    )
    return [given_outcome(case, seed, options.samples) for seed, case in cases]


if __name__ == "__main__":
    main()
