"""`labelaudit parity` says whether a file answers as its checkpoint does, and if not, why."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from labelaudit.cli import main
from labelaudit.deployment.description import Inside
from labelaudit.deployment.imitation import Imitation, imitated_outputs
from labelaudit.deployment.traps import TRAPS, TrapEvidence
from labelaudit.training.model_file import TrainedDetector, save_detector
from tests.deployment.small_detector import SIZE, description, exported, images, small_detector


@pytest.fixture
def scene(tmp_path, monkeypatch):
    """A checkpoint and two images in a folder, which is the current one's; one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setattr("labelaudit.deployment.parity.report.cores", lambda: 1)
    save_detector(small_detector(), tmp_path / "model.pt")
    (tmp_path / "images").mkdir()
    for number, pixels in enumerate(images()):
        Image.fromarray(pixels.transpose(1, 2, 0)).save(tmp_path / "images" / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    torch.set_num_threads(before)


def planted(trap: str, beginning: str) -> TrainedDetector:
    detector = small_detector()
    evidence = TrapEvidence(Imitation(detector), description(detector), {}, {})
    found = (one for one in TRAPS[trap].variants(evidence) if one.what.startswith(beginning))
    return next(found).edit(Imitation(detector)).detector


def labels(folder) -> None:
    """COCO labels of the two images."""
    pictures = [
        {"id": number + 1, "file_name": f"images/{number}.png", "width": SIZE[1], "height": SIZE[0]}
        for number in range(2)
    ]
    boxes = [
        {
            "id": 1,
            "image_id": 1,
            "category_id": 1,
            "bbox": [1, 1, 30, 30],
            "area": 900,
            "iscrowd": 0,
        },
        {
            "id": 2,
            "image_id": 2,
            "category_id": 2,
            "bbox": [5, 5, 30, 30],
            "area": 900,
            "iscrowd": 0,
        },
    ]
    categories = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]
    content = {"images": pictures, "annotations": boxes, "categories": categories}
    (folder / "labels.json").write_text(json.dumps(content))


def test_a_faithful_file_passes_with_times_map_and_a_picture(scene, capsys):
    exported(small_detector(), scene / "model.onnx")
    labels(scene)
    words = ["parity", "model.pt", "model.onnx", "--images", "labels.json", "--plot", "p.png"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert out.startswith("parity · onnx beside torch · 1 image")
    assert "all within tolerance" in out
    assert "mAP" in out
    assert "threads" in out
    assert "Cause" not in out
    with Image.open(scene / "p.png") as picture:
        assert picture.size[0] > 500


def test_a_planted_trap_makes_the_exit_code_1_and_is_named_with_its_remedy(scene, capsys):
    exported(planted("resize-alignment", "enlarges maps by linear"), scene / "model.onnx")
    words = ["parity", "model.pt", "model.onnx", "--images", "images", "--no-timing"]
    assert main([*words, "--plot", "p.svg"]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith("no parity · onnx")
    assert "alignment and rounding of enlarged maps (resize-alignment)" in out
    assert "labelaudit train --like-device" in out
    assert "first beyond" in out
    assert "resize" in (scene / "p.svg").read_text() or (scene / "p.svg").stat().st_size > 1000
    assert main([*words, "--output-format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert not report["passes"]
    assert [cause["trap"] for cause in report["diagnosis"]["causes"]] == ["resize-alignment"]
    assert report["first"].startswith("head.fpn")
    assert {"relative", "is_within", "largest", "typical"} <= set(report["layers"][0])


def test_a_tolerance_that_is_large_enough_lets_a_file_pass(scene, capsys):
    exported(planted("resize-alignment", "enlarges maps by linear"), scene / "model.onnx")
    words = ["parity", "model.pt", "model.onnx", "--images", "images", "--no-timing"]
    assert main([*words, "--tolerance", "2"]) == 0
    assert capsys.readouterr().out.startswith("parity")


def test_answers_of_a_device_need_no_images(scene, capsys):
    detector = small_detector()
    given = imitated_outputs(Imitation(detector), description(detector), images())
    np.savez(scene / "phone.npz", images=images(), **given)
    assert main(["parity", "model.pt", "phone.npz"]) == 0
    out = capsys.readouterr().out
    assert "recording shows no inner layers" in " ".join(out.split())


def test_nms_inside_of_a_file_is_compared_by_detections(scene, capsys):
    exported(small_detector(), scene / "model.onnx", Inside(nms=True, threshold=0.2))
    words = ["parity", "model.pt", "model.onnx", "--images", "images", "--no-timing"]
    assert main(words) == 0
    assert "0 of torch alone, 0 of the device alone" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["model.pt", "model.onnx"],
            "name a folder of images or a dataset to compare on: --images",
        ),
        (["none.pt", "model.onnx", "--images", "images"], "none.pt: there is no such file"),
        (["model.pt", "none.onnx", "--images", "images"], "none.onnx: there is no such file"),
        (["model.pt", "model.txt", "--images", "images"], "no exported model ends so"),
        (["model.pt", "other.onnx", "--images", "images"], "the exported model has the classes"),
        (["model.pt", "model.onnx", "--images", "broken"], "no image can be read to compare on"),
        (
            ["model.pt", "model.onnx", "--images", "images", "--plot", "p.gif"],
            "is a .png or an .svg",
        ),
        (["model.pt", "model.onnx", "--images", "images", "--limit", "0"], "limit"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_line(scene, capsys, words, told):
    (scene / "model.txt").write_text("")
    (scene / "model.onnx").write_bytes(b"")
    (scene / "broken").mkdir()
    (scene / "broken" / "1.png").write_bytes(b"no image")
    if {"other.onnx", "broken"} & set(words):
        exported(small_detector(), scene / "model.onnx")
        exported(replace(small_detector(), classes=("x", "y", "z")), scene / "other.onnx")
    assert main(["parity", *words]) == 2
    err = capsys.readouterr().err
    assert told in err
    assert len([line for line in err.splitlines() if "error" in line]) == 1
