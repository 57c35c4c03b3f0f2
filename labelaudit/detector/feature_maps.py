"""The feature maps of each image from the frozen backbone, worked out once and kept on disk.

Folds, synthetic errors and second runs read the same file: a memory map, so that only what a batch
needs is in memory.
"""

from __future__ import annotations

import json
import os
import warnings
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelaudit.core.cache import check_room, no_room
from labelaudit.core.columns import Floats, Ints, Texts
from labelaudit.detector.preprocess import Size, preprocess
from labelaudit.errors import ConfigError
from labelaudit.images.decoding import Pixels

if TYPE_CHECKING:  # it imports the networks of timm, which takes two seconds
    from labelaudit.detector.model.backbone import Backbone

Shape: TypeAlias = tuple[int, int, int]  # channels, height, width
Entry: TypeAlias = dict[str, Any]  # what the log says of one image; Any: what JSON holds
Stored: TypeAlias = NDArray[Any]  # float16 or uint8
Transform: TypeAlias = Callable[[Pixels], Stored]
Progress: TypeAlias = Callable[[int, int], None]  # how much is done, of how much

BLOCK = 8
"""Images that are decoded and written together, and that a kill can lose."""


@dataclass(frozen=True)
class FeatureMaps:
    """Maps of every image and of its mirror image, one row per image."""

    values: Stored  # (n, views, f): the maps of a view, flat, one after the other
    shapes: tuple[Shape, ...]  # of the maps, finest first

    def maps(self, rows: Ints, view: int, device: torch.device) -> list[Tensor]:
        """Maps (r, c, h, w) of some images, one a level, finest first.

        Parameters
        ----------
        rows: (r,) of the images.
        view: 0 for the images as they are, 1 for their mirror images.
        device: to put the maps on.
        """
        flat = torch.from_numpy(np.ascontiguousarray(self.values[rows, view])).to(device).float()
        parts = torch.split(flat, [int(np.prod(shape)) for shape in self.shapes], dim=1)
        return [part.reshape(-1, *shape) for part, shape in zip(parts, self.shapes, strict=True)]


@dataclass(frozen=True)
class ExtractedFeatures:
    """What came of decoding each image, one row per image."""

    values: Stored  # (n, ...) what was made of it; 0 where it could not be read
    image_sizes: Floats  # (n, 2) width, height of the file; NaN where it could not be read
    errors: tuple[str, ...]  # (n,) why not; empty if it could


