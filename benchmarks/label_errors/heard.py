"""What a detector that was trained on the other images says of labels with known errors."""

from __future__ import annotations

import pickle
import resource
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.label_errors.digits import digit_scenes
from labelaudit.dataset import Boxes, Dataset
from labelaudit.detect.out_of_fold import out_of_fold
from labelaudit.detect.recipe import Recipe
from labelaudit.disagreement.corruptions import Corruptions, corrupted
from labelaudit.evidence import Audit
from labelaudit.loading import load
from labelaudit.opinions import SecondOpinion
from labelaudit.planting import Planted, Rates, planted
from labelaudit.table import texts

NOISES = {
    # Shares of all labels; at most one error in an object. A is "10/5/10/5": enough of every kind
    # to count, B the rate of a carefully labelled dataset.
    "A": Rates(flip=0.10, shift=0.10, spawn=0.05, drop=0.05),
    "B": Rates(flip=0.02, shift=0.02, spawn=0.02, drop=0.02),
}


@dataclass(frozen=True)
class Heard:
    """What was asked of a detector, what it said, and what that cost."""

    corruptions: Corruptions
    opinion: SecondOpinion
    cpu_s: float  # of this process and its children, features and training included
    wall_s: float


def dataset(name: str, *, real: Path, made: Path) -> Dataset:
    """The dataset of this name: digit scenes made in `made`, else a folder of `real`."""
    return load(digit_scenes(made) if name == "digits" else real / name)


def noisy(labels: Dataset, noise: str, seed: int) -> Planted:
    """Labels with errors of a key of `NOISES`."""
    return planted(labels, NOISES[noise], seed=seed)


def as_it_is(labels: Dataset) -> Planted:
    """Labels in which nothing is planted."""
    return Planted(labels, texts([""] * len(labels.boxes)), labels.boxes.xyxy, Boxes.empty())


def heard(labels: Dataset, recipe: Recipe, kept: Path, *, workers: int) -> Heard:
    """What a detector says of all labels, out of fold.

    Kept in the file `kept`, so that judging can be measured again without training again.
    """
    if not kept.exists():
        # A cache of its own: features that another run left would make this one look cheaper.
        cache = kept.with_suffix(".cache")
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(_asked(labels, recipe, cache=cache, workers=workers)))
        shutil.rmtree(cache)
    known: Heard = pickle.loads(kept.read_bytes())
    return known


def _asked(labels: Dataset, recipe: Recipe, *, cache: Path, workers: int) -> Heard:
    begin, start, audit = cpu_s(), time.perf_counter(), Audit(labels)
    corruptions = corrupted(audit, seed=recipe.seed)
    opinion = out_of_fold(audit, corruptions.asked, recipe, cache=cache, workers=workers)
    return Heard(corruptions, opinion, cpu_s() - begin, time.perf_counter() - start)


def cpu_s() -> float:
    """CPU seconds so far, of this process and of those that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
