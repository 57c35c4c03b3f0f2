"""How a detector learns batches: its loss, and what is done where a loss or the memory fails."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from labelaudit.core.columns import Ints
from labelaudit.detector.model.anchors import Anchors
from labelaudit.detector.training.atss import DetectionTarget
from labelaudit.detector.training.loop import TrainingPlan, epochs_for
from labelaudit.detector.training.losses import detection_loss, owned_anchors
from labelaudit.training.batches import Batch, BatchSource
from labelaudit.training.broken_loss import BrokenLoss
from labelaudit.training.examples import TrainingExamples

WARM_UP = 0.15
"""Part of all steps in which the rate rises; as for the second opinion."""

BACKBONE_RATE = 0.1
"""Rate of a backbone that is trained, as a factor of the head's.

A choice, usual for weights that are adapted and not learned anew.
"""


@dataclass(eq=False)
class Learning:
    """What one training is made of; `pieces` grows where memory is short."""

    examples: TrainingExamples
    network: nn.Module  # from what the source gives to logits and offsets
    source: BatchSource
    anchors: Anchors
    told: Callable[[int, int], None]  # how many steps of how many are done
    pieces: int = 1  # in which each batch goes through the network
    epoch: int = 0  # that is learned, from 1

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return -(-len(self.examples.learn) // self.examples.job.config.batch)

    @property
    def epochs(self) -> int:
        """How often each image is met: as the config says, else by the number of labels."""
        job = self.examples.job
        return job.config.epochs or epochs_for(len(job.labels.of_images(self.examples.learn)))

    @property
    def smallest_piece(self) -> bool:
        """Whether batches go through the network an image at a time, or would be more."""
        return self.pieces >= min(self.examples.job.config.batch, len(self.examples.learn))

    def plan(self) -> TrainingPlan[Batch]:
        """The plan of this training."""
        config = self.examples.job.config
        return TrainingPlan(
            epochs=self.epochs,
            steps=self.steps,
            batches=self._batches,
            loss=self._loss,
            learning_rate=config.learning_rate,
            weight_decay=config.weight_decay,
            warm_up=WARM_UP,
            seed=config.seed,
            parts=self._parts,
            rate=lambda name: BACKBONE_RATE if name.startswith("backbone.") else 1.0,
            check=self._check,
        )

    def judged(self, rows: Ints) -> tuple[Tensor, Tensor]:
        """Logits and offsets of images as they are."""
        return forward(self.network, self.source.plain(rows), self.examples.job.device)

    def _batches(self, random: np.random.Generator) -> Iterator[Batch]:
        self.epoch += 1
        size, done = self.examples.job.config.batch, (self.epoch - 1) * self.steps
        for batch in self.source.batches(self.examples.learn, size, random):
            yield batch
            self.told(done + batch.number, self.epochs * self.steps)

    def _loss(self, batch: Batch) -> Tensor:
        outputs = forward(self.network, batch.inputs, self.examples.job.device)
        loss = detection_loss(*outputs, self.anchors, batch.targets)
        return loss if batch.share == 1 else loss * batch.share

    def _parts(self, batch: Batch) -> Sequence[Batch]:
        """Pieces of a batch whose losses add up to its own."""
        if self.pieces == 1:
            return [batch]
        size = math.ceil(len(batch.rows) / self.pieces)
        total = _divisor(batch.targets)
        pieces = [batch.part(start, start + size) for start in range(0, len(batch.rows), size)]
        return [replace(one, share=_divisor(one.targets) / total) for one in pieces]

    def _check(self, batch: Batch, loss: Tensor, norm: Tensor) -> None:
        """Raises where a step would make all weights NaN."""
        if not bool(torch.isfinite(loss + norm)):
            broken = BrokenLoss(self.examples, self.network, self.anchors)
            raise broken.error(batch, self.epoch, float(loss))


def forward(network: nn.Module, inputs: object, device: torch.device) -> tuple[Tensor, Tensor]:
    """Logits and offsets; on a GPU in mixed precision.

    bfloat16 has the range of float32, so that no scaling of the loss is needed.

    Parameters
    ----------
    network: on the device.
    inputs: as it reads them.
    device: where they are.
    """
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        logits, offsets = network(inputs)
    return logits, offsets


def _divisor(targets: Sequence[DetectionTarget]) -> float:
    """What `detection_loss` divides by."""
    return max(owned_anchors(targets), 1)
