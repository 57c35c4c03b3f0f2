"""Formats that are read only: recognised, read as hand-computed, converted, and never crashing."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from labelaudit.cli import main
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import LabelauditError
from labelaudit.images.files import is_image
from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from tests.io.formats.read_only_samples import BOXES, SAMPLES, SIZE

CLASSES = {"visdrone": ["pedestrian", "car"], "widerface": ["face", "face"]}
"""What the classes of formats are called that do not call them as they like."""

FILES_OF_ONE_IMAGE = ("kitti", "dota", "visdrone", "boxtexts")
MUTATIONS = 60

ODD_SIDES = {
    "kitti": ("4.00 6.00 36.00", "? 6.00 36.00"),
    "dota": ("4.00 6.00 36.00", "? 6.00 36.00"),
    "edgeimpulse": ('"x": 4.0', '"x": "?"'),
    "kerasyolo": ("4.00,6.00", "4.00,?"),
    "boxtexts": ("4.00 6.00 36.00", "4.00 ? 36.00"),
    "visdrone": ("4,6,32,24", "?,6,32,24"),
    "widerface": ("4 6 32 24", "? 6 32 24"),
    "csv": ("cat,4.00", "cat,?"),
    "openimages": ("1,0.0625", "1,?"),
    "huggingface": ('"bbox": [[4.0', '"bbox": [["?"'),
    "labelme": ("[[4.0", '[["?"'),
    "cvat": ('xtl="4.00"', 'xtl="?"'),
    "labelstudio": ('"x": 6.25', '"x": "?"'),
    "createml": ('"x": 20.0', '"x": "?"'),
    "via": ('"x": 4.0', '"x": "?"'),
    "boxlists": ('"bbox": [4.0', '"bbox": ["?"'),
    "datumaro": ("[4.0, 6.0", '["?", 6.0'),
}
"""How one side of a box is written, and how it is written so that nobody understands it."""


@pytest.fixture(params=SAMPLES)
def name(request: pytest.FixtureRequest) -> str:
    if request.param == "parquet":
        pytest.importorskip("pyarrow")
    return str(request.param)


@pytest.fixture
def folder(name: str, tmp_path: Path) -> Path:
    SAMPLES[name](tmp_path / "ds")
    return tmp_path / "ds"


def boxes(dataset: Dataset) -> list[tuple[str, str, list[float]]]:
    """Stem of the image, class and corners of each box."""
    stems = [Path(name).stem for name in dataset.images.name.tolist()]
    rows = dataset.boxes
    return [
        (stems[image], dataset.class_names[label], np.round(xyxy, 4).tolist())
        for image, label, xyxy in zip(rows.image, rows.label, rows.xyxy, strict=True)
    ]


def expected(name: str) -> list[tuple[str, str, list[float]]]:
    classes = CLASSES.get(name, list(BOXES["a"]))
    return [("a", label, box) for label, box in zip(classes, BOXES["a"].values(), strict=True)]


def test_it_is_recognised_and_nothing_else_is(name, folder):
    found = recognise(folder)
    assert (found.format.name, found.notes) == (name, ())


def test_boxes_images_and_sizes_are_read(name, folder):
    dataset = load(folder)
    assert boxes(dataset) == expected(name)
    images = 1 if name == "openimages" else 2
    assert dataset.images.size.tolist() == [list(SIZE)] * images
    assert len(dataset.problems) == 0
    paths = dataset.images.path.tolist()
    assert all(Path(path).is_file() for path in paths) or name == "parquet"


@pytest.mark.parametrize("target", ["coco", "voc", "yolo"])
def test_it_is_converted(name, folder, tmp_path, target, capsys):
    output = tmp_path / ("out.json" if target == "coco" else "out")
    assert main(["convert", str(folder), str(output), "--to", target]) == 0, capsys.readouterr()
    again = load(output, images=folder if name != "parquet" else ())
    if name == "parquet" and target == "yolo":  # without the images nobody knows their sizes
        assert [row[:2] for row in boxes(again)] == [row[:2] for row in expected(name)]
    else:
        assert sorted(boxes(again)) == sorted(expected(name))


def test_a_scan_of_it_ends_with_findings_or_none(name, folder, capsys):
    assert main(["scan", str(folder)]) in (0, 1)
    assert f"{name.upper()} ·" in capsys.readouterr().out


def damage(folder: Path, whole: str, damaged: str) -> None:
    """Write the label file of a folder that has some text with another one in its place."""
    (path,) = (path for path in label_files(folder) if whole in path.read_text("utf-8"))
    path.write_text(path.read_text("utf-8").replace(whole, damaged, 1), "utf-8")


def findings(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    """The rule of each finding about a box that nobody can read, and how safely it is removed."""
    arguments = ["scan", str(folder), "--format", name, "--output-format", "jsonl"]
    assert main(arguments) == 1
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    lost = [one for one in lines if any(None in box for box in one.get("boxes", []))]
    return [(one["name"], one["fix"]["safety"]) for one in lost]


@pytest.mark.parametrize("name", ODD_SIDES)
def test_a_side_that_is_no_number_is_one_finding_that_says_so(name, folder, capsys):
    damage(folder, *ODD_SIDES[name])
    assert findings(folder, name, capsys) == [("missing-field", "unsafe")]


@pytest.mark.parametrize("key", ["bbox", "bboxes", "boxes", "box"])
@pytest.mark.parametrize("name", ["huggingface"])
def test_a_box_that_is_none_is_one_finding_whatever_its_key_is(name, folder, capsys, key):
    damage(folder, '"bbox": [[4.0', f'"{key}": [["?"')
    assert findings(folder, name, capsys) == [("missing-field", "unsafe")]


def label_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not is_image(path.name))


def mutated(content: bytes, seed: int) -> Iterator[bytes]:
    """Content with bytes changed, cut, repeated or exchanged by odd values."""
    chance = random.Random(seed)
    odd = (b"nan", b"-1e309", b"\xff\xfe", b"\0", b'"', b",,,", b"\r", b"9" * 400, b"[[", b"{}")
    for _ in range(MUTATIONS):
        text = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(text) + 1)
            end = min(len(text), start + chance.choice((0, 1, 1, 3, 40)))
            text[start:end] = chance.choice((*odd, b"", bytes([chance.randrange(256)])))
        yield bytes(text)


def refusal(folder: Path, name: str) -> str:
    """Why a folder is not read; empty if it is."""
    try:
        load(folder, format=name)
    except LabelauditError as error:
        return str(error)
    return ""


def test_mutated_files_are_read_or_refused_in_a_line(name, folder):
    for path in label_files(folder):
        content = path.read_bytes()
        for text in mutated(content, seed=len(content)):
            path.write_bytes(text)
            assert "\n" not in refusal(folder, name), text
        path.write_bytes(content)
    assert boxes(load(folder)) == expected(name)
