"""One fold: learn from the other images, judge its own, keep what was found.

`python -m labelaudit.detector.cross_validation.train_fold FOLDER NUMBER` does it in a process of
its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from labelaudit.core.cache import write_atomically
from labelaudit.core.columns import Ints
from labelaudit.detector.crops.classifier import CropHead, crop_plan
from labelaudit.detector.crops.knn import nearest_neighbours
from labelaudit.detector.crops.lda import linear_discriminant
from labelaudit.detector.crops.roi_features import Pool, pool
from labelaudit.detector.cross_validation.inference import Answers, Models, answers
from labelaudit.detector.feature_maps import Features, both_views, features_of, one_image, opened
from labelaudit.detector.job import Job, load_job, placed_on
from labelaudit.detector.model.anchors import anchors
from labelaudit.detector.model.backbone import backbone
from labelaudit.detector.model.detector import Detector
from labelaudit.detector.model.head import Head
from labelaudit.detector.training.loop import detector_plan, train
from labelaudit.predictions.model_output import BoxScores
from labelaudit.predictions.predictions import Predictions

Said = Callable[[float], None]
"""Told which part of the fold is done, in [0, 1]."""

JOB = "job.npz"

TABLES = ("opinions", "predictions", "candidates", "candidate_opinions")

DETECTOR, CROPS, ASKING = 0.5, 0.3, 0.2
"""Parts of the time of a fold, as measured on blood cells."""


def answers_of(folder: Path, fold: int) -> Path:
    """The file with the answers of a fold, which is there once the fold is done."""
    return folder / f"answers_{fold}.npz"


def save_answers(answers: Answers, path: Path) -> None:
    """Write what the models of a fold say."""
    columns: dict[str, Any] = {"asked": answers.asked}  # Any: arrays of different types
    for name in TABLES:
        table = vars(getattr(answers, name))
        columns |= {f"{name}.{field}": values for field, values in table.items()}
    write_atomically(path, lambda file: np.savez(file, **columns))


def load_answers(path: Path) -> Answers:
    """What `save_answers` wrote."""
    with np.load(path) as file:
        columns = dict(file)

    def table(name: str) -> dict[str, Any]:  # Any: arrays of different types
        start = f"{name}."
        return {
            key.removeprefix(start): values
            for key, values in columns.items()
            if key.startswith(start)
        }

    return Answers(
        columns["asked"],
        BoxScores(**table("opinions")),
        Predictions(**table("predictions")),
        Predictions(**table("candidates")),
        BoxScores(**table("candidate_opinions")),
    )


def run_fold(folder: Path, fold: int, said: Said) -> None:
    """Train the models of a fold and write what they say of its images.

    Parameters
    ----------
    folder: with the job, written by `save_job`.
    fold: its number.
    said: told how far it is.
    """
    job = load_job(folder / JOB)
    own = folder.parent / f"fold_{fold}"
    own.mkdir(exist_ok=True)
    head, features = _detector(job, fold, own, lambda part: said(DETECTOR * part))
    crops = pool(job, features, _crops_folder(job, folder, own), lambda _done, _total: None)
    compared = nearest_neighbours(job, crops)
    crop_head = _crop_head(job, fold, crops, own, lambda part: said(DETECTOR + CROPS * part))
    models = Models(
        head,
        crop_head,
        compared,
        linear_discriminant(job, fold, crops),
        anchors(job.recipe, *job.canvas).to(job.device),
    )
    found = answers(
        job,
        features,
        models,
        job.judged_by(fold),
        lambda done, total: said(DETECTOR + CROPS + ASKING * done / max(total, 1)),
    )
    save_answers(found, answers_of(folder, fold))
    said(1.0)


def _detector(job: Job, fold: int, own: Path, said: Said) -> tuple[nn.Module, Features]:
    """The trained head of a fold, and the features that it reads."""
    torch.manual_seed(job.recipe.seed)
    head = Head(job.recipe, tuple(shape[0] for shape in job.shapes), job.classes)
    head = placed_on(job.device, head)
    if job.frozen:
        values = opened(job.looked, len(job.fold), one_image(job.shapes))
        features = Features(values, job.shapes)
        _train(
            job,
            fold,
            head,
            lambda rows, view: features.maps(rows, view, job.device),
            own,
            said=said,
        )
        return head, features
    stages = placed_on(job.device, backbone(job.recipe))
    pictures = opened(job.looked, len(job.fold), np.zeros((3, *job.canvas), np.uint8))

    def inputs(rows: Ints, view: int) -> torch.Tensor:
        pixels = torch.from_numpy(np.asarray(pictures[rows])).to(job.device).float()
        return pixels.flip(3) if view else pixels

    _train(job, fold, Detector(stages, head), inputs, own, said=said)
    transform = both_views(stages, job.device)
    return head, features_of(pictures, transform, own / "features.bin", job.shapes)


def _train(
    job: Job,
    fold: int,
    network: nn.Module,
    inputs: Callable[[Ints, int], object],
    own: Path,
    *,
    said: Said,
) -> None:
    """Train a detector on the images that do not belong to its fold."""
    places = anchors(job.recipe, *job.canvas).to(job.device)
    plan = detector_plan(job, network, inputs, places, job.trained_on(fold))
    train(network, plan, own / "detector.pt", lambda epoch, _loss: said(epoch / plan.epochs))


def _crop_head(job: Job, fold: int, crops: Pool, own: Path, said: Said) -> CropHead:
    """The trained head of a fold that judges crops."""
    torch.manual_seed(job.recipe.seed)
    head = CropHead(crops.vectors.shape[1], job.classes).to(job.device)
    where = job.fold[crops.examples.image]
    rows = np.flatnonzero((where >= 0) & (where != fold))
    plan = crop_plan(job, head, crops, rows)
    train(head, plan, own / "crops.pt", lambda epoch, _loss: said(epoch / plan.epochs))
    return head


def _crops_folder(job: Job, folder: Path, own: Path) -> Path:
    """Where the vectors of crops are: shared where the features are."""
    return folder.parent if job.frozen else own


def _main(folder: str, fold: str) -> None:
    """Run a fold on one thread, writing how far it is to standard output."""
    # More threads than that wait for each other, spinning: three times the time of the processor.
    torch.set_num_threads(1)

    def said(part: float) -> None:
        print(json.dumps({"part": part}), flush=True)  # noqa: T201  # the parent reads it

    run_fold(Path(folder), int(fold), said)


if __name__ == "__main__":
    _main(*sys.argv[1:])
