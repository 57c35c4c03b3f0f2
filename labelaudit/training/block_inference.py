"""What a model sees in many images: a block of them at a time, each kept when it is done.

So memory holds one block whatever their number, and a run that was killed goes on where it was.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from labelaudit.core.cache import cache_folder, digest, stamps, write_atomically
from labelaudit.core.columns import MISSING, Texts
from labelaudit.core.parallel import cores
from labelaudit.core.text import counted
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.detector.cache_entries import claims
from labelaudit.errors import ConfigError
from labelaudit.predictions.predictions import Predictions
from labelaudit.predictions.validate import ImportedPredictions, PredictionColumns, validate
from labelaudit.storage.at_hand import at_hand
from labelaudit.training.inference import LEAST_SCORE, ImagePredictions, predict
from labelaudit.training.inference_images import InferenceImages, images_of_dataset
from labelaudit.training.inference_model import InferenceModel
from labelaudit.training.learned_images import learned_before

VERSION = 2
"""Changes when the same model would be said to see something else in the same images."""

BLOCK = 256
"""Images that are kept together, and that a kill can lose; a choice."""

_DAMAGED = (OSError, ValueError, KeyError, EOFError, zlib.error, BadZipFile)


def predicted_blocks(
    model: InferenceModel,
    paths: Texts,
    *,
    cache: Path | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Iterator[ImagePredictions]:
    """What a model sees in images, block by block; `image` is the row in all of them.

    Parameters
    ----------
    model: who is asked.
    paths: (n,) image files.
    cache: where what was seen is kept; the user's own place if absent.
    workers: threads that decode; as many as there are processors if absent.
    progress: told how many images are done, of how many.

    Raises
    ------
    ConfigError
        if the cache cannot be written.
    """
    folder = cache_folder(cache)
    with claims(folder) as claim:
        entry = claim(folder / "predictions" / model.digest)
        for start in range(0, len(paths), BLOCK):
            some = paths[start : start + BLOCK]
            found = _block(
                model,
                some,
                entry,
                workers or cores(),
                partial(_later, progress, start, len(paths)),
            )
            progress(start + len(some), len(paths))
            rows = found.predictions.image + np.int32(start)
            yield dataclasses.replace(
                found, predictions=dataclasses.replace(found.predictions, image=rows)
            )


def _later(progress: Callable[[int, int], None], start: int, count: int, done: int, _: int) -> None:
    """Add what is done of a block to the blocks before it."""
    progress(start + done, count)


def _block(
    model: InferenceModel,
    paths: Texts,
    entry: Path,
    workers: int,
    progress: Callable[[int, int], None],
) -> ImagePredictions:
    """What is seen in some images: as it was kept, or else now."""
    at_hand(filter(None, paths.tolist()))
    kept = entry / f"{digest(VERSION, LEAST_SCORE, paths, stamps(paths))}.npz"
    if kept.is_file():
        try:
            return _read(kept)
        except _DAMAGED:
            kept.unlink()  # it is worked out again
    found = predict(
        model.forward, paths.tolist(), model.input_size, workers=workers, progress=progress
    )
    _write(found, kept)
    return found


def _write(found: ImagePredictions, path: Path) -> None:
    columns = vars(found.predictions)
    write_atomically(
        path,
        lambda file: np.savez_compressed(
            file,
            sizes=np.array(found.sizes, np.int64).reshape(-1, 2),
            errors=np.array(found.errors, np.str_),
            **columns,
        ),
    )


def _read(path: Path) -> ImagePredictions:
    with path.open("rb") as opened, np.load(opened) as file:
        columns = dict(file)
    sizes = tuple((int(width), int(height)) for width, height in columns.pop("sizes"))
    errors = tuple(columns.pop("errors").tolist())
    return ImagePredictions(Predictions(**columns), sizes, errors)


def predictions_for(
    model: InferenceModel,
    derived: DatasetColumns,
    *,
    cache: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> ImportedPredictions:
    """What a model sees in the images of a dataset, for the dataset to be compared with.

    Parameters
    ----------
    model: who is asked; of its classes those count that the dataset has, by name.
    derived: the dataset.
    cache: where what was seen is kept; the user's own place if absent.
    progress: told how many images are done, of how many.

    Raises
    ------
    ConfigError
        if no class of the model is one of the dataset, or no image can be read.
    FormatError
        if the model sees nothing at all.
    """
    images = images_of_dataset(derived, model.classes)
    place = {name: row for row, name in enumerate(derived.classes)}
    label = np.array([place.get(name, MISSING) for name in model.classes], np.int32)
    parts, errors = [Predictions.empty()], list[str]()
    for found in predicted_blocks(model, images.paths, cache=cache, progress=progress):
        known = label[found.predictions.label] != MISSING
        parts.append(found.predictions.rows(known))
        errors += found.errors
    unread = sum(map(bool, errors))
    if unread == len(errors):
        reason = errors[0] if errors else "there is none"
        raise ConfigError(f"{model.source} was asked, and no image could be read: {reason}")
    notes = [f"{model.source}: {note}" for note in images.notes if note.startswith("left out")]
    if unread:
        notes.append(f"{counted(unread, 'image')} could not be read: the model saw nothing there")
    notes += _leaked(model, images)
    every = Predictions.concat(parts)
    columns = PredictionColumns(every.image, label[every.label], every.xyxy, every.score)
    return validate(derived, columns, model.source, notes=notes)


def _leaked(model: InferenceModel, images: InferenceImages) -> list[str]:
    """What to beware of where a model has learned the images that it is asked about."""
    known = int(learned_before(model.facts, images.paths).sum())
    if not known:
        return []
    return [
        f"{model.source} was trained on {known:,} of these {counted(len(images), 'image')}: it has "
        "learned what is wrong with their labels, and agrees with it; ask a model that did not see "
        "them, or let one be trained for each part: --detector"
    ]
