"""What records say that no table holds, and what safe fixes make of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.auditing.duplicates.record_values import adds_values, is_empty, may_say_a_place
from labelaudit.auditing.findings import Safety
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import draw, one_image

SAFE, UNSAFE = Safety.SAFE, Safety.UNSAFE
RING = [[20.0, 20, 60, 20, 60, 50, 20, 50, 30, 40]]
MIRRORED = [[60.0, 20, 60, 50, 20, 50, 20, 20, 50, 40]]  # as many points, as large, as wide
JOINTS = [25, 25, 2, 55, 25, 2, 40, 45, 2]
MIRRORED_JOINTS = [55, 25, 2, 25, 25, 2, 40, 45, 2]


def coco(folder: Path, *records: dict[str, Any] | str) -> Dataset:
    """A dataset of one image, whose boxes are of 40 x 30 px unless they say so."""
    texts = []
    for number, record in enumerate(records, start=1):
        if isinstance(record, str):
            texts.append(record)
            continue
        whole = {"id": number, "image_id": 1, "category_id": 1, "bbox": [20, 20, 40, 30]}
        texts.append(json.dumps(whole | {"area": 1200, "iscrowd": 0} | record))
    images = json.dumps([{"id": 1, "file_name": "a.png", "width": 200, "height": 100}])
    categories = json.dumps([{"id": 1, "name": "car", "keypoints": ["a", "b", "c"]}])
    annotations = ", ".join(texts)
    draw(folder / "a.png", (200, 100))
    (folder / "labels.json").write_text(
        f'{{"images": {images}, "annotations": [{annotations}], "categories": {categories}}}'
    )
    return load(folder / "labels.json")


def safety(dataset: Dataset, code: str) -> list[Safety]:
    return [fix.safety for fix in audit(dataset, select=[code]).fix.tolist()]


@pytest.mark.parametrize(
    ("kept", "copy", "expected"),
    [
        ({}, {}, SAFE),
        ({"track_id": 1}, {"track_id": 1}, SAFE),
        ({"track_id": 1}, {"track_id": 2}, UNSAFE),
        ({"track_id": 1}, {"track_id": 1.25}, UNSAFE),
        ({"track_id": 1}, {"track_id": True}, UNSAFE),
        ({"track_id": 1}, {}, SAFE),
        ({}, {"caption": "with a roof"}, UNSAFE),
        ({}, {"caption": "", "note": None, "attributes": {}, "tags": []}, SAFE),
        ({"attributes": {"colour": "red"}}, {"attributes": {"colour": "blue"}}, UNSAFE),
        ({"attributes": {"colour": "red"}}, {"attributes": {"colour": "red"}}, SAFE),
        ({"segmentation": RING}, {"segmentation": RING}, SAFE),
        ({"segmentation": RING}, {"segmentation": MIRRORED}, UNSAFE),
        ({"segmentation": RING}, {"segmentation": [[n + 0.5 for n in RING[0]]]}, SAFE),
        ({"segmentation": RING}, {"segmentation": [[*RING[0][:-1], 40.75]]}, UNSAFE),
        ({"keypoints": JOINTS, "num_keypoints": 3},) * 2 + (SAFE,),
        (
            {"keypoints": JOINTS, "num_keypoints": 3},
            {"keypoints": MIRRORED_JOINTS, "num_keypoints": 3},
            UNSAFE,
        ),
        (
            {"keypoints": JOINTS, "num_keypoints": 3},
            {"keypoints": [*JOINTS[:2], 1, *JOINTS[3:]], "num_keypoints": 3},
            UNSAFE,
        ),
    ],
)
def test_a_copy_goes_safely_only_if_it_says_nothing_of_its_own(tmp_path, kept, copy, expected):
    assert safety(coco(tmp_path, kept, copy), "DUP001") == [expected]


@pytest.mark.parametrize(
    ("kept", "copy", "expected"),
    [
        ({"annotator": "Ann"}, {"annotator": "Ann"}, SAFE),
        ({"annotator": "Ann"}, {"annotator": "Bob"}, UNSAFE),
        ({"annotator": "Ann"}, {}, UNSAFE),
        ({"annotator": "Ann"}, {"annotator": None}, UNSAFE),
        ({"attributes": {"Worker_ID": 7}}, {"attributes": {}}, UNSAFE),
        ({"completed_by": {"id": 7}}, {}, UNSAFE),
        ({"source": "Ann"}, {}, SAFE),
    ],
)
def test_a_box_that_may_be_of_another_person_is_no_copy_to_drop(tmp_path, kept, copy, expected):
    assert safety(coco(tmp_path, kept, copy), "DUP001") == [expected]


def test_what_a_field_of_any_name_says_of_people_counts_where_it_is_named(tmp_path):
    names = [{"nurse": who} for who in ("Ann", "Bob", "", "Ann")]
    boxes = [{"bbox": [20, 20, 40, 30]}] * 3 + [{"bbox": [90, 20, 40, 30]}]
    dataset = coco(tmp_path, *(name | box for name, box in zip(names, boxes, strict=True)))
    unnamed = audit(dataset, select=["DUP001"])
    named = audit(dataset, select=["DUP001"], by=["nurse"])
    assert [fix.safety for fix in unnamed.fix.tolist()] == [UNSAFE, SAFE]
    assert [fix.safety for fix in named.fix.tolist()] == [UNSAFE, UNSAFE]


def test_boxes_of_people_in_a_format_that_is_read_only_are_no_copies(tmp_path):
    def result(number: int) -> dict[str, Any]:
        place = {"x": 10, "y": 10, "width": 20, "height": 30, "rectanglelabels": ["car"]}
        size = {"original_width": 200, "original_height": 100}
        return {"id": f"r{number}", "type": "rectanglelabels", "value": place, **size}

    draw(tmp_path / "a.png", (200, 100))
    for people, expected in (((1, 2), [UNSAFE]), ((1, 1), [SAFE])):
        said = [{"completed_by": who, "result": [result(who)]} for who in people]
        tasks = [{"id": 1, "data": {"image": "a.png"}, "annotations": said}]
        (tmp_path / "tasks.json").write_text(json.dumps(tasks))
        assert safety(load(tmp_path / "tasks.json"), "DUP001") == expected


IMAGE = {"id": 1, "file_name": "a.png", "width": 200, "height": 100}
CLASS = {"id": 1, "name": "car"}
TWO = {
    "REF002": {"images": [IMAGE, IMAGE], "categories": [CLASS]},
    "REF008": {"images": [IMAGE, IMAGE | {"id": 2}], "categories": [CLASS]},
    "REF004": {"images": [IMAGE], "categories": [CLASS, CLASS]},
    "CLS001": {"images": [IMAGE], "categories": [CLASS, CLASS | {"id": 2}]},
}
"""Records of one image or class, by the rule that makes the two one."""


@pytest.mark.parametrize("code", TWO)
@pytest.mark.parametrize(
    ("kept", "gone", "expected"),
    [
        ({}, {}, SAFE),
        ({}, {"annotator": "Bob"}, UNSAFE),
        ({"annotator": "Ann"}, {"annotator": "Bob"}, UNSAFE),
        ({"annotator": "Ann"}, {"annotator": "Ann"}, SAFE),
        ({"annotator": "Ann"}, {}, SAFE),
        ({"skeleton": [[1, 2]]}, {"skeleton": [[1, 3]]}, UNSAFE),
        ({}, {"supercategory": "", "license": None}, SAFE),
    ],
)
def test_a_record_is_merged_safely_only_if_it_says_nothing_of_its_own(
    tmp_path, code, kept, gone, expected
):
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [20, 20, 40, 30]}
    whole: dict[str, Any] = {"annotations": [box]}
    for key, records in TWO[code].items():
        more = zip(records, (kept, gone), strict=False)
        whole[key] = [one | said for one, said in more] if records[1:] else records
    draw(tmp_path / "a.png", (200, 100))
    (tmp_path / "labels.json").write_text(json.dumps(whole))
    assert safety(load(tmp_path / "labels.json"), code) == [expected]


def test_a_copy_with_a_key_twice_does_not_go_safely(tmp_path):
    twice = (
        '{"id": 2, "image_id": 1, "category_id": 1, "bbox": [90, 20, 40, 30], '
        '"bbox": [20, 20, 40, 30], "area": 1200, "iscrowd": 0}'
    )
    assert safety(coco(tmp_path, {}, twice), "DUP001") == [UNSAFE]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, SAFE),
        ({"text": "STOP", "track_id": 7, "score": 0.5, "attributes": {"occluded": False}}, SAFE),
        ({"attributes": {"occluded": False, "blurred": True}}, SAFE),
        ({"rotated_bbox": [40, 35, 40, 30, 0.3]}, UNSAFE),
        ({"point": [40, 35]}, UNSAFE),
        ({"where": {"x": 40, "y": 35}}, UNSAFE),
        ({"poly": [{"x": 40, "y": 35}]}, UNSAFE),
        ({"quad": "20,20,60,20,60,50,20,50"}, UNSAFE),
    ],
)
def test_a_box_without_an_inside_goes_safely_only_if_nothing_else_may_be_its_place(
    tmp_path, said, expected
):
    flat = {"bbox": [20, 20, 0, 30], **said}
    assert safety(coco(tmp_path, flat), "GEO001") == [expected]
    unread = {"bbox": [float("nan"), 20, 40, 30], **said}
    assert safety(coco(tmp_path, unread), "GEO003") == [expected]


@pytest.mark.parametrize(
    ("second", "expected"), [("[20, 20, 0, 30]", UNSAFE), ("[1, 1, 9, 9]", SAFE)]
)
def test_the_box_that_stands_before_one_without_an_inside_is_not_lost(tmp_path, second, expected):
    dataset = coco(
        tmp_path,
        '{"id": 2, "image_id": 1, "category_id": 1, "bbox": [20, 20, 40, 30], '
        f'"bbox": {second}, "iscrowd": 0}}',
    )
    found = audit(dataset, select=["GEO001", "REF011"])
    assert {fix.safety for fix in found.fix.tolist()} == {expected}


VOC = """<annotation><filename>a.png</filename>
<size><width>200</width><height>100</height><depth>3</depth></size>
<object><name>car</name>{kept}<difficult>0</difficult>{box}</object>
<object><name>car</name>{copy}<difficult>0</difficult>{box}</object></annotation>"""
CORNERS = "<xmin>20</xmin><ymin>20</ymin><xmax>60</xmax><ymax>50</ymax>"
PART = "<part><name>{}</name><bndbox>" + CORNERS + "</bndbox></part>"


@pytest.mark.parametrize(
    ("kept", "copy", "expected"),
    [
        ("<pose>Unspecified</pose>", "<pose>unknown</pose><truncated>0</truncated>", SAFE),
        ("<pose>Left</pose>", "<pose>Left</pose>", SAFE),
        ("<pose>Left</pose>", "<pose>Right</pose>", UNSAFE),
        ("", "<truncated>1</truncated>", UNSAFE),
        (
            PART.format("head") + PART.format("hand"),
            PART.format("head") + PART.format("hand"),
            SAFE,
        ),
        (
            PART.format("head") + PART.format("hand"),
            PART.format("foot") + PART.format("hand"),
            UNSAFE,
        ),
    ],
)
def test_objects_of_voc_are_compared_whole(tmp_path, kept, copy, expected):
    box = f"<bndbox>{CORNERS}</bndbox>"
    (tmp_path / "a.xml").write_text(VOC.format(kept=kept, copy=copy, box=box))
    draw(tmp_path / "a.png", (200, 100))
    assert safety(load(tmp_path), "DUP001") == [expected]


LINE = "0 0.1 0.2 0.3 0.2 0.3 0.5 0.1 0.5 0.15 0.4"
POSE = "0 0.2 0.35 0.2 0.3 0.12 0.25 2 0.28 0.25 2 0.2 0.45 2"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("0 0.2 0.35 0.2 0.3", "0 0.2 0.35 0.2 0.3", SAFE),
        (LINE, LINE, SAFE),
        (LINE, "0 0.3 0.2 0.3 0.5 0.1 0.5 0.1 0.2 0.25 0.4", UNSAFE),
        (POSE, POSE, SAFE),
        (POSE, "0 0.2 0.35 0.2 0.3 0.28 0.25 2 0.12 0.25 2 0.2 0.45 2", UNSAFE),
    ],
)
def test_lines_of_yolo_are_compared_point_by_point(tmp_path, one, other, expected):
    for folder in ("images", "labels"):
        (tmp_path / folder / "train").mkdir(parents=True)
    draw(tmp_path / "images/train/a.png", (200, 100))
    (tmp_path / "labels/train/a.txt").write_text(f"{one}\n{other}\n")
    shape = "kpt_shape: [3, 3]\n" if one == POSE else ""
    (tmp_path / "data.yaml").write_text(
        f"train: images/train\nval: images/train\nnames: [car]\n{shape}"
    )
    assert safety(load(tmp_path), "DUP001") == [expected]


def test_records_that_cannot_be_read_again_are_not_taken_to_say_nothing(tmp_path):
    dataset = coco(tmp_path, {}, {})
    (tmp_path / "labels.json").write_text("[]")
    one, other = np.array([0]), np.array([1])
    assert adds_values(dataset, one, other, slack=0.5).tolist() == [True]
    assert may_say_a_place(dataset, one).tolist() == [True]


def test_what_was_made_in_memory_has_no_records_to_say_more():
    dataset = one_image("car 10 10 40 40", "car 10 10 40 40")
    assert not adds_values(dataset, np.array([1]), np.array([0]), slack=0.5).any()
    assert not may_say_a_place(dataset, np.array([1])).any()


def test_zero_and_false_say_something():
    assert [is_empty(value) for value in (None, "", [], {}, (), 0, False, "0", [0])] == [
        True
    ] * 5 + [False] * 4
