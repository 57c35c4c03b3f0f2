from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cyclopts.types import PositiveFloat, PositiveInt

from labelaudit.cli import CLEAN, FINDINGS
from labelaudit.cli.inference_models import FOR_CHECKPOINTS
from labelaudit.cli.notes import note
from labelaudit.cli.parity_lines import lines
from labelaudit.cli.progress_bar import Stages, stages
from labelaudit.cli.text_tables import write_json
from labelaudit.core.extras import check_installed
from labelaudit.core.terminal import Terminal
from labelaudit.errors import ConfigError, FormatError
from labelaudit.images.files import is_image, listed
from labelaudit.io.images_alone import without_labels
from labelaudit.io.load import load

if TYPE_CHECKING:
    from labelaudit.deployment.parity.report import HeldOut, ParityReport
    from labelaudit.training.model_file import TrainedDetector


def parity(
    checkpoint: Path,
    exported: Path,
    /,
    *,
    images: Path | None = None,
    limit: PositiveInt = 8,
    tolerance: PositiveFloat | None = None,
    plot: Path | None = None,
    no_timing: bool = False,
    output_format: Literal["text", "json"] = "text",
) -> int:
    """Compare an exported model with its checkpoint on real images, layer by layer and end to end.

    Where they differ, known traps of conversion are imitated one by one: the one that answers as
    the device does is named, with what to do. Exits with 1 if an output differs by more than the
    tolerance.

    Parameters
    ----------
    checkpoint:
        A file that `labelaudit train` wrote.
    exported:
        What `labelaudit export` made of it, or the answers of a device: an .npz with `images`
        (n, 3, h, w) RGB from 0 to 255 that went in, and outputs by the names that `export` gives
        them.
    images:
        A folder of images, or a dataset: then mAP is compared, too, on its held-out fold.
    limit:
        How many images are compared layer by layer.
    tolerance:
        Part of the largest value of an output by which it may differ: 0.0001 unless said, 0.25 of
        a model in 8 bits.
    plot:
        Draw how far each layer is off, .png or .svg; needs matplotlib.
    no_timing:
        Do not measure the time an image takes.
    output_format:
        text for people, json for programs.
    """
    check_installed(FOR_CHECKPOINTS, "comparing models")
    if plot is not None:
        from labelaudit.deployment.parity.picture import check_drawable  # noqa: PLC0415  # torch

        check_drawable(plot)
    from labelaudit.training.model_file import load_detector  # noqa: PLC0415  # torch

    with stages(quiet=False) as stage:
        stage.begin("opening the models")
        detector = load_detector(checkpoint, device="cpu")
        report = report_of(
            detector,
            exported,
            images,
            stage,
            limit=limit,
            tolerance=tolerance,
            timed=not no_timing,
        )
    return show_parity(report, plot=plot, output_format=output_format)


def show_parity(
    report: ParityReport, *, plot: Path | None = None, output_format: str = "text"
) -> int:
    """Print a report and draw it; the exit code.

    Parameters
    ----------
    report: what was compared.
    plot: a .png or .svg, if it is to be drawn.
    output_format: text or json.
    """
    if plot is not None:
        from labelaudit.deployment.parity.picture import parity_picture  # noqa: PLC0415

        parity_picture(report, plot)
        note(f"Drew {plot}")
    if output_format == "json":
        write_json(report.as_plain(), sys.stdout)
    else:
        terminal = Terminal(sys.stdout)
        for line in lines(report):
            terminal.print(line)
    return CLEAN if report.passes else FINDINGS


def report_of(
    detector: TrainedDetector,
    exported: Path,
    images: Path | None,
    stage: Stages,
    *,
    limit: int = 8,
    tolerance: float | None = None,
    timed: bool = True,
) -> ParityReport:
    """What was compared: a file that is run, or answers that were recorded.

    Parameters
    ----------
    detector: the network, on the CPU.
    exported: the file.
    images: to run it on; recorded answers need none.
    stage: told what is done.
    limit: how many images are compared layer by layer.
    tolerance: part of the largest value of an output.
    timed: whether time is measured.

    Raises
    ------
    ConfigError
        if the file is of another network, or there are no images.
    """
    from labelaudit.deployment.open_exported import open_runtime  # noqa: PLC0415  # torch
    from labelaudit.deployment.parity import recording, report  # noqa: PLC0415

    if exported.suffix == recording.SUFFIX:
        answers = recording.recorded(exported, detector, tolerance=tolerance)
        found = report.compared(detector, answers)
        return report.diagnosed(found, detector, answers, stage.update)
    if images is None:
        raise ConfigError("name a folder of images or a dataset to compare on: --images")
    paths, held_out = images_to_compare(images, detector)
    return report.parity(
        detector,
        lambda threads: open_runtime(exported, threads=threads),
        paths[:limit],
        report.ParityOptions(tolerance, held_out, timed=timed),
        progress=stage.update,
    )


def images_to_compare(path: Path, detector: TrainedDetector) -> tuple[list[str], HeldOut | None]:
    """Image files, and the held-out images of a dataset where labels are found.

    Raises
    ------
    FormatError
        if there is neither.
    """
    from labelaudit.deployment.parity.report import HeldOut  # noqa: PLC0415  # torch
    from labelaudit.training.split import training_split  # noqa: PLC0415

    if path.is_file() and is_image(path.name):
        return [str(path)], None
    try:
        dataset = load([path])
    except FormatError as error:
        names = [name for name in listed(path) if is_image(name)] if path.is_dir() else []
        if not names:
            raise
        note(f"{without_labels(error)}; images are compared, and no mAP")
        return [str(path / name) for name in names], None
    split = training_split(dataset, seed=detector.config.seed)
    rows = split.validate if len(split.validate) else split.learn
    found = HeldOut(dataset, rows, split.how)
    return [path for path in dataset.images.path[rows].tolist() if path], found
