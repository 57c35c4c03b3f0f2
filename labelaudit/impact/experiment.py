"""The price of noise: the same network trained on label after label set, and what that comes to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from labelaudit.boxes.ops import is_valid
from labelaudit.core.cache import cache_folder
from labelaudit.core.columns import Bools, Floats, Ints
from labelaudit.core.parallel import cores
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.core.text import counted
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.cache_entries import claims
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.extraction import extract
from labelaudit.detector.job import device_of
from labelaudit.detector.preprocess import choose_input_size
from labelaudit.detector.training.loop import epochs_for
from labelaudit.errors import ConfigError, LabelauditError
from labelaudit.images.near_duplicates import groups
from labelaudit.impact.bootstrap import over_classes
from labelaudit.impact.cleaning import MendedLabels, Mending, mended
from labelaudit.impact.intervals import Runs
from labelaudit.impact.label_sets import LabelSet, base_images, planted
from labelaudit.impact.one_run import HeldOutImages, Measured, Task, measured
from labelaudit.impact.processes import run_tasks
from labelaudit.training.augmentation import Augmentation
from labelaudit.training.classes import ClassChoice, chosen_classes
from labelaudit.training.evaluate import ground_truth
from labelaudit.training.settings import TrainingSettings
from labelaudit.training.split import TrainingSplit, training_split

RATES = (0.1, 0.3)
"""Shares of labels that are made wrong, unless others are asked for."""

SEEDS = 3

FEW = 30
"""Held-out images below which it is said that intervals will be wide; a choice."""

MOSTLY = 0.9
"""Part of the planted errors below which it is said that some found no place; a choice."""

PERCENT = 100


@dataclass(frozen=True)
class Choices:
    """What is tried."""

    settings: TrainingSettings = field(default_factory=TrainingSettings)
    seeds: int = SEEDS
    noises: tuple[str, ...] = ("missing", "spurious", "wrong-class", "loose")  # keys of `NOISES`
    rates: tuple[float, ...] = RATES
    cache: Path | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.seeds < 1:
            raise ConfigError(f"an experiment needs one seed or more, not {self.seeds}")
        if bad := [rate for rate in self.rates if not 0 < rate <= 1]:
            raise ConfigError(f"a rate of planted noise is above 0 and at most 1, not {bad[0]:g}")


@dataclass(frozen=True, eq=False)
class Results:
    """What came of all runs."""

    sets: tuple[LabelSet, ...]  # (k,) of the first seed, where noise is another with each
    clean: int  # place in `sets` of what noise is planted in
    runs: Runs  # mAP of (k, seeds)
    by_class: tuple[Runs, ...]  # AP, class by class
    measured: tuple[tuple[Measured, ...], ...]  # (k, seeds)
    held_out: HeldOutImages
    how: str  # images were split
    learned: int  # images
    config: DetectorConfig
    notes: tuple[str, ...]  # what to know, a line each


def experiment(
    dataset: Dataset,
    mending: Mending,
    choices: Choices,
    folder: Path,
    *,
    progress: StageProgress = ignore_progress,
) -> Results:
    """Train and measure all that is to be compared; what was done before is not done again.

    Parameters
    ----------
    dataset: with its images at hand.
    mending: how its labels are mended.
    choices: what is tried.
    folder: of this experiment: a folder for each run is made in it.
    progress: told what is being done, how much of it is done, and how much there is.

    Raises
    ------
    LabelauditError
        if the labels cannot be learned or held out, memory or disk are full, or a process dies.
    """
    progress("splitting images", 0, 1)
    base = dataset.keep(images=base_images(dataset))
    workers = choices.workers or cores()
    split, group = _split(base, choices.settings.validation_share, workers)
    progress("mending labels", 0, 1)
    labels = _of_classes(
        mended(dataset, base, _mask(base, split.learn), mending), choices.settings.classes
    )
    noises, notes = _noises(choices, labels.clean)
    plan = _Plan(
        labels.sets,
        labels.clean,
        tuple((noise, rate) for noise in noises for rate in choices.rates),
        _settled(choices.settings.config, labels.sets[0]),
        choices.settings.augmentation,
        _held_out(base, labels.clean, split.validate, group),
    )
    place = cache_folder(choices.cache)
    by_seed = [plan.of_seed(seed) for seed in range(choices.seeds)]
    tasks = [
        [plan.task(one, seed, folder, place) for one in sets] for seed, sets in enumerate(by_seed)
    ]
    found = _run([task for row in tasks for task in row], place, workers, progress)
    every = [[found[task.key] for task in runs] for runs in zip(*tasks, strict=True)]
    return Results(
        tuple(by_seed[0]),
        _place(labels),
        _runs(every, plan.held_out, None),
        tuple(_runs(every, plan.held_out, row) for row in range(len(plan.held_out.classes))),
        tuple(map(tuple, every)),
        plan.held_out,
        split.how,
        int(labels.sets[0].learned.sum()),
        plan.config,
        (*labels.notes, *notes, *_warnings(plan, choices)),
    )


@dataclass(frozen=True, eq=False)
class _Plan:
    """Everything that is compared."""

    sets: tuple[LabelSet, ...]
    clean: LabelSet
    noises: tuple[tuple[str, float], ...]
    config: DetectorConfig
    augmentation: Augmentation
    held_out: HeldOutImages

    def of_seed(self, seed: int) -> list[LabelSet]:
        """The label sets of a seed, which draws the noise, too."""
        made = (planted(self.clean, noise, rate, seed=seed) for noise, rate in self.noises)
        return [*self.sets, *made]

    def task(self, labels: LabelSet, seed: int, folder: Path, cache: Path) -> Task:
        """The run of a set with a seed.

        Parameters
        ----------
        labels: what is learned.
        seed: of the network.
        folder: of the experiment.
        cache: of features.
        """
        return Task(
            labels.name,
            folder / "runs" / f"{labels.name}-seed{seed}",
            labels.dataset,
            np.flatnonzero(labels.learned),
            dataclasses.replace(self.config, seed=seed),
            self.augmentation,
            self.held_out,
            cache,
        )


def _of_classes(labels: MendedLabels, classes: ClassChoice) -> MendedLabels:
    """The label sets with classes merged and left out, as the configuration says."""
    sets = [
        dataclasses.replace(one, dataset=chosen_classes(one.dataset, classes).dataset)
        for one in labels.sets
    ]
    clean = sets[_place(labels)]
    return dataclasses.replace(labels, sets=tuple(sets), clean=clean)


def _place(labels: MendedLabels) -> int:
    """Which of the sets is the clean one."""
    return [one is labels.clean for one in labels.sets].index(True)


def _split(base: Dataset, share: float, workers: int) -> tuple[TrainingSplit, Ints]:
    """Images to learn from, none nearly the same as a held-out one, and the group of each image."""
    split = training_split(base, seed=0, share=share, workers=workers)
    if not len(split.validate):
        raise ConfigError(f"{base.root}: {split.how}; an experiment needs images to hold out")
    group = groups(base.images.path, workers=workers)
    near = np.isin(group[split.learn], group[split.validate])
    if near.any():
        left = counted(int(near.sum()), "image")
        how = f"{split.how}; {left} nearly the same as held-out ones not learned"
        split = TrainingSplit(split.learn[~near], split.validate, how)
    if not len(split.learn):
        raise ConfigError(f"{base.root}: every image is nearly the same as a held-out one")
    return split, group


def _mask(base: Dataset, rows: Ints) -> Bools:
    mask = np.zeros(len(base.images), bool)
    mask[rows] = True
    return mask


def _noises(choices: Choices, clean: LabelSet) -> tuple[list[str], list[str]]:
    """The kinds of noise that can be planted, and a line about each that cannot."""
    one_class = len(DatasetColumns(clean.dataset).classes) < 2
    noises = [noise for noise in choices.noises if not (noise == "wrong-class" and one_class)]
    left = len(noises) < len(choices.noises)
    return noises, ["one class alone: no label can be given another"] * left


def _settled(config: DetectorConfig, as_is: LabelSet) -> DetectorConfig:
    """A config that does not depend on the labels: size and epochs are those for labels as is."""
    boxes = as_is.dataset.boxes
    count = int((is_valid(boxes.xyxy) & as_is.learned[boxes.image]).sum())
    return dataclasses.replace(
        config,
        image_size=config.image_size or choose_input_size(DatasetColumns(as_is.dataset)),
        epochs=config.epochs or epochs_for(count),
    )


def _held_out(base: Dataset, clean: LabelSet, rows: Ints, group: Ints) -> HeldOutImages:
    """The held-out images with the labels that are held for right."""
    classes = tuple(DatasetColumns(clean.dataset).classes)
    truth, _ = ground_truth(clean.dataset, rows, classes)
    if not (~(truth.crowd | truth.difficult)).any():
        raise ConfigError(
            f"{base.root}: no label in {counted(len(rows), 'held-out image')}: nothing to measure"
        )
    return HeldOutImages(rows, base.images.path[rows].tolist(), group[rows], truth, classes)


def _run(
    tasks: Sequence[Task], cache: Path, workers: int, progress: StageProgress
) -> dict[str, Measured]:
    """What came of tasks, by key; what was not done before is done, and the same labels once."""
    different = {task.key: task for task in reversed(tasks)}  # the first of several alike
    waiting = [task for task in different.values() if measured(task) is None][::-1]
    with claims(cache) as claim:
        images = {(task.learn.tobytes(), _drawn(task)): task for task in waiting}
        for task in images.values():
            assert task.config.image_size is not None  # noqa: S101  # `_settled` chose it
            extract(
                task.dataset.images.path[task.learn],
                task.config,
                task.config.image_size,
                cache,
                claim,
                as_features=task.config.trained == "frozen" and not task.augmentation.needs_images,
                workers=workers,
                progress=progress,
            )
        done, every = len(different) - len(waiting), len(different)

        def told(parts: float) -> None:
            progress("training", round(PERCENT * (done + parts)), PERCENT * every)

        if waiting:
            told(0)
            on_gpu = device_of(waiting[0].config).type != "cpu"
            run_tasks(waiting, workers, told, on_gpu=on_gpu)
    return {key: _result(task) for key, task in different.items()}


def _result(task: Task) -> Measured:
    """What came of a run that was done just now, or before."""
    result = measured(task)
    if result is None:
        raise LabelauditError(
            f"{task.folder}: what is kept there is of other labels or images; did a file change "
            "while this ran? run it again"
        )
    return result


def _drawn(task: Task) -> int:
    """What features depend on beside the images: the seed, if it draws the backbone."""
    return task.config.seed if task.config.weights == "random" else 0


def _runs(every: Sequence[Sequence[Measured]], held_out: HeldOutImages, row: int | None) -> Runs:
    """AP of a class in all runs, or the mean over classes where `row` is None.

    Parameters
    ----------
    every: of each set, of each seed.
    held_out: what they were measured on.
    row: of the class.
    """

    def figure(precision: Floats) -> Floats:
        return over_classes(precision) if row is None else precision[..., row]

    return Runs(
        np.array([[figure(one.precision) for one in runs] for runs in every]),
        np.array([[figure(one.drawn) for one in runs] for runs in every]),
        len(np.unique(held_out.group)),
    )


def _warnings(plan: _Plan, choices: Choices) -> Iterator[str]:
    """What to beware of when intervals are read."""
    images = len(plan.held_out.images)
    if images < FEW:
        yield f"{counted(images, 'held-out image')}: the intervals are wide, and rough themselves"
    learned = plan.clean.learned
    labels = int(np.append(learned, False)[plan.clean.dataset.boxes.image].sum())
    for one in plan.of_seed(0)[len(plan.sets) :]:
        wanted = one.share * labels
        if one.changed < MOSTLY * wanted:
            yield f"{one.words}: only {one.changed:,} of {wanted:,.0f} found a place"
    if choices.seeds == 1:
        yield "one seed: how much a network changes with its seed is in no interval"
