"""Training a detector on a dataset: from its images to the best epoch."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from labelaudit.core.cache import cache_folder, digest
from labelaudit.core.columns import Floats
from labelaudit.core.parallel import cores
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.cache_entries import claims
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.extraction import files_digest, weights_key
from labelaudit.detector.model.anchors import anchors
from labelaudit.detector.threads import torch_threads
from labelaudit.detector.training.loop import train
from labelaudit.errors import LabelauditError
from labelaudit.training.augmentation import Augmentation
from labelaudit.training.batches import FeatureSource, ImageSource
from labelaudit.training.classes import class_ids
from labelaudit.training.examples import TrainingExamples, examples, training_images
from labelaudit.training.metrics import DetectionMetrics
from labelaudit.training.model_file import TrainedDetector, build_detector
from labelaudit.training.plans import Learning
from labelaudit.training.run_folder import BEST, LAST, RunFolder, metrics_line, opened, told_of_room
from labelaudit.training.split import TrainingSplit
from labelaudit.training.validation import validated

VERSION = 1
"""Changes when the same choices would give another network; older runs are not gone on with."""

MOST_WORKERS = 8
"""Processes that make images ready for a GPU; a choice."""


@dataclass(frozen=True)
class Recipe:
    """What a training is beside its detector; None is chosen by what is trained."""

    augmentation: Augmentation | None = None  # of images; a frozen backbone: mirror images alone
    metrics: Path | None = None  # a copy of the figures of each epoch, as JSON lines
    told: Callable[[str], None] = ignore_progress  # lines for people, as they come
    epoch: Callable[[Mapping[str, Any]], None] = ignore_progress  # figures of each; Any: JSON
    anew: bool = False  # whether another training in the folder is given up

    def augmentation_of(self, config: DetectorConfig) -> Augmentation:
        """All of it where the backbone is trained: features of a frozen one are worked out once."""
        trained = config.trained != "frozen"
        return self.augmentation or Augmentation(scale=trained, colour=trained)


def train_detector(  # noqa: PLR0913  # every one is a choice of the caller's
    dataset: Dataset,
    config: DetectorConfig,
    split: TrainingSplit,
    *,
    folder: Path,
    label_weights: Floats | None = None,
    cache: Path | None = None,
    workers: int | None = None,
    progress: StageProgress = ignore_progress,
    recipe: Recipe = Recipe(),  # frozen
) -> TrainedDetector:
    """A detector trained on some images, as it was after its best epoch on others.

    The best has the highest mAP on the images that validate; without any, the last is taken. After
    each epoch all is kept in `folder`: a run that was killed goes on there, and on a CPU with as
    many threads comes to the same weights as one that was not.

    Parameters
    ----------
    dataset: labels and images.
    config: the detector.
    split: which images are learned, and which validate.
    folder: of this training alone.
    label_weights: (b,) in [0, 1], what each box of the dataset counts for; all the same if absent.
    cache: a folder for features of images; the user's own if absent.
    workers: threads; as many as processors if absent.
    progress: told what is being done, and how much of it is.
    recipe: what else may be chosen.

    Raises
    ------
    LabelauditError
        if there is nothing to learn from, the folder holds another training, a loss is not a
        number, or memory or disk are full; the message says what to do.
    """
    workers = workers or cores()
    augmentation = recipe.augmentation_of(config)
    as_features = config.trained == "frozen" and not augmentation.needs_images
    place = cache_folder(cache)
    with torch_threads(workers), claims(place) as claim:
        images = training_images(
            dataset,
            config,
            split,
            place,
            claim,
            as_features=as_features,
            workers=workers,
            progress=progress,
        )
        found = examples(images, config, label_weights)
        for note in found.notes:
            recipe.told(note)
        with told_of_room(folder):
            run = opened(folder, _identity(found, augmentation), recipe.metrics, anew=recipe.anew)
        detector = _untrained(found, dataset)
        places = anchors(config, *found.job.input_size).to(found.job.device)
        source: FeatureSource | ImageSource
        if as_features:
            source = FeatureSource(found.job, places, found.weights, augmentation)
        else:
            processes = min(workers, MOST_WORKERS) if found.job.device.type == "cuda" else 0
            source = ImageSource(
                found.job,
                places,
                found.weights,
                augmentation,
                workers=processes,
                told=recipe.told,
            )
        network = detector.network.head if as_features else detector.network
        learning = Learning(
            found,
            network,
            source,
            places,
            lambda done, total: progress("training", done, total),
        )
        with told_of_room(folder):
            return _trained(learning, detector, run, recipe)


def _trained(
    learning: Learning, detector: TrainedDetector, run: RunFolder, recipe: Recipe
) -> TrainedDetector:
    """Train in pieces that fit into memory; the best epoch."""
    told = recipe.told
    after = _AfterEpoch(learning, detector, run, recipe, time.monotonic())
    before = run.epochs_done()
    if before:
        told(f"{run.path}: {counted(before, 'epoch')} of {learning.epochs} done before")
    untrained = copy.deepcopy(learning.network.state_dict())
    while True:
        learning.epoch = run.epochs_done()
        try:
            train(learning.network, learning.plan(), run.checkpoint, after_epoch=after)
            break
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not _is_short_of_memory(error):
                raise
        _halve(learning, told)
        learning.network.load_state_dict(untrained)  # else it keeps what the epoch had learned
    run.save(replace(detector, facts=after.facts(learning.epochs)), LAST)
    return run.load(BEST, detector.config.device)


@dataclass(frozen=True, eq=False)
class _AfterEpoch:
    """What is done after each epoch: measure, write down, keep the best."""

    learning: Learning
    detector: TrainedDetector
    run: RunFolder
    recipe: Recipe
    began: float  # s

    def __call__(self, epoch: int, loss: float) -> None:
        metrics = validated(self.learning) if len(self.learning.examples.validate) else None
        line = {"epoch": epoch, "loss": loss, "map": None, "seconds": self._seconds()}
        line |= metrics_line(metrics) if metrics else {}
        value = float("nan") if metrics is None else metrics.map
        best = self.run.is_best(value, epoch)
        self.run.add(epoch, line)
        if best:
            self.run.save(replace(self.detector, facts=self.facts(epoch)), BEST)
        self.recipe.epoch(line)
        self.recipe.told(_epoch_line(epoch, self.learning.epochs, loss, metrics))

    def facts(self, epoch: int) -> dict[str, Any]:  # Any: what JSON holds
        """What the file of a detector says of its training."""
        images = self.learning.examples.images
        line = self.run.lines[epoch - 1]
        return {
            "epoch": epoch,
            "epochs": self.learning.epochs,
            "split": images.split.how,
            "labels": len(self.learning.examples.job.labels),
            "notes": list(self.learning.examples.notes),
            "validation": {name: value for name, value in line.items() if name != "seconds"},
        }

    def _seconds(self) -> float:
        return round(time.monotonic() - self.began, 1)


def _epoch_line(epoch: int, epochs: int, loss: float, metrics: DetectionMetrics | None) -> str:
    told = f"epoch {epoch:>{len(str(epochs))}}/{epochs}  loss {loss:.3f}"
    if metrics is None:
        return told
    return f"{told}  mAP {metrics.map:.3f}  AP50 {metrics.ap50:.3f}  AP75 {metrics.ap75:.3f}"


def _untrained(found: TrainingExamples, dataset: Dataset) -> TrainedDetector:
    """The detector as it is before its first step."""
    classes = tuple(found.images.derived.classes)
    network = build_detector(found.job.config, len(classes))
    ids = class_ids(dataset)
    return TrainedDetector(
        found.job.config,
        classes,
        tuple(ids[name] for name in classes),
        found.job.input_size,
        network,
    )


def _identity(found: TrainingExamples, augmentation: Augmentation) -> dict[str, Any]:  # Any: JSON
    """All that the weights depend on."""
    job, images = found.job, found.images
    tables = [value for table in (job.labels, job.regions) for value in vars(table).values()]
    return {
        "version": VERSION,
        "detector": asdict(job.config),
        "augmentation": asdict(augmentation),
        "classes": images.derived.classes,
        "images": files_digest(images.dataset.images.path),
        "split": digest(job.fold),
        "labels": digest(*tables),
        "label weights": None if found.weights is None else digest(found.weights),
        "weights": [str(value) for value in weights_key(job.config)],
    }


def _halve(learning: Learning, told: Callable[[str], None]) -> None:
    """Let each batch go through the network in smaller pieces; raises where there are none."""
    batch = learning.examples.job.config.batch
    if learning.smallest_piece:
        height, width = learning.examples.job.input_size
        raise LabelauditError(
            f"there is not enough memory to train on one image of {height} x {width}: choose a "
            "smaller image_size, fewer channels, or another device"
        )
    learning.pieces *= 2
    told(
        f"short of memory: batches of {counted(batch, 'image')} go through the network in "
        f"{learning.pieces} pieces from here on; the gradient is that of the whole batch"
    )
    if learning.examples.job.device.type == "cuda":
        torch.cuda.empty_cache()


def _is_short_of_memory(error: BaseException) -> bool:
    """Whether an error is about memory, in the words of torch's allocators, cuBLAS and cuDNN."""
    words = ("out of memory", "not enough memory", "can't allocate memory", "STATUS_ALLOC_FAILED")
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or any(
        word in str(error) for word in words
    )
