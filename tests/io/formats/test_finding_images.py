"""Images are found in one way by all formats, however labels spell their names."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset
from labelaudit.images.files import is_image, listed
from labelaudit.io.load import load
from labelaudit.testing import draw
from tests.io.formats.coco_files import coco
from tests.io.formats.read_only_samples import SAMPLES, SIZE
from tests.io.formats.voc_files import annotation, described, put

NAMES = ("a.png", "b.png")


def coco_sample(folder: Path) -> None:
    records = [
        {"id": row, "file_name": name, "width": SIZE[0], "height": SIZE[1]}
        for row, name in enumerate(NAMES)
    ]
    boxes = [{"id": 1, "image_id": 0, "category_id": 3, "bbox": [1, 2, 30, 40]}]
    put(folder / "labels.json", json.dumps(coco(images=records, annotations=boxes)))
    for name in NAMES:
        draw(folder / "images" / name, SIZE)


def voc_sample(folder: Path) -> None:
    for name in NAMES:
        text = annotation(described(), filename=name)
        put(folder / "Annotations" / Path(name).with_suffix(".xml").name, text)
        draw(folder / "JPEGImages" / name, SIZE)


def yolo_sample(folder: Path) -> None:
    for name in NAMES:
        put(folder / "labels" / Path(name).with_suffix(".txt").name, "0 .5 .5 .2 .2\n")
        draw(folder / "images" / name, SIZE)


ALL: dict[str, Callable[[Path], None]] = {
    **{name: write for name, write in SAMPLES.items() if name != "parquet"},
    "coco": coco_sample,
    "voc": voc_sample,
    "yolo": yolo_sample,
}


@pytest.fixture(params=ALL)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    ALL[request.param](tmp_path / "x" / "ds")
    return tmp_path / "x" / "ds"


def move_images(folder: Path, renamed: Callable[[Path], Path]) -> list[str]:
    """Move the images of a dataset; where the first two of them are then."""
    moved = []
    for name in [name for name in listed(folder) if is_image(name)]:
        target = renamed(folder / name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder / name, target)
        moved.append(target.as_posix())
    return sorted(moved)


def found(dataset: Dataset) -> list[str]:
    return sorted(path for path in dataset.images.path.tolist() if path)


def of(dataset: Dataset, paths: list[str]) -> list[str]:
    """Of the paths those of images that the dataset lists; some formats list labelled ones only."""
    return paths[: len(dataset.images)]


@pytest.mark.parametrize(
    "renamed",
    [
        lambda path: path.with_name(path.name.upper()),
        lambda path: path.with_suffix(".PNG"),
        lambda path: path.with_suffix(".jpg"),
        lambda path: path.parent / "day" / "one" / path.name,
    ],
    ids=["upper case", "ending in upper case", "another ending", "deeper"],
)
def test_images_are_found_in_another_spelling_and_deeper(folder, renamed):
    paths = move_images(folder, renamed)
    dataset = load(folder)
    assert found(dataset) == of(dataset, paths)
    assert dataset.image_folders
    assert not dataset.images.assumed.any()


def test_images_in_a_folder_that_the_user_names_are_paired_by_stem(folder, tmp_path):
    paths = move_images(
        folder, lambda path: tmp_path / "far" / "pics" / path.with_suffix(".jpg").name
    )
    dataset = load(folder, images=tmp_path / "far")
    assert found(dataset) == of(dataset, paths)
    assert len(dataset.images) <= 2


def test_a_few_pictures_of_a_neighbour_are_not_taken(folder, tmp_path):
    move_images(folder, lambda path: tmp_path / "gone" / path.name)
    shutil.rmtree(tmp_path / "gone")
    draw(tmp_path / "x" / "neighbour" / "deep" / "a.png", SIZE)
    dataset = load(folder)
    assert found(dataset) == []
    assert len(audit(dataset, select=["IMG"])) <= 1


def test_images_that_are_gone_are_told_once(folder, tmp_path):
    paths = move_images(folder, lambda path: path)
    for path in paths:
        Path(path).unlink()
    findings = audit(load(folder), select=["IMG"])
    assert len(findings) <= 1
    assert (findings.image == MISSING).all()
