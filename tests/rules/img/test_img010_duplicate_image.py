from __future__ import annotations

import dataclasses
import errno
import os
from pathlib import Path

import pytest

from labelaudit.auditing.findings import Findings, Safety, Severity
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import Dataset, Files
from labelaudit.images import identical
from labelaudit.io.load import load
from labelaudit.testing import draw, images, with_columns
from tests.rules.img.twin_images import with_twins

CAR, BUS = "car 10 10 90 90", "bus 200 20 300 90"


def told(dataset: Dataset, *select: str) -> Findings:
    return audit(dataset, select=list(select or ["IMG010"]))


def test_images_of_the_same_bytes_are_one_finding_and_others_are_not(tmp_path):
    dataset = images({f"{name}.jpg": [CAR] for name in "abcde"})
    findings = told(with_twins(dataset, tmp_path, (0, 2, 4)))
    assert findings.message.tolist() == [
        "3 images (a.jpg, c.jpg, e.jpg) are the same picture, byte for byte"
    ]
    assert findings.image.tolist() == [0]
    assert findings.severity.tolist() == [Severity.WARNING]


def test_hundreds_of_black_frames_are_one_finding(tmp_path):
    frames = range(300)
    dataset = with_twins(images({f"{n}.jpg": [] for n in frames}, size=(32, 24)), tmp_path, frames)
    assert told(dataset).message.tolist() == [
        "300 images (0.jpg, 1.jpg, 2.jpg, ...) are the same picture, byte for byte"
    ]


def test_two_groups_are_two_findings(tmp_path):
    dataset = images({f"{name}.jpg": [] for name in "abcd"})
    assert told(with_twins(dataset, tmp_path, (0, 3), (1, 2))).image.tolist() == [0, 1]


def test_a_record_that_repeats_a_name_is_told_as_such_alone(tmp_path):
    dataset = with_columns(images({"a.jpg": [CAR], "b.jpg": []}), "images", name=["a.jpg", "a.jpg"])
    findings = told(with_twins(dataset, tmp_path), "IMG", "REF")
    assert findings.name.tolist() == ["image-listed-twice"]


def test_one_file_under_two_names_is_said_to_be_one(tmp_path):
    dataset = images({"a.jpg": [], "./a.jpg": [], "b.jpg": []})
    path = tmp_path / "a.jpg"
    assert told(with_twins(dataset, tmp_path)).message.tolist() == [
        f"2 images (a.jpg, ./a.jpg) are one file: {path}"
    ]


def test_label_files_about_the_same_images_repeat_none(tmp_path):
    both = [images({"a.jpg": [CAR], "b.jpg": []}), images({"a.jpg": [BUS], "b.jpg": [CAR]})]
    dataset = with_twins(merged(both, ["instances_train", "keypoints_train"]), tmp_path)
    assert len(told(dataset, "IMG", "SPL")) == 0


def test_broken_files_of_the_same_bytes_are_broken_and_no_twins(tmp_path):
    dataset = images({"a.jpg": [], "b.jpg": []})
    dataset = with_twins(dataset, tmp_path)
    for path in dataset.images.path.tolist():
        Path(path).write_text("<html>404 Not Found</html>")
    assert told(dataset, "IMG").name.tolist() == ["unreadable-image"] * 2


def test_a_file_that_cannot_be_read_to_its_end_is_worth_knowing(tmp_path, monkeypatch):
    dataset = with_twins(images({f"{name}.jpg": [] for name in "abc"}), tmp_path, (0, 1, 2))

    def broken(path: str) -> object:
        digest = b"" if path.endswith(("a.jpg", "c.jpg")) else None
        return digest if digest is not None else identical._unread(OSError(errno.EIO, "I/O error"))

    monkeypatch.setattr(identical, "_digest", broken)
    findings = told(dataset)
    assert findings.severity.tolist() == [Severity.WARNING, Severity.INFO]
    assert (
        findings.message.tolist()[1] == "b.jpg could not be compared with other images: I/O error"
    )


