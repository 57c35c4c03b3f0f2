"""A file that is audited in parts: what is found is what is found in it as a whole."""

from __future__ import annotations

import dataclasses
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.planted.planting import defects, planted
from labelaudit.auditing import findings_file
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import Scan
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.shards.audit_shard import gathered, gathered_of_all, gathered_of_file
from labelaudit.auditing.shards.cut_file import FilePart, audited_file, audited_part
from labelaudit.auditing.shards.merge import merged_scan
from labelaudit.auditing.shards.plan import TOO_LARGE, shard_plan
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import ConfigError
from labelaudit.io.buckets import bucket, cut
from labelaudit.io.formats.coco import in_pieces as coco_in_pieces
from labelaudit.io.load import load, load_in_pieces

Coco = dict[str, Any]
Broken = Callable[[Coco], None]


def told(findings: Findings, dataset: Dataset) -> Counter[str]:
    entries = findings_file.entries(findings, dataset)
    return Counter(json.dumps(entry, sort_keys=True) for entry in entries)


def scan_in_parts(path: Path, place: Path, *, boxes_each: int, exclude: Sequence[str] = ()) -> Scan:
    """A scan of one file, cut into parts of so many boxes."""
    place.mkdir()
    pieces = load_in_pieces(path, place=place)
    assert pieces
    whole = cut(pieces, place, boxes_each=boxes_each, exclude=exclude)
    options, plan = Options(), shard_plan(Options(), is_cut=True)

    def part(number: int) -> FilePart:
        found = bucket(place, number)
        return FilePart(found.dataset, found.box, found.image, found.problem)

    each = [gathered(part(n).dataset, options, plan, of_file=True) for n in range(whole.buckets)]
    known = gathered_of_all(each, plan)
    of_file = dataclasses.replace(known, of_file=gathered_of_file(each, plan))
    reports = [audited_part(part(n), options, plan, of_file) for n in range(whole.buckets)]
    report = audited_file(whole.records, reports, options, plan, of_file)
    return merged_scan([report], options, plan, known)


def noted(dataset: Dataset) -> list[tuple[object, ...]]:
    """What loading noted, in order, and the record that the row of each leads to."""
    some, boxes = dataset.problems, dataset.boxes
    columns = (some.part, some.record, some.row, some.kind, some.field, some.found)
    each = zip(*(column.tolist() for column in columns), strict=True)
    return [
        (part, record, boxes.record[row] if part == RecordType.BOX and row >= 0 else row, *rest)
        for part, record, row, *rest in each
    ]


