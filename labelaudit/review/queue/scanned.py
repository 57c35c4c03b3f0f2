"""Which dataset a queue is about: where it was when it was scanned last, and how it was read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from labelaudit.core.columns import encodable
from labelaudit.core.later import later
from labelaudit.core.mirror_names import is_url, shown
from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats import FORMATS
from labelaudit.review.queue.schema import QueueError
from labelaudit.review.queue.store import Queue

_mirrors = later("labelaudit.storage.mirror", "mirrors")


class HowScanned(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the dataset of a run was read, as the queue keeps it."""

    images: tuple[str, ...] = ()  # folders
    format: str | None = None
    split: str = ""
    exclude: tuple[str, ...] = ()

    @classmethod
    def of(cls, dataset: Dataset) -> HowScanned:
        """How a dataset was read."""
        return cls(
            tuple(encodable(shown(folder)) for folder in dataset.given_folders),
            dataset.format if dataset.format in FORMATS else None,
            dataset.part.split,
            dataset.part.exclude,
        )


@dataclass(frozen=True)
class ScannedDataset:
    """What was given to the last scan of a queue, as far as it is there."""

    paths: list[Path]
    images: tuple[Path, ...]
    format: str | None
    split: str
    exclude: tuple[str, ...]

    def is_of(self, paths: Iterable[Path]) -> bool:
        """Whether it was a scan of these paths."""
        return {*map(os.path.realpath, self.paths)} == {*map(os.path.realpath, paths)}


def scanned(queue: Queue) -> ScannedDataset:
    """What was given to the last scan of a queue, as far as it still leads there.

    Paths that were relative are looked for from the current folder, then from that of the queue;
    folders of images that are not there any more are left out.

    Raises
    ------
    QueueError
        if there was no scan, or its dataset is not there any more.
    """
    with queue.reading() as database:
        row = database.execute(
            "SELECT sources, how_read FROM runs WHERE stamp <> '' ORDER BY id DESC LIMIT 1"
        ).fetchone()
    if row is None:
        raise QueueError(
            f"{queue.place}: no scan was put into this queue; name the dataset by --dataset"
        )
    named: list[str] = msgspec.json.decode(row[0])
    how = msgspec.json.decode(row[1], type=HowScanned)
    if any(map(is_url, (*named, *how.images))):
        places = _mirrors([*named, *how.images])
        named = [str(path) for path in places[: len(named)]]
        how = msgspec.structs.replace(how, images=tuple(map(str, places[len(named) :])))
    written = [Path(path) for path in named]
    beside = [queue.place.absolute().parent] if isinstance(queue.place, Path) else []
    for folder in (Path(), *beside):
        paths = [folder / path for path in written]
        if paths and all(map(os.path.exists, paths)):
            images = (folder / path for path in how.images)
            there = tuple(path for path in images if path.is_dir())
            return ScannedDataset(paths, there, how.format, how.split, how.exclude)
    what = ", ".join(map(shown, written)) or "a dataset that was no file"
    raise QueueError(f"{queue.place}: of {what}, which is not here; name the dataset by --dataset")