def test_all_but_the_first_record_are_dropped_if_a_person_agrees(tmp_path):
    dataset = images({name: [CAR, BUS] for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg")})
    dataset = with_twins(dataset, tmp_path, (0, 2), (1, 3))
    findings = told(dataset)
    assert [fix.safety for fix in findings.fix] == [Safety.UNSAFE] * 2
    assert apply(dataset, findings).dataset.images.name.tolist() == ["a.jpg", "b.jpg"]
    three = with_twins(dataset, tmp_path / "three", (0, 1, 2))
    left = apply(three, told(three)).dataset
    assert left.images.name.tolist() == ["a.jpg", "d.jpg"]
    assert len(left.boxes) == 4


def test_nothing_is_dropped_where_labels_differ_or_cannot_be_compared(tmp_path):
    differ = with_twins(images({"a.jpg": [CAR], "b.jpg": [BUS]}), tmp_path, (0, 1))
    assert told(differ).fix.tolist() == [None]
    odd = with_twins(images({"a.jpg": [CAR], "b.jpg": ["car nan 1 2 3"]}), tmp_path, (0, 1))
    assert told(odd).fix.tolist() == [None]


def test_nothing_is_dropped_across_splits_or_where_each_image_has_a_file(tmp_path):
    each = [images({name: [CAR], f"x{name}": []}) for name in ("a.jpg", "b.jpg")]
    splits = with_twins(merged(each, ["val", "test"]), tmp_path, (0, 2))
    assert told(splits).fix.tolist() == [None]
    own = with_columns(images({"a.jpg": [CAR], "b.jpg": [CAR]}), "images", file=[0, 1])
    own = dataclasses.replace(own, files=Files.of(2, path=["1.xml", "2.xml"]))
    assert told(with_twins(own, tmp_path, (0, 1))).fix.tolist() == [None]


def test_twins_in_yolo_folders_are_named_with_their_folders(tmp_path):
    for split in ("train", "val"):
        draw(tmp_path / "images" / split / "a.jpg", (64, 48))
        draw(tmp_path / "images" / split / "b.jpg", (64, 48))
        label = tmp_path / "labels" / split
        label.mkdir(parents=True)
        for name in "ab":
            (label / f"{name}.txt").write_text("0 .5 .5 .2 .2\n")
    one, other = tmp_path / "images/train/a.jpg", tmp_path / "images/train/b.jpg"
    other.write_bytes(one.read_bytes())
    (message,) = told(load(tmp_path)).message.tolist()
    assert message == (
        "2 images (images/train/a.jpg (train), images/train/b.jpg (train)) are the same picture, "
        "byte for byte"
    )


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_a_link_is_what_it_leads_to(tmp_path, link):
    dataset = with_twins(images({"a.jpg": [], "b.jpg": []}), tmp_path)
    (tmp_path / "b.jpg").unlink()
    link(tmp_path / "a.jpg", tmp_path / "b.jpg")
    assert len(told(dataset)) == 1


def test_without_images_nothing_is_compared(monkeypatch):
    monkeypatch.delattr(identical, "_length")
    assert len(told(images({"a.jpg": [], "b.jpg": []}))) == 0


def copied(count: int, others: int, tmp_path: Path) -> Dataset:
    """A folder with copies of so many images of another one, and with others."""
    names = [f"one/{n}.jpg" for n in range(5)]
    names += [f"two/{n}.jpg" for n in range(count + others)]
    pairs = [(n, 5 + n) for n in range(count)]
    return with_twins(images({name: [CAR] for name in names}, size=(32, 24)), tmp_path, *pairs)


def test_a_folder_of_copies_is_one_finding(tmp_path):
    findings = told(copied(5, 0, tmp_path))
    assert findings.message.tolist() == [
        "5 of 5 images in two are the same pictures as images in one"
    ]
    assert findings.severity.tolist() == [Severity.WARNING]
    assert sorted(findings.affects[0].image.tolist()) == list(range(10))


@pytest.mark.parametrize(("count", "found"), [(2, 2), (3, 1)])
def test_a_copy_has_three_images_at_least(tmp_path, count, found):
    assert len(told(copied(count, 0, tmp_path))) == found


@pytest.mark.parametrize(("count", "others", "found"), [(18, 2, 1), (17, 2, 17)])
def test_a_copy_has_nine_of_ten_images_of_another(tmp_path, count, others, found):
    names = [f"one/{n}.jpg" for n in range(30)] + [f"two/{n}.jpg" for n in range(count + others)]
    dataset = images({name: [CAR] for name in names}, size=(32, 24))
    dataset = with_twins(dataset, tmp_path, *((n, 30 + n) for n in range(count)))
    assert len(told(dataset)) == found


def test_copies_go_all_at_once_if_a_person_agrees(tmp_path):
    dataset = copied(5, 0, tmp_path)
    findings = told(dataset)
    assert findings.fix[0].safety is Safety.UNSAFE
    assert apply(dataset, findings).dataset.images.name.tolist() == [
        f"one/{n}.jpg" for n in range(5)
    ]


def test_a_copy_in_which_labels_were_changed_is_told_beside_them(tmp_path):
    names = [f"{folder}/{n}.jpg" for folder in ("one", "two") for n in range(4)]
    labels = {name: [BUS if name == "two/0.jpg" else CAR] for name in names}
    dataset = with_twins(images(labels), tmp_path, *((n, n + 4) for n in range(4)))
    findings = told(dataset, "IMG")
    assert sorted(findings.name.tolist()) == ["duplicate-image", "duplicate-images-disagree"]
    (fix,) = findings.rows(findings.code == "IMG010").fix
    assert fix is None


def test_twins_here_and_there_are_told_one_by_one(tmp_path):
    names = [f"{folder}/{n}.jpg" for folder in ("one", "two", "six") for n in range(4)]
    pairs = [(0, 4), (1, 5), (2, 8), (3, 9)]
    dataset = with_twins(images({name: [CAR] for name in names}, size=(32, 24)), tmp_path, *pairs)
    assert len(told(dataset)) == 4