def check_parts(path: Path, place: Path, *, boxes_each: int) -> Findings:
    """What is found in parts is what is found in the whole, in the same order; returns that."""
    plan, dataset = shard_plan(Options(), is_cut=True), load(path)
    expected = audit(dataset, select=plan.asked, ignore=list(plan.unchecked))
    result = scan_in_parts(path, place, boxes_each=boxes_each)
    assert told(result.findings, result.dataset) == told(expected, dataset)
    assert result.findings.code.tolist() == expected.code.tolist()
    assert result.dataset.box_count == len(dataset.boxes)
    assert result.dataset.images.name.tolist() == dataset.images.name.tolist()
    assert noted(result.dataset) == noted(dataset)
    return expected


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch):
    """A file is read in chunks of a few rows."""
    monkeypatch.setattr(coco_in_pieces, "ROWS", 20)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A COCO file with all defects in it that stand side by side."""
    every = [one for one in defects("coco") if not one.alone]
    folder = tmp_path_factory.mktemp("planted") / "x"
    return planted("coco", every, seed=1).labels.write(folder)


def label_file(path: Path) -> Path:
    return path if path.is_file() else next(path.rglob("*.json"))


@pytest.mark.parametrize("boxes_each", [30, 10_000])
def test_parts_of_a_file_give_what_the_file_gives(written: Path, tmp_path: Path, boxes_each: int):
    found = check_parts(label_file(written), tmp_path / "parts", boxes_each=boxes_each)
    assert len(found) > 50
    assert len(set(found.code.tolist())) > 20


def coco(images: int = 40, boxes_an_image: int = 3) -> Coco:
    objects = [
        {
            "id": 1 + images * place + image,
            "image_id": image,
            "category_id": 1 + place % 2,
            "bbox": [20 * place, 10, 15, 15 + image % 3],
            "area": 15 * (15 + image % 3),
            "iscrowd": 0,
        }
        for place in range(boxes_an_image)
        for image in range(images)
    ]
    return {
        "images": [
            {"id": row, "file_name": f"{row}.jpg", "width": 640, "height": 480}
            for row in range(images)
        ],
        "annotations": objects,
        "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "bus"}],
    }


def some_ids_again(labels: Coco) -> None:
    for here, there in ((0, 70), (3, 100), (5, 110)):
        labels["annotations"][there]["id"] = labels["annotations"][here]["id"]
    labels["annotations"][7]["id"] = "x"
    labels["annotations"][90]["id"] = "x"
    labels["annotations"][20]["id"] = float(labels["annotations"][60]["id"])


def most_ids_again(labels: Coco) -> None:
    for row, one in enumerate(labels["annotations"]):
        one["id"] = 1 + row % 50


def ids_of_text(labels: Coco) -> None:
    for one in labels["annotations"]:
        one["id"] = f"a{one['id']}"


def ids_at_the_end(labels: Coco) -> None:
    labels["annotations"][9]["id"] = labels["annotations"][80]["id"] = 2**53 - 1


def no_ids(labels: Coco) -> None:
    for one in labels["annotations"]:
        one["id"] = None


def some_dangle(labels: Coco) -> None:
    for row in (1, 44, 45, 99):
        labels["annotations"][row]["image_id"] = 1000 + row
        labels["annotations"][row + 2]["category_id"] = 7


def many_dangle(labels: Coco) -> None:
    for one in labels["annotations"][::6]:
        one["image_id"] = 1000
        one["category_id"] = 7


def a_tenth_of_ids_again(labels: Coco) -> None:
    for row in range(12):
        labels["annotations"][60 + row]["id"] = labels["annotations"][row]["id"]


def all_dangle(labels: Coco) -> None:
    for row, one in enumerate(labels["annotations"]):
        one["image_id"] = 1000 + row
        one["category_id"] = 9


def no_flags(labels: Coco) -> None:
    for one in labels["annotations"]:
        del one["iscrowd"], one["area"]


def odd_references(labels: Coco) -> None:
    for one in labels["annotations"][::3]:
        one["image_id"] = str(one["image_id"])
    for one in labels["annotations"][1::3]:
        one["image_id"] = f"{one['image_id']}.jpg"
    labels["annotations"][2]["image_id"] = 2.0


def classes_of_names(labels: Coco) -> None:
    labels["categories"] = ["car", "bus"]


def one_name(labels: Coco) -> None:
    labels["categories"].append({"id": 3, "name": "car"})
    for one in labels["annotations"][:90]:
        one["category_id"] = 3


def images_again(labels: Coco) -> None:
    labels["images"][30]["id"] = 2
    labels["images"].append(dict(labels["images"][4]))


def unread(labels: Coco) -> None:
    labels["annotations"][50] = 7
    labels["annotations"][60]["bbox"] = ["1", "2", "30", "40"]
    labels["images"][9]["width"] = "640"


def one_image(labels: Coco) -> None:
    labels["images"] = labels["images"][:1]
    for one in labels["annotations"]:
        one["image_id"] = 0


BROKEN: list[Broken] = [
    some_ids_again,
    most_ids_again,
    ids_of_text,
    ids_at_the_end,
    no_ids,
    some_dangle,
    many_dangle,
    a_tenth_of_ids_again,
    all_dangle,
    no_flags,
    odd_references,
    classes_of_names,
    one_name,
    images_again,
    unread,
    one_image,
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
@pytest.mark.parametrize("boxes_each", [7, 50])
def test_what_is_wrong_with_many_records_of_a_file_is_told_as_of_the_whole(
    broken: Broken, boxes_each: int, tmp_path: Path
):
    labels = coco()
    broken(labels)
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(labels))
    check_parts(path, tmp_path / "parts", boxes_each=boxes_each)


@pytest.mark.parametrize("seed", range(4))
def test_records_and_sections_may_stand_in_any_order(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
):
    labels, drawn = coco(), random.Random(seed)
    for broken in (some_ids_again, some_dangle, odd_references, unread, images_again):
        broken(labels)
    for section in ("images", "annotations", "categories"):
        drawn.shuffle(labels[section])
    keys = drawn.sample(list(labels), len(labels))
    path = tmp_path / "shuffled.json"
    path.write_text(json.dumps({key: labels[key] for key in keys}))
    monkeypatch.setattr(coco_in_pieces, "ROWS", drawn.randrange(1, 50))
    boxes_each = drawn.randrange(5, 60)
    assert len(check_parts(path, tmp_path / "parts", boxes_each=boxes_each)) > 10


def test_keys_that_stand_twice_are_mended_as_in_the_whole(tmp_path: Path):
    text = json.dumps(coco())
    first = '"bbox": [20, 10, 15, 15]'
    assert first in text
    path = tmp_path / "labels.json"
    path.write_text(text.replace(first, f'{first}, "bbox": [20.5, 10, 15, 15]', 1))
    found = check_parts(path, tmp_path / "parts", boxes_each=10)
    assert "REF011" in found.code.tolist()


def test_images_that_are_left_out_go_with_their_boxes_and_problems(tmp_path: Path):
    labels = coco()
    some_ids_again(labels)
    some_dangle(labels)
    unread(labels)
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(labels))
    patterns = ["1*.jpg", "5.jpg"]
    plan, dataset = shard_plan(Options(), is_cut=True), load(path, exclude=patterns)
    expected = audit(dataset, select=plan.asked, ignore=list(plan.unchecked))
    result = scan_in_parts(path, tmp_path / "parts", boxes_each=9, exclude=patterns)
    assert 0 < len(dataset.boxes) < 90
    assert told(result.findings, result.dataset) == told(expected, dataset)
    assert result.dataset.box_count == len(dataset.boxes)
    assert result.dataset.notes == dataset.notes


def test_a_file_without_annotations_is_one_part(tmp_path: Path):
    labels = coco()
    labels["annotations"] = []
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(labels))
    assert load_in_pieces(path, place=tmp_path) is None  # nothing says where anything is


def test_a_rule_about_files_that_names_no_boxes_is_not_asked_of_parts(
    monkeypatch: pytest.MonkeyPatch,
):
    rule = dataclasses.replace(RULES["REF003"], keeps=None)
    assert rule.scope is Scope.FILE
    monkeypatch.setitem(RULES._items, "REF003", rule)
    assert "REF003" in shard_plan(Options()).files
    plan = shard_plan(Options(), is_cut=True)
    assert plan.unchecked["REF003"] == TOO_LARGE
    assert "REF003" not in plan.asked
    with pytest.raises(ConfigError, match="looks at all boxes of a file at once"):
        shard_plan(Options(select=("REF003",)), is_cut=True)
