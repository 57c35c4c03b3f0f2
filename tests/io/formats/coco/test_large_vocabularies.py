"""LVIS and Objects365: COCO files whose images have an address, or a name with folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelaudit.cli import main
from labelaudit.io.formats.coco import columns
from labelaudit.io.load import load
from labelaudit.testing import draw

URL = "http://images.cocodataset.org/val2017/000000397133.jpg"
LVIS_IMAGE = {
    "id": 397133,
    "coco_url": URL,
    "flickr_url": "http://farm7.staticflickr.com/6116/6255196340_da26cf2c9e_z.jpg",
    "date_captured": "2013-11-14 17:02:52",
    "license": 1,
    "width": 64,
    "height": 48,
    "neg_category_ids": [279, 899],
    "not_exhaustive_category_ids": [2],
}
LVIS_CLASS = {
    "id": 2,
    "name": "bow_(decorative_ribbons)",
    "synset": "bow.n.08",
    "synonyms": ["bow"],
    "def": "a decorative interlacing of ribbons",
    "frequency": "f",
    "image_count": 1,
    "instance_count": 1,
}


def put(path: Path, image: dict[str, Any], category: dict[str, Any], **more: Any) -> Path:
    box = {"id": 1, "image_id": image["id"], "category_id": category["id"], "area": 75.0}
    box |= {"bbox": [2.0, 3.0, 10.0, 15.0]} | more
    value = {"images": [image], "annotations": [box], "categories": [category], "info": {}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path


def lvis(path: Path, **more: Any) -> Path:
    return put(path, LVIS_IMAGE | more, LVIS_CLASS, segmentation=[[2, 3, 12, 3, 12, 18]])


@pytest.mark.parametrize("more", [{}, {"width": "64"}, {"id": "a"}])
def test_an_image_of_lvis_is_called_as_its_address_ends_and_that_is_said(tmp_path, more):
    draw(tmp_path / "val2017" / "000000397133.jpg", (64, 48))
    dataset = load(lvis(tmp_path / "lvis_v1_val.json", **more))
    assert dataset.images.name.tolist() == ["val2017/000000397133.jpg"]
    assert dataset.images.size.tolist() == [[64, 48]]
    assert dataset.boxes.xyxy.tolist() == [[2, 3, 12, 18]]
    words = "images without file_name, for which others ask, are called as their coco_url ends"
    assert dataset.notes == (f"{words}: 1",)
    assert dataset.problems.field.tolist() == (["width"] if "width" in more else [])


def test_its_images_are_found_without_the_folder_of_the_address(tmp_path):
    draw(tmp_path / "pictures" / "000000397133.jpg", (64, 48))
    dataset = load(lvis(tmp_path / "lvis.json"), images=tmp_path / "pictures")
    assert dataset.images.path.tolist() == [str(tmp_path / "pictures" / "000000397133.jpg")]


@pytest.mark.parametrize("more", [{}, {"width": "64"}])
def test_a_name_goes_before_the_address(tmp_path, more):
    dataset = load(lvis(tmp_path / "lvis.json", file_name="a.jpg", **more))
    assert (dataset.images.name.tolist(), dataset.notes) == (["a.jpg"], ())


@pytest.mark.parametrize("url", [None, "n/a", 7, "http://host"])
def test_an_address_that_is_none_leaves_an_image_without_a_name(tmp_path, url):
    dataset = load(lvis(tmp_path / "lvis.json", coco_url=url))
    assert dataset.problems.field.tolist() == ["file_name", "iscrowd"]
    assert dataset.notes == ()


def test_lvis_is_converted_with_names(tmp_path):
    draw(tmp_path / "val2017" / "000000397133.jpg", (64, 48))
    source = lvis(tmp_path / "lvis.json")
    assert main(["convert", str(source), str(tmp_path / "out.json"), "--to", "coco"]) == 0
    assert load(tmp_path / "out.json").images.name.tolist() == ["val2017/000000397133.jpg"]


def test_an_image_of_objects365_is_found_in_the_folder_of_its_patch(tmp_path):
    name = "objects365_v1_00420917.jpg"
    image = {"id": 420917, "file_name": f"images/v1/patch8/{name}", "width": 64, "height": 48}
    image |= {"license": 5, "url": ""}
    category = {"id": 84, "name": "Air Conditioner"}
    draw(tmp_path / "train" / "patch8" / name, (64, 48))
    path = tmp_path / "annotations" / "zhiyuan_objv2_train.json"
    put(path, image, category, iscrowd=0, isfake=0, isreflected=0)
    dataset = load(path, images=tmp_path / "train")
    assert dataset.images.path.tolist() == [str(tmp_path / "train" / "patch8" / name)]
    assert (len(dataset.problems), dataset.notes) == (0, ())


def classes(folder: Path, *odd: str, count: int = 3000) -> tuple[list[Any], list[Any]]:
    """Ids, names and positions of many classes, and what is told, with odd records in between."""
    records = [f'{{"id": {n}, "name": "class {n}"}}' for n in range(count)]
    records[1000:1000] = list(odd)
    text = f'{{"images": [], "annotations": [], "categories": [{", ".join(records)}]}}'
    path = folder / f"{count}.json"
    path.write_text(text)
    dataset = load(path, format="coco")
    table = dataset.categories
    told = zip(dataset.problems.record.tolist(), dataset.problems.field.tolist(), strict=True)
    ids = [table.id.value(row) for row in range(len(table))]
    return [*zip(table.record.tolist(), ids, table.name.tolist(), strict=True)], [*told]


def test_long_lists_of_classes_are_read_at_once_and_as_short_ones(tmp_path, monkeypatch):
    calls, tolerant = [], columns.tolerant_category
    monkeypatch.setattr(
        columns, "tolerant_category", lambda record: calls.append(record) or tolerant(record)
    )
    taken, told = classes(tmp_path)
    assert taken == [(n, n, f"class {n}") for n in range(3000)]
    assert told == []
    assert len(calls) < 10  # the last, behind which the list ends
    calls.clear()
    assert classes(tmp_path, count=500) == (taken[:500], [])
    assert len(calls) == 500


@pytest.mark.parametrize(
    ("odd", "field"),
    [
        ('{"id": "a", "name": "cat"}', None),
        ('{"id": 7, "name": "cat", "keypoints": ["nose"]}', None),
        ('{"id": 7, "name": " "}', "name"),
        ('{"id": 7, "name": 3}', "name"),
        ('{"id": 7, "name": "cat", "name": "dog"}', "name"),
        ('{"id": 7, "name": "\\ud800"}', "name"),
        ("[]", ""),
    ],
)
def test_odd_records_in_long_lists_of_classes_are_told(tmp_path, odd, field):
    taken, told = classes(tmp_path, odd)
    assert len(taken) == 3000 + (odd != "[]")
    assert told == ([] if field is None else [(1000, field)])
    assert taken[-1] == (3000, 2999, "class 2999")
