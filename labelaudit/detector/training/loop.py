"""Training: one loop for the detector and for the head that judges crops."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from labelaudit.core.cache import write_atomically
from labelaudit.core.columns import Floats, Ints
from labelaudit.detector.job import Job
from labelaudit.detector.model.anchors import Anchors
from labelaudit.detector.training.atss import DetectionTarget, detection_target
from labelaudit.detector.training.losses import detection_loss

BatchT = TypeVar("BatchT")

LARGEST_GRADIENT = 5.0
"""Norm that the gradient is cut to; a first batch of odd boxes cannot throw the network away.

A choice; not measured.
"""

TRAINING_BOXES = 33_000
"""How many boxes a detector meets in training, repeats counted, unless the config says.

Blood cells (13 boxes in each of 243 images a fold) have 10 epochs so, handwritten digits (5 boxes
in each of 267) 25: with these benchmarks/results/label_errors.md, rows "labelaudit", was measured.
"""

FEWEST_EPOCHS, MOST_EPOCHS = 8, 60
"""Limits of the epochs: after very many, a detector has learned the wrong labels, too.

A choice; datasets beyond these limits were not measured.
"""


def whole_batch(batch: BatchT) -> Sequence[BatchT]:
    """A batch as one part."""
    return [batch]


def same_rate(_name: str) -> float:
    """Every parameter learns at the plan's rate."""
    return 1.0


DAMAGED = (RuntimeError, pickle.UnpicklingError, EOFError, OSError, ValueError, KeyError)
"""What torch raises where a file is not what it wrote."""


@dataclass(frozen=True)
class TrainingPlan(Generic[BatchT]):
    """How a network is trained."""

    epochs: int
    steps: int  # batches of an epoch
    batches: Callable[[np.random.Generator], Iterable[BatchT]]  # of one epoch
    loss: Callable[[BatchT], Tensor]
    learning_rate: float  # the highest of one cycle
    weight_decay: float
    warm_up: float  # part of all steps in which the rate rises
    seed: int
    # In what parts a batch goes through the network: their losses add up to that of the batch.
    parts: Callable[[BatchT], Sequence[BatchT]] = whole_batch
    # The rate of a parameter by its name, as a factor.
    rate: Callable[[str], float] = same_rate
    # Told the batch, its loss and the norm of its gradient before a step is taken; may raise.
    check: Callable[[BatchT, Tensor, Tensor], None] = lambda _batch, _loss, _norm: None


def train(
    network: nn.Module,
    plan: TrainingPlan[BatchT],
    checkpoint: Path,
    progress: Callable[[int, float], None] = lambda _epoch, _loss: None,
    *,
    after_epoch: Callable[[int, float], None] | None = None,
) -> None:
    """Train a network in place, with AdamW and one cycle of the learning rate.

    After each epoch everything is kept in `checkpoint`; a run that was killed goes on from there
    and comes to the same network, since each epoch draws from a generator of its own.

    Parameters
    ----------
    network: on its device.
    plan: what it learns from, and how.
    checkpoint: file of this training alone.
    progress: the number of epochs that are done and the mean loss of the last.
    after_epoch: told the same with the network in evaluation mode, before the epoch is kept: after
        a kill in between, the epoch is done once more.

    Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019; Smith and Topin,
    "Super-convergence", 2018.
    """
    groups = _groups(network, plan)
    learned = [parameter for group in groups for parameter in group["params"]]
    optimiser = torch.optim.AdamW(groups, plan.learning_rate, weight_decay=plan.weight_decay)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        [group["lr"] for group in groups],
        total_steps=plan.epochs * plan.steps + 1,
        pct_start=plan.warm_up,
    )
    parts = {"network": network, "optimiser": optimiser, "cycle": cycle}
    network.train()
    for epoch in range(_resume(checkpoint, parts), plan.epochs):
        torch.manual_seed(1_000_003 * plan.seed + epoch)
        losses = []
        for batch in plan.batches(np.random.default_rng([plan.seed, epoch])):
            optimiser.zero_grad()
            loss = _backward(plan, batch)
            norm = nn.utils.clip_grad_norm_(learned, LARGEST_GRADIENT)
            plan.check(batch, loss, norm)
            optimiser.step()
            cycle.step()
            losses.append(loss)
        mean = float(torch.stack(losses).mean())
        if after_epoch is not None:
            network.eval()
            after_epoch(epoch + 1, mean)
            network.train()
        _save_checkpoint(checkpoint, parts, epoch + 1)
        progress(epoch + 1, mean)
    network.eval()


