"""Input scaled in another way than the network was trained with."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch

from labelaudit.deployment.imitation import Imitation
from labelaudit.deployment.traps import TRAPS, Trap, TrapEvidence, TrapVariant, of_settings
from labelaudit.detector.device_settings import SCALINGS, DeviceSettings


def variants(evidence: TrapEvidence) -> Iterator[TrapVariant]:
    """Each scaling that is common, and the network's own done twice."""
    backbone = evidence.imitation.detector.network.backbone
    own = [backbone.get_buffer(name).flatten().tolist() for name in ("_mean", "_std")]
    for name, scaling in SCALINGS.items():
        if not torch.allclose(torch.tensor(own), torch.tensor(scaling), rtol=1e-5):
            yield of_settings(
                f"scales images by {name!r} (the network: minus {_text(own[0])}, over "
                f"{_text(own[1])})",
                DeviceSettings(scaling=name),
            )
    yield TrapVariant("scales images twice: inside of the model and before it", _twice)
    yield TrapVariant("gives images from 0 to 1 to a model that scales 0 to 255 itself", _of_units)


def _twice(imitation: Imitation) -> Imitation:
    """(x - m) / s of (x - m) / s is (x - (m + m s)) / s^2."""
    backbone = imitation.detector.network.backbone
    mean, std = backbone.get_buffer("_mean"), backbone.get_buffer("_std")
    return _with(imitation, mean + mean * std, std * std)


def _of_units(imitation: Imitation) -> Imitation:
    """(x / 255 - m) / s is (x - 255 m) / (255 s)."""
    backbone = imitation.detector.network.backbone
    return _with(imitation, 255 * backbone.get_buffer("_mean"), 255 * backbone.get_buffer("_std"))


def _with(imitation: Imitation, mean: torch.Tensor, std: torch.Tensor) -> Imitation:
    network = copy.deepcopy(imitation.detector.network)
    network.backbone.get_buffer("_mean").copy_(mean)
    network.backbone.get_buffer("_std").copy_(std)
    return imitation.with_network(network)


def _text(values: list[float]) -> str:
    return " ".join(f"{value:.5g}" for value in dict.fromkeys(values))


TRAPS.add(
    "input-scaling",
    Trap(
        "input-scaling",
        "scaling of the input",
        "Export with the scaling inside of the file, and give it RGB from 0 to 255; or repair the "
        "scaling of the application; the exported file's description states mean and deviation.",
        variants,
    ),
)
