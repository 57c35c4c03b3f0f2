"""Why a loss is not a number: which batch, which image, which box."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from labelaudit.core.columns import Floats
from labelaudit.core.text import counted
from labelaudit.detector.model.anchors import Anchors
from labelaudit.detector.training.atss import DetectionTarget
from labelaudit.detector.training.losses import detection_loss
from labelaudit.errors import LabelauditError
from labelaudit.training.batches import Batch
from labelaudit.training.examples import MOST_NAMED, TrainingExamples


@dataclass(frozen=True, eq=False)
class BrokenLoss:
    """What is asked when a loss or its gradient is not finite; the step is not taken yet."""

    examples: TrainingExamples
    network: nn.Module
    anchors: Anchors

    def error(self, batch: Batch, epoch: int, loss: float) -> LabelauditError:
        """What to tell a person.

        Parameters
        ----------
        batch: whose loss it is.
        epoch: in which it came.
        loss: of the batch.
        """
        names = [str(self.examples.images.dataset.images.name[row]) for row in batch.rows]
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        labels = counted(sum(len(one.boxes) for one in batch.targets), "label")
        what = f"the loss is {loss:g}" if not math.isfinite(loss) else "the gradient is not finite"
        return LabelauditError(
            f"{what} in epoch {epoch}, batch {batch.number} ({labels} in images "
            f"{', '.join(names[:MOST_NAMED])}{more}): {self._cause(batch)}; a run of other "
            "choices or labels begins anew (--overwrite), the epochs before are kept until then"
        )

    def _cause(self, batch: Batch) -> str:
        """The first of what can be the cause, and what to do."""
        rate = self.examples.job.config.learning_rate
        remedy = f"use a lower learning rate than {rate:g}, or another norm"
        if not all(bool(torch.isfinite(one).all()) for one in self.network.parameters()):
            return f"the network has diverged, its weights are no numbers any more: {remedy}"
        silent = []
        for place, row in enumerate(batch.rows.tolist()):
            logits, offsets = self._outputs(batch, place)
            if not bool(torch.isfinite(logits).all() and torch.isfinite(offsets).all()):
                silent.append(str(self.examples.images.dataset.images.name[row]))
        if silent and len(silent) < len(batch.rows):
            return f"the network makes no numbers of {', '.join(silent[:MOST_NAMED])}: {remedy}"
        if silent:
            return f"the network makes no numbers of any image, it has diverged: {remedy}"
        place, box, value = self._worst_box(batch)
        told = self._described(batch, place, box)
        if math.isfinite(value):
            return f"the largest loss of a label, {value:.3g}, is that of {told}: {remedy}"
        return f"its cause is {told}: mend or drop that label, labelaudit scan says more"

    @torch.no_grad()
    def _outputs(self, batch: Batch, place: int) -> tuple[Tensor, Tensor]:
        """Logits and offsets of one image of a batch, in full precision."""
        logits, offsets = self.network(batch.part(place, place + 1).inputs)
        return logits, offsets

    @torch.no_grad()
    def _worst_box(self, batch: Batch) -> tuple[int, int, float]:
        """The image, the box in it and its loss: the first that is no number, else the largest."""
        worst = (0, 0, -1.0)
        for place, target in enumerate(batch.targets):
            outputs = self._outputs(batch, place)
            for box in range(len(target.boxes)):
                alone = [_box_alone(target, box)]
                value = float(detection_loss(*outputs, self.anchors, alone))
                if not math.isfinite(value):
                    return place, box, value
                if value > worst[2]:
                    worst = (place, box, value)
        return worst

    def _described(self, batch: Batch, place: int, box: int) -> str:
        """A label as a person finds it in the source."""
        job, images = self.examples.job, self.examples.images
        row = int(batch.rows[place])
        name = str(images.dataset.images.name[row])
        target = batch.targets[place]
        if not len(target.boxes):
            return f"the background of {name}"
        label = images.derived.classes[int(target.labels[box])]
        corners = _numbers(target.boxes[box].double().numpy() / job.scale[row])
        mine = job.labels.of_image(row)
        # Of an image that is met as it is, boxes stand in their own order; a crop leaves some out.
        if mine.stop - mine.start != len(target.boxes):
            return f"{label} at {corners} of a crop of {name}"
        source = int(job.labels.row[mine.start + box])
        boxes = images.dataset.boxes
        file = images.dataset.files.path[boxes.file[source]]
        return (
            f"{label} at {_numbers(boxes.xyxy[source])} in {name} "
            f"({file}, record {boxes.record[source]})"
        )


def _box_alone(target: DetectionTarget, box: int) -> DetectionTarget:
    """What an image would be without its other boxes, whose anchors are then ignored."""
    mine = target.matched_box == box
    ignored = torch.cat([target.ignored, target.anchor[~mine]])
    return replace(
        target, anchor=target.anchor[mine], matched_box=target.matched_box[mine], ignored=ignored
    )


def _numbers(xyxy: Floats) -> str:
    """Corners in pixels of the image.

    >>> _numbers(np.array([1.0, 2.5, 3, 4]))
    '1 2.5 3 4'
    """
    return " ".join(f"{value:g}" for value in np.asarray(xyxy, np.float64))
