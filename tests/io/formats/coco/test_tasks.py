"""A folder `annotations` as COCO has it: the files about boxes are read, the others are named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats.coco import tasks
from labelaudit.io.formats.coco.tasks import TaskFile
from labelaudit.io.load import load

BOX = {"bbox": [1, 2, 9, 9], "category_id": 1, "area": 81, "iscrowd": 0}
KEYPOINTS = BOX | {"keypoints": [1, 2, 2], "num_keypoints": 1}
CAPTION = {"caption": "a cat on a mat"}
PANOPTIC = {
    "file_name": "1.png",
    "segments_info": [{"id": 7, "category_id": 1, "bbox": [1, 2, 3, 4]}],
}
LABEL = {"category_id": 1}
QUESTION = {"question": "how many?", "answers": []}


def put(folder: Path, name: str, record: dict[str, Any] | None, *, images: str = "ab") -> Path:
    """A file with one record for each image; without annotations if there is no record."""
    listed = [
        {"id": number, "file_name": f"{image}.jpg", "width": 64, "height": 48}
        for number, image in enumerate(images, start=1)
    ]
    content: dict[str, Any] = {"info": {"year": 2026}, "images": listed}
    if record is not None:
        content["annotations"] = [
            {"id": number, "image_id": number} | record for number in range(1, len(images) + 1)
        ]
    content["categories"] = [{"id": 1, "name": "cat"}]
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def names(dataset: Dataset) -> list[str]:
    return sorted(dataset.files.path.tolist())


@pytest.mark.parametrize(
    ("name", "record", "task"),
    [
        ("captions_train2017.json", CAPTION, "captions"),
        ("texts.json", CAPTION, "captions"),
        ("panoptic_train2017.json", PANOPTIC, "panoptic segments"),
        ("stuff_train2017.json", BOX, "stuff, regions without single objects"),
        ("image_info_test2017.json", None, "images without annotations"),
        ("unlabeled.json", None, "images without annotations"),
        ("image_labels.json", LABEL, "classes of images"),
        ("vqa.json", QUESTION, "questions about images"),
    ],
)
def test_a_file_about_something_else_is_named_and_left_out(tmp_path, name, record, task):
    put(tmp_path, "annotations/instances_train2017.json", BOX)
    put(tmp_path, "annotations/instances_val2017.json", BOX, images="cd")
    put(tmp_path, f"annotations/{name}", record)
    for path in (tmp_path, tmp_path / "annotations"):
        dataset = load(path)
        assert dataset.splits == ("instances_train2017", "instances_val2017")
        assert len(dataset.boxes) == 4
        assert dataset.notes == (f"not read: {name}: {task}, no boxes",)


@pytest.mark.parametrize(
    ("boxes", "keypoints"),
    [
        ("instances_train2017.json", "person_keypoints_train2017.json"),
        ("labels.json", "keypoints.json"),
        ("instances_val.json", "poses.json"),
    ],
)
def test_keypoints_of_the_same_images_are_no_second_split(tmp_path, boxes, keypoints):
    put(tmp_path, boxes, BOX)
    path = put(tmp_path, keypoints, KEYPOINTS)
    dataset = load(tmp_path)
    assert (names(dataset), dataset.splits) == ([boxes], ())
    (note,) = dataset.notes
    assert note == (
        f"not read: {keypoints}: keypoints of images of {boxes}, which has all objects; "
        f"audit it with labelaudit scan {path}"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("instances_train.json", BOX, "ab"), ("keypoints_train.json", KEYPOINTS, "cd")),
        (("train.json", KEYPOINTS, "ab"), ("val.json", KEYPOINTS, "ab")),
        (("train.json", BOX, "ab"), ("val.json", BOX, "ab")),
        (("instances_train.json", BOX, "ab"), ("keypoints_val.json", KEYPOINTS, "ab")),
    ],
)
def test_other_images_another_split_or_one_task_are_put_together(tmp_path, first, second):
    for name, record, images in (first, second):
        put(tmp_path, name, record, images=images)
    dataset = load(tmp_path)
    assert len(dataset.splits) == 2
    assert len(dataset.boxes) == 4
    assert dataset.notes == ()


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (CAPTION, "its 2 annotations are captions, no boxes"),
        (PANOPTIC, "its 2 annotations are panoptic segments, no boxes"),
        (LABEL, "its 2 annotations are classes of images, no boxes"),
    ],
)
def test_a_file_alone_whose_records_are_about_no_box_is_one_finding_without_a_fix(
    tmp_path, record, words
):
    for path in (put(tmp_path, "x.json", record), tmp_path):
        dataset = load(path)
        assert (len(dataset.images), len(dataset.boxes)) == (2, 0)
        assert dataset.problems.found.tolist() == [words]
        findings = audit(dataset, select=["REF"])
        assert findings.code.tolist()[0] == "REF001"
        assert not any(findings.fix)


@pytest.mark.parametrize("extra", [BOX, {"segmentation": [[1, 1, 9, 1, 9, 9]]} | LABEL])
def test_a_file_in_which_one_record_has_a_box_or_mask_keeps_all(tmp_path, extra):
    path = put(tmp_path, "x.json", CAPTION)
    content = json.loads(path.read_text())
    content["annotations"].append({"id": 9, "image_id": 1} | extra)
    path.write_text(json.dumps(content))
    assert len(load(path).boxes) == 3


def test_a_box_far_from_the_beginning_keeps_all_records(tmp_path, monkeypatch):
    monkeypatch.setattr(tasks, "_LOOKED_AT", 50)
    path = put(tmp_path, "x.json", CAPTION)
    content = json.loads(path.read_text())
    content["annotations"].append({"id": 9, "image_id": 1} | BOX)
    path.write_text(json.dumps(content))
    assert TaskFile.of(path).task == "captions"
    assert len(load(path).boxes) == 3


def test_a_file_whose_records_lost_their_boxes_keeps_them(tmp_path):
    dataset = load(put(tmp_path, "x.json", {"bbox": None, "category_id": 1}))
    assert len(dataset.boxes) == 2


@pytest.mark.parametrize("depth", ["", "train/", "export/train/", "a/b/c/train/"])
def test_files_are_found_at_any_depth(tmp_path, depth):
    put(tmp_path, f"{depth}_annotations.coco.json", BOX)
    put(tmp_path, f"{depth.replace('train', 'valid')}sub/_annotations.coco.json", BOX, images="c")
    assert len(load(tmp_path).boxes) == 3


def test_an_empty_or_closed_file_is_about_boxes_as_far_as_anybody_knows(tmp_path):
    (tmp_path / "x.json").write_bytes(b"")
    assert TaskFile.of(tmp_path / "x.json").task == "boxes"
    assert TaskFile.of(tmp_path / "nowhere.json").task == "boxes"
    assert not TaskFile.of(tmp_path / "x.json").lists_images_of(TaskFile(tmp_path / "x", "boxes"))


def put_without_records(folder: Path, name: str, images: str) -> None:
    path = put(folder, name, BOX, images=images)
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"annotations": [], "categories": []}))


def test_a_list_of_the_images_of_another_file_is_no_second_split(tmp_path):
    put(tmp_path, "annotations/instances_train.json", BOX, images="ab")
    put(tmp_path, "annotations/instances_val.json", BOX, images="cd")
    put_without_records(tmp_path, "annotations/image_info_train.json", "ab")
    dataset = load(tmp_path)
    assert dataset.splits == ("instances_train", "instances_val")
    assert dataset.images.name.tolist() == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert dataset.notes == (
        "not read: image_info_train.json: images without annotations, no boxes",
    )


@pytest.mark.parametrize(("name", "images"), [("val.json", "ab"), ("more.json", "cd")])
def test_a_file_without_records_is_a_split_if_its_images_are_its_own(tmp_path, name, images):
    put(tmp_path, "train.json", BOX, images="ab")
    put_without_records(tmp_path, name, images)
    dataset = load(tmp_path)
    assert len(dataset.splits) == 2
    assert (len(dataset.images), dataset.notes) == (4, ())
