"""A description that cannot be read is told, and the labels beside it are read all the same."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import fixed, scan
from labelaudit.errors import FormatError
from labelaudit.io.load import load
from labelaudit.io.save import save
from tests.io.formats.yolo.test_layouts_of_tools import (
    CLASSES,
    TWO,
    boxes_by_image,
    put,
    read,
    used_classes,
)
from tests.io.formats.yolo_files import write


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "train: images/train\nnc: 2\nnames: [cat, dog\n",
            "line 4: not valid YAML: did not find expected ',' or ']'",
        ),
        (
            "train: images/train\nnames:\n\t0: cat\n",
            "line 3: not valid YAML: found character that cannot start any token",
        ),
        ("a list of cats\n", "expected keys as in `names:` and `train:`, found none"),
        ("lr: 0.1\n", "expected `names:` and `train:`, found neither"),
    ],
)
@pytest.mark.parametrize("home", ["", "export/"])
@pytest.mark.parametrize("listed", [False, True])
def test_a_broken_description_is_told_and_the_labels_beside_it_are_read(
    tmp_path, text, why, home, listed
):
    if home and "names" not in text:
        return  # nobody says that a file of another folder is a description
    files = {
        f"{home}data.yaml": text,
        f"{home}images/train/a.png": "",
        f"{home}labels/train/a.txt": TWO,
        **({f"{home}classes.txt": CLASSES} if listed else {}),
    }
    dataset = read(put(tmp_path, files))
    assert boxes_by_image(dataset) == {"images/train/a.png": 2}
    assert used_classes(dataset) == (["cat", "dog"] if listed else ["class_0", "class_1"])
    assert dataset.splits == ("train",)
    assert dataset.notes == ("data.yaml cannot be read; read instead: 1 label file beside it",)
    (row,) = np.flatnonzero(dataset.problems.part == "file")
    assert str(dataset.files.path[dataset.problems.file[row]]) == "data.yaml"
    told = "trainers stop here: mend it, so that classes and splits are read"
    assert str(dataset.problems.found[row]) == f"{why}; {told}"
    findings = audit(dataset, select=["REF009"])
    assert findings.message.tolist() == [f"data.yaml: cannot be understood: {why}; {told}"]


def test_a_copy_of_a_dataset_has_its_broken_description_as_it_is(tmp_path):
    broken = "train: images/train\nnames: [cat\n"
    put(
        tmp_path / "cats",
        {
            "data.yaml": broken,
            "images/train/a.png": "",
            "labels/train/a.txt": f"{TWO}0 .5 .5 0 0\n",
        },
    )
    after = fixed(scan(load(tmp_path / "cats"), Options(select=("GEO001",))), unsafe=False)
    save(after.dataset, tmp_path / "copy")
    assert (tmp_path / "copy/data.yaml").read_text() == broken
    assert len(load(tmp_path / "copy").boxes) == 2


def test_a_broken_description_that_is_asked_for_or_has_no_labels_beside_it_is_an_error(tmp_path):
    put(tmp_path, {"data.yaml": "train: images\nnames: [cat\n", "images/a.png": ""})
    with pytest.raises(FormatError, match=r"data\.yaml:3: not valid YAML"):
        load(tmp_path)
    write(tmp_path / "labels/a.txt", TWO)
    with pytest.raises(FormatError, match=r"data\.yaml:3: not valid YAML"):
        load(tmp_path / "data.yaml")


def test_labels_whose_classes_a_broken_description_names_are_read_by_their_numbers(tmp_path):
    put(tmp_path, {"data.yaml": "train: images\nnames: [cat\n", "labels/a.txt": TWO})
    dataset = read(tmp_path / "labels")
    assert used_classes(dataset) == ["class_0", "class_1"]
    (note,) = (one for one in dataset.notes if "classes" in one)
    where = f"{tmp_path / 'data.yaml'}:3: not valid YAML"
    assert note.startswith(f"classes are called by their numbers, since {where}")
