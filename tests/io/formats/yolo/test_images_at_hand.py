"""Where the images of a dataset lie: where somebody says, near its labels, in another spelling."""

from __future__ import annotations

import pytest

from labelaudit.io.formats.yolo.loading import load
from labelaudit.testing import draw
from tests.io.formats.yolo_files import LINE, members, problems, put, write


def test_two_images_of_one_label_file_share_it(tmp_path):
    put(tmp_path, {"train/a": LINE})
    draw(tmp_path / "images" / "train" / "a.bmp", (100, 80))
    dataset = load(tmp_path, ())
    assert dataset.images.name.tolist() == ["images/train/a.bmp", "images/train/a.png"]
    assert dataset.images.record.tolist() == [0, 1]
    assert dataset.boxes.image.tolist() == [0]
    assert problems(dataset) == [("labels/train/a.txt", "images", 1, "wrong-type", "label file")]
    assert dataset.problems.row.tolist() == [1]


def test_images_are_looked_for_where_the_user_says(tmp_path):
    put(tmp_path / "data", {"train/a": LINE, "val/b": LINE}, pictures=False)
    draw(tmp_path / "photos" / "a.png", (50, 40))
    draw(tmp_path / "photos" / "deep" / "b.jpg", (50, 40))
    dataset = load(tmp_path / "data", [tmp_path / "photos"])
    assert dataset.images.path.tolist() == [
        str(tmp_path / "photos" / "a.png"),
        str(tmp_path / "photos" / "deep" / "b.jpg"),
    ]
    assert dataset.images.size.tolist() == [[50, 40], [50, 40]]
    assert dataset.image_folders == (tmp_path / "photos",)
    assert members(dataset)[0][0] == "train"


def test_loading_again_with_the_folders_that_were_found_gives_the_same(tmp_path):
    put(tmp_path, {"train/a": LINE, "val/b": LINE})
    write(tmp_path / "labels" / "train" / "b.txt", LINE)  # its image is in val
    once = load(tmp_path, ())
    assert [bool(path) for path in once.images.path.tolist()] == [True, True, False]
    again = load(tmp_path, once.image_folders)
    assert again.images.path.tolist() == once.images.path.tolist()
    assert again.images.size.tolist() == once.images.size.tolist()


def test_without_images_anywhere_none_are_at_hand(tmp_path):
    dataset = load(put(tmp_path, {"train/a": LINE}, pictures=False), ())
    assert dataset.image_folders == ()
    assert dataset.images.assumed.all()
    assert len(dataset.boxes) == 1


@pytest.mark.parametrize("yaml", [None, "train: images\nval: images\nnames: [cat]\n"])
@pytest.mark.parametrize(
    ("label", "image"),
    [("IMG_1", "img_1.PNG"), ("my%20dog", "my dog.png"), ("\u00fc", "u\u0308.png")],
)
def test_a_label_file_is_paired_with_the_image_of_its_name_in_another_spelling(
    tmp_path, yaml, label, image
):
    write(tmp_path / "labels" / f"{label}.txt", LINE)
    draw(tmp_path / "images" / image, (64, 48))
    if yaml:
        write(tmp_path / "data.yaml", yaml)
    dataset = load(tmp_path, ())
    assert dataset.images.path.tolist() == [(tmp_path / "images" / image).as_posix()]
    assert dataset.images.name.tolist() == [f"images/{image}"]
    assert len(dataset.boxes) == 1
    assert len(dataset.split_members) == (2 if yaml else 0)


def test_of_two_spellings_of_one_image_neither_label_file_is_guessed(tmp_path):
    for name in ("IMG", "Img"):
        write(tmp_path / "labels" / f"{name}.txt", LINE)
    draw(tmp_path / "images" / "img.png", (64, 48))
    dataset = load(tmp_path, ())
    assert dataset.images.name.tolist() == ["images/img.png", "images/IMG", "images/Img"]
    assert (dataset.images.path != "").tolist() == [True, False, False]


@pytest.mark.parametrize("folder", ["pics", "../pics", "pics/day/one"])
def test_images_are_found_near_labels_alone(tmp_path, folder):
    place = tmp_path / "ds" / folder
    for name in "abcdef":
        write(tmp_path / "ds" / "labels" / f"{name}.txt", LINE)
        if name < "d":
            draw(place / f"{name}.png", (64, 48))
    dataset = load(tmp_path / "ds" / "labels", ())
    assert (dataset.images.path != "").tolist() == [True] * 3 + [False] * 3
    assert dataset.images.assumed.tolist() == [False] * 3 + [True] * 3


def test_images_of_a_neighbour_are_left_alone(tmp_path):
    for name in range(20):
        write(tmp_path / "a" / "labels" / f"{name}.txt", LINE)
    for name in range(9):
        draw(tmp_path / "b" / f"{name}.png", (64, 48))
    dataset = load(tmp_path / "a" / "labels", ())
    assert dataset.image_folders == ()
    assert (dataset.images.path == "").all()
