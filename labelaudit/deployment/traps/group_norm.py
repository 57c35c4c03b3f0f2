"""GroupNorm that was split into primitive layers: its groups, its epsilon, its variance."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial

from torch import Tensor, nn

from labelaudit.core.text import counted
from labelaudit.deployment.imitation import Imitation
from labelaudit.deployment.traps import TRAPS, Trap, TrapEvidence, TrapVariant, of_settings
from labelaudit.detector.device_settings import DeviceSettings
from labelaudit.detector.model.like_device import edit_layers

EPSILONS = (0.0, 1e-6, 1e-4, 1e-3, 1e-2)
"""Beside torch's 1e-5: that of Keras, of TensorFlow's layers, and none."""

GROUPS = (1, 2, 4, 8, 16, 32)
"""Those of papers and frameworks; one for each channel is instance norm."""


class DeviceGroupNorm(nn.GroupNorm):
    """A GroupNorm of primitive layers, with one of their mistakes."""

    def __init__(self, norm: nn.GroupNorm, mistake: str) -> None:
        super().__init__(norm.num_groups, norm.num_channels, norm.eps)
        self.weight, self.bias, self.mistake = norm.weight, norm.bias, mistake

    def forward(self, x: Tensor) -> Tensor:
        """`x` (n, c, h, w), normalised."""
        count, channels, height, width = x.shape
        groups = self.num_groups
        if self.mistake == "interleaved":
            parts = x.reshape(count, channels // groups, groups, height, width).transpose(1, 2)
        else:
            parts = x.reshape(count, groups, channels // groups, height, width)
        centred = parts - parts.mean((2, 3, 4), keepdim=True)
        size = centred[0, 0].numel()
        less = 1 if self.mistake == "unbiased" else 0
        variance = (centred**2).sum((2, 3, 4), keepdim=True) / max(size - less, 1)
        deviation = (
            variance.sqrt() + self.eps
            if self.mistake == "outside"
            else (variance + self.eps).sqrt()
        )
        made = centred / deviation
        if self.mistake == "interleaved":
            made = made.transpose(1, 2)
        shape = (1, channels, 1, 1)
        return made.reshape(x.shape) * self.weight.reshape(shape) + self.bias.reshape(shape)


MISTAKES = {
    "interleaved": "makes groups of GroupNorm of channels that lie apart (c, c + g, c + 2 g, ...)",
    "unbiased": "divides the variance of GroupNorm by n - 1",
    "outside": "adds the epsilon of GroupNorm to the deviation, not to the variance",
}


def variants(evidence: TrapEvidence) -> Iterator[TrapVariant]:
    """Each epsilon, each number of groups that fits, and each mistake of a split norm."""
    modules = evidence.imitation.detector.network.modules()
    norms = [module for module in modules if isinstance(module, nn.GroupNorm)]
    if not norms:
        return
    for epsilon in EPSILONS:
        yield of_settings(
            f"adds {epsilon:g} to the variance of GroupNorm (the network: {norms[0].eps:g})",
            DeviceSettings(group_norm_epsilon=epsilon),
        )
    channels, own = norms[0].num_channels, norms[0].num_groups
    for groups in sorted({*GROUPS, channels}):
        if groups != own and not any(norm.num_channels % groups for norm in norms):
            yield of_settings(
                f"makes {counted(groups, 'group')} in GroupNorm (the network: {own})",
                DeviceSettings(group_norm_groups=groups),
            )
    for mistake, what in MISTAKES.items():
        yield TrapVariant(what, partial(_mistaken, mistake))


def _mistaken(mistake: str, imitation: Imitation) -> Imitation:
    def edit(layer: nn.Module) -> nn.Module:
        return DeviceGroupNorm(layer, mistake) if type(layer) is nn.GroupNorm else layer

    network = copy.deepcopy(imitation.detector.network)
    edit_layers(network, edit)
    return imitation.with_network(network)


TRAPS.add(
    "group-norm",
    Trap(
        "group-norm",
        "GroupNorm split into primitive layers",
        "Give the split norm the network's groups (neighbouring channels), epsilon and variance "
        "(divided by n), or retrain with the device's: labelaudit train --like-device, "
        'group-norm-epsilon, group-norm-groups; or train with norm = "batch" and fold it.',
        variants,
    ),
)
