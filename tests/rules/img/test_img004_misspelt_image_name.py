from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from labelaudit.auditing.findings import Findings, Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.io.save import save
from labelaudit.testing import draw, images, with_columns
from tests.io.formats.coco_files import coco
from tests.io.formats.voc_files import annotation, described, put


def located(names: list[str], files: list[str]) -> Dataset:
    """Images of these names that were found as these files below /photos."""
    dataset = images({name: ["car 10 10 40 40"] for name in dict.fromkeys(names)})
    dataset = with_columns(dataset, "images", name=names, path=[f"/photos/{f}" for f in files])
    return dataclasses.replace(dataset, image_folders=(Path("/photos"),))


def misspelt(dataset: Dataset) -> Findings:
    return audit(dataset, select=["IMG004"])


def coco_file(folder: Path, *names: str) -> Path:
    """A COCO file with an image of 640 x 480 px of each of these names."""
    records = [
        {"id": row, "file_name": name, "width": 640, "height": 480}
        for row, name in enumerate(names)
    ]
    boxes = [{"id": 1, "image_id": 0, "category_id": 3, "bbox": [1, 2, 30, 40]}]
    path = folder / "labels.json"
    path.write_text(json.dumps(coco(images=records, annotations=boxes)), "utf-8")
    return path


def test_a_name_in_another_case_is_found_and_its_neighbour_is_not():
    findings = misspelt(located(["a.jpg", "b.jpg"], ["A.jpg", "b.jpg"]))
    assert findings.image.tolist() == [0]
    assert findings.message.tolist() == [
        "the name of the image differs from its file in letter case: a.jpg is A.jpg"
    ]


def test_names_are_looked_for_in_all_folders_of_a_dataset(tmp_path):
    names = [f"{number}.jpg" for number in range(20)]
    home = tmp_path / "annotations"
    home.mkdir()
    for number, name in enumerate(names[:18]):
        place = tmp_path / ("train" if number < 11 else "val")
        draw(place / (name.upper() if number in (3, 14) else name), (640, 480))
    findings = misspelt(load(coco_file(home, *names)))
    assert findings.message.tolist() == [
        "2 names of images differ from their files in letter case: 3.jpg is 3.JPG, 14.jpg is 14.JPG"
    ]


def test_names_that_differ_in_one_way_are_one_finding():
    names, files = ["a.jpg", "b.jpg", "c.jpg", "d.png"], ["a.JPG", "b.JPG", "c.JPG", "d.jpg"]
    findings = misspelt(located(names, files))
    assert sorted(findings.image.tolist()) == [MISSING, 3]
    assert findings.message[findings.image == MISSING].tolist() == [
        "3 names of images differ from their files in letter case: "
        "a.jpg is a.JPG, b.jpg is b.JPG, ..."
    ]


def test_letters_that_look_alike_are_told_by_their_codes():
    findings = misspelt(located(["\u00e9.jpg"], ["e\u0301.jpg"]))
    assert "'\\xe9.jpg' is 'e\\u0301.jpg'" in str(findings.message[0])


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("IMG_1.jpg", "img_1.JPG"),
        ("images\\1.jpg", "images/1.jpg"),
        ("C:\\me\\images\\1.jpg", "images/1.jpg"),
        ("my%20photo.jpg", "my photo.jpg"),
        ("3.png", "3.jpg"),
        ("a", "a.png"),
        ("Pr\u00fcfung.jpg", "Pru\u0308fung.jpg"),
    ],
)
def test_the_safe_fix_writes_the_name_of_the_file_into_a_coco_file(tmp_path, name, file):
    draw(tmp_path / file, (640, 480))
    draw(tmp_path / "other.jpg", (640, 480))
    path = coco_file(tmp_path, name, "other.jpg")
    dataset = load(path)
    findings = misspelt(dataset)
    assert [fix.safety for fix in findings.fix] == [Safety.SAFE]
    save(apply(dataset, findings).dataset, tmp_path / "out.json")
    again = load(tmp_path / "out.json")
    assert again.images.name.tolist() == [file, "other.jpg"]
    assert again.images.path.tolist() == dataset.images.path.tolist()
    assert len(misspelt(again)) == 0


