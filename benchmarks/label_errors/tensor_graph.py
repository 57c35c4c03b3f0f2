"""Runs a TensorFlow graph as TensorFlow.js stores it: a JSON of nodes beside a file of weights.

Only the operations of convolutional detectors, on PyTorch; an unknown one is an error, not a guess.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

Node: TypeAlias = dict[str, Any]  # as JSON has it
Values: TypeAlias = tuple[Tensor, ...]  # what a node gives; all but splits give one


class Graph:
    """The nodes of a graph with their weights, in an order in which they can be run."""

    def __init__(self, path: Path) -> None:
        content = json.loads(path.read_text("utf-8"))
        self._nodes = {node["name"]: node for node in content["modelTopology"]["node"]}
        self._weights = {
            name: tensor
            for group in content["weightsManifest"]
            for name, tensor in _weights(group, path.parent)
        }

    def run(self, inputs: dict[str, Tensor], outputs: list[str]) -> list[Tensor]:
        """What the nodes called `outputs` give for the placeholders in `inputs`.

        Raises
        ------
        NotImplementedError
            if a node is an operation or has a setting that is not known here.
        """
        known: dict[str, Values] = {name: (value,) for name, value in inputs.items()}
        known |= {name: (value,) for name, value in self._weights.items()}
        with torch.inference_mode():
            for name in self._order(outputs, set(known)):
                node = self._nodes[name]
                arguments = [known[source][place] for source, place in _sources(node)]
                known[name] = _operation(node)(node.get("attr", {}), arguments)
        return [known[name][0] for name in outputs]

    def _order(self, outputs: list[str], known: set[str]) -> Iterator[str]:
        """The nodes that outputs need, each after those that it needs itself."""
        waiting, done = list(reversed(outputs)), set(known)
        while waiting:
            name = waiting[-1]
            needed = [source for source, _ in _sources(self._nodes[name]) if source not in done]
            if name not in done and not needed:
                yield name
            if needed:
                waiting += needed
            else:
                done.add(waiting.pop())


def _weights(group: Node, folder: Path) -> Iterator[tuple[str, Tensor]]:
    """Each tensor of a group, whose files are one run of bytes."""
    content, start = b"".join((folder / name).read_bytes() for name in group["paths"]), 0
    for entry in group["weights"]:
        stored = entry.get("quantization", {"dtype": entry["dtype"]})
        if "scale" in stored:
            raise NotImplementedError(f"{entry['name']}: weights of bytes with a scale")
        count = math.prod(entry["shape"])
        values = np.frombuffer(content, stored["dtype"], count, start)
        start += values.nbytes
        kind = np.float32 if entry["dtype"] == "float32" else np.int64
        yield entry["name"], torch.from_numpy(values.astype(kind).reshape(entry["shape"]))


def _sources(node: Node) -> list[tuple[str, int]]:
    """The nodes whose values a node takes, and which of their values: "name:1" is the second."""
    parts = [text.partition(":") for text in node.get("input", []) if not text.startswith("^")]
    return [(name, int(place or 0)) for name, _, place in parts]


def _operation(node: Node) -> Callable[[Node, list[Tensor]], Values]:
    if node["op"] not in OPERATIONS:
        raise NotImplementedError(f"{node['name']}: operation {node['op']}")
    return OPERATIONS[node["op"]]


def _conv2d(settings: Node, arguments: list[Tensor]) -> Values:
    """Images (n, h, w, c) by kernels (h, w, in, out)."""
    images, kernel = arguments
    _check_layout(settings)
    (stride, dilation) = (_whole(settings[name])[1:3] for name in ("strides", "dilations"))
    found = functional.conv2d(
        images.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1), stride=stride, dilation=dilation
    )
    return (found.permute(0, 2, 3, 1),)


def _max_pool(settings: Node, arguments: list[Tensor]) -> Values:
    _check_layout(settings)
    (side, stride) = (_whole(settings[name])[1:3] for name in ("ksize", "strides"))
    found = functional.max_pool2d(arguments[0].permute(0, 3, 1, 2), side, stride)
    return (found.permute(0, 2, 3, 1),)


def _check_layout(settings: Node) -> None:
    """Nothing, if channels are innermost and nothing is added at the edges."""
    layout, padding = (_word(settings[name]) for name in ("data_format", "padding"))
    if (layout, padding) != ("NHWC", "VALID"):
        raise NotImplementedError(f"layout {layout} with padding {padding}")


def _pad(_settings: Node, arguments: list[Tensor]) -> Values:
    """Padding of each axis, (axes, 2); torch wants the last axis first."""
    sides = arguments[1].flip(0).flatten().tolist()
    value = float(arguments[2]) if len(arguments) > 2 else 0.0
    return (functional.pad(arguments[0], sides, value=value),)


def _resize_bilinear(settings: Node, arguments: list[Tensor]) -> Values:
    if not _flag(settings, "half_pixel_centers") or _flag(settings, "align_corners"):
        raise NotImplementedError("bilinear resizing other than from the centres of pixels")
    images, size = arguments
    found = functional.interpolate(images.permute(0, 3, 1, 2), size.tolist(), mode="bilinear")
    return (found.permute(0, 2, 3, 1),)


def _leaky_relu(settings: Node, arguments: list[Tensor]) -> Values:
    return (functional.leaky_relu(arguments[0], settings["alpha"]["f"]),)


def _concat(_settings: Node, arguments: list[Tensor]) -> Values:
    return (torch.cat(arguments[:-1], dim=int(arguments[-1])),)


def _split(_settings: Node, arguments: list[Tensor]) -> Values:
    values, sizes, axis = arguments
    return torch.split(values, sizes.tolist(), dim=int(axis))


def _dense(_settings: Node, arguments: list[Tensor]) -> Values:
    """A tensor that is the same everywhere but at the places that are named."""
    places, size, values, elsewhere = arguments
    made = torch.full(tuple(size.tolist()), elsewhere.item(), dtype=values.dtype)
    made[tuple(places.T)] = values
    return (made,)


def _sum(_settings: Node, arguments: list[Tensor]) -> Values:
    return (arguments[0] + arguments[1],)


OPERATIONS: dict[str, Callable[[Node, list[Tensor]], Values]] = {
    "Add": _sum,
    "AddV2": _sum,
    "ConcatV2": _concat,
    "Conv2D": _conv2d,
    "Identity": lambda _settings, arguments: (arguments[0],),
    "LeakyRelu": _leaky_relu,
    "MaxPool": _max_pool,
    "Pad": _pad,
    "PadV2": _pad,
    "Reshape": lambda _settings, arguments: (arguments[0].reshape(arguments[1].tolist()),),
    "ResizeBilinear": _resize_bilinear,
    "Sigmoid": lambda _settings, arguments: (arguments[0].sigmoid(),),
    "SparseToDense": _dense,
    "SplitV": _split,
    "Transpose": lambda _settings, arguments: (arguments[0].permute(arguments[1].tolist()),),
}


def _whole(setting: Node) -> list[int]:
    """Whole numbers, which JSON holds as text."""
    return [int(number) for number in setting["list"]["i"]]


def _word(setting: Node) -> str:
    """A word, which JSON holds in base 64."""
    return base64.b64decode(setting["s"]).decode()


def _flag(settings: Node, name: str) -> bool:
    return bool(settings.get(name, {}).get("b", False))
