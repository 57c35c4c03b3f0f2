"""Text files of boxes with classes by their names, as OIDv4 ToolKit, mAP and others have them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from labelaudit.cli import main
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import LabelauditError
from labelaudit.io.load import load
from labelaudit.testing import draw

SIZE = (640, 480)


def put(folder: Path, *lines: str, place: str = "Label/a.txt") -> Path:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    return folder


def read(folder: Path, *lines: str) -> Dataset:
    """The dataset of one file of lines, whose image lies beside the folder of labels."""
    draw(folder / "a.png", SIZE)
    return load(put(folder, *lines))


def boxes(dataset: Dataset) -> list[tuple[str, list[float]]]:
    names = [dataset.class_names[label] for label in dataset.boxes.label]
    return list(zip(names, dataset.boxes.xyxy.round(3).tolist(), strict=True))


CAR = ("car", [300.0, 20.0, 400.0, 140.0])


@pytest.mark.parametrize(
    "line",
    [
        "car 300 20 400 140",
        "car 300.0\t20 400 140.00  ",
        "car,300,20,400,140",
        "car, 300, 20, 400, 140",
        '"car" 300 20 400 140',
        "300 20 400 140 car",
        "300,20,400,140,car",
        "car 300 20 400 140 difficult",
    ],
)
def test_a_name_and_four_numbers_are_a_box_however_they_are_parted(tmp_path, line):
    dataset = read(tmp_path, line)
    assert (dataset.format, boxes(dataset), len(dataset.problems)) == ("boxtexts", [CAR], 0)
    assert dataset.images.path.tolist() == [str(tmp_path / "a.png")]
    assert dataset.boxes.difficult.tolist() == [line.endswith("difficult")]
    assert dataset.notes == ()


def test_a_name_may_have_six_words_and_what_has_seven_is_a_sentence(tmp_path):
    six = "a b c d e f 300 20 400 140"
    assert read(tmp_path, six).class_names == ["a b c d e f"]
    dataset = read(tmp_path, six, f"g {six}")
    assert (len(dataset.boxes), len(dataset.problems)) == (1, 1)


def test_four_numbers_that_fit_as_a_size_alone_are_read_as_one_and_that_is_said(tmp_path):
    dataset = read(tmp_path, "car 300 20 100 120", "car 500 100 40 30")
    assert boxes(dataset) == [CAR, ("car", [500, 100, 540, 130])]
    assert dataset.notes == (
        "four numbers of a box are taken to be left, top, width, height, by which 2 of 2 boxes fit",
    )


def test_what_fits_both_readings_is_told_with_what_can_be_done(tmp_path):
    dataset = load(put(tmp_path, "car 30 20 40 140"))
    assert dataset.notes == (
        "four numbers of a box are taken to be left, top, right, bottom, though they would fit as "
        "left, top, width, height as well; compare some with their images to be sure",
    )


def test_fractions_behind_names_are_a_centre_and_a_size(tmp_path):
    dataset = read(tmp_path, "car 0.5 0.5 0.25 0.5", "traffic light 0.25 0.5 0.5 1")
    assert boxes(dataset) == [
        ("car", [240, 120, 400, 360]),
        ("traffic light", [0, 0, 320, 480]),
    ]


def test_names_before_fractions_are_yolos_where_a_list_of_classes_lies_beside(tmp_path):
    put(tmp_path, "car 0.5 0.5 0.25 0.5", place="labels/a.txt")
    assert load(tmp_path).format == "boxtexts"
    (tmp_path / "classes.txt").write_text("bus\ncar\n")
    dataset = load(tmp_path)
    assert (dataset.format, dataset.boxes.label.tolist()) == ("yolo", [1])


def test_numbers_before_fractions_stay_yolos(tmp_path):
    assert load(put(tmp_path, "0 0.5 0.5 0.25 0.5", "car 0.5 0.5 0.2 0.2")).format == "yolo"


def test_boxes_behind_their_count_are_read_without_a_class(tmp_path):
    draw(tmp_path / "Images/001/a.png", SIZE)
    draw(tmp_path / "Images/001/b.png", SIZE)
    put(tmp_path, "2", "300 20 400 140", "4 2 118 40", place="Labels/001/a.txt")
    put(tmp_path, "0", place="Labels/001/b.txt")
    dataset = load(tmp_path)
    assert boxes(dataset) == [("object", CAR[1]), ("object", [4, 2, 118, 40])]
    assert (len(dataset.images), len(dataset.problems)) == (2, 0)
    assert all(dataset.images.path)
    assert dataset.notes == ("2 boxes have no class: they are called 'object'",)


@pytest.mark.parametrize("lines", [("3", "300 20 400 140"), ("300 20 400 140",), ("1", "1 2 3")])
def test_four_bare_numbers_are_no_labels_without_their_count(tmp_path, lines):
    with pytest.raises(LabelauditError, match="no labels found"):
        load(put(tmp_path, *lines))


def test_a_word_among_the_numbers_is_a_finding_and_the_rest_is_read(tmp_path):
    lines = ("car 300 20 400 140", "bus 10 x 30 40", "nothing here", "bus 1 2 3 4")
    dataset = read(tmp_path, *lines)
    assert boxes(dataset)[0] == CAR
    assert np.isnan(dataset.boxes.xyxy[1]).all()
    assert dataset.problems.field.tolist() == ["bbox", ""]
    assert dataset.problems.found.tolist() == ["10 x 30 40", "nothing here"]


def test_a_fifth_number_behind_a_box_is_told(tmp_path):
    dataset = read(tmp_path, "car 300 20 400 140 7")
    assert boxes(dataset) == [CAR]
    (note,) = dataset.notes
    assert note.startswith("left out: words behind a box, perhaps the score of a detector: 1 (")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("car 0.93 300 20 400 140", "results of a detector"),
        ("car 1 300 20 400 140", "results of a detector"),
        ("a.jpg 300 20 400 140 0.93 2", "csv"),
        ("a.jpg 300 20 400 140 1", "csv"),
        ('300 20 400 140 "STOP"', "ICDAR"),
    ],
)
def test_results_tables_and_texts_are_no_such_labels(tmp_path, line, found):
    folder = put(tmp_path, line)
    try:
        told = load(folder).format
    except LabelauditError as error:
        told = str(error)
    assert found in told


def test_no_safe_fix_takes_a_box_of_a_named_class_for_yolos(tmp_path, capsys):
    read(tmp_path, "Apple 300 140 14 0.0", "Apple 500 400 120 110")
    before = (tmp_path / "Label/a.txt").read_bytes()
    main(["scan", str(tmp_path), "--fix", "-o", str(tmp_path / "out")])
    assert "YOLO" not in capsys.readouterr().out
    assert (tmp_path / "Label/a.txt").read_bytes() == before


def test_what_is_converted_to_yolo_is_read_back_the_same(tmp_path):
    before = boxes(read(tmp_path / "in", "car 300 20 400 140", "bus 10 20 30 40"))
    assert main(["convert", str(tmp_path / "in"), str(tmp_path / "out"), "--to", "yolo"]) == 0
    shutil.rmtree(tmp_path / "in" / "Label")
    assert boxes(load(tmp_path / "out")) == before
