"""Label errors of a dataset, found by a detector trained on its other images or by anybody's.

This is the entry: it gets a `ModelOutput` and hands it to `scoring.py`, which goes through the
steps of docs/method.md. *Given* labels are those of the dataset as they stand; *synthetic* errors
are made from them for classifiers to learn from (`noise/`); *known* errors are planted in a copy,
to see how many are found (`evaluation/`).
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.core.durations import in_words
from labelaudit.core.extras import check_installed
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.core.text import counted
from labelaudit.dataset.arguments import check_dataset, kind_of
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ArgumentError, ConfigError, FormatError
from labelaudit.label_errors.image_sample import drawn_from
from labelaudit.label_errors.labels import labels_of
from labelaudit.label_errors.time_budget import within
from labelaudit.predictions.as_model_output import as_model_output
from labelaudit.predictions.model_output import ModelOutput
from labelaudit.predictions.read import read_predictions
from labelaudit.predictions.validate import ImportedPredictions

if TYPE_CHECKING:
    from labelaudit.core.executors import Executor
    from labelaudit.detector.config import DetectorConfig
    from labelaudit.label_errors.human_labels import HumanLabels

FOR_DETECTORS = ("torch", "torchvision", "timm", "sklearn", "cleanlab")
"""Packages, by the names they are imported by, that `by_detector` needs."""

FOR_PREDICTIONS = ("sklearn", "cleanlab")
"""Those that `by_predictions` needs."""


def by_detector(  # noqa: PLR0913  # keywords, spelled out for whoever completes them
    dataset: Dataset,
    config: DetectorConfig | None = None,
    *,
    images: int | None = None,
    budget: float | None = None,
    cache: Path | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    human_labels: HumanLabels | None = None,
    objectlab: bool = False,
    progress: StageProgress = ignore_progress,
) -> LabelIssues:
    """How probable it is that each label is wrong, by a detector trained on the other images.

    Parameters
    ----------
    dataset:
        with its images at hand.
    config:
        the detector, with everything that is left open chosen from the data.
    images:
        how many of them the detector learns from and judges, drawn with equal chances by the seed
        of the config; all if absent. Labels in the others are not judged, and how many errors there
        are is estimated from these.
    budget:
        the seconds that it may take, instead: as many images as fit into them. Some are looked at
        first, to see how long that takes.
    cache:
        a folder for features and trained heads, so that a second run, also one after a kill,
        begins where the last one ended; that of the user if absent.
    workers:
        processes that train folds; as many as there are processors if absent.
    executor:
        where folds are trained instead: a `RayExecutor`, say; results are the same.
    human_labels:
        what a person said of some labels: the ranking is fitted again with them.
    objectlab:
        whether cleanlab's scores of misplaced and swapped labels are columns of `box_features`.
    progress:
        told what is being done, how much of it is done, and how much there is.

    Raises
    ------
    ConfigError
        if torch is not installed, the config cannot be used, or images and a budget are given.
    FormatError
        if no image of the dataset was found.
    """
    check_dataset(dataset, "by_detector()")
    if images is not None and budget is not None:
        raise ConfigError("by_detector() takes images=, how many, or budget=, the time, not both")
    check_installed(FOR_DETECTORS, "a detector")
    if not (dataset.images.path != "").any():
        raise FormatError(
            "the detector looks at images, and none of this dataset was found: "
            "give their folder with --images"
        )
    from labelaudit.detector.config import DetectorConfig  # noqa: PLC0415  # torch

    config = config or DetectorConfig()

    def judged(count: int | None) -> LabelIssues:
        sample = None if count is None else drawn_from(dataset, count, seed=config.seed)
        of_sample = human_labels and sample and sample.human_labels(human_labels)
        found = _judged(
            sample.dataset if sample else dataset,
            config,
            cache=cache,
            workers=workers,
            executor=executor,
            human_labels=of_sample or human_labels,
            objectlab=objectlab,
            progress=progress,
        )
        return sample.of_whole(found, dataset) if sample else found

    if budget is None:
        return judged(images)
    found, count = within(budget, int((dataset.images.path != "").sum()), judged)
    note = f"{counted(count, 'image')} fitted into {in_words(budget)}"
    return dataclasses.replace(found, notes=(*found.notes, note))


def _judged(
    dataset: Dataset,
    config: DetectorConfig,
    *,
    cache: Path | None,
    workers: int | None,
    executor: Executor | None,
    human_labels: HumanLabels | None,
    objectlab: bool,
    progress: StageProgress,
) -> LabelIssues:
    """What a detector makes of all labels of a dataset; see `by_detector`."""
    from labelaudit.detector.cross_validation.out_of_fold import out_of_fold  # noqa: PLC0415  # torch
    from labelaudit.label_errors.label_crops import with_label_crops  # noqa: PLC0415  # torch
    from labelaudit.label_errors.noise.label_noise import make_label_noise  # noqa: PLC0415  # scikit-learn
    from labelaudit.label_errors.scoring import label_issues  # noqa: PLC0415  # scikit-learn

    derived = DatasetColumns(dataset)
    noise = make_label_noise(derived, seed=config.seed)
    model_output = out_of_fold(
        derived,
        noise.query_boxes,
        config,
        cache=cache,
        workers=workers,
        executor=executor,
        progress=progress,
    )
    model_output = with_label_crops(
        model_output, noise.labels, dataset.images.path, config, cache=cache, progress=progress
    )
    progress("judging labels", 0, 1)
    return label_issues(
        derived,
        model_output,
        noise,
        seed=config.seed,
        human_labels=human_labels,
        objectlab=objectlab,
    )


def by_predictions(
    dataset: Dataset,
    predictions: ImportedPredictions | Path | str,
    *,
    seed: int = 0,
    human_labels: HumanLabels | None = None,
    objectlab: bool = False,
    crops: bool = False,
    cache: Path | None = None,
    progress: StageProgress = ignore_progress,
) -> LabelIssues:
    """How strongly each label is doubted, by a detector that somebody else ran.

    Doubts rank labels; they are probabilities once a person judged a sample (`human_labels`), as
    `boxes_calibrated` and `missing_calibrated` of what is returned say.

    Parameters
    ----------
    dataset:
        whose labels are scored.
    predictions:
        a COCO results file, a folder of YOLO text files, or what `predictions_of` made of arrays;
        of images that this detector was not trained on.
    seed:
        of every choice: the same input gives the same result.
    human_labels, objectlab:
        as in `by_detector`.
    crops:
        whether a backbone also looks at the crop of each label, and says what its class is by the
        labels of other images: some ten milliseconds a label.
    cache, progress:
        of `crops`, as in `by_detector`.

    Raises
    ------
    ConfigError
        if scikit-learn is not installed, or torch, which `crops` needs.
    FormatError
        if the predictions cannot be read, or are about another dataset.
    """
    check_dataset(dataset, "by_predictions()")
    if not isinstance(predictions, ImportedPredictions | str | os.PathLike):
        raise ArgumentError(
            "by_predictions(), after the dataset, takes a file or folder of predictions, not "
            f"{kind_of(predictions)}; labelaudit.predictions_of(dataset, results, images) reads "
            "what a detector returned"
        )
    check_installed(FOR_PREDICTIONS, "comparing labels with predictions")
    derived = DatasetColumns(dataset)
    if not isinstance(predictions, ImportedPredictions):
        predictions = read_predictions(predictions, derived)
    from labelaudit.label_errors.scoring import label_issues  # noqa: PLC0415  # scikit-learn

    model_output = as_model_output(derived, predictions)
    if crops:
        model_output = _with_crops(derived, model_output, seed, cache, progress)
    return label_issues(
        derived, model_output, None, seed=seed, human_labels=human_labels, objectlab=objectlab
    )


def _with_crops(
    derived: DatasetColumns,
    model_output: ModelOutput,
    seed: int,
    cache: Path | None,
    progress: StageProgress,
) -> ModelOutput:
    """What a model says and what the crops of labels say beside it."""
    check_installed(FOR_DETECTORS, "looking at crops")
    paths = derived.dataset.images.path
    if not (paths != "").any():
        raise FormatError(
            "crops are cut from images, and none of this dataset was found: "
            "give their folder with --images"
        )
    from labelaudit.detector.config import DetectorConfig  # noqa: PLC0415  # torch
    from labelaudit.label_errors.label_crops import with_label_crops  # noqa: PLC0415  # torch

    labels, config = labels_of(derived), DetectorConfig(seed=seed)
    return with_label_crops(model_output, labels, paths, config, cache=cache, progress=progress)
