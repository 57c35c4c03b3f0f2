"""The fix list: what it says of a finding, that it is read back, and fingerprints."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing import findings_file
from labelaudit.auditing.causes import Affected
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.findings_file.write import View
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.core.ids import Ids
from labelaudit.dataset.tables import Dataset, LoadProblems, RecordType
from labelaudit.errors import FixError
from labelaudit.testing import images, one_image

KEYS = {"code", "name", "severity", "source", "image", "annotations", "boxes", "classes"}
KEYS |= {"message", "probability", "fix", "fingerprint"}


@pytest.fixture
def dataset() -> Dataset:
    return images(
        {
            "a.jpg": ["car 10 10 40 40", "car 10 10 40 40", "bus 50 20 50 60", "bus 5 5 90 90"],
            "b.jpg": ["car 600 400 660 470", "bus nan 1 2 3", "car 9 9 7 7"],
        }
    )


def renumbered(dataset: Dataset) -> Dataset:
    """The same labels with records in another order and other ids."""
    order = np.random.default_rng(5).permutation(len(dataset.boxes))
    boxes = dataset.boxes.rows(order)
    count = len(boxes)
    ids = Ids.of([900 - row for row in range(count)])
    images_turned = dataclasses.replace(
        dataset.images.rows(np.array([1, 0])),
        record=np.arange(2, dtype=np.int32),
        id=Ids.of([70, 60]),
    )
    boxes = dataclasses.replace(
        boxes, id=ids, record=np.arange(count, dtype=np.int32), image=1 - boxes.image
    )
    return dataclasses.replace(dataset, boxes=boxes, images=images_turned)


def test_an_entry_has_the_promised_keys_and_is_json(dataset: Dataset) -> None:
    entries = list(findings_file.entries(audit(dataset), dataset))
    assert entries
    for entry in entries:
        assert set(entry) >= KEYS
        assert json.loads(json.dumps(entry, allow_nan=False)) == entry
    zero = next(entry for entry in entries if entry["code"] == "GEO001")
    assert zero["image"] == "a.jpg"
    assert zero["annotations"] == [3]
    assert zero["boxes"] == [[50, 20, 0, 40]]
    assert zero["classes"] == ["bus"]
    assert zero["source"] == "labels.json"
    assert zero["probability"] is None
    assert zero["fix"]["kind"] == "drop"
    assert zero["fix"]["safety"] == "safe"


def test_a_fix_list_is_read_back_as_the_same_findings(dataset: Dataset, tmp_path: Path) -> None:
    findings = audit(dataset)
    findings_file.write(tmp_path / "list.jsonl", findings, dataset)
    again = findings_file.read(tmp_path / "list.jsonl", dataset)
    for name in ("code", "severity", "file", "image", "box", "other", "category", "message"):
        np.testing.assert_array_equal(getattr(again, name), getattr(findings, name))
    assert [repr(fix) for fix in again.fix] == [repr(fix) for fix in findings.fix]


def test_labels_of_a_finding_about_many_are_runs_of_records_and_read_back(
    dataset: Dataset, tmp_path: Path
) -> None:
    affected = Affected(np.array([4, 0, 1, 6]), np.array([1]))
    column = np.array([affected, None], object)[:1]
    findings = Findings.of(1, code=["GEO019"], name=["x"], severity=[2], affects=column)
    (entry,) = findings_file.entries(findings, dataset)
    boxes = [["labels.json", 0, 1], ["labels.json", 4, 4], ["labels.json", 6, 6]]
    assert entry["wrong"] == {"boxes": boxes, "images": [["labels.json", 1, 1]]}
    findings_file.write(tmp_path / "list.jsonl", findings, dataset)
    again = findings_file.read(tmp_path / "list.jsonl", dataset).affects[0]
    assert (again.box.tolist(), again.image.tolist()) == ([0, 1, 4, 6], [1])
    fewer = dataset.keep(boxes=np.array([True] * 4 + [False] * 3))
    left = findings_file.Lookup(fewer).affected(entry["wrong"])
    assert (left.box.tolist(), left.image.tolist()) == ([0, 1], [1])
    gone = findings_file.Lookup(dataset).affected({"boxes": [["old.json", 0, 9]], "images": []})
    assert (len(gone.box), len(gone.image)) == (0, 0)


def test_lines_may_be_taken_out_of_a_fix_list(dataset: Dataset, tmp_path: Path) -> None:
    findings = audit(dataset)
    path = tmp_path / "list.jsonl"
    findings_file.write(path, findings, dataset)
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines[1:2], "", *lines[3:]]) + "\n", encoding="utf-8")
    assert len(findings_file.read(path, dataset)) == len(findings) - 2


def test_a_fix_list_of_other_labels_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    findings_file.write(path, audit(dataset), dataset)
    moved = dataclasses.replace(dataset.boxes, xyxy=dataset.boxes.xyxy + 10)
    with pytest.raises(FixError, match="changed since"):
        findings_file.read(path, dataclasses.replace(dataset, boxes=moved))


@pytest.mark.parametrize("text", ["{", "7", '{"code": "GEO001"}', "not json"])
def test_what_is_no_fix_list_is_refused_by_line(
    dataset: Dataset, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(FixError, match=r"list\.jsonl:1"):
        findings_file.read(path, dataset)


def test_fingerprints_survive_shuffling_and_renumbering(dataset: Dataset) -> None:
    other = renumbered(dataset)
    before = findings_file.fingerprints(audit(dataset), dataset)
    after = findings_file.fingerprints(audit(other), other)
    assert sorted(before) == sorted(after)


def test_fingerprints_differ_between_findings_even_of_equal_boxes() -> None:
    dataset = images({"a.jpg": ["car 10 10 40 40"] * 4})
    made = findings_file.fingerprints(audit(dataset, select=["DUP001"]), dataset)
    assert len(set(made)) == len(made) == 3


def test_a_corner_has_one_fingerprint_on_both_sides_of_its_pixel() -> None:
    made = []
    for left in ("-0.3", "-0", "0", "0.3", "-0.7", "-10.3", "-9.8"):
        dataset = one_image(f"car {left} 20 {left} 60")
        made += findings_file.fingerprints(audit(dataset, select=["GEO001"]), dataset)
    assert made[0] == made[1] == made[2] == made[3]
    assert made[5] == made[6]
    assert len(set(made)) == 3


def test_fingerprints_are_those_of_every_version() -> None:
    dataset = one_image("car 50 20 50 60", "car -10.3 20 -10.3 60", "car 9 nan 3 inf")
    made = findings_file.fingerprints(audit(dataset, select=["GEO001", "GEO003"]), dataset)
    assert made == ["b63ab5837fa86427", "36f18b430f763c8f", "0f7fc03d1161ae37"]


def test_a_moved_box_has_another_fingerprint(dataset: Dataset) -> None:
    moved = dataclasses.replace(dataset.boxes, xyxy=dataset.boxes.xyxy + np.array([0, 3, 0, 3]))
    other = dataclasses.replace(dataset, boxes=moved)
    before = findings_file.fingerprints(audit(dataset, select=["GEO001"]), dataset)
    after = findings_file.fingerprints(audit(other, select=["GEO001"]), other)
    assert not set(before) & set(after)


def refused(dataset: Dataset, folder: Path, code: str, **changed: object) -> str:
    """What is said of a fix list of one finding, some of its entries changed."""
    entries = findings_file.entries(audit(dataset), dataset)
    entry = next(one for one in entries if one["code"] == code)
    path = folder / "fixes.jsonl"
    path.write_text(json.dumps(entry | changed) + "\n")
    with pytest.raises(FixError) as told:
        findings_file.read(path, dataset)
    return str(told.value)


def test_a_record_that_is_not_there_is_refused_by_its_place(dataset: Dataset, tmp_path: Path):
    place = {"source": "labels.json", "record": 6}
    lacking = place | {"record": 7}
    assert "labels have changed" in refused(dataset, tmp_path, "GEO001", records={"box": place})
    told = refused(dataset, tmp_path, "GEO001", records={"box": lacking})
    assert "no annotations[7] in labels.json" in told


def test_a_fix_that_does_not_say_all_that_it_changes_is_refused(dataset: Dataset, tmp_path: Path):
    place = {"source": "labels.json", "record": 3}
    fix = {"kind": "move", "safety": "safe", "part": "annotations", "record": place}
    told = refused(dataset, tmp_path, "GEO001", fix=fix | {"source": None, "changes": {}})
    assert "the fix does not say xyxy" in told


def test_a_class_of_no_record_is_found_by_its_name_and_nothing_else_is(dataset: Dataset):
    lookup = findings_file.Lookup(dataset)
    for key in ({"source": None, "record": 0}, {"source": "labels.json", "record": MISSING}):
        assert lookup.row(RecordType.CATEGORY, key | {"name": "bus"}) == 1
        with pytest.raises(ValueError, match="without a place"):
            lookup.row(RecordType.BOX, key | {"name": "bus"})
    assert lookup.row(RecordType.BOX, None) == MISSING


@pytest.mark.parametrize(
    ("text", "has"),
    [
        (b"", False),
        (b'{"code": "GEO001"}', False),
        (b'{"decisions": null}', False),
        (b'{"decisions": []}', True),
        (b'\n{"code": "GEO001"}\n{"decisions": []}', True),
        (b'no list\n{"decisions": []}', False),
    ],
)
def test_a_list_with_decisions_is_that_of_a_review(text: bytes, has: bool):
    assert findings_file.has_decisions(text.splitlines()) is has


def pointing(**columns: object) -> Findings:
    """One finding that points at rows."""
    return Findings.of(1, code=["GEO001"], **{name: [row] for name, row in columns.items()})


def test_a_finding_is_placed_by_its_box_then_its_problem_its_class_and_its_image(dataset: Dataset):
    problems = LoadProblems.of(1, part=["images"], record=[1], row=[1])
    view = View(dataclasses.replace(dataset, problems=problems))
    rows = {"image": 1, "category": 1, "problem": 0, "box": 4}
    places = []
    while rows:
        places.append(view.place(pointing(**rows), 0))
        rows.popitem()
    assert places == ["annotations[4]", "images[1]", "categories[1]", "images[1]"]
    assert view.place(pointing(), 0) is None


def test_what_has_no_place_in_its_file_is_not_given_one(dataset: Dataset):
    view = View(dataset)
    assert view.record_name(RecordType.BOX, 0) == "annotations[0]"
    assert view.record_name(RecordType.BOX, MISSING) is None
    assert view.record_name(RecordType.FILE, 0) is None


def test_a_finding_without_boxes_is_about_its_class_and_one_with_boxes_about_theirs(
    dataset: Dataset,
):
    view = View(dataset)
    assert view.classes([], 1) == ["bus"]
    assert view.classes([0, 2], 1) == ["car", "bus"]
    assert view.classes([], MISSING) == []


def test_half_a_surrogate_pair_is_written_as_its_escape_wherever_it_stands():
    entry = {"a\ud800": ["\ud800", 3, None, ("b", {"c": "\udfff"})]}
    assert json.loads(findings_file.encoded(entry)) == {
        "a\\ud800": ["\\ud800", 3, None, ["b", {"c": "\\udfff"}]]
    }
