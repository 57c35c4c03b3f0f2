"""The folder of one training: what it takes to go on after a kill, its best epoch, its figures."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from labelaudit.core.cache import no_room, remove_unfinished, write_atomically, write_whole
from labelaudit.detector.training.loop import DAMAGED
from labelaudit.errors import ConfigError
from labelaudit.training.metrics import NAMES, DetectionMetrics
from labelaudit.training.model_file import TrainedDetector, load_detector, save_detector

CHECKPOINT, BEST, LAST, RUN, METRICS = (
    "checkpoint.pt",
    "best.pt",
    "last.pt",
    "run.json",
    "metrics.jsonl",
)


@dataclass(frozen=True)
class RunFolder:
    """Files of a training in a folder of its own."""

    path: Path
    copy: Path | None = None  # of the figures, for people
    lines: list[dict[str, Any]] = field(default_factory=list)  # one an epoch; Any: what JSON holds

    @property
    def checkpoint(self) -> Path:
        """All that the next epoch needs."""
        return self.path / CHECKPOINT

    def epochs_done(self) -> int:
        """How many epochs the checkpoint holds; 0 without one."""
        try:
            kept = torch.load(self.checkpoint, map_location="cpu", weights_only=True, mmap=True)
            return int(kept["epochs"])
        except DAMAGED:
            return 0

    def add(self, epoch: int, line: Mapping[str, Any]) -> None:  # Any: what JSON holds
        """Write down an epoch, in the place of what was written of it and later ones before."""
        del self.lines[epoch - 1 :]
        self.lines.append(dict(line))
        text = "".join(json.dumps(one) + "\n" for one in self.lines)
        for place in filter(None, (self.path / METRICS, self.copy)):
            write_whole(place, lambda file: file.write(text.encode()))

    def is_best(self, value: float, epoch: int) -> bool:
        """Whether an epoch is better than all before it; where nothing is measured, it is."""
        before = [line["map"] for line in self.lines[: epoch - 1] if line["map"] is not None]
        return not before or value > max(before)

    def save(self, detector: TrainedDetector, name: str) -> None:
        """Keep a detector, BEST or LAST."""
        save_detector(detector, self.path / name)

    def load(self, name: str, device: str) -> TrainedDetector:
        """A detector that was kept."""
        return load_detector(self.path / name, device=device)


def opened(
    path: Path, identity: Mapping[str, Any], copy: Path | None = None, *, anew: bool = False
) -> RunFolder:
    """The folder of a training, which goes on where it was stopped.

    Parameters
    ----------
    path: of the folder, which is made.
    identity: all that the training depends on, by name.
    copy: another place for the figures of each epoch.
    anew: give up another training that the folder holds.

    Raises
    ------
    ConfigError
        if the folder holds another training, or cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be made ({error.strerror})") from error
    remove_unfinished(path)
    known = _read(path / RUN)
    wanted = json.loads(json.dumps(identity))
    if known is not None and known != wanted and anew:
        known = None
    if known is not None and known != wanted:
        other = sorted(_differing(known, wanted))
        raise ConfigError(
            f"{path}: holds an unfinished training of other choices ({', '.join(other)}); go on "
            "with those, name another place, or give that one up: --overwrite, or remove the folder"
        )
    if known is None:  # whatever is there, nobody knows of what it is
        for name in (CHECKPOINT, BEST, LAST, METRICS):
            (path / name).unlink(missing_ok=True)
        text = json.dumps(wanted, indent=1)
        write_atomically(path / RUN, lambda file: file.write(text.encode()))
    run = RunFolder(path, copy, _lines(path / METRICS))
    if len(run.lines) < run.epochs_done():  # some are lost: those epochs are done once more
        run.checkpoint.unlink()
    return run


@contextmanager
def told_of_room(path: Path) -> Iterator[None]:
    """Where something of a training cannot be written, say what to do about it.

    Raises `ConfigError` in the place of one about the cache.
    """
    try:
        yield
    except ConfigError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        raise ConfigError(
            f"{path}: cannot be written: {error.__cause__.strerror}; make room, and give the same "
            "command again: what is done is kept"
        ) from error


def metrics_line(metrics: DetectionMetrics) -> dict[str, Any]:  # Any: what JSON holds
    """Metrics for a file of JSON lines; null where they are not defined."""
    return {
        **{name: _number(getattr(metrics, name)) for name in NAMES},
        "classes": {
            one.name: {name: _number(getattr(one, name)) for name in NAMES}
            for one in metrics.classes
        },
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:  # Any: JSON
    """The names of what differs; of a detector, of its settings as a configuration calls them."""
    for name in one.keys() | other.keys():
        mine, its = one.get(name), other.get(name)
        if isinstance(mine, dict) and isinstance(its, dict):
            yield from (inner.replace("_", "-") for inner in _differing(mine, its))
        elif mine != its:
            yield name


def _read(path: Path) -> Any:  # Any: what JSON holds
    """What a file says; None where there is none, or it is damaged."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise no_room(path.parent, error.strerror or str(error)) from error
    except ValueError:
        return None


def _lines(path: Path) -> list[dict[str, Any]]:  # Any: what JSON holds
    """The lines of a file up to the first that is none."""
    found: list[dict[str, Any]] = []
    with suppress(OSError, ValueError):
        found.extend(json.loads(line) for line in path.read_text("utf-8").splitlines())
    return found
