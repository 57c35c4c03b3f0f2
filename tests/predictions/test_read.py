"""Files of predictions as people bring them: several, empty, twice, without what is needed."""

from __future__ import annotations

import json

import pytest

import labelaudit
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import FormatError
from labelaudit.predictions.read import read_predictions
from labelaudit.testing import images

DERIVED = DatasetColumns(images({"a.jpg": ["car 10 10 40 40"], "b.jpg": ["bus 5 5 60 60"]}))


def row(image: str, **more: object) -> dict[str, object]:
    return {"image_id": image, "category_id": "car", "bbox": [1, 2, 30, 40], "score": 0.5} | more


def test_files_in_a_folder_are_those_of_splits(tmp_path):
    (tmp_path / "train.json").write_text(json.dumps([row("a.jpg"), row("unknown.jpg")]))
    (tmp_path / "val.csv").write_text("image,class,score,x,y,w,h\nb.jpg,bus,0.25,1,2,30,40\n")
    (tmp_path / "none.json").write_text("[]")
    found = read_predictions(tmp_path, DERIVED)
    assert found.source == str(tmp_path)
    assert sorted(found.predictions.score.tolist()) == [0.25, 0.5]
    assert ["1 of images that" in note for note in found.notes].count(True) == 1


@pytest.mark.parametrize(("other", "width"), [({"probs": [0.3, 0.7]}, 2), ({}, 0)])
def test_scores_of_all_classes_are_kept_where_every_file_has_them(tmp_path, other, width):
    (tmp_path / "a.json").write_text(json.dumps([row("a.jpg", probs=[0.5, 0.5])]))
    more = row("b.jpg", **({"category_id": "bus"} | other))
    (tmp_path / "b.json").write_text(json.dumps([more]))
    assert read_predictions(tmp_path, DERIVED).predictions.class_scores.shape == (2, width)


def test_a_folder_with_text_files_is_one_of_yolo_files(tmp_path):
    (tmp_path / "a.txt").write_text("0 0.5 0.5 0.1 0.2 0.9")
    (tmp_path / "config.json").write_text("{}")
    assert read_predictions(tmp_path, DERIVED).predictions.score.tolist() == [0.9]


def test_what_is_there_twice_counts_once(tmp_path):
    path = tmp_path / "seen.json"
    rows = [row("a.jpg"), row("a.jpg", score=0.4), row("b.jpg"), row("a.jpg", category_id="bus")]
    path.write_text(json.dumps([*rows, *rows[:2]]))
    found = read_predictions(path, DERIVED)
    assert len(found.predictions) == 4
    assert "left out of 6 predictions: 2 that are there twice" in found.notes[0]


def test_predictions_of_nothing_are_said_to_judge_nothing(tmp_path):
    path = tmp_path / "seen.json"
    path.write_text("[]")
    assert "there is no prediction in it" in read_predictions(path, DERIVED).notes[0]
    path.write_text(" \n")
    with pytest.raises(FormatError, match=r"the file is empty; .* an empty list"):
        read_predictions(path, DERIVED)


@pytest.mark.parametrize(
    ("rows", "way"),
    [
        ([row("z.jpg")], r"Images of these are called a.jpg, b.jpg"),
        ([row("a.jpg", category_id="tree")], r"Classes of these are called car, bus"),
        ([row("a.jpg", score=None)], r"save_conf=True"),
        (
            [{"name": "car", "confidence": 0.9, "xyxy": [1, 2, 3, 4]}],
            r"image_id, category_id, bbox",
        ),
        ([row("a.jpg", bbox=[1, 2, 0, 4])], r"do they belong to these labels\?$"),
    ],
)
def test_what_cannot_be_used_says_the_way_on(tmp_path, rows, way):
    path = tmp_path / "seen.json"
    path.write_text(json.dumps(rows))
    with pytest.raises(FormatError, match=way):
        read_predictions(path, DERIVED)


def test_labels_that_a_shifted_detector_would_all_doubt_are_judged_as_they_are(tmp_path):
    names = [f"{'abc'[n % 3]} {10 + n} 10 {70 + n} 80" for n in range(60)]
    dataset = images({f"{n}.jpg": [name] for n, name in enumerate(names)})
    given = DatasetColumns(dataset)
    rows = [
        {
            "image_id": f"{n}.jpg",
            "category_id": int(given.box_class[n]) + 2,  # ids are 1 to 3
            "bbox": [10 + n, 10, 60, 70],
            "score": 0.7 + n / 300,
        }
        for n in range(60)
    ]
    path = tmp_path / "seen.json"
    path.write_text(json.dumps(rows))
    pytest.importorskip("sklearn")
    label_issues = labelaudit.by_predictions(dataset, path)
    assert label_issues.boxes.wrong.max() < 0.1
    assert any("one too high" in note for note in label_issues.notes)
