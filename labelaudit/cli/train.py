from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from labelaudit.auditing.config import read_config
from labelaudit.cli import CLEAN
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import DatasetSource, PartChoice
from labelaudit.cli.progress_bar import Stages, stages
from labelaudit.cli.training_files import TrainingFiles
from labelaudit.cli.training_options import (
    LearnedLabels,
    LearningOptions,
    NetworkOptions,
    TaughtLabels,
    training_choices,
)
from labelaudit.cli.typed import settings_as_options
from labelaudit.core.extras import check_installed
from labelaudit.core.parallel import cores
from labelaudit.reports.found_images import where_images_are

if TYPE_CHECKING:
    from labelaudit.training.metrics import DetectionMetrics
    from labelaudit.training.model_file import TrainedDetector
    from labelaudit.training.settings import TrainingSettings

PACKAGES = ("torch", "torchvision", "timm", "filelock", "imagehash", "pycocotools")
"""What a training needs, by the names of the modules."""


def train(  # noqa: PLR0913  # options of a command
    paths: tuple[Path, ...],
    /,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    overwrite: bool = False,
    config: Path | None = None,
    source: DatasetSource = DatasetSource(),
    part: PartChoice = PartChoice(),
    network: NetworkOptions = NetworkOptions(),
    learning: LearningOptions = LearningOptions(),
    taught: TaughtLabels = TaughtLabels(),
    plot: Path | None = None,
    tensorboard: Path | None = None,
    output_format: Literal["text", "json"] = "text",
) -> int:
    """Train a light detector on a dataset and write it to a file.

    It is measured after each epoch on the dataset's own split for validation or, where there is
    none, on a fifth of the images: near duplicates together, balanced by class. The epoch with the
    highest mAP is written, and its COCO metrics are shown class by class. Beside it are the last
    epoch (model.last.pt) and the figures of each epoch (model.metrics.jsonl). A run that was
    stopped goes on after its last epoch when the same command is given again.

    The configuration file may say all of this in a table `train`: epochs = 20, trained = "whole",
    merge = {car = ["van", "truck"]}, drop-classes = ["sign"].

    Parameters
    ----------
    paths:
        The dataset, as it would be given to a scan.
    output:
        The file of the detector, such as model.pt.
    overwrite:
        Replace a detector that is there, and an unfinished training of other choices.
    config:
        The configuration file, instead of the labelaudit.toml or pyproject.toml of this folder or
        the nearest above it.
    plot:
        Draw loss and metrics by epoch as a picture, .png or .svg; needs matplotlib.
    tensorboard:
        Also write loss and metrics into this folder for TensorBoard; needs tensorboard.
    output_format:
        text for people, json for programs.
    """
    check_installed(PACKAGES, "training")
    files = TrainingFiles(output, plot=plot, tensorboard=tensorboard)
    files.check(overwrite=overwrite)
    taught.check()
    known = read_config(config)
    settings = training_choices(known, network, learning)
    with stages(quiet=False) as stage:
        stage.begin("reading labels")
        labels = taught.of(source.load(paths, known, part), settings.classes)
        for line in (*where_images_are(labels.dataset), *labels.notes):
            note(line)
        with files.in_use():
            detector, metrics = _trained(
                labels, settings, files, stage, cache=learning.cache, anew=overwrite
            )
    if plot:
        from labelaudit.cli.training_report import training_plot  # noqa: PLC0415  # as in `_trained`

        training_plot(files.metrics, plot)
        note(f"Wrote {plot}")
    return _shown(detector, metrics, files, output_format)


def _trained(
    labels: LearnedLabels,
    settings: TrainingSettings,
    files: TrainingFiles,
    stage: Stages,
    *,
    cache: Path | None,
    anew: bool,
) -> tuple[TrainedDetector, DetectionMetrics]:
    """The detector, written to its file, and how good it is."""
    # Only here: torch takes seconds, and no other command should wait for it.
    from labelaudit.training.evaluate import evaluate  # noqa: PLC0415
    from labelaudit.training.learned_images import FACT, image_marks  # noqa: PLC0415
    from labelaudit.training.model_file import save_detector  # noqa: PLC0415
    from labelaudit.training.run_folder import metrics_line, told_of_room  # noqa: PLC0415
    from labelaudit.training.split import training_split  # noqa: PLC0415
    from labelaudit.training.tensorboard import tensorboard_log  # noqa: PLC0415
    from labelaudit.training.train import Recipe, train_detector  # noqa: PLC0415

    stage.begin("looking for near duplicates")
    split = training_split(
        labels.dataset,
        seed=settings.config.seed,
        share=settings.validation_share,
        workers=cores(),
    )
    note(split.how)
    with tensorboard_log(files.tensorboard) as log, settings_as_options():
        recipe = Recipe(settings.augmentation, files.metrics, told=note, epoch=log, anew=anew)
        detector = train_detector(
            labels.dataset,
            settings.config,
            split,
            folder=files.folder,
            label_weights=labels.weights,
            cache=cache,
            progress=stage.update,
            recipe=recipe,
        )
    metrics = evaluate(
        detector, labels.dataset, split.validate, workers=cores(), progress=stage.update
    )
    facts = detector.facts | {
        "learned": labels.what,
        FACT: image_marks(labels.dataset.images.path[split.learn].tolist()),
        "validation": metrics_line(metrics),
    }
    detector = dataclasses.replace(detector, facts=facts)
    with told_of_room(files.output):
        files.keep_last()
        save_detector(detector, files.output)
    files.finish()
    return detector, metrics


def _shown(
    detector: TrainedDetector,
    metrics: DetectionMetrics,
    files: TrainingFiles,
    output_format: Literal["text", "json"],
) -> int:
    from labelaudit.cli.training_report import as_json, tables  # noqa: PLC0415  # rich, or not
    from labelaudit.core.terminal import Terminal  # noqa: PLC0415  # likewise

    for line in metrics.notes:
        note(line)
    if output_format == "json":
        from labelaudit.cli.text_tables import write_json  # noqa: PLC0415  # likewise

        value: dict[str, Any] = as_json(detector, metrics, files.output)  # Any: what JSON holds
        write_json(value, sys.stdout)
    else:
        terminal = Terminal(sys.stdout)
        for part in tables(detector, metrics):
            terminal.print(part)
    note(f"Wrote {files.output}, {files.last} and {files.metrics}")
    return CLEAN
