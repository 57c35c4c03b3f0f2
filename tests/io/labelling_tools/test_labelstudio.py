from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from labelaudit.errors import FormatError
from labelaudit.io.labelling_tools import LABELLING_TOOLS
from labelaudit.io.labelling_tools.tasks import FinishedBox
from labelaudit.io.load import load
from tests.io.labelling_tools.assignments import ADDED, ASSIGNMENT, DOUBTED, PLACE, TASK, WHOLE

STUDIO = LABELLING_TOOLS["labelstudio"]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    STUDIO.write(ASSIGNMENT, tmp_path / "out.json")
    return tmp_path / "out.json"


def tasks(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def rewritten(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), "utf-8")
    return path


def regions(results: list[Any]) -> dict[str, list[str]]:
    return {one["id"]: one["value"].get("rectanglelabels", []) for one in results}


def test_labels_are_as_another_reader_of_label_studio_files_finds_them(written: Path):
    dataset = load(written)
    names = [dataset.class_names[label] for label in dataset.boxes.label]
    assert names == ["labelaudit", "labelaudit", "bus & <car>"]
    assert dataset.boxes.xyxy[2] == pytest.approx(PLACE, abs=1e-9)


def test_predictions_are_the_labels_as_proposed(written: Path):
    [task] = tasks(written)
    [prediction] = task["predictions"]
    boxes = {key: labels for key, labels in regions(prediction["result"]).items() if labels}
    assert boxes["box-0"] == ["car"]
    assert boxes[f"new-{ADDED}"] == ["car"]
    assert prediction["score"] == 0.91234
    told = task["data"]["labelaudit"]["findings"]
    assert [(one["probability"], one["doubt"]) for one in told] == [
        (0.91234, 0.91234),
        (None, 0.4),
        (None, None),
    ]
    assert prediction["model_version"] == "labelaudit 1.0"


def test_who_takes_the_prediction_for_an_annotation_accepts_what_is_proposed(written: Path):
    content = tasks(written)
    content[0]["annotations"] = [{"result": content[0]["predictions"][0]["result"]}]
    [task] = STUDIO.read(rewritten(written, content)).tasks
    assert {one.fingerprint for one in task.proposals} == {DOUBTED, ADDED, WHOLE}
    assert [(box.label, box.key, box.beside) for box in task.boxes] == [
        ("car", None, (ADDED,)),
        ("car", "box-0", ()),
    ]


def test_an_annotation_that_was_begun_anew_is_told_and_not_read(written: Path):
    content = tasks(written)
    fresh = content[0]["annotations"][0]["result"][-1] | {"id": "x1"}
    content[0]["annotations"].append({"result": [fresh]})
    finished = STUDIO.read(rewritten(written, content))
    assert len(finished.tasks) == 1
    [line] = finished.unclear
    assert "begun anew" in line


@pytest.mark.parametrize("boxes", [None, "x", [], {}, 1e400])
@pytest.mark.parametrize("drawn", [None, 5, True, [[]], [{}], "same"])
def test_notes_of_a_task_that_somebody_changed_do_not_end_the_reading(written: Path, boxes, drawn):
    content = tasks(written)
    about = content[0]["data"]["labelaudit"]
    about["boxes"] = boxes
    about["drawn"] = about["drawn"] if drawn == "same" else drawn
    assert len(STUDIO.read(rewritten(written, content)).tasks) == 1


@pytest.mark.parametrize(("boxes", "anew"), [(1, False), (0, True)])
def test_a_label_that_was_not_handed_over_is_nothing_of_it(written: Path, boxes: int, anew: bool):
    content = tasks(written)
    content[0]["data"]["labelaudit"]["boxes"] = boxes
    result = content[0]["annotations"][0]["result"]
    content[0]["annotations"][0]["result"] = [one for one in result if one["id"] == "box-0"]
    assert bool(STUDIO.read(rewritten(written, content)).unclear) == anew


def test_cancelled_annotations_are_told_and_not_read(written: Path):
    content = tasks(written)
    content[0]["annotations"][0]["was_cancelled"] = True
    finished = STUDIO.read(rewritten(written, content))
    assert list(finished.tasks) == []
    assert "cancelled" in finished.unclear[0]


