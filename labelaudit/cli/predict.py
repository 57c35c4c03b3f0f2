from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from labelaudit.cli import CLEAN, FINDINGS
from labelaudit.cli.inference_models import opened_model
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import DatasetSource
from labelaudit.cli.progress_bar import stages
from labelaudit.core.text import counted
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import ConfigError, FormatError
from labelaudit.images.files import is_image, listed
from labelaudit.io.archive_names import is_archive
from labelaudit.io.images_alone import without_labels

if TYPE_CHECKING:
    from labelaudit.training.inference_images import InferenceImages
    from labelaudit.training.inference_model import InferenceModel
    from labelaudit.training.results_file import WrittenResults

MOST_LISTED = 10
"""Images that could not be read which are named; a choice."""


def predict(
    model: Path,
    images: tuple[Path, ...],
    /,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    source: DatasetSource = DatasetSource(),
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto",
    cache: Path | None = None,
) -> int:
    """Write what a trained detector sees in images as a COCO results file.

    All classes, scores from 0.02 up, boxes in pixels of each image as it is stored. In a dataset,
    images and classes have the ids of its labels; elsewhere an image is called by its file name and
    a class by the id that it had in training. Exits with 1 if some images could not be read.

    Parameters
    ----------
    model:
        A checkpoint of `labelaudit train`, or what `labelaudit export` made of one.
    images:
        A folder or a zip or tar of images, image files, or a dataset as it would be given to a
        scan.
    output:
        The results file, which is replaced.
    device:
        Where to run a checkpoint: auto takes a GPU if there is one.
    cache:
        The folder that keeps what was seen, so that a run that was stopped goes on where it was.
    """
    if not images:
        raise FormatError("name a folder of images, image files or a dataset after the model")
    if not output.absolute().parent.is_dir():
        raise ConfigError(f"{output}: there is no folder {output.absolute().parent}")
    with stages(quiet=False) as stage:
        stage.begin("opening the model")
        network = opened_model(model, device)
        stage.begin("looking for images")
        found = _inference_images(images, source, network)
        # Only here: torch takes seconds, and no other command should wait for it.
        from labelaudit.training.block_inference import predicted_blocks  # noqa: PLC0415
        from labelaudit.training.results_file import write_results  # noqa: PLC0415

        blocks = predicted_blocks(
            network,
            found.paths,
            cache=cache,
            progress=lambda done, total: stage.update("predicting", done, total),
        )
        written = write_results(output, found, blocks)
    return _told(written, found, output)


def _inference_images(
    paths: Sequence[Path], source: DatasetSource, model: InferenceModel
) -> InferenceImages:
    """The images of a dataset by its ids, if that is what was given, else image files by name."""
    from labelaudit.training.inference_images import images_in, images_of_dataset  # noqa: PLC0415

    if all(is_image(path.name) and path.is_file() for path in paths):
        return images_in(paths, model.class_ids)
    try:
        dataset = source.load(paths)
    except FormatError as error:
        folders = [_unpacked(path) for path in paths]
        if source.format or source.images or not any(map(_has_images, folders)):
            raise
        why = without_labels(error)
        note(f"{why}; results call images by their file names, classes by the model's ids")
        return images_in(folders, model.class_ids)
    for line in dataset.notes:
        note(line)
    return images_of_dataset(DatasetColumns(dataset), model.classes)


def _unpacked(path: Path) -> Path:
    if not is_archive(path):
        return path
    from labelaudit.io.archives import unpacked  # noqa: PLC0415  # hardly anybody has one

    return unpacked(path)[0]


def _has_images(path: Path) -> bool:
    return is_image(path.name) if path.is_file() else any(map(is_image, listed(path)))


def _told(written: WrittenResults, images: InferenceImages, output: Path) -> int:
    """Say what was written and what could not be read; the exit code."""
    for line in images.notes:
        note(line)
    if written.left_out:
        count = counted(written.left_out, "prediction")
        note(f"{count} of classes that the labels do not have: left out")
    read = len(images) - len(written.unreadable)
    seen = f"{counted(written.predictions, 'prediction')} in {counted(read, 'image')}"
    note(f"Wrote {output}: {seen}")
    if not written.unreadable:
        return CLEAN
    for name, why in written.unreadable[:MOST_LISTED]:
        note(f"not read: {name}: {why}")
    more = len(written.unreadable) - MOST_LISTED
    if more > 0:
        note(f"not read: {counted(more, 'other image')}")
    if not read:
        raise ConfigError(f"none of {counted(len(images), 'image')} could be read")
    return FINDINGS
