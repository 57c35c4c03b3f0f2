"""Arithmetic in float16: what is beyond 65,504 overflows, and all else is rounded to 11 bits."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from labelaudit.deployment.imitation import Imitation
from labelaudit.deployment.target import Outputs
from labelaudit.deployment.traps import TRAPS, Trap, TrapEvidence, TrapVariant
from labelaudit.detector.model.detector import Detector

LARGEST = 65504.0
"""The largest number of float16."""


def variants(evidence: TrapEvidence) -> Iterator[TrapVariant]:
    """Overflow to infinity and to the largest number; the same where nothing overflows."""
    where = _largest(evidence.expected)
    for saturates, how in ((False, "becomes infinite"), (True, "becomes 65,504")):
        yield TrapVariant(
            f"computes in float16, where what is above 65,504 {how}{where}",
            partial(_in_float16, saturates=saturates),
        )


def signature(evidence: TrapEvidence) -> str:
    """Whether all that the device gives are numbers of float16, and those of the network not."""
    names = [name for name in evidence.observed if name in evidence.expected]
    names = [name for name in names if not name.startswith("detection_")]
    expected, observed = evidence.expected, evidence.observed
    if not names or not all(_are_halves(observed, name) for name in names):
        return ""
    if any(_are_halves(expected, name) for name in names):
        return ""
    return f"computes in float16: all that it gives are such numbers{_largest(expected)}"


def in_float16(network: Detector, *, saturates: bool) -> Detector:
    """A copy of a network in which weights, and what goes in and out of layers, are float16.

    Parameters
    ----------
    network: stays as it is.
    saturates: what is beyond 65,504 stays there, where it would become infinite.
    """
    made = copy.deepcopy(network)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(_rounded(parameter, saturates=saturates))
    for module in made.modules():
        if not any(module.children()):
            module.register_forward_pre_hook(partial(_round_inputs, saturates))
            module.register_forward_hook(partial(_round_output, saturates))
    return made


def _in_float16(imitation: Imitation, *, saturates: bool) -> Imitation:
    return imitation.with_network(in_float16(imitation.detector.network, saturates=saturates))


def _round_inputs(
    saturates: bool, _module: nn.Module, inputs: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    return tuple(_rounded(value, saturates=saturates) for value in inputs)


def _round_output(saturates: bool, _module: nn.Module, _in: object, output: Tensor) -> Tensor:
    return _rounded(output, saturates=saturates)


def _rounded(values: Tensor, *, saturates: bool) -> Tensor:
    """The nearest numbers of float16, as float32."""
    kept = values.clamp(-LARGEST, LARGEST) if saturates else values
    return kept.half().float()


def _largest(outputs: Outputs) -> str:
    """What to know of the layer with the largest number; nothing if all fit."""
    sizes = {name: float(np.abs(values).max(initial=0)) for name, values in outputs.items()}
    name = max(sizes, key=sizes.__getitem__, default="")
    if not name or sizes[name] <= LARGEST:
        return ""
    return f"; the network reaches {sizes[name]:,.0f} in {name}"


def _are_halves(outputs: Outputs, name: str) -> bool:
    """Whether all finite values are numbers of float16, and there are some that are not 0."""
    values = outputs[name][np.isfinite(outputs[name])]
    with np.errstate(over="ignore"):
        return bool(values.any() and (values == values.astype(np.float16)).all())


TRAPS.add(
    "float16",
    Trap(
        "float16",
        "float16: overflow and rounding",
        "Keep the layer that overflows, or the whole model, in float32; or scale down the weights "
        "before it. Where only rounding differs, judge by mAP, and allow it: --tolerance.",
        variants,
        signature,
    ),
)
