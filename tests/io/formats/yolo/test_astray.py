"""Paths of a description that lead nowhere are said, with what was read in their place."""

from __future__ import annotations

import pytest

from labelaudit.io.formats.yolo.astray import MOST_NAMED
from labelaudit.io.load import load
from labelaudit.testing import draw
from tests.io.formats.yolo_files import LINE, write

NAMES = "names: [cat]\n"


def notes(folder, text, *, name="data.yaml", images="images/train"):
    draw(folder / images / "a.png", (100, 80))
    write(folder / images.replace("images", "labels") / "a.txt", LINE)
    write(folder / name, text)
    dataset = load(folder)
    assert len(dataset.boxes) == 1
    assert dataset.image_folders == (folder / images,)
    return list(dataset.notes)


@pytest.mark.parametrize(
    "base", ["C:\\Users\\ann\\cars", "/home/ann/cars", "<your folder>", "cats"]
)
def test_a_base_that_is_not_there_is_said(tmp_path, base):
    assert notes(tmp_path / "cars", f"path: {base}\ntrain: images/train\n{NAMES}") == [
        f"data.yaml: path: {base} leads nowhere; its other paths are read from the folder of "
        "data.yaml"
    ]


@pytest.mark.parametrize("base", [".", "./", "../cars", "../../cars", "cars", "../datasets/cars"])
def test_a_base_that_is_there_or_is_the_name_of_the_folder_itself_is_not(tmp_path, base):
    assert notes(tmp_path / "cars", f"path: {base}\ntrain: images/train\n{NAMES}") == []


@pytest.mark.parametrize("start", ["/content/drive/MyDrive", "D:\\cars", "../../elsewhere"])
def test_a_source_of_another_machine_is_said_with_what_was_read(tmp_path, start):
    source = f"{start}/images/train"
    assert notes(tmp_path, f"train: {source}\n{NAMES}") == [
        f"data.yaml: train: {source}: not there; read instead: images/train"
    ]


@pytest.mark.parametrize("source", ["images/train", "./images/train/", "../images/train"])
def test_a_source_that_trainers_find_is_not(tmp_path, source):
    assert notes(tmp_path, f"train: {source}\n{NAMES}") == []


def test_where_all_sources_are_absolute_the_base_is_of_no_matter(tmp_path):
    source = tmp_path / "images/train"
    assert notes(tmp_path, f"path: /gone\ntrain: {source.as_posix()}\n{NAMES}") == []


@pytest.mark.parametrize(("more", "end"), [(0, ""), (1, " and 1 more")])
def test_so_many_sources_are_named_and_the_rest_is_counted(tmp_path, more, end):
    count = MOST_NAMED + more
    listed = "".join(f"  - /gone/{row}/images/train\n" for row in range(count))
    (note,) = notes(tmp_path, f"train:\n{listed}{NAMES}")
    named = ", ".join(f"train: /gone/{row}/images/train" for row in range(3))
    assert note == f"data.yaml: {named}{end}: not there; read instead: images/train"


@pytest.mark.parametrize(
    ("list_", "said"), [("somewhere/train.txt", False), ("/gone/train.txt", True)]
)
def test_of_a_data_file_only_a_path_from_the_root_leads_nowhere(tmp_path, list_, said):
    write(tmp_path / "train.txt", "images/train/a.png\n")
    draw(tmp_path / "images/train/a.png", (100, 80))
    write(tmp_path / "labels/train/a.txt", LINE)
    write(tmp_path / "obj.names", "cat\n")
    write(tmp_path / "obj.data", f"classes = 1\ntrain = {list_}\nnames = obj.names\n")
    told = [f"obj.data: train: {list_}: not there; read instead: train.txt"]
    assert list(load(tmp_path).notes) == (told if said else [])
