"""What processes that audit shards are told, and what they leave, in a folder of the run.

What is kept there is pickled: the folder is made for one run, belongs to its user alone, and goes
with the run.
"""

from __future__ import annotations

import dataclasses
import pickle
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelaudit.auditing.run import Options
from labelaudit.auditing.shards.audit_shard import Gathered
from labelaudit.auditing.shards.cut_file import FilePart
from labelaudit.dataset.tables import Dataset
from labelaudit.io.archive_names import is_archive
from labelaudit.io.buckets import RECORDS, CutFile, bucket, cut, cut_file
from labelaudit.io.load import load_in_pieces, load_recovered

JOB, PLAN, KNOWN = "job.pickle", "plan.pickle", "known.pickle"

CUT_FROM = 256 << 20
"""Bytes from which on a file is cut: one and a half million boxes of COCO. A choice."""

BOXES_EACH = 500_000
"""Boxes of a part of a file that was cut; a choice."""


@dataclass(frozen=True)
class ShardJob:
    """A scan of shards."""

    shards: Sequence[Path]  # files and folders of labels
    options: Options
    images: Sequence[Path] = ()  # folders to look for the images in
    format: str | None = None  # of all; recognised where absent
    exclude: Sequence[str] = ()  # patterns of what is left out
    config: Path | None = None  # whose plugins are loaded
    polygon_validity: bool = True
    cut_from: int = CUT_FROM  # bytes of a file from which on it is audited in parts
    boxes_each: int = BOXES_EACH  # of a part, about

    @property
    def large(self) -> list[int]:
        """The numbers of the shards that are files to be cut, where their format can."""
        return [
            number
            for number, path in enumerate(self.shards)
            if path.is_file() and not is_archive(path) and path.stat().st_size >= self.cut_from
        ]

    def cut(self, number: int, folder: Path) -> None:
        """Cut a shard into parts, in the folder of the run, if it can be.

        What a process left there that was lost while it did so is written over.
        """
        place = _place(folder, number)
        place.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="read-", dir=place) as name:
            pieces = load_in_pieces(
                self.shards[number],
                self.images,
                format=self.format,
                polygon_validity=self.polygon_validity,
                place=Path(name),
            )
            if pieces is not None:
                cut(pieces, place, boxes_each=self.boxes_each, exclude=self.exclude)

    def load(self, number: int) -> Dataset:
        """The labels of a shard."""
        return load_recovered(
            [self.shards[number]],
            self.images,
            format=self.format,
            polygon_validity=self.polygon_validity,
            exclude=self.exclude,
        )


@dataclass(frozen=True)
class Unit:
    """What a process audits at a time: a shard, or a part of one that was cut."""

    shard: int
    part: int | None = None

    def __str__(self) -> str:
        return str(self.shard) if self.part is None else f"{self.shard}.{self.part}"

    @classmethod
    def of(cls, text: str) -> Unit:
        """The unit that a text stands for.

        >>> Unit.of("3.17"), Unit.of("3")
        (Unit(shard=3, part=17), Unit(shard=3, part=None))
        """
        shard, _, part = text.partition(".")
        return cls(int(shard), int(part) if part else None)

    def loaded(self, folder: Path) -> FilePart:
        """The part of a file, in the folder of the run."""
        assert self.part is not None  # noqa: S101  # of a file that was cut
        found = bucket(_place(folder, self.shard), self.part)
        return FilePart(found.dataset, found.box, found.image, found.problem)


def cut_shard(folder: Path, number: int) -> CutFile | None:
    """What a shard holds that was cut, in the folder of the run; None if it was not."""
    place = _place(folder, number)
    return cut_file(place) if (place / RECORDS).exists() else None


def _place(folder: Path, number: int) -> Path:
    return folder / f"cut-{number}"


def keep(folder: Path, name: str, value: object) -> None:
    """Keep a value in the folder of a run, whole or not at all.

    Parameters
    ----------
    folder:
        of the run.
    name:
        of the file.
    value:
        that is kept.
    """
    part = folder / f"{name}.part"
    with part.open("wb") as file:
        pickle.dump(value, file, protocol=pickle.HIGHEST_PROTOCOL)
    part.replace(folder / name)


def kept(folder: Path, name: str) -> Any:  # Any: whatever was kept
    """What was kept under a name in the folder of a run."""
    with (folder / name).open("rb") as file:
        return pickle.load(file)  # noqa: S301  # of this run, by programs of ours


def known_of(folder: Path, unit: Unit) -> Gathered:
    """What there is in all shards, and in the file that a part is of, in the folder of a run."""
    known: Gathered = kept(folder, KNOWN)
    if unit.part is None:
        return known
    return dataclasses.replace(known, of_file=kept(folder, of_file_name(unit.shard)))


def of_file_name(number: int) -> str:
    """Under which name it is kept what there is in all parts of a shard that was cut."""
    return f"known-{number}.pickle"
