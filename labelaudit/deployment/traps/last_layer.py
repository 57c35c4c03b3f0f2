"""Quantisation of the last layer: all scores and all sides of boxes in 256 steps or fewer."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from labelaudit.core.columns import Floats
from labelaudit.deployment.imitation import Imitation, Raw
from labelaudit.deployment.target import Outputs
from labelaudit.deployment.traps import TRAPS, Trap, TrapEvidence, TrapVariant
from labelaudit.detector.model.anchors import anchors, encode_boxes
from labelaudit.training.inference import Float32s
from labelaudit.training.model_file import TrainedDetector

STEPS = 256
"""Of a number of 8 bits."""

LEAST_STEPS = 8
"""Fewer distinct values are no grid: anything lies on one of two or three."""

OFF_GRID = 0.05
"""Part of a step by which values may be beside it: boxes and scores are made of them in float32."""


@dataclass(frozen=True)
class Grid:
    """Numbers at equal distances."""

    low: float
    high: float
    step: float

    def rounded(self, values: Float32s) -> Float32s:
        """The nearest numbers of the grid."""
        steps = np.round((np.clip(values, self.low, self.high) - self.low) / self.step)
        made: Float32s = (self.low + steps * self.step).astype(np.float32)
        return made


def variants(evidence: TrapEvidence) -> Iterator[TrapVariant]:
    """Weights of the last layers in 8 bits, their outputs on the grid that is seen, and both."""
    weights: list[tuple[str, Callable[[Imitation], Imitation]]] = [
        ("with weights of 8 bits, one scale for all", partial(_with_weights, per_channel=False)),
        (
            "with weights of 8 bits, a scale for each channel",
            partial(_with_weights, per_channel=True),
        ),
    ]
    for what, edit in weights:
        yield TrapVariant(f"computes the last layer {what}", edit)
    grids = _grids(evidence)
    if not any(any(grid) for grid in grids):
        return
    rounded = partial(_with_grids, grids, _levels(evidence.imitation.detector))
    seen = f"gives the outputs of the last layer in {STEPS} steps or fewer"
    yield TrapVariant(seen, rounded)
    for what, edit in weights:
        yield TrapVariant(f"{seen}, {what}", partial(_both, edit, rounded))


def signature(evidence: TrapEvidence) -> str:
    """Whether what the last layer gives lies on a grid of 256 numbers or fewer."""
    logits, offsets = _grids(evidence)
    which = " and ".join(
        name for name, grids in (("logits", logits), ("offsets", offsets)) if any(grids)
    )
    return f"gives {which} in {STEPS} steps or fewer: 8 bits" if which else ""


def _grids(evidence: TrapEvidence) -> tuple[list[Grid | None], list[Grid | None]]:
    """The grid of logits and of offsets of each level, where the device's are on one."""
    detector = evidence.imitation.detector
    observed, expected = raw_of(detector, evidence.observed), raw_of(detector, evidence.expected)
    if observed is None or expected is None:
        return [], []
    levels = _levels(detector)
    logits, offsets = (
        [grid_of(seen[:, level], own[:, level]) for level in levels]
        for seen, own in zip(observed, expected, strict=True)
    )
    return logits, offsets


def grid_of(observed: Float32s, expected: Float32s) -> Grid | None:
    """The grid that observed values lie on where expected ones do not; None if they do not.

    >>> values = np.linspace(0, 3, 99) ** 2
    >>> grid_of(np.round(values), values)
    Grid(low=0.0, high=9.0, step=1.0)
    """
    found = _grid(observed)
    return found if found is not None and _grid(expected) is None else None


