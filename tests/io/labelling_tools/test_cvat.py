from __future__ import annotations

import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from labelaudit.errors import FormatError
from labelaudit.io import unpacking
from labelaudit.io.labelling_tools import LABELLING_TOOLS, tool_of
from labelaudit.io.labelling_tools.tasks import Assignment
from labelaudit.io.load import load
from tests.io.labelling_tools.assignments import ADDED, ASSIGNMENT, DOUBTED, WHOLE

CVAT = LABELLING_TOOLS["cvat"]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    CVAT.write(ASSIGNMENT, tmp_path / "out.xml")
    return tmp_path / "out.xml"


def export(path: Path, shapes: str, head: str = "") -> Path:
    path.write_text(
        f"<annotations><version>1.1</version>{head}<image id='0' name='a.jpg' width='640' "
        f"height='480'>{shapes}</image></annotations>"
    )
    return path


def test_labels_are_as_another_reader_of_cvat_files_finds_them(written: Path):
    dataset = load(written)
    names = [dataset.class_names[label] for label in dataset.boxes.label]
    boxes = dict(zip(names, dataset.boxes.xyxy.tolist(), strict=True))
    assert boxes["bus & <car>"] == [10.125, 20.0, 30.333333333333332, 40.5]
    assert names.count("labelaudit") == 2


def test_proposals_name_rule_message_probability_and_fingerprint(written: Path):
    root = ElementTree.parse(written).getroot()
    said = [
        {one.get("name"): one.text for one in box}
        for box in root.iterfind("image/box[@label='labelaudit']")
    ]
    assert said[0] == {
        "decision": "open",
        "class": "car",
        "fingerprint": DOUBTED,
        "rule": "MOD001 wrong-class",
        "message": 'is "wrong" & <odd>',
        "probability": "0.912",
        "doubt": "0.912",
        "proposal": "relabel car",
        "note": None,
        "expert": "false",
    }
    assert (said[1]["probability"], said[1]["doubt"]) == (None, "0.4")


def test_a_label_and_the_findings_about_it_are_a_group(written: Path):
    root = ElementTree.parse(written).getroot()
    groups = [box.get("group_id") for box in root.iterfind("image/box")]
    assert groups == ["1", None, "1"]  # doubted, to be added, the label itself
    back = CVAT.read(written).tasks[0]
    assert back.boxes[0].beside == (DOUBTED,)


def test_what_hides_a_label_lies_below_it_and_what_would_be_added_above(written: Path):
    root = ElementTree.parse(written).getroot()
    assert [box.get("z_order") for box in root.iterfind("image/box")] == ["-1", "1", "0"]


def test_a_task_made_with_the_labels_file_keeps_every_attribute_that_is_written(written: Path):
    labels = json.loads(written.with_suffix(".labels.json").read_text("utf-8"))
    known = {one["name"] for label in labels for one in label["attributes"]}
    root = ElementTree.parse(written).getroot()
    assert {one.get("name") for one in root.iterfind("image/*/attribute")} <= known
    assert {label["name"] for label in labels} == {"bus & <car>", "car", "labelaudit"}
    for label in labels:
        for one in label["attributes"]:
            assert one["default_value"] in one["values"]


def test_issues_are_what_the_api_makes_them_of(written: Path):
    issues = json.loads(written.with_suffix(".issues.json").read_text("utf-8"))
    assert [issue["position"] for issue in issues] == [
        [10.125, 20.0, 30.333333333333332, 40.5],
        [100.0, 100.0, 140.0, 150.0],
        [0.0, 0.0, 640.0, 480.0],
    ]
    assert issues[0]["image"] == "in a folder/ä b.jpg"
    assert issues[0]["message"].endswith(f"(relabel car) [{DOUBTED}]")


def test_a_prefix_goes_before_the_names_of_images(tmp_path: Path):
    CVAT.write(Assignment(**{**vars(ASSIGNMENT), "prefix": "day 1/"}), tmp_path / "out.xml")
    [image] = ElementTree.parse(tmp_path / "out.xml").getroot().iterfind("image")
    assert image.get("name") == "day 1/in a folder/ä b.jpg"


