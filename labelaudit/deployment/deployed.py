"""The network as it is exported: a trained detector with what is to be inside of the file."""

from __future__ import annotations

import copy
from functools import partial

import torch
from torch import Tensor, nn

from labelaudit.deployment.description import Inside, ModelDescription
from labelaudit.deployment.in_file_nms import strongest_detections
from labelaudit.detector.model.anchors import anchors, decode_boxes
from labelaudit.detector.model.backbone import folded
from labelaudit.detector.model.detector import Detector
from labelaudit.training.model_file import TrainedDetector


class DeployedDetector(nn.Module):
    """Images (n, 3, h, w) float32 to the outputs that `ModelDescription` lists, in its order.

    What is inside is fixed when it is built: `forward` has no branch on values. Inner layers that
    are asked for come out after the outputs, in their order.
    """

    _anchors: Tensor

    def __init__(self, detector: TrainedDetector, description: ModelDescription) -> None:
        super().__init__()
        self.network = on_cpu(detector.network)
        self.description = description
        if description.folded:
            self.network = folded(self.network)
        places = anchors(detector.config, *detector.input_size).xyxy
        self.register_buffer("_anchors", places, persistent=False)
        self.requires_grad_(False)
        self.eval()

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """The outputs for images as they go into the file."""
        inner: dict[str, Tensor] = {}
        hooks = [
            self.network.get_submodule(name).register_forward_hook(partial(_keep, inner, name))
            for name in dict.fromkeys(name.partition("@")[0] for name in self.description.layers)
        ]
        try:
            outputs = self._outputs(images)
        finally:
            for hook in hooks:
                hook.remove()
        return (*outputs, *(inner[name] for name in self.description.layers))

    def _outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        inside = self.description.inside
        backbone, head = self.network.backbone, self.network.head
        logits, offsets = head(backbone(images) if inside.scaling else backbone.maps(images))
        if not inside.decoding:
            return logits, offsets
        scores, boxes = logits.sigmoid(), decode_boxes(self._anchors, offsets)
        if not inside.nms:
            return scores, boxes
        return strongest_detections(scores, boxes, inside, self.description.input_size)


def described(
    detector: TrainedDetector,
    target: str,
    inside: Inside,
    *,
    batch: int | None = None,
    fold: bool = False,
    int8: bool = False,
    layers: tuple[str, ...] = (),
) -> ModelDescription:
    """What an exported detector will say of itself.

    Parameters
    ----------
    detector: that is exported.
    target: one of TARGETS.
    inside: what the file does itself.
    batch: images that go in together; None for any number.
    fold: BatchNorm into the convolutions before it.
    int8: weights and activations in 8 bits.
    layers: inner layers that come out, too; see `Runtime.layers`.
    """
    backbone = detector.network.backbone
    return ModelDescription(
        target,
        detector.classes,
        detector.class_ids,
        detector.input_size,
        _colours(backbone.get_buffer("_mean")),
        _colours(backbone.get_buffer("_std")),
        detector.config.strides,
        detector.config.anchor_scales,
        detector.config.anchor_ratios,
        inside,
        batch=batch,
        folded=fold,
        int8=int8,
        layers=layers,
    )


def on_cpu(network: Detector) -> Detector:
    """A copy of a network in plain memory, whose weights are laid out as their shapes say."""
    return copy.deepcopy(network).cpu().to(memory_format=torch.contiguous_format).eval()


def inner_layers(network: DeployedDetector, images: Tensor) -> tuple[str, ...]:
    """The innermost modules of the network, in the order in which they run.

    What runs several times has a name each time, see `Runtime.layers`.
    """
    seen: list[str] = []
    times: dict[str, int] = {}

    def note(name: str, *_: object) -> None:
        seen.append(f"{name}@{times[name]}" if name in times else name)
        times[name] = times.get(name, 0) + 1

    leaves = [
        (name, one) for name, one in network.network.named_modules() if not any(one.children())
    ]
    hooks = [one.register_forward_hook(partial(note, name)) for name, one in leaves]
    try:
        with torch.inference_mode():
            network(images)
    finally:
        for hook in hooks:
            hook.remove()
    return tuple(seen)


def _keep(
    inner: dict[str, Tensor], name: str, _module: nn.Module, _in: object, out: Tensor
) -> None:
    """Remember what a layer gives, under a name of its own each time that it runs."""
    times = sum(one.partition("@")[0] == name for one in inner)
    # A copy: ReLU writes into its input, which then is no longer what the layer gave.
    inner[f"{name}@{times}" if times else name] = out.clone()


def _colours(values: Tensor) -> tuple[float, ...]:
    """Three numbers of colours."""
    return tuple(float(value) for value in values.flatten())