def _grid(given: Float32s) -> Grid | None:
    """The grid of 256 numbers or fewer that values lie on; None if they do not."""
    values = given[np.isfinite(given)].astype(np.float64)
    if not len(values):
        return None
    low, high = float(values.min()), float(values.max())
    distinct = _distinct(values, (high - low) / STEPS / 4)
    if not LEAST_STEPS <= len(distinct) <= STEPS:
        return None
    step = float(np.diff(distinct).min())
    steps = (distinct - low) / step
    # The least distance is off by what float32 rounds: what fits all of them is nearer.
    step *= float(np.polyfit(np.round(steps), steps, 1)[0])
    off = np.abs((values - low) / step - np.round((values - low) / step))
    fits = off.max() <= OFF_GRID and (high - low) / step <= STEPS - 1 + OFF_GRID
    return Grid(low, high, step) if fits else None


def _distinct(values: Floats | Float32s, apart: float) -> Floats:
    """Values, ascending, without those that are not farther than `apart` from the one before."""
    ordered = np.sort(values.astype(np.float64), axis=None)
    distinct: Floats = ordered[np.append(True, np.diff(ordered) > apart)]
    return distinct


def raw_of(detector: TrainedDetector, outputs: Outputs) -> Raw | None:
    """Logits and offsets of outputs; None where NMS has left a few boxes alone."""
    if "logits" in outputs:
        return outputs["logits"], outputs["offsets"]
    if "scores" not in outputs:
        return None
    places = anchors(detector.config, *detector.input_size).xyxy
    scores = torch.from_numpy(outputs["scores"].astype(np.float64))
    boxes = torch.from_numpy(outputs["boxes"].astype(np.float64))
    offsets = torch.stack([encode_boxes(places.double(), some) for some in boxes])
    return scores.logit().numpy(), offsets.numpy()


def quantised(weight: Tensor, *, per_channel: bool) -> Tensor:
    """Weights (o, i, h, w) in 255 steps on both sides of 0, as they come back from 8 bits.

    Parameters
    ----------
    weight: of a convolution.
    per_channel: a scale for each of o, else one.
    """
    largest = weight.abs().amax((1, 2, 3), keepdim=True) if per_channel else weight.abs().max()
    scale = (largest / 127).clamp(min=1e-12)
    return (weight / scale).round() * scale


def _with_weights(imitation: Imitation, *, per_channel: bool) -> Imitation:
    network = copy.deepcopy(imitation.detector.network)
    with torch.no_grad():
        for branch in (network.head.class_branch, network.head.box_branch):
            weight = branch[-1].get_parameter("weight")
            weight.copy_(quantised(weight, per_channel=per_channel))
    return imitation.with_network(network)


def _with_grids(
    grids: tuple[list[Grid | None], list[Grid | None]],
    levels: list[slice],
    imitation: Imitation,
) -> Imitation:
    finish = replace(imitation.finish, raw=partial(_on_grids, grids, levels))
    return replace(imitation, finish=finish)


def _on_grids(
    grids: tuple[list[Grid | None], list[Grid | None]],
    levels: list[slice],
    logits: Float32s,
    offsets: Float32s,
) -> Raw:
    """Logits and offsets rounded, each level to its grid."""
    made = logits.copy(), offsets.copy()
    for values, of_levels in zip(made, grids, strict=True):
        for level, grid in zip(levels, of_levels, strict=True):
            if grid is not None:
                values[:, level] = grid.rounded(values[:, level])
    return made


def _both(
    first: Callable[[Imitation], Imitation],
    second: Callable[[Imitation], Imitation],
    imitation: Imitation,
) -> Imitation:
    return second(first(imitation))


def _levels(detector: TrainedDetector) -> list[slice]:
    """Where the anchors of each level are."""
    level = anchors(detector.config, *detector.input_size).level.numpy()
    ends = np.searchsorted(level, range(len(detector.config.strides) + 1)).tolist()
    return [slice(start, end) for start, end in pairwise(ends)]


TRAPS.add(
    "last-layer",
    Trap(
        "last-layer",
        "quantisation of the last layer",
        "Leave the last convolution of both branches of the head in float32 when the model is "
        "quantised: it has few weights, and a step of its output is a step of every score and box.",
        variants,
        signature,
    ),
)
