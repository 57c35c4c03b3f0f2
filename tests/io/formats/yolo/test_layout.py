from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats.yolo.layout import YoloLayout, label_path, label_paths
from labelaudit.io.formats.yolo.loading import load
from labelaudit.testing import draw
from tests.io.formats.yolo_files import LINE, members, problems, put, recognises, write


def with_sources(folder: Path, sources: str) -> Dataset:
    put(folder, {"train/a": LINE, "val/b": LINE}, yaml=f"{sources}\nnames: [cat]\n")
    return load(folder, ())


SPLIT = [("train", "images/train/a.png"), ("val", "images/val/b.png")]


@pytest.mark.parametrize(
    "sources",
    [
        "train: images/train\nval: images/val",
        "path: .\ntrain: images/train/\nval: ./images/val",
        "path: images\ntrain: train\nval: val",
        "path: /content/another/machine\ntrain: images/train\nval: images/val",
        "train: ../train/../images/train\nval: ../images/val",
        "train: /content/another/machine/images/train\nval: C:\\data\\images\\val",
        "train: [images/train]\nvalidation: images/val",
    ],
)
def test_sources_are_found_wherever_the_description_says_they_were(tmp_path, sources):
    dataset = with_sources(tmp_path / "data", sources)
    assert members(dataset) == SPLIT
    assert len(dataset.boxes) == 2
    assert problems(dataset) == []
    assert dataset.root == tmp_path / "data"


def test_the_folder_of_all_images_is_not_taken_for_that_of_a_split(tmp_path):
    dataset = with_sources(tmp_path, "train: /another/machine/images")
    assert members(dataset) == SPLIT  # those that the folders are called by
    assert problems(dataset) == [("data.yaml", "file", MISSING, "unreadable-field", "train")]


def test_the_folder_of_the_description_may_be_a_source_itself(tmp_path):
    dataset = with_sources(tmp_path, "train: .")
    assert len(dataset.images) == len(dataset.boxes) == 2


def test_an_endless_path_takes_no_time(tmp_path):
    dataset = with_sources(tmp_path, f"train: {'a/' * 300_000}")
    assert problems(dataset) == [("data.yaml", "file", MISSING, "unreadable-field", "train")]


def test_a_path_beside_the_description_is_followed(tmp_path):
    put(tmp_path / "data", {"train/a": LINE}, yaml=None)
    yaml = "path: ../data\ntrain: images/train\nnames: [cat]\n"
    dataset = load(write(tmp_path / "configs" / "data.yaml", yaml), ())
    assert dataset.root == tmp_path / "data"
    assert dataset.files.path.tolist() == ["../configs/data.yaml", "labels/train/a.txt"]
    assert (dataset.root / dataset.files.path[0]).read_text() == yaml


def test_a_description_inside_the_dataset_has_its_root(tmp_path):
    put(tmp_path, {"train/a": LINE}, yaml=None)
    yaml = "path: ..\ntrain: images/train\nnames: [cat]\n"
    dataset = load(write(tmp_path / "configs" / "data.yaml", yaml), ())
    assert dataset.root == tmp_path
    assert dataset.files.path.tolist() == ["configs/data.yaml", "labels/train/a.txt"]


def test_labels_scattered_over_folders_do_not_make_all_of_them_the_dataset(tmp_path):
    for name in "ab":
        put(tmp_path / name, {"train/a": LINE}, yaml=None)
    yaml = "train: [../a/images/train, ../b/images/train]\nnames: [cat]\n"
    dataset = load(write(tmp_path / "configs" / "data.yaml", yaml), ())
    assert dataset.root == tmp_path / "configs"
    assert dataset.files.path.tolist()[1:] == [f"../{x}/labels/train/a.txt" for x in "ab"]


