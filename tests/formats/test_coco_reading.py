"""Reading COCO files: whole ones against the json module, broken ones by what is said of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit import formats
from labelaudit.dataset import Dataset, OutlineFault, OutlineKind
from labelaudit.errors import FormatError
from labelaudit.formats.coco import parallel, scanning, stream
from labelaudit.formats.coco.annotations import Annotations
from labelaudit.formats.coco.columns import ImageRecords
from labelaudit.loading import load
from labelaudit.table import MISSING


def coco(**changes: Any) -> dict[str, Any]:
    """A small file as it should be, with some of its sections replaced."""
    whole: dict[str, Any] = {
        "info": {"description": "x"},
        "images": [
            {"id": 7, "file_name": "a.jpg", "width": 640, "height": 480, "license": 1},
            {"id": 9, "file_name": "b.jpg", "width": 320, "height": 240},
        ],
        "annotations": [
            {
                "id": 1,
                "image_id": 7,
                "category_id": 3,
                "bbox": [10.5, 20, 30, 40],
                "area": 1200,
                "iscrowd": 0,
                "segmentation": [[10.5, 20, 40.5, 20, 40.5, 60, 10.5, 60]],
            },
            {"id": 2, "image_id": 9, "category_id": 3, "bbox": [1, 2, 3, 4]},
        ],
        "categories": [{"id": 3, "name": "car"}],
    }
    return whole | changes


def read(folder: Path, content: Any) -> Dataset:
    """The dataset in a file with this content: an object, text or bytes."""
    path = folder / "labels.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
    return load(path)


def annotation(**changes: Any) -> dict[str, Any]:
    """An annotation as it should be, with some fields replaced; `...` leaves one out."""
    whole = {"id": 1, "image_id": 7, "category_id": 3, "bbox": [10, 20, 30, 40], "area": 1200}
    whole["iscrowd"] = 0
    return {key: value for key, value in (whole | changes).items() if value is not ...}


def problems(dataset: Dataset) -> list[tuple[str, int, str, str]]:
    """Part, record, kind and field of each problem."""
    some = dataset.problems
    columns = (some.part, some.record, some.kind, some.field)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_a_whole_file_becomes_tables(tmp_path: Path) -> None:
    dataset = read(tmp_path, coco())
    assert dataset.boxes.xyxy.tolist() == [[10.5, 20, 40.5, 60], [1, 2, 4, 6]]
    assert dataset.boxes.image.tolist() == [0, 1]
    assert dataset.boxes.label.tolist() == [0, 0]
    assert dataset.boxes.area.tolist()[0] == 1200
    assert np.isnan(dataset.boxes.area[1])
    assert dataset.images.size.tolist() == [[640, 480], [320, 240]]
    assert dataset.images.name.tolist() == ["a.jpg", "b.jpg"]
    assert dataset.outlines.box.tolist() == [0]
    assert dataset.outlines.xyxy.tolist() == [[10.5, 20, 40.5, 60]]
    assert dataset.outlines.area.tolist() == [1200]
    assert len(dataset.problems) == 0


def test_sections_may_come_in_any_order(tmp_path: Path) -> None:
    turned = dict(reversed(coco().items()))
    assert read(tmp_path, turned).boxes.image.tolist() == [0, 1]


@pytest.mark.parametrize("indent", [None, 1, 4])
def test_white_space_does_not_matter(tmp_path: Path, indent: int | None) -> None:
    dataset = read(tmp_path, json.dumps(coco(), indent=indent).encode())
    assert dataset.boxes.id.values() == [1, 2]
    assert len(dataset.problems) == 0


def test_a_byte_order_mark_is_noted_because_python_stops_at_it(tmp_path: Path) -> None:
    dataset = read(tmp_path, b"\xef\xbb\xbf" + json.dumps(coco()).encode())
    assert dataset.boxes.id.values() == [1, 2]
    assert dataset.problems.kind.tolist() == ["wrong-type"]
    assert dataset.problems.field.tolist() == ["encoding"]


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(str.strip)
tricky = names | st.sampled_from(["", '}, {"', '"}]', "\\", '\\"', "}]}", "[{", "]", "caf\u00e9"])
extras = st.dictionaries(
    tricky.map(lambda name: f"x{name}"),
    st.recursive(
        st.none() | st.booleans() | st.integers() | tricky,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(tricky, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=2,
)


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """Files with records as they should be, with any extra keys and sections."""
    number = st.integers(-5, 700) | st.floats(-5, 700, allow_nan=False)
    images = draw(st.integers(1, 5))
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, images - 1), st.lists(number, min_size=4, max_size=4), extras),
            max_size=12,
        )
    )
    sections: list[tuple[str, Any]] = [
        (
            "images",
            [
                {"id": i, "file_name": draw(names), "width": 640, "height": 480} | draw(extras)
                for i in range(images)
            ],
        ),
        (
            "annotations",
            [
                {"id": n, "image_id": i, "category_id": 1, "bbox": box} | more
                for n, (i, box, more) in enumerate(rows)
            ],
        ),
        ("categories", [{"id": 1, "name": draw(names)}]),
        ("extra", draw(extras)),
    ]
    return dict(draw(st.permutations(sections)))


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


@settings(max_examples=100, deadline=None)
@given(files(), st.data())
def test_a_file_cut_off_anywhere_is_read_up_to_there_and_said_to_be_cut_off(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    text = json.dumps(content)
    cut = data.draw(st.integers(1, len(text) - 1))
    try:
        dataset = read(folder, text[:cut])
    except FormatError:
        return  # nothing is left of it that a COCO file has; no other error may come
    assert "truncated" in dataset.problems.kind.tolist()
    wanted = [one["id"] for one in content["annotations"]]
    read_ids = dataset.boxes.id.values()
    assert read_ids == wanted[: len(read_ids)]


def test_objects_inside_a_record_that_is_cut_off_are_no_records(tmp_path: Path) -> None:
    nested = [{"id": 7, "note": "a"}, {"id": 8, "note": float("nan")}, {"id": 9, "note": "b"}]
    text = json.dumps(coco() | {"annotations": [annotation(id=1), annotation(id=2, parts=nested)]})
    for cut in range(text.index('"parts"'), text.rindex('"b"') + 2):
        assert read(tmp_path, text[:cut]).boxes.id.values() == [1]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (annotation(bbox=...), ("annotations", 0, "missing-field", "bbox")),
        (annotation(bbox=None), ("annotations", 0, "unreadable-field", "bbox")),
        (annotation(bbox=[1, 2, 3]), ("annotations", 0, "unreadable-field", "bbox")),
        (annotation(bbox=[1, 2, 3, None]), ("annotations", 0, "unreadable-field", "bbox")),
        (annotation(bbox=["1", "2", "3", "4"]), ("annotations", 0, "wrong-type", "bbox")),
        (annotation(bbox={"x": 1}), ("annotations", 0, "unreadable-field", "bbox")),
        (annotation(area="1200"), ("annotations", 0, "wrong-type", "area")),
        (annotation(iscrowd=True), ("annotations", 0, "wrong-type", "iscrowd")),
        (annotation(iscrowd=5), ("annotations", 0, "unreadable-field", "iscrowd")),
        (annotation(id=...), ("annotations", 0, "missing-field", "id")),
        (annotation(image_id=...), ("annotations", 0, "missing-field", "image_id")),
        (annotation(image_id=999), ("annotations", 0, "dangling", "image_id")),
        (annotation(image_id="7"), ("annotations", 0, "wrong-type", "image_id")),
        (annotation(image_id=None), ("annotations", 0, "dangling", "image_id")),
        (annotation(category_id=[3]), ("annotations", 0, "dangling", "category_id")),
        ([1, 2], ("annotations", 0, "unreadable", "")),
        (7, ("annotations", 0, "unreadable", "")),
        ("text", ("annotations", 0, "unreadable", "")),
        (None, ("annotations", 0, "unreadable", "")),
    ],
    ids=str,
)
def test_a_broken_annotation_is_named_and_the_rest_is_read(
    tmp_path: Path, record: Any, expected: tuple[str, int, str, str]
) -> None:
    dataset = read(tmp_path, coco(annotations=[record, annotation(id=2)]))
    assert problems(dataset) == [expected]
    assert dataset.boxes.record.tolist()[-1] == 1
    assert dataset.boxes.xyxy.tolist()[-1] == [10, 20, 40, 60]


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("[NaN, 1, 2, 3]", [np.nan, 1, np.nan, 4]),
        ("[1, Infinity, 2, 3]", [1, np.inf, 3, np.inf]),
        ("[1, 2, 1e308, 3]", [1, 2, 1e308, 5]),
        ("[1, 2, 1e999, 3]", [1, 2, np.inf, 5]),
    ],
)
def test_numbers_that_are_none_are_kept_as_they_are(
    tmp_path: Path, text: str, box: list[float]
) -> None:
    whole = json.dumps(coco(annotations=[annotation(bbox="HERE")])).replace('"HERE"', text)
    dataset = read(tmp_path, whole)
    np.testing.assert_array_equal(dataset.boxes.xyxy[0], box)
    assert problems(dataset) == []


def test_a_key_that_stands_twice_is_named_in_a_record_and_at_the_top(tmp_path: Path) -> None:
    text = json.dumps(coco()).replace('"image_id": 9', '"image_id": 7, "image_id": 9')
    text = text.replace('"categories"', '"categories": [], "categories"')
    dataset = read(tmp_path, text)
    assert ("annotations", 1, "duplicate-key", "image_id") in problems(dataset)
    assert ("file", MISSING, "duplicate-key", "categories") in problems(dataset)
    assert dataset.boxes.image.tolist() == [0, 1]


def test_a_key_that_stands_twice_is_named_beside_keys_that_coco_does_not_know(
    tmp_path: Path,
) -> None:
    record = annotation(score=1, note="x")
    text = json.dumps(coco(annotations=[record, annotation(id=2, score=2)]))
    dataset = read(tmp_path, text.replace('"area": 1200', '"area": 1200, "area": 1300', 1))
    assert problems(dataset) == [("annotations", 0, "duplicate-key", "area")]


def test_a_lone_surrogate_and_bytes_that_are_no_utf8_survive(tmp_path: Path) -> None:
    text = json.dumps(coco()).replace('"a.jpg"', r'"\ud800.jpg"').encode()
    dataset = read(tmp_path, text.replace(b'"car"', b'"c\xffr"'))
    assert dataset.images.name.tolist()[0] == r"\ud800.jpg"
    assert dataset.categories.name.tolist() == ["c\ufffdr"]
    assert ("categories", 0, "unreadable-field", "") in problems(dataset)


def test_deep_nesting_costs_one_record(tmp_path: Path) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    text = json.dumps(coco(annotations=["HERE", annotation(id=2)])).replace('"HERE"', deep)
    dataset = read(tmp_path, text)
    assert [problem[2] for problem in problems(dataset)] == ["unreadable"]
    assert dataset.boxes.id.values() == [2]


def test_a_lost_quote_costs_one_record_not_the_rest_of_the_file(tmp_path: Path) -> None:
    many = [annotation(id=number, note="x") for number in range(1, 50)]
    text = json.dumps(coco(annotations=many)).replace('"note": "x"}', '"note": "x}', 1)
    dataset = read(tmp_path, text)
    assert dataset.boxes.id.values() == list(range(2, 50))
    assert problems(dataset)[0][:3] == ("annotations", 0, "unreadable")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"[1, 2]", "list"),
        (b"{}", "neither images, annotations nor categories"),
        (b'{"name": "package"}', "neither images, annotations nor categories"),
        (b"\xff\xfe{\x00}\x00", "UTF-16"),
        (b"\x00\x01\x02", "not JSON"),
    ],
)
def test_what_is_no_coco_file_is_refused_in_one_line_that_names_it(
    tmp_path: Path, content: bytes, words: str
) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        read(tmp_path, content)
    assert "labels.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_section_is_named(tmp_path: Path) -> None:
    content = coco()
    del content["images"]
    dataset = read(tmp_path, content)
    assert ("file", MISSING, "missing-field", "images") in problems(dataset)
    assert dataset.boxes.image.tolist() == [MISSING, MISSING]


def test_ids_are_matched_as_json_values(tmp_path: Path) -> None:
    images = [
        {"id": "a", "file_name": "a.jpg", "width": 1, "height": 1},
        {"id": 3.0, "file_name": "b.jpg", "width": 1, "height": 1},
    ]
    rows = [annotation(image_id="a"), annotation(image_id=3), annotation(image_id=4)]
    dataset = read(tmp_path, coco(images=images, annotations=rows))
    assert dataset.boxes.image.tolist() == [0, 1, MISSING]


@pytest.mark.parametrize(
    ("mask", "kind", "fault"),
    [
        ([[0, 0, 9, 0, 9, 9]], OutlineKind.POLYGON, OutlineFault.NONE),
        ([[0, 0, 9, 0, 9]], OutlineKind.POLYGON, OutlineFault.ODD_COORDINATES),
        ([[0, 0, 9, 0]], OutlineKind.POLYGON, OutlineFault.TOO_FEW_POINTS),
        ([[]], OutlineKind.POLYGON, OutlineFault.TOO_FEW_POINTS),
        ([0, 0, 9, 0, 9, 9], OutlineKind.POLYGON, OutlineFault.UNREADABLE),
        ("mask", OutlineKind.POLYGON, OutlineFault.UNREADABLE),
        ([[0, 0, 9, 9, 9, 0, 0, 9]], OutlineKind.POLYGON, OutlineFault.SELF_CROSSING),
        ([[0, 0, 9, 9, 18, 18]], OutlineKind.POLYGON, OutlineFault.ZERO_AREA),
        (
            {"counts": [5, 2, 640 * 480 - 7], "size": [480, 640]},
            OutlineKind.RLE,
            OutlineFault.NONE,
        ),
        ({"counts": [5, 2, 9], "size": [480, 640]}, OutlineKind.RLE, OutlineFault.RLE_COUNTS),
        ({"counts": [5, 2, 3], "size": [5, 2]}, OutlineKind.RLE, OutlineFault.RLE_SIZE),
        ({"counts": "#!", "size": [5, 2]}, OutlineKind.COMPRESSED_RLE, OutlineFault.RLE_COUNTS),
        ({"size": [5, 2]}, OutlineKind.POLYGON, OutlineFault.UNREADABLE),
    ],
    ids=str,
)
def test_the_first_fault_of_a_mask_is_named(
    tmp_path: Path, mask: Any, kind: OutlineKind, fault: OutlineFault
) -> None:
    dataset = read(tmp_path, coco(annotations=[annotation(segmentation=mask)]))
    assert dataset.outlines.kind.tolist() == [kind]
    assert dataset.outlines.fault.tolist() == [fault]


@pytest.mark.parametrize("mask", [[], None])
def test_an_empty_list_of_polygons_is_no_mask(tmp_path: Path, mask: Any) -> None:
    dataset = read(tmp_path, coco(annotations=[annotation(segmentation=mask)]))
    assert len(dataset.outlines) == 0


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
    monkeypatch.setattr(parallel, "WORTHWHILE", 0)
    monkeypatch.setattr(parallel, "cores", lambda: 3)
    monkeypatch.setattr(stream, "BLOCK", 20_000)
    together = read(tmp_path, content)
    np.testing.assert_array_equal(together.boxes.xyxy, alone.boxes.xyxy)
    np.testing.assert_array_equal(together.boxes.record, alone.boxes.record)
    np.testing.assert_array_equal(together.outlines.area, alone.outlines.area)
    assert problems(together) == problems(alone)


def test_without_a_compiled_scanner_the_same_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [annotation(id=number, segmentation=[[0, 0, 9, 0, 9, number]]) for number in range(20)]
    rows[3]["segmentation"] = {"counts": [2, 3, 1], "size": [2, 3]}
    rows[5]["keypoints"] = [1, 2, 2, 0, 0, 0]
    compiled = read(tmp_path, coco(annotations=rows))
    monkeypatch.setattr(scanning, "_scanner", None)
    plain = read(tmp_path, coco(annotations=rows))
    assert plain.boxes.id.values() == compiled.boxes.id.values()
    np.testing.assert_array_equal(plain.boxes.xyxy, compiled.boxes.xyxy)
    for table in ("outlines", "keypoints"):
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


def test_a_blank_name_or_negative_count_is_noted_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "BLOCK", 400)  # most pieces are as declared, and taken at once
    pictures = [
        {"id": number, "file_name": f"{number}.jpg", "width": 9, "height": 9}
        for number in range(60)
    ]
    pictures[20]["file_name"] = " "
    rows = [annotation(id=n, image_id=n, keypoints=[1, 2, 2], num_keypoints=1) for n in range(60)]
    rows[30]["num_keypoints"] = -1
    found = problems(read(tmp_path, coco(images=pictures, annotations=rows)))
    assert ("images", 20, "file_name") in [(part, at, name) for part, at, _, name in found]
    assert ("annotations", 30, "num_keypoints") in [(part, at, name) for part, at, _, name in found]
    assert len(found) == 2


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


@pytest.mark.parametrize("block", [40, 1 << 19])
@pytest.mark.parametrize("part", ["images", "annotations"])
@pytest.mark.parametrize("row", [0, 1])
def test_bytes_that_are_not_utf8_are_noted_in_fields_that_nobody_reads_too(
    tmp_path, monkeypatch, block, part, row
):
    monkeypatch.setattr(stream, "BLOCK", block)
    content = coco()
    content[part][row]["comment"] = "???"
    dataset = read(tmp_path, json.dumps(content).encode().replace(b"???", b"caf\xe9"))
    assert problems(dataset) == [(part, row, "unreadable-field", "")]
