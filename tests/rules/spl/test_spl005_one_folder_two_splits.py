from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.merge import merged
from labelaudit.io.load import load
from labelaudit.testing import draw, images
from tests.cli.layouts import put
from tests.rules.img.twin_images import with_twins
from tests.rules.spl.test_spl001_leaked_image import listed


def yolo(folder, train: str, val: str):
    for n in range(4):
        draw(folder / f"images/{'train' if n < 3 else 'val'}/{n}.png", (100, 80))
        put(folder / f"labels/{'train' if n < 3 else 'val'}/{n}.txt", f"0 .5 .5 .2 .{n + 2}\n")
    put(folder / "data.yaml", f"train: {train}\nval: {val}\nnames: [cat]\n")
    return load(folder / "data.yaml")


def test_train_and_val_that_lead_to_one_folder_are_one_error(tmp_path):
    findings = audit(yolo(tmp_path, "images/train", "images/train"), select=["SPL"])
    assert findings.name.tolist() == ["one-folder-two-splits"]
    assert findings.severity.tolist() == [Severity.ERROR]
    assert findings.message.tolist() == [
        "train and val are one folder or list: their 3 images are the same"
    ]


def test_folders_of_their_own_are_silent(tmp_path):
    assert len(audit(yolo(tmp_path, "images/train", "images/val"), select=["SPL005"])) == 0


def test_a_split_within_another_is_leaked_and_no_folder_of_its_own(tmp_path):
    findings = audit(yolo(tmp_path, "images", "images/val"), select=["SPL"])
    assert findings.name.tolist() == ["leaked-image"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [(("train", "val"), 1), (("val", "test"), 1), (("train", "trainval"), 0), (("a", "b"), 0)],
)
def test_names_say_which_splits_may_be_the_same(names, expected):
    dataset = images({f"{n}.jpg": [] for n in range(3)})
    splits = listed(dataset, **{names[0]: [0, 1, 2], names[1]: [2, 1, 0]})
    assert len(audit(splits, select=["SPL005"])) == expected


@pytest.mark.parametrize(("shared", "expected"), [([0], 0), ([0, 1], 1)])
def test_it_takes_two_pictures(shared, expected):
    dataset = images({f"{n}.jpg": [] for n in range(3)})
    assert len(audit(listed(dataset, train=shared, val=shared), select=["SPL005"])) == expected


def test_one_picture_more_in_one_of_them_is_another_matter():
    dataset = images({f"{n}.jpg": [] for n in range(3)})
    assert len(audit(listed(dataset, train=[0, 1, 2], val=[0, 1]), select=["SPL005"])) == 0


def test_a_copy_of_a_folder_as_another_split_is_told_once(tmp_path):
    half = [images({f"{name}{n}.jpg": ["car 9 9 40 40"] for n in range(4)}) for name in "ab"]
    pairs = [(n, n + 4) for n in range(4)]
    dataset = with_twins(merged(half, ["train", "val"]), tmp_path, *pairs)
    assert audit(dataset, select=["SPL", "IMG010"]).name.tolist() == ["one-folder-two-splits"]
