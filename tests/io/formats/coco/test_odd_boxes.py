"""Annotations whose box is not written as COCO has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.auditing.findings import Safety
from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.run import audit
from labelaudit.io.load import load
from labelaudit.io.save import save

TRIANGLE = [[10, 20, 40, 20, 40, 60]]
RLE = {"size": [100, 200], "counts": [1020, 40, *[60, 40] * 29, 16040]}


def written(folder: Path, *annotations: dict[str, Any]) -> Path:
    common = {"image_id": 1, "category_id": 1, "area": 1, "iscrowd": 0}
    document = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 200, "height": 100}],
        "annotations": [{"id": n, **common, **one} for n, one in enumerate(annotations, start=1)],
        "categories": [{"id": 1, "name": "bolt"}],
    }
    path = folder / "labels.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


@pytest.mark.parametrize(
    "box",
    [
        {"x": 10, "y": 20, "width": 30, "height": 40},
        "[10, 20, 30, 40]",
        "10,20,30,40",
        ["10", "20", "30", "40"],
        [10, 20, 40, 20, 40, 60, 10, 60],
        [[10, 20, 30, 40]],
        [[10, 20], [40, 60]],
    ],
)
def test_an_oddly_written_box_is_read_and_written_as_it_should_be(box: Any, tmp_path: Path):
    before = load(written(tmp_path, {"bbox": box}))
    assert before.boxes.xyxy.tolist() == [[10, 20, 40, 60]]
    assert before.problems.kind.tolist() == ["wrong-type"]
    findings = audit(before, select=["REF"])
    fixed = apply(before, findings.rows(fixable(findings))).dataset
    saved = save(fixed, tmp_path / "cleaned.json")
    assert json.loads(saved.path.read_bytes())["annotations"][0]["bbox"] == [10, 20, 30, 40]
    assert not len(load(saved.path).problems)


@pytest.mark.parametrize(("fifth", "shown"), [(0.9, "0.9"), (45, "45"), ("x", None)])
def test_a_fifth_number_is_left_out_said_and_kept_until_somebody_wants_it(
    fifth: Any, shown: str | None, tmp_path: Path
):
    path = written(tmp_path, {"bbox": [10, 20, 30, 40, fifth]})
    before = load(path)
    findings = audit(before, select=["REF009", "REF010"])
    if shown is None:
        assert findings.code.tolist() == ["REF009"]
        return
    assert before.boxes.xyxy.tolist() == [[10, 20, 40, 60]]
    assert findings.message.tolist() == [
        f"annotations[0]: bbox is [10, 20, 30, 40, {shown}], of which {shown} is left out, "
        "understood as [10, 20, 30, 40]"
    ]
    assert findings.fix[0].safety is Safety.UNSAFE
    assert save(before, tmp_path / "same.json").path.read_bytes() == path.read_bytes()
    saved = save(apply(before, findings).dataset, tmp_path / "cleaned.json")
    assert json.loads(saved.path.read_bytes())["annotations"][0]["bbox"] == [10, 20, 30, 40]
    assert not len(load(saved.path).problems)


@pytest.mark.parametrize("count", [3, 6, 7])
def test_another_count_of_numbers_is_no_box(count: int, tmp_path: Path):
    before = load(written(tmp_path, {"bbox": [10, 20, 30, 40, 50, 60, 70][:count]}))
    assert before.problems.kind.tolist() == ["unreadable-field"]


@pytest.mark.parametrize("box", [{}, {"bbox": None}, {"bbox": []}, {"bbox": ""}, {"bbox": "?"}])
@pytest.mark.parametrize(
    "other",
    [
        {"segmentation": TRIANGLE},
        {"segmentation": RLE},
        {"segmentation": [10, 20, 40, 20, 40, 60, 10, 60]},
        {"segmentation": [[10, 20], [40, 20], [40, 60]]},
        {"segmentation": [[10, 20, 40, 20, 40, 60, 7]]},
        {"keypoints": [10, 20, 2, 40, 60, 1, 0, 0, 0], "num_keypoints": 2},
    ],
)
def test_a_record_without_a_box_has_that_of_its_mask_or_keypoints(
    box: dict[str, Any], other: dict[str, Any], tmp_path: Path
):
    before = load(written(tmp_path, {**box, **other}))
    assert before.boxes.xyxy.tolist() == [[10, 20, 40, 60]]
    [finding] = [row for row in range(1) if audit(before, select=["REF009"]).box[row] == 0]
    fix = audit(before, select=["REF009"]).fix[finding]
    assert fix.kind == "move"
    assert (fix.safety is Safety.UNSAFE) is ("keypoints" in other)


@pytest.mark.parametrize(
    "other",
    [
        {"x": 10, "y": 20, "width": 30, "height": 40},
        {"boundingBox": {"left": 10, "top": 20, "right": 40, "bottom": 60}},
    ],
)
def test_other_keys_may_say_the_box(other: dict[str, Any], tmp_path: Path):
    assert load(written(tmp_path, other)).boxes.xyxy.tolist() == [[10, 20, 40, 60]]


def test_a_box_of_its_own_is_not_that_of_the_mask(tmp_path: Path):
    odd = {"bbox": "[1, 2, 3, 4]", "segmentation": TRIANGLE}
    assert load(written(tmp_path, odd)).boxes.xyxy.tolist() == [[1, 2, 4, 6]]


def test_what_nothing_says_is_not_dropped_safely(tmp_path: Path):
    before = load(written(tmp_path, {"bbox": "?"}, {}, {"bbox": [1, 2, 3, 4]}))
    np.testing.assert_array_equal(np.isnan(before.boxes.xyxy[:, 0]), [True, True, False])
    fixes = audit(before, select=["REF009"]).fix.tolist()
    assert [(fix.kind, fix.safety) for fix in fixes] == [("drop", Safety.UNSAFE)] * 2
