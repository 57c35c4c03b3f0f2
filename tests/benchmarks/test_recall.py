"""What the recall benchmark counts as found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.linters import Linter, Remark, of_datumaro, of_hotcoco, of_labelaudit, of_panlabel
from benchmarks.planted.planting import Defect, Planted, defects, planted
from benchmarks.recall import Verdict, verdict
from benchmarks.recall_tables import with_summaries


def plant(kind: str, format_: str = "coco") -> tuple[Planted, Defect]:
    defect = next(one for one in defects(format_) if one.kind == kind)
    return planted(format_, [defect]), defect


def remark(*about: str, code: str = "wrong") -> Remark:
    return Remark(code, frozenset(about))


def test_a_new_remark_on_the_record_is_a_find_and_one_on_its_neighbour_is_not():
    labels, defect = plant("box without width")
    number = labels.labels.spot(labels.images[defect]).plain["id"]
    assert verdict([remark(str(number))], [], labels, defect) is Verdict.FOUND
    assert verdict([remark(str(number + 1))], [], labels, defect) is Verdict.MISSED
    assert verdict([], [], labels, defect) is Verdict.MISSED
    assert verdict(None, [], labels, defect) is Verdict.REFUSED


def test_what_is_said_of_the_clean_twin_too_is_no_find():
    labels, defect = plant("box without width")
    said = [remark(str(labels.labels.spot(labels.images[defect]).plain["id"]))]
    assert verdict(said, said, labels, defect) is Verdict.MISSED
    assert verdict(2 * said, said, labels, defect) is Verdict.FOUND


def test_a_remark_that_a_tool_makes_about_every_box_says_nothing():
    labels, defect = plant("box without width")
    said = [remark(str(labels.labels.spot(labels.images[defect]).plain["id"]))]
    assert verdict(said, [remark(str(n)) for n in range(300)], labels, defect) is Verdict.MISSED


def test_a_remark_on_nothing_but_the_image_names_the_box_in_it():
    labels, defect = plant("box without width")
    stem = labels.images[defect].stem
    assert verdict([remark(stem)], [], labels, defect) is Verdict.FOUND
    assert verdict([remark(stem, "500999")], [], labels, defect) is Verdict.MISSED


def test_remarks_on_single_boxes_are_symptoms_of_a_whole_file_that_is_wrong():
    labels, defect = plant("corners as sizes")
    assert verdict([remark("500001")], [], labels, defect) is Verdict.SYMPTOMS
    assert verdict([remark()], [], labels, defect) is Verdict.FOUND


def test_without_ids_boxes_are_counted_file_by_file():
    labels, defect = plant("box written twice", "voc")
    boxes = len(labels.images[defect].things)
    assert verdict([remark(f"annotation {boxes}")], [], labels, defect) is Verdict.FOUND
    assert verdict([remark(f"annotation {boxes + 1}")], [], labels, defect) is Verdict.MISSED


def test_reports_are_read_with_what_they_name():
    ids = {"code": "near_duplicate", "affected_ids": [4, 5]}
    assert [one.about for one in of_hotcoco({"errors": [], "warnings": [ids]})] == [{"4"}, {"5"}]
    issue = {"code": "out", "context": {"type": "annotation", "id": 4}}
    assert [one.about for one in of_panlabel({"issues": [issue]})] == [{"annotation 4"}]
    words = {"anomaly_type": "Far", "description": "Annotation '4' in the item", "item_id": "a"}
    assert [one.about for one in of_datumaro([words])] == [{"4", "a"}]
    place = {"source": "a.json", "record": 3}
    finding = {"name": "zero-area", "records": {"box": place, "image": place}, "classes": ["car"]}
    named = [one.about for one in of_labelaudit({"findings": [finding]})]
    assert named == [{"annotations a.json 3"}]


def test_the_page_keeps_what_stands_around_the_tables():
    marks = "<!-- recall: begin -->\nold\n<!-- recall: end -->"
    assert with_summaries(f"before\n{marks}\nafter\n", {}).split("\n") == [
        "before", "<!-- recall: begin -->", "", "", "<!-- recall: end -->", "after", "",
    ]  # fmt: skip


def test_of_a_folder_a_tool_of_one_file_is_given_each_in_turn(tmp_path: Path):
    def codes(report: list[str]) -> Iterator[Remark]:
        return map(remark, report)

    (tmp_path / "annotations").mkdir()
    for name in ("train", "val"):
        text = f'["{name}.json"]'
        (tmp_path / "annotations" / f"{name}.json").write_text(text)
    tool = Linter("cat", "cat", ("cat", "{path}"), codes, one_file=True)
    said = tool.remarks(tmp_path) or []
    assert [one.about for one in said] == [{"train.json"}, {"val.json"}]
    assert tool.remarks(tmp_path / "annotations" / "val.json") == said[1:]
    (tmp_path / "annotations" / "val.json").write_text("no report")
    assert tool.remarks(tmp_path) is None
