"""Which files and folders are taken for YOLO."""

from __future__ import annotations

import os

import pytest

from labelaudit.errors import FormatError
from labelaudit.io.formats.yolo.loading import load
from labelaudit.testing import draw
from tests.io.formats.yolo_files import LINE, YAML, recognises, write


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("data.yaml", YAML, True),
        ("any.yml", "\ufeffnc: 3\ntrain: images\n", True),
        ("broken.yaml", "train: [\nnames: {", True),
        ("settings.yaml", "lr: 0.1\nnames_of: x\n", False),
        ("data.yaml", "", False),
        ("obj.data", "classes = 2\ntrain = t.txt\n", True),
        ("any.data", b"\x00\xff", False),
        ("data.json", '{"images": [], "annotations": []}', False),
        ("a.xml", "<annotation></annotation>", False),
        ("a.txt", LINE, True),
        ("a.txt", "three boxes\n", False),
        ("train.txt", "images/a.jpg\nimages/b.jpg\n", True),
        ("a.TXT", LINE, True),
        ("a.csv", LINE, False),
    ],
)
def test_a_file_is_recognised_by_what_it_says(tmp_path, name, text, expected):
    assert recognises(write(tmp_path / name, text)) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("labels/a.txt", LINE, True),
        ("labels/a.txt", "", True),
        ("train/labels/a.txt", "0,.5,.5,.1,.1", True),
        ("a.txt", LINE, True),
        ("labels/classes.txt", "cat", False),
        ("readme.txt", "one two three four five six", False),
        ("ImageSets/Main/train.txt", "000005\n000007 -1\n", False),
        ("annotations.json", '{"images": []}', False),
        ("Annotations/a.xml", "<annotation/>", False),
        ("notes.md", LINE, False),
    ],
)
def test_a_folder_is_recognised_by_its_labels(tmp_path, name, text, expected):
    write(tmp_path / name, text)
    assert recognises(tmp_path) == expected


def test_nothing_is_not_recognised(tmp_path):
    assert not recognises(tmp_path)
    assert not recognises(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.txt")
    assert not recognises(tmp_path)


def test_a_folder_without_labels_is_one_clear_line(tmp_path):
    draw(tmp_path / "images" / "a.png", (10, 10))
    with pytest.raises(FormatError, match="found neither"):
        load(tmp_path, ())