def test_a_folder_of_roboflow_has_images_and_labels_in_each_split(tmp_path):
    for split, name in (("train", "a"), ("valid", "b")):
        draw(tmp_path / split / "images" / f"{name}.png", (100, 80))
        write(tmp_path / split / "labels" / f"{name}.txt", LINE)
    write(tmp_path / "README.roboflow.txt", "Exported on a day\n")
    sources = "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n"
    write(tmp_path / "data.yaml", f"{sources}nc: 1\nnames: ['cat']\n")
    dataset = load(tmp_path, ())
    assert members(dataset) == [("train", "train/images/a.png"), ("val", "valid/images/b.png")]
    assert len(dataset.boxes) == 2
    # A split that is named and not there is said to be missing.
    assert problems(dataset) == [("data.yaml", "file", MISSING, "unreadable-field", "test")]


def test_lists_name_images_from_the_list_or_from_the_dataset_or_from_another_machine(tmp_path):
    put(tmp_path, dict.fromkeys(["train/a", "train/b", "train/c", "val/d", "val/e"], LINE))
    lines = [
        "../images/train/a.png",
        "images/train/b.png",
        str(tmp_path / "images/train/c.png"),
        "/old/images/val/d.png",
        "images\\val\\e.png",
    ]
    write(tmp_path / "lists" / "train.txt", "\r\n".join(["", *lines, " "]))
    write(tmp_path / "data.yaml", "train: lists/train.txt\nnames: [cat]\n")
    dataset = load(tmp_path, ())
    assert [Path(name).stem for name in dataset.images.name.tolist()] == list("abcde")
    assert dataset.split_members.name.tolist() == lines
    assert len(dataset.boxes) == 5
    assert problems(dataset) == []


def test_an_image_of_a_list_that_is_not_on_disk_is_there_without_a_path(tmp_path):
    put(tmp_path, {"train/a": LINE})
    write(tmp_path / "labels" / "train" / "gone.txt", LINE)
    write(tmp_path / "train.txt", "./images/train/a.png\n./images/train/gone.png\n")
    write(tmp_path / "data.yaml", "train: train.txt\nnames: [cat]\n")
    dataset = load(tmp_path, ())
    assert dataset.images.name.tolist() == ["images/train/a.png", "images/train/gone.png"]
    assert [bool(path) for path in dataset.images.path.tolist()] == [True, False]
    assert dataset.images.assumed.tolist() == [False, True]
    assert dataset.boxes.image.tolist() == [0, 1]
    assert dataset.image_folders == (tmp_path,)


def test_an_image_listed_twice_is_one_image_with_two_listings(tmp_path):
    put(tmp_path, {"train/a": LINE})
    write(tmp_path / "train.txt", "./images/train/a.png\n./images/train/a.png\n")
    write(tmp_path / "data.yaml", "train: train.txt\nval: images/train\nnames: [cat]\n")
    dataset = load(tmp_path, ())
    assert len(dataset.images) == len(dataset.boxes) == 1
    assert members(dataset) == [("train", "images/train/a.png")] * 2 + [
        ("val", "images/train/a.png")
    ]


def test_lines_of_a_list_that_name_no_image_are_noted(tmp_path):
    put(tmp_path, {"train/a": LINE})
    write(tmp_path / "train.txt", b"./images/train/a.png\n000005\n\xff\x00\x01\n")
    write(tmp_path / "data.yaml", "train: train.txt\nnames: [cat]\n")
    dataset = load(tmp_path, ())
    assert len(dataset.images) == 1
    assert dataset.problems.found.tolist() == ["2 lines of train.txt name no image: 000005"]


def test_a_source_that_is_not_there_is_a_problem_and_the_rest_is_read(tmp_path):
    dataset = with_sources(tmp_path, "train: images/train\nval: images/nowhere")
    assert members(dataset) == SPLIT[:1]
    assert problems(dataset) == [("data.yaml", "file", MISSING, "unreadable-field", "val")]
    assert dataset.problems.found.tolist() == ["no folder or list images/nowhere"]


