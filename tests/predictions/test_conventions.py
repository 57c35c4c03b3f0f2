"""Results files that are not as COCO has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.core.ids import Ids
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.predictions.conventions import as_fractions
from labelaudit.predictions.read import read_predictions
from labelaudit.testing import images, with_columns

NAMES = ("ant", "bee", "cat", "dog", "eel")
COUNT = 40


def labelled() -> Any:
    """Forty images of two objects each, whose class ids are 10, 20, 30, 40 and 50."""
    rng = np.random.default_rng(0)
    made = {}
    for number in range(COUNT):
        left, top = rng.integers(40, 200, 2)
        one = f"{NAMES[number % 5]} {left} {top} {left + 60} {top + 40}"
        two = f"{NAMES[(number + 1) % 5]} 400 300 480 400"
        made[f"frame-{number}.jpg"] = [one, two]
    return with_columns(images(made), "categories", id=Ids.of([10, 20, 30, 40, 50]))


DATASET = labelled()
TRUE = DatasetColumns(DATASET)


def results(**changes: Any) -> list[dict[str, Any]]:
    """What a detector sees, as COCO has it but for functions of (xyxy, class, score)."""
    boxes = DATASET.boxes
    rows = []
    for row in range(len(boxes)):
        left, top, right, bottom = boxes.xyxy[row].tolist()
        at = ((left, top, right, bottom), int(TRUE.box_class[row]), 0.5 + 0.004 * row)
        usual = {
            "image_id": int(boxes.image[row]) + 1,
            "category_id": 10 * (at[1] + 1),
            "bbox": [left, top, right - left, bottom - top],
            "score": at[2],
        }
        rows.append(usual | {key: change(*at) for key, change in changes.items()})
    return rows


def read(folder: Path, rows: Any) -> Any:
    path = folder / "results.json"
    path.write_text(rows if isinstance(rows, str) else json.dumps(rows))
    return read_predictions(path, DatasetColumns(DATASET))


def is_whole(found: Any) -> bool:
    """Whether all is read as it was meant."""
    given, boxes = found.predictions, DATASET.boxes
    return bool(
        (given.image == boxes.image).all()
        and (given.label == TRUE.box_class).all()
        and np.allclose(given.xyxy, boxes.xyxy)
        and np.allclose(given.score, 0.5 + 0.004 * np.arange(len(boxes)))
    )


def about(found: Any, words: str) -> list[str]:
    return [note for note in found.notes if words in note]


BOXES = {
    "left, top, right and bottom in pixels": lambda box, *_: list(box),
    "centre, width and height in pixels": lambda box, *_: [
        (box[0] + box[2]) / 2,
        (box[1] + box[3]) / 2,
        box[2] - box[0],
        box[3] - box[1],
    ],
    "centre, width and height in parts of the image": lambda box, *_: [
        (box[0] + box[2]) / 1280,
        (box[1] + box[3]) / 960,
        (box[2] - box[0]) / 640,
        (box[3] - box[1]) / 480,
    ],
    "left, top, right and bottom in parts of the image": lambda box, *_: [
        box[0] / 640,
        box[1] / 480,
        box[2] / 640,
        box[3] / 480,
    ],
    "left, top, width and height in parts of the image": lambda box, *_: [
        box[0] / 640,
        box[1] / 480,
        (box[2] - box[0]) / 640,
        (box[3] - box[1]) / 480,
    ],
}


def test_what_is_as_coco_has_it_is_read_without_a_word(tmp_path: Path):
    found = read(tmp_path, results())
    assert is_whole(found)
    assert not about(found, "read as")


@pytest.mark.parametrize("name", BOXES)
def test_boxes_are_read_as_labels_say_they_are_meant(tmp_path: Path, name: str):
    found = read(tmp_path, results(bbox=BOXES[name]))
    assert is_whole(found)
    [words] = about(found, "read as")
    assert words.startswith(str(tmp_path / "results.json"))
    assert f"its boxes are read as {name}: so 100% of the surest lie on a label" in words


@pytest.mark.parametrize("first", [0, 1])
def test_class_numbers_may_be_places_in_the_list_of_classes(tmp_path: Path, first: int):
    found = read(tmp_path, results(category_id=lambda _, label, __: label + first))
    assert is_whole(found)
    [words] = about(found, "read as")
    assert f"read as places in the list of classes, from {first}: so 100%" in words


def test_places_are_those_in_the_order_of_ids(tmp_path: Path):
    turned = with_columns(DATASET, "categories", id=Ids.of([50, 40, 30, 20, 10]))
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results(category_id=lambda _, label, __: 4 - label)))
    found = read_predictions(path, DatasetColumns(turned))
    assert (found.predictions.label == TRUE.box_class).all()


def test_ids_of_any_size_have_an_order(tmp_path: Path):
    huge = with_columns(DATASET, "categories", id=Ids.of([10**20 + n for n in range(5)]))
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results(category_id=lambda _, label, __: label)))
    found = read_predictions(path, DatasetColumns(huge))
    assert (found.predictions.label == TRUE.box_class).all()


def test_with_few_predictions_on_labels_numbers_are_taken_as_they_are(tmp_path: Path):
    few = results(bbox=BOXES["left, top, right and bottom in pixels"])[:19]
    assert not about(read(tmp_path, few), "read as")
    few = results(category_id=lambda _, label, __: 10 * ((label + 1) % 5 + 1))
    assert not about(read(tmp_path, few), "read as")


def test_a_detector_that_is_mostly_wrong_is_not_read_in_another_way(tmp_path: Path):
    """A third of its boxes fit as they are: another reading must be right three times as often."""
    rows = results()
    corners = results(bbox=BOXES["left, top, right and bottom in pixels"])
    mixed = rows[:30] + corners[30:]
    assert not about(read(tmp_path, mixed), "boxes are read as")
    mixed = rows[:10] + corners[10:]
    assert about(read(tmp_path, mixed), "boxes are read as")


CORNERS = BOXES["left, top, right and bottom in pixels"]
NOWHERE = {"image_id": 1, "category_id": 10, "bbox": [600, 440, 605, 445], "score": 0.9}


@pytest.mark.parametrize(("count", "read_so"), [(20, True), (19, False)])
def test_twenty_must_find_a_label(tmp_path: Path, count: int, read_so: bool):
    rows = results(bbox=CORNERS)[:count]
    assert bool(about(read(tmp_path, rows), "boxes are read as")) is read_so
    rows = [NOWHERE, *results(category_id=lambda _, label, __: label)[:count]]
    assert bool(about(read(tmp_path, rows), "class numbers are read as")) is read_so


@pytest.mark.parametrize(("right", "read_so"), [(22, True), (21, False)])
def test_a_fifth_must_be_right(tmp_path: Path, right: int, read_so: bool):
    rows = results(bbox=CORNERS)[:right] + [NOWHERE] * (110 - right)
    assert bool(about(read(tmp_path, rows), "boxes are read as")) is read_so


@pytest.mark.parametrize(("right", "read_so"), [(45, True), (44, False)])
def test_three_times_as_many_must_be_right_as_in_the_usual_reading(
    tmp_path: Path, right: int, read_so: bool
):
    rows = results()[:15] + results(bbox=CORNERS)[15 : 15 + right]
    assert bool(about(read(tmp_path, rows), "boxes are read as")) is read_so


@pytest.mark.parametrize(("aside", "read_so"), [(0.29, True), (0.38, False)])
def test_a_label_is_found_with_an_overlap_of_a_half(tmp_path: Path, aside: float, read_so: bool):
    def moved(box: Any, *_: Any) -> list[float]:  # they overlap by .55 and .45
        by = aside * (box[2] - box[0])
        return [box[0] + by, box[1], box[2] + by, box[3]]

    assert bool(about(read(tmp_path, results(bbox=moved)), "boxes are read as")) is read_so


@pytest.mark.parametrize(("far", "read_so"), [(1.4, True), (1.6, False)])
def test_parts_of_an_image_reach_beyond_it_by_a_half_at_most(
    tmp_path: Path, far: float, read_so: bool
):
    rows = results(bbox=BOXES["left, top, right and bottom in parts of the image"])
    rows.append(NOWHERE | {"bbox": [0.9, 0.9, far, 1.0]})
    assert bool(about(read(tmp_path, rows), "in parts of the image")) is read_so


def test_scores_may_be_percentages(tmp_path: Path):
    found = read(tmp_path, results(score=lambda _, __, score: 100 * score))
    assert is_whole(found)
    assert about(found, "its scores are read as percentages")


@pytest.mark.parametrize(
    ("scores", "read_so"),
    [
        ([0.9, 99.0, 50.0], True),
        ([0.9, 0.5, 50.0], False),  # most are fractions: the odd one is left out
        ([0.9, 99.0, 101.0], False),
        ([-1.0, 99.0, 50.0], False),
        ([np.nan, 99.0], True),
        ([], False),
    ],
)
def test_only_scores_up_to_a_hundred_most_of_them_above_one_are_percentages(scores, read_so):
    found, words = as_fractions(np.array(scores))
    assert bool(words) is read_so
    expected = np.array(scores) / (100 if read_so else 1)
    assert np.array_equal(found, expected, equal_nan=True)


def test_numbers_may_be_texts(tmp_path: Path):
    rows = [{key: str(value) for key, value in row.items() if key != "bbox"} for row in results()]
    boxes = [{"bbox": [str(n) for n in row["bbox"]]} for row in results()]
    assert is_whole(read(tmp_path, [one | box for one, box in zip(rows, boxes, strict=True)]))


@pytest.mark.parametrize("name", ["annotations", "predictions", "results", "detections"])
def test_the_list_may_stand_under_a_name(tmp_path: Path, name: str):
    assert is_whole(read(tmp_path, {name: results(), "info": {}}))


def test_predictions_may_stand_in_lines(tmp_path: Path):
    assert is_whole(read(tmp_path, "\n".join(json.dumps(row) for row in results()) + "\n\n"))
    two = read(tmp_path, "\n".join(json.dumps(row) for row in results()[:2]))
    assert two.predictions.label.tolist() == TRUE.box_class[:2].tolist()


def test_an_object_over_several_lines_is_one_object(tmp_path: Path):
    text = json.dumps({"info": {}, "predictions": results()}).replace(
        '"predictions"', '\n"predictions"'
    )
    assert is_whole(read(tmp_path, text))
    assert is_whole(read(tmp_path, text.replace('{"info": {}, ', '{"info": {}\n, ')))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (lambda at: 10 * (at + 1) + 1, "ids of the labels' classes, one too high"),
        (lambda at: 10 * (at + 1) - 1, "ids of the labels' classes, one too low"),
    ],
)
def test_class_ids_that_are_shifted_by_one_are_found_and_said(tmp_path, number, said):
    found = read(tmp_path, results(category_id=lambda xyxy, label, score: number(label)))
    assert is_whole(found)
    (note,) = about(found, "class numbers are read as")
    assert said in note


def test_places_by_alphabet_are_found_and_said(tmp_path):
    ids = with_columns(DATASET, "categories", id=Ids.of([40, 10, 50, 20, 30]))
    derived = DatasetColumns(ids)
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results(category_id=lambda xyxy, label, score: label)))
    found = read_predictions(path, derived)
    assert (found.predictions.label == derived.box_class).all()
    assert about(found, "places in the list of classes by alphabet, from 0")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (lambda at: at, None),
        (lambda at: at + 1, "places in the list of classes, from 1"),
        (lambda at: 10 * (at + 1), "ids of the labels' classes"),
    ],
)
def test_class_numbers_of_yolo_files_are_read_as_labels_speak_for(tmp_path, number, said):
    for row, (left, top, right, bottom) in enumerate(DATASET.boxes.xyxy.tolist()):
        shares = [(left + right) / 1280, (top + bottom) / 960, (right - left) / 640]
        words = [number(int(TRUE.box_class[row])), *shares, (bottom - top) / 480, 0.9]
        with (tmp_path / f"frame-{DATASET.boxes.image[row]}.txt").open("a") as file:
            file.write(" ".join(map(str, words)) + "\n")
    found = read_predictions(tmp_path, TRUE)
    boxes = DATASET.boxes
    expected = {tuple(one) for one in zip(boxes.image, TRUE.box_class, strict=True)}
    seen = found.predictions
    assert {tuple(one) for one in zip(seen.image, seen.label, strict=True)} == expected
    notes = about(found, "class numbers are read as")
    assert [said in note for note in notes] == ([] if said is None else [True])
