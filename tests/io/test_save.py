"""Cleaned datasets differ only where they were fixed, and undoing gives the original bytes back."""

from __future__ import annotations

import dataclasses
import difflib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import labelaudit
from labelaudit.auditing.findings import Fix, Safety
from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import RecordType
from labelaudit.errors import FixError
from labelaudit.io import save
from labelaudit.io.formats.coco import stream
from labelaudit.io.load import load
from labelaudit.io.preview import preview
from tests.io.edited_files import CONTENT, SPACING, drop, fixed, move, write


@pytest.mark.parametrize("spacing", SPACING, ids=str)
def test_without_changes_the_copy_is_the_same_bytes(
    tmp_path: Path, spacing: dict[str, Any]
) -> None:
    path = write(tmp_path, **spacing)
    saved = save.save(load(path), tmp_path / "copy.json")
    assert (tmp_path / "copy.json").read_bytes() == path.read_bytes()
    assert saved.patch is None


@pytest.mark.parametrize("spacing", SPACING, ids=str)
@pytest.mark.parametrize(
    "gone", [[0], [4], [2], [0, 1], [3, 4], [0, 4], [1, 3], [0, 1, 2, 3, 4], [0, 2, 4]], ids=str
)
def test_dropped_records_go_with_their_commas(
    tmp_path: Path, spacing: dict[str, Any], gone: list[int]
) -> None:
    path = write(tmp_path, **spacing)
    save.save(fixed(load(path), *map(drop, gone)), tmp_path / "out.json")
    content = json.loads((tmp_path / "out.json").read_bytes())
    kept = [one for row, one in enumerate(CONTENT["annotations"]) if row not in gone]
    assert content == CONTENT | {"annotations": kept}
    if "indent" in spacing:
        removed = difflib.ndiff(
            path.read_text("utf-8").splitlines(),
            (tmp_path / "out.json").read_text("utf-8").splitlines(),
        )
        changed = [line for line in removed if line[0] == "+" and line.strip("+ ]},")]
        assert changed == []  # lines were taken out, none was written anew


@pytest.mark.parametrize("spacing", SPACING, ids=str)
def test_a_moved_box_changes_only_the_numbers_that_differ(
    tmp_path: Path, spacing: dict[str, Any]
) -> None:
    path = write(tmp_path, **spacing)
    save.save(fixed(load(path), move(2, 3, 5, 33, 42.5)), tmp_path / "out.json")
    before, after = path.read_text("utf-8"), (tmp_path / "out.json").read_text("utf-8")
    assert json.loads(after)["annotations"][2]["bbox"] == [3, 5.0, 30, 37.5]
    operations = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    assert sum(end - start for kind, start, end, *_ in operations if kind != "equal") <= 5


def test_a_new_label_id_or_count_changes_one_value(tmp_path: Path) -> None:
    path = write(tmp_path)
    dataset = load(path)
    relabel = Fix("relabel", Safety.SAFE, RecordType.BOX, 1, {"label": 1})
    renumber = Fix("renumber", Safety.SAFE, RecordType.BOX, 3, {"id": 77})
    save.save(fixed(dataset, relabel, renumber), tmp_path / "out.json")
    expected = json.dumps(CONTENT)
    expected = expected.replace(
        '"id": 2, "image_id": 1, "category_id": 1', '"id": 2, "image_id": 1, "category_id": 2'
    )
    expected = expected.replace('"id": 4, "image_id"', '"id": 77, "image_id"')
    assert (tmp_path / "out.json").read_text("utf-8") == expected


def test_an_added_box_becomes_the_last_record(tmp_path: Path) -> None:
    path = write(tmp_path)
    values = {"image": 0, "label": 1, "xyxy": [1.0, 2.0, 4.0, 6.5]}
    new = Fix("add", Safety.UNSAFE, RecordType.BOX, -1, values)
    save.save(fixed(load(path), new), tmp_path / "out.json")
    *before, last = json.loads((tmp_path / "out.json").read_bytes())["annotations"]
    assert before == CONTENT["annotations"]
    assert last == {
        "id": 6,
        "image_id": 1,
        "category_id": 2,
        "bbox": [1, 2, 3, 4.5],
        "area": 13.5,
        "iscrowd": 0,
    }


def test_a_box_is_added_to_an_empty_list(tmp_path: Path) -> None:
    path = write(tmp_path, CONTENT | {"annotations": []})
    values = {"image": 0, "label": 1, "xyxy": [1.0, 2.0, 4.0, 6.5]}
    new = Fix("add", Safety.UNSAFE, RecordType.BOX, -1, values)
    save.save(fixed(load(path), new), tmp_path / "out.json")
    assert len(json.loads((tmp_path / "out.json").read_bytes())["annotations"]) == 1


