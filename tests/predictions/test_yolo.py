from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import FormatError
from labelaudit.predictions.read import read_predictions
from labelaudit.testing import images, with_columns, with_image_files

DATASET = images({"a.jpg": ["car 10 10 40 40"], "sub/b.jpg": ["bus 5 5 60 60"]}, size=(200, 100))


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def test_a_folder_of_text_files_gives_boxes_in_pixels(tmp_path: Path):
    folder = write(tmp_path, a="0 0.5 0.5 0.1 0.2 0.9\n\n1 0.5 0.5 0.2 0.2 0.25\n", b="")
    found = read_predictions(folder, DatasetColumns(DATASET))
    assert found.predictions.image.tolist() == [0, 0]
    assert found.predictions.label.tolist() == [0, 1]
    assert found.predictions.xyxy.round(9).tolist() == [[90, 40, 110, 60], [80, 40, 120, 60]]
    assert found.predictions.score.tolist() == [0.9, 0.25]


def test_odd_lines_and_unknown_images_and_classes_are_counted(tmp_path: Path):
    lines = (
        "0 0.5 0.5 0.1 0.2 0.9\n0 x 0 0 0 0\n0 1 2\n9 0.5 0.5 0.1 0.1 0.5\n0.5 0.5 0.5 0.1 0.1 1"
    )
    folder = write(tmp_path, b=lines, other="0 0.5 0.5 0.1 0.2 0.9")
    found = read_predictions(folder, DatasetColumns(DATASET))
    assert found.predictions.image.tolist() == [1]
    (note,) = found.notes
    assert "left out of 6 predictions" in note
    assert "1 of images" in note
    assert "2 of classes" in note
    assert "2 that could not be read" in note


def test_lines_without_a_confidence_are_explained(tmp_path: Path):
    with pytest.raises(FormatError, match="save_conf=True"):
        read_predictions(write(tmp_path, a="0 0.5 0.5 0.1 0.2"), DatasetColumns(DATASET))


def test_a_folder_without_predictions_and_a_path_to_nothing_are_errors(tmp_path: Path):
    with pytest.raises(FormatError, match=r"no \.txt files"):
        read_predictions(tmp_path, DatasetColumns(DATASET))
    with pytest.raises(FormatError, match="no such file or folder"):
        read_predictions(tmp_path / "x", DatasetColumns(DATASET))


def test_sizes_that_labels_do_not_say_are_read_from_pictures(tmp_path: Path):
    dataset = with_image_files(DATASET, tmp_path / "images")
    dataset = with_columns(dataset, "images", size=[[float("nan")] * 2] * 2)
    (tmp_path / "predicted").mkdir()
    folder = write(tmp_path / "predicted", a="0 0.5 0.5 0.1 0.2 0.9")
    found = read_predictions(folder, DatasetColumns(dataset))
    assert found.predictions.xyxy.round(9).tolist() == [[90, 40, 110, 60]]


def test_images_of_unknown_size_cannot_be_used(tmp_path: Path):
    dataset = with_columns(DATASET, "images", size=[[float("nan")] * 2] * 2)
    with pytest.raises(FormatError, match="without a finite box"):
        read_predictions(write(tmp_path, a="0 0.5 0.5 0.1 0.2 0.9"), DatasetColumns(dataset))


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (b"0 0.5 0.5 0.1 0.2 0.9\n\xff\xfe 0.5 0.5 0.1 0.2 0.9\n", 1),
        (b"0 0.5 0.5 0.1 0.2 0.9 # caf\xe9\n0 0.5 0.5 0.1 0.2 0.8\n", 1),
        ("0 0.5 0.5 0.1 0.2 0.9\n1 0.5 0.5 0.1 0.2 0.8\n".encode("utf-16"), 2),
        ("\ufeff0 0.5 0.5 0.1 0.2 0.9\n".encode(), 1),
    ],
)
def test_files_that_are_not_utf_8_are_read_line_by_line(tmp_path: Path, content: bytes, read: int):
    (tmp_path / "a.txt").write_bytes(content)
    found = read_predictions(tmp_path, DatasetColumns(DATASET))
    assert len(found.predictions) == read
