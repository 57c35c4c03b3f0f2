from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import labelaudit
from labelaudit.core.columns import texts
from labelaudit.core.rows import all_but
from labelaudit.dataset.tables import Dataset, Masks, SplitMembership
from labelaudit.errors import FormatError
from labelaudit.io.formats import FORMATS, converter
from labelaudit.io.formats.conversion import Part, WrittenCounts
from labelaudit.io.formats.yolo.loading import load
from labelaudit.testing import images, one_image, with_image_files
from tests.io.formats.conversions import write_yolo
from tests.io.formats.yolo_files import LINE, boxes, problems, put, write


def with_splits(dataset: Dataset, **splits: list[int]) -> Dataset:
    """The dataset with images by row in splits by name."""
    rows = [(split, image) for split, some in enumerate(splits.values()) for image in some]
    members = SplitMembership.of(
        len(rows), split=[split for split, _ in rows], image=[image for _, image in rows]
    )
    return dataclasses.replace(dataset, splits=tuple(splits), split_members=members)


def files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()
    )


def test_a_dataset_of_another_format_is_written_with_links_to_its_images(tmp_path):
    dataset = with_image_files(
        images({"a.png": ["cat 40 24 60 56"], "b.png": []}, size=(100, 80)), tmp_path / "photos"
    )
    dataset = with_splits(dataset, train=[0], val=[1])
    lost = write_yolo(dataset, tmp_path / "new")
    assert (tmp_path / "new" / "data.yaml").read_text() == (
        "train: images/train\nval: images/val\n\nnames:\n  0: cat\n"
    )
    assert (tmp_path / "new" / "labels" / "train" / "a.txt").read_text() == LINE
    assert (tmp_path / "new" / "labels" / "val" / "b.txt").read_text() == ""
    link = tmp_path / "new" / "images" / "train" / "a.png"
    assert link.is_symlink()
    assert os.path.samefile(link, tmp_path / "photos" / "a.png")
    assert lost == ["4 ids of images, classes and objects"]


def test_what_is_written_is_read_again(tmp_path):
    dataset = with_image_files(
        images({"a.png": ["cat 40 24 60 56", "dog 1 2 3 4"], "b.png": ["dog 0 0 640 480"]}),
        tmp_path / "photos",
    )
    write_yolo(with_splits(dataset, train=[0], val=[1]), tmp_path / "new")
    again = load(tmp_path / "new", ())
    assert again.splits == ("train", "val")
    assert [(name, line) for name, line, _ in boxes(again)] == [("cat", 0), ("dog", 1), ("dog", 0)]
    assert again.boxes.image.tolist() == dataset.boxes.image.tolist()
    np.testing.assert_allclose(again.boxes.xyxy, dataset.boxes.xyxy, atol=0.001)
    assert again.images.size.tolist() == dataset.images.size.tolist()
    assert problems(again) == []


def test_without_splits_all_is_train_and_a_split_to_validate_on_is_asked_for(tmp_path):
    lost = write_yolo(one_image("cat 1 2 3 4"), tmp_path / "new")
    assert files(tmp_path / "new") == ["data.yaml", "labels/train/image.txt"]
    assert "there is no split to validate on; add `val:` to data.yaml before training" in lost
    assert "1 image without a file on disk; put them into the folder images" in lost


def test_splits_of_other_names_are_those_that_ultralytics_knows_or_left(tmp_path):
    dataset = images({f"{name}.jpg": ["cat 1 2 3 4"] for name in "abcd"})
    split = with_splits(dataset, trainval=[0, 1, 2], instances_train2017=[0], valid=[1])
    lost = write_yolo(split, tmp_path / "new")
    assert files(tmp_path / "new")[1:] == [
        "labels/train/a.txt",
        "labels/unlisted/c.txt",
        "labels/unlisted/d.txt",
        "labels/val/b.txt",
    ]
    assert "the splits trainval: Ultralytics knows train, val and test" in lost
    assert "images in no split are in the folder unlisted, which data.yaml does not name" in lost


def test_an_image_in_two_splits_is_written_once_and_in_both(tmp_path):
    dataset = images({f"{name}.jpg": ["cat 1 2 3 4"] for name in "abc"})
    dataset = with_splits(dataset, train=[0, 1, 1], val=[1, 2])
    lost = write_yolo(dataset, tmp_path / "new")
    assert files(tmp_path / "new") == [
        "data.yaml",
        "labels/train/a.txt",
        "labels/train_val/b.txt",
        "labels/val/c.txt",
    ]
    assert any(line.startswith("1 image in several splits: written once") for line in lost)
    again = load(tmp_path / "new", ())
    names = [Path(name).stem for name in again.images.name.tolist()]
    members = again.split_members
    assert [
        (again.splits[split], names[image])
        for split, image in zip(members.split, members.image, strict=True)
    ] == [("train", "a"), ("train", "b"), ("val", "c"), ("val", "b")]