def test_the_last_folder_called_images_is_the_one_that_counts(tmp_path):
    dataset = load(put(tmp_path / "images" / "one", {"train/a": LINE}), ())
    assert len(dataset.boxes) == 1
    assert dataset.files.path.tolist()[1:] == ["labels/train/a.txt"]


def test_labels_without_an_image_belong_to_one_that_is_not_there(tmp_path):
    put(tmp_path, {"train/a": LINE})
    write(tmp_path / "labels" / "train" / "gone.txt", LINE)
    write(tmp_path / "labels" / "train" / "empty.txt", "\n")
    write(tmp_path / "labels" / "train" / "classes.txt", "0 1 2 3 4\n")
    write(tmp_path / "labels" / "train" / "notes.txt", "these were drawn by hand in two days\n")
    dataset = load(tmp_path, ())
    names = ["a.png", "empty", "gone"]
    assert dataset.images.name.tolist() == [f"images/train/{name}" for name in names]
    assert dataset.images.path.tolist()[1:] == ["", ""]
    assert dataset.images.assumed.tolist() == [False, True, True]
    assert dataset.boxes.image.tolist() == [0, 2]


def test_an_empty_text_file_elsewhere_than_in_labels_is_no_image(tmp_path):
    put(tmp_path, {"train/a": LINE})
    write(tmp_path / "images" / "train" / "readme.txt", "\n")
    assert load(tmp_path / "images", ()).images.name.tolist() == ["images/train/a.png"]


def test_an_image_without_a_label_file_or_with_an_empty_one_has_no_labels(tmp_path):
    dataset = load(put(tmp_path, {"train/a": LINE, "train/b": None, "train/c": ""}), ())
    assert dataset.boxes.image.tolist() == [0]
    assert dataset.files.path.tolist() == [
        "data.yaml",
        "labels/train/a.txt",
        "labels/train/b.txt",
        "labels/train/c.txt",
    ]
    assert dataset.images.file.tolist() == [1, 2, 3]
    assert problems(dataset) == []


def test_a_dataset_without_any_label_file_says_so(tmp_path):
    dataset = load(put(tmp_path, {"train/a": None}), ())
    assert problems(dataset) == [("data.yaml", "file", MISSING, "missing-field", "annotations")]


def test_a_folder_without_a_description_is_all_that_is_in_it(tmp_path):
    put(tmp_path, {"train/a": LINE, "val/b": "7 .5 .5 .1 .1"}, yaml=None)
    dataset = load(tmp_path, ())
    assert members(dataset) == SPLIT
    assert dataset.class_names == ["class_0", "class_7"]
    assert dataset.categories.id.values() == [0, 7]
    assert dataset.categories.file.tolist() == [MISSING, MISSING]
    assert dataset.files.path.tolist() == ["labels/train/a.txt", "labels/val/b.txt"]


@pytest.mark.parametrize("place", ["labels", "labels/train", "images", "images/train"])
def test_a_part_of_a_dataset_can_be_named(tmp_path, place):
    put(tmp_path, {"train/a": LINE, "train/b": None}, yaml=None)
    dataset = load(tmp_path / place, ())
    assert dataset.root == tmp_path
    assert dataset.images.name.tolist() == ["images/train/a.png", "images/train/b.png"]
    assert len(dataset.boxes) == 1
    assert recognises(tmp_path / place) == place.startswith("labels")


@pytest.mark.parametrize("name", ["classes.txt", "obj.names", "labels/classes.txt"])
def test_a_list_of_classes_beside_the_labels_names_them(tmp_path, name):
    put(tmp_path, {"a": "1 .5 .5 .1 .1"}, yaml=None)
    write(tmp_path / name, "cat\ndog\n")
    dataset = load(tmp_path, ())
    assert dataset.class_names == ["cat", "dog"]
    assert dataset.files.path.tolist() == [name, "labels/a.txt"]
    assert dataset.categories.file.tolist() == [0, 0]
    assert dataset.boxes.label.tolist() == [1]
    assert len(dataset.images) == 1


