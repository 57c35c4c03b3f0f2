"""Batches of a training: from cached features, or from images that are changed a little."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from labelaudit.core.columns import Floats, Ints
from labelaudit.core.progress import ignore_progress
from labelaudit.detector.feature_maps import (
    FeatureMaps,
    Stored,
    feature_template,
    open_stored,
)
from labelaudit.detector.job import Job
from labelaudit.detector.model.anchors import Anchors
from labelaudit.detector.training.atss import DetectionTarget, detection_target
from labelaudit.detector.training.loop import TargetCache
from labelaudit.training.augmentation import VISIBLE, Augmentation, augmented

Inputs: TypeAlias = Tensor | list[Tensor]
"""Images (n, 3, h, w), or maps (n, c, h, w) of a backbone, finest first."""

Key: TypeAlias = tuple[int, int]
"""The row of an image, and the seed by which it is changed."""

LOST_WORKER = "DataLoader worker (pid"
"""What torch's error begins with where a process that loads was ended by the system."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Some images as the network is to see them, and what it is to say."""

    number: int  # in its epoch, from 1
    rows: Ints  # (n,) of the images
    inputs: Inputs
    targets: Sequence[DetectionTarget]
    share: float = 1.0  # of the loss of the batch that it was a part of

    def part(self, start: int, stop: int) -> Batch:
        """The images from one place up to another; the share stays."""
        some = slice(start, stop)
        inputs = [x[some] for x in self.inputs] if isinstance(self.inputs, list) else None
        return replace(
            self,
            rows=self.rows[some],
            inputs=self.inputs[some] if inputs is None else inputs,
            targets=self.targets[some],
        )


class BatchSource(Protocol):
    """Where batches come from."""

    def batches(self, rows: Ints, size: int, random: np.random.Generator) -> Iterator[Batch]:
        """The batches of an epoch, in random order.

        Parameters
        ----------
        rows: of the images.
        size: images of a batch.
        random: draws the order, and what is changed.
        """

    def plain(self, rows: Ints) -> Inputs:
        """Images as they are, to be judged."""


class FeatureSource:
    """Maps that a frozen backbone has made of images and of their mirror images."""

    def __init__(
        self,
        job: Job,
        anchors: Anchors,
        weights: Floats | None,
        augmentation: Augmentation,
    ) -> None:
        values = open_stored(job.features_folder, len(job.fold), feature_template(job.shapes))
        self._features = FeatureMaps(values, job.shapes)
        self._targets = TargetCache(job, anchors, weights)
        self._device = job.device
        self._views = 2 if augmentation.mirror else 1

    def batches(self, rows: Ints, size: int, random: np.random.Generator) -> Iterator[Batch]:
        """The batches of an epoch; the images of one are all mirrored, or none.

        Parameters
        ----------
        rows: of the images.
        size: images of a batch.
        random: draws the order, and what is changed.
        """
        order = random.permutation(rows)
        for number, start in enumerate(range(0, len(order), size), 1):
            some = np.sort(order[start : start + size])
            view = int(random.integers(self._views))
            maps = self._features.maps(some, view, self._device)
            yield Batch(number, some, maps, self._targets(some, view))

    def plain(self, rows: Ints) -> Inputs:
        """Maps of images as they are."""
        return self._features.maps(rows, 0, self._device)


