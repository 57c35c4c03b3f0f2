from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from labelaudit.io.edits import edited
from labelaudit.io.formats.copy_plan import CopyPlan
from labelaudit.io.formats.yolo.self_reference import copy_plan
from labelaudit.io.load import load
from labelaudit.io.save import save
from labelaudit.testing import draw
from tests.cli.layouts import darknet, put, yolo

NAMES = "names: [cat, dog]\n"


def plan_of(folder: Path, description: str) -> tuple[CopyPlan, str]:
    """The plan of a dataset with a data.yaml, and what its copy holds."""
    both = {"a": "train", "b": "val"}
    yolo(
        {name: folder / "images" / split for name, split in both.items()},
        {name: folder / "labels" / split for name, split in both.items()},
    )
    put(folder / "data.yaml", description.replace("ROOT", folder.as_posix()))
    dataset = load(folder / "data.yaml")
    plan = copy_plan(dataset)
    row = dataset.files.path.tolist().index("data.yaml")
    with (folder / "data.yaml").open("rb") as source:
        return plan, b"".join(edited(source, plan.edits.get(row, ()))).decode()


@pytest.mark.parametrize(
    "description",
    [
        "train: images/train\nval: images/val\n",
        "path: .\ntrain: images/train\nval: images/val\n",
        "path: images\ntrain: train\nval: val\n",
        "train: ./images/train\nval: [images/val]\n",
    ],
)
def test_what_refers_to_itself_already_stays(tmp_path, description):
    plan, text = plan_of(tmp_path / "ds", description + NAMES)
    assert (plan.edits, plan.written) == ({}, {})
    assert text == description + NAMES


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("path: ROOT # x\ntrain: images/train\n", "path:  # x\ntrain: images/train\n"),
        ('path: "ROOT"\r\ntrain: images/train\r\n', "path: \r\ntrain: images/train\r\n"),
        ("path: coco8\ntrain: images/train\n", "path: \ntrain: images/train\n"),
        ("train: 'ROOT/images/train'\n", "train: 'images/train'\n"),
        ("train: /other/ds/images/train\n", "train: images/train\n"),
        ("train: ../images/train\n", "train: images/train\n"),
        ("train: &t ROOT/images/train\nval: *t\n", "train: &t images/train\nval: *t\n"),
        (
            "train: [ROOT/images/train, images/val]\n",
            "train: [images/train, images/val]\n",
        ),
        ("path: ROOT/images\ntrain: train\n", "path: \ntrain: images/train\n"),
        ("\ufefftrain: ROOT/images/train\n", "\ufefftrain: images/train\n"),
    ],
)
def test_what_leads_out_is_written_anew_and_nothing_else(tmp_path, description, expected):
    _, text = plan_of(tmp_path / "ds", description + NAMES)
    assert text == expected + NAMES


def test_a_source_that_is_nowhere_stays(tmp_path):
    description = "train: images/train\ntest: ../nowhere/images\n"
    assert plan_of(tmp_path / "ds", description + NAMES)[1] == description + NAMES


def test_lines_of_lists_keep_all_but_the_paths_that_lead_out(tmp_path):
    folder = tmp_path / "ds"
    lines = f"{folder.as_posix()}/images/train/a.png\r\n\r\nimages/val/b.png\nnot an image\n"
    put(folder / "all.txt", lines)
    plan, text = plan_of(folder, "train: all.txt\n" + NAMES)
    assert text == "train: all.txt\n" + NAMES
    own = b"./images/train/a.png\r\n\r\nimages/val/b.png\nnot an image\n"
    assert plan.written == {"all.txt": own}


def test_a_list_alone_is_written_anew(tmp_path):
    folder = tmp_path / "ds"
    draw(folder / "images" / "a.png", (10, 10))
    put(folder / "labels" / "a.txt", "0 .5 .5 .1 .1\n")
    put(folder / "train.txt", f"{folder.as_posix()}/images/a.png\n")
    plan = copy_plan(load(folder / "train.txt"))
    assert plan.written == {"train.txt": b"./images/a.png\n"}


def apart(folder: Path, *splits: str) -> tuple[Path, list[Path]]:
    """A folder `set` with an image and a label for each split, far from a folder `cfg`."""
    pictures = []
    for split in splits:
        pictures.append(folder / "far" / "away" / "set" / "images" / split / f"{split}.png")
        draw(pictures[-1], (10, 10))
        put(folder / "far" / "away" / "set" / "labels" / split / f"{split}.txt", "0 .5 .5 .1 .1\n")
    return folder / "home" / "me" / "cfg", pictures


def test_lists_from_elsewhere_go_to_the_top_and_lead_down(tmp_path):
    home, pictures = apart(tmp_path, "train", "val")
    put(home / "one" / "list.txt", f"{pictures[0]}\n")
    put(home / "two" / "list.txt", f"{pictures[1]}\n")
    put(home / "data.yaml", "train: one/list.txt\nval: two/list.txt\n" + NAMES)
    dataset = load(home / "data.yaml")
    plan = copy_plan(dataset)
    assert plan.written == {
        "list.txt": b"./images/train/train.png\n",
        "list_2.txt": b"./images/val/val.png\n",
    }
    row = dataset.files.path.tolist().index("../../../home/me/cfg/data.yaml")
    assert [edit.text for edit in plan.edits[row]] == [b"list.txt", b"list_2.txt"]


