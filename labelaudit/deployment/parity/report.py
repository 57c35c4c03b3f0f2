"""A deployed model beside the network that it was made from: layers, outputs, boxes, mAP, time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.core.columns import Ints
from labelaudit.core.parallel import cores
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.deployment.description import ModelDescription
from labelaudit.deployment.device_nms import NmsWay, device_detections
from labelaudit.deployment.imitation import Imitation, decoded, imitated_outputs
from labelaudit.deployment.open_exported import forward_of_runtime
from labelaudit.deployment.parity.diagnosis import Deployed, Diagnosis, diagnosis, first_beyond
from labelaudit.deployment.parity.differences import (
    LayerDifference,
    concatenated,
    differences,
)
from labelaudit.deployment.parity.matching import TABLE, MatchedDetections, matched_detections
from labelaudit.deployment.parity.timing import ImageTime, image_times
from labelaudit.deployment.target import Images, Outputs, Runtime, file_images
from labelaudit.deployment.torch_runtime import torch_runtime
from labelaudit.detector.preprocess import preprocess
from labelaudit.errors import ConfigError
from labelaudit.images.decoding import Pixels
from labelaudit.training.evaluate import evaluate
from labelaudit.training.inference import LEAST_SCORE
from labelaudit.training.model_file import TrainedDetector

TOLERANCE = 1e-4
"""Part of the largest value of an output by which float32 may differ. A choice: an exporter orders
sums otherwise, which moves outputs of these networks by 1e-6 to 2e-5."""

INT8_TOLERANCE = 0.25
"""The same of a file in 8 bits, which rounds every layer; judge it by its mAP."""

IMAGES = 8
"""That are compared layer by layer; a choice."""

DIAGNOSED = 2
"""Images of these that imitations are compared on: each costs every imitation a run."""


@dataclass(frozen=True)
class HeldOutMap:
    """mAP on images that the network did not learn from."""

    images: int
    network: float
    deployed: float
    how: str  # which images
    notes: tuple[str, ...] = ()

    @property
    def lost(self) -> float:
        """What the device loses."""
        return self.network - self.deployed


@dataclass(frozen=True)
class ParityReport:
    """All that was compared."""

    target: str  # the framework
    images: int
    tolerance: float
    layers: tuple[LayerDifference, ...]  # in the order in which they run; none if not to be seen
    outputs: tuple[LayerDifference, ...]  # none where NMS is inside
    detections: MatchedDetections
    first: str | None  # the first layer or output beyond tolerance
    outputs_agree: bool
    held_out: HeldOutMap | None = None
    times: tuple[ImageTime, ...] = ()
    diagnosis: Diagnosis = field(default_factory=Diagnosis)
    notes: tuple[str, ...] = ()  # what could not be compared, a line each

    @property
    def passes(self) -> bool:
        """Whether the device answers as the network does."""
        return self.outputs_agree

    def as_plain(self) -> dict[str, Any]:  # Any: what JSON holds
        """The report as JSON holds it."""
        plain = asdict(self)
        for name in ("layers", "outputs"):
            for row, one in zip(plain[name], getattr(self, name), strict=True):
                row |= {"relative": one.relative, "is_within": one.is_within}
        return {"schema_version": 1, "passes": self.passes, **plain}


@dataclass(frozen=True)
class HeldOut:
    """Labelled images that mAP is worked out on."""

    dataset: Dataset
    images: Ints  # rows in Images
    how: str  # which these are, in a line


@dataclass(frozen=True)
class ParityOptions:
    """What is compared, beside layers and outputs."""

    tolerance: float | None = None  # chosen by what the file says it is
    held_out: HeldOut | None = None
    timed: bool = True
    diagnosed: bool = True
    workers: int | None = None  # threads


def parity(
    detector: TrainedDetector,
    opened: Callable[[int], Runtime],
    paths: list[str],
    options: ParityOptions = ParityOptions(),  # frozen
    *,
    progress: StageProgress = ignore_progress,
) -> ParityReport:
    """Compare a file with the network that it was made from, on real images.

    Parameters
    ----------
    detector: the network, on the CPU.
    opened: opens the file with so many threads.
    paths: image files, of which those that cannot be read are left out.
    options: what else is compared.
    progress: told what is done.

    Raises
    ------
    ConfigError
        if no image can be read, or the file is one of another network.
    """
    threads = options.workers or cores()
    runtime = opened(threads)
    check_same_network(detector, runtime.description)
    pixels, unread = _pixels(paths, detector)
    images = file_images(pixels, runtime.description)
    progress("comparing layers", 0, 1)
    tolerance = options.tolerance
    if tolerance is None:
        tolerance = default_tolerance(runtime.description)
    deployed = observed(runtime, images, tolerance)
    report = compared(detector, deployed)
    report = replace(report, notes=(*_unread_notes(unread, len(paths)), *report.notes))
    if options.diagnosed:
        report = diagnosed(report, detector, deployed, progress)
    if options.held_out is not None:
        report = replace(report, held_out=_held_out(detector, runtime, options, progress))
    if options.timed:
        progress("measuring time", 0, 1)
        one = images[: runtime.description.batch or 1]
        if len(one) == (runtime.description.batch or 1):
            times = image_times(
                opened, lambda count: torch_runtime(detector, runtime.description, count), one
            )
            report = replace(report, times=times)
    return report


def diagnosed(
    report: ParityReport, detector: TrainedDetector, deployed: Deployed, progress: StageProgress
) -> ParityReport:
    """The same report with the causes of what differs, if anything does.

    Parameters
    ----------
    report: of what was compared.
    detector: the network.
    deployed: what the device answered.
    progress: told how many imitations were tried.
    """
    if report.passes:
        return report
    found = diagnosis(
        detector,
        _first(deployed, DIAGNOSED),
        progress=lambda tried: progress("trying known traps", tried, 0),
    )
    return replace(report, diagnosis=found)


def compared(detector: TrainedDetector, deployed: Deployed) -> ParityReport:
    """What a device answered beside what the network does; no mAP, no time, no causes."""
    expected = concatenated(
        [
            imitated_outputs(
                Imitation(detector),
                deployed.description,
                deployed.images[row : row + 1],
                deployed.layers,
                threads=deployed.threads,
            )
            for row in range(len(deployed.images))
        ]
    )
    check_shapes(expected, deployed)
    found = differences(expected, deployed.outputs, deployed.tolerance)
    layers = tuple(one for one in found if one.name in deployed.layers)
    outputs = tuple(one for one in found if one.name not in (*deployed.layers, *TABLE))
    ends = {name: expected[name] for name in deployed.description.inside.outputs}
    return ParityReport(
        deployed.description.target,
        len(deployed.images),
        deployed.tolerance,
        layers,
        outputs,
        matched_detections(
            detections_of(detector, deployed.description, expected),
            detections_of(detector, deployed.description, deployed.outputs),
        ),
        first_beyond(expected, deployed),
        first_beyond(ends, deployed) is None,
        notes=_layer_notes(expected, deployed),
    )


def observed(runtime: Runtime, images: Images, tolerance: float) -> Deployed:
    """What a file answers to images, inner layers that it lets be seen included.

    Parameters
    ----------
    runtime: the open file.
    images: (n, 3, h, w), as they go into it.
    tolerance: part of the scale that counts as the same.
    """
    layers = runtime.layers if runtime.forward_layers is not None else ()
    inner: Outputs = {}
    if runtime.forward_layers is not None and layers:
        inner = runtime.forward_layers(images, layers)
    outputs = {name: inner[name] for name in layers} | runtime.forward(images)
    return Deployed(runtime.description, images, outputs, layers, tolerance)


def detections_of(
    detector: TrainedDetector, description: ModelDescription, outputs: Outputs
) -> Outputs:
    """Boxes, scores and labels after NMS, by the file if it is inside, else as `labelaudit` does.

    Parameters
    ----------
    detector: whose anchors count.
    description: of the file.
    outputs: of the file, or of the network in its place.
    """
    inside = description.inside
    if inside.nms:
        return {name: outputs[name] for name in TABLE}
    if inside.decoding:
        scores, boxes = outputs["scores"], outputs["boxes"]
    else:
        scores, boxes = decoded(detector, outputs["logits"], outputs["offsets"])
    limits = replace(inside, threshold=LEAST_SCORE, decoding=True)
    found = device_detections(scores, boxes, limits, description.input_size, NmsWay())
    return dict(zip(TABLE, found, strict=True))


def default_tolerance(description: ModelDescription) -> float:
    """That of 8 bits or of float32."""
    return INT8_TOLERANCE if description.int8 else TOLERANCE


def check_same_network(detector: TrainedDetector, description: ModelDescription) -> None:
    """Raises `ConfigError` if a file says that it was made from another network."""
    ours = (detector.classes, detector.input_size, detector.config.strides)
    theirs = (description.classes, description.input_size, description.strides)
    for what, a, b in zip(("classes", "input size", "strides"), ours, theirs, strict=True):
        if tuple(a) != tuple(b):
            raise ConfigError(
                f"the exported model has the {what} {_list(b)}, the checkpoint {_list(a)}: it was "
                "made from another one; export the checkpoint again"
            )


def check_shapes(expected: Outputs, deployed: Deployed) -> None:
    """Raises `ConfigError` if an output of a device is not of the network's shape."""
    for name in deployed.description.inside.outputs:
        ours, theirs = expected[name].shape, deployed.outputs[name].shape
        if ours != theirs:
            raise ConfigError(
                f"{name} of the device is of shape {theirs}, that of the network of {ours}: it was "
                "made from another one"
            )


