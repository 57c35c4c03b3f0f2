"""A deployed detector as an ONNX graph: what the targets `onnx` and `openvino` are made from."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import torch

from labelaudit.deployment.deployed import DeployedDetector, inner_layers
from labelaudit.deployment.description import KEY
from labelaudit.deployment.quiet import quietly
from labelaudit.errors import ConfigError

if TYPE_CHECKING:  # an extra
    from onnx import ModelProto, NodeProto

OPSET = 18
"""The version of ONNX's operators: of 2022, which runtimes of devices know by now."""

SAMPLE = 2
"""Images of the batch that is traced: torch takes 1 for a constant."""

PARTS = ("backbone.", "head.")
"""What names of layers begin with: the parts of `Detector`."""

OF_INT8 = re.compile(r"_(De)?[Qq]uantize[dD]?(Linear_\w+)?$")
"""What names of values end in that the quantiser of onnxruntime has put beside those of layers."""

SCOPES = "pkg.torch.onnx.name_scopes"
"""Under which torch notes at each node the modules that it is part of."""


def onnx_graph(network: DeployedDetector) -> ModelProto:
    """The graph of a network, its description in it; what a layer gives has the layer's name.

    Raises `ConfigError` if the network holds something that ONNX cannot express.
    """
    description = network.description
    height, width = description.input_size
    images = torch.zeros((description.batch or SAMPLE, 3, height, width))
    dynamic = {0: torch.export.Dim("batch", min=1)} if description.batch is None else None
    with quietly():
        try:
            program: Any = torch.onnx.export(  # Any: None without dynamo, else with a model
                network,
                (images,),
                dynamo=True,
                verbose=False,
                input_names=["images"],
                output_names=description.outputs,
                opset_version=OPSET,
                dynamic_shapes=(dynamic,),
                custom_translation_table=_translations(),
            )
        except torch.onnx.OnnxExporterError as error:
            raise ConfigError(
                f"the network cannot be written as ONNX: {_last_line(error)}"
            ) from error
    model: ModelProto = program.model_proto
    _name_layers(model, inner_layers(network, images))
    model.metadata_props.add(key=KEY, value=description.as_json())
    return model


def inner_values(model: ModelProto) -> tuple[str, ...]:
    """The inner layers whose outputs a graph has, in its order."""
    given = {value.name for value in model.graph.output}
    values = [value for node in model.graph.node for value in node.output]
    layers = [one for one in values if one.startswith(PARTS) and not OF_INT8.search(one)]
    return tuple(one for one in layers if one not in given)


def _translations() -> dict[Any, Any]:  # Any: operators of torch, functions of onnxscript
    """What torch's exporter does not know: NMS."""
    from onnxscript import opset18 as op  # noqa: PLC0415  # an extra

    def kept_boxes(boxes: Any, by_class: Any, threshold: float, overlap: float, limit: int) -> Any:
        # Any: values of a graph that is being made.
        found = op.NonMaxSuppression(
            boxes,
            by_class,
            op.Constant(value_ints=[limit]),
            op.Constant(value_floats=[overlap]),
            op.Constant(value_floats=[threshold]),
        )  # image, class and box of each
        places = op.Gather(found, op.Constant(value_ints=[0, 2]), axis=1)
        none = op.Mul(op.ReduceMax(by_class, op.Constant(value_ints=[1]), keepdims=0), 0.0)
        ones = op.Expand(1.0, op.Shape(found, end=1))
        return op.ScatterND(none, places, ones)

    return {torch.ops.labelaudit.kept_boxes.default: kept_boxes}


def _name_layers(model: ModelProto, layers: tuple[str, ...]) -> None:
    """Call what a layer gives by its name, and take away notes about the machine it was made on."""
    kept = {value.name for value in (*model.graph.output, *model.graph.input)}
    names = {
        value: layer
        for layer, value in _values_of_layers(model, layers).items()
        if value not in kept
    }
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
        for values in (node.input, node.output):
            for place, value in enumerate(values):
                values[place] = names.get(value, value)
    for value in model.graph.value_info:
        value.name = names.get(value.name, value.name)
    for table in (model, model.graph, *model.graph.value_info, *model.graph.input):
        del table.metadata_props[:]
    for tensor in model.graph.initializer:
        del tensor.metadata_props[:]
        tensor.doc_string = ""


def _values_of_layers(model: ModelProto, layers: tuple[str, ...]) -> dict[str, str]:
    """The value that each innermost module gives, where the graph has it.

    A module whose nodes were joined with the next one's, as a convolution with its BatchNorm, has
    none.
    """
    calls: dict[str, list[str]] = {}
    before = None
    for node in model.graph.node:
        module = _module_of(node)
        if module is not None and module != before:
            calls.setdefault(module, []).append(node.output[0])
        elif module is not None:
            calls[module][-1] = node.output[0]
        before = module if node.op_type != "Constant" else before
    found: dict[str, str] = {}
    for module, values in calls.items():
        names = [layer for layer in layers if layer.partition("@")[0] == module]
        if len(names) == len(values):
            found.update(zip(names, values, strict=True))
    return found


def _module_of(node: NodeProto) -> str | None:
    """The innermost module of the network that a node is part of."""
    for note in node.metadata_props:
        if note.key == SCOPES:
            scopes = [re.sub(r"@\d+$", "", scope) for scope in ast.literal_eval(note.value)[:-1]]
            inside = [scope for scope in scopes if scope.startswith("network.")]
            return inside[-1].removeprefix("network.") if inside else None
    return None


def _last_line(error: BaseException) -> str:
    """What went wrong at last: torch tells the whole way there first."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]
