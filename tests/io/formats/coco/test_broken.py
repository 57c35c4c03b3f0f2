"""Broken COCO files: what is broken is noted or refused, and all the rest is read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import MaskFault, MaskKind
from labelaudit.errors import FormatError
from labelaudit.io.formats.coco import stream
from tests.io.formats.coco_files import annotation, coco, files, problems, read


def test_a_byte_order_mark_is_noted_because_python_stops_at_it(tmp_path: Path) -> None:
    dataset = read(tmp_path, b"\xef\xbb\xbf" + json.dumps(coco()).encode())
    assert dataset.boxes.id.values() == [1, 2]
    assert dataset.problems.kind.tolist() == ["wrong-type"]
    assert dataset.problems.field.tolist() == ["encoding"]


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
        (annotation(category_id=[3]), ("annotations", 0, "wrong-type", "category_id")),
        (annotation(category_id=[3, 4]), ("annotations", 0, "dangling", "category_id")),
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


@pytest.mark.parametrize(
    ("mask", "kind", "fault"),
    [
        ([[0, 0, 9, 0, 9, 9]], MaskKind.POLYGON, MaskFault.NONE),
        ([[0, 0, 9, 0, 9]], MaskKind.POLYGON, MaskFault.ODD_COORDINATES),
        ([[0, 0, 9, 0]], MaskKind.POLYGON, MaskFault.TOO_FEW_POINTS),
        ([[]], MaskKind.POLYGON, MaskFault.TOO_FEW_POINTS),
        ([0, 0, 9, 0, 9, 9], MaskKind.POLYGON, MaskFault.NONE),  # one polygon, told as odd
        ([0, 0, 9, 0, 9], MaskKind.POLYGON, MaskFault.UNREADABLE),
        ([0, 0, 9, 0], MaskKind.POLYGON, MaskFault.UNREADABLE),
        ("mask", MaskKind.POLYGON, MaskFault.UNREADABLE),
        ([[0, 0, 9, 9, 9, 0, 0, 9]], MaskKind.POLYGON, MaskFault.SELF_CROSSING),
        ([[0, 0, 9, 9, 18, 18]], MaskKind.POLYGON, MaskFault.ZERO_AREA),
        (
            {"counts": [5, 2, 640 * 480 - 7], "size": [480, 640]},
            MaskKind.RLE,
            MaskFault.NONE,
        ),
        ({"counts": [5, 2, 9], "size": [480, 640]}, MaskKind.RLE, MaskFault.RLE_COUNTS),
        ({"counts": [5, 2, 3], "size": [5, 2]}, MaskKind.RLE, MaskFault.RLE_SIZE),
        ({"counts": "#!", "size": [5, 2]}, MaskKind.COMPRESSED_RLE, MaskFault.RLE_COUNTS),
        ({"size": [5, 2]}, MaskKind.POLYGON, MaskFault.UNREADABLE),
    ],
    ids=str,
)
def test_the_first_fault_of_a_mask_is_named(
    tmp_path: Path, mask: Any, kind: MaskKind, fault: MaskFault
) -> None:
    dataset = read(tmp_path, coco(annotations=[annotation(segmentation=mask)]))
    assert dataset.masks.kind.tolist() == [kind]
    assert dataset.masks.fault.tolist() == [fault]


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


@pytest.mark.parametrize(("commas", "faults"), [(1, 0), (2, 1), (3, 1), (100_000, 1)])
def test_commas_with_nothing_between_them_are_one_fault(
    tmp_path: Path, commas: int, faults: int
) -> None:
    first, second = (json.dumps(annotation(id=number)) for number in (1, 2))
    text = json.dumps(coco(annotations=[])).replace(
        '"annotations": []', f'"annotations": [{first}{" ," * commas}{second}]'
    )
    dataset = read(tmp_path, text)
    assert dataset.boxes.id.values() == [1, 2]
    assert len(problems(dataset)) == faults


@pytest.mark.parametrize(("zeros", "cut"), [(4095, False), (4096, True), (5_000_000, True)])
def test_a_file_that_is_filled_up_with_zeros_is_read_up_to_them(
    tmp_path: Path, zeros: int, cut: bool
) -> None:
    text = json.dumps(coco()).encode()
    dataset = read(tmp_path, text + bytes(zeros))
    assert dataset.boxes.id.values() == [1, 2]
    told = dataset.problems.found.tolist()
    assert told
    assert any(f"byte {len(text)}: from here on, only zeros" in one for one in told) == cut


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory, and files with holes")
def test_gigabytes_of_zeros_are_neither_read_nor_kept(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(coco())[:150], "utf-8")
    os.truncate(path, 4 << 30)
    program = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (3 << 29, 3 << 29))\n"
        "from labelaudit.cli import main\n"
        "sys.exit(main(['scan', sys.argv[1]]))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, path], check=False, capture_output=True, text=True
    )
    assert ended.returncode == 1, ended.stderr
    assert "from here on, only zeros" in ended.stdout


@pytest.mark.parametrize("space", ["", " ", "\n"])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_comma_after_the_last_list_is_noted_because_python_stops_at_it(
    tmp_path: Path, space: str, indent: int | None
) -> None:
    text = json.dumps(coco(), indent=indent).rstrip("}").rstrip()
    assert not len(read(tmp_path, f"{text}{space}}}").problems)
    dataset = read(tmp_path, f"{text},{space}}}")
    assert dataset.boxes.id.values() == [1, 2]
    (found,) = dataset.problems.found.tolist()
    assert "a comma with nothing after it" in found
