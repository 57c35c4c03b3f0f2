from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelaudit.errors import FormatError
from labelaudit.io.labelling_tools import LABELLING_TOOLS, tool_of
from tests.io.labelling_tools.assignments import ADDED, ASSIGNMENT, DOUBTED, PLACE, TASK, WHOLE

FIFTYONE = LABELLING_TOOLS["fiftyone"]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    FIFTYONE.write(ASSIGNMENT, tmp_path / "out")
    return tmp_path / "out"


def sample(path: Path) -> Any:
    [one] = json.loads((path / "samples.json").read_text("utf-8"))["samples"]
    return one


def test_doubts_have_the_names_of_fiftyone_brain(written: Path):
    one = sample(written)
    [label] = one["ground_truth"]["detections"]
    assert (label["mistakenness"], label["tags"]) == (0.91234, ["wrong-class"])
    assert one["mistakenness"] == 0.91234
    missing = one["labelaudit"]["detections"][1]
    assert (missing["possible_missing"], missing["confidence"]) == (True, 0.4)
    assert (one["possible_missing"], one["possible_spurious"]) == (1, 0)


def test_boxes_are_fractions_that_come_back_to_within_a_millionth_of_a_pixel(written: Path):
    [task] = FIFTYONE.read(written).tasks
    assert task.boxes[0].xyxy == pytest.approx(PLACE, abs=1e-6)
    assert sample(written)["ground_truth"]["detections"][0]["bounding_box"][0] == 10.125 / 640


def test_every_field_of_a_sample_is_declared(written: Path):
    fields = json.loads((written / "metadata.json").read_text("utf-8"))["sample_fields"]
    declared = {field["db_field"] for field in fields}
    assert set(sample(written)) - {"_media_type", "_rand"} == declared


def test_images_are_where_they_are_on_disk(written: Path):
    assert sample(written)["filepath"] == TASK.path
    assert sample(written)["metadata"]["width"] == 640


def test_a_finding_about_the_image_is_a_classification_that_can_be_tagged(written: Path):
    content = {"samples": [sample(written)]}
    content["samples"][0]["labelaudit_images"]["classifications"][0]["tags"].append("accept")
    (written / "samples.json").write_text(json.dumps(content), "utf-8")
    [task] = FIFTYONE.read(written).tasks
    told = {one.fingerprint: one.answer for one in task.proposals}
    assert told == {DOUBTED: "", ADDED: "", WHOLE: "accept"}


def test_what_is_drawn_among_the_findings_is_told(written: Path):
    content = {"samples": [sample(written)]}
    drawn = {"label": "car", "bounding_box": [0.1, 0.1, 0.2, 0.2]}
    content["samples"][0]["labelaudit"]["detections"].append(drawn)
    (written / "samples.json").write_text(json.dumps(content), "utf-8")
    [task] = FIFTYONE.read(written).tasks
    assert task.boxes[-1].odd == "drawn in labelaudit, not in ground_truth"


def test_a_folder_that_breaks_off_is_refused(written: Path):
    (written / "samples.json").write_text('{"samples": [{', "utf-8")
    assert tool_of(written) is FIFTYONE
    with pytest.raises(FormatError, match=r"samples.json: not whole: .* export the dataset again"):
        FIFTYONE.read(written)
