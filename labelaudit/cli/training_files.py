"""The files of a training on the command line: beside the detector, by its name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from labelaudit.core.locks import locked
from labelaudit.errors import ConfigError
from labelaudit.io.targets import check_free, check_writable

PICTURES = (".png", ".svg")


@dataclass(frozen=True)
class TrainingFiles:
    """`model.pt`, and what is called after it."""

    output: Path
    plot: Path | None = None
    tensorboard: Path | None = None

    @property
    def folder(self) -> Path:
        """What an unfinished training needs to go on; gone when it is done."""
        return self.output.with_name(f"{self.output.stem}.training")

    @property
    def last(self) -> Path:
        """The detector after its last epoch."""
        return self.output.with_name(f"{self.output.stem}.last{self.output.suffix}")

    @property
    def metrics(self) -> Path:
        """Figures of each epoch, as JSON lines."""
        return self.output.with_name(f"{self.output.stem}.metrics.jsonl")

    def check(self, *, overwrite: bool) -> None:
        """Refuse names that cannot be written, before anybody waits for a training."""
        if self.output.suffix != ".pt":
            raise ConfigError(f"{self.output}: the file of a detector ends in .pt")
        if self.output.is_dir():
            raise ConfigError(f"{self.output}: a folder, where a file is to be written")
        check_free(self.output, overwrite=overwrite)
        if not self.output.absolute().parent.is_dir():
            raise ConfigError(f"{self.output}: there is no folder {self.output.absolute().parent}")
        if self.plot:
            if self.plot.suffix not in PICTURES:
                raise ConfigError(f"{self.plot}: a plot is a .png or an .svg")
            if find_spec("matplotlib") is None:
                raise ConfigError("a plot needs matplotlib: pip install 'labelaudit[plot]'")
            check_writable(self.plot)
        if self.tensorboard:
            if find_spec("tensorboard") is None:
                raise ConfigError("--tensorboard needs tensorboard: pip install tensorboard")
            check_writable(self.tensorboard / "events")

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """One process at a time trains under this name."""
        with locked(self.output.with_name(f".{self.output.name}.labelaudit-lock"), self.output):
            yield

    def keep_last(self) -> None:
        """Put the last epoch where the best will be: once that is there, nothing is missing."""
        os.replace(self.folder / "last.pt", self.last)

    def finish(self) -> None:
        """Take the folder away."""
        shutil.rmtree(self.folder, ignore_errors=True)