def map_shapes(backbone: Backbone, input_size: Size) -> tuple[Shape, ...]:
    """The shape of each level's map for an input of this height and width."""
    return tuple(
        (channels, input_size[0] // stride, input_size[1] // stride)
        for channels, stride in zip(backbone.channels, backbone.strides, strict=True)
    )


def feature_template(shapes: Sequence[Shape]) -> Stored:
    """An array of the shape and type of the features of one image: (2, f) float16."""
    return np.zeros((2, sum(int(np.prod(shape)) for shape in shapes)), np.float16)


def both_views(backbone: Backbone, device: torch.device) -> Transform:
    """From pixels (n, 3, h, w) to the features of the images and their mirror images, float16.

    On a CPU, images go through the backbone one at a time: the maps of several are so large that
    the system hands out and takes back their memory for each layer, which takes longer than the
    layers themselves (in a probe, 51 to 65 ms of CPU a view for 109 to 145). The numbers are the
    same.
    """

    @torch.inference_mode()
    def transform(pixels: Pixels) -> Stored:
        images = torch.from_numpy(pixels).to(device).float()
        together = 1 if device.type == "cpu" else len(images)
        parts = [_maps_of_views(backbone, some) for some in torch.split(images, max(together, 1))]
        # 65,504 is the largest number of float16; beyond it, values would be infinite.
        return torch.cat(parts).clamp(-65504, 65504).half().cpu().numpy()

    return transform


def _maps_of_views(backbone: Backbone, images: Tensor) -> Tensor:
    """The maps of images (n, 3, h, w) and of their mirror images, flat, (n, 2, f)."""
    views = [backbone(images), backbone(images.flip(3))]
    flat = [torch.cat([x.flatten(1) for x in maps], dim=1) for maps in views]
    return torch.stack(flat, dim=1)


def unchanged_pixels(pixels: Pixels) -> Stored:
    """The images themselves, for a backbone that is trained."""
    return pixels


def extract_features(
    folder: Path,
    paths: Texts,
    input_size: Size,
    template: Stored,
    transform: Transform,
    *,
    workers: int = 1,
    in_threads: bool = True,
    progress: Progress = lambda _done, _total: None,
) -> ExtractedFeatures:
    """What `transform` makes of each image, kept in `folder`; what is there already stays.

    Blocks are written in order, the values before the line that says they are there; so a run that
    was killed goes on where it stopped. With each line is a check sum of the values: those that a
    damaged disk or another program changed are worked out again, with all after them.

    Parameters
    ----------
    folder: for these images, this input and this transform alone.
    paths: (n,) image files; empty where there is none.
    input_size: height and width of the images.
    template: an array of the shape and type of the values of one image.
    transform: from pixels (b, 3, h, w) to values (b, ...).
    workers: blocks at a time.
    in_threads: transform, too, and not only decode, several blocks at a time. Not on a GPU: it does
        one thing after the other, and each thread would set it up anew, which takes seconds.
    progress: called with how many images are done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "done.jsonl"
    reserve(folder / "values.bin", len(paths) * template.nbytes)
    shape = (len(paths), *template.shape)
    if len(paths) == 0:
        return ExtractedFeatures(np.zeros(shape, template.dtype), np.zeros((0, 2)), ())
    values = np.memmap(folder / "values.bin", template.dtype, "r+", shape=shape)
    entries = _finished(log, values)

    def of_block(start: int) -> tuple[list[Entry], Stored]:
        found, pixels = _decoded(paths[start : start + BLOCK].tolist(), input_size)
        return found, transform(pixels) if in_threads else pixels

    with warnings.catch_warnings(), ThreadPoolExecutor(workers) as threads:
        warnings.simplefilter("ignore")  # Pillow's, about odd metadata and large images
        for start in range(len(entries), len(paths), BLOCK * workers):
            progress(start, len(paths))
            blocks = range(start, min(start + BLOCK * workers, len(paths)), BLOCK)
            for block, (found, made) in zip(blocks, threads.map(of_block, blocks), strict=True):
                values[block : block + len(found)] = made if in_threads else transform(made)
                values.flush()
                checked = [
                    {**entry, "check": _check(values[block + place])}
                    for place, entry in enumerate(found)
                ]
                _append(log, checked)
                entries += checked
    progress(len(paths), len(paths))
    size = np.array([[entry["width"], entry["height"]] for entry in entries], np.float64)
    errors = tuple(entry["error"] for entry in entries)
    size[[bool(error) for error in errors]] = np.nan
    return ExtractedFeatures(
        np.memmap(folder / "values.bin", template.dtype, "r", shape=shape), size, errors
    )


def open_stored(folder: Path, count: int, template: Stored) -> Stored:
    """The values that `extract_features` has kept in a folder, (count, ...), not to be written to.

    Parameters
    ----------
    folder: that it filled.
    count: of the images.
    template: as it was given.
    """
    return np.memmap(folder / "values.bin", template.dtype, "r", shape=(count, *template.shape))


def feature_maps_of(
    images: Stored, transform: Transform, path: Path, shapes: Sequence[Shape]
) -> FeatureMaps:
    """Features of images that are decoded already, in a file of their own.

    For a backbone that was trained: each fold has its own.

    Parameters
    ----------
    images: (n, 3, h, w) uint8, on the network's input.
    transform: from some of them to their features.
    path: the file to write.
    shapes: of the maps of one image, finest first.
    """
    template = feature_template(shapes)
    reserve(path, len(images) * template.nbytes)
    values = np.memmap(path, template.dtype, "r+", shape=(len(images), *template.shape))
    for start in range(0, len(images), BLOCK):
        values[start : start + BLOCK] = transform(np.array(images[start : start + BLOCK]))
    return FeatureMaps(values, tuple(shapes))


def _decoded(paths: Sequence[str], input_size: Size) -> tuple[list[Entry], Pixels]:
    """An entry of the log for each image, and their pixels, (b, 3, h, w)."""
    found = [preprocess(path, input_size) for path in paths]
    entries = [{"width": one.size[0], "height": one.size[1], "error": one.error} for one in found]
    return entries, np.stack([one.pixels for one in found])


def _finished(log: Path, values: Stored) -> list[Entry]:
    """The images that are done, whole and unharmed; what the log says after them is taken away."""
    entries: list[Entry] = []
    end = 0
    for line in log.read_bytes().splitlines(keepends=True) if log.is_file() else ():
        try:
            entry = json.loads(line)
        except ValueError:  # as what a kill cut off, or is no text
            break
        whole = isinstance(entry, dict) and line.endswith(b"\n") and len(entries) < len(values)
        if not whole or entry.get("check") != _check(values[len(entries)]):
            break
        entries.append(entry)
        end += len(line)
    if log.is_file() and end < log.stat().st_size:
        os.truncate(log, end)
    return entries


def _check(values: Stored) -> int:
    """A check sum of the values of an image."""
    return zlib.crc32(np.ascontiguousarray(values).data)


def _append(log: Path, entries: Sequence[Entry]) -> None:
    lines = "".join(json.dumps(entry) + "\n" for entry in entries)
    try:
        with log.open("a", encoding="utf-8") as file:
            file.write(lines)
    except OSError as error:
        raise no_room(log.parent, error.strerror or str(error)) from error


def reserve(path: Path, size: int) -> None:
    """Make a file of this many bytes, with its place on the disk, unless it is there.

    A memory map of a file without a place ends the process when the disk is full: no error could
    be caught.
    """
    if path.is_file() and path.stat().st_size == size:
        return
    check_room(path.parent, size)
    try:
        with path.open("wb") as file:
            if size:
                _allocate(file.fileno(), size)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _full(path, error) from error


def _allocate(descriptor: int, size: int) -> None:
    """Give an open file its size, and its place on the disk where the system can."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
    else:
        os.truncate(descriptor, size)


def _full(path: Path, error: OSError) -> ConfigError:
    return no_room(path.parent, error.strerror or str(error))
