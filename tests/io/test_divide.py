"""Other splits in the format's own way: every record is where it should be, byte for byte."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from labelaudit.errors import FixError, FormatError
from labelaudit.io.divide import check_dividable, divide
from labelaudit.io.formats.division import Division
from labelaudit.io.load import load
from labelaudit.testing import draw
from tests.cli.layouts import LAYOUTS, SIZE, put, roboflow, voc_challenge
from tests.io.formats.voc_files import annotation, described

BOTH_WAYS = ([0, 1], [1, 0])


def division(*split: int, names: tuple[str, ...] = ("train", "val")) -> Division:
    return Division(names, np.array(split))


def held(sources: tuple[Path, ...]) -> dict[str, list[str]]:
    """The names of the images of each split."""
    dataset = load(sources)
    found: dict[str, list[str]] = {name: [] for name in dataset.splits}
    members = dataset.split_members
    for split, image in zip(members.split.tolist(), members.image.tolist(), strict=True):
        assert dataset.images.path[image]
        found[dataset.splits[split]].append(Path(str(dataset.images.name[image])).stem)
    return found


@pytest.mark.parametrize("split", BOTH_WAYS)
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_is_divided_and_read_back(name, split, tmp_path):
    layout = LAYOUTS[name](tmp_path / "in")
    dataset = load(layout.given, images=layout.images or ())
    done = divide(dataset, division(*split), tmp_path / "out")
    stems = [Path(one).stem for one in dataset.images.name.tolist()]
    first, second = (stems[split.index(number)] for number in (0, 1))
    assert held(done.sources) == {"train": [first], "val": [second]}


@pytest.mark.parametrize("name", ["roboflow", "lists", "voc_challenge", "voc_with_images_beside"])
def test_label_files_are_copied_byte_for_byte_and_the_original_is_not_touched(name, tmp_path):
    layout = LAYOUTS[name](tmp_path / "in")
    before = {path: path.read_bytes() for path in (tmp_path / "in").rglob("*") if path.is_file()}
    done = divide(load(layout.given), division(1, 0), tmp_path / "out")
    for path, content in before.items():
        assert path.read_bytes() == content
    endings = (".txt", ".xml")
    old = Counter(c for path, c in before.items() if path.stem in "ab" and path.suffix in endings)
    every = [path for path in done.path.rglob("*") if path.stem in "ab" and path.suffix in endings]
    assert Counter(path.read_bytes() for path in every) == old


def test_a_copy_with_images_stands_alone(tmp_path):
    layout = roboflow(tmp_path / "in")
    divide(load(layout.given), division(1, 0), tmp_path / "out", copy_images=True)
    os.rename(tmp_path / "in", tmp_path / "elsewhere")
    os.rename(tmp_path / "out", tmp_path / "moved")
    assert held((tmp_path / "moved",)) == {"train": ["b"], "val": ["a"]}
    assert not any(path.is_symlink() for path in (tmp_path / "moved").rglob("*"))


def yolo_of_one_name(folder: Path) -> Path:
    """Two splits of which each has its own 1.png."""
    for split, line in (("train", "0 .5 .5 .2 .4\n"), ("val", "1 .2 .2 .1 .1\n")):
        draw(folder / split / "images" / "1.png", SIZE)
        put(folder / split / "labels" / "1.txt", line)
    put(folder / "data.yaml", "train: train/images\nval: val/images\nnames: [cat, dog]\n")
    return folder / "data.yaml"


def test_images_of_one_name_that_come_together_are_all_kept(tmp_path):
    dataset = load(yolo_of_one_name(tmp_path / "in"))
    done = divide(dataset, division(0, 0), tmp_path / "out")
    again = load(done.sources)
    assert sorted(again.images.name.tolist()) == ["train/2/images/1.png", "train/images/1.png"]
    assert sorted(again.boxes.label.tolist()) == [0, 1]
    assert again.splits == ("train",)
    assert done.notes == ("1 image of a name that another has: in folders called 2, 3, ...",)
    text = (tmp_path / "out" / "data.yaml").read_text()
    assert "val:" in text
    assert "val: val" not in text


def test_voc_lists_are_written_anew_with_the_union_that_trainers_read(tmp_path):
    layout = voc_challenge(tmp_path / "in")
    home = layout.given[0]
    put(home / "ImageSets" / "Main" / "cat_train.txt", "a 1\nb -1\n")
    done = divide(load(home), division(1, 0), tmp_path / "out")
    lists = tmp_path / "out" / "ImageSets" / "Main"
    content = {path.name: path.read_text() for path in lists.iterdir()}
    assert content == {"train.txt": "b\n", "val.txt": "a\n", "trainval.txt": "a\nb\n"}
    assert any("ImageSets/Main/cat_train.txt" in note for note in done.notes)


def coco(path: Path, content: dict, folder: str) -> Path:
    for image in content["images"]:
        draw(path.parent / folder / image["file_name"], SIZE)
    put(path, json.dumps(content, indent=1))
    return path


def _part(offset: int, classes: dict[int, str], **more: object) -> dict:
    """Two images with a box each, whose ids begin at 1 whatever the offset."""
    return {
        "info": {"part": offset, **more},
        "images": [
            {"id": n, "file_name": f"{n}.jpg", "width": 100, "height": 80, "shot": n + offset}
            for n in (1, 2)
        ],
        "annotations": [
            {
                "id": n,
                "image_id": n,
                "category_id": 1,
                "bbox": [n + offset, 2.50, 10, 12],
                "area": 120,
                "iscrowd": 0,
            }
            for n in (1, 2)
        ],
        "categories": [{"id": number, "name": name} for number, name in classes.items()],
    }


def parts(folder: Path) -> tuple[Path, Path]:
    """Files of two splits that number their images and annotations alike."""
    return (
        coco(folder / "train" / "_annotations.coco.json", _part(0, {1: "cat", 2: "dog"}), ""),
        coco(folder / "valid" / "_annotations.coco.json", _part(10, {1: "cat", 3: "fox"}), ""),
    )


def test_files_that_number_alike_come_together_with_new_numbers(tmp_path):
    sources = parts(tmp_path / "in")
    dataset = load(sources)
    done = divide(dataset, division(0, 0, 0, 1), tmp_path / "out")
    train = json.loads((tmp_path / "out" / "train.json").read_text())
    assert [one["shot"] for one in train["images"]] == [1, 2, 11]
    ids = [one["id"] for one in train["images"]]
    assert len(set(ids)) == 3
    assert ids[:2] == [1, 2]
    assert [one["bbox"][0] for one in train["annotations"]] == [1, 2, 11]
    assert [one["image_id"] for one in train["annotations"]] == ids
    assert len({one["id"] for one in train["annotations"]}) == 3
    assert [one["name"] for one in train["categories"]] == ["cat", "dog", "fox"]
    assert len({one["file_name"] for one in train["images"]}) == 3
    assert train["info"] == {"part": 0}
    assert "train: 2 records got another id or file name" in done.notes
    val = json.loads((tmp_path / "out" / "val.json").read_text())
    assert (val["info"], val["images"][0]["id"]) == ({"part": 10}, 2)


def test_records_that_need_not_change_keep_every_byte(tmp_path):
    text = (
        '{"info": {"x": 1.50},\n "images": [\n  {"id":1,  "file_name": "1.jpg"},\n'
        '  {"id": 2, "file_name": "2.jpg", "odd": [1, {"a": "},{"}]}\n ],\n'
        ' "annotations": [{"id": 7, "image_id": 2, "category_id": 1, "bbox": [1.0, 2, 3, 4.50]}'
        ', {"id": 8, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]} ],\n'
        ' "categories": [{"id": 1, "name": "cat"}], "mine": "kept"}\n'
    )
    for name in ("1.jpg", "2.jpg"):
        draw(tmp_path / "in" / name, SIZE)
    put(tmp_path / "in" / "labels.json", text)
    divide(load(tmp_path / "in" / "labels.json"), division(0, 1), tmp_path / "out")
    assert (tmp_path / "out" / "val.json").read_text() == (
        '{"info": {"x": 1.50},\n "images": [\n'
        '  {"id": 2, "file_name": "2.jpg", "odd": [1, {"a": "},{"}]}\n ],\n'
        ' "annotations": [{"id": 7, "image_id": 2, "category_id": 1, "bbox": [1.0, 2, 3, 4.50]}'
        " ],\n"
        ' "categories": [{"id": 1, "name": "cat"}], "mine": "kept"}\n'
    )


def test_names_with_backslashes_lead_to_folders(tmp_path):
    content = _part(0, {1: "cat"})
    for image in content["images"]:
        draw(tmp_path / "in" / "photos" / image["file_name"], SIZE)
        image["file_name"] = "photos\\" + image["file_name"]
    put(tmp_path / "in" / "labels.json", json.dumps(content))
    divide(load(tmp_path / "in" / "labels.json"), division(0, 1), tmp_path / "out")
    assert (tmp_path / "out" / "train" / "photos" / "1.jpg").is_file()
    assert (tmp_path / "out" / "val" / "photos" / "2.jpg").is_file()
    assert all(load(tmp_path / "out").images.path != "")


def test_of_images_that_are_mostly_not_there_those_that_are_go_along(tmp_path):
    content = _part(0, {1: "cat"})
    content["images"] += [{"id": n, "file_name": f"{n}.jpg"} for n in range(3, 9)]
    draw(tmp_path / "in" / "images" / "1.jpg", SIZE)
    put(tmp_path / "in" / "labels.json", json.dumps(content))
    dataset = load(tmp_path / "in" / "labels.json", images=tmp_path / "in" / "images")
    divide(dataset, division(*[0, 1] * 4), tmp_path / "out")
    assert (tmp_path / "out" / "train" / "1.jpg").is_file()


def test_a_split_without_annotations_has_an_empty_list(tmp_path):
    content = _part(0, {1: "cat"})
    content["annotations"] = content["annotations"][:1]
    path = coco(tmp_path / "in" / "labels.json", content, "images")
    divide(load(path), division(0, 1), tmp_path / "out")
    val = json.loads((tmp_path / "out" / "val.json").read_text())
    assert (len(val["images"]), val["annotations"]) == (1, [])


def test_an_annotation_of_no_image_is_in_the_first_split_and_told(tmp_path):
    content = _part(0, {1: "cat"})
    content["annotations"][1]["image_id"] = 99
    path = coco(tmp_path / "in" / "labels.json", content, "images")
    done = divide(load(path), division(1, 0), tmp_path / "out")
    train = json.loads((tmp_path / "out" / "train.json").read_text())
    assert [one["image_id"] for one in train["annotations"]] == [99]
    assert "1 annotation of no image: in train" in done.notes


def test_files_that_number_classes_otherwise_are_refused(tmp_path):
    one = coco(tmp_path / "in" / "train.json", _part(0, {1: "cat"}), "train")
    two = coco(tmp_path / "in" / "val.json", _part(10, {1: "dog"}), "val")
    with pytest.raises(FormatError, match=r"val.json: class id 1 is 'dog' here and 'cat' in train"):
        divide(load((one, two)), division(0, 0, 0, 1), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("broken", ['{"id": 3, "file_name": ', "7"])
def test_what_cannot_be_read_is_refused_with_its_place(broken, tmp_path):
    content = json.dumps(_part(0, {1: "cat"}))
    text = content.replace('"images": [', f'"images": [{broken}, ')
    for name in ("1.jpg", "2.jpg"):
        draw(tmp_path / "in" / name, SIZE)
    put(tmp_path / "in" / "labels.json", text)
    dataset = load(tmp_path / "in" / "labels.json")
    with pytest.raises(FormatError, match=r"labels.json: .*would be lost|mend it before"):
        divide(dataset, division(*[0] * len(dataset.images)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_broken_annotation_file_is_refused(tmp_path):
    put(tmp_path / "in" / "Annotations" / "a.xml", annotation(described()))
    put(tmp_path / "in" / "Annotations" / "b.xml", "<annotation><object>")
    dataset = load(tmp_path / "in")
    with pytest.raises(FormatError, match=r"b.xml: .*cannot be read"):
        divide(dataset, division(*[0] * len(dataset.images)), tmp_path / "out")


def test_a_format_that_can_only_be_read_says_what_to_do(tmp_path):
    put(tmp_path / "boxes.csv", "filename,class,xmin,ymin,xmax,ymax\na.jpg,cat,1,2,30,40\n")
    with pytest.raises(FormatError, match=r"csv can only be read; --to coco .* --list FILE"):
        check_dividable(load(tmp_path / "boxes.csv"))


def test_a_place_that_is_taken_and_the_dataset_itself_are_refused(tmp_path):
    layout = roboflow(tmp_path / "in")
    dataset = load(layout.given)
    (tmp_path / "out").mkdir()
    with pytest.raises(FixError, match="exists"):
        divide(dataset, division(1, 0), tmp_path / "out")
    with pytest.raises(FixError, match="would be gone"):
        divide(dataset, division(1, 0), tmp_path / "in", overwrite=True)
    done = divide(dataset, division(1, 0), tmp_path / "out", overwrite=True)
    assert held(done.sources) == {"train": ["b"], "val": ["a"]}


def test_several_descriptions_are_refused(tmp_path):
    for name in ("one", "two"):
        roboflow(tmp_path / "in" / name)
    dataset = load(tmp_path / "in")
    with pytest.raises(FormatError, match="several datasets"):
        divide(dataset, division(*[0] * len(dataset.images)), tmp_path / "out")


def test_what_was_changed_since_it_was_read_is_refused(tmp_path):
    layout = voc_challenge(tmp_path / "in")
    dataset = load(layout.given)
    name = tmp_path / "in"
    path = next(name.rglob("a.xml"))
    path.write_text(path.read_text() + "\n\n")
    with pytest.raises(FixError, match="changed since it was read"):
        divide(dataset, division(1, 0), tmp_path / "out")