def test_a_list_that_two_splits_name_is_one_in_the_copy(tmp_path):
    home, [picture] = apart(tmp_path, "train")
    put(home / "list.txt", f"{picture}\n")
    put(home / "data.yaml", "train: list.txt\nval: list.txt\n" + NAMES)
    assert list(copy_plan(load(home / "data.yaml")).written) == ["list.txt"]


def test_a_list_does_not_take_the_name_of_what_is_there(tmp_path):
    home, [picture] = apart(tmp_path, "train")
    put(home / "train.txt", f"{picture}\n")
    put(tmp_path / "far" / "away" / "set" / "train.txt", "remarks of somebody\n")
    put(home / "data.yaml", "train: train.txt\nval: train.txt\n" + NAMES)
    assert list(copy_plan(load(home / "data.yaml")).written) == ["train_2.txt"]


def test_a_list_below_the_top_whose_new_lines_lead_up_has_one_at_the_top_beside_it(tmp_path):
    folder = tmp_path / "ds"
    put(folder / "lists" / "all.txt", f"{folder.as_posix()}/images/train/a.png\n")
    plan, text = plan_of(folder, "train: lists/all.txt\n" + NAMES)
    assert text == "train: all.txt\n" + NAMES
    assert plan.written == {
        "lists/all.txt": b"./../images/train/a.png\n",
        "all.txt": b"./images/train/a.png\n",
    }


def test_a_list_below_the_top_that_leads_up_by_itself_stays(tmp_path):
    folder = tmp_path / "ds"
    put(folder / "lists" / "all.txt", "../images/train/a.png\n")
    plan, text = plan_of(folder, "train: lists/all.txt\n" + NAMES)
    assert (text, plan.written) == ("train: lists/all.txt\n" + NAMES, {})


@pytest.mark.parametrize("ending", ["data", "yaml"])
def test_a_copy_is_moved_and_read_without_the_original(tmp_path, ending):
    home, pictures = apart(tmp_path, "train", "val")
    for picture in pictures:
        put(home / "lists" / f"{picture.stem}.txt", f"{picture}\n")
    lists = {split: f"{home}/lists/{split}.txt" for split in ("train", "val")}
    if ending == "data":
        put(home / "obj.names", "cat\ndog\n")
        entries = [f"train={lists['train']}", f"valid={lists['val']}", "names=obj.names"]
        put(home / "set.data", "".join(f"{one}\n" for one in ["classes=2", *entries]))
    else:
        put(home / "set.yaml", f"train: {lists['train']}\nval: {lists['val']}\n" + NAMES)
    before = load(home / f"set.{ending}")
    saved = save(before, tmp_path / "cleaned", copy_images=True)
    moved = tmp_path / "other" / "place" / "moved"
    shutil.copytree(saved.path, moved)
    shutil.rmtree(tmp_path / "far")
    shutil.rmtree(saved.path)
    after = load(moved)
    assert after.splits == ("train", "val")
    assert len(after.boxes) == len(before.boxes) == 2
    assert all(path.startswith(str(moved)) for path in after.images.path.tolist())
    references = [path for path in moved.rglob("*") if path.suffix in (".txt", ".yaml", ".data")]
    assert not any("../" in path.read_text() for path in references)


def test_darknet_s_paths_are_relative_to_the_copy(tmp_path):
    dataset = load(darknet(tmp_path).given[0])
    plan = copy_plan(dataset)
    row = dataset.files.path.tolist().index("obj.data")
    assert [(edit.place, edit.text) for edit in plan.edits[row]] == [
        ("train", b"train.txt"),
        ("names", b"obj.names"),
    ]
    assert plan.written["train.txt"].startswith(b"./obj_train_data/a.png\n")


def test_labels_without_images_are_not_looked_for_in_the_original(tmp_path):
    layout = darknet(tmp_path)
    for picture in tmp_path.rglob("*.png"):
        picture.unlink()
    plan = copy_plan(load(layout.given[0]))
    assert plan.images == {}
    assert plan.written["train.txt"] == b"./obj_train_data/a.png\n./obj_train_data/b.png\n"


def test_a_folder_of_images_from_elsewhere_becomes_a_list(tmp_path):
    yolo({"a": tmp_path / "photos"}, {"a": tmp_path / "ds" / "labels"})
    put(tmp_path / "ds" / "data.yaml", "train: images\n" + NAMES)
    plan = copy_plan(load(tmp_path / "ds", images=tmp_path / "photos"))
    assert plan.images == {"images/a.png": (tmp_path / "photos" / "a.png").as_posix()}
    assert (plan.edits, plan.written) == ({}, {})
