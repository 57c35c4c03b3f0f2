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
from labelaudit.detector.crops.roi_features import pool
from labelaudit.detector.cross_validation.folds import fold_count, folds
from labelaudit.detector.cross_validation.inference import Answers
from labelaudit.detector.cross_validation.train_fold import JOB, answers_of, load_answers, run_fold
from labelaudit.detector.cross_validation.workers import run_folds
from labelaudit.detector.feature_maps import (
    ExtractedFeatures,
    Features,
    Shape,
    as_they_are,
    both_views,
    extract_features,
    map_shapes,
    one_image,
)
from labelaudit.detector.job import Job, NetworkBoxes, device_of, network_boxes, placed_on, save_job
from labelaudit.detector.model.backbone import backbone
from labelaudit.detector.preprocess import Size, fitting_scales, image_size
from labelaudit.images.near_duplicates import groups
from labelaudit.predictions.model_output import BoxScores, ModelOutput, QueryBoxes
from labelaudit.predictions.predictions import Predictions

Track = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

VERSION = 2
"""Changes when the same job would give other models; what older versions kept is not read then."""

PERCENT = 100

LEAST_SIDE = 1.0
"""Pixels of the network: what is smaller after scaling teaches nothing."""

NAMED = 10
"""Classes that a note names at most."""

FEWEST = 3
"""Labels of a class below which a note says that no model can learn it."""


def untracked(stage: str, done: int, total: int) -> None:
    """Takes word of progress and says nothing."""


def out_of_fold(
    derived: DatasetColumns,
    asked: QueryBoxes,
    recipe: DetectorConfig,
    *,
    cache: Path | None = None,
    workers: int | None = None,
    track: Track = untracked,
) -> ModelOutput:
    """What detectors say of the images that they were not trained on, and of the boxes asked about.

    A run that was killed goes on from where it was; a second run with the same arguments reads what
    the first one wrote.

    Parameters
    ----------
    derived: the dataset, whose sound and judged boxes are learned.
    asked: boxes that the models are asked about; without an image or an inside, nobody judges them.
    recipe: the detector.
    cache: a folder for what takes long; the user's own if absent.
    workers: processes at a time; as many as processors if absent.
    track: told how far it is.

    Raises
    ------
    LabelauditError
        if the network cannot be built, the disk is full, or a process dies.
    """
    paths, folder = derived.dataset.images.path, cache_folder(cache)
    with _one_thread(), claims(folder) as claim:
        run = _Run(
            derived,
            recipe,
            recipe.image_size or image_size(derived),
            folder,
            claim,
            # A file that has changed is another picture, which nobody has looked at.
            digest(paths, stamps(paths)),
            workers or cores(),
            track,
        )
        sight = _look(run)
        job = _job(run, asked, sight)
        own = _folder(run, job)
        save_job(job, own / JOB)
        _share_crops(job, own, sight.looked, track)
        _run_folds(run, job, own)
        answers = [load_answers(answers_of(own, fold)) for fold in job.able]
    return _opinion(derived, asked, job, sight.looked, answers)


@dataclass(frozen=True)
class _Run:
    """What was asked for, and what follows from it at once."""

    derived: DatasetColumns
    recipe: DetectorConfig
    canvas: Size
    cache: Path
    claim: Callable[[Path], Path]  # an entry of the cache, for as long as the run takes
    files: str  # a digest of the image files
    workers: int
    track: Track


@dataclass(frozen=True)
class _Sight:
    """The folder that `extract_features` has filled, and what came of it."""

    folder: Path
    looked: ExtractedFeatures
    shapes: tuple[Shape, ...]  # of the maps for one picture


def _look(run: _Run) -> _Sight:
    """Every picture through the backbone; or decoded only, if the backbone is to be trained."""
    recipe = run.recipe
    torch.manual_seed(recipe.seed)
    device = device_of(recipe)
    stages = placed_on(device, backbone(recipe))
    shapes = map_shapes(stages, run.canvas)
    if recipe.trained == "frozen":
        key = digest(run.files, run.canvas, recipe.backbone, recipe.strides, _weights_key(recipe))
        folder = run.cache / "features" / key
        empty, transform = one_image(shapes), both_views(stages, device)
    else:
        folder = run.cache / "pictures" / digest(run.files, run.canvas)
        empty, transform = np.zeros((3, *run.canvas), np.uint8), as_they_are
    looked = extract_features(
        run.claim(folder),
        run.derived.dataset.images.path,
        run.canvas,
        empty,
        transform,
        workers=run.workers,
        in_threads=device.type == "cpu",
        track=lambda done, total: run.track("looking at images", done, total),
    )
    return _Sight(folder, looked, shapes)


def _weights_key(recipe: DetectorConfig) -> tuple[object, ...]:
    """What tells the weights of one backbone from others of the same."""
    if recipe.weights == "random":
        return (recipe.weights, recipe.seed)
    return (recipe.weights, *stamps(texts([recipe.weights])).ravel().tolist())


