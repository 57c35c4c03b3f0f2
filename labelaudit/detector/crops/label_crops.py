"""Crops of labels, each cut from its image and seen by the backbone alone, all at one size.

The maps of an image hold a small object in few places and in little detail. Cut from the file and
enlarged, its class is told by a linear discriminant better than by any other part of the evidence
(docs/method.md, section 3). What the crops hold is kept in the cache by the image files and the
boxes: it stays when classes are corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from labelaudit.core.cache import cache_folder, digest, write_atomically
from labelaudit.core.columns import MISSING, Floats, Ints, Rows, Texts
from labelaudit.core.parallel import cores
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.core.table import Table, column, rows_column
from labelaudit.detector.cache_entries import claims
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.crops.lda import MOST, LinearDiscriminant, solve_lda
from labelaudit.detector.crops.projection import LENGTH, SAMPLE, CropProjection, fit_projection
from labelaudit.detector.crops.roi_features import CELLS, DAMAGED, Vectors, roi_features
from labelaudit.detector.device_settings import DeviceSettings
from labelaudit.detector.extraction import files_digest, weights_key
from labelaudit.detector.job import device_of, to_device
from labelaudit.detector.model.backbone import Backbone, build_backbone, folded
from labelaudit.detector.model.like_device import like_device
from labelaudit.detector.preprocess import GREY
from labelaudit.detector.threads import torch_threads
from labelaudit.images.decoding import Pixels, rgb_for_networks
from labelaudit.images.headers import REFUSALS
from labelaudit.predictions.predictions import Scores
from labelaudit.storage.at_hand import at_hand

VERSION = 1
"""Changes when crops of the same boxes would give other numbers."""

SIDE = 96
"""Pixels along a side of a crop, as the backbone sees it (docs/method.md, section 3)."""

AROUND = 1.3
"""Side of the square that is cut out, in longer sides of the box: what is around an object helps to
tell what it is."""

TOGETHER = 4
"""Crops that go through the backbone at once: in a probe one took 9.4 ms of CPU alone, 4.8 among
four and 4.4 among eight."""

BLOCK = 512
"""Labels whose numbers are kept together, and that a kill can lose."""

Embedding = Callable[["LabelBoxes"], Vectors]
"""From boxes (b,) in the order of their images to what their crops hold, (b, d); NaN where an image
cannot be read."""


@dataclass(frozen=True, eq=False, repr=False)
class LabelBoxes(Table):
    """Boxes whose crops are looked at, one row each."""

    image: Rows = rows_column()  # (n,) row in Images
    label: Rows = rows_column()  # (n,) class that it has
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (n, 4) pixels of the image, with an inside


def label_crop_probs(
    paths: Texts,
    boxes: LabelBoxes,
    fold: Rows,
    classes: int,
    config: DetectorConfig,
    *,
    cache: Path | None = None,
    progress: StageProgress = ignore_progress,
) -> Scores:
    """The probability of each class by the crop of each label alone, (n, c).

    By a linear discriminant that learned from the crops of other folds; NaN where an image has no
    fold or cannot be read.

    Parameters
    ----------
    paths: (images,) image files; empty where there is none.
    boxes: n labels.
    fold: (images,) which images are judged together, by what the others teach; MISSING: not at all.
    classes: how many there are, c.
    config: for the backbone, the device and the seed.
    cache: a folder for what takes long; the user's own if absent.
    progress: told how many labels were looked at.

    Raises
    ------
    LabelauditError
        if the backbone cannot be built, or the cache cannot be written.
    """
    order = np.argsort(boxes.image, kind="stable")
    judged = order[(fold[boxes.image[order]] != MISSING) & (paths[boxes.image[order]] != "")]
    found = np.full((len(boxes), classes), np.nan, np.float32)
    if len(judged):
        here = boxes.rows(judged)
        with torch_threads(1):
            vectors = _vectors(paths, here, config, cache_folder(cache), progress)
        found[judged] = _probs(vectors, here, fold[here.image], classes, config.seed)
    return found


def _probs(vectors: Vectors, boxes: LabelBoxes, fold: Rows, classes: int, seed: int) -> Scores:
    """What the discriminants of the other folds make of crops, (n, c); NaN of those not read."""
    found = np.full((len(boxes), classes), np.nan, np.float32)
    readable = np.isfinite(vectors).all(axis=1)
    for one in np.unique(fold[readable]).tolist():
        others = np.flatnonzero(readable & (fold != one))
        rows = np.sort(np.random.default_rng(seed).permutation(others)[:MOST])
        if len(rows):
            coef, intercept = solve_lda(
                vectors[rows].astype(np.float64), boxes.label[rows].astype(np.int64), classes
            )
            lda = LinearDiscriminant(coef.astype(np.float32), intercept.astype(np.float32))
            mine = readable & (fold == one)
            found[mine] = lda.predict_proba(vectors[mine])
    return found


def _vectors(
    paths: Texts, boxes: LabelBoxes, config: DetectorConfig, cache: Path, progress: StageProgress
) -> Vectors:
    """What the crops of boxes hold, (n, p), kept in the cache block by block."""
    device = device_of(config)
    key = (VERSION, files_digest(paths), config.backbone, config.strides, weights_key(config))
    like = config.like_device or DeviceSettings()
    name = digest(*key, like, config.seed, boxes.image, boxes.xyxy)
    with claims(cache) as claim:
        folder = claim(cache / "crops" / name)
        torch.manual_seed(config.seed)
        backbone = folded(like_device(build_backbone(config), like))
        embed = partial(_embedded, paths, to_device(device, backbone), config.strides, device)
        some = np.sort(np.random.default_rng(config.seed).permutation(len(boxes))[:SAMPLE])
        first = _kept(folder / "sample.npz", partial(_sample, boxes.rows(some), embed, config.seed))
        found = np.empty((len(boxes), first["vectors"].shape[1]), np.float32)
        found[some] = first.pop("vectors")
        projection = CropProjection(**first)
        rest = np.setdiff1d(np.arange(len(boxes)), some)

        def block(start: int) -> None:
            rows = rest[start : start + BLOCK]
            found[rows] = _kept(
                folder / f"{start}.npz", lambda: _projected(projection, embed(boxes.rows(rows)))
            )["vectors"]

        # On a GPU one thing is done after the other.
        with ThreadPoolExecutor(cores() if device.type == "cpu" else 1) as threads:
            starts = range(0, len(rest), BLOCK)
            for start, _ in zip(starts, threads.map(block, starts), strict=True):
                progress("looking at labels", len(some) + start, len(boxes))
    progress("looking at labels", len(boxes), len(boxes))
    return found


def _sample(boxes: LabelBoxes, embed: Embedding, seed: int) -> dict[str, Vectors]:
    """The vectors of some crops, and the projection that is worked out of them, by name."""
    content = embed(boxes)
    readable = np.isfinite(content).all(axis=1)
    projection = fit_projection(torch.from_numpy(content[readable]), LENGTH, seed)
    return _projected(projection, content) | vars(projection)


def _projected(projection: CropProjection, content: Vectors) -> dict[str, Vectors]:
    """What crops hold in few numbers, (n, p), by name."""
    return {"vectors": projection(torch.from_numpy(content)).numpy()}


def _kept(path: Path, made: Callable[[], dict[str, Vectors]]) -> dict[str, Vectors]:
    """Arrays of a file, made and written if it is not there or damaged."""
    try:
        with path.open("rb") as opened, np.load(opened) as file:  # closed also if it is damaged
            return dict(file)
    except DAMAGED:  # or not there
        columns: dict[str, Any] = made()  # Any: as numpy has it
        write_atomically(path, lambda file: np.savez(file, **columns))
        return columns


def _embedded(
    paths: Texts,
    backbone: Backbone,
    strides: tuple[int, ...],
    device: torch.device,
    boxes: LabelBoxes,
) -> Vectors:
    """What the backbone makes of the crop of each box, (b, d); NaN where it cannot be read.

    Parameters
    ----------
    paths: (images,) image files.
    backbone: on the device.
    strides: of its maps.
    device: to compute on.
    boxes: in the order of their images.
    """
    length = 3 + sum(
        width * CELLS[stride] ** 2 for width, stride in zip(backbone.channels, strides, strict=True)
    )
    every = np.full((len(boxes), length), np.nan, np.float32)
    for rows, pixels, inside in _batches(paths, boxes):
        with torch.inference_mode():
            maps = backbone(torch.from_numpy(pixels).to(device).float())
            corners = torch.from_numpy(inside).float().to(device)
            which = torch.arange(len(rows), device=device)
            vectors: Tensor = roi_features(maps, strides, corners, which, (SIDE, SIDE))
        every[rows] = vectors.cpu().numpy()
    return every


def _batches(paths: Texts, boxes: LabelBoxes) -> Iterator[tuple[Ints, Pixels, Floats]]:
    """Some crops at a time: their rows, pixels (b, 3, h, w) and boxes (b, 4) in the crop."""
    waiting: list[tuple[int, Pixels, Floats]] = []
    for row, pixels, inside in _crops(paths, boxes):
        waiting.append((row, pixels, inside))
        if len(waiting) == TOGETHER:
            yield _together(waiting)
            waiting = []
    if waiting:
        yield _together(waiting)


def _together(waiting: list[tuple[int, Pixels, Floats]]) -> tuple[Ints, Pixels, Floats]:
    rows, pixels, inside = zip(*waiting, strict=True)
    return np.array(rows), np.stack(pixels), np.stack(inside)


def _crops(paths: Texts, boxes: LabelBoxes) -> Iterator[tuple[int, Pixels, Floats]]:
    """Row, pixels and box of each crop of images that can be read, image by image."""
    at_hand(filter(None, paths[np.unique(boxes.image)].tolist()))
    for image in np.unique(boxes.image).tolist():
        rows = np.flatnonzero(boxes.image == image)
        longest = (boxes.xyxy[rows, 2:] - boxes.xyxy[rows, :2]).max(axis=1)
        try:
            with Image.open(paths[image]) as file:
                width = file.size[0]
                # A JPEG can be decoded at half its size or less; twice is left for a good resize.
                least = min(1.0, 2 * SIDE / max(AROUND * float(longest.min()), 1.0))
                file.draft("RGB", (round(file.size[0] * least), round(file.size[1] * least)))
                picture = rgb_for_networks(file)
        except (*REFUSALS, MemoryError, Image.DecompressionBombError):
            continue
        for row in rows.tolist():
            yield row, *crop_of(picture, boxes.xyxy[row] * (picture.size[0] / width))


def crop_of(picture: Image.Image, xyxy: Floats) -> tuple[Pixels, Floats]:
    """The square around a box, grey beyond the image, and where the box is in it.

    Parameters
    ----------
    picture: in red, green and blue.
    xyxy: (4,) the box, in its pixels.

    Returns
    -------
    Pixels (3, `SIDE`, `SIDE`), and the box (4,) in these.
    """
    side = max(AROUND * float((xyxy[2:] - xyxy[:2]).max()), 1.0)
    corner = (xyxy[:2] + xyxy[2:]) / 2 - side / 2
    scale = SIDE / side
    inside = (xyxy - np.tile(corner, 2)) * scale
    canvas = Image.new("RGB", (SIDE, SIDE), (GREY, GREY, GREY))
    low = np.clip(np.floor(-corner * scale), 0, SIDE)
    high = np.clip(np.ceil((np.array(picture.size) - corner) * scale), 0, SIDE)
    seen = np.concatenate([low, high]) / scale + np.tile(corner, 2)
    seen = np.clip(seen, 0, np.tile(picture.size, 2))
    if (high > low).all() and (seen[2:] > seen[:2]).all():
        width, height = (high - low).astype(int).tolist()
        part = picture.resize(
            (width, height), Image.Resampling.BILINEAR, tuple(seen.tolist()), reducing_gap=2.0
        )
        canvas.paste(part, (int(low[0]), int(low[1])))
    return np.asarray(canvas).transpose(2, 0, 1), inside