def test_one_fix_writes_all_names_that_differ_in_one_way(tmp_path):
    for name in ("a", "b", "c"):
        draw(tmp_path / "images" / f"{name}.jpg", (640, 480))
    dataset = load(coco_file(tmp_path, "images\\a.jpg", "images\\b.jpg", "images/c.jpg"))
    findings = misspelt(dataset)
    assert len(findings) == 1
    fixed = apply(dataset, findings).dataset
    assert fixed.images.name.tolist() == ["images/a.jpg", "images/b.jpg", "images/c.jpg"]


def test_a_fix_is_unsafe_where_another_image_has_the_name_or_the_file():
    findings = misspelt(located(["a.jpg", "A.jpg"], ["A.jpg", "A.jpg"]))
    assert [fix.safety for fix in findings.fix] == [Safety.UNSAFE]
    findings = misspelt(located(["a.jpg", "A.jpg"], ["A.jpg", "x/A.jpg"]))
    assert [fix.safety for fix in findings.fix] == [Safety.UNSAFE]


def test_a_fix_is_unsafe_where_the_file_has_another_size(tmp_path):
    draw(tmp_path / "A.jpg", (600, 480))
    findings = misspelt(load(coco_file(tmp_path, "a.jpg")))
    assert [fix.safety for fix in findings.fix] == [Safety.UNSAFE]


def test_where_every_image_has_a_file_of_its_own_the_dataset_has_one_finding(tmp_path):
    for name in ("a", "b", "c"):
        draw(tmp_path / "JPEGImages" / f"{name}.jpg", (100, 80))
        text = annotation(described(), filename=f"{name}.JPG")
        put(tmp_path / "Annotations" / f"{name}.xml", text)
    dataset = load(tmp_path)
    findings = audit(dataset, select=["IMG", "REF010"])
    assert findings.code.tolist() == ["IMG004"]
    assert findings.file.tolist() == [MISSING]
    fixed = apply(dataset, findings).dataset
    assert fixed.images.name.tolist() == ["a.jpg", "b.jpg", "c.jpg"]
    save(fixed, tmp_path / "out")
    assert (tmp_path / "out" / "Annotations" / "a.xml").read_text() == annotation(
        described(), filename="a.jpg"
    )


def test_names_in_the_list_of_a_split_are_told_without_a_fix(tmp_path):
    draw(tmp_path / "images" / "a.jpg", (64, 48))
    put(tmp_path / "labels" / "a.txt", "0 .5 .5 .1 .1\n")
    put(tmp_path / "train.txt", "images\\a.JPG\n")
    put(tmp_path / "data.yaml", "train: train.txt\nnames: [car]\n")
    findings = misspelt(load(tmp_path))
    assert findings.message.tolist() == [
        "the name of the image in the list of train differs from its file in slashes and "
        "letter case: images\\a.JPG is images/a.jpg"
    ]
    assert findings.fix.tolist() == [None]


def test_stems_in_the_list_of_a_split_are_no_misspelt_names(tmp_path):
    draw(tmp_path / "JPEGImages" / "a.jpg", (100, 80))
    put(tmp_path / "Annotations" / "a.xml", annotation(described()))
    put(tmp_path / "ImageSets" / "Main" / "train.txt", "a\n")
    dataset = load(tmp_path)
    assert dataset.splits == ("train",)
    assert len(misspelt(dataset)) == 0


def test_label_files_that_are_called_otherwise_than_their_images_are_told(tmp_path):
    draw(tmp_path / "images" / "img_1.JPG", (64, 48))
    draw(tmp_path / "images" / "b.jpg", (64, 48))
    put(tmp_path / "labels" / "IMG_1.txt", "0 .5 .5 .1 .1\n")
    put(tmp_path / "labels" / "b.txt", "0 .5 .5 .1 .1\n")
    findings = misspelt(load(tmp_path))
    assert findings.message.tolist() == [
        "the label file differs from its image in letter case: "
        "labels/IMG_1.txt is looked for as img_1.txt"
    ]
    assert findings.fix.tolist() == [None]
