from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import FormatError
from labelaudit.predictions.read import read_predictions
from labelaudit.predictions.rows import softmax
from labelaudit.predictions.validate import ImportedPredictions
from labelaudit.testing import images

DATASET = images({"dir/a.jpg": ["car 10 10 40 40"], "b.jpg": ["bus 5 5 60 60"]})


def row(**changes: Any) -> dict[str, Any]:
    """A prediction of the car, but for the changes."""
    return {"image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30], "score": 0.5} | changes


def read(folder: Path, content: Any) -> ImportedPredictions:
    path = folder / "results.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_predictions(path, DatasetColumns(DATASET))


def test_a_results_file_gives_rows_of_the_dataset(tmp_path: Path):
    found = read(tmp_path, [row(), row(image_id=2, category_id=2)])
    assert found.predictions.image.tolist() == [0, 1]
    assert found.predictions.label.tolist() == [0, 1]
    assert found.predictions.xyxy[0].tolist() == [10, 10, 40, 40]
    assert found.predictions.score.tolist() == [0.5, 0.5]
    assert found.notes == ()


@pytest.mark.parametrize("name", ["dir/a.jpg", "a.jpg", "a", "/elsewhere/a.jpg", "dir\\a.jpg"])
def test_images_and_classes_may_be_named(tmp_path: Path, name: str):
    found = read(tmp_path, [row(image_id=name, category_id="bus")])
    assert found.predictions.image.tolist() == [0]
    assert found.predictions.label.tolist() == [1]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"image_id": 7}, "of images that the dataset does not have"),
        ({"category_id": 7}, "of classes that the dataset does not have"),
        ({"score": float("nan")}, "without a score"),
        ({"score": None}, "without a score"),
        ({"score": 1.5}, "with a score outside 0 to 1"),
        ({"score": -0.1}, "with a score outside 0 to 1"),
        ({"bbox": [0, 0, float("inf"), 1]}, "without a finite box"),
        ({"bbox": [0, 0, 0, 1]}, "of boxes without an inside"),
        ({"bbox": [0, 0, 1]}, "that could not be read"),
        ({"bbox": None}, "that could not be read"),
    ],
)
def test_what_cannot_be_used_is_left_out_and_counted(tmp_path: Path, wrong: Any, why: str):
    found = read(tmp_path, [row(), row(**wrong), row(score=1.0), row(score=0.0)])
    assert found.predictions.score.tolist() == [0.5, 1.0, 0.0]
    assert len(found.notes) == 1
    assert f"left out of 4 predictions: 1 {why}" in found.notes[0]


def test_things_that_are_no_predictions_are_counted(tmp_path: Path):
    half = "\ud83d"  # of a pair, which no encoding has
    odd = [7, None, "x", {}, row(bbox=half), row(score=half), {**row(), half: 1, "bbox": None}]
    found = read(tmp_path, [row(), *odd])
    assert len(found.predictions) == 1
    assert f"{len(odd)} that could not be read" in found.notes[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([row(image_id=99)], "none of its 1 predictions can be used"),
        ("{}", "neither a list of predictions nor a COCO file"),
        ("", "the file is empty"),
        ("7", "expected a list of predictions, found int"),
        ("[" * 100_000, "not a JSON file"),
    ],
)
def test_a_file_of_which_nothing_can_be_used_is_an_error(tmp_path: Path, content: Any, words: str):
    with pytest.raises(FormatError, match=words):
        read(tmp_path, content)


def test_no_predictions_at_all_are_no_error(tmp_path: Path):
    assert len(read(tmp_path, []).predictions) == 0


def test_a_coco_file_with_scores_is_read_by_its_own_names(tmp_path: Path):
    file = {
        "images": [{"id": 70, "file_name": "b.jpg"}],
        "categories": [{"id": 5, "name": "bus"}],
        "annotations": [row(image_id=70, category_id=5, extra=[1])],
    }
    found = read(tmp_path, file)
    assert found.predictions.image.tolist() == [1]
    assert found.predictions.label.tolist() == [1]
    del file["annotations"][0]["score"]  # type: ignore[attr-defined]  # a list of dictionaries
    with pytest.raises(FormatError, match="these are labels"):
        read(tmp_path, file)


