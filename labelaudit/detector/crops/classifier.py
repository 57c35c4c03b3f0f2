"""The head that classifies crops: what is in a box, where it should be, how well it fits.

A detector of one stage has no such second look. Wrong classes are decided here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, smooth_l1_loss

from labelaudit.core.columns import MISSING, Ints
from labelaudit.detector.crops.roi_features import IS_BACKGROUND, LARGEST_OFFSET, CropDataset
from labelaudit.detector.job import Job
from labelaudit.detector.training.loop import TrainingPlan

# Choices that were not measured one by one. What all of them come to together is recorded in
# benchmarks/results/label_errors.md, rows "crop head", by `python -m benchmarks.label_errors`.

WIDTH = 192
"""Numbers between the layers of the head."""

BATCH = 256
"""Crops that are learned from together."""

LEARNING_RATE, WEIGHT_DECAY = 1e-3, 2e-2

BOX_WEIGHT = 2.0
"""Weight of the offsets against the classes."""

SMOOTHING = 0.05
"""Part of the probability that is spread over all classes, since some labels are wrong."""

TRAINING_CROPS = 112_000
"""How many crops the head meets in training, repeats counted, unless the config says.

Two thirds of the labels, five crops each, and of the images, `BACKGROUNDS` each, are 18,700 crops
a fold of blood cells and 9,300 of handwritten digits: 6 epochs and 12. With these
benchmarks/results/label_errors.md, rows "crop head", was measured.
"""

FEWEST_EPOCHS, MOST_EPOCHS = 4, 30
"""Limits of the epochs: of very many crops each still counts more than once, and few crops are not
learned by heart. A choice; datasets beyond these limits were not measured.
"""

LEAST_WEIGHT, LARGEST_WEIGHT = 0.3, 4.0
"""Limits of the weight of a class, which is the root of how rare it is."""


class CropHead(nn.Module):
    """Vectors (b, p) to logits of each class and of no object (b, c + 1), offsets (b, 4), fit (b,).

    Two layers with dropout. The fit is the logit of the overlap with the object.
    """

    def __init__(self, length: int, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(length, elementwise_affine=False),
            nn.Dropout(0.1),
            nn.Linear(length, WIDTH),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(WIDTH, WIDTH),
            nn.ReLU(),
            nn.Dropout(0.2),
        )
        self.classes = nn.Linear(WIDTH, classes + 1)
        self.offsets = nn.Linear(WIDTH, 4)
        self.fit = nn.Linear(WIDTH, 1)

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits, offsets and fit."""
        hidden = self.layers(vectors)
        return self.classes(hidden), self.offsets(hidden), self.fit(hidden)[:, 0]


@dataclass(frozen=True)
class CropScores:
    """What the head says of boxes."""

    classes: Tensor  # (b, c + 1) probability of each class, and last of no object
    boxes: Tensor  # (b, 4) where the object would be, pixels of the network
    fit: Tensor  # (b,) expected overlap, in [0, 1]


def score_crops(head: CropHead, vectors: Tensor, boxes: Tensor) -> CropScores:
    """What the head says of boxes.

    Parameters
    ----------
    head: on the device of the vectors.
    vectors: (b, p) as in `CropDataset`; b may be 0.
    boxes: (b, 4) that they come from, pixels of the network.
    """
    logits, offsets, fit = head(vectors)
    moved = offsets.clamp(-LARGEST_OFFSET, LARGEST_OFFSET)
    sides = boxes[:, 2:] - boxes[:, :2]
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2 + moved[:, :2] * sides
    half = sides * moved[:, 2:].exp() / 2
    place = torch.cat([centre - half, centre + half], dim=1)
    return CropScores(logits.softmax(dim=1), place, fit.sigmoid())


def crop_plan(
    job: Job, head: CropHead, crop_dataset: CropDataset, rows: Ints
) -> TrainingPlan[Ints]:
    """How the head learns from some crops.

    Parameters
    ----------
    job: for the device, the classes and the config.
    head: on that device.
    crop_dataset: crops of all images.
    rows: (r,) of the crops to learn from.
    """
    label, offset, overlap = (
        torch.from_numpy(np.ascontiguousarray(values[rows]))
        for values in (
            crop_dataset.examples.label.astype(np.int64),
            crop_dataset.examples.offset.astype(np.float32),
            crop_dataset.examples.overlap.astype(np.float32),
        )
    )
    weight = class_weights(label, job.classes + 1).to(job.device)

    def batches(random: np.random.Generator) -> Iterable[Ints]:
        order = random.permutation(len(rows))
        for start in range(0, len(order), BATCH):
            yield np.sort(order[start : start + BATCH])

    def loss(batch: Ints) -> Tensor:
        vectors = torch.from_numpy(crop_dataset.vectors[rows[batch]]).to(job.device)
        logits, moved, fit = head(vectors)
        wanted, way, share = (values[batch].to(job.device) for values in (label, offset, overlap))
        return _class_loss(logits, wanted, weight) + _box_loss(moved, fit, way, share)

    return TrainingPlan(
        epochs=job.config.crop_epochs or crop_epochs_for(len(rows)),
        steps=-(-len(rows) // BATCH),
        batches=batches,
        loss=loss,
        learning_rate=LEARNING_RATE,
        weight_decay=WEIGHT_DECAY,
        warm_up=0.1,
        seed=job.config.seed,
    )


def crop_epochs_for(crops: int) -> int:
    """How many epochs the head is trained with so many crops, unless the config says.

    >>> crop_epochs_for(18_700), crop_epochs_for(9_300), crop_epochs_for(60_000)
    (6, 12, 4)
    """
    return min(max(round(TRAINING_CROPS / max(crops, 1)), FEWEST_EPOCHS), MOST_EPOCHS)


def class_weights(label: Tensor, classes: int) -> Tensor:
    """Weight of each class, (classes,): the root of how rare it is, 1 on average, within limits."""
    count = torch.bincount(label[label != MISSING], minlength=classes).float()
    weight = (count.sum() / count.clamp(min=1)).sqrt()
    return (weight / weight.mean().clamp(min=1e-6)).clamp(LEAST_WEIGHT, LARGEST_WEIGHT)


def _class_loss(logits: Tensor, label: Tensor, weight: Tensor) -> Tensor:
    """Cross entropy of the crops that teach a class; 0 if there are none."""
    taught = label != MISSING
    if not taught.any():
        return logits.sum() * 0
    return cross_entropy(logits[taught], label[taught], weight, label_smoothing=SMOOTHING)


def _box_loss(moved: Tensor, fit: Tensor, way: Tensor, overlap: Tensor) -> Tensor:
    """How far off the boxes of crops near an object are, and the expected overlap of all."""
    near = overlap > IS_BACKGROUND
    loss = binary_cross_entropy_with_logits(fit, overlap)
    if not near.any():
        return loss
    return loss + BOX_WEIGHT * smooth_l1_loss(moved[near], way[near], beta=0.1)