def _job(run: _Run, asked: QueryBoxes, sight: _Sight) -> Job:
    """The dataset as the folds see it, in pixels of the network."""
    derived, size = run.derived, sight.looked.size
    boxes, label = derived.dataset.boxes, derived.box_class
    scale = fitting_scales(size, run.canvas)
    readable = np.isfinite(scale)
    xyxy = _scaled(boxes.xyxy, boxes.image, scale)
    inside = _clipped(xyxy, boxes.image, size * scale[:, None])
    seen = derived.placed & (boxes.image != MISSING) & np.append(readable, False)[boxes.image]
    learned = seen & derived.sound & derived.judged & (label != MISSING)
    learned &= (inside[:, 2:] - inside[:, :2] >= LEAST_SIDE).all(axis=1)
    labels = _rows(boxes.image, label, inside, learned)
    group = groups(derived.dataset.images.path, workers=run.workers)
    return Job(
        run.recipe,
        len(derived.classes),
        run.canvas,
        sight.shapes,
        _folds(run.recipe, group, readable, labels),
        group,
        scale,
        size,
        labels=labels,
        regions=_rows(boxes.image, label, _upright(xyxy), seen & ~learned),
        asked=_asked(asked, scale),
        looked=sight.folder,
    )


def _folds(recipe: DetectorConfig, group: Ints, readable: Bools, labels: NetworkBoxes) -> Rows:
    """The fold of each image, (images,); MISSING where it cannot be read."""
    fold = np.full(len(group), MISSING, np.int32)
    apart = len(np.unique(group[readable]))
    k = min(recipe.folds, apart) if recipe.folds else fold_count(len(fold[readable]), apart)
    place = (np.cumsum(readable) - 1).astype(np.int32)
    fold[readable] = folds(
        group[readable], place[labels.image], labels.label, max(k, 1), recipe.seed
    )
    return fold


def _asked(asked: QueryBoxes, scale: Floats) -> NetworkBoxes:
    """The boxes that can be judged, in pixels of the network: in a readable image, with an inside.

    They are not cut off at the edges: how well a box fits includes what lies outside.
    """
    xyxy = _scaled(asked.xyxy, asked.image, scale)
    sides = xyxy[:, 2:] - xyxy[:, :2]
    with np.errstate(invalid="ignore"):
        sound = (np.abs(xyxy) <= FARTHEST).all(axis=1) & (sides > 0).all(axis=1)
    nothing = np.full(len(asked), MISSING, np.int32)
    return _rows(asked.image, nothing, xyxy, sound & (asked.image != MISSING))


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
    key = (VERSION, run.files, run.recipe, _weights_key(run.recipe), run.canvas, job.classes)
    models = digest(*key, job.fold, *labels)
    folder = run.claim(run.cache / "models" / models) / digest(*vars(job.asked).values())
    folder.mkdir(exist_ok=True)
    return folder


def _share_crops(job: Job, folder: Path, looked: ExtractedFeatures, track: Track) -> None:
    """Work out the vectors of crops before the folds, which all read them."""
    if job.frozen and not _finished(job, folder):
        pool(
            job,
            Features(looked.values, job.shapes),
            folder.parent,
            lambda done, total: track("looking at crops", done, total),
        )


def _run_folds(run: _Run, job: Job, folder: Path) -> None:
    """Every fold that is not done yet: in processes, or one after the other on a GPU."""
    waiting = [fold for fold in job.able if not answers_of(folder, fold).is_file()]
    done = len(job.able) - len(waiting)

    def told(parts: float) -> None:
        all_ = PERCENT * len(job.able)
        run.track("training and judging", round(PERCENT * (done + parts)), all_)

    if job.device.type == "cpu":
        run_folds(folder, waiting, run.workers, told)
        return
    for number, fold in enumerate(waiting):
        run_fold(folder, fold, partial(_told_of, told, number))


def _told_of(told: Callable[[float], None], before: int, part: float) -> None:
    """Add what is done of one fold to those before it."""
    told(before + part)


def _finished(job: Job, folder: Path) -> bool:
    """Whether every fold has its answers."""
    return all(answers_of(folder, fold).is_file() for fold in job.able)


def _opinion(
    derived: DatasetColumns,
    asked: QueryBoxes,
    job: Job,
    looked: ExtractedFeatures,
    answers: list[Answers],
) -> ModelOutput:
    """What all folds say, in the order of the question."""
    parts = [
        BoxScores.unjudged(len(asked), job.classes),
        *(answer.opinions for answer in answers),
    ]
    rows = np.concatenate([np.zeros(0, np.int64), *(answer.asked for answer in answers)])
    # Each box by its answer, behind the blank rows; without one, by its own blank row.
    place = np.arange(len(asked))
    place[rows] = len(asked) + np.arange(len(rows))
    nothing = Predictions.empty(job.classes)
    return ModelOutput(
        source=f"{job.recipe.backbone}, {len(job.able)} folds",
        classes=tuple(derived.classes),
        predictions=Predictions.concat([nothing, *(answer.predictions for answer in answers)]),
        candidates=Predictions.concat([nothing, *(answer.candidates for answer in answers)]),
        fold=np.where(np.isin(job.fold, job.able), job.fold, MISSING).astype(np.int32),
        scale=job.scale,
        opinions=BoxScores.concat(parts).rows(place),
        candidate_opinions=BoxScores.concat(
            [BoxScores.unjudged(0, job.classes), *(one.candidate_opinions for one in answers)]
        ),
        notes=tuple(_notes(derived, job, looked)),
    )


def _notes(derived: DatasetColumns, job: Job, looked: ExtractedFeatures) -> Iterator[str]:
    """What the user should know of this run."""
    broken = [row for row, error in enumerate(looked.errors) if error]
    if broken:
        name, error = derived.dataset.images.name[broken[0]], looked.errors[broken[0]]
        yield f"{counted(len(broken), 'image')} not looked at; the first is {name!r}: {error}"
    if len(job.labels) == 0:
        yield "there is no label to learn from, so no image was judged"
        return
    alone = np.count_nonzero((job.fold != MISSING) & ~np.isin(job.fold, job.able))
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
