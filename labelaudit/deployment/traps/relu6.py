"""ReLU6 taken for ReLU, or the other way round."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial

from torch import nn

from labelaudit.deployment.imitation import Imitation
from labelaudit.deployment.traps import TRAPS, Trap, TrapEvidence, TrapVariant
from labelaudit.detector.model.like_device import activated, edit_layers

PARTS = {
    "in the whole network": ("backbone", "head"),
    "in the backbone": ("backbone",),
    "in pyramid and head": ("head",),
}


def variants(evidence: TrapEvidence) -> Iterator[TrapVariant]:
    """Each activation in place of the other, in each part that has the other."""
    network = evidence.imitation.detector.network
    for kind, other in ((nn.ReLU, nn.ReLU6), (nn.ReLU6, nn.ReLU)):
        for where, parts in PARTS.items():
            if any(_has(network.get_submodule(part), other) for part in parts):
                yield TrapVariant(
                    f"has {kind.__name__} {where} where the network has {other.__name__}",
                    partial(_activated, kind, parts),
                )


def _has(network: nn.Module, kind: type[nn.Module]) -> bool:
    return any(type(module) is kind for module in network.modules())


def _activated(kind: type[nn.Module], parts: tuple[str, ...], imitation: Imitation) -> Imitation:
    network = copy.deepcopy(imitation.detector.network)
    for part in parts:
        edit_layers(network.get_submodule(part), activated(kind))
    return imitation.with_network(network)


TRAPS.add(
    "relu6",
    Trap(
        "relu6",
        "ReLU6 against ReLU",
        "Give the device the activation that the network was trained with (a clip to 6 after the "
        "ReLU, or none), or retrain with the device's: labelaudit train --like-device, "
        'activation = "relu" or "relu6".',
        variants,
    ),
)
