"""Out of fold: every image is judged by models that have seen neither it nor its duplicates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from labelaudit.core.cache import cache_folder, digest, stamps
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows, texts
from labelaudit.core.parallel import cores
from labelaudit.core.text import counted
from labelaudit.dataset.derived import FARTHEST, DatasetColumns
from labelaudit.detector.cache_entries import claims
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.crops.roi_features import crop_dataset
from labelaudit.detector.cross_validation.folds import fold_count, folds
from labelaudit.detector.cross_validation.inference import FoldOutput
from labelaudit.detector.cross_validation.train_fold import JOB, load_output, output_path, run_fold
from labelaudit.detector.cross_validation.workers import run_folds
from labelaudit.detector.feature_maps import (
    ExtractedFeatures,
    FeatureMaps,
    Shape,
    both_views,
    extract_features,
    feature_template,
    map_shapes,
    unchanged_pixels,
)
from labelaudit.detector.job import Job, NetworkBoxes, device_of, network_boxes, save_job, to_device
from labelaudit.detector.model.backbone import build_backbone
from labelaudit.detector.preprocess import Size, choose_input_size, fitting_scales
from labelaudit.images.near_duplicates import groups
from labelaudit.predictions.model_output import BoxScores, ModelOutput, QueryBoxes
from labelaudit.predictions.predictions import Predictions

StageProgress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

VERSION = 3
"""Changes when the same job would give other models; what older versions kept is not read then."""

PERCENT = 100

LEAST_SIDE = 1.0
"""Pixels of the network: what is smaller after scaling teaches nothing."""

NAMED = 10
"""Classes that a note names at most."""

FEWEST = 3
"""Labels of a class below which a note says that no model can learn it."""


def ignore_progress(stage: str, done: int, total: int) -> None:
    """Takes word of progress and says nothing."""


def out_of_fold(
    derived: DatasetColumns,
    query: QueryBoxes,
    config: DetectorConfig,
    *,
    cache: Path | None = None,
    workers: int | None = None,
    progress: StageProgress = ignore_progress,
) -> ModelOutput:
    """What detectors say of the images that they were not trained on, and of the boxes asked about.

    A run that was killed goes on from where it was; a second run with the same arguments reads what
    the first one wrote.

    Parameters
    ----------
    derived: the dataset, whose sound and judged boxes are learned.
    query: boxes that the models are asked about; without an image or an inside, nobody judges them.
    config: the detector.
    cache: a folder for what takes long; the user's own if absent.
    workers: processes at a time; as many as processors if absent.
    progress: told how far it is.

    Raises
    ------
    LabelauditError
        if the network cannot be built, the disk is full, or a process dies.
    """
    paths, folder = derived.dataset.images.path, cache_folder(cache)
    with _one_thread(), claims(folder) as claim:
        run = _Run(
            derived,
            config,
            config.image_size or choose_input_size(derived),
            folder,
            claim,
            # A file that has changed is another image, which nobody has looked at.
            digest(paths, stamps(paths)),
            workers or cores(),
            progress,
        )
        extraction = _extract(run)
        job = _build_job(run, query, extraction)
        own = _folder(run, job)
        save_job(job, own / JOB)
        _share_crops(job, own, extraction.extracted, progress)
        _run_folds(run, job, own)
        outputs = [load_output(output_path(own, fold)) for fold in job.trainable_folds]
    return _model_output(derived, query, job, extraction.extracted, outputs)


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
    progress: StageProgress


@dataclass(frozen=True)
class _Extraction:
    """The folder that `extract_features` has filled, and what came of it."""

    folder: Path
    extracted: ExtractedFeatures
    shapes: tuple[Shape, ...]  # of the maps for one image


def _extract(run: _Run) -> _Extraction:
    """Every image through the backbone; or decoded only, if the backbone is to be trained."""
    config = run.config
    torch.manual_seed(config.seed)
    device = device_of(config)
    backbone = to_device(device, build_backbone(config))
    shapes = map_shapes(backbone, run.input_size)
    if config.trained == "frozen":
        key = digest(
            run.files, run.input_size, config.backbone, config.strides, _weights_key(config)
        )
        folder = run.cache / "features" / key
        empty, transform = feature_template(shapes), both_views(backbone, device)
    else:
        folder = run.cache / "images" / digest(run.files, run.input_size)
        empty, transform = np.zeros((3, *run.input_size), np.uint8), unchanged_pixels
    extracted = extract_features(
        run.claim(folder),
        run.derived.dataset.images.path,
        run.input_size,
        empty,
        transform,
        workers=run.workers,
        in_threads=device.type == "cpu",
        progress=lambda done, total: run.progress("looking at images", done, total),
    )
    return _Extraction(folder, extracted, shapes)


def _weights_key(config: DetectorConfig) -> tuple[object, ...]:
    """What tells the weights of one backbone from others of the same."""
    if config.weights == "random":
        return (config.weights, config.seed)
    return (config.weights, *stamps(texts([config.weights])).ravel().tolist())


def _build_job(run: _Run, query: QueryBoxes, extraction: _Extraction) -> Job:
    """The dataset as the folds see it, in pixels of the network."""
    derived, size = run.derived, extraction.extracted.image_sizes
    boxes, label = derived.dataset.boxes, derived.box_class
    scale = fitting_scales(size, run.input_size)
    readable = np.isfinite(scale)
    xyxy = _scaled(boxes.xyxy, boxes.image, scale)
    inside = _clipped(xyxy, boxes.image, size * scale[:, None])
    seen = derived.in_range & (boxes.image != MISSING) & np.append(readable, False)[boxes.image]
    learned = seen & derived.is_valid & derived.is_evaluated & (label != MISSING)
    learned &= (inside[:, 2:] - inside[:, :2] >= LEAST_SIDE).all(axis=1)
    labels = _rows(boxes.image, label, inside, learned)
    group = groups(derived.dataset.images.path, workers=run.workers)
    return Job(
        run.config,
        len(derived.classes),
        run.input_size,
        extraction.shapes,
        _folds(run.config, group, readable, labels),
        group,
        scale,
        size,
        labels=labels,
        regions=_rows(boxes.image, label, _upright(xyxy), seen & ~learned),
        query=_query_boxes(query, scale),
        features_folder=extraction.folder,
    )


def _folds(config: DetectorConfig, group: Ints, readable: Bools, labels: NetworkBoxes) -> Rows:
    """The fold of each image, (images,); MISSING where it cannot be read."""
    fold = np.full(len(group), MISSING, np.int32)
    apart = len(np.unique(group[readable]))
    k = min(config.folds, apart) if config.folds else fold_count(len(fold[readable]), apart)
    place = (np.cumsum(readable) - 1).astype(np.int32)
    fold[readable] = folds(
        group[readable], place[labels.image], labels.label, max(k, 1), config.seed
    )
    return fold


def _query_boxes(query: QueryBoxes, scale: Floats) -> NetworkBoxes:
    """The boxes that can be judged, in pixels of the network: in a readable image, with an inside.

    They are not cut off at the edges: how well a box fits includes what lies outside.
    """
    xyxy = _scaled(query.xyxy, query.image, scale)
    sides = xyxy[:, 2:] - xyxy[:, :2]
    with np.errstate(invalid="ignore"):
        sound = (np.abs(xyxy) <= FARTHEST).all(axis=1) & (sides > 0).all(axis=1)
    nothing = np.full(len(query), MISSING, np.int32)
    return _rows(query.image, nothing, xyxy, sound & (query.image != MISSING))


def _rows(image: Rows, label: Rows, xyxy: Floats, which: Bools) -> NetworkBoxes:
    rows = np.flatnonzero(which)
    return network_boxes(image[rows], label[rows], rows.astype(np.int32), xyxy[rows])


def _scaled(xyxy: Floats, image: Rows, scale: Floats) -> Floats:
    """Boxes in pixels of the network; NaN where the image cannot be read."""
    with np.errstate(over="ignore", invalid="ignore"):
        scaled: Floats = xyxy * np.append(scale, np.nan)[image][:, None]
    return scaled


def _clipped(xyxy: Floats, image: Rows, content: Floats) -> Floats:
    """Boxes cut off at the edges of their image, which covers `content`, width and height."""
    edge = np.tile(np.vstack([content, [[np.nan, np.nan]]])[image], 2)
    clipped: Floats = np.minimum(np.maximum(xyxy, 0), edge)
    return clipped


def _upright(xyxy: Floats) -> Floats:
    """Boxes with their corners in order."""
    corners = np.sort(xyxy.reshape(-1, 2, 2), axis=1)
    return corners.reshape(-1, 4)


def _folder(run: _Run, job: Job) -> Path:
    """The folder of a job: within that of its models, which others ask as well."""
    labels = [value for table in (job.labels, job.regions) for value in vars(table).values()]
    key = (VERSION, run.files, run.config, _weights_key(run.config), run.input_size, job.classes)
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
    """Every fold that is not done yet: in processes, or one after the other on a GPU."""
    waiting = [fold for fold in job.trainable_folds if not output_path(folder, fold).is_file()]
    done = len(job.trainable_folds) - len(waiting)

    def progress(parts: float) -> None:
        all_ = PERCENT * len(job.trainable_folds)
        run.progress("training and judging", round(PERCENT * (done + parts)), all_)

    if job.device.type == "cpu":
        run_folds(folder, waiting, run.workers, progress)
        return
    for number, fold in enumerate(waiting):
        run_fold(folder, fold, partial(_told_of, progress, number))


def _told_of(progress: Callable[[float], None], before: int, part: float) -> None:
    """Add what is done of one fold to those before it."""
    progress(before + part)


def _finished(job: Job, folder: Path) -> bool:
    """Whether every fold has its answers."""
    return all(output_path(folder, fold).is_file() for fold in job.trainable_folds)


def _model_output(
    derived: DatasetColumns,
    query: QueryBoxes,
    job: Job,
    extracted: ExtractedFeatures,
    outputs: list[FoldOutput],
) -> ModelOutput:
    """What all folds say, in the order of the question."""
    parts = [
        BoxScores.without_scores(len(query), job.classes),
        *(output.box_scores for output in outputs),
    ]
    rows = np.concatenate([np.zeros(0, np.int64), *(output.query_row for output in outputs)])
    # Each box by its answer, behind the blank rows; without one, by its own blank row.
    place = np.arange(len(query))
    place[rows] = len(query) + np.arange(len(rows))
    nothing = Predictions.empty(job.classes)
    return ModelOutput(
        source=f"{job.config.backbone}, {len(job.trainable_folds)} folds",
        classes=tuple(derived.classes),
        predictions=Predictions.concat([nothing, *(output.predictions for output in outputs)]),
        candidates=Predictions.concat([nothing, *(output.candidates for output in outputs)]),
        fold=np.where(np.isin(job.fold, job.trainable_folds), job.fold, MISSING).astype(np.int32),
        scale=job.scale,
        box_scores=BoxScores.concat(parts).rows(place),
        candidate_scores=BoxScores.concat(
            [BoxScores.without_scores(0, job.classes), *(one.candidate_scores for one in outputs)]
        ),
        notes=tuple(_notes(derived, job, extracted)),
    )


def _notes(derived: DatasetColumns, job: Job, extracted: ExtractedFeatures) -> Iterator[str]:
    """What the user should know of this run."""
    broken = [row for row, error in enumerate(extracted.errors) if error]
    if broken:
        name, error = derived.dataset.images.name[broken[0]], extracted.errors[broken[0]]
        yield f"{counted(len(broken), 'image')} not looked at; the first is {name!r}: {error}"
    if len(job.labels) == 0:
        yield "there is no label to learn from, so no image was judged"
        return
    alone = np.count_nonzero((job.fold != MISSING) & ~np.isin(job.fold, job.trainable_folds))
    if alone:
        images = counted(int(alone), "image")
        yield f"{images} judged by no model: outside of their fold there is no label"
    count = np.bincount(job.labels.label, minlength=job.classes)
    rare = np.flatnonzero((count > 0) & (count < FEWEST))
    if len(rare):
        names = ", ".join(derived.classes[row] for row in rare[:NAMED])
        more = f" and {len(rare) - NAMED} more" if len(rare) > NAMED else ""
        yield f"with fewer than {FEWEST} labels, no model can learn these classes: {names}{more}"


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch use one thread for each of ours.

    Threads of torch's own wait for each other by spinning: on a machine that others use as well,
    two of them took four times the time of one.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
