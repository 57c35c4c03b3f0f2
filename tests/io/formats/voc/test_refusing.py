"""Changes that cannot be written into a Pascal VOC file are refused, with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.core.columns import texts
from labelaudit.core.rows import all_but
from labelaudit.errors import FixError
from tests.io.formats.voc_files import (
    NAME,
    THREE,
    added,
    annotation,
    described,
    loaded,
    moved,
    patched,
    put,
    relabelled,
    with_boxes,
    with_images,
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: with_boxes(data, crowd=np.ones(3, bool)), "object 0: an object .* no crowd"),
        (lambda data: with_boxes(data, area=np.ones(3)), "has no area"),
        (lambda data: with_boxes(data, image=np.array([0, 1, 0], np.int32)), "object 1.* no image"),
        (lambda data: with_boxes(data, label=np.array([0, 1, -1], np.int32)), "object 2: '' is no"),
        (lambda data: relabelled(data, 2, " "), "object 2: ' ' is no class name"),
        (lambda data: relabelled(data, 2, "bell\x07"), "object 2: .* is no class name"),
        (lambda data: moved(data, 1, 0, 0, np.nan, 9), "object 1: xmax would be nan"),
        (lambda data: moved(data, 1, -np.inf, 0, 1, 9), "object 1: xmin would be -inf"),
        (lambda data: with_images(data, name=texts(["\x00", ""])), "XML cannot hold"),
        (lambda data: with_images(data, size=np.full((2, 2), np.nan)), "width would be nan"),
        (
            lambda data: data.keep(images=all_but(len(data.images), np.array([1]))),
            "b.xml: an image is a file here",
        ),
        (lambda data: added(data, 0, 0, np.inf, 9), "a new object: its corners .* not finite"),
        (lambda data: added(data, 0, 0, 9, 9, label=-1), "a new object: '' is no class name"),
    ],
)
def test_what_the_format_cannot_hold_is_refused(tmp_path: Path, change: Any, words: str):
    dataset = loaded(tmp_path, THREE, annotation(filename="b.jpg"))
    with pytest.raises(FixError, match=words):
        patched(dataset, change(dataset))


def test_a_new_object_belongs_in_the_file_of_its_image(tmp_path: Path):
    dataset = loaded(tmp_path, THREE, annotation(filename="b.jpg"))
    changed = added(dataset, 0, 0, 9, 9, image=1)
    changed.boxes.file[-1] = 0
    with pytest.raises(FixError, match="in the file of its image"):
        patched(dataset, changed)


def test_a_file_that_cannot_be_written_as_it_is_encoded_is_refused(tmp_path: Path):
    first = '<?xml version="1.0" encoding="utf-7"?>'
    dataset = loaded(tmp_path, first + annotation(described("+AGE-")))
    assert dataset.class_names == ["a"]
    with pytest.raises(FixError, match="utf-7 does not give its bytes back"):
        patched(dataset, dataset.keep(boxes=all_but(len(dataset.boxes), np.array([0]))))


def test_a_file_that_changed_meanwhile_is_refused(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    changed = dataset.keep(boxes=all_but(len(dataset.boxes), np.array([2])))
    put(tmp_path / NAME, annotation(described()))
    with pytest.raises(FixError, match=r"a\.xml: object 2: not there"):
        patched(dataset, changed)
    put(tmp_path / NAME, b"\xff\xff")
    with pytest.raises(FixError, match=r"a\.xml: cannot be changed"):
        patched(dataset, changed)
    put(tmp_path / NAME, "")
    with pytest.raises(FixError, match=r"a\.xml: cannot be changed: no element found"):
        patched(dataset, changed)
    (tmp_path / NAME).unlink()
    with pytest.raises(FixError, match=r"a\.xml: cannot be changed: .*No such file"):
        patched(dataset, changed)