def test_one_folder_that_is_train_and_val_stays_one(tmp_path):
    dataset = with_splits(one_image("cat 1 2 3 4"), train=[0, 0], val=[0])
    conversion = converter(FORMATS["yolo"])(dataset, tmp_path / "new")
    assert conversion.write() == WrittenCounts(1, 1, (Part("train", 1, 1), Part("val", 1, 1)))
    assert files(tmp_path / "new") == ["data.yaml", "labels/train_val/image.txt"]
    assert load(tmp_path / "new", ()).splits == ("train", "val")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["x/a.jpg", "y/b.jpg"], ["a", "b"]),
        (["x/a.jpg", "y/a.jpg"], ["x/a", "y/a"]),
        (["a.jpg", "a.png"], ["a", "a_2"]),
        (["a.jpg", "a.jpg", "a_2.jpg"], ["a", "a_2", "a_2_2"]),
        (["../../a.jpg", "/etc/b.jpg", "C:\\c.jpg"], ["a", "b", "c"]),
        (["..", "", "a\nb.jpg"], ["ab", "image", "image_1"]),
        (["x.y", "b.tar.gz"], ["b.tar.gz", "x.y"]),
        (["a" * 400 + ".jpg"], ["a" * 146]),
    ],
)
def test_every_image_has_a_label_file_of_its_own_inside_the_folder(tmp_path, names, expected):
    dataset = images({str(number): ["cat 1 2 3 4"] for number in range(len(names))})
    named = dataclasses.replace(dataset.images, name=texts(names))
    write_yolo(dataclasses.replace(dataset, images=named), tmp_path / "new")
    assert files(tmp_path) == [
        "new/data.yaml",
        *sorted(f"new/labels/train/{name}.txt" for name in expected),
    ]


def test_classes_of_one_name_become_one(tmp_path):
    dataset = one_image("cat 0 0 320 240", "dog 0 0 320 240", "bird 0 0 320 240")
    named = dataclasses.replace(dataset.categories, name=texts(["no", "cat", "no"]))
    write_yolo(dataclasses.replace(dataset, categories=named), tmp_path / "new")
    text = (tmp_path / "new" / "labels" / "train" / "image.txt").read_text()
    assert [line[0] for line in text.splitlines()] == ["0", "1", "0"]
    again = load(tmp_path / "new", ())
    assert again.class_names == ["no", "cat"]


def test_what_yolo_cannot_hold_is_told(tmp_path):
    dataset = one_image(
        "cat 1 2 3 4 crowd", "cat 1 2 3 4 difficult", "cat 5 6 7 8", "cat nan 0 1 1", "cat 9 9 9 9"
    )
    label, area = dataset.boxes.label.copy(), dataset.boxes.area.copy()
    label[4], area[2] = -1, 4.0
    dataset = dataclasses.replace(
        dataset,
        boxes=dataclasses.replace(dataset.boxes, label=label, area=area),
        masks=Masks.of(1, box=[2]),
    )
    lost = write_yolo(dataset, tmp_path / "new")
    assert lost[:6] == [
        "2 boxes without an image, a class or finite numbers",
        "1 crowd",
        "1 object marked as difficult: as ordinary ones",
        "1 mask without a polygon: boxes alone",
        "1 stated area",
        "7 ids of images, classes and objects",
    ]
    text = (tmp_path / "new" / "labels" / "train" / "image.txt").read_text()
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize("size", [(np.nan, np.nan), (0, 0)])
def test_labels_in_an_image_without_a_size_are_left_out_with_it(tmp_path, size):
    dataset = images({"a.jpg": ["cat 1 2 3 4"], "b.jpg": [], "c.jpg": ["cat 1 2 3 4"]})
    sizes = np.array([size, size, (640, 480)], np.float64)
    dataset = dataclasses.replace(dataset, images=dataclasses.replace(dataset.images, size=sizes))
    lost = write_yolo(dataset, tmp_path / "new")
    assert files(tmp_path / "new")[1:] == ["labels/train/b.txt", "labels/train/c.txt"]
    assert lost[0].startswith("1 box in 1 image of which nobody says the size")