def test_an_archive_that_cvat_exports_is_read(written: Path, tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "job.zip", "w") as archive:
        archive.write(written, "annotations.xml")
        archive.writestr("images/a.jpg", b"")
    assert tool_of(tmp_path / "job.zip") is CVAT
    assert CVAT.read(tmp_path / "job.zip") == CVAT.read(written)


def spoiled(archive: bytes, fault: str) -> bytes:
    """An archive of one file that is encrypted, of an unknown method or damaged inside."""
    made, listed = bytearray(archive), archive.index(b"PK\x01\x02")
    if fault == "encrypted":
        made[6] |= 1
        made[listed + 8] |= 1
    elif fault == "method":
        made[8] = made[listed + 10] = 99
    else:
        made[60:200:7] = bytes(255 - one for one in made[60:200:7])
    return bytes(made)


@pytest.mark.parametrize("fault", ["encrypted", "method", "damaged"])
def test_an_archive_that_cannot_be_unpacked_is_refused_by_name(
    fault: str, written: Path, tmp_path: Path
):
    path = tmp_path / "job.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(written, "annotations.xml")
    path.write_bytes(spoiled(path.read_bytes(), fault))
    assert tool_of(path) is CVAT
    with pytest.raises(FormatError, match=r"job.zip: this archive cannot be unpacked: "):
        CVAT.read(path)


def test_an_archive_that_grows_as_only_a_bomb_does_is_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(unpacking, "LARGE", 1_000_000)
    path = tmp_path / "job.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("annotations.xml", b"<annotations>" + b" " * 2_000_000)
    with pytest.raises(FormatError, match=r"job.zip: annotations.xml would grow"):
        CVAT.read(path)


def test_characters_that_xml_cannot_hold_do_not_break_the_file(tmp_path: Path):
    odd = Assignment(**{**vars(ASSIGNMENT), "title": "a\x00b\ud800", "classes": ("c\x1b",)})
    CVAT.write(odd, tmp_path / "out.xml")
    assert CVAT.read(tmp_path / "out.xml").tasks


def test_what_is_no_rectangle_is_told(tmp_path: Path):
    path = export(
        tmp_path / "e.xml",
        "<box label='car' xtl='1' ytl='1' xbr='5' ybr='5' rotation='10.5'/>"
        "<polygon label='car' points='1,1;2,2;3,1'/>"
        "<box label='car' xtl='1' ytl='1' xbr='x' ybr='5'/>"
        "<box label='car' xtl='1' ytl='1' xbr='5' ybr='5' rotation='0.0'/>",
    )
    [task] = CVAT.read(path).tasks
    assert [box.odd for box in task.boxes] == [
        "a rectangle turned by 10.5 degrees",
        "a polygon, not a rectangle",
        "corners that are no numbers",
        "",
    ]


def test_who_has_the_job_and_when_it_was_exported_is_known(tmp_path: Path):
    head = (
        "<meta><job><assignee>zoe</assignee></job>"
        "<dumped>1970-01-02 00:00:00.5+00:00</dumped></meta>"
    )
    [task] = CVAT.read(export(tmp_path / "e.xml", "", head)).tasks
    assert (task.reviewer, task.at) == ("zoe", 86400.5)


def test_videos_and_files_that_break_off_are_refused(tmp_path: Path):
    path = tmp_path / "e.xml"
    path.write_text("<annotations><track id='0' label='car'></track></annotations>")
    with pytest.raises(FormatError, match=r"e.xml: frames of a video; export it as CVAT for im"):
        CVAT.read(path)
    path.write_text("<annotations><image name='a.jpg'>")
    with pytest.raises(FormatError, match=r"e.xml: not a whole XML file of CVAT"):
        CVAT.read(path)


def test_a_finding_about_the_image_is_a_tag_that_can_be_answered(written: Path):
    root = ElementTree.parse(written)
    tag = root.findall("image/tag")[1]
    next(one for one in tag if one.get("name") == "decision").text = "reject"
    root.write(written)
    [task] = CVAT.read(written).tasks
    told = {one.fingerprint: one.answer for one in task.proposals}
    assert told == {WHOLE: "reject", DOUBTED: "", ADDED: ""}
