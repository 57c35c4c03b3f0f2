"""What two records that may be one do not say alike is named where they are told of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelaudit.auditing.findings import Safety
from labelaudit.auditing.run import audit
from labelaudit.io.load import load
from labelaudit.testing import draw

IMAGE = {"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}
CLASS = {"id": 1, "name": "car"}
BOX = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 20], "area": 600}


def told(folder: Path, **lists: Any) -> list[tuple[str, Safety | None]]:
    draw(folder / "a.jpg", (100, 80))
    labels = {"images": [IMAGE], "categories": [CLASS], "annotations": [{**BOX, "iscrowd": 0}]}
    (folder / "labels.json").write_text(json.dumps({**labels, **lists}))
    findings = audit(load(folder), select=["REF002", "REF004", "REF008", "CLS001"])
    fixes = [fix.safety if fix else None for fix in findings.fix]
    return list(zip(findings.message.tolist(), fixes, strict=True))


PAIRS = {
    "images of one id": ("images", IMAGE, {"date_captured": "today"}, "date_captured"),
    "images of one id and two sizes": ("images", IMAGE, {"width": 50}, "size"),
    "images of one name": ("images", IMAGE, {"id": 2, "license": 3}, "license"),
    "classes of one name": ("categories", CLASS, {"id": 2, "supercategory": "b"}, "supercategory"),
    "classes of one id": ("categories", CLASS, {"keypoints": ["a"]}, "keypoints"),
}


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("first", [True, False])
def test_it_is_said_in_what_two_records_differ(tmp_path, pair, first):
    part, record, other, words = PAIRS[pair]
    records = [record, {**record, **other}]
    [(message, safety)] = told(tmp_path, **{part: records if first else records[::-1]})
    assert message.endswith(f"; they differ in {words}")
    assert safety is not None  # which one goes decides whether anything is lost


@pytest.mark.parametrize("pair", PAIRS)
def test_two_values_of_one_key_are_never_merged_safely(tmp_path, pair):
    part, record, other, words = PAIRS[pair]
    if words == "size":
        return
    own = {words: ["b"] if words == "keypoints" else "x"}
    [(message, safety)] = told(tmp_path, **{part: [{**record, **own}, {**record, **other}]})
    assert message.endswith(f"; they differ in {words}")
    assert safety is Safety.UNSAFE


@pytest.mark.parametrize(("part", "record"), [("images", IMAGE), ("categories", CLASS)])
def test_of_records_that_say_the_same_nothing_is_said(tmp_path, part, record):
    same = {**record, "a": None, "b": []}
    [(message, safety)] = told(tmp_path, **{part: [same, {**record, "id": 1}]})
    assert "differ" not in message
    assert safety is Safety.SAFE


@pytest.mark.parametrize(("count", "more"), [(5, ""), (6, ", 1 more"), (7, ", 2 more")])
def test_of_very_many_keys_some_are_named(tmp_path, count, more):
    others = {f"k{number}": number for number in range(count)}
    [(message, _)] = told(tmp_path, images=[IMAGE, {**IMAGE, **others}])
    named = ", ".join(f"k{number}" for number in range(5))
    assert message.endswith(f"; they differ in {named}{more}")
