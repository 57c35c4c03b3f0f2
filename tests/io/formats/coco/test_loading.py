"""Whole COCO files: read as the json module reads them, in pieces, by threads and without C."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.io import formats
from labelaudit.io.formats.coco import annotations, decoders, resolving, scanner, stream
from labelaudit.io.formats.coco.annotations import Annotations
from labelaudit.io.formats.coco.columns import ImageRecords
from labelaudit.io.load import load
from labelaudit.io.save import save
from tests.io.formats.coco_files import annotation, coco, files, problems, read


def test_a_whole_file_becomes_tables(tmp_path: Path) -> None:
    dataset = read(tmp_path, coco())
    assert dataset.boxes.xyxy.tolist() == [[10.5, 20, 40.5, 60], [1, 2, 4, 6]]
    assert dataset.boxes.image.tolist() == [0, 1]
    assert dataset.boxes.label.tolist() == [0, 0]
    assert dataset.boxes.area.tolist() == [1200, 12]
    assert dataset.images.size.tolist() == [[640, 480], [320, 240]]
    assert dataset.images.name.tolist() == ["a.jpg", "b.jpg"]
    assert dataset.masks.box.tolist() == [0]
    assert dataset.masks.xyxy.tolist() == [[10.5, 20, 40.5, 60]]
    assert dataset.masks.area.tolist() == [1200]
    assert len(dataset.problems) == 0


def test_sections_may_come_in_any_order(tmp_path: Path) -> None:
    turned = dict(reversed(coco().items()))
    assert read(tmp_path, turned).boxes.image.tolist() == [0, 1]


@pytest.mark.parametrize("indent", [None, 1, 4])
def test_white_space_does_not_matter(tmp_path: Path, indent: int | None) -> None:
    dataset = read(tmp_path, json.dumps(coco(), indent=indent).encode())
    assert dataset.boxes.id.values() == [1, 2]
    assert len(dataset.problems) == 0


@settings(max_examples=150, deadline=None)
@given(files(), st.sampled_from([None, 1]), st.sampled_from([40, 200, 1 << 19]))
def test_any_file_is_read_as_the_json_module_reads_it(
    tmp_path_factory: pytest.TempPathFactory,
    content: dict[str, Any],
    indent: int | None,
    block: int,
) -> None:
    # Small blocks put cuts everywhere, also inside strings and nested lists.
    folder = tmp_path_factory.mktemp("files")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "BLOCK", block)
        dataset = read(folder, json.dumps(content, indent=indent))
    wanted = content["annotations"]
    corners = [[x, y, x + w, y + h] for x, y, w, h in (one["bbox"] for one in wanted)]
    assert dataset.boxes.xyxy.tolist() == corners
    assert dataset.boxes.id.values() == [one["id"] for one in wanted]
    assert dataset.boxes.image.tolist() == [one["image_id"] for one in wanted]
    assert dataset.boxes.record.tolist() == list(range(len(wanted)))
    assert dataset.images.name.tolist() == [one["file_name"] for one in content["images"]]
    # A name may hold a NUL or lead out of its folder, which the json module does not mind.
    assert [one for one in problems(dataset) if one[-1] != "image path"] == []


def test_ids_are_matched_as_json_values(tmp_path: Path) -> None:
    images = [
        {"id": "a", "file_name": "a.jpg", "width": 1, "height": 1},
        {"id": 3.0, "file_name": "b.jpg", "width": 1, "height": 1},
    ]
    rows = [annotation(image_id="a"), annotation(image_id=3), annotation(image_id=4)]
    dataset = read(tmp_path, coco(images=images, annotations=rows))
    assert dataset.boxes.image.tolist() == [0, 1, MISSING]


@pytest.mark.parametrize("mask", [[], None])
def test_an_empty_list_of_polygons_is_no_mask(tmp_path: Path, mask: Any) -> None:
    dataset = read(tmp_path, coco(annotations=[annotation(segmentation=mask)]))
    assert len(dataset.masks) == 0


def test_keypoints_are_counted(tmp_path: Path) -> None:
    points = annotation(keypoints=[5, 6, 2, 0, 0, 0, 9, 8, 1], num_keypoints=2)
    dataset = read(tmp_path, coco(annotations=[annotation(), points]))
    keypoints = dataset.keypoints
    assert keypoints.box.tolist() == [1]
    assert keypoints.values.tolist() == [9]
    assert keypoints.labelled.tolist() == [2]
    assert keypoints.stated.tolist() == [2]
    assert keypoints.xyxy.tolist() == [[5, 6, 9, 8]]


def test_several_files_become_splits(tmp_path: Path) -> None:
    for name in ("train", "val"):
        (tmp_path / f"{name}.json").write_text(json.dumps(coco()), encoding="utf-8")
    dataset = load([tmp_path / "train.json", tmp_path / "val.json"])
    assert dataset.splits == ("train", "val")
    assert dataset.boxes.image.tolist() == [0, 1, 2, 3]
    assert dataset.boxes.label.tolist() == [0, 0, 1, 1]
    assert dataset.files.path.tolist() == ["train.json", "val.json"]
    assert load(tmp_path).splits == ("train", "val")


def test_threads_read_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [annotation(id=number, segmentation=[[0, 0, 9, 0, 9, number]]) for number in range(2000)]
    rows[700]["bbox"] = ["1", "2", "3", "4"]
    rows[1500] = [1]  # type: ignore[call-overload]  # broken on purpose
    content = coco(annotations=rows, zebra=[{"a": 1}] * 500)
    alone = read(tmp_path, content)
    monkeypatch.setattr(decoders, "WORTHWHILE", 0)
    monkeypatch.setattr(decoders, "cores", lambda: 3)
    monkeypatch.setattr(stream, "BLOCK", 20_000)
    together = read(tmp_path, content)
    np.testing.assert_array_equal(together.boxes.xyxy, alone.boxes.xyxy)
    np.testing.assert_array_equal(together.boxes.record, alone.boxes.record)
    np.testing.assert_array_equal(together.masks.area, alone.masks.area)
    assert problems(together) == problems(alone)


def test_without_a_compiled_scanner_the_same_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [annotation(id=number, segmentation=[[0, 0, 9, 0, 9, number]]) for number in range(20)]
    rows[3]["segmentation"] = {"counts": [2, 3, 1], "size": [2, 3]}
    rows[5]["keypoints"] = [1, 2, 2, 0, 0, 0]
    compiled = read(tmp_path, coco(annotations=rows))
    monkeypatch.setattr(scanner, "_scanner", None)
    plain = read(tmp_path, coco(annotations=rows))
    assert plain.boxes.id.values() == compiled.boxes.id.values()
    np.testing.assert_array_equal(plain.boxes.xyxy, compiled.boxes.xyxy)
    for table in ("masks", "keypoints"):
        for name, values in vars(getattr(plain, table)).items():
            np.testing.assert_array_equal(values, getattr(getattr(compiled, table), name))


def test_real_files_are_read_whole(shared_data: Path) -> None:
    dataset = load(shared_data / "taco" / "annotations.json")
    assert (len(dataset.images), len(dataset.boxes), len(dataset.categories)) == (1500, 4784, 60)
    dataset = load(shared_data / "coco_cc" / "instances.json")
    assert (len(dataset.images), len(dataset.boxes)) == (59, 583)
    assert (dataset.images.path != "").all()


def test_coco_is_registered() -> None:
    assert formats.FORMATS["coco"].name == "coco"


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("block", [40, 1 << 19])
def test_no_record_of_a_sound_file_is_read_by_itself(tmp_path, monkeypatch, indent, block):
    def refused(*_: Any) -> None:
        raise AssertionError("read one by one, which takes twenty times as long")

    monkeypatch.setattr(stream, "BLOCK", block)
    for kind in (Annotations, ImageRecords):
        monkeypatch.setattr(kind, "take_one", refused)
    dataset = read(tmp_path, json.dumps(coco(), indent=indent))
    assert (len(dataset.images), len(dataset.boxes)) == (2, 2)
    assert not len(dataset.problems)


def test_a_list_inside_the_last_records_is_not_taken_for_the_end(tmp_path):
    parts = {"parts": [{"id": 1}], "more": {"a": 1}}
    dataset = read(tmp_path, coco(annotations=[annotation(**parts), annotation(id=2, **parts)]))
    assert dataset.boxes.id.values() == [1, 2]
    assert not len(dataset.problems)


def lacking(count: int, *, without: str, of: Collection[int]) -> dict[str, Any]:
    """A file of annotations of which those at some positions lack a field."""
    every = [annotation(id=n, **({without: ...} if n in of else {})) for n in range(count)]
    return coco(annotations=every)


@pytest.mark.parametrize("field", ["iscrowd", "area"])
@pytest.mark.parametrize("of", [{0, 1, 2}, {1}, {0, 2}])
def test_annotations_that_lack_what_evaluators_ask_for_are_noted(tmp_path, field, of):
    dataset = read(tmp_path, lacking(3, without=field, of=of))
    noted = [("annotations", record, "missing-field", field) for record in sorted(of)]
    assert problems(dataset) == noted
    assert dataset.problems.row.tolist() == sorted(of)


@pytest.mark.parametrize("of", [(), (0, 1, 2), (1,)])
def test_a_key_that_is_written_in_escapes_is_there(tmp_path, of):
    text = json.dumps(lacking(3, without="iscrowd", of=of))
    dataset = read(tmp_path, text.replace('"iscrowd"', '"\\u0069scrowd"'))
    assert dataset.problems.record.tolist() == sorted(of)


def test_an_area_that_cannot_be_understood_is_not_noted_as_missing_too(tmp_path):
    dataset = read(tmp_path, coco(annotations=[annotation(area="large")]))
    assert problems(dataset) == [("annotations", 0, "unreadable-field", "area")]


@pytest.mark.parametrize(("most", "rows"), [(3, 3), (2, 1)])
def test_of_many_annotations_without_a_field_only_the_number_is_noted(
    tmp_path, monkeypatch, most, rows
):
    monkeypatch.setattr(resolving, "MOST_NOTED", most)
    dataset = read(tmp_path, lacking(3, without="iscrowd", of={0, 1, 2}))
    assert len(dataset.problems) == rows
    assert dataset.problems.found.tolist() == (["3"] if rows == 1 else [""] * 3)


@pytest.mark.parametrize(("counted", "noted"), [(1 << 22, [1]), (0, [])])
def test_further_on_in_a_file_a_flag_that_few_lack_is_passed_over(
    tmp_path, monkeypatch, counted, noted
):
    monkeypatch.setattr(annotations, "COUNTED", counted)
    dataset = read(tmp_path, lacking(3, without="iscrowd", of={1}))
    assert dataset.problems.record.tolist() == noted


@pytest.mark.parametrize("field", ["image_id", "category_id"])
def test_a_reference_with_a_decimal_point_is_the_same_number_and_noted(tmp_path, field):
    whole = {"image_id": 7, "category_id": 3}[field]
    one, other = annotation(id=1), annotation(id=2, **{field: float(whole)})
    dataset = read(tmp_path, coco(annotations=[one, other]))
    assert dataset.boxes.image.tolist() == dataset.boxes.label.tolist() == [0, 0]
    assert problems(dataset) == [("annotations", 1, "wrong-type", field)]
    findings = audit(dataset, select=["REF010"])
    assert findings.severity.tolist() == [Severity.WARNING]
    saved = save(apply(dataset, findings).dataset, tmp_path / "clean.json")
    assert json.loads(saved.path.read_text())["annotations"][1] == annotation(id=2)
    assert f'"{field}": {whole},' in saved.path.read_text().replace("}", ",")


def test_a_reference_to_an_id_that_has_a_decimal_point_itself_is_no_problem(tmp_path):
    images = [{"id": 7.0, "file_name": "a.jpg", "width": 90, "height": 90}]
    assert (
        problems(read(tmp_path, coco(images=images, annotations=[annotation(image_id=7.0)]))) == []
    )