class ImageSource:
    """Decoded images, changed by other processes if there are some.

    Where the system ends one, as in a container with too little shared memory, the others end, too,
    and the rest is done in this process: batches are the same.
    """

    def __init__(
        self,
        job: Job,
        anchors: Anchors,
        weights: Floats | None,
        augmentation: Augmentation,
        *,
        workers: int,
        told: Callable[[str], None] = ignore_progress,
    ) -> None:
        template = np.zeros((3, *job.input_size), np.uint8)
        self._images = open_stored(job.features_folder, len(job.fold), template)
        self._examples = AugmentedExamples(
            job, self._images, anchors.to("cpu"), weights, augmentation
        )
        self._device = job.device
        self._workers, self._told = workers, told

    def batches(self, rows: Ints, size: int, random: np.random.Generator) -> Iterator[Batch]:
        """The batches of an epoch; each image is changed by a seed of its own.

        Parameters
        ----------
        rows: of the images.
        size: images of a batch.
        random: draws the order, and what is changed.
        """
        order = random.permutation(rows)
        seeds = random.integers(2**62, size=len(order))
        keys = list(zip(order.tolist(), seeds.tolist(), strict=True))
        for number, some in enumerate(self._collated(keys, size), 1):
            pixels = some.pixels.to(self._device, non_blocking=True)
            yield Batch(number, some.rows, pixels.float(), some.targets)

    def _collated(self, keys: Sequence[Key], size: int) -> Iterator[CollatedExamples]:
        """The batches of an epoch, those that no other process has made by this one."""
        done = 0
        try:
            for some in self._loader(keys, size):
                yield some
                done += len(some.rows)
        except RuntimeError as error:
            if not (self._workers and str(error).startswith(LOST_WORKER)):
                raise
            self._told(
                "a process that makes images ready was ended by the system, which is short of "
                "memory or of shared memory (a container has more by --shm-size): images are made "
                "ready by one process from here on"
            )
            self._workers = 0
            yield from self._loader(keys[done:], size)

    def _loader(self, keys: Sequence[Key], size: int) -> DataLoader[Any]:  # Any: what is collated
        return DataLoader(
            self._examples,
            batch_size=size,
            sampler=keys,
            num_workers=self._workers,
            collate_fn=collated,
            pin_memory=self._device.type == "cuda",
            generator=torch.Generator().manual_seed(0),  # else it draws from that of the network
        )

    def plain(self, rows: Ints) -> Inputs:
        """Images as they are."""
        return torch.from_numpy(np.asarray(self._images[rows])).to(self._device).float()


@dataclass(frozen=True, eq=False)
class AugmentedExample:
    """One image of a batch."""

    row: int
    pixels: Tensor  # (3, h, w) uint8
    target: DetectionTarget


class CollatedExamples(NamedTuple):
    """Images of a batch, in a tuple: of other classes, torch would not pin the memory."""

    rows: Ints  # (n,)
    pixels: Tensor  # (n, 3, h, w) uint8
    targets: list[DetectionTarget]


def collated(examples: Sequence[AugmentedExample]) -> CollatedExamples:
    """The images of a batch as one tensor."""
    return CollatedExamples(
        np.array([one.row for one in examples]),
        torch.stack([one.pixels for one in examples]),
        [one.target for one in examples],
    )


class AugmentedExamples(Dataset[AugmentedExample]):
    """Images by row and seed, each with what the network is to say about it."""

    def __init__(
        self,
        job: Job,
        images: Stored,
        anchors: Anchors,
        weights: Floats | None,
        augmentation: Augmentation,
    ) -> None:
        self._job, self._images, self._anchors = job, images, anchors
        self._weights, self._augmentation = weights, augmentation

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, key: Key) -> AugmentedExample:
        row, seed = key
        job = self._job
        mine, around = job.labels.of_image(row), job.regions.of_image(row)
        corners = np.concatenate([job.labels.xyxy[mine], job.regions.xyxy[around]])
        height, width = job.resized_size(row)
        found = augmented(
            torch.from_numpy(np.array(self._images[row, :, :height, :width])),
            torch.from_numpy(corners).float(),
            self._augmentation,
            job.input_size,
            seed,
        )
        labelled = torch.arange(len(corners)) < mine.stop - mine.start
        learned = labelled & (found.visible >= VISIBLE)
        here = learned[: mine.stop - mine.start]
        weights = None if self._weights is None else torch.from_numpy(self._weights[mine]).float()
        return AugmentedExample(
            row,
            found.pixels,
            detection_target(
                self._anchors,
                found.boxes[learned],
                torch.from_numpy(job.labels.label[mine].astype(np.int64))[here],
                found.boxes[~learned & (found.visible > 0)],
                None if weights is None else weights[here],
            ),
        )
