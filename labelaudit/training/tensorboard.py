"""Figures of each epoch for TensorBoard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labelaudit.core.progress import ignore_progress
from labelaudit.errors import ConfigError


@contextmanager
def tensorboard_log(
    folder: Path | None,
) -> Iterator[Callable[[Mapping[str, Any]], None]]:  # Any: what JSON holds
    """What is told the figures of each epoch and writes them; does nothing without a folder.

    Raises `ConfigError` if TensorBoard is not installed, or lacks something itself.
    """
    if folder is None:
        yield ignore_progress
        return
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  # not installed by us
    except ImportError as error:
        raise ConfigError(
            f"{folder}: TensorBoard cannot be imported ({error}): pip install tensorboard"
        ) from error
    with SummaryWriter(str(folder)) as writer:

        def write(line: Mapping[str, Any]) -> None:  # Any: what JSON holds
            for name, value in scalars(line).items():
                writer.add_scalar(name, value, line["epoch"])

        yield write


def scalars(line: Mapping[str, Any]) -> dict[str, float]:  # Any: what JSON holds
    """The numbers of an epoch by the names of their curves.

    >>> scalars({"epoch": 1, "loss": 2.0, "map": None, "classes": {"car": {"map": 0.5}}})
    {'loss': 2.0, 'map/car': 0.5}
    """
    plain = {name: value for name, value in line.items() if isinstance(value, float)}
    of_classes = {
        f"map/{name}": figures["map"]
        for name, figures in line.get("classes", {}).items()
        if figures["map"] is not None
    }
    return {name: value for name, value in plain.items() if name != "seconds"} | of_classes
