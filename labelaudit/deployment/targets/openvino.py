"""OpenVINO, from the ONNX graph of the network, run by itself."""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.core.whole_files import replacing
from labelaudit.deployment.deployed import DeployedDetector
from labelaudit.deployment.description import AGAIN, KEY, ModelDescription
from labelaudit.deployment.onnx_graph import PARTS, onnx_graph
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

if TYPE_CHECKING:  # an extra
    from openvino import CompiledModel, Model

WEIGHTS = ".bin"
"""What the file beside ends in, where OpenVINO looks for it."""


TELEMETRY = "openvino_telemetry"
"""By which OpenVINO tells its maker of each import, from a copy of the process that it forks."""


def export(network: DeployedDetector, path: Path, options: ExportOptions) -> None:
    """Write a network as a graph in XML, and its weights beside it.

    Parameters
    ----------
    network: what is written.
    path: the file of the graph.
    options: none that OpenVINO knows.
    """
    openvino = _openvino()

    del options
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "model.onnx", Path(folder) / "model.xml"
        source.write_bytes(onnx_graph(network).SerializeToString())
        model = openvino.convert_model(source)
        model.set_rt_info(network.description.as_json(), [KEY])
        openvino.save_model(model, made, compress_to_fp16=False)
        for file, place in ((made.with_suffix(WEIGHTS), path.with_suffix(WEIGHTS)), (made, path)):
            with replacing(place) as written:
                written.write(file.read_bytes())


def open_openvino(path: Path, threads: int) -> Runtime:
    """A model that `labelaudit export` wrote, in OpenVINO on the CPU.

    Raises `ConfigError` if it is damaged, or somebody else's.
    """
    model = _model(path)
    if not model.has_rt_info([KEY]):
        raise ConfigError(
            f"{path}: a model of unknown outputs; expected one that labelaudit export has written, "
            "which says what they are"
        )
    description = ModelDescription.of_json(model.get_rt_info([KEY]).value, path)
    known = {name for output in model.outputs for name in output.get_names()}
    if not known.issuperset(description.outputs) or len(model.outputs) != len(description.outputs):
        raise ConfigError(f"{path}: its outputs are not those that it names; {AGAIN}")
    compiled = _compiled(model, threads)

    def forward(images: Images) -> Outputs:
        return _answers(compiled, description.outputs, images)

    def forward_layers(images: Images, names: Sequence[str]) -> Outputs:
        other = model.clone()
        other.add_outputs(list(names))
        return _answers(_compiled(other, threads), names, images)

    return Runtime(
        description, any_number(forward, description.batch), _layers(model), forward_layers
    )


def _openvino() -> ModuleType:
    """OpenVINO, which is an extra, without its telemetry: nobody is told that it is used.

    A package that imports it from here finds no telemetry and goes on with a stub of its own. If
    somebody else has imported it before, that was not for labelaudit to decide.
    """
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
    if "openvino" in modules or TELEMETRY in modules:
        return importlib.import_module("openvino")
    modules[TELEMETRY] = None  # as a package that is not there
    try:
        return importlib.import_module("openvino")
    finally:
        del modules[TELEMETRY]


def _model(path: Path) -> Model:
    """What the files of a model hold."""
    openvino = _openvino()

    weights = path.with_suffix(WEIGHTS)
    if (
        not path.read_bytes().lstrip().startswith((b"<?xml", b"<net"))
    ):  # it would try every format that it knows
        raise ConfigError(f"{path}: not a model of OpenVINO, which is XML; {AGAIN}")
    if not weights.is_file():
        raise ConfigError(f"{path}: its weights are missing, expected in {weights}; {AGAIN}")
    try:
        return openvino.Core().read_model(path)
    except RuntimeError as error:
        raise ConfigError(f"{path}: OpenVINO refuses it ({_last_line(error)}); {AGAIN}") from error


def _compiled(model: Model, threads: int) -> CompiledModel:
    """A model that is ready to run, in 32 bits wherever it is run."""
    openvino = _openvino()

    settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    return openvino.Core().compile_model(model, "CPU", settings)


def _answers(model: CompiledModel, names: Sequence[str], images: Images) -> Outputs:
    """Some outputs of a model for images, by name."""
    values: Any = model({"images": images.astype(np.float32)})  # Any: arrays of any type
    return {name: np.array(values[name], np.float32) for name in names}


def _layers(model: Model) -> tuple[str, ...]:
    """The inner layers whose outputs a model has, in its order."""
    given = {name for output in model.outputs for name in output.get_names()}
    values = [output for node in model.get_ordered_ops() for output in node.outputs()]
    names = [name for value in values for name in sorted(value.get_names())]
    return tuple(dict.fromkeys(n for n in names if n.startswith(PARTS) and n not in given))


def _last_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]


TARGETS.add(
    "openvino",
    ExportTarget(
        name="openvino",
        title="OpenVINO",
        suffix=".xml",
        beside=(WEIGHTS,),
        extra="openvino",
        to_export=("onnx", "onnxscript", "openvino"),
        to_open=("openvino",),
        export=export,
        open=open_openvino,
        nms=True,
    ),
)
