"""A model is asked about images from the command line, and its results are a second opinion."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.cli.inference_models import CHECKPOINTS, EXPORTED, OF_OTHERS, is_model, opinion_of
from labelaudit.core.progress import ignore_progress
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.io.load import load
from labelaudit.predictions.read import read_predictions

CLASSES = ("car", "bus")


@pytest.fixture
def model(tmp_path):
    """A checkpoint of a network that has learned nothing, and sees something everywhere."""
    from labelaudit.detector.config import DetectorConfig
    from labelaudit.training.model_file import TrainedDetector, build_detector, save_detector

    config = DetectorConfig(
        backbone="squeezenet", weights="random", strides=(8, 16), channels=8, device="cpu"
    )
    network = build_detector(config, 2).eval()
    network.head.class_branch[-1].bias.data += 3
    path = tmp_path / "model.pt"
    save_detector(TrainedDetector(config, CLASSES, (4, 9), (64, 96), network), path)
    return path


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder of three images, in a cache of their own."""
    monkeypatch.setenv("LABELAUDIT_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "photos"
    folder.mkdir()
    noise = np.random.default_rng(0)
    for name in "abc":
        pixels = noise.integers(0, 256, (64, 96, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


def results(path):
    return json.loads(path.read_text())


def test_a_folder_of_images_gives_results_by_file_name(run, model, photos, tmp_path):
    ran = run("predict", model, photos, "-o", "r.json")
    assert (ran.code, ran.out) == (0, "")
    found = results(tmp_path / "r.json")
    assert {one["image_id"] for one in found} == {"a.png", "b.png", "c.png"}
    assert {one["category_id"] for one in found} <= {4, 9}
    assert min(one["score"] for one in found) >= 0.02
    assert f"Wrote r.json: {len(found)} predictions in 3 images" in ran.err
    assert "there are only images, no labels; results call images by their file names" in ran.err


def test_an_archive_and_files_give_what_the_folder_does(run, model, photos, tmp_path):
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for path in sorted(photos.iterdir()):
            archive.write(path, path.name)
    run("predict", model, photos, "-o", "folder.json")
    run("predict", model, tmp_path / "photos.zip", "-o", "zip.json")
    run("predict", model, *sorted(photos.iterdir()), "-o", "files.json")
    found = results(tmp_path / "folder.json")
    assert found == results(tmp_path / "zip.json") == results(tmp_path / "files.json")


def test_images_that_cannot_be_read_are_named_and_the_exit_code_is_1(run, model, photos, tmp_path):
    (photos / "b.png").write_bytes(b"broken")
    ran = run("predict", model, photos, "-o", "r.json")
    assert ran.code == 1
    assert "not read: b.png: cannot identify image file" in ran.err
    assert {one["image_id"] for one in results(tmp_path / "r.json")} == {"a.png", "c.png"}


def test_when_no_image_can_be_read_the_exit_code_is_2(run, model, photos):
    for path in photos.iterdir():
        path.write_bytes(b"broken")
    ran = run("predict", model, photos, "-o", "r.json")
    assert ran.code == 2
    assert "none of 3 images could be read" in ran.err


def test_a_dataset_gives_results_by_its_own_ids(run, model, photos, coco, tmp_path):
    labels = coco(*((f"{name}.png", "bus", 10, 10, 20, 20) for name in "abc"))
    ran = run("predict", model, labels, "-o", "r.json")
    assert ran.code == 0
    found = results(tmp_path / "r.json")
    assert {one["image_id"] for one in found} == {1, 2, 3}
    assert {one["category_id"] for one in found} == {1}
    assert "left out, as the labels have no such class: car" in ran.err


def test_a_scan_by_a_model_is_a_scan_by_its_results(run, model, photos, coco):
    boxes = [(f"{name}.png", CLASSES[n % 2], 9 * n, 5, 9, 40) for name in "abc" for n in range(8)]
    labels = coco(*boxes)
    run("predict", model, labels, "-o", "r.json")
    derived = DatasetColumns(load(labels))
    read = read_predictions("r.json", derived).predictions
    seen = opinion_of(model, derived.dataset, ignore_progress, device="cpu", cache=None).predictions
    assert len(read) > 100
    for name in ("image", "label"):
        np.testing.assert_array_equal(getattr(read, name), getattr(seen, name))
    np.testing.assert_allclose(read.xyxy, seen.xyxy, atol=2e-3)
    np.testing.assert_allclose(read.score, seen.score, atol=1e-5)
    reports = [
        json.loads(run("scan", labels, "--predictions", path, "--output-format", "json").out)
        for path in ("r.json", model)
    ]
    by_file, by_model = (report["summary"]["second_opinion"] for report in reports)
    assert (by_file.pop("source"), by_model.pop("source")) == ("r.json", str(model))
    assert by_file["scored"] == by_model["scored"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("gone.pt", "photos"), "gone.pt: no such file; labelaudit train and export write models"),
        (("labels.json", "photos"), "labels.json: not a detector that labelaudit has trained"),
        (("z.engine", "photos"), "z.engine: a model of TensorRT, which is not run here; "),
        (("z.mlpackage", "photos"), "z.mlpackage: a model of Core ML, which is not run here; "),
        (("photos", "model.pt"), "photos: a folder, where the file of a model is expected; "),
        (("z.onnx", "photos"), "z.onnx: the file is empty; train or export the model again"),
        (("model.pt", "gone"), "gone: no such file or folder"),
        (("model.pt", "empty"), "no labels found in this folder; it is empty"),
        (("model.pt", "labels.json", "-o", "no/r.json"), "no/r.json: there is no folder"),
    ],
)
@pytest.mark.usefixtures("model", "photos")
def test_what_cannot_be_asked_is_said_in_a_line(run, coco, tmp_path, words, message):
    coco(("a.png", "car", 1, 1, 9, 9))
    (tmp_path / "empty").mkdir()
    (tmp_path / "z.mlpackage").mkdir()
    (tmp_path / "z.engine").write_bytes(b"ftrt")
    (tmp_path / "z.onnx").write_bytes(b"")
    ran = run("predict", *words, *(() if "-o" in words else ("-o", "r.json")))
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "r.json").exists()


