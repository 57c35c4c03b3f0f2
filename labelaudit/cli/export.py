from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

from labelaudit.cli import CLEAN
from labelaudit.cli.notes import note
from labelaudit.cli.parity import report_of, show_parity
from labelaudit.cli.progress_bar import stages
from labelaudit.core.extras import check_installed
from labelaudit.core.text import counted
from labelaudit.errors import ConfigError, FormatError
from labelaudit.images.files import is_image, listed
from labelaudit.io.targets import check_free

if TYPE_CHECKING:
    from labelaudit.deployment.description import Inside
    from labelaudit.deployment.export import ExportedFile, ExportPlan
    from labelaudit.detector.config import DetectorConfig

CONTENT = Group.create_ordered("What is inside of the file")
INT8 = Group.create_ordered("8 bits")

FOR_DETECTORS = ("torch", "torchvision", "timm")
"""Packages, by the names they are imported by, that a checkpoint needs."""

Place = Literal["inside", "outside"]


@Parameter(name="*", group=CONTENT)
@dataclass(frozen=True)
class FileContent:
    """What a file does itself.

    Parameters
    ----------
    scaling:
        Of colours, from 0 to 255 to what the backbone learned with.
    decoding:
        From logits and offsets to scores and boxes in pixels of the network.
    nms:
        Non-maximum suppression, after which a few detections come out; ONNX and OpenVINO only.
    min_score:
        For NMS inside: only scores above it count.
    max_overlap:
        For NMS inside: boxes of a class that overlap more are one object.
    max_detections:
        For NMS inside: detections of an image that come out.
    """

    scaling: Place = "inside"
    decoding: Place = "inside"
    nms: Place = "outside"
    min_score: float = 0.02
    max_overlap: float = 0.6
    max_detections: int = 100

    def inside(self) -> Inside:
        """The same for the library."""
        from labelaudit.deployment.description import Inside  # noqa: PLC0415  # as in export

        return Inside(
            self.scaling == "inside",
            self.decoding == "inside",
            self.nms == "inside",
            threshold=self.min_score,
            overlap=self.max_overlap,
            limit=self.max_detections,
        )


@Parameter(name="*", group=INT8)
@dataclass(frozen=True)
class EightBits:
    """Whether weights and activations are 8 bits wide, and which are not.

    Parameters
    ----------
    int8:
        Images, or a folder of them, to calibrate 8 bits on; ONNX only. May be repeated.
    float_layer:
        A layer of the network that stays in 32 bits with all its parts, as head.class_branch. May
        be repeated.
    float_last:
        The last layers of both branches stay in 32 bits.
    """

    int8: tuple[Path, ...] = ()
    float_layer: tuple[str, ...] = ()
    float_last: bool = False

    def float_layers(self, config: DetectorConfig) -> tuple[str, ...]:
        """The layers of a network that stay in 32 bits."""
        branches = ("class_branch", "box_branch") if self.float_last else ()
        return (*self.float_layer, *(f"head.{name}.{config.head_depth}" for name in branches))


def export(  # noqa: PLR0913  # options of a command
    checkpoint: Path,
    /,
    *,
    to: Literal["executorch", "litert", "ncnn", "onnx", "openvino"],
    output: Annotated[Path, Parameter(alias="-o")],
    batch: str | None = None,
    fold_norm: bool = False,
    images: Path | None = None,
    overwrite: bool = False,
    content: FileContent = FileContent(),
    eight_bits: EightBits = EightBits(),
) -> int:
    """Write a trained detector in the format of a framework for devices.

    What is written is run once and compared with torch. The file, or a JSON file beside it, says
    what its classes, its input and its outputs are; `labelaudit predict` and `labelaudit scan
    --predictions` take it as it is. With --images it is then compared with the checkpoint on these,
    as `labelaudit parity` does; exits with 1 if it answers otherwise.

    Parameters
    ----------
    checkpoint:
        A detector that `labelaudit train` wrote.
    to:
        The framework.
    output:
        The file to write.
    batch:
        Images that go in together, or any. Unless said, any where a framework takes that at no
        cost, as ONNX and OpenVINO, else 1.
    fold_norm:
        Fold each BatchNorm into the convolution before it.
    images:
        A folder of images, or a dataset, to compare the file with the checkpoint on.
    overwrite:
        Replace what is there already.
    """
    check_installed(FOR_DETECTORS, "exporting a detector", to)
    check_free(output, overwrite=overwrite)
    calibration = _images(eight_bits.int8)
    # Only here: torch takes seconds, and no other command should wait for it.
    from labelaudit.deployment.export import ExportPlan, export_detector  # noqa: PLC0415
    from labelaudit.deployment.target import TARGETS  # noqa: PLC0415
    from labelaudit.training.model_file import load_detector  # noqa: PLC0415

    target = TARGETS[to]
    with stages(quiet=False) as stage:
        stage.begin("reading the checkpoint")
        detector = load_detector(checkpoint, device="cpu")
        plan = ExportPlan(
            target,
            content.inside(),
            batch=_batch(batch, 1 if target.costly_batch or not target.any_batch else None),
            fold=fold_norm,
            int8=calibration,
            float_layers=eight_bits.float_layers(detector.config),
        )
        stage.begin(f"writing {target.title}")
        written = export_detector(detector, output, plan)
    _tell(written, output, plan)
    if images is None:
        return CLEAN
    with stages(quiet=False) as stage:
        report = report_of(detector, output, images, stage)
    return show_parity(report)


def _batch(given: str | None, default: int | None) -> int | None:
    """How many images go in together; None for any number."""
    if given is None:
        return default
    if given == "any":
        return None
    if not given.isascii() or not given.isdigit():
        raise ConfigError(f"--batch is {given!r}; expected a number or any")
    return int(given)


def _images(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Image files, and all images under folders."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += [path / name for name in sorted(listed(path)) if is_image(name)]
        elif path.is_file():
            found.append(path)
        else:
            raise FormatError(f"{path}: no such file or folder")
    if paths and not found:
        raise FormatError(f"{', '.join(map(str, paths))}: no image is there to calibrate 8 bits on")
    return tuple(found)


def _tell(written: ExportedFile, output: Path, plan: ExportPlan) -> None:
    """Say what was written, what it takes and gives, and how far it is from torch."""
    for line in written.notes:
        note(line)
    description = written.description
    height, width = description.input_size
    batch = "any number of" if description.batch is None else str(description.batch)
    bits = "8 bits" if description.int8 else "32 bits"
    note(
        f"Wrote {output}: {plan.target.title}, {written.bytes / 1e6:.1f} MB in {bits}, "
        f"{counted(len(description.classes), 'class', 'classes')}"
    )
    values = "RGB from 0 to 255" if description.inside.scaling else "RGB, minus mean, over std"
    note(f"in: images ({batch}, 3, {height}, {width}), {values}")
    note(f"out: {', '.join(description.outputs)}")
    parts = [f"{name} {value:.2g}" for name, value in written.difference.items()]
    note(f"largest difference from torch on an image of noise: {', '.join(parts)}")
