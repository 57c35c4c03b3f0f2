"""Splits are changed where they are: all of it or nothing, and `undo` takes it back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.errors import FixError, FormatError
from labelaudit.io.formats.division import Division
from labelaudit.io.in_place import FileChange, Run
from labelaudit.io.load import load
from labelaudit.io.relist import check_relistable, relist
from labelaudit.io.save import undo
from labelaudit.testing import draw
from tests.cli.layouts import LAYOUTS, SIZE, put
from tests.io.test_divide import division, held
from tests.io.test_recovery import Killed, contents


def splits(sources: tuple[Path, ...]) -> dict[str, list[str]]:
    return {name: sorted(some) for name, some in held(sources).items()}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_holds_other_splits_or_says_why_not_and_undo_restores_it(name, tmp_path):
    layout = LAYOUTS[name](tmp_path / "in")
    dataset = load(layout.given, images=layout.images or ())
    before = contents(tmp_path / "in")
    stems = [Path(one).stem for one in dataset.images.name.tolist()]
    wanted = division(*(1 if stem == "a" else 0 for stem in stems))
    done, refused = None, ""
    try:
        done = relist(dataset, wanted)
    except FormatError as error:
        refused = str(error)
    if done is None:
        assert "--output" in refused or "--images" in refused
        assert contents(tmp_path / "in") == before
        return
    again = load(layout.given, images=layout.images or ())
    members = again.split_members
    found = {
        again.splits[split]: Path(str(again.images.name[image])).stem
        for split, image in zip(members.split.tolist(), members.image.tolist(), strict=True)
    }
    assert found in ({"train": "b", "val": "a"}, {"train": "b", "valid": "a"})
    assert len(again.boxes) == len(dataset.boxes)
    undo(done.path)
    assert {
        one: it for one, it in contents(tmp_path / "in").items() if ".lock" not in one
    } == before


def test_layouts_of_each_format_are_changed_in_place(tmp_path):
    """The test above would hold if none were."""
    changed = set()
    for name, layout in LAYOUTS.items():
        given = layout(tmp_path / name)
        dataset = load(given.given, images=given.images or ())
        try:
            relist(dataset, division(*(1 - np.arange(len(dataset.images)) % 2)))
        except FormatError:
            continue
        changed.add(dataset.format)
    assert {"voc", "yolo"} <= changed


LINE = "0 .5 .5 .2 .4\n"


def yolo_folders(folder: Path, description: str = "train: images/train\nval: images/val\n") -> Path:
    for name, split in (("a", "train"), ("b", "train"), ("c", "val")):
        draw(folder / "images" / split / f"{name}.png", SIZE)
        put(folder / "labels" / split / f"{name}.txt", LINE)
    put(folder / "data.yaml", f"# mine\n{description}nc: 1  # one\nnames: [cat]\n")
    return folder / "data.yaml"


def test_folders_of_yolo_give_way_to_lists_and_no_image_moves(tmp_path):
    path = yolo_folders(tmp_path)
    done = relist(load(path), division(1, 0, 0))
    assert splits((path,)) == {"train": ["b", "c"], "val": ["a"]}
    assert sorted(done.new) == ["train.txt", "val.txt"]
    assert path.read_text() == (
        "# mine\ntrain: train.txt\nval: val.txt\nnc: 1  # one\nnames: [cat]\n"
    )
    assert (tmp_path / "train.txt").read_text() == "./images/train/b.png\n./images/val/c.png\n"
    assert (tmp_path / "images" / "train" / "a.png").exists()
    undo(tmp_path)
    assert splits((path,)) == {"train": ["a", "b"], "val": ["c"]}
    assert not (tmp_path / "train.txt").exists()


def test_a_list_of_yolo_keeps_its_lines_and_a_new_split_gets_one(tmp_path):
    path = yolo_folders(tmp_path, "train: train.txt\nval: val.txt\n")
    put(tmp_path / "val.txt", "./images/val/c.png\n")
    (tmp_path / "train.txt").write_bytes(b"images/train/b.png\r\nimages/train/a.png\r\n")
    relist(load(path), division(0, 2, 1, names=("train", "val", "test")))  # b comes first
    assert splits((path,)) == {"train": ["b"], "val": ["c"], "test": ["a"]}
    assert (tmp_path / "train.txt").read_bytes() == b"images/train/b.png\r\n"
    assert (tmp_path / "test.txt").read_text() == "images/train/a.png\n"
    assert path.read_text().endswith("names: [cat]\ntest: test.txt\n")


@pytest.mark.parametrize("made", ["yolo", "voc", "coco"])
def test_what_is_set_aside_is_in_no_split_and_still_there(made, tmp_path):
    if made == "yolo":
        given: Any = yolo_folders(tmp_path)
    elif made == "voc":
        given = voc(tmp_path, train="a\nb\n", val="c\nd\n")
    else:
        given = coco(tmp_path, train=[(1, "a.png"), (2, "b.png")], val=[(3, "c.png"), (4, "d.png")])
    dataset, before = load(given), contents(tmp_path)
    split = [2, *([0] * (len(dataset.images) - 2)), 1]
    done = relist(dataset, division(*split, names=("train", "val", "aside")))
    again = splits((tmp_path,) if made == "coco" else (given,))
    assert "a" not in again["train"] + again["val"]
    assert any("aside" in name for name in done.new)
    undo(tmp_path)
    assert {one: it for one, it in contents(tmp_path).items() if ".lock" not in one} == before


def test_a_file_that_is_no_list_is_not_written_over(tmp_path):
    path = yolo_folders(tmp_path)
    put(tmp_path / "train.txt", "my notes\n")
    relist(load(path), division(1, 0, 0))
    assert (tmp_path / "train.txt").read_text() == "my notes\n"
    assert "train: train.2.txt\n" in path.read_text()


def test_labels_without_images_cannot_be_listed(tmp_path):
    path = yolo_folders(tmp_path)
    (tmp_path / "images" / "train" / "a.png").unlink()
    with pytest.raises(FormatError, match="a label file without its image"):
        relist(load(path), division(*range(2), 0))


def voc(folder: Path, **lists: str) -> Path:
    for name in "abcd":
        draw(folder / "JPEGImages" / f"{name}.png", SIZE)
        put(
            folder / "Annotations" / f"{name}.xml",
            f"<annotation><filename>{name}.png</filename><size><width>{SIZE[0]}</width><height>"
            f"{SIZE[1]}</height></size><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin>"
            "<xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>",
        )
    for name, text in lists.items():
        put(folder / "ImageSets" / "Main" / f"{name}.txt", text)
    return folder


def lists_of(folder: Path) -> dict[str, str]:
    there = (folder / "ImageSets" / "Main").glob("*.txt")
    return {path.stem: path.read_bytes().decode() for path in there}


def test_lists_of_voc_are_changed_and_their_union_and_lists_of_classes_are_not(tmp_path):
    root = voc(
        tmp_path,
        train="c\na\n",
        val="b\n",
        test="d\n",
        trainval="c\na\nb\n",
        cat_train="c  1\na -1\n",
    )
    done = relist(load(root), division(0, 0, 2, 1, names=("train", "val", "test")))
    assert lists_of(root) == {
        "train": "a\nb\n",
        "val": "d\n",
        "test": "c\n",
        "trainval": "a\nb\nd\n",
        "cat_train": "c  1\na -1\n",
    }
    assert any("cat_train" in line for line in done.notes)
    undo(root)
    assert lists_of(root)["trainval"] == "c\na\nb\n"


def test_what_names_no_annotation_stays_in_a_list_of_voc(tmp_path):
    root = voc(tmp_path, train="a\nlost\n\nb\n", val="c\nd\n")
    relist(load(root), division(1, 0, 0, 1))
    assert lists_of(root) == {"train": "lost\n\nb\nc\n", "val": "d\na\n"}


def test_annotations_without_lists_get_some(tmp_path):
    root = voc(tmp_path)
    done = relist(load(root), division(0, 0, 0, 1))
    assert lists_of(root) == {"train": "a\nb\nc\n", "val": "d\n"}
    undo(done.path)
    assert lists_of(root) == {}


def test_folders_of_voc_would_have_to_move(tmp_path):
    for name in ("train", "val"):
        voc(tmp_path / name)
    with pytest.raises(FormatError, match=r"annotations would have to move; .*--output"):
        relist(load(tmp_path), division(*[0] * 4, *[1] * 4))


def coco(folder: Path, indent: int | None = None, **files: list[tuple[int, str]]) -> list[Path]:
    """A file for each split, of images by id and name, with two boxes each."""
    paths = []
    for name, images in files.items():
        content: dict[str, Any] = {
            "info": {"year": 2020, "of": name},
            "images": [
                {"id": n, "file_name": one, "width": SIZE[0], "height": SIZE[1]}
                for n, one in images
            ],
            "annotations": [
                {"id": 10 * n + k, "image_id": n, "category_id": 1, "bbox": [k, 1, 9, 9], "x": one}
                for n, one in images
                for k in (0, 1)
            ],
            "categories": [{"id": 1, "name": "cat"}],
        }
        for _, one in images:
            draw(folder / "images" / one, SIZE)
        paths.append(folder / f"{name}.json")
        paths[-1].write_text(json.dumps(content, indent=indent))
    return paths


def records(path: Path) -> dict[str, list[int]]:
    content = json.loads(path.read_text())
    return {key: [one["id"] for one in content[key]] for key in ("images", "annotations")}


@pytest.mark.parametrize("indent", [None, 2])
def test_records_of_coco_go_from_file_to_file_as_they_are(indent, tmp_path):
    paths = coco(
        tmp_path, indent, train=[(1, "a.png"), (2, "b.png"), (3, "c.png")], val=[(4, "d.png")]
    )
    before = contents(tmp_path)
    done = relist(load(paths), division(0, 1, 1, 0))
    assert records(paths[0]) == {"images": [1, 4], "annotations": [10, 11, 40, 41]}
    assert records(paths[1]) == {"images": [2, 3], "annotations": [20, 21, 30, 31]}
    assert json.loads(paths[1].read_text())["info"] == {"year": 2020, "of": "val"}
    assert all("got another id" not in line for line in done.notes)
    assert "\n" in paths[0].read_text() or indent is None
    undo(tmp_path)
    assert {one: it for one, it in contents(tmp_path).items() if ".lock" not in one} == before


@pytest.mark.parametrize("given", ["relative", "by a link"])
def test_files_of_coco_are_changed_however_they_are_given(given, tmp_path, monkeypatch):
    paths = coco(tmp_path / "set", train=[(1, "a.png"), (2, "b.png")], val=[(3, "c.png")])
    (tmp_path / "link").symlink_to("set")
    monkeypatch.chdir(tmp_path / "set")
    folder = Path() if given == "relative" else tmp_path / "link"
    dataset = load([folder / path.name for path in paths])
    done = relist(dataset, division(0, 2, 1, names=("train", "val", "aside")))
    assert done.new == ("aside.json",)
    assert [records(path)["images"] for path in (*paths, Path("aside.json"))] == [[1], [3], [2]]


@pytest.mark.parametrize(
    "split", [(0, 0, 0, 1), (1, 1, 1, 0), (1, 0, 1, 0), (0, 1, 0, 1), (1, 1, 0, 0)]
)
def test_lists_of_coco_lose_records_wherever_they_stand(split, tmp_path):
    paths = coco(tmp_path, train=[(1, "a.png"), (2, "b.png"), (3, "c.png")], val=[(4, "d.png")])
    relist(load(paths), division(*split))
    for number, path in enumerate(paths):
        wanted = [n + 1 for n, one in enumerate(split) if one == number]
        assert sorted(records(path)["images"]) == wanted
        assert sorted(records(path)["annotations"]) == [10 * n + k for n in wanted for k in (0, 1)]


def test_a_record_of_coco_gets_another_id_only_where_its_own_is_taken(tmp_path):
    paths = coco(tmp_path, train=[(1, "a.png"), (2, "b.png")], val=[(1, "c.png"), (5, "d.png")])
    done = relist(load(paths), division(0, 1, 0, 1))
    content = json.loads(paths[0].read_text())
    assert [(one["id"], one["file_name"]) for one in content["images"]] == [
        (1, "a.png"),
        (6, "c.png"),
    ]
    assert [(one["image_id"], one["x"]) for one in content["annotations"]] == [
        *[(1, "a.png")] * 2,
        *[(6, "c.png")] * 2,
    ]
    ids = [one["id"] for one in content["annotations"]]
    assert len(set(ids)) == 4
    assert done.notes == ("3 records got another id",)
    assert records(paths[1])["images"] == [5, 2]


def test_a_split_of_coco_without_a_file_gets_one(tmp_path):
    paths = coco(tmp_path, train=[(1, "a.png"), (2, "b.png")], val=[(3, "c.png")])
    done = relist(load(paths), division(0, 2, 1, names=("train", "val", "aside")))
    assert records(tmp_path / "aside.json") == {"images": [2], "annotations": [20, 21]}
    assert done.new == ("aside.json",)
    undo(tmp_path)
    assert not (tmp_path / "aside.json").exists()


def test_images_of_coco_in_a_folder_for_each_file_would_have_to_move(tmp_path):
    paths = coco(tmp_path, train=[(1, "a.png")], val=[(2, "b.png")])
    for path, name in zip(paths, "ab", strict=True):
        (tmp_path / path.stem).mkdir()
        (tmp_path / "images" / f"{name}.png").rename(tmp_path / path.stem / f"{name}.png")
    before = contents(tmp_path)
    with pytest.raises(FormatError, match="where trainers would look for it"):
        relist(load(paths), division(1, 0))
    assert {one: it for one, it in contents(tmp_path).items() if ".lock" not in one} == before


def test_one_file_of_coco_holds_no_splits(tmp_path):
    with pytest.raises(FormatError, match="--output"):
        relist(load(coco(tmp_path, all=[(1, "a.png"), (2, "b.png")])), division(0, 1))


def test_a_split_that_is_not_named_is_not_emptied(tmp_path):
    root = voc(tmp_path, train="a\n", val="b\n", test="c\nd\n")
    with pytest.raises(FormatError, match="it has the split test, for which there is no new one"):
        relist(load(root), division(0, 0, 1, 1))


def test_splits_are_known_by_what_they_are_for(tmp_path):
    paths = coco(tmp_path, instances_train2017=[(1, "a.png")], instances_val2017=[(2, "b.png")])
    relist(load(paths), division(1, 0))
    assert records(paths[0])["images"] == [2]


def test_the_same_splits_change_nothing(tmp_path):
    root = voc(tmp_path, train="a\nb\n", val="c\nd\n")
    assert relist(load(root), division(0, 0, 1, 1)).patch is None
    assert not list(root.glob("*.jsonl"))


def test_what_changed_since_it_was_read_is_not_changed(tmp_path):
    root = voc(tmp_path, train="a\nb\n", val="c\nd\n")
    dataset = load(root)
    (root / "Annotations" / "a.xml").write_text("<annotation/>")
    with pytest.raises(FixError, match="changed since it was read"):
        relist(dataset, division(1, 0, 1, 1))


def test_a_format_that_is_read_only_says_what_to_do(tmp_path):
    put(tmp_path / "a.txt", "Car 0 0 0 1 1 9 9 0 0 0 0 0 0 0\n")
    dataset = load(tmp_path, format="kitti")
    with pytest.raises(FormatError, match="--to coco"):
        check_relistable(dataset)


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("given", ["folder", "file"])
def test_a_killed_change_of_splits_is_taken_back_by_the_next_command(
    after: int, given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = yolo_folders(tmp_path)
    dataset, before, left = load(path), contents(tmp_path), [after]
    real = FileChange.switch

    def switch(self: FileChange, stamp: list[int]) -> None:
        if not left[0]:
            raise Killed
        left[0] -= 1
        real(self, stamp)

    def killed(self: Run) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(FileChange, "switch", switch)
        broken.setattr(Run, "_commit", killed)
        broken.setattr(Run, "end", lambda run: [])
        with pytest.raises(Killed):
            relist(dataset, Division(("train", "val"), np.array([1, 0, 0])))
    assert contents(tmp_path) != before
    again = load(path if given == "file" else tmp_path)
    assert {one: it for one, it in contents(tmp_path).items() if ".lock" not in one} == before
    assert any("stopped midway and has been taken back" in line for line in again.notes)