def test_a_model_that_is_not_run_here_is_no_file_of_predictions(run, coco, tmp_path):
    (tmp_path / "yolo.TensorRT.engine").write_bytes(b"ftrt")
    ran = run("scan", coco(("a.png", "car", 1, 1, 9, 9)), "--predictions", "yolo.TensorRT.engine")
    assert ran.code == 2
    assert "a model of TensorRT" in ran.err
    assert "goes in as a COCO results file, with scan --predictions" in ran.err


def test_an_exported_model_gives_the_results_of_its_checkpoint(run, model, photos, tmp_path):
    pytest.importorskip("onnxruntime")
    from labelaudit.deployment.deployed import DeployedDetector, described
    from labelaudit.deployment.description import Inside
    from labelaudit.deployment.target import TARGETS, ExportOptions
    from labelaudit.training.model_file import load_detector

    detector = load_detector(model, device="cpu")
    network = DeployedDetector(detector, described(detector, "onnx", Inside()))
    TARGETS["onnx"].export(network, tmp_path / "model.onnx", ExportOptions())
    assert run("predict", model, photos, "-o", "r.json").code == 0
    assert run("predict", "model.onnx", photos, "-o", "exported.json").code == 0
    one, other = results(tmp_path / "r.json"), results(tmp_path / "exported.json")
    assert [row["image_id"] for row in one] == [row["image_id"] for row in other]
    scores = [[row["score"] for row in rows] for rows in (one, other)]
    np.testing.assert_allclose(*scores, atol=1e-3)


def test_every_kind_of_exported_model_is_known_by_its_name():
    from labelaudit.deployment.target import TARGETS

    endings = {target.suffix for target in TARGETS.values()}
    assert endings <= set(EXPORTED)
    assert not any(is_model(Path(f"results{ending}")) for ending in (".json", ".jsonl", ""))
    assert not {*CHECKPOINTS, *EXPORTED} & {*OF_OTHERS}
