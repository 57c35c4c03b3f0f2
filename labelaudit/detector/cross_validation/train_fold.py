"""One fold: learn from the other images, judge its own, keep what was found.

`python -m labelaudit.detector.cross_validation.train_fold FOLDER NUMBER...` does it for some folds,
one after the other, in a process of their own.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
import torch
from torch import nn

from labelaudit.core.cache import write_atomically
from labelaudit.core.columns import Ints
from labelaudit.core.parallel import end_with_parent
from labelaudit.detector.crops.classifier import CropHead, crop_plan
from labelaudit.detector.crops.knn import fit_knn
from labelaudit.detector.crops.lda import fit_lda
from labelaudit.detector.crops.roi_features import CropDataset, crop_dataset
from labelaudit.detector.cross_validation.inference import FoldOutput, Models, fold_output
from labelaudit.detector.feature_maps import (
    FeatureMaps,
    both_views,
    feature_maps_of,
    feature_template,
    open_stored,
)
from labelaudit.detector.job import Job, load_job, to_device
from labelaudit.detector.model.anchors import anchors
from labelaudit.detector.model.head import DetectionHead
from labelaudit.detector.training.loop import detector_plan, train
from labelaudit.predictions.model_output import BoxScores
from labelaudit.predictions.predictions import Predictions

FoldProgress = Callable[[float], None]
"""Told which part of the fold is done, in [0, 1]."""

JOB = "job.npz"

TABLES = ("box_scores", "predictions", "candidates", "candidate_scores")

DETECTOR, CROPS, INFERENCE = 0.5, 0.3, 0.2
"""Parts of the time of a fold, as progress shows them: a choice, on which nothing else depends."""


def output_path(folder: Path, fold: int) -> Path:
    """The file with the output of a fold, which is there once the fold is done."""
    return folder / f"output_{fold}.npz"


def save_output(output: FoldOutput, path: Path) -> None:
    """Write what the models of a fold say."""
    columns: dict[str, Any] = {"query_row": output.query_row}  # Any: arrays of different types
    for name in TABLES:
        table = vars(getattr(output, name))
        columns |= {f"{name}.{field}": values for field, values in table.items()}
    write_atomically(path, lambda file: np.savez(file, **columns))


def load_output(path: Path) -> FoldOutput:
    """What `save_output` wrote."""
    with path.open("rb") as opened, np.load(opened) as file:  # closed also if it is damaged
        columns = dict(file)

    def table(name: str) -> dict[str, Any]:  # Any: arrays of different types
        start = f"{name}."
        return {
            key.removeprefix(start): values
            for key, values in columns.items()
            if key.startswith(start)
        }

    return FoldOutput(
        columns["query_row"],
        BoxScores(**table("box_scores")),
        Predictions(**table("predictions")),
        Predictions(**table("candidates")),
        BoxScores(**table("candidate_scores")),
    )


def drop_damaged(folder: Path, folds: Collection[int]) -> Iterator[str]:
    """Remove what was kept of folds and is not what was written, and name each in a line."""
    for path in (output_path(folder, fold) for fold in folds):
        try:
            if path.is_file():
                load_output(path)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zlib.error, BadZipFile):
            path.unlink()
            yield _removed(path)
    # Checkpoints and vectors of crops, which only folds that are not done read again.
    if not all(output_path(folder, fold).is_file() for fold in folds):
        kept = [*folder.parent.glob("*.npz"), *folder.parent.glob("fold_*/*")]
        for path in sorted(path for path in kept if path.suffix in (".npz", ".pt")):
            if not _is_whole(path):
                path.unlink()
                yield _removed(path)


def _is_whole(path: Path) -> bool:
    """Whether a file of numpy or torch, which are archives with checksums, is what was written."""
    try:
        with ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, ValueError, EOFError, zlib.error, BadZipFile):
        return False


def _removed(path: Path) -> str:
    return f"{path}: damaged in the cache; it was removed and worked out again"


def run_fold(folder: Path, fold: int, progress: FoldProgress) -> None:
    """Train the models of a fold and write what they say of its images.

    Parameters
    ----------
    folder: with the job, written by `save_job`.
    fold: its number.
    progress: told which part of the fold is done, in [0, 1].
    """
    job = load_job(folder / JOB)
    fold_folder = folder.parent / f"fold_{fold}"
    fold_folder.mkdir(exist_ok=True)
    head, features = _detector(job, fold, fold_folder, lambda part: progress(DETECTOR * part))
    crops = crop_dataset(
        job, features, _crops_folder(job, folder, fold_folder), lambda _done, _total: None
    )
    knn = fit_knn(job, crops)
    crop_head = _crop_head(
        job, fold, crops, fold_folder, lambda part: progress(DETECTOR + CROPS * part)
    )
    models = Models(
        head,
        crops.projection,
        crop_head,
        knn,
        fit_lda(job, fold, crops),
        anchors(job.config, *job.input_size).to(job.device),
    )
    found = fold_output(
        job,
        features,
        models,
        job.validation_images(fold),
        lambda done, total: progress(DETECTOR + CROPS + INFERENCE * done / max(total, 1)),
    )
    save_output(found, output_path(folder, fold))
    progress(1.0)


def _detector(
    job: Job, fold: int, fold_folder: Path, progress: FoldProgress
) -> tuple[nn.Module, FeatureMaps]:
    """The trained head of a fold, and the features that it reads."""
    torch.manual_seed(job.config.seed)
    head = DetectionHead(job.config, tuple(shape[0] for shape in job.shapes), job.classes)
    head = to_device(job.device, head)
    if job.frozen:
        values = open_stored(job.features_folder, len(job.fold), feature_template(job.shapes))
        features = FeatureMaps(values, job.shapes)
        _train(
            job,
            fold,
            head,
            lambda rows, view: features.maps(rows, view, job.device),
            fold_folder,
            progress=progress,
        )
        return head, features
    # The networks of timm take two seconds to import, which folds of a frozen backbone save.
    from labelaudit.detector.model.backbone import build_backbone  # noqa: PLC0415
    from labelaudit.detector.model.detector import Detector  # noqa: PLC0415

    backbone = to_device(job.device, build_backbone(job.config))
    images = open_stored(
        job.features_folder, len(job.fold), np.zeros((3, *job.input_size), np.uint8)
    )

    def inputs(rows: Ints, view: int) -> torch.Tensor:
        pixels = torch.from_numpy(np.asarray(images[rows])).to(job.device).float()
        return pixels.flip(3) if view else pixels

    _train(job, fold, Detector(backbone, head), inputs, fold_folder, progress=progress)
    transform = both_views(backbone, job.device)
    return head, feature_maps_of(images, transform, fold_folder / "features.bin", job.shapes)


def _train(
    job: Job,
    fold: int,
    network: nn.Module,
    inputs: Callable[[Ints, int], object],
    fold_folder: Path,
    *,
    progress: FoldProgress,
) -> None:
    """Train a detector on the images that do not belong to its fold."""
    places = anchors(job.config, *job.input_size).to(job.device)
    plan = detector_plan(job, network, inputs, places, job.training_images(fold))
    train(
        network,
        plan,
        fold_folder / "detector.pt",
        lambda epoch, _loss: progress(epoch / plan.epochs),
    )


def _crop_head(
    job: Job, fold: int, crops: CropDataset, fold_folder: Path, progress: FoldProgress
) -> CropHead:
    """The trained head of a fold that judges crops."""
    torch.manual_seed(job.config.seed)
    head = CropHead(crops.vectors.shape[1], job.classes).to(job.device)
    where = job.fold[crops.examples.image]
    rows = np.flatnonzero((where >= 0) & (where != fold))
    plan = crop_plan(job, head, crops, rows)
    train(head, plan, fold_folder / "crops.pt", lambda epoch, _loss: progress(epoch / plan.epochs))
    return head


def _crops_folder(job: Job, folder: Path, fold_folder: Path) -> Path:
    """Where the vectors of crops are: shared where the features are."""
    return folder.parent if job.frozen else fold_folder


def _main(folder: str, *folds: str) -> None:
    """Run folds on one thread, writing how far each is to standard output."""
    end_with_parent(sys.stdin.fileno())
    # More threads than that wait for each other, spinning.
    torch.set_num_threads(1)

    def progress(fold: int, part: float) -> None:
        print(json.dumps({"fold": fold, "part": part}), flush=True)  # noqa: T201  # the parent reads it

    for fold in map(int, folds):
        progress(fold, 0.0)
        run_fold(Path(folder), fold, partial(progress, fold))


if __name__ == "__main__":
    _main(*sys.argv[1:])
