"""What processes that audit shards are told, and what they leave, in a folder of the run.

What is kept there is pickled: the folder is made for one run, belongs to its user alone, and goes
with the run.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelaudit.auditing.run import Options
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load_recovered

JOB, KNOWN = "job.pickle", "known.pickle"


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

    def load(self, number: int) -> Dataset:
        """The labels of a shard."""
        return load_recovered(
            [self.shards[number]],
            self.images,
            format=self.format,
            polygon_validity=self.polygon_validity,
            exclude=self.exclude,
        )


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