def test_merging_a_class_moves_its_boxes_and_drops_its_record(tmp_path: Path) -> None:
    path = write(tmp_path)
    merge = Fix("merge", Safety.SAFE, RecordType.CATEGORY, 0, {"into": 1})
    save.save(fixed(load(path), merge), tmp_path / "out.json")
    content = json.loads((tmp_path / "out.json").read_bytes())
    assert content["categories"] == [{"id": 2, "name": "bus"}]
    assert {one["category_id"] for one in content["annotations"]} == {2}


def test_columns_that_a_user_replaced_are_saved_like_fixes(tmp_path: Path) -> None:
    path = write(tmp_path)
    dataset = load(path)
    boxes = dataset.boxes
    wider = dataclasses.replace(
        dataset, boxes=dataclasses.replace(boxes, xyxy=boxes.xyxy + np.array([0, 0, 1, 0]))
    )
    save.save(wider, tmp_path / "out.json")
    content = json.loads((tmp_path / "out.json").read_bytes())
    assert [one["bbox"][2] for one in content["annotations"]] == [31] * 5


@pytest.mark.parametrize("broken", ['"1"', "true", "1.0", "1e0", "1.00E+0"])
def test_a_flag_that_is_no_whole_number_becomes_one_and_nothing_else_changes(
    tmp_path: Path, broken: str
) -> None:
    text = json.dumps(CONTENT).replace(
        '"note": "}, {"', f'"iscrowd": {broken}, "note": "}}, {{"', 1
    )
    path = tmp_path / "labels.json"
    path.write_text(text, encoding="utf-8")
    dataset = load(path)
    findings = audit(dataset, select=["REF010"])
    save.save(apply(dataset, findings).dataset, tmp_path / "out.json")
    expected = text.replace(f'"iscrowd": {broken}', '"iscrowd": 1')
    assert (tmp_path / "out.json").read_text("utf-8") == expected
    assert not len(audit(load(tmp_path / "out.json"), select=["REF010"]))


def test_a_key_that_stands_twice_is_left_once_with_its_last_value(tmp_path: Path) -> None:
    text = json.dumps(CONTENT)
    path = tmp_path / "labels.json"
    doubled = text.replace(
        '"note": "}, {"', '"note": 1, "area": 5, "note": "}, {", "area": 1.50', 1
    )
    path.write_text(doubled, encoding="utf-8")
    dataset = load(path)
    findings = audit(dataset, select=["REF011"])
    assert len(findings) == 2  # only for what labelaudit reads is the last value known to be right
    save.save(apply(dataset, findings).dataset, tmp_path / "out.json")
    after = (tmp_path / "out.json").read_text("utf-8")
    assert after == doubled.replace('"area": 5, ', "", 1)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_saving_then_loading_gives_what_was_saved_and_undo_gives_the_original(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("random")
    number = st.integers(-9, 99) | st.floats(-9, 99, allow_nan=False, width=32)
    rows = [
        {"id": n, "image_id": 1, "category_id": 1, "bbox": data.draw(st.tuples(*[number] * 4))}
        | data.draw(st.sampled_from([{}, {"s": "]}, {"}, {"a": {"b": [{}]}}]))
        for n in range(data.draw(st.integers(1, 9)))
    ]
    path = write(folder, CONTENT | {"annotations": rows}, **data.draw(st.sampled_from(SPACING)))
    original = path.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "BLOCK", data.draw(st.sampled_from([50, 1 << 19])))
        dataset = load(path)
        chosen = st.integers(0, len(rows) - 1)
        gone = data.draw(st.sets(chosen, max_size=4))
        moved = data.draw(st.dictionaries(chosen, st.tuples(*[st.integers(0, 99)] * 4), max_size=4))
        fixes = [drop(row) for row in gone]
        fixes += [move(row, *xyxy) for row, xyxy in moved.items() if row not in gone]
        changed = fixed(dataset, *fixes)
        save.save(changed, folder / "out.json")
        again = load(folder / "out.json")
        np.testing.assert_allclose(again.boxes.xyxy, changed.boxes.xyxy, atol=1e-9)
        assert again.boxes.id.values() == changed.boxes.id.values()
        if (folder / "out.json.patch.jsonl").exists():
            save.undo(folder / "out.json")
        assert (folder / "out.json").read_bytes() == original
    assert path.read_bytes() == original


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path)
    with pytest.raises(FixError, match="exists"):
        save.save(load(path), path)


