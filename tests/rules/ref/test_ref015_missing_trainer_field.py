from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelaudit.auditing.findings import Findings, Safety, Severity
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.io.save import save

BOX = {"image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 10], "area": 200, "iscrowd": 0}


def coco(folder: Path, *annotations: dict[str, Any]) -> Dataset:
    content = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 90, "height": 90}],
        "annotations": [{"id": n} | one for n, one in enumerate(annotations)],
        "categories": [{"id": 1, "name": "car"}],
    }
    (folder / "labels.json").write_text(json.dumps(content))
    return load(folder / "labels.json")


def without(*names: str, **more: Any) -> dict[str, Any]:
    return {key: value for key, value in (BOX | more).items() if key not in names}


def found(dataset: Dataset) -> Findings:
    return audit(dataset, select=["REF015"])


@pytest.mark.parametrize(
    ("field", "who"),
    [("iscrowd", "COCOeval and torchvision's references"), ("area", "COCOeval and mmdetection")],
)
def test_a_field_that_no_annotation_has_is_one_finding_that_says_who_stops(tmp_path, field, who):
    findings = found(coco(tmp_path, without(field), without(field)))
    assert findings.code.tolist() == ["REF015"]
    words = f"none of 2 annotations has {field}: pycocotools' {who} stop with KeyError"
    assert findings.message.tolist() == [words]
    assert findings.severity.tolist() == [Severity.WARNING]


def test_of_a_field_that_some_lack_the_first_is_named(tmp_path):
    findings = found(coco(tmp_path, BOX, without("area"), without("area")))
    assert findings.message[0].startswith(
        "2 of 3 annotations have no area, the first is annotations[1]: "
    )


def test_annotations_with_both_are_fine(tmp_path):
    assert not len(found(coco(tmp_path, BOX)))


def test_the_fix_writes_what_readers_take_and_nothing_is_left_to_find(tmp_path):
    dataset = coco(tmp_path, without("area", "iscrowd"), BOX)
    findings = found(dataset)
    assert [fix.safety for fix in findings.fix] == [Safety.SAFE] * 2
    saved = save(apply(dataset, findings).dataset, tmp_path / "clean.json")
    first, second = json.loads(saved.path.read_text())["annotations"]
    assert first == {"id": 0} | BOX
    assert second == {"id": 1} | BOX
    assert not len(found(load(saved.path)))


def test_the_area_is_that_of_the_mask_and_in_doubt_if_it_has_several_parts(tmp_path):
    part, other = [10, 10, 30, 10, 30, 20], [10, 10, 30, 10, 10, 20]
    (one,) = found(coco(tmp_path, without("area", segmentation=[part]))).fix
    assert [fix.values["value"] for fix in one.values["fixes"]] == [100]
    assert one.safety is Safety.SAFE
    (two,) = found(coco(tmp_path, without("area", segmentation=[part, other]))).fix
    assert two.safety is Safety.UNSAFE


def test_a_box_without_an_inside_gets_no_area(tmp_path):
    findings = found(coco(tmp_path, without("area", bbox=[10, 10, -5, 10])))
    assert findings.fix.tolist() == [None]


def described(folder: Path, *splits: str) -> Findings:
    for name in ("images/a.jpg", "labels/a.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"")
    listed = "".join(f"{split}: images\n" for split in splits)
    (folder / "data.yaml").write_text(f"{listed}names: [car]\n")
    return found(load(folder / "data.yaml"))


@pytest.mark.parametrize(("listed", "lacks"), [("train", "val"), ("val", "train")])
def test_a_description_that_lists_one_split_alone_is_found(tmp_path, listed, lacks):
    findings = described(tmp_path, listed)
    words = f"data.yaml has no {lacks}: Ultralytics stops with SyntaxError, since it asks for both"
    assert findings.message.tolist() == [words]
    assert findings.fix.tolist() == [None]


@pytest.mark.parametrize("val", ["val", "validation"])
def test_both_splits_are_enough_whatever_they_are_called(tmp_path, val):
    assert not len(described(tmp_path, "train", val))


def test_a_split_that_leads_nowhere_is_another_matter(tmp_path):
    described(tmp_path, "train")
    (tmp_path / "data.yaml").write_text("train: images\nval: nowhere\nnames: [car]\n")
    assert not len(found(load(tmp_path / "data.yaml")))


def test_labels_without_a_description_have_no_splits_to_list(tmp_path):
    described(tmp_path, "train")
    (tmp_path / "data.yaml").unlink()
    assert not len(found(load(tmp_path)))