def _groups(
    network: nn.Module, plan: TrainingPlan[BatchT]
) -> list[dict[str, Any]]:  # Any: as torch wants them
    """The parameters that learn, together with those of the same rate."""
    by_rate: dict[float, list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            by_rate.setdefault(plan.rate(name), []).append(parameter)
    return [{"params": some, "lr": factor * plan.learning_rate} for factor, some in by_rate.items()]


def _backward(plan: TrainingPlan[BatchT], batch: BatchT) -> Tensor:
    """The gradient of a batch, part by part; its loss."""
    losses = []
    for part in plan.parts(batch):
        loss = plan.loss(part)
        torch.autograd.backward(loss)
        losses.append(loss.detach())
    return losses[0] if len(losses) == 1 else torch.stack(losses).sum()


def epochs_for(boxes: int) -> int:
    """How many epochs a detector is trained with so many boxes, unless the config says.

    >>> epochs_for(3_257), epochs_for(1_333), epochs_for(570_000)
    (10, 25, 8)
    """
    return min(max(round(TRAINING_BOXES / max(boxes, 1)), FEWEST_EPOCHS), MOST_EPOCHS)


def detector_plan(
    job: Job,
    network: nn.Module,
    inputs: Callable[[Ints, int], object],
    anchors: Anchors,
    rows: Ints,
    *,
    weights: Floats | None = None,
) -> TrainingPlan[tuple[Ints, int]]:
    """How the detector learns the labels of some images.

    Parameters
    ----------
    job: labels, regions and the config.
    network: from `inputs` to logits and offsets.
    inputs: what the network reads for images and a view, 1 for their mirror images.
    anchors: of the input, on the device of the network.
    rows: images to learn from.
    weights: what each row of `job.labels` counts for; 1 if absent.
    """
    config = job.config
    boxes = len(job.labels.of_images(rows))
    targets = TargetCache(job, anchors, weights)

    def batches(random: np.random.Generator) -> Iterable[tuple[Ints, int]]:
        order = random.permutation(rows)
        for start in range(0, len(order), config.batch):
            yield np.sort(order[start : start + config.batch]), int(random.integers(2))

    def loss(batch: tuple[Ints, int]) -> Tensor:
        images, view = batch
        device = job.device
        # bfloat16 has the range of float32, so that no scaling of the loss is needed.
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            logits, offsets = network(inputs(images, view))
        return detection_loss(logits, offsets, anchors, targets(images, view))

    return TrainingPlan(
        epochs=config.epochs or epochs_for(boxes),
        steps=-(-len(rows) // config.batch),
        batches=batches,
        loss=loss,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        warm_up=0.15,
        seed=config.seed,
    )


class TargetCache:
    """What the network is to say about images, worked out when an image is first met.

    On the processor, whatever the network runs on: it has many small steps, which a GPU is
    slower at. Kept are the few anchors that boxes own, not all.
    """

    def __init__(self, job: Job, anchors: Anchors, weights: Floats | None = None) -> None:
        self._job = job
        self._weights = weights
        self._anchors = anchors.to("cpu")
        self._known: dict[tuple[int, int], DetectionTarget] = {}

    def __call__(self, images: Ints, view: int) -> list[DetectionTarget]:
        """The targets of images, or of their mirror images if `view` is 1."""
        return [self._of(image, view) for image in images.tolist()]

    def _of(self, image: int, view: int) -> DetectionTarget:
        if (image, view) not in self._known:
            self._known[image, view] = self._compute(image, view)
        return self._known[image, view]

    def _compute(self, image: int, view: int) -> DetectionTarget:
        job = self._job
        mine, around = job.labels.of_image(image), job.regions.of_image(image)
        boxes, regions = (
            _boxes_in_view(table.xyxy[where], view, job.input_size[1])
            for table, where in ((job.labels, mine), (job.regions, around))
        )
        labels = torch.from_numpy(job.labels.label[mine].astype(np.int64))
        weights = None if self._weights is None else torch.from_numpy(self._weights[mine]).float()
        return detection_target(self._anchors, boxes, labels, regions, weights)


def _boxes_in_view(xyxy: Any, view: int, width: int) -> Tensor:  # Any: an array of floats
    """Boxes in a view of the input, (b, 4) float32."""
    boxes = torch.from_numpy(np.ascontiguousarray(xyxy)).float()
    if view == 0:
        return boxes
    left, top, right, bottom = boxes.unbind(dim=1)
    return torch.stack([width - right, top, width - left, bottom], dim=1)


def _resume(checkpoint: Path, parts: dict[str, Any]) -> int:  # Any: what has a state dict
    """Take up the parts as they were kept; how many epochs are done."""
    if not checkpoint.is_file():
        return 0
    try:
        kept = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except DAMAGED:
        checkpoint.unlink()  # it is worked out again
        return 0
    for name, part in parts.items():
        part.load_state_dict(kept[name])
    return int(kept["epochs"])


def _save_checkpoint(
    checkpoint: Path, parts: dict[str, Any], epochs: int
) -> None:  # Any: see _resume
    """Write the state of all parts in one step."""
    memory = io.BytesIO()
    torch.save(
        {name: part.state_dict() for name, part in parts.items()} | {"epochs": epochs}, memory
    )
    write_atomically(checkpoint, lambda file: file.write(memory.getbuffer()))
