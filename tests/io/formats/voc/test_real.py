from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from labelaudit.core.rows import all_but
from labelaudit.io.formats.voc.loading import load
from labelaudit.io.formats.voc.patching import patch
from labelaudit.io.record_diff import changes
from tests.io.formats.voc_files import patched, problems


def test_bccd_is_read_whole(shared_data: Path):
    dataset = load(shared_data / "bccd", [])
    assert (len(dataset.files), len(dataset.boxes)) == (364, 4888)
    assert dict(zip(*np.unique(dataset.boxes.label, return_counts=True), strict=True)) == {
        dataset.class_names.index("WBC"): 372,
        dataset.class_names.index("RBC"): 4155,
        dataset.class_names.index("Platelets"): 361,
    }
    assert problems(dataset) == []
    assert (dataset.images.path != "").all()
    assert np.bincount(dataset.split_members.split).tolist() == [205, 87, 72]
    assert dataset.splits == ("train", "val", "test")


def test_the_known_errors_of_bccd_stand_where_they_are_said_to(shared_data: Path):
    dataset = load(shared_data / "bccd", [])
    boxes = dataset.boxes
    image = {name: row for row, name in enumerate(dataset.images.name.tolist())}
    known = json.loads((shared_data / "bccd" / "known_errors.json").read_text())["errors"]
    placed = [error for error in known if "object_index" in error]
    assert len(placed) == 12
    for error in placed:
        rows = np.flatnonzero(boxes.image == image[error["image"]])
        (row,) = rows[boxes.record[rows] == error["object_index"]]
        assert dataset.class_names[boxes.label[row]] == error["labelled"]
        assert boxes.xyxy[row].tolist() == [
            edge - shift for edge, shift in zip(error["bbox_xyxy"], (1, 1, 0, 0), strict=True)
        ]


def test_cards_are_split_by_folder(shared_data: Path):
    dataset = load(shared_data / "cards", [])
    assert (len(dataset.files), len(dataset.boxes)) == (363, 670)
    assert dataset.splits == ("test", "train")
    assert np.bincount(dataset.split_members.split).tolist() == [67, 296]
    assert problems(dataset) == []
    assert (dataset.images.path != "").all()


def test_the_first_pass_of_bccd_names_no_image(shared_data: Path):
    folder = shared_data / "bccd" / "first_pass"
    alone, with_images = load(folder, []), load(folder, [shared_data / "bccd" / "JPEGImages"])
    for dataset in (alone, with_images):
        assert (len(dataset.files), len(dataset.boxes)) == (343, 3854)
        told = {problem[2:4] for problem in problems(dataset)}
        assert (told, len(dataset.problems)) == ({("wrong-type", "filename")}, 343)
        assert (dataset.images.path != "").all()
    assert alone.image_folders == (shared_data / "bccd" / "JPEGImages",)


def test_without_changes_no_real_file_is_touched(shared_data: Path):
    for name in ("bccd", "cards"):
        dataset = load(shared_data / name, [])
        assert patch(dataset, dataset, changes(dataset, dataset)) == {}


def test_every_object_of_bccd_can_be_dropped_alone(shared_data: Path, tmp_path: Path):
    names = sorted((shared_data / "bccd" / "Annotations").iterdir())[:20]
    for name in names:
        shutil.copy(name, tmp_path)
    dataset = load(tmp_path, [])
    for row in range(0, len(dataset.boxes), 7):
        ((file, raw),) = patched(
            dataset, dataset.keep(boxes=all_but(len(dataset.boxes), np.array([row])))
        ).items()
        before = (tmp_path / file).read_text().split("\n")
        after = raw.decode().split("\n")
        start = [at for at, line in enumerate(before) if "<object>" in line][
            dataset.boxes.record[row]
        ]
        end = before.index("\t</object>", start) + 1
        assert after == before[:start] + before[end:]
