"""ONNX, run by onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from labelaudit.core.text import first_line
from labelaudit.core.whole_files import replacing
from labelaudit.deployment.deployed import DeployedDetector
from labelaudit.deployment.description import AGAIN, KEY, ModelDescription
from labelaudit.deployment.onnx_graph import inner_values, onnx_graph
from labelaudit.deployment.target import (
    TARGETS,
    ExportOptions,
    ExportTarget,
    Images,
    Outputs,
    Runtime,
    any_number,
)
from labelaudit.errors import ConfigError
from labelaudit.training.inference import Float32s

if TYPE_CHECKING:  # extras
    from onnx import ModelProto
    from onnxruntime import InferenceSession


def export(network: DeployedDetector, path: Path, options: ExportOptions) -> None:
    """Write a network as ONNX, in 8 bits if there are images to calibrate on.

    Parameters
    ----------
    network: what is written.
    path: the file.
    options: how.
    """
    model = onnx_graph(network)
    if options.calibration is not None:
        from labelaudit.deployment.onnx_int8 import quantised  # noqa: PLC0415  # onnxruntime

        model = quantised(model, options.calibration, options.float_layers)
    with replacing(path) as file:
        file.write(model.SerializeToString())


def open_onnx(path: Path, threads: int) -> Runtime:
    """An ONNX file that `labelaudit export` wrote, in onnxruntime on the CPU.

    Raises `ConfigError` if it is damaged, or somebody else's.
    """
    model = _model(path)
    outputs = tuple(output.name for output in model.graph.output)
    notes = {note.key: note.value for note in model.metadata_props}
    if KEY not in notes:
        raise ConfigError(
            f"{path}: a model of unknown outputs ({', '.join(outputs)}); expected one that "
            "labelaudit export has written, which says what they are"
        )
    description = ModelDescription.of_json(notes[KEY], path)
    if outputs != description.outputs:
        raise ConfigError(
            f"{path}: it gives {', '.join(outputs)} where it says {', '.join(description.outputs)}"
            f"; {AGAIN}"
        )
    session = _session(model, path, threads)
    layers = inner_values(model)

    def forward(images: Images) -> Outputs:
        return _answers(session, images)

    def forward_layers(images: Images, names: Sequence[str]) -> Outputs:
        return _answers(_session(with_outputs(model, names), path, threads), images)

    return Runtime(
        description,
        any_number(forward, description.batch),
        layers,
        forward_layers,
    )


def with_outputs(model: ModelProto, values: Sequence[str]) -> ModelProto:
    """The graph with other values as its outputs, in this order."""
    other = type(model)()
    other.CopyFrom(model)
    del other.graph.output[:]
    for value in values:
        other.graph.output.add(name=value)
    return other


def _model(path: Path) -> ModelProto:
    """What an ONNX file holds."""
    import onnx  # noqa: PLC0415  # an extra
    from google.protobuf.message import DecodeError  # noqa: PLC0415  # comes with it

    try:
        return onnx.load(path)
    except (OSError, DecodeError, ValueError) as error:
        raise ConfigError(f"{path}: not an ONNX file, or damaged ({error}); {AGAIN}") from error


def _session(model: ModelProto, path: Path, threads: int) -> InferenceSession:
    """A graph that is ready to run."""
    import onnxruntime  # noqa: PLC0415  # an extra
    from onnxruntime.capi import onnxruntime_pybind11_state as refusals  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors, which are raised as well
    try:
        return onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except (
        refusals.Fail,
        refusals.InvalidArgument,
        refusals.InvalidGraph,
        refusals.InvalidProtobuf,
        refusals.NotImplemented,
        refusals.RuntimeException,
    ) as error:
        raise ConfigError(
            f"{path}: onnxruntime refuses it ({first_line(error)}); {AGAIN}"
        ) from error


def _answers(session: InferenceSession, images: Images) -> Outputs:
    """What a graph gives for images, by name."""
    names = [output.name for output in session.get_outputs()]
    values = cast("list[Any]", session.run(names, {"images": images.astype(np.float32)}))
    return {name: _float32(value) for name, value in zip(names, values, strict=True)}


def _float32(values: Any) -> Float32s:  # Any: an array of any type
    return np.asarray(values, np.float32)


TARGETS.add(
    "onnx",
    ExportTarget(
        name="onnx",
        title="ONNX",
        suffix=".onnx",
        extra="onnx",
        to_export=("onnx", "onnxscript", "onnxruntime"),
        to_open=("onnx", "onnxruntime"),
        export=export,
        open=open_onnx,
        nms=True,
        int8=True,
    ),
)
