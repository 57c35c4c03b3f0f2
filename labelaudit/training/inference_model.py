"""A model that is asked about images, be it a checkpoint or what one was converted to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelaudit.detector.preprocess import Size
from labelaudit.training.inference import Forward, forward_of
from labelaudit.training.model_file import load_detector

_BLOCK = 1 << 20


@dataclass(frozen=True)
class InferenceModel:
    """A network that answers, and what its numbers mean."""

    source: str  # in a few words, for reports: the file's name
    forward: Forward
    classes: tuple[str, ...]  # of the scores, in order
    class_ids: tuple[int | str, ...]  # of the same classes, as the labels that it learned say
    input_size: Size  # height, width of the network's image
    digest: str  # of the file: another digest is another model
    facts: dict[str, Any] = field(default_factory=dict)  # of its training; Any: what JSON holds


def checkpoint_model(path: Path, *, device: str = "auto") -> InferenceModel:
    """The detector in a file that `labelaudit train` wrote, ready to be asked.

    Raises
    ------
    ConfigError
        if there is none in it.
    """
    detector = load_detector(path, device=device)
    return InferenceModel(
        str(path),
        forward_of(detector),
        detector.classes,
        detector.class_ids,
        detector.input_size,
        content_digest(path),
        detector.facts,
    )


def content_digest(path: Path) -> str:
    """A name for what a file, or all files of a folder, hold: 32 hexadecimal digits."""
    state = hashlib.blake2b(digest_size=16)
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for one in files:
        if not one.is_file():
            continue
        if one != path:
            state.update(one.relative_to(path).as_posix().encode("utf-8", "surrogatepass") + b"\0")
        with one.open("rb") as file:
            while block := file.read(_BLOCK):
                state.update(block)
    return state.hexdigest()