def test_logits_and_probabilities_become_class_scores(tmp_path: Path):
    found = read(tmp_path, [row(logits=[2.0, 0.0]), row(probs=[0.7, 0.3])])
    expected = [softmax(np.array([[2.0, 0.0]], np.float32))[0], [0.7, 0.3]]
    np.testing.assert_allclose(found.predictions.class_scores, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("vector", "why"), [([0.1, 0.2, 0.7], "of 3 numbers"), ([0.1, 0.9], "their order may not be")]
)
def test_class_vectors_that_do_not_fit_are_not_used(tmp_path: Path, vector: Any, why: str):
    found = read(tmp_path, [row(scores=vector)])
    assert found.predictions.class_scores.shape == (1, 0)
    assert why in found.notes[0]


def test_a_row_for_each_class_of_a_place_has_its_score_in_the_vector(tmp_path: Path):
    rows = [row(scores=[0.504, 0.9]), row(category_id=2, scores=[0.504, 0.9], score=0.9)]
    found = read(tmp_path, [rows[0], rows[0], rows[1]])
    assert found.predictions.class_scores.shape == (3, 2)
    assert found.notes == ()
    elsewhere = read(tmp_path, [row(scores=[0.52, 0.9])] * 3)  # .5 of the row is nowhere
    assert elsewhere.predictions.class_scores.shape == (3, 0)


@pytest.mark.parametrize(("wrong", "used"), [(2, True), (3, False)])
def test_half_of_all_vectors_must_speak_for_the_class_of_their_row(tmp_path: Path, wrong, used):
    found = read(tmp_path, [*[row(scores=[0.9, 0.1])] * 2, *[row(scores=[0.1, 0.9])] * wrong])
    assert (found.predictions.class_scores.shape[1] == 2) is used


def test_vectors_that_are_not_finite_are_not_used(tmp_path: Path):
    found = read(tmp_path, json.dumps([row(scores=[0.5, 0.1])]).replace("0.1]", "NaN]"))
    assert "none is of a known class and of finite numbers" in found.notes[0]


def test_numbers_of_file_names_are_known_where_labels_have_no_ids(tmp_path: Path):
    from labelaudit.core.ids import Ids
    from labelaudit.testing import with_columns

    dataset = images({"000139.jpg": ["car 10 10 40 40"]})
    dataset = with_columns(dataset, "images", id=Ids.missing(1))
    path = tmp_path / "results.json"
    path.write_text(json.dumps([row(image_id=139)]))
    assert read_predictions(path, DatasetColumns(dataset)).predictions.image.tolist() == [0]


def test_a_name_that_two_images_bear_is_neither():
    from labelaudit.predictions.lookup import ImageNames

    names = ImageNames(DatasetColumns(images({"one/a.jpg": [], "two/a.jpg": [], "b.jpg": []})))
    assert [names.row(name) for name in ("a.jpg", "a", "two/a.jpg", "x/b.png")] == [-1, -1, 1, 2]


LATIN = b'{"image_id": "\xe9", "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}'
NAMED = (
    b'{"images": [{"id": 1, "file_name": "%s"}], "categories": [{"id": 1, "name": "%s"}], '
    b'"annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]}'
)


@pytest.mark.parametrize(
    "content",
    [
        b"[" + LATIN + b"]",
        b"[\xff" + LATIN + b"]",
        b"[" + json.dumps(row()).encode() + b", " + LATIN + b"]",
        NAMED % (b"\xe9.jpg", b"car"),
        NAMED % (b"b.jpg", b"caf\xe9"),
        b"\x1f\x8b\x08" + bytes(range(1, 256)),
    ],
)
def test_a_file_that_is_not_utf_8_is_an_error_that_says_so(tmp_path: Path, content: bytes):
    (tmp_path / "p.json").write_bytes(content)
    with pytest.raises(FormatError, match=r"p\.json: not UTF-8, byte 0x") as caught:
        read_predictions(tmp_path / "p.json", DatasetColumns(DATASET))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
@pytest.mark.parametrize("content", [json.dumps([row()]), (NAMED % (b"b.jpg", b"car")).decode()])
def test_a_file_in_another_utf_is_read(tmp_path: Path, content: str, encoding: str):
    (tmp_path / "p.json").write_bytes(content.encode(encoding))
    found = read_predictions(tmp_path / "p.json", DatasetColumns(DATASET))
    assert len(found.predictions) == 1


@pytest.mark.parametrize("content", ["[" * 100_000, '{"images": ' + "[" * 100_000])
def test_a_file_that_is_nested_too_deeply_is_an_error(tmp_path: Path, content: str):
    (tmp_path / "p.json").write_text(content)
    with pytest.raises(FormatError, match=r"p\.json: "):
        read_predictions(tmp_path / "p.json", DatasetColumns(DATASET))
