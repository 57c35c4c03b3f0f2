"""An ONNX graph in 8 bits, by onnxruntime's static quantiser."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labelaudit.deployment.quiet import quietly
from labelaudit.errors import ConfigError
from labelaudit.training.inference import Float32s

if TYPE_CHECKING:  # an extra
    from onnx import ModelProto

QUANTISED = ("Conv", "Relu", "Clip", "MaxPool", "Add", "Resize")
"""Operators that work in 8 bits. Scaling, norms, decoding and NMS stay as they are."""


class _Calibration:
    """Images one by one, as onnxruntime asks for them."""

    def __init__(self, images: Float32s) -> None:
        self._images = iter(images)

    def get_next(self) -> dict[str, Float32s] | None:
        image = next(self._images, None)
        return None if image is None else {"images": image[None]}

    def __iter__(self) -> Iterator[dict[str, Float32s]]:
        while (image := self.get_next()) is not None:
            yield image


def quantised(
    model: ModelProto, calibration: Float32s, float_layers: Sequence[str] = ()
) -> ModelProto:
    """A graph whose convolutions work in 8 bits, weights by channel; it says the same of itself.

    Parameters
    ----------
    model: the graph.
    calibration: (n, 3, h, w) images as it wants them, whose numbers show how far values range.
    float_layers: names of layers, or of what they are parts of, that stay in float32.

    Raises
    ------
    ConfigError
        if there is no such layer.

    Source: onnxruntime's documentation, "Quantize ONNX models": signed activations and weights with
    their scales in the graph (QDQ) are its first choice for CPUs.
    """
    import onnx  # noqa: PLC0415  # an extra
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static  # noqa: PLC0415

    excluded = [node for name in float_layers for node in _nodes(model, name)]
    with tempfile.TemporaryDirectory() as folder, quietly():
        path = Path(folder) / "int8.onnx"
        quantize_static(
            model,
            path,
            _Calibration(calibration),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(QUANTISED),
            nodes_to_exclude=[*excluded, *_unscaled(model)],
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(path)


def _nodes(model: ModelProto, layer: str) -> list[str]:
    """The names of the nodes of a layer, however often it runs."""
    found = [
        node.name
        for node in model.graph.node
        if f"{node.output[0].partition('@')[0]}.".startswith(f"{layer}.")
    ]
    if not found:
        raise ConfigError(
            f"no layer of the exported network is called {layer!r}, so it cannot stay in float32; "
            "names are those of the checkpoint, as head.class_branch.2"
        )
    return found


def _unscaled(model: ModelProto) -> list[str]:
    """Nodes outside of the network: those that no layer comes after or before."""
    values = [node.output[0].startswith(("backbone.", "head.")) for node in model.graph.node]
    last = len(values) - values[::-1].index(True)
    return [node.name for node in model.graph.node[last:]]
