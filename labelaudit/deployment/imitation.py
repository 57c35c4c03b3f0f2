"""A detector with one thing done otherwise, and what it would answer in place of a device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from labelaudit.deployment.description import Inside, ModelDescription
from labelaudit.deployment.device_nms import NmsWay, device_detections
from labelaudit.deployment.target import Images, Outputs
from labelaudit.detector.model.anchors import anchors, decode_boxes
from labelaudit.detector.model.backbone import folded
from labelaudit.detector.model.detector import Detector
from labelaudit.detector.threads import torch_threads
from labelaudit.training.inference import Float32s
from labelaudit.training.model_file import TrainedDetector

Raw: TypeAlias = tuple[Float32s, Float32s]
"""Logits (n, a, c) and offsets (n, a, 4)."""


def _same_raw(logits: Float32s, offsets: Float32s) -> Raw:
    return logits, offsets


@dataclass(frozen=True)
class Finish:
    """How logits and offsets become what a file gives; the defaults are those of an export."""

    raw: Callable[[Float32s, Float32s], Raw] = _same_raw  # what the last layer is rounded to
    sides: tuple[int, int, int, int] = (0, 1, 2, 3)  # the places of left, top, right, bottom
    softmax: bool = False  # over the classes, in place of a sigmoid for each
    inside: Inside | None = None  # NMS with other limits; as the file says if None
    way: NmsWay = field(default_factory=NmsWay)


@dataclass(frozen=True)
class Imitation:
    """A network and its finish: what a device may do."""

    detector: TrainedDetector
    finish: Finish = field(default_factory=Finish)

    def with_network(self, network: Detector) -> Imitation:
        """The same of another network."""
        return replace(self, detector=replace(self.detector, network=network))


def imitated_outputs(
    imitation: Imitation,
    description: ModelDescription,
    images: Images,
    layers: Sequence[str] = (),
    *,
    threads: int = 1,
) -> Outputs:
    """What the imitation of a file answers, layers first, then what `description` lists.

    Layers that this network does not have are left out.

    Parameters
    ----------
    imitation: who answers.
    description: of the file that it is compared with.
    images: as they go into the file.
    layers: inner layers, see `Runtime.layers`.
    threads: of torch.
    """
    kept = _Kept(tuple(layers))
    with torch.inference_mode(), torch_threads(threads):
        logits, offsets = _run(imitation, description, images, kept)
    made = {name: kept.outputs[name].float().numpy() for name in layers if name in kept.outputs}
    raw = logits.float().numpy(), offsets.float().numpy()
    return made | finished(imitation, description, *raw)


def imitated_layer(
    imitation: Imitation,
    description: ModelDescription,
    images: Images,
    layer: str,
    *,
    threads: int = 1,
) -> Float32s | None:
    """What one inner layer of the imitation gives; None if there is none of this name.

    The network runs no further than to it: most imitations are told apart by their first layers.

    Parameters
    ----------
    imitation, description, images, threads: as for `imitated_outputs`.
    layer: see `Runtime.layers`.
    """
    kept = _Kept((layer,), enough=True)
    with torch.inference_mode(), torch_threads(threads), suppress(_FarEnough):
        _run(imitation, description, images, kept)
    return kept.outputs[layer].float().numpy() if layer in kept.outputs else None


class _FarEnough(Exception):  # noqa: N818  # no error: it ends a run whose rest is of no use
    """The layer has run that was waited for."""


@dataclass
class _Kept:
    """What layers give while a network runs, by the names of `Runtime.layers`."""

    layers: tuple[str, ...]
    enough: bool = False  # when all of them have run, the network ends
    outputs: dict[str, Tensor] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)

    def __call__(self, module: str, _module: nn.Module, _inputs: object, output: Tensor) -> None:
        before = self.times.get(module, 0)
        self.times[module] = before + 1
        name = f"{module}@{before}" if before else module
        if name in self.layers:
            # A copy: ReLU writes into its input, which then is no longer what the layer gave.
            self.outputs[name] = output.clone()
        if self.enough and len(self.outputs) == len(self.layers):
            raise _FarEnough


def _run(
    imitation: Imitation, description: ModelDescription, images: Images, kept: _Kept
) -> tuple[Tensor, Tensor]:
    """Logits and offsets for images, and on the way what layers give."""
    network = imitation.detector.network.eval()
    if description.folded:
        network = folded(network)
    wanted = dict.fromkeys(name.partition("@")[0] for name in kept.layers)
    modules = dict(network.named_modules())
    hooks = [
        modules[name].register_forward_hook(partial(kept, name))
        for name in wanted
        if name in modules
    ]
    given = torch.from_numpy(images.astype(np.float32))
    try:
        backbone, head = network.backbone, network.head
        maps = backbone(given) if description.inside.scaling else backbone.maps(given)
        logits, offsets = head(maps)
    finally:
        for hook in hooks:
            hook.remove()
    return logits, offsets


def finished(
    imitation: Imitation, description: ModelDescription, logits: Float32s, offsets: Float32s
) -> Outputs:
    """The outputs that a description lists, of raw ones.

    Parameters
    ----------
    imitation: whose finish counts.
    description: of the file.
    logits: (n, a, c).
    offsets: (n, a, 4).
    """
    finish, inside = imitation.finish, imitation.finish.inside or description.inside
    logits, offsets = finish.raw(logits, offsets)
    if not description.inside.decoding:
        return {"logits": logits, "offsets": offsets}
    scores, boxes = decoded(imitation.detector, logits, offsets, softmax=finish.softmax)
    if not description.inside.nms:
        return {"scores": scores, "boxes": boxes[..., finish.sides]}
    found, score, label = device_detections(
        scores, boxes, inside, description.input_size, finish.way
    )
    return {
        "detection_boxes": found[..., finish.sides],
        "detection_scores": score,
        "detection_labels": label,
    }


def decoded(
    detector: TrainedDetector, logits: Float32s, offsets: Float32s, *, softmax: bool = False
) -> Raw:
    """Scores (n, a, c) and boxes (n, a, 4) in pixels of the network.

    Parameters
    ----------
    detector: whose anchors count.
    logits: (n, a, c).
    offsets: (n, a, 4).
    softmax: over the classes, in place of a sigmoid for each.
    """
    places = anchors(detector.config, *detector.input_size).xyxy
    values = torch.from_numpy(np.asarray(logits, np.float32))
    scores = values.softmax(dim=-1) if softmax else values.sigmoid()
    boxes = decode_boxes(places, torch.from_numpy(np.asarray(offsets, np.float32)))
    return scores.numpy(), boxes.numpy()
