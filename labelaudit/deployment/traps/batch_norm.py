"""BatchNorm: its epsilon, and statistics that were lost or mistaken when it was folded."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from labelaudit.deployment.imitation import Imitation
from labelaudit.deployment.traps import TRAPS, Trap, TrapEvidence, TrapVariant, of_settings
from labelaudit.detector.device_settings import DeviceSettings

EPSILONS = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
"""Those of frameworks: torch 1e-5, TensorFlow and Keras 1e-3, Caffe 1e-5, none where a converter
folds the bare variance."""


def variants(evidence: TrapEvidence) -> Iterator[TrapVariant]:
    """Each epsilon, and each way to get statistics wrong."""
    norms = list(_norms(evidence.imitation.detector.network))
    if not norms:
        return
    for epsilon in EPSILONS:
        if any(norm.eps != epsilon for norm in norms):
            yield of_settings(
                f"adds {epsilon:g} to the variance of BatchNorm (the network: {_epsilons(norms)})",
                DeviceSettings(batch_norm_epsilon=epsilon),
            )
    for what, mistake in MISTAKES.items():
        yield TrapVariant(what, partial(_mistaken, mistake))


def _of_batch(norm: _BatchNorm) -> None:
    """Without statistics of its own, a norm takes those of what goes through it."""
    norm.running_mean = norm.running_var = None


def _no_statistics(norm: _BatchNorm) -> None:
    norm.reset_running_stats()


def _no_mean(norm: _BatchNorm) -> None:
    norm.get_buffer("running_mean").zero_()


def _no_shift(norm: _BatchNorm) -> None:
    norm.get_parameter("bias").zero_()


def _no_factor(norm: _BatchNorm) -> None:
    norm.get_parameter("weight").fill_(1)


def _no_root(norm: _BatchNorm) -> None:
    variance = norm.get_buffer("running_var")
    variance.copy_((variance + norm.eps) ** 2 - norm.eps)


MISTAKES: dict[str, Callable[[_BatchNorm], None]] = {
    "normalises with the statistics of each batch: BatchNorm was exported in training mode": (
        _of_batch
    ),
    "has lost the learned statistics of BatchNorm (mean 0, variance 1)": _no_statistics,
    "has lost the learned mean of BatchNorm": _no_mean,
    "has lost the shift of BatchNorm, the bias of the folded convolution": _no_shift,
    "has lost the factor of BatchNorm (gamma)": _no_factor,
    "divides by the variance of BatchNorm in place of its root": _no_root,
}
"""What folding gets wrong, in words, and the norm that does so."""


def _mistaken(mistake: Callable[[_BatchNorm], None], imitation: Imitation) -> Imitation:
    network = copy.deepcopy(imitation.detector.network)
    with torch.no_grad():
        for norm in _norms(network):
            mistake(norm)
    return imitation.with_network(network)


def _norms(network: nn.Module) -> Iterator[_BatchNorm]:
    """Those with statistics and weights."""
    for module in network.modules():
        if isinstance(module, _BatchNorm) and module.affine and module.track_running_stats:
            yield module


def _epsilons(norms: list[_BatchNorm]) -> str:
    return ", ".join(sorted({f"{norm.eps:g}" for norm in norms}))


TRAPS.add(
    "batch-norm",
    Trap(
        "batch-norm",
        "epsilon or statistics of BatchNorm",
        "Export with --fold-norm, so that no BatchNorm is left to be mistaken, in evaluation mode; "
        "or set the device's epsilon, or retrain with it: the setting batch-norm-epsilon of "
        "labelaudit train --like-device.",
        variants,
    ),
)
