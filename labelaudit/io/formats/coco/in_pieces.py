"""A COCO file of more annotations than the memory should hold, read into a file of chunks first."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from labelaudit.dataset.pieces import DatasetInPieces
from labelaudit.io.formats.coco.decoding import Chunk
from labelaudit.io.formats.coco.loading import read_file

ROWS = 1 << 18
"""Annotations of a chunk, at least: 18 MB of boxes. A choice."""


class ChunkFile:
    """Chunks one after the other in a file of our own.

    Parameters
    ----------
    path:
        of the file, which is made by the first chunk.
    rows:
        how many annotations a chunk has, at least.
    """

    def __init__(self, path: Path, rows: int) -> None:
        self.rows = rows
        self.has_places = False
        """Whether any of the annotations says where it is."""
        self._path = path
        self._count = 0

    def put(self, chunk: Chunk) -> None:
        """Keep a chunk."""
        self.has_places = self.has_places or has_places(chunk)
        with self._path.open("ab") as file:
            pickle.dump(chunk, file, protocol=pickle.HIGHEST_PROTOCOL)
        self._count += 1

    def __iter__(self) -> Iterator[Chunk]:
        """What was put, in order."""
        if not self._count:
            return
        with self._path.open("rb") as file:
            for _ in range(self._count):
                yield pickle.load(file)  # noqa: S301  # our own, in a folder of the run


def has_places(chunk: Chunk) -> bool:
    """Whether any annotation of a chunk says where it is."""
    shaped = len(chunk.masks) or len(chunk.keypoints)
    return bool(shaped) or bool(np.isfinite(chunk.rows.xyxy).any())


def in_pieces(
    path: Path,
    image_folders: Sequence[Path] = (),
    *,
    polygon_validity: bool = True,
    place: Path,
) -> DatasetInPieces | None:
    """What `loading.load` gives of a file, with its boxes piece by piece.

    Parameters
    ----------
    path:
        the JSON file.
    image_folders, polygon_validity:
        see `loading.load`.
    place:
        a folder for what is read, which is to stay until all pieces were taken.

    Returns
    -------
    DatasetInPieces | None
        None where the path is a folder, or where no annotation says where it is: what they are
        about instead is told of all of them.

    Raises
    ------
    FormatError
        if it cannot be read, or is no COCO file.
    """
    if path.is_dir():
        return None
    store = ChunkFile(place / "annotations.pickle", ROWS)
    reading = read_file(path, validity=polygon_validity, store=store)
    if not (store.has_places or any(map(has_places, reading.annotations.chunks()))):
        return None
    return reading.in_pieces(path, image_folders)
