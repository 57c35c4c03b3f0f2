"""Out of fold: every image is scored by models trained on neither it nor its duplicates."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from labelaudit.core.cache import cache_folder, digest
from labelaudit.core.executors import Executor, LocalExecutor
from labelaudit.core.parallel import cores
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.detector.cache_entries import claims
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.crops.roi_features import crop_dataset
from labelaudit.detector.cross_validation.build_job import build_job
from labelaudit.detector.cross_validation.combine import combine
from labelaudit.detector.cross_validation.train_fold import (
    JOB,
    drop_damaged,
    load_output,
    output_path,
    run_fold,
)
from labelaudit.detector.cross_validation.workers import run_folds
from labelaudit.detector.extraction import extract, files_digest, weights_key
from labelaudit.detector.feature_maps import ExtractedFeatures, FeatureMaps
from labelaudit.detector.job import Job, save_job
from labelaudit.detector.preprocess import Size, choose_input_size
from labelaudit.detector.threads import torch_threads
from labelaudit.predictions.model_output import ModelOutput, QueryBoxes

VERSION = 4
"""Changes when the same job would give other models; what older versions kept is not read then."""

PERCENT = 100


def out_of_fold(
    derived: DatasetColumns,
    query: QueryBoxes,
    config: DetectorConfig,
    *,
    cache: Path | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: StageProgress = ignore_progress,
) -> ModelOutput:
    """Predictions for images that a model was not trained on, and scores of the query boxes.

    A run that was killed goes on from where it was; a second run with the same arguments reads what
    the first one wrote.

    Parameters
    ----------
    derived: the dataset; its boxes are learned if valid and evaluated.
    query: boxes to score; one without an image or an inside has no scores.
    config: the detector.
    cache: a folder for what takes long; the user's own if absent.
    workers: processes at a time; as many as processors if absent.
    executor: where folds are trained; in as many processes of this machine if absent, and on a GPU
        of it one after the other.
    progress: called with what is being done, how much of it is done, and how much there is.

    Raises
    ------
    LabelauditError
        if the network cannot be built, the disk is full, or a process dies.
    """
    paths, folder = derived.dataset.images.path, cache_folder(cache)
    with torch_threads(1), claims(folder) as claim:
        run = _Run(
            derived,
            config,
            config.image_size or choose_input_size(derived),
            folder,
            claim,
            files_digest(paths),
            workers or cores(),
            executor,
            progress,
        )
        extraction = extract(
            paths,
            config,
            run.input_size,
            folder,
            claim,
            as_features=config.trained == "frozen",
            workers=run.workers,
            progress=progress,
        )
        job = build_job(derived, query, config, extraction, workers=run.workers)
        job_folder = _folder(run, job)
        save_job(job, job_folder / JOB)
        damaged = list(drop_damaged(job_folder, job.trainable_folds))
        _share_crops(job, job_folder, extraction.extracted, progress)
        _run_folds(run, job, job_folder)
        outputs = [load_output(output_path(job_folder, fold)) for fold in job.trainable_folds]
    output = combine(derived, query, job, extraction.extracted, outputs)
    return dataclasses.replace(output, notes=(*output.notes, *damaged))


@dataclass(frozen=True)
class _Run:
    """What was asked for, and what follows from it at once."""

    derived: DatasetColumns
    config: DetectorConfig
    input_size: Size
    cache: Path
    claim: Callable[[Path], Path]  # an entry of the cache, for as long as the run takes
    files: str  # a digest of the image files
    workers: int
    executor: Executor | None
    progress: StageProgress


def _folder(run: _Run, job: Job) -> Path:
    """The folder of a job: within that of its models, which other queries share."""
    labels = [value for table in (job.labels, job.regions) for value in vars(table).values()]
    key = (VERSION, run.files, run.config, weights_key(run.config), run.input_size, job.classes)
    models = digest(*key, job.fold, *labels)
    folder = run.claim(run.cache / "models" / models) / digest(*vars(job.query).values())
    folder.mkdir(exist_ok=True)
    return folder


def _share_crops(
    job: Job, folder: Path, extracted: ExtractedFeatures, progress: StageProgress
) -> None:
    """Work out the vectors of crops before the folds, which all read them."""
    if job.frozen and not _finished(job, folder):
        crop_dataset(
            job,
            FeatureMaps(extracted.values, job.shapes),
            folder.parent,
            lambda done, total: progress("looking at crops", done, total),
        )


def _run_folds(run: _Run, job: Job, folder: Path) -> None:
    """Every fold that is not done yet: in processes, or one after the other on a GPU here."""
    waiting = [fold for fold in job.trainable_folds if not output_path(folder, fold).is_file()]
    done = len(job.trainable_folds) - len(waiting)

    def progress(parts: float) -> None:
        total = PERCENT * len(job.trainable_folds)
        run.progress("training and judging", round(PERCENT * (done + parts)), total)

    if run.executor is not None or job.device.type == "cpu":
        run_folds(folder, waiting, run.executor or LocalExecutor(run.workers), progress)
        return
    for number, fold in enumerate(waiting):
        run_fold(folder, fold, partial(_add_progress, progress, number))


def _add_progress(progress: Callable[[float], None], before: int, part: float) -> None:
    """Add what is done of one fold to those before it."""
    progress(before + part)


def _finished(job: Job, folder: Path) -> bool:
    """Whether every fold has its output."""
    return all(output_path(folder, fold).is_file() for fold in job.trainable_folds)