def _held_out(
    detector: TrainedDetector, runtime: Runtime, options: ParityOptions, progress: StageProgress
) -> HeldOutMap:
    """MAP of both on the held-out images."""
    held_out = options.held_out
    assert held_out is not None  # noqa: S101  # who calls has looked
    scores: list[float] = []
    notes: tuple[str, ...] = ()
    for name, forward in (("network", None), ("exported", forward_of_runtime(runtime))):
        metrics = evaluate(
            detector,
            held_out.dataset,
            held_out.images,
            forward=forward,
            workers=options.workers or 1,
            progress=lambda _stage, done, total, name=name: progress(  # type: ignore[misc]  # bound
                f"mAP of the {name} model", done, total
            ),
        )
        scores.append(metrics.map)
        notes = metrics.notes
    return HeldOutMap(len(held_out.images), scores[0], scores[1], held_out.how, notes)


def _pixels(paths: list[str], detector: TrainedDetector) -> tuple[Pixels, list[str]]:
    """The images that can be read, (n, 3, h, w), and why the others cannot."""
    read = [preprocess(path, detector.input_size) for path in paths]
    found = [one.pixels for one in read if not one.error]
    unread = [
        f"{Path(path).name}: {one.error}"
        for path, one in zip(paths, read, strict=True)
        if one.error
    ]
    if not found:
        reason = f": {unread[0]}" if unread else ""
        raise ConfigError(f"no image can be read to compare on{reason}")
    return np.stack(found), unread


def _first(deployed: Deployed, count: int) -> Deployed:
    """The same of the first images alone."""
    outputs = {name: values[:count] for name, values in deployed.outputs.items()}
    return replace(deployed, images=deployed.images[:count], outputs=outputs)


def _unread_notes(unread: list[str], count: int) -> tuple[str, ...]:
    if not unread:
        return ()
    return (f"{counted(len(unread), 'image')} of {count:,} left out: {unread[0]}",)


def _layer_notes(expected: Outputs, deployed: Deployed) -> tuple[str, ...]:
    """What cannot be seen of a file."""
    if not deployed.layers:
        return (
            f"{deployed.description.target} shows no inner layers: outputs are compared, and "
            "causes looked for by them alone",
        )
    seen = deployed.outputs
    other = [
        name
        for name in deployed.layers
        if name not in expected or expected[name].shape != seen[name].shape
    ]
    if not other:
        return ()
    return (
        f"{counted(len(other), 'layer')} of another shape than the network's, or that it does not "
        f"have, not compared: {other[0]}",
    )


def _list(values: tuple[object, ...]) -> str:
    return ", ".join(map(str, values))
