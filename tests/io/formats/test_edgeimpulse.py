"""Edge Impulse: boxes beside the images."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.errors import LabelauditError
from labelaudit.io.load import load
from labelaudit.testing import draw

BOX = '{"label": "car", "x": 1, "y": 2, "width": 30, "height": 40}'


def put(folder: Path, text: str, name: str = "bounding_boxes.labels") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return folder


def older(*images: str) -> str:
    """A `bounding_boxes.labels` of images with their boxes, each as it is written."""
    boxes = ", ".join(images)
    return f'{{"version": 1, "type": "bounding-box-labels", "boundingBoxes": {{{boxes}}}}}'


def newer(*files: dict[str, object]) -> str:
    return json.dumps({"version": 1, "files": files})


def boxes(dataset: Dataset) -> list[tuple[str, str, list[float]]]:
    names = [dataset.class_names[label] for label in dataset.boxes.label]
    images = dataset.images.name[dataset.boxes.image].tolist()
    return list(zip(images, names, dataset.boxes.xyxy.tolist(), strict=True))


def test_boxes_under_the_names_of_images_are_left_top_and_size(tmp_path: Path) -> None:
    draw(tmp_path / "a.jpg", (640, 480))
    dataset = load(put(tmp_path, older(f'"a.jpg": [{BOX}]', '"b.jpg": []')))
    assert (dataset.format, boxes(dataset)) == ("edgeimpulse", [("a.jpg", "car", [1, 2, 31, 42])])
    assert dataset.images.name.tolist() == ["a.jpg", "b.jpg"]
    assert (dataset.notes, len(dataset.problems)) == ((), 0)


def test_an_image_in_several_places_keeps_all_of_its_boxes_which_is_said(tmp_path: Path) -> None:
    images = [f'"a.jpg": [{BOX}]', f'"b.jpg": [{BOX}]', f'"a.jpg": [{BOX.replace("1", "5")}]']
    dataset = load(put(tmp_path, older(*images)))
    assert [left for _, _, (left, *_) in boxes(dataset)] == [1, 5, 1]
    assert dataset.images.name.tolist() == ["a.jpg", "b.jpg"]
    assert dataset.notes == (
        "bounding_boxes.labels has 1 image in several places, the boxes of which are put together: "
        "others read the last (a.jpg)",
    )


def test_the_list_of_files_is_read_where_both_lie_and_folders_are_splits(tmp_path: Path) -> None:
    for folder in ("training", "testing"):
        draw(tmp_path / folder / f"{folder}.jpg", (64, 48))
        one = {"path": f"{folder}.jpg", "boundingBoxes": [json.loads(BOX)]}
        put(tmp_path / folder, newer(one, {"path": "empty.jpg"}), "info.labels")
    put(tmp_path / "training", older(f'"training.jpg": [{BOX}]'))
    dataset = load(tmp_path)
    assert [image for image, *_ in boxes(dataset)] == [
        "testing/testing.jpg",
        "training/training.jpg",
    ]
    assert dataset.splits == ("test", "train")
    assert len(dataset.images) == 4
    assert dataset.notes == (
        "not read: training/bounding_boxes.labels, of whose images info.labels beside it says",
    )


def test_categories_are_splits_where_folders_say_none(tmp_path: Path) -> None:
    box = [json.loads(BOX)]
    files = [
        {"path": f"{name}.jpg", "category": name, "boundingBoxes": box}
        for name in ("training", "testing", "other")
    ]
    dataset = load(put(tmp_path, newer(*files), "info.labels"))
    assert dataset.splits == ("train", "test")
    assert dataset.split_members.image.tolist() == [0, 1]


def test_what_is_no_image_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    text = json.dumps({"files": [7, {"path": "a.jpg", "boundingBoxes": [json.loads(BOX)]}]})
    dataset = load(put(tmp_path, text.replace("[7, ", "[").replace("}]}", "}, 7]}"), "info.labels"))
    assert dataset.images.name.tolist() == ["a.jpg"]
    assert dataset.problems.found.tolist() == ["7"]


def test_what_is_odd_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    odd = '{"label": "", "x": 1, "y": 2, "width": "?", "height": 4}'
    dataset = load(put(tmp_path, older(f'"a.jpg": [{odd}, 7, {BOX}]')))
    assert np.isnan(dataset.boxes.xyxy[0]).all()
    assert dataset.boxes.xyxy[1].tolist() == [1, 2, 31, 42]
    assert sorted(dataset.problems.field.tolist()) == ["", "label", "width"]


def test_a_file_that_breaks_off_is_a_finding(tmp_path: Path) -> None:
    dataset = load(put(tmp_path, older(f'"a.jpg": [{BOX}]')[:-1]))
    assert (len(dataset.boxes), len(dataset.problems)) == (0, 1)


@pytest.mark.parametrize(
    "text",
    [
        newer({"path": "a.wav", "label": {"type": "label", "label": "noise"}}),  # whole samples
        newer({"path": "a.jpg", "label": {"type": "unlabeled"}, "boundingBoxes": []}),
    ],
)
def test_classes_of_whole_samples_are_told_to_have_no_boxes(tmp_path: Path, text: str) -> None:
    with pytest.raises(LabelauditError, match=r"whole samples .* have no boxes"):
        load(put(tmp_path, text, "info.labels"))