def test_labels_may_stand_beside_their_images(tmp_path):
    draw(tmp_path / "a.png", (100, 80))
    write(tmp_path / "a.txt", LINE)
    write(tmp_path / "obj.names", "cat\n")
    write(tmp_path / "train.txt", "a.png\n")
    write(tmp_path / "obj.data", "classes = 1\ntrain = data/train.txt\nnames = data/obj.names\n")
    for path in (tmp_path, tmp_path / "obj.data"):
        dataset = load(path, ())
        assert dataset.files.path.tolist() == ["obj.data", "obj.names", "a.txt"]
        assert dataset.class_names == ["cat"]
        assert members(dataset) == [("train", "a.png")]
        assert len(dataset.boxes) == 1


def test_circles_of_links_end(tmp_path):
    put(tmp_path, {"train/a": LINE})
    (tmp_path / "images" / "train" / "again").symlink_to(tmp_path / "images")
    (tmp_path / "labels" / "train" / "again").symlink_to(tmp_path)
    assert load(tmp_path, ()).images.name.tolist() == ["images/train/a.png"]
    (tmp_path / "data.yaml").unlink()
    assert recognises(tmp_path)
    assert load(tmp_path, ()).images.name.tolist() == ["images/train/a.png"]


def test_a_linked_folder_of_images_keeps_its_own_labels(tmp_path):
    put(tmp_path / "data", {"train/a": LINE}, pictures=False)
    draw(tmp_path / "elsewhere" / "a.png", (100, 80))
    (tmp_path / "data" / "images").mkdir()
    (tmp_path / "data" / "images" / "train").symlink_to(tmp_path / "elsewhere")
    dataset = load(tmp_path / "data", ())
    assert len(dataset.boxes) == 1
    assert dataset.images.assumed.tolist() == [False]


def test_several_descriptions_in_a_folder_leave_it_to_data_yaml(tmp_path):
    put(tmp_path, {"train/a": LINE})
    write(tmp_path / "coco.yaml", "train: images/train\nnames: [other]\n")
    assert load(tmp_path, ()).class_names == ["cat", "dog", "bird"]


@pytest.mark.parametrize(("other", "images"), [(LINE, 2), ("notes\n", 0)])
def test_an_empty_file_beside_label_files_is_that_of_an_image_without_objects(
    tmp_path, other, images
):
    write(tmp_path / "x" / "a.txt", "")
    write(tmp_path / "x" / "b.txt", other)
    write(tmp_path / "y" / "c.txt", LINE)
    names = load(tmp_path, ()).images.name.tolist()
    assert sum(name.startswith("x/") for name in names) == images


PARTS = st.sampled_from(
    ["images", "labels", "a", "a.b", ".a", "..jpg", "a.", "images.jpg", "a.jpg"]
)


@given(st.lists(st.lists(PARTS, min_size=1, max_size=5)))
def test_label_files_of_many_images_are_those_of_each(parts: list[list[str]]) -> None:
    images = ["/" + "/".join(names) for names in parts]
    assert list(label_paths(images)) == [label_path(image) for image in images]


NAMES = st.lists(st.sampled_from([f"{stem}.{end}" for stem in "abc" for end in ("jpg", "png")]))


@given(st.lists(st.tuples(st.sampled_from(["train", "val", ""]), NAMES), max_size=4))
def test_the_images_of_a_folder_are_taken_in_at_once_as_one_by_one(
    folders: list[tuple[str, list[str]]],
) -> None:
    at_once, one_by_one = YoloLayout(), YoloLayout()
    for split, names in folders:
        paths = [f"/data/images/{split}/{name}" for name in names]
        at_once.add_folder(paths, list(label_paths(paths)), split)
        for path, label in zip(paths, label_paths(paths), strict=True):
            one_by_one.add(path, split, label=label, found=True)
    assert at_once == one_by_one
