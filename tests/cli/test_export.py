"""A detector on disk becomes a file for a device that the other commands take."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from labelaudit.cli import main
from labelaudit.training.model_file import save_detector
from tests.deployment.networks import detector_of

pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("checkpoint") / "model.pt"
    save_detector(detector_of(norm="batch"), path)
    return path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two pictures of noise, of other sizes than the network's."""
    folder = tmp_path_factory.mktemp("pictures")
    draw = np.random.default_rng(0)
    for name, size in (("a.png", (50, 70)), ("b.png", (128, 192))):
        Image.fromarray(draw.integers(0, 256, (*size, 3)).astype(np.uint8)).save(folder / name)
    return folder


def results(model, pictures, path):
    assert main(["predict", str(model), str(pictures), "-o", str(path)]) == 0
    return json.loads(path.read_text())


def test_what_is_exported_sees_in_images_what_the_checkpoint_sees(
    checkpoint, pictures, tmp_path, capsys
):
    model = tmp_path / "model.onnx"
    words = ["--to", "onnx", "-o", str(model), "--scaling", "outside", "--fold-norm"]
    assert main(["export", str(checkpoint), *words]) == 0
    told = capsys.readouterr().err
    assert "BatchNorms into convolutions" in told
    assert f"Wrote {model}: ONNX" in told
    assert "in: images (any number of, 3, 64, 96), RGB, minus mean, over std" in told
    assert "largest difference from torch on an image of noise: scores" in told
    expected = results(checkpoint, pictures, tmp_path / "a.json")
    found = results(model, pictures, tmp_path / "b.json")
    assert len(found) == len(expected) > 0
    for one, other in zip(found, expected, strict=True):
        assert one["image_id"] == other["image_id"]
        assert one["category_id"] == other["category_id"]
        np.testing.assert_allclose(one["bbox"], other["bbox"], atol=0.05)


def test_8_bits_are_calibrated_on_a_folder(checkpoint, pictures, tmp_path, capsys):
    model = tmp_path / "model.onnx"
    words = ["--to", "onnx", "-o", str(model), "--int8", str(pictures), "--float-last"]
    assert main(["export", str(checkpoint), *words]) == 0
    assert "in 8 bits" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "onnx", "--batch", "many"], "--batch is 'many'; expected a number or any"),
        (["--to", "onnx", "--batch", "0"], "--batch is 0; it must be 1 or more"),
        (["--to", "onnx", "--nms", "inside", "--decoding", "outside"], "needs decoding inside"),
        (["--to", "onnx", "--float-last"], "give images with --int8"),
        (["--to", "onnx", "--int8", "nowhere"], "nowhere: no such file or folder"),
        (["--to", "ncnn", "--batch", "2"], "ncnn takes one image at a time"),
        (["--to", "executorch", "--nms", "inside"], "ExecuTorch has no operator for NMS"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(checkpoint, tmp_path, capsys, words, message):
    assert main(["export", str(checkpoint), *words, "-o", str(tmp_path / "model.onnx")]) == 2
    told = capsys.readouterr().err.splitlines()
    assert message in told[-1]
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_stays_unless_it_is_to_be_replaced(checkpoint, tmp_path, capsys):
    (tmp_path / "model.onnx").write_text("mine")
    words = ["--to", "onnx", "-o", str(tmp_path / "model.onnx")]
    assert main(["export", str(checkpoint), *words]) == 2
    assert "replace it by --overwrite" in capsys.readouterr().err
    assert (tmp_path / "model.onnx").read_text() == "mine"


def test_images_that_cannot_be_read_calibrate_nothing(checkpoint, tmp_path, capsys):
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    words = ["--to", "onnx", "-o", str(tmp_path / "model.onnx"), "--int8", str(tmp_path)]
    assert main(["export", str(checkpoint), *words]) == 2
    assert "none of 1 image to calibrate 8 bits on can be read" in capsys.readouterr().err