def test_the_preview_shows_each_record_before_and_after_and_writes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, indent=1)
    lines = list(preview(fixed(load(path), move(2, 3, 5, 33, 42.5))))
    assert "@@ annotations[2] @@" in lines
    assert [line.strip() for line in lines if line[0] == "-"][1:] == ["-    2.0,", "-    40.5"]
    assert [line.strip() for line in lines if line[0] == "+"][1:] == ["+    5.0,", "+    37.5"]
    assert [one.name for one in tmp_path.iterdir()] == ["labels.json"]


def test_several_files_are_saved_into_a_folder(tmp_path: Path) -> None:
    for name in ("train", "val"):
        (tmp_path / f"{name}.json").write_text(json.dumps(CONTENT), encoding="utf-8")
    dataset = load([tmp_path / "train.json", tmp_path / "val.json"])
    saved = save.save(fixed(dataset, drop(7)), tmp_path / "out")
    assert (tmp_path / "out" / "train.json").read_text("utf-8") == json.dumps(CONTENT)
    content = json.loads((tmp_path / "out" / "val.json").read_bytes())
    assert [one["id"] for one in content["annotations"]] == [1, 2, 4, 5]
    assert saved.records == 1
    save.undo(tmp_path / "out")
    assert (tmp_path / "out" / "val.json").read_text("utf-8") == json.dumps(CONTENT)


@pytest.mark.parametrize("copied", [True, False])
@pytest.mark.parametrize("paths", [("train", "valid"), (".",)])
def test_images_of_one_name_in_two_splits_stay_two_pictures(
    tmp_path: Path, paths: tuple[str, ...], copied: bool
) -> None:
    home = tmp_path / "in"
    for shade, split in enumerate(("train", "valid")):
        (home / split).mkdir(parents=True)
        Image.new("L", (60, 40), 40 + 100 * shade).save(home / split / "1.png")
        record = {"id": 1, "file_name": "1.png", "width": 60, "height": 40}
        labels = home / split / "_annotations.coco.json"
        labels.write_text(json.dumps(CONTENT | {"images": [record], "annotations": []}))
    save.save(load([home / path for path in paths]), tmp_path / "out", copy_images=copied)
    again = load(tmp_path / "out")
    assert again.splits == ("train", "valid")
    for image, split in enumerate(again.splits):
        found = Path(again.images.path[image])
        assert found.read_bytes() == (home / split / "1.png").read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "taco/annotations.json",
        "taco/annotations_2019-06-26_bbox_y_flipped.json",
        "coco_cc/instances.json",
    ],
)
def test_real_files_are_copied_byte_for_byte(shared_data: Path, tmp_path: Path, name: str) -> None:
    save.save(load(shared_data / name), tmp_path / "out.json")
    assert (tmp_path / "out.json").read_bytes() == (shared_data / name).read_bytes()


def test_a_real_file_fixed_differs_only_in_its_fixed_records(
    shared_data: Path, tmp_path: Path
) -> None:
    path = shared_data / "taco" / "annotations.json"
    dataset = load(path)
    findings = audit(dataset)
    applied = labelaudit.apply(dataset, findings.rows(fixable(findings, unsafe=True)))
    saved = save.save(applied.dataset, tmp_path / "out.json")
    before, after = json.loads(path.read_bytes()), json.loads((tmp_path / "out.json").read_bytes())
    kept = [repr(one) for one in after["annotations"]]
    differing = [one for one in before["annotations"] if repr(one) not in set(kept)]
    assert 0 < len(differing) <= saved.records < 50
    assert len(audit(load(tmp_path / "out.json"), select=["REF", "GEO005"])) == 0
    save.undo(tmp_path / "out.json")
    assert (tmp_path / "out.json").read_bytes() == path.read_bytes()


def test_the_preview_of_a_label_file_that_does_not_exist_yet_shows_its_first_line(
    tmp_path: Path,
) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    for name in "ab":
        Image.new("RGB", (64, 48)).save(tmp_path / "images" / f"{name}.png")
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "data.yaml").write_text("train: images\nval: images\nnames: [car]\n")
    dataset = load(tmp_path / "data.yaml")
    empty = int(np.flatnonzero(~np.isin(np.arange(2), dataset.boxes.image))[0])
    values = {"image": empty, "label": 0, "xyxy": [16.0, 12.0, 48.0, 36.0]}
    new = Fix("add", Safety.UNSAFE, RecordType.BOX, -1, values)
    assert list(preview(fixed(dataset, new)))[-1] == "+0 0.500000 0.500000 0.500000 0.500000"
    assert not (tmp_path / "labels" / "b.txt").exists()
