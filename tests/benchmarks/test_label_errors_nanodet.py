"""NanoDet in the benchmark of wrong labels: its graph, its boxes, and how well it sees."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.label_errors.foreign import WEIGHTS, by_nanodet
from benchmarks.label_errors.foreign_files import average_precisions
from benchmarks.label_errors.nanodet import SIDE, STRIDES, decoded
from benchmarks.label_errors.tensor_graph import Graph
from labelaudit.io.load import load


def word(text: str) -> dict[str, str]:
    return {"s": base64.b64encode(text.encode()).decode()}


def whole(*numbers: int) -> dict[str, Any]:
    return {"list": {"i": [str(number) for number in numbers]}}


def graph(folder: Path, nodes: list[dict[str, Any]], weights: dict[str, Any]) -> Graph:
    """A graph file with these nodes and weights, float16 but for whole numbers."""
    entries, content = [], b""
    for name, value in weights.items():
        values = np.asarray(value)
        entry: dict[str, Any] = {"name": name, "shape": list(values.shape), "dtype": "int32"}
        if values.dtype.kind == "f":
            entry |= {"dtype": "float32", "quantization": {"dtype": "float16"}}
        content += values.astype("int32" if values.dtype.kind == "i" else "float16").tobytes()
        entries.append(entry)
        nodes = [{"name": name, "op": "Const"}, *nodes]
    (folder / "weights.bin").write_bytes(content)
    manifest = [{"paths": ["weights.bin"], "weights": entries}]
    text = json.dumps({"modelTopology": {"node": nodes}, "weightsManifest": manifest})
    (folder / "graph.json").write_text(text)
    return Graph(folder / "graph.json")


def test_a_graph_is_run_with_its_weights_whatever_the_order_of_its_nodes(tmp_path: Path):
    convolution = {"data_format": word("NHWC"), "padding": word("VALID")}
    convolution |= {"strides": whole(1, 2, 2, 1), "dilations": whole(1, 1, 1, 1)}
    nodes = [
        {"name": "out", "op": "AddV2", "input": ["parts:1", "bias"]},
        {"name": "parts", "op": "SplitV", "input": ["conv", "sizes", "axis"]},
        {"name": "conv", "op": "Conv2D", "input": ["padded", "kernel"], "attr": convolution},
        {"name": "padded", "op": "Pad", "input": ["x", "edges"]},
        {"name": "x", "op": "Placeholder"},
    ]
    weights = {
        "kernel": np.array([[[[1.0, 2.0, 4.0]]]]),  # height, width, in, out
        "bias": np.array([0.5]),
        "edges": np.array([[0, 0], [1, 0], [0, 0], [0, 0]]),  # a row of zeros above
        "sizes": np.array([2, 1]),
        "axis": np.array(3),
    }
    image = torch.arange(6, dtype=torch.float32).reshape(1, 3, 2, 1)
    (found,) = graph(tmp_path, nodes, weights).run({"x": image}, ["out"])
    assert found.flatten().tolist() == [0.5, 4 * 2 + 0.5]


@pytest.mark.parametrize(
    ("node", "complaint"),
    [
        ({"op": "Einsum"}, "Einsum"),
        ({"op": "ResizeBilinear", "attr": {"align_corners": {"b": True}}}, "bilinear"),
        (
            {"op": "MaxPool", "attr": {"data_format": word("NHWC"), "padding": word("SAME")}},
            "SAME",
        ),
    ],
)
def test_what_a_graph_may_hold_that_is_not_known_is_refused(
    tmp_path: Path, node: dict[str, Any], complaint: str
):
    nodes = [{"name": "out", "input": ["x", "x"]} | node]
    with pytest.raises(NotImplementedError, match=complaint):
        graph(tmp_path, nodes, {}).run({"x": torch.zeros(1, 2, 2, 1)}, ["out"])


def test_a_box_lies_as_far_around_the_middle_of_its_cell_as_its_distances_say():
    cells = [(SIDE // stride) ** 2 for stride in STRIDES]
    outputs = [torch.zeros(1, count, 44) for count in cells]
    # Of the second cell of the coarsest map: 1, 2, 3 and 4 strides to left, top, right, bottom.
    outputs[2].view(1, -1, 4, 11)[0, 1, range(4), [1, 2, 3, 4]] = 100.0
    box = decoded(outputs)[cells[0] + cells[1] + 1]
    assert box.tolist() == pytest.approx([47.5 - 32, 15.5 - 64, 47.5 + 96, 15.5 + 128])


def test_nanodet_sees_these_photographs_as_well_as_others(shared_data: Path):
    dataset = load(shared_data / "coco_cc")
    said = by_nanodet(dataset, shared_data / WEIGHTS)
    precision = np.nanmean(average_precisions(dataset, said.predictions, said.not_trained_on))
    assert 0.38 < precision < 0.44  # .395 on 206 images of val2017
    assert said.predictions.score.min() > 0.02
    assert np.bincount(said.predictions.image).max() == 100