def test_annotations_of_several_people_are_each_one_of_theirs(written: Path):
    content = tasks(written)
    [first] = content[0]["annotations"]
    when = {"updated_at": "1970-01-01T00:00:09Z"}
    content[0]["annotations"] = [
        {**first, "completed_by": 7, **when},
        {**first, "completed_by": {"id": 8, "email": "zoe@example.com"}, **when},
    ]
    finished = STUDIO.read(rewritten(written, content)).tasks
    assert [(one.reviewer, one.at) for one in finished] == [("user 7", 9), ("zoe@example.com", 9)]


def test_a_proposal_that_was_given_a_class_of_the_dataset_is_accepted(written: Path):
    content = tasks(written)
    for one in content[0]["annotations"][0]["result"]:
        if one["id"] == ADDED and one["type"] == "rectanglelabels":
            one["value"]["rectanglelabels"] = ["bus & <car>"]
    [task] = STUDIO.read(rewritten(written, content)).tasks
    told = {one.fingerprint: (one.answer, one.label) for one in task.proposals}
    assert told[ADDED] == ("accept", "bus & <car>")
    assert told[DOUBTED] == ("", "car")


def test_the_size_that_coordinates_were_told_by_counts_and_not_what_the_tool_says(written: Path):
    content = tasks(written)
    for one in content[0]["annotations"][0]["result"]:
        one["original_width"] = 320
    [task] = STUDIO.read(rewritten(written, content)).tasks
    assert task.boxes[0].xyxy == pytest.approx(PLACE, abs=1e-9)


def test_turned_rectangles_and_other_shapes_are_told(written: Path):
    content = tasks(written)
    results = content[0]["annotations"][0]["result"]
    results[-1]["value"]["rotation"] = 30
    results.append({"id": "p", "type": "polygonlabels", "value": {"points": [[1, 1], [2, 2]]}})
    [task] = STUDIO.read(rewritten(written, content)).tasks
    assert [box.odd for box in task.boxes] == [
        "a rectangle turned by 30 degrees",
        "a polygon, not a rectangle",
    ]
    odd, around = task.boxes[0].odd, PLACE
    assert task.boxes[0] == FinishedBox("bus & <car>", None, "box-0", odd=odd, around=around)


def test_the_configuration_has_every_name_that_results_are_of(written: Path):
    config = ElementTree.parse(written.with_suffix(".config.xml")).getroot()
    names = {one.get("name") for one in config.iter() if one.get("name")}
    [task] = tasks(written)
    results = [*task["annotations"][0]["result"], *task["predictions"][0]["result"]]
    assert {name for one in results for name in (one["from_name"], one["to_name"])} <= names
    shown = {one.get("value") for one in config.iter("Label")}
    assert shown == {"bus & <car>", "car", "labelaudit"}
    for one in config.iter():
        if (one.get("value") or "").startswith("$"):
            assert one.get("value", "")[1:] in task["data"]


def test_an_image_is_a_file_on_the_disk_of_the_server_or_has_the_prefix(tmp_path: Path):
    for prefix, address in (
        (None, "/data/local-files/?d=disk/in%20a%20folder/%C3%A4%20b.jpg"),
        ("https://host/", "https://host/in%20a%20folder/%C3%A4%20b.jpg"),
    ):
        one = dataclasses.replace(ASSIGNMENT, prefix=prefix)
        STUDIO.write(one, tmp_path / "out.json")
        assert tasks(tmp_path / "out.json")[0]["data"]["image"] == address
        assert STUDIO.read(tmp_path / "out.json").tasks[0].key == TASK.key


def test_an_image_of_unknown_size_is_refused(tmp_path: Path):
    lost = dataclasses.replace(TASK, size=(math.nan, 480.0))
    with pytest.raises(
        FormatError, match=r"ä b.jpg: nobody knows the size of this image.*--images"
    ):
        STUDIO.write(dataclasses.replace(ASSIGNMENT, tasks=(lost,)), tmp_path / "out.json")


def test_the_short_json_of_label_studio_is_refused_with_what_to_do(tmp_path: Path):
    path = rewritten(tmp_path / "min.json", [{"image": "a.jpg", "label": []}])
    with pytest.raises(FormatError, match=r"min.json: .* export them as JSON, not as JSON-MIN"):
        STUDIO.read(path)
