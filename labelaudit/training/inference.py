"""What a network sees in images: one way for checkpoints and for whatever they are converted to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from labelaudit.core.parallel import mapped
from labelaudit.detector.job import device_of
from labelaudit.detector.model.anchors import anchors, decode_boxes
from labelaudit.detector.nms import Detections, detections
from labelaudit.detector.preprocess import PreprocessedImage, Size, fitting_scale, preprocess
from labelaudit.images.decoding import Pixels
from labelaudit.predictions.predictions import Predictions
from labelaudit.training.model_file import TrainedDetector

Float32s: TypeAlias = NDArray[np.float32]
Forward: TypeAlias = Callable[[Pixels], tuple[Float32s, Float32s]]
"""From images (n, 3, h, w) uint8 RGB to scores (n, a, c) in [0, 1] and boxes (n, a, 4) in pixels
of the network, one for each anchor."""

LEAST_SCORE = 0.02
"""Detections below it are not written; a choice: low enough for a second opinion, which compares
all that a detector saw, and few enough to be read."""


MOST_DETECTIONS = 300
"""Of an image, the surest ones; as many as torchvision's RetinaNet gives."""


@dataclass(frozen=True)
class ImagePredictions:
    """What a network sees in some images."""

    predictions: Predictions  # `image` is the row of the path
    sizes: tuple[Size, ...]  # width, height of each file; 0, 0 where it cannot be read
    errors: tuple[str, ...]  # why an image cannot be read; empty if it can


def forward_of(detector: TrainedDetector) -> Forward:
    """The network of a detector as a function of images, where its config says it runs."""
    device = device_of(detector.config)
    places = anchors(detector.config, *detector.input_size).to(device)
    network = detector.network.eval()

    @torch.inference_mode()
    def forward(pixels: Pixels) -> tuple[Float32s, Float32s]:
        logits, offsets = network(torch.from_numpy(pixels).to(device).float())
        boxes = decode_boxes(places.xyxy, offsets.float())
        return logits.float().sigmoid().cpu().numpy(), boxes.cpu().numpy()

    return forward


def predict(
    forward: Forward,
    paths: Sequence[str],
    input_size: Size,
    *,
    batch: int = 8,
    workers: int = 1,
    threshold: float = LEAST_SCORE,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> ImagePredictions:
    """Detections in image files, in pixels of each, after NMS within each class.

    An image that cannot be read has none, and its error says why.

    Parameters
    ----------
    forward: the network.
    paths: (n,) image files.
    input_size: height and width of the network's image.
    batch: images that go through the network together.
    workers: threads that decode.
    threshold: only scores above it count.
    progress: told how many images are done, of how many.
    """
    parts: list[Predictions] = [Predictions.empty()]
    sizes: list[Size] = []
    errors: list[str] = []
    decoded = mapped(partial(preprocess, input_size=input_size), paths, workers)
    for images in _batches(decoded, batch):
        scores, boxes = forward(np.stack([image.pixels for image in images]))
        for place, image in enumerate(images):
            if not image.error:
                found = _detections(scores[place], boxes[place], image, input_size, threshold)
                parts.append(_in_image_pixels(found, len(sizes), image.size, input_size))
            sizes.append(image.size)
            errors.append(image.error)
        progress(len(sizes), len(paths))
    return ImagePredictions(Predictions.concat(parts), tuple(sizes), tuple(errors))


def _batches(images: Iterator[PreprocessedImage], size: int) -> Iterator[list[PreprocessedImage]]:
    """Images in lists of `size`, the last one of what is left."""
    some: list[PreprocessedImage] = []
    for image in images:
        some.append(image)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


def _detections(
    scores: Float32s, boxes: Float32s, image: PreprocessedImage, input_size: Size, threshold: float
) -> Detections:
    """What is seen in the part of the input that an image covers."""
    scale = fitting_scale(image.size, input_size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    return detections(
        torch.from_numpy(scores),
        torch.from_numpy(boxes),
        (height, width),
        threshold=threshold,
        limit=MOST_DETECTIONS,
    )


def _in_image_pixels(found: Detections, row: int, size: Size, input_size: Size) -> Predictions:
    """Detections as predictions in pixels of the file."""
    scale = fitting_scale(size, input_size)
    xyxy = np.minimum(found.boxes / scale, np.tile(np.array(size, np.float64), 2))
    return Predictions.of(
        np.full(len(found), row, np.int32), found.labels.astype(np.int32), xyxy, found.scores
    )
