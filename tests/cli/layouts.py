"""Datasets in the layouts that tools and people leave behind, for tests: two images, four boxes.

Two of the boxes of the first image are the same, which is fixed safely.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelaudit.testing import draw

SIZE = (100, 80)
LINES = {"a": ["0 .5 .5 .2 .4", "0 .5 .5 .2 .4", "1 .2 .2 .1 .1"], "b": ["1 .4 .4 .2 .2"]}
BOXES = {
    "a": [("cat", 40, 24, 60, 56), ("cat", 40, 24, 60, 56), ("dog", 15, 12, 25, 20)],
    "b": [("dog", 30, 24, 50, 40)],
}
NAMES = "names: [cat, dog]\n"


@dataclass(frozen=True)
class Layout:
    """A dataset on disk."""

    given: tuple[Path, ...]  # what a user gives
    images: Path | None = None  # what a user names with --images


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def yolo(images: Mapping[str, Path], labels: Mapping[str, Path]) -> None:
    """Pictures and label files, by stem in folders."""
    for name, folder in images.items():
        draw(folder / f"{name}.png", SIZE)
    for name, folder in labels.items():
        put(folder / f"{name}.txt", "".join(f"{line}\n" for line in LINES[name]))


def ultralytics(folder: Path, description: str) -> Layout:
    splits = {"a": "train", "b": "val"}
    yolo(
        {name: folder / "images" / split for name, split in splits.items()},
        {name: folder / "labels" / split for name, split in splits.items()},
    )
    put(folder / "data.yaml", description.replace("ROOT", folder.as_posix()) + NAMES)
    return Layout((folder / "data.yaml",))


RELATIVE = "train: images/train\nval: images/val\n"


def absolute_path(top: Path) -> Layout:
    return ultralytics(top / "ds", f"path: ROOT  # here\n{RELATIVE}")


def quoted_path(top: Path) -> Layout:
    return ultralytics(top / "ds", f"{RELATIVE}path: 'ROOT'\n")


def absolute_sources(top: Path) -> Layout:
    return ultralytics(top / "ds", "train: ROOT/images/train\nval:\n  - ROOT/images/val\n")


def path_by_its_own_name(top: Path) -> Layout:
    return ultralytics(top / "ds", f"path: ../ds\n{RELATIVE}")


def plain(top: Path) -> Layout:
    return ultralytics(top / "ds", RELATIVE)


def name_with_spaces(top: Path) -> Layout:
    return ultralytics(top / "my düt set", "path: ROOT\ntrain: images/train\nval: images/val\n")


def roboflow(top: Path) -> Layout:
    folder = top / "export"
    splits = {"a": "train", "b": "valid"}
    yolo(
        {name: folder / split / "images" for name, split in splits.items()},
        {name: folder / split / "labels" for name, split in splits.items()},
    )
    put(folder / "data.yaml", "train: ../train/images\nval: ../valid/images\n" + NAMES)
    return Layout((folder,))


def a_split_elsewhere(top: Path) -> Layout:
    ds, other = top / "ds", top / "other" / "set"
    yolo({"a": other / "images", "b": ds / "images"}, {"a": other / "labels", "b": ds / "labels"})
    put(ds / "data.yaml", f"train: {(other / 'images').as_posix()}\nval: images\n{NAMES}")
    put(top / "other" / "private.txt", "not of the dataset")
    return Layout((ds / "data.yaml",))


def lists(top: Path) -> Layout:
    layout = ultralytics(top / "ds", "train: train.txt\nval: ROOT/val.txt\n")
    folder = top / "ds"
    put(folder / "train.txt", f"{folder.as_posix()}/images/train/a.png\n")
    put(folder / "val.txt", "images/val/b.png\n")
    return layout


def darknet(top: Path) -> Layout:
    folder = top / "data"
    both = dict.fromkeys("ab", folder / "obj_train_data")
    yolo(both, both)
    put(folder / "obj.names", "cat\ndog\n")
    put(folder / "train.txt", "data/obj_train_data/a.png\ndata/obj_train_data/b.png\n")
    entries = "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n"
    put(folder / "obj.data", entries)
    return Layout((folder / "obj.data",))


def description_elsewhere(top: Path) -> Layout:
    ultralytics(top / "ds", RELATIVE)
    (top / "ds" / "data.yaml").unlink()
    put(top / "configs" / "data.yaml", f"path: ../ds\n{RELATIVE}{NAMES}")
    return Layout((top / "configs" / "data.yaml",))


def bare_folder(top: Path) -> Layout:
    both = dict.fromkeys("ab", top / "ds")
    yolo({name: path / "images" for name, path in both.items()}, {})
    yolo({}, {name: path / "labels" for name, path in both.items()})
    put(top / "ds" / "classes.txt", "cat\ndog\n")
    return Layout((top / "ds",))


def labelimg(top: Path) -> Layout:
    both = dict.fromkeys("ab", top / "pictures")
    yolo(both, both)
    put(top / "pictures" / "classes.txt", "cat\ndog\n")
    return Layout((top / "pictures",))


def yolo_and_other_images(top: Path) -> Layout:
    yolo(dict.fromkeys("ab", top / "photos"), dict.fromkeys("ab", top / "ds" / "labels" / "train"))
    put(top / "ds" / "data.yaml", "train: images/train\nval: images/train\n" + NAMES)
    return Layout((top / "ds",), top / "photos")


def coco_content(names: Mapping[str, str]) -> dict[str, Any]:
    """A COCO file of the images by stem, each called as it is."""
    stems = list(names)
    rows = [(stem, *box) for stem in stems for box in BOXES[stem]]
    return {
        "images": [
            {"id": number, "file_name": names[stem], "width": SIZE[0], "height": SIZE[1]}
            for number, stem in enumerate(stems)
        ],
        "annotations": [
            {
                "id": number,
                "image_id": stems.index(stem),
                "category_id": ["cat", "dog"].index(label),
                "bbox": [left, top, right - left, bottom - top],
                "area": (right - left) * (bottom - top),
                "iscrowd": 0,
            }
            for number, (stem, label, left, top, right, bottom) in enumerate(rows)
        ],
        "categories": [{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}],
    }


def coco(path: Path, images: Path, name: str) -> None:
    for stem in "ab":
        draw(images / f"{stem}.png", SIZE)
    names = {stem: name.replace("*", stem).replace("ROOT", images.as_posix()) for stem in "ab"}
    put(path, json.dumps(coco_content(names)))


def lone_file(top: Path) -> Layout:
    coco(top / "ds" / "labels.json", top / "ds", "*.png")
    return Layout((top / "ds" / "labels.json",))


def names_with_folders(top: Path) -> Layout:
    coco(top / "ds" / "labels.json", top / "ds" / "images" / "day", "images/day/*.png")
    return Layout((top / "ds" / "labels.json",))


def absolute_names(top: Path) -> Layout:
    coco(top / "ds" / "labels.json", top / "ds" / "images", "ROOT/*.png")
    return Layout((top / "ds" / "labels.json",))


def names_that_lead_out(top: Path) -> Layout:
    coco(top / "ds" / "annotations" / "labels.json", top / "ds" / "images", "../images/*.png")
    return Layout((top / "ds" / "annotations" / "labels.json",), top / "ds" / "images")


def coco_and_other_images(top: Path) -> Layout:
    coco(top / "ds" / "labels.json", top / "photos", "*.png")
    return Layout((top / "ds" / "labels.json",), top / "photos")


def coco_folder(top: Path) -> Layout:
    for split, stem in (("train", "a"), ("val", "b")):
        draw(top / "coco" / f"{split}2017" / f"{stem}.png", SIZE)
        path = top / "coco" / "annotations" / f"instances_{split}2017.json"
        put(path, json.dumps(coco_content({stem: f"{stem}.png"})))
    return Layout((top / "coco" / "annotations",))


def several_files(top: Path) -> Layout:
    return Layout(tuple(sorted(coco_folder(top).given[0].iterdir())))


def voc(xml: Path, images: Path) -> None:
    for stem, boxes in BOXES.items():
        draw(images / f"{stem}.png", SIZE)
        objects = "".join(
            f"<object><name>{label}</name><difficult>0</difficult><bndbox>"
            f"<xmin>{left + 1}</xmin><ymin>{top + 1}</ymin><xmax>{right}</xmax>"
            f"<ymax>{bottom}</ymax></bndbox></object>"
            for label, left, top, right, bottom in boxes
        )
        size = f"<size><width>{SIZE[0]}</width><height>{SIZE[1]}</height></size>"
        text = f"<annotation><filename>{stem}.png</filename>{size}{objects}</annotation>"
        put(xml / f"{stem}.xml", text)


def voc_challenge(top: Path) -> Layout:
    voc(top / "VOC" / "Annotations", top / "VOC" / "JPEGImages")
    put(top / "VOC" / "ImageSets" / "Main" / "train.txt", "a\nb\n")
    return Layout((top / "VOC",))


def voc_with_images_beside(top: Path) -> Layout:
    voc(top / "ds" / "train", top / "ds" / "train")
    return Layout((top / "ds",))


def voc_and_other_images(top: Path) -> Layout:
    voc(top / "ds" / "Annotations", top / "photos")
    return Layout((top / "ds",), top / "photos")


def flat_voc_and_other_images(top: Path) -> Layout:
    voc(top / "ds", top / "photos")
    return Layout((top / "ds",), top / "photos")


LAYOUTS: dict[str, Callable[[Path], Layout]] = {
    one.__name__: one
    for one in (
        *(absolute_path, quoted_path, absolute_sources, path_by_its_own_name, plain),
        *(
            name_with_spaces,
            roboflow,
            a_split_elsewhere,
            lists,
            darknet,
            description_elsewhere,
            bare_folder,
        ),
        *(labelimg, yolo_and_other_images, lone_file, names_with_folders, absolute_names),
        *(names_that_lead_out, coco_and_other_images, coco_folder, several_files),
        *(voc_challenge, voc_with_images_beside, voc_and_other_images, flat_voc_and_other_images),
    )
}
"""What writes a dataset in each layout into a folder."""
