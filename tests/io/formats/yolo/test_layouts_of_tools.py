"""Folders as tools and sites write them: all boxes are read, and what was not found is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.load import load
from labelaudit.testing import draw
from tests.io.formats.yolo_files import LINE, write

TWO = f"{LINE}1 0.3 0.3 0.2 0.2\n"
CLASSES = "cat\ndog\n"
NOWHERE = "boxes in them are told as if each of them were 640 x 640 px"


def put(folder: Path, files: dict[str, str]) -> Path:
    """A folder of images (names that end in .png) and text files."""
    for name, text in files.items():
        if name.endswith(".png"):
            draw(folder / name, (100, 80))
        else:
            write(folder / name, text)
    return folder


def read(folder: Path) -> Dataset:
    dataset = load(folder)
    assert dataset.format == "yolo"
    return dataset


def boxes_by_image(dataset: Dataset) -> dict[str, int]:
    names = dataset.images.name.tolist()
    return {name: int((dataset.boxes.image == row).sum()) for row, name in enumerate(names)}


def used_classes(dataset: Dataset) -> list[str]:
    return sorted({dataset.class_names[label] for label in dataset.boxes.label.tolist()})


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {"images/a.png": "", "labels/a.txt": TWO, "labels/classes.txt": CLASSES}, id="LabelImg"
        ),
        pytest.param(
            {"a.png": "", "a.txt": TWO, "classes.txt": CLASSES}, id="LabelImg, side by side"
        ),
        pytest.param(
            {
                "classes.txt": CLASSES,
                "notes.json": '{"categories": [{"id": 0, "name": "cat"}], "info": {"year": 2026}}',
                "images/a.png": "",
                "labels/a.txt": TWO,
            },
            id="Label Studio",
        ),
        pytest.param(
            {
                "obj.data": "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\n",
                "obj.names": CLASSES,
                "train.txt": "data/obj_train_data/a.png\n",
                "obj_train_data/a.png": "",
                "obj_train_data/a.txt": TWO,
            },
            id="CVAT",
        ),
        pytest.param(
            {
                "data.yaml": "path: .\nnames: {0: cat, 1: dog}\ntrain: train.txt\n",
                "train.txt": "data/images/train/a.png\n",
                "images/train/a.png": "",
                "labels/train/a.txt": TWO,
            },
            id="CVAT, Ultralytics",
        ),
        pytest.param(
            {
                "data.yaml": "train: ../train/images\nval: ../valid/images\nnames: [cat, dog]\n",
                "train/images/a.png": "",
                "train/labels/a.txt": TWO,
                "README.roboflow.txt": "x",
            },
            id="Roboflow",
        ),
        pytest.param(
            {"train/a.png": "", "train/a.txt": TWO, "train/_darknet.labels": CLASSES},
            id="Roboflow, darknet",
        ),
        pytest.param(
            {
                "cfg/obj.data": "classes=2\ntrain=data/train.txt\nnames=data/obj.names\n",
                "data/obj.names": CLASSES,
                "data/train.txt": "data/obj/a.png\n",
                "data/obj/a.png": "",
                "data/obj/a.txt": TWO,
            },
            id="darknet",
        ),
        pytest.param(
            {
                "data.yaml": "path: ../datasets/x\ntrain: autosplit_train.txt\nnames: [cat, dog]\n",
                "autosplit_train.txt": "./images/a.png\n",
                "images/a.png": "",
                "labels/a.txt": TWO,
            },
            id="Ultralytics, autosplit",
        ),
        pytest.param(
            {"JPEGs/a.png": "", "YOLO_darknet/a.txt": TWO, "classes.txt": CLASSES},
            id="folders of any name",
        ),
        pytest.param(
            {
                "export/data.yaml": "train: images\nnames: [cat, dog]\n",
                "export/images/a.png": "",
                "export/labels/a.txt": TWO,
            },
            id="a folder around all else",
        ),
        pytest.param(
            {"a.png": "", "a.txt": TWO, "obj_names.names": "x", "labels.txt": CLASSES},
            id="a list of classes called labels",
        ),
    ],
)
def test_all_boxes_are_read_and_nothing_is_missing(tmp_path, files):
    dataset = read(put(tmp_path / "ds", files))
    assert list(boxes_by_image(dataset).values()) == [2]
    assert used_classes(dataset) == ["cat", "dog"]
    assert all(dataset.images.path.tolist())
    assert not any("not read" in note or NOWHERE in note for note in dataset.notes)


@pytest.mark.parametrize(
    "files",
    [
        {
            "obj.data": "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\n",
            "obj.names": CLASSES,
            "train.txt": "data/obj_train_data/a.jpg\ndata/obj_train_data/b/c.jpg\n",
            "obj_train_data/a.txt": LINE,
            "obj_train_data/b/c.txt": LINE,
        },
        {
            "data.yaml": "names: [cat, dog]\ntrain: train.txt\npath: .\n",
            "train.txt": "data/images/train/a.jpg\ndata/images/train/c.jpg\n",
            "labels/train/a.txt": LINE,
            "labels/train/c.txt": LINE,
        },
        {"labels/a.txt": LINE, "labels/c.txt": LINE, "classes.txt": CLASSES},
        {
            "data.yaml": "names: [cat, dog]\ntrain: images/train\n",
            "labels/train/a.txt": LINE,
            "labels/train/c.txt": LINE,
        },
    ],
)
def test_without_images_all_boxes_are_read_and_unknown_sizes_are_said_once(tmp_path, files):
    dataset = read(put(tmp_path, files))
    assert list(boxes_by_image(dataset).values()) == [1, 1]
    assert [note for note in dataset.notes if NOWHERE in note] == list(dataset.notes)
    assert len(dataset.notes) == 1
    assert dataset.image_folders == ()
    assert not len(dataset.problems)


def test_images_that_lie_elsewhere_have_the_labels_that_a_list_of_cvat_leads_to(tmp_path):
    files = {
        "obj.data": "classes = 1\ntrain = data/train.txt\nnames = data/obj.names\n",
        "obj.names": "cat\n",
        "train.txt": "data/obj_train_data/a.png\n",
        "obj_train_data/a.txt": LINE,
        "pictures/a.png": "",
    }
    dataset = read(put(tmp_path / "ds", files))
    assert boxes_by_image(dataset) == {"pictures/a.png": 1}
    assert dataset.notes == ()


def test_images_of_another_dataset_beside_this_one_are_not_taken(tmp_path):
    files = {
        "obj.data": "classes = 1\ntrain = data/train.txt\nnames = data/obj.names\n",
        "obj.names": "cat\n",
        "train.txt": "data/obj_train_data/a.png\n",
        "obj_train_data/a.txt": LINE,
    }
    put(tmp_path, {"other/a.png": "", "other/a.txt": f"{LINE}{LINE}"})
    dataset = read(put(tmp_path / "ds", files))
    assert boxes_by_image(dataset) == {"obj_train_data/a.png": 1}
    assert dataset.images.path.tolist() == [""]


def test_of_images_of_which_some_are_there_only_unknown_sizes_are_said(tmp_path):
    dataset = read(put(tmp_path, {"images/a.png": "", "labels/a.txt": LINE, "labels/b.txt": LINE}))
    assert [note.partition(":")[0] for note in dataset.notes] == ["the size of 1 image is unknown"]
    assert dataset.image_folders == (tmp_path,)


@pytest.mark.parametrize("source", ["../other/images", "/kaggle/input/cars/train/images", "D:\\x"])
def test_a_description_that_leads_nowhere_gives_way_to_the_labels_beside_it(tmp_path, source):
    files = {
        "data.yaml": f"train: {source}\nnames: [cat, dog]\n",
        "images/train/a.png": "",
        "labels/train/a.txt": TWO,
    }
    dataset = read(put(tmp_path, files))
    assert boxes_by_image(dataset) == {"images/train/a.png": 2}
    assert used_classes(dataset) == ["cat", "dog"]
    assert dataset.splits == ("train",)
    (note,) = dataset.notes
    assert note == (
        f"data.yaml leads to no labels (train: {source}); read instead: 1 label file beside it"
    )
    assert dataset.problems.field.tolist() == ["train"]


def test_a_description_that_leads_to_nothing_at_all_is_an_error_that_names_it(tmp_path):
    put(tmp_path, {"data.yaml": "train: /kaggle/input/x\nnames: [cat]\n"})
    message = r"data\.yaml: leads nowhere \(train: /kaggle/input/x\), and no label files lie beside"
    with pytest.raises(FormatError, match=message):
        load(tmp_path / "data.yaml")
    with pytest.raises(FormatError, match=message):
        load(tmp_path)


def test_a_description_that_leads_nowhere_is_none_for_labels_of_another_format(tmp_path):
    voc = "<annotation><filename>a.png</filename></annotation>"
    put(tmp_path, {"data.yaml": "train: /kaggle/input/x\nnames: [cat]\n", "a.xml": voc})
    assert load(tmp_path).format == "voc"
    write(tmp_path / "a.xml", "<x/>")
    write(tmp_path / "a.json", '{"objects": [{"classTitle": "car"}]}')
    with pytest.raises(FormatError, match="labels of Supervisely"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("files", "paired"),
    [
        ({"pics/a.png": "", "labels/a.txt": LINE}, {"pics/a.png": 1}),
        (
            {"pics/train/a.png": "", "pics/val/a.png": "", "txt/train/a.txt": LINE},
            {"pics/train/a.png": 1, "pics/val/a.png": 0},
        ),
        (
            {"pics/day/a.png": "", "pics/night/a.png": "", "txt/night/a.txt": LINE},
            {"pics/day/a.png": 0, "pics/night/a.png": 1},
        ),
        (
            {"pics/train/x/a.png": "", "pics/val/y/a.png": "", "txt/train/a.txt": LINE},
            {"pics/train/x/a.png": 1, "pics/val/y/a.png": 0},
        ),
        (
            {"x/day/a.png": "", "y/day/a.png": "", "txt/day/a.txt": LINE},
            {"x/day/a.png": 0, "y/day/a.png": 0, "txt/day/a": 1},
        ),
        (
            {"x/a.png": "", "y/a.png": "", "labels/a.txt": LINE},
            {"x/a.png": 0, "y/a.png": 0, "images/a": 1},
        ),
        (
            {"images/a.png": "", "labels/a.txt": LINE, "other/a.txt": LINE},
            {"images/a.png": 1, "other/a": 1},
        ),
    ],
)
def test_a_label_file_belongs_to_the_one_image_of_its_name_that_has_none(tmp_path, files, paired):
    assert boxes_by_image(read(put(tmp_path, files))) == paired


def test_an_image_in_no_split_is_in_that_of_its_label_file(tmp_path):
    dataset = read(put(tmp_path, {"pics/a.png": "", "txt/val/a.txt": LINE}))
    assert (dataset.splits, dataset.split_members.image.tolist()) == (("val",), [0])


def test_a_cleaned_copy_inside_a_folder_is_no_second_dataset(tmp_path):
    for name in ("x", "x.cleaned"):
        files = {"data.yaml": "train: images\nnames: [cat]\n", "labels/a.txt": LINE}
        put(tmp_path / name, {**files, "images/a.png": ""})
    dataset = read(tmp_path)
    assert boxes_by_image(dataset) == {"images/a.png": 1}
    assert dataset.notes == ("not read: x.cleaned, the cleaned copy of what lies beside it",)


def test_two_datasets_in_a_folder_are_put_together_with_their_own_classes(tmp_path):
    for name, classes in (("x", "[cat, dog]"), ("y", "[dog, cat]")):
        files = {"images/a.png": "", "labels/a.txt": LINE}
        put(tmp_path / name, {"data.yaml": f"train: images\nnames: {classes}\n", **files})
    dataset = read(tmp_path)
    assert [dataset.class_names[label] for label in dataset.boxes.label.tolist()] == ["cat", "dog"]
    assert dataset.splits == ("x/train", "y/train")
    assert dataset.notes == ("put together as one dataset: x (2 files), y (2 files)",)


@pytest.mark.parametrize("image", ["images/a.png", "labels/a.png"])
def test_a_label_file_alone_is_a_dataset_of_one_image(tmp_path, image):
    put(tmp_path, {image: "", "labels/a.txt": TWO, "labels/b.txt": LINE, "classes.txt": CLASSES})
    dataset = read(tmp_path / "labels" / "a.txt")
    assert (len(dataset.images), len(dataset.boxes), dataset.class_names) == (1, 2, ["cat", "dog"])
    assert dataset.images.path.tolist() == [str(tmp_path / image)]
    assert dataset.images.size.tolist() == [[100, 80]]


@pytest.mark.parametrize("name", ["classes.txt", "obj.names", "predefined_classes.txt"])
def test_a_list_of_classes_alone_is_answered_with_what_to_give(tmp_path, name):
    put(tmp_path, {name: CLASSES, "a.txt": LINE})
    with pytest.raises(FormatError, match="a list of classes; give the folder of the labels"):
        load(tmp_path / name)


def test_a_list_of_images_is_a_dataset_of_these(tmp_path):
    files = {"images/a.png": "", "images/b.png": "", "labels/a.txt": LINE, "labels/b.txt": LINE}
    put(tmp_path, {**files, "train.txt": "images/b.png\n", "data.yaml": "names: [cat]\nnc: 1\n"})
    dataset = read(tmp_path / "train.txt")
    assert boxes_by_image(dataset) == {"images/b.png": 1}
    assert dataset.splits == ("train",)


def test_one_split_of_a_dataset_has_the_classes_of_the_description_above_it(tmp_path):
    put(tmp_path, {"data.yaml": "train: train/images\nnames: [cat, dog]\n"})
    put(tmp_path / "train", {"images/a.png": "", "labels/a.txt": TWO})
    dataset = read(tmp_path / "train")
    assert used_classes(dataset) == ["cat", "dog"]
    assert dataset.notes == (f"classes are called as {tmp_path / 'data.yaml'} names them",)


def test_labels_of_a_detector_are_named_as_what_they_are(tmp_path):
    put(tmp_path, {"labels/a.txt": "0 0.5 0.5 0.1 0.1 0.83\n", "labels/b.txt": ""})
    with pytest.raises(FormatError, match=r"results of a detector .* scan LABELS --predictions"):
        load(tmp_path)
    assert len(load(tmp_path, format="yolo").boxes) == 1
    write(tmp_path / "labels" / "c.txt", LINE)
    assert load(tmp_path).format == "yolo"


def test_a_flag_behind_each_label_is_no_confidence(tmp_path):
    put(tmp_path, {"labels/a.txt": "0 0.5 0.5 0.1 0.1 1\n0 0.2 0.2 0.1 0.1 0\n"})
    assert len(read(tmp_path).boxes) == 2


def test_a_description_of_labels_that_are_of_another_format_does_not_decide(tmp_path):
    corners = "12 40 60 40 60 70 12 70 cat 0\n"
    put(tmp_path, {"data.yaml": "train: images\nnames: [cat]\n", "labels/a.txt": corners})
    put(tmp_path, {"images/a.png": ""})
    assert load(tmp_path).format == "dota"


def test_numbers_that_are_no_fractions_are_read_if_nothing_else_is_there(tmp_path):
    put(tmp_path, {"images/a.png": "", "labels/a.txt": "0 50 40 20 10\n" * 20})
    assert len(read(tmp_path).boxes) == 20
    write(tmp_path / "a.xml", "<annotation><filename>a.png</filename></annotation>")
    assert load(tmp_path).format == "voc"
