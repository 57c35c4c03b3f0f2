"""What onnxruntime says is what torch says, whatever is inside of the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import labelaudit
from labelaudit.deployment.deployed import DeployedDetector, described
from labelaudit.deployment.description import Inside
from labelaudit.deployment.open_exported import open_exported, open_runtime
from labelaudit.deployment.target import TARGETS, ExportOptions
from labelaudit.deployment.torch_runtime import torch_runtime
from labelaudit.detector.nms import detections
from labelaudit.errors import ConfigError
from labelaudit.training.inference import forward_of
from tests.deployment.networks import INPUT, assert_same, detector_of, noise

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

INSIDE, FLOATS = Inside(), ExportOptions()


def exported(detector, path, inside=INSIDE, options=FLOATS, **choices):
    """The description of a detector that is now in a file."""
    description = described(detector, "onnx", inside, **choices)
    TARGETS["onnx"].export(DeployedDetector(detector, description), path, options)
    return description


@pytest.fixture(scope="module")
def squeezenet():
    return detector_of()


@pytest.fixture(scope="module")
def plain(squeezenet, tmp_path_factory):
    """A file with scaling and decoding inside."""
    path = tmp_path_factory.mktemp("plain") / "model.onnx"
    exported(squeezenet, path)
    return path


@pytest.mark.parametrize(
    ("backbone", "norm", "pyramid"),
    [
        ("resnet50", "batch", "dense"),
        ("resnet34", "group", "separable"),
        ("mobilenet_v1", "none", "separable"),
        ("mobilenet_v2", "batch", "separable"),
        ("squeezenet", "layer", "dense"),
        ("efficientnet_lite0", "group", "separable"),
    ],
)
def test_every_backbone_says_in_onnx_what_it_says_in_torch_layer_by_layer(
    tmp_path, backbone, norm, pyramid
):
    detector = detector_of(backbone, norm=norm, pyramid=pyramid)
    description = exported(detector, tmp_path / "model.onnx")
    runtime = open_runtime(tmp_path / "model.onnx", threads=1)
    expected = torch_runtime(detector, description)
    for count in (1, 3):
        assert_same(runtime.forward(noise(count)), expected.forward(noise(count)))
    # Convolutions are one with their norms; what follows each has a name.
    assert len(runtime.layers) > 50
    assert set(runtime.layers) <= set(expected.layers)
    found = runtime.forward_layers(noise(2), runtime.layers)
    for name, values in expected.forward_layers(noise(2), runtime.layers).items():
        assert found[name].shape == values.shape
        np.testing.assert_allclose(found[name], values, rtol=0, atol=1e-4 * np.abs(values).max())


@pytest.mark.parametrize(
    "inside", [Inside(scaling=False), Inside(decoding=False), Inside(False, False)]
)
def test_what_is_outside_is_done_by_who_opens_the_file(tmp_path, squeezenet, inside):
    exported(squeezenet, tmp_path / "model.onnx", inside)
    opened = open_exported(tmp_path / "model.onnx", threads=1)
    assert (opened.classes, opened.class_ids) == (squeezenet.classes, squeezenet.class_ids)
    assert opened.input_size == INPUT
    scores, boxes = forward_of(squeezenet)(noise(2))
    found = opened.forward(noise(2))
    np.testing.assert_allclose(found[0], scores, atol=1e-4)
    np.testing.assert_allclose(found[1], boxes, rtol=0, atol=1e-3)


def test_scaled_images_are_not_scaled_again(tmp_path, squeezenet):
    description = exported(squeezenet, tmp_path / "model.onnx", Inside(scaling=False))
    mean = np.array(description.mean, np.float32).reshape(3, 1, 1)
    std = np.array(description.std, np.float32).reshape(3, 1, 1)
    given = ((noise(1) - mean) / std).astype(np.float32)
    found = open_runtime(tmp_path / "model.onnx", threads=1).forward(given)
    np.testing.assert_allclose(found["scores"], forward_of(squeezenet)(noise(1))[0], atol=1e-4)


def test_nms_inside_finds_what_nms_outside_finds(tmp_path, squeezenet):
    inside = Inside(nms=True, threshold=0.6, overlap=0.3, limit=20)
    exported(squeezenet, tmp_path / "model.onnx", inside)
    found = open_runtime(tmp_path / "model.onnx", threads=1).forward(noise(3))
    scores, boxes = map(torch.from_numpy, forward_of(squeezenet)(noise(3)))
    for row in range(3):
        alone = detections(scores[row], boxes[row], INPUT, threshold=0.6, overlap=0.3, limit=20)
        count = len(alone)
        assert count > 0
        np.testing.assert_allclose(found["detection_scores"][row, :count], alone.scores, atol=1e-4)
        np.testing.assert_allclose(found["detection_boxes"][row, :count], alone.boxes, atol=1e-2)
        assert found["detection_labels"][row, :count].tolist() == alone.labels.tolist()
        assert (found["detection_labels"][row, count:] == -1).all()
        assert (found["detection_scores"][row, count:] == 0).all()


def test_a_fixed_number_of_images_takes_any(tmp_path, squeezenet):
    description = exported(squeezenet, tmp_path / "model.onnx", batch=2)
    runtime = open_runtime(tmp_path / "model.onnx", threads=1)
    assert runtime.description.batch == 2
    assert_same(runtime.forward(noise(5)), torch_runtime(squeezenet, description).forward(noise(5)))


def test_the_file_holds_nothing_of_the_machine_that_wrote_it(plain):
    assert str(Path(labelaudit.__file__).parent).encode() not in plain.read_bytes()


@pytest.fixture(scope="module")
def small(squeezenet, tmp_path_factory):
    """A file in 8 bits, but for the last layer of the classes."""
    path = tmp_path_factory.mktemp("small") / "model.onnx"
    options = ExportOptions(noise(4).astype(np.float32), ("head.class_branch.2",))
    exported(squeezenet, path, options=options, int8=True)
    return path


def test_8_bits_say_about_the_same_in_a_third_of_the_bytes(squeezenet, plain, small):
    assert small.stat().st_size < plain.stat().st_size / 3
    runtime = open_runtime(small, threads=1)
    assert runtime.description.int8
    scores, _ = forward_of(squeezenet)(noise(3))
    difference = np.abs(runtime.forward(noise(3))["scores"] - scores)
    assert 1e-4 < difference.mean() < 0.05


def test_layers_that_are_to_stay_in_32_bits_do_and_others_do_not(small):
    model = onnx.load(small)
    makers = {value: node.op_type for node in model.graph.node for value in node.output}
    weights = {
        node.output[0]: makers.get(node.input[1], "float32")
        for node in model.graph.node
        if node.op_type == "Conv"
    }
    kept = {name for name, kind in weights.items() if kind == "float32"}
    assert kept == {f"head.class_branch.2{call}" for call in ("", "@1", "@2")}
    assert set(weights.values()) == {"float32", "DequantizeLinear"}


def test_a_layer_that_does_not_exist_cannot_stay_in_32_bits(tmp_path, squeezenet):
    options = ExportOptions(noise(1).astype(np.float32), ("head.class_branch.9",))
    with pytest.raises(ConfigError, match=r"no layer .* 'head\.class_branch\.9'"):
        exported(squeezenet, tmp_path / "model.onnx", options=options)


def test_a_damaged_file_is_named(tmp_path, plain):
    path = tmp_path / "cut.onnx"
    path.write_bytes(plain.read_bytes()[:100_000])
    with pytest.raises(ConfigError, match=r"cut\.onnx: not an ONNX file, or damaged"):
        open_runtime(path)


def test_a_model_of_somebody_else_has_unknown_outputs(tmp_path, plain):
    model = onnx.load(plain)
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(ConfigError, match=r"a model of unknown outputs \(scores, boxes\)"):
        open_runtime(tmp_path / "other.onnx")


def test_a_model_whose_outputs_are_not_those_that_it_names_is_refused(tmp_path, plain):
    model = onnx.load(plain)
    del model.graph.output[1]
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(ConfigError, match="it gives scores where it says scores, boxes"):
        open_runtime(tmp_path / "other.onnx")


def test_a_graph_that_cannot_run_is_refused(tmp_path, plain):
    model = onnx.load(plain)
    model.graph.node[3].op_type = "Nonsense"
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(ConfigError, match="onnxruntime refuses it"):
        open_runtime(tmp_path / "other.onnx")
