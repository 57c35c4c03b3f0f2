"""COCO results files: a list of predictions, written block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from labelaudit.core.whole_files import replacing
from labelaudit.training.inference import ImagePredictions
from labelaudit.training.inference_images import InferenceImages

DECIMALS = 3
"""Of the sides of a box, in pixels; Ultralytics writes as many."""

SCORE_DECIMALS = 5
"""Of a score; as many as Ultralytics writes."""


@dataclass(frozen=True)
class WrittenResults:
    """What came of writing results."""

    predictions: int  # that were written
    left_out: int  # of classes without an id
    unreadable: tuple[tuple[str, str], ...]  # the name of an image, and why it cannot be read


def write_results(
    path: Path, images: InferenceImages, blocks: Iterable[ImagePredictions]
) -> WrittenResults:
    """Write what a model sees as a COCO results file, a line each; whole in the end, or not at all.

    `bbox` is left, top, width and height in pixels, as `pycocotools.COCO.loadRes` reads it.

    Parameters
    ----------
    path: of the file, which is replaced.
    images: with the ids that images and classes get.
    blocks: what is seen; `image` is the row in `images`, and images come in order.

    Raises
    ------
    BusyError
        if another process is writing it.
    """
    written = left_out = done = 0
    unreadable: list[tuple[str, str]] = []
    with replacing(path) as file:
        file.write(b"[")
        for block in blocks:
            lines = list(_lines(images, block))
            left_out += len(block.predictions) - len(lines)
            if lines:
                file.write((b",\n" if written else b"\n") + b",\n".join(lines))
            written += len(lines)
            unreadable += _unreadable(images, done, block)
            done += len(block.errors)
        file.write(b"\n]\n")
    return WrittenResults(written, left_out, tuple(unreadable))


def _unreadable(
    images: InferenceImages, start: int, block: ImagePredictions
) -> Iterator[tuple[str, str]]:
    """The images of a block that cannot be read, by name, and why; `start` is its first row."""
    for row, why in enumerate(block.errors, start):
        if why:  # what Pillow says of a file from an archive names a folder that will be gone
            yield images.names[row], why.replace(str(images.paths[row]) or "\0", images.names[row])


def _lines(images: InferenceImages, block: ImagePredictions) -> Iterator[bytes]:
    """The predictions of a block whose classes have an id, as JSON."""
    found = block.predictions
    corner, far = found.xyxy[:, :2], found.xyxy[:, 2:]
    boxes = np.round(np.hstack([corner, far - corner]), DECIMALS).tolist()
    scores = np.round(found.score, SCORE_DECIMALS).tolist()
    columns = (found.image.tolist(), found.label.tolist(), boxes, scores)
    for image, label, bbox, score in zip(*columns, strict=True):
        category = images.category_ids[label]
        if category is not None:
            yield msgspec.json.encode(
                {
                    "image_id": images.ids[image],
                    "category_id": category,
                    "bbox": bbox,
                    "score": score,
                }
            )
