"""Lists of classes beside the labels of several folders say the same, or it is a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.auditing.run import audit
from labelaudit.io.load import load
from tests.io.formats.wild_layouts import IMAGE, LINE, put


def dataset(folder: Path, train: str, val: str) -> Path:
    files = {
        **{f"images/{split}/{split}.jpg": IMAGE for split in ("train", "val")},
        **{f"labels/{split}/{split}.txt": LINE for split in ("train", "val")},
        "labels/train/classes.txt": train,
        "labels/val/classes.txt": val,
    }
    return put(folder, files)


def test_lists_that_call_a_number_otherwise_are_a_finding(tmp_path: Path):
    found = audit(load(dataset(tmp_path, "cat\ndog\nbird\n", "cat\nbird\ndog\n")), select=["REF"])
    assert found.message.tolist() == [
        "labels/train/classes.txt: names is not those of labels/val/classes.txt: class 1 is dog "
        "here and bird there"
    ]
    assert found.code.tolist() == ["REF010"]


@pytest.mark.parametrize("val", ["cat\ndog\nbird\n", "cat\ndog\nbird\nfish\n", "cat\r\ndog\r\n"])
def test_lists_that_agree_as_far_as_both_go_are_none(val, tmp_path: Path):
    loaded = load(dataset(tmp_path, "cat\ndog\nbird\n", val))
    assert len(audit(loaded, select=["REF"])) == 0
    assert loaded.class_names == ["cat", "dog", "bird"]
