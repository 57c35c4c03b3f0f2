"""What a detector that was trained on the other images says of labels with known errors."""

from __future__ import annotations

import pickle
import resource
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.label_errors.digits import digit_scenes
from labelaudit.core.columns import texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Boxes, Dataset
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.cross_validation.out_of_fold import out_of_fold
from labelaudit.io.load import load
from labelaudit.label_errors.evaluation.known_errors import KnownErrors, Rates, plant_known_errors
from labelaudit.label_errors.label_crops import with_label_crops
from labelaudit.label_errors.noise.label_noise import SyntheticNoise, make_label_noise
from labelaudit.predictions.model_output import ModelOutput

NOISES = {
    # Shares of all labels; at most one error in an object. A is "10/5/10/5": enough of every kind
    # to count, B the rate of a carefully labelled dataset.
    "A": Rates(flip=0.10, shift=0.10, spawn=0.05, drop=0.05),
    "B": Rates(flip=0.02, shift=0.02, spawn=0.02, drop=0.02),
}


@dataclass(frozen=True)
class DetectorAnswers:
    """What was asked of a detector, what it said, and what that cost."""

    synthetic_noise: SyntheticNoise
    model_output: ModelOutput
    cpu_s: float  # of this process and its children, features and training included
    wall_s: float


def dataset(name: str, *, real: Path, made: Path) -> Dataset:
    """The dataset of this name: digit scenes made in `made`, else a folder of `real`."""
    return load(digit_scenes(made) if name == "digits" else real / name)


def noisy(labels: Dataset, noise: str, seed: int) -> KnownErrors:
    """Labels with errors of a key of `NOISES`."""
    return plant_known_errors(labels, NOISES[noise], seed=seed)


def as_it_is(labels: Dataset) -> KnownErrors:
    """Labels in which nothing is planted."""
    return KnownErrors(labels, texts([""] * len(labels.boxes)), labels.boxes.xyxy, Boxes.empty())


def detector_answers(
    labels: Dataset, config: DetectorConfig, kept: Path, *, workers: int
) -> DetectorAnswers:
    """What a detector says of all labels, out of fold.

    Kept in the file `kept`, so that judging can be measured again without training again.
    """
    if not kept.exists():
        # A cache of its own: features that another run left would make this one look cheaper.
        cache = kept.with_suffix(".cache")
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(asked(labels, config, cache=cache, workers=workers)))
        shutil.rmtree(cache)
    known: DetectorAnswers = pickle.loads(kept.read_bytes())
    return known


def asked(labels: Dataset, config: DetectorConfig, *, cache: Path, workers: int) -> DetectorAnswers:
    """What a detector says of all labels, with what is kept in the folder `cache`."""
    begin, start, derived = cpu_s(), time.perf_counter(), DatasetColumns(labels)
    synthetic_noise = make_label_noise(derived, seed=config.seed)
    model_output = out_of_fold(
        derived, synthetic_noise.query_boxes, config, cache=cache, workers=workers
    )
    model_output = with_label_crops(
        model_output, synthetic_noise.labels, labels.images.path, config, cache=cache
    )
    return DetectorAnswers(
        synthetic_noise, model_output, cpu_s() - begin, time.perf_counter() - start
    )


def cpu_s() -> float:
    """CPU seconds so far, of this process and of those that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
