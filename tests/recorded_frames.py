"""Frames of recordings, for tests: windows that move over a photograph, as a camera pans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from labelaudit.core.columns import texts
from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import images

PHOTOGRAPHS = sorted((Path(__file__).parents[1] / "examples/bccd/JPEGImages").glob("*.jpg"))

SIDE = 240


def panned(photograph: Path, count: int, *, step: int = 24) -> list[Image.Image]:
    """Some windows of a photograph, each some pixels further to the right."""
    with Image.open(photograph) as whole:
        return [
            whole.convert("RGB").crop((step * n, 100, step * n + SIDE, 100 + SIDE))
            for n in range(count)
        ]


def scene(seed: int, *, side: int = 480) -> Image.Image:
    """A picture of its own: blobs of light of many sizes."""
    generator = np.random.default_rng(seed)
    grey = np.zeros((side, side))
    for size in (6, 12, 24, 48):
        grid = Image.fromarray(generator.normal(size=(size, size)).astype(np.float32))
        grey += np.asarray(grid.resize((side, side), Image.Resampling.BICUBIC))
    low, high = grey.min(), grey.max()
    return Image.fromarray(((grey - low) / (high - low) * 255).astype(np.uint8)).convert("RGB")


def on_disk(dataset: Dataset, folder: Path, pictures: Mapping[str, Image.Image]) -> Dataset:
    """The dataset with a file for each of its images that there is a picture of, by name."""
    paths = []
    for row, name in enumerate(dataset.images.name.tolist()):
        path = folder / f"{row}_{Path(name).name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in pictures:
            pictures[name].save(path, quality=92)
        paths.append(str(path) if name in pictures else "")
    located = dataset.images.replaced(path=texts(paths))
    return type(dataset)(**{**vars(dataset), "images": located, "image_folders": (folder,)})


def dealt(names: Sequence[str], splits: Mapping[str, Iterable[int]]) -> Dataset:
    """A dataset of images without boxes, of which each split has those in some places."""
    parts = [images({names[place]: [] for place in places}) for places in splits.values()]
    return merged(parts, list(splits))
