"""NanoDet-g, a small detector of COCO's 80 classes that somebody else has trained.

AP50 on 206 images of COCO val2017 is .395: a weak second opinion, and one that owes nothing to the
labels in question. The network is that of github.com/RangiLyu/nanodet (Apache-2.0), as a
TensorFlow.js graph with weights of 16 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from benchmarks.label_errors.tensor_graph import Graph
from labelaudit.detector.nms import Detections, detections
from labelaudit.images.decoding import rgb_for_networks
from labelaudit.predictions.predictions import Predictions

SIDE = 416
"""Pixels of the square that images are stretched to."""

STRIDES = (8, 16, 32)
CLASSES = 80
MEAN, DEVIATION = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)
"""Of the channels blue, green, red."""

SCORES = [f"Identity{ending}" for ending in ("", "_1", "_2")]
DISTANCES = [f"Identity{ending}" for ending in ("_3", "_4", "_5")]
"""Outputs by stride: (1, cells, 80) after sigmoid; (1, cells, 44), 11 for each side of a box."""

FAINTEST, OVERLAP, MOST = 0.02, 0.6, 100
"""Least score, IoU above which two boxes of a class are one, and boxes of an image: those of the
published configuration, but for the score, which is .05 there."""


class NanoDet:
    """The network with its weights."""

    def __init__(self, path: Path) -> None:
        self._graph = Graph(path)

    def __call__(self, picture: Image.Image) -> Detections:
        """What is seen in a picture, in its pixels; class k is the k-th of COCO's by id."""
        outputs = self._graph.run({"input_1": network_input(picture)}, SCORES + DISTANCES)
        scores = torch.cat([one.reshape(-1, one.shape[-1]) for one in outputs[: len(STRIDES)]])
        boxes = decoded(outputs[len(STRIDES) :])
        stretch = torch.tensor([picture.width, picture.height] * 2) / SIDE
        return detections(
            scores,
            boxes * stretch,
            (picture.height, picture.width),
            threshold=FAINTEST,
            overlap=OVERLAP,
            limit=MOST,
        )


def network_input(picture: Image.Image) -> Tensor:
    """A picture stretched to a square, blue first, about 0 with deviation 1; (1, 3, SIDE, SIDE)."""
    square = rgb_for_networks(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    bgr = np.asarray(square, np.float32)[..., ::-1]
    return torch.from_numpy(((bgr - MEAN) / DEVIATION).transpose(2, 0, 1)[None]).float()


def decoded(distances: Sequence[Tensor]) -> Tensor:
    """Boxes (cells of all strides, 4) of the square, from how far each side is from its cell."""
    parts = []
    for stride, output in zip(STRIDES, distances, strict=True):
        share = output.reshape(-1, 4, output.shape[-1] // 4).softmax(dim=2)
        away = share @ torch.arange(share.shape[2], dtype=share.dtype) * stride
        place = (torch.arange(SIDE // stride) + 0.5) * stride - 0.5
        y, x = torch.meshgrid(place, place, indexing="ij")
        centre = torch.stack([x.flatten(), y.flatten()], dim=1)
        parts.append(torch.cat([centre - away[:, :2], centre + away[:, 2:]], dim=1))
    return torch.cat(parts)


def detect(images: Sequence[Path], network: NanoDet) -> Predictions:
    """What the network sees in some image files, by their rows, with all scores of each cell."""
    parts = [Predictions.empty(CLASSES)]
    for row, path in enumerate(images):
        with Image.open(path) as picture:
            found = network(picture)
        image, vectors = np.full(len(found), row, np.int32), found.classes.astype(np.float32)
        label = found.labels.astype(np.int32)
        parts.append(Predictions.of(image, label, found.boxes, found.scores, vectors))
    return Predictions.concat(parts)