def test_a_path_that_exists_is_refused(tmp_path):
    with pytest.raises(FormatError, match="exists"):
        write_yolo(one_image(), tmp_path)


def test_nothing_is_written_as_nothing_and_read_again(tmp_path):
    write_yolo(images({}), tmp_path / "new")
    assert files(tmp_path / "new") == ["data.yaml"]
    again = labelaudit.load(tmp_path / "new")
    assert (again.format, len(again.images), len(again.boxes)) == ("yolo", 0, 0)


def test_images_that_nobody_labelled_stay(tmp_path):
    dataset = images({"a.jpg": [], "b.jpg": ["cat 1 2 3 4"]})
    assumed = np.array([True, False])
    dataset = dataclasses.replace(
        dataset, images=dataclasses.replace(dataset.images, assumed=assumed)
    )
    write_yolo(dataset, tmp_path / "new")
    assert (tmp_path / "new" / "labels" / "train" / "a.txt").read_text() == ""


def test_a_yolo_dataset_without_images_keeps_its_fractions(tmp_path):
    put(tmp_path / "old", {"train/a": LINE}, pictures=False)
    write_yolo(labelaudit.load(tmp_path / "old"), tmp_path / "new")
    assert (tmp_path / "new" / "labels" / "train" / "a.txt").read_text() == LINE


SIDES = st.integers(1, 60_000)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(SIDES, SIDES, st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4), max_size=5))
def test_no_edge_moves_by_more_than_a_thousandth_of_a_pixel(tmp_path, width, height, shares):
    corners = np.array(shares).reshape(-1, 4) * [width, height, width, height]
    lines = [f"cat {' '.join(map(str, box))}" for box in corners.tolist()]
    dataset = one_image(*lines, size=(width, height))
    folder = tmp_path / str(len(os.listdir(tmp_path)))
    write_yolo(dataset, folder)
    label = folder / "labels" / "train" / "image.txt"
    numbers = np.array([line.split()[1:] for line in label.read_text().splitlines()], np.float64)
    centre, side = numbers.reshape(-1, 2, 2).transpose(1, 0, 2) * [width, height]
    read = np.hstack([centre - side / 2, centre + side / 2])
    np.testing.assert_allclose(read, dataset.boxes.xyxy, atol=0.001)


def test_bccd_survives_the_way_to_yolo_and_back(shared_data, tmp_path):
    voc = labelaudit.load(shared_data / "bccd")
    write_yolo(voc, tmp_path / "new")
    yolo = labelaudit.load(tmp_path / "new")
    assert yolo.format == "yolo"
    assert len(yolo.images) == 364
    assert len(yolo.boxes) == len(voc.boxes) == 4888
    assert set(yolo.splits) == {"train", "val", "test"} & set(voc.splits)
    assert problems(yolo) == []
    assert sorted(labels_by_image(yolo)) == sorted(labels_by_image(voc))


def labels_by_image(dataset: Dataset) -> list[tuple[str, str, list[float]]]:
    """Stem of the image, class and corners, rounded to a hundredth of a pixel, of each box."""
    stems = [Path(name).stem for name in dataset.images.name.tolist()]
    names = dataset.class_names
    rows = zip(dataset.boxes.image.tolist(), dataset.boxes.label.tolist(), strict=True)
    corners = np.round(dataset.boxes.xyxy, 2).tolist()
    return [
        (stems[image], names[label], box) for (image, label), box in zip(rows, corners, strict=True)
    ]


def test_bccd_as_a_yolo_dataset_is_fixed_and_read_again(shared_data, tmp_path):
    write_yolo(labelaudit.load(shared_data / "bccd"), tmp_path / "new")
    dataset = labelaudit.load(tmp_path / "new")
    tiny = np.flatnonzero((dataset.boxes.size <= 1.001).any(axis=1))
    assert len(tiny) == 2  # known_errors.json: two boxes of one pixel
    labelaudit.save(dataset.keep(boxes=all_but(len(dataset.boxes), tiny)), tmp_path / "clean")
    again = labelaudit.load(tmp_path / "clean")
    assert len(again.boxes) == 4886
    for name in dataset.files.path.tolist():
        before = (tmp_path / "new" / name).read_text().splitlines()
        after = (tmp_path / "clean" / name).read_text().splitlines()
        assert set(after) <= set(before)


def test_a_coco_file_is_not_taken_for_yolo(tmp_path):
    coco = {"images": [], "annotations": [], "categories": []}
    write(tmp_path / "labels.json", json.dumps(coco))
    assert labelaudit.load(tmp_path / "labels.json").format == "coco"
