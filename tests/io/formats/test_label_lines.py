"""Folders of one text file an image: which files are labels, and where their images are."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.formats.evidence import PathSample
from labelaudit.io.formats.kitti import LINES
from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from labelaudit.testing import draw

CAR = "Car 0.00 0 -1.57 1 2 11 22 1.52 1.63 3.89 1.04 1.56 8.01 -1.61\n"
CALIBRATION = "P0: 7.2e+02 0 6.1e+02 0 0 7.2e+02 1.8e+02 0 0 0 1 0\n" * 4


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def told(dataset: Dataset) -> list[tuple[str, str, int]]:
    columns = (getattr(dataset.problems, name).tolist() for name in ("part", "kind", "record"))
    return list(zip(*columns, strict=True))


def test_a_file_fits_from_half_of_its_lines_on(tmp_path):
    put(tmp_path / "half.txt", CAR + "x\n")
    put(tmp_path / "less.txt", CAR + "x\nx\n")
    assert LINES.evidence(PathSample(tmp_path)).fitting == ("half.txt",)


def test_an_empty_file_fits_beside_others_and_never_alone(tmp_path):
    put(tmp_path / "labels" / "empty.txt", "")
    assert LINES.evidence(PathSample(tmp_path)) is None
    put(tmp_path / "labels" / "1.txt", CAR)
    found = recognise(tmp_path)
    assert found.evidence.fitting == ("labels/1.txt", "labels/empty.txt")
    assert (found.format.name, found.notes) == ("kitti", ())


def test_files_in_folders_of_labels_are_the_candidates_if_there_are_such_folders(tmp_path):
    put(tmp_path / "label_2" / "1.txt", CAR)
    put(tmp_path / "calib" / "1.txt", CALIBRATION)
    found = LINES.evidence(PathSample(tmp_path))
    assert (found.candidates, found.strays) == (1, ())
    assert load(tmp_path, format="kitti").files.path.tolist() == ["label_2/1.txt"]


def test_a_file_of_another_kind_in_another_folder_is_told_in_a_note(tmp_path):
    put(tmp_path / "a" / "1.txt", CAR)
    put(tmp_path / "b" / "1.txt", CALIBRATION)
    dataset = load(tmp_path)
    assert (dataset.format, dataset.files.path.tolist()) == ("kitti", ["a/1.txt"])
    assert dataset.notes == ("not read, a file that is no labels of this dataset: b/1.txt",)


def test_a_file_without_a_line_of_the_format_among_others_is_one_problem(tmp_path):
    put(tmp_path / "1.txt", CAR)
    put(tmp_path / "2.txt", "nothing\n" * 3)
    put(tmp_path / "3.txt", " \n")
    put(tmp_path / "classes.txt", "Car\n")
    dataset = load(tmp_path, format="kitti")
    assert dataset.images.name.tolist() == ["1", "2", "3"]
    assert told(dataset) == [("file", "unreadable", -1)]


def test_a_broken_line_is_told_by_its_number_and_the_others_are_read(tmp_path):
    put(tmp_path / "1.txt", f"{CAR}\nx\n{CAR}")
    dataset = load(tmp_path, format="kitti")
    assert dataset.boxes.record.tolist() == [0, 3]
    assert told(dataset) == [("annotations", "unreadable", 2)]


def test_images_lie_in_the_mirrored_folder_or_beside_the_labels(tmp_path):
    put(tmp_path / "in" / "train" / "label_2" / "1.txt", CAR)
    for name in ("image_2", "image_3"):
        draw(tmp_path / "in" / "train" / name / "1.png", (64, 48))
    whole = load(tmp_path / "in", format="kitti")
    assert whole.images.name.tolist() == ["train/image_2/1.png"]
    assert (whole.splits, whole.images.size.tolist()) == (("train",), [[64, 48]])
    labels = load(tmp_path / "in" / "train" / "label_2", format="kitti")
    one = load(tmp_path / "in" / "train" / "label_2" / "1.txt", format="kitti")
    for dataset in (labels, one):
        assert dataset.images.path.tolist() == whole.images.path.tolist()
    put(tmp_path / "flat" / "1.txt", CAR)
    draw(tmp_path / "flat" / "1.jpg", (64, 48))
    assert load(tmp_path / "flat", format="kitti").images.name.tolist() == ["1.jpg"]


def test_images_without_a_label_file_are_told(tmp_path):
    put(tmp_path / "label_2" / "1.txt", CAR)
    put(tmp_path / "label_2" / "2.txt", "")
    for name in "1234":
        draw(tmp_path / "image_2" / f"{name}.png", (64, 48))
    note = "not read: 2 images of image_2 without a label file (3.png)"
    dataset = load(tmp_path)
    assert (len(dataset.images), dataset.notes) == (2, (note,))
    assert load(tmp_path / "label_2").notes == (note.replace("image_2", "../image_2"),)
    assert load(tmp_path / "label_2" / "1.txt").notes == ()
    for name in "34":
        (tmp_path / "image_2" / f"{name}.png").unlink()
    assert load(tmp_path).notes == ()


def test_a_folder_without_a_line_of_the_format_is_refused(tmp_path):
    put(tmp_path / "1.txt", "x\n")
    with pytest.raises(FormatError, match="found no text files of KITTI"):
        load(tmp_path, format="kitti")
