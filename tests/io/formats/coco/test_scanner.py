"""The compiled scanner reads what the patient ways read, and gives up where it is not sure."""

from __future__ import annotations

import dataclasses
import json
import math
import struct
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.core.ids import Ids
from labelaudit.core.table import Table
from labelaudit.dataset.tables import MaskFault
from labelaudit.io.formats.coco import scanner
from labelaudit.io.formats.coco.columns import decoded_images
from labelaudit.io.formats.coco.decoding import Chunk, declared_chunk, decoded_chunk
from labelaudit.io.formats.coco.scanner import scanned, scanned_images

pytestmark = pytest.mark.skipif(not scanner.COMPILED, reason="there is no compiled scanner here")


def text_of(*records: Any) -> bytes:
    return json.dumps(records)[1:-1].encode()


def annotation(**changes: Any) -> dict[str, Any]:
    record = {"id": 1, "image_id": 2, "category_id": 3, "bbox": [1, 2.5, 3, 4]} | changes
    return {key: value for key, value in record.items() if value is not ...}


def check_same(one: Table, other: Table) -> None:
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, Ids):
            assert a.values() == b.values()
        else:
            np.testing.assert_array_equal(a, b, err_msg=field.name, strict=True)


def check_same_chunk(one: Chunk, other: Chunk) -> None:
    for field in dataclasses.fields(one):
        check_same(getattr(one, field.name), getattr(other, field.name))


side = st.integers(-5, 700) | st.floats(-1e6, 1e6) | st.sampled_from([0.0, -0.0, 1e300, 5e-324])
corner = st.integers(0, 48).map(lambda quarters: quarters / 4)  # sums are exact in any order
polygon = st.integers(1, 9).flatmap(lambda n: st.lists(corner, min_size=n, max_size=2 * n))
encoded = st.fixed_dictionaries(
    {"counts": st.lists(st.integers(0, 9), max_size=4) | st.just("123a"), "size": st.just([4, 5])}
)
mask = st.lists(polygon, max_size=3) | encoded
triples = st.lists(st.sampled_from([0, 1, 2, 3.5]), max_size=7)
other_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
annotations = st.fixed_dictionaries(
    {
        "id": st.integers(-(10**17), 10**17),
        "image_id": st.integers(0, 9),
        "category_id": st.integers(0, 9),
        "bbox": st.lists(side, min_size=4, max_size=4),
    },
    optional={
        "area": side,
        "iscrowd": st.integers(0, 1),
        "ignore": st.integers(0, 1),
        "segmentation": mask,
        "keypoints": triples,
        "num_keypoints": st.integers(0, 17),
    },
)


@settings(max_examples=150, deadline=None)
@given(st.lists(annotations, min_size=1, max_size=6), st.booleans(), st.sampled_from([None, 1]))
def test_annotations_are_those_that_objects_in_python_give(
    records: list[Any], validity: bool, indent: int | None
) -> None:
    text = json.dumps(records, indent=indent).strip()[1:-1].encode()
    expected = decoded_chunk(text, validity=validity)
    assert scanned(text, validity=validity) is not None
    found = declared_chunk(text, validity=validity)
    assert expected is not None
    assert found is not None
    check_same_chunk(found, expected)


@settings(max_examples=150, deadline=None)
@given(st.lists(annotations, min_size=2, max_size=6), st.data())
def test_keys_may_stand_anywhere_in_each_record(records: list[Any], data: st.DataObject) -> None:
    parts = []
    for record in records:
        alike = data.draw(st.sampled_from(["i", "ide", "image_idd", "bbo", "areas", "is_crowd"]))
        keys = data.draw(st.permutations([*record, alike]))
        colon = data.draw(st.sampled_from([":", ": ", " : ", "\t:\n"]))
        values = {key: record.get(key, 7) for key in keys}
        parts.append(
            json.dumps(values, separators=(data.draw(st.sampled_from([",", " ,\n"])), colon))
        )
    text = ",".join(parts).encode()
    found, expected = declared_chunk(text, validity=True), decoded_chunk(text, validity=True)
    assert scanned(text, validity=True) is not None
    assert found is not None
    assert expected is not None
    check_same_chunk(found, expected)


def test_a_key_that_only_begins_as_the_usual_one_is_another() -> None:
    usual, other = text_of(annotation()), text_of(annotation(area=5) | {"id_": 9})
    assert scanned(usual + b"," + usual.replace(b'"id"', b'"id" '), validity=True) is not None
    for wrong in (b'"id_"', b'"ie"', b'"id""', b'"id\\u0020"'):
        assert scanned(usual + b"," + usual.replace(b'"id"', wrong, 1), validity=True) is None
    found = scanned(usual + b"," + other, validity=True)
    assert found is not None
    assert found.area.tolist()[1] == 5
    assert scanned(usual + b',{"id": 1, "id"', validity=True) is None  # it ends in the usual key


@pytest.mark.parametrize("length", [1, 7, 8, 9, 16, 23])
def test_texts_are_looked_at_byte_by_byte(length: int) -> None:
    for place in range(length):
        for byte in (b"\x00", b"\x1f", b"\n", b'"', b"\\"):
            value = b"x" * place + byte + b"x" * (length - place - 1)
            text = text_of(annotation())[:-1] + b', "note": "' + value + b'"}'
            assert scanned(text, validity=True) is None
        for harmless in (
            "\x7f",
            "\x20",
            "\u00e9",
            "\u2028",
            r"\"",
            r"\\",
            r"\u0041",
            "!",
            "#",
            "]",
        ):
            value = "x" * place + harmless + "x" * (length - place - 1)
            text = text_of(annotation())[:-1] + f', "note": "{value}"}}'.encode()
            assert scanned(text, validity=True) is not None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(annotations, st.dictionaries(st.text(), other_values)), min_size=1))
def test_other_keys_are_passed_over(records: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    # A key with an escape could be any; json.dumps escapes what is not ASCII.
    extras = [{f"x{key}": value for key, value in more.items()} for _, more in records]
    alone = text_of(*(one for one, _ in records))
    text = ",".join(
        json.dumps(one | more, ensure_ascii=False)
        for (one, _), more in zip(records, extras, strict=True)
    )
    if "\\" in "".join(key for more in extras for key in more) + text:
        return
    found, expected = (
        scanned(text.encode("utf-8", "replace"), validity=True),
        scanned(alone, validity=True),
    )
    assert found is not None
    assert expected is not None
    np.testing.assert_array_equal(found.id, expected.id)
    np.testing.assert_array_equal(found.xywh, expected.xywh)
    check_same(found.masks, expected.masks)


@settings(max_examples=300, deadline=None)
@given(st.lists(annotations, min_size=1, max_size=2), st.data())
def test_what_is_no_json_is_never_taken(records: list[Any], data: st.DataObject) -> None:
    text = text_of(*records)
    at = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(0, 3))
    new = data.draw(st.sampled_from([*b'",:{}[]\\0159.-+eEtn \x00\t\x1f', None]))
    changed = text[:at] + (b"" if new is None else bytes([new])) + text[at + length :]
    found = scanned(changed, validity=True)
    if found is None:
        return
    read = json.loads(b"[" + changed + b"]", parse_constant=lambda _: pytest.fail("no JSON"))
    assert [one["id"] for one in read] == found.id.tolist()
    assert [one["image_id"] for one in read] == found.image_id.tolist()
    assert [one["category_id"] for one in read] == found.category_id.tolist()
    assert [list(map(float, one["bbox"])) for one in read] == found.xywh.tolist()
    areas = [one.get("area", math.nan) for one in read]
    np.testing.assert_array_equal(np.array(areas, float), found.area)


def double_bits(number: float) -> bytes:
    return struct.pack("<d", number)


numbers = (
    st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.decimals(-1000, 1000, places=16).map(str)
    | st.from_regex(r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
)


def test_numbers_of_many_digits_are_the_nearest_doubles() -> None:
    # More digits than a double has, so that each is rounded: half of them up, half of them down.
    random = np.random.default_rng(0)
    digits = random.integers(2**53, 9 * 10**18, 4000).tolist()
    points = random.integers(1, 15, 4000).tolist()
    written = [f"{d}"[:-p] + "." + f"{d}"[-p:] for d, p in zip(digits, points, strict=True)]
    # Halfway between two doubles: the even one is the nearest.
    written += ["9007199254740993.0", "9007199254740995.0"]
    records = [f'{{"id":1,"image_id":1,"category_id":1,"bbox":[0,0,0,{one}]}}' for one in written]
    found = scanned(",".join(records).encode(), validity=False)
    assert found is not None
    assert found.xywh[:, 3].tolist() == list(map(float, written))


@settings(max_examples=400, deadline=None)
@given(numbers)
def test_every_number_is_the_nearest_double(written: str) -> None:
    expected = float(written)
    text = text_of(annotation()).replace(b"2.5", written.encode())
    found = scanned(text, validity=False)
    if math.isinf(expected):
        assert found is None
        return
    assert found is not None
    assert double_bits(found.xywh[0, 1]) == double_bits(expected)


@pytest.mark.parametrize(
    "written",
    [
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "1_0",
        "-",
        "--1",
        "00",
        "Infinity",
        "1.e3",
    ],
)
def test_what_is_no_number_of_json_is_not_taken(written: str) -> None:
    text = text_of(annotation()).replace(b"2.5", written.encode())
    assert scanned(text, validity=False) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "7"},
        {"id": None},
        {"id": 7.0},
        {"id": 10**18},
        {"id": ...},
        {"bbox": [1, 2, 3]},
        {"bbox": [1, 2, 3, 4, 5]},
        {"bbox": ["1", 2, 3, 4]},
        {"bbox": None},
        {"area": None},
        {"area": "3"},
        {"iscrowd": True},
        {"iscrowd": 2},
        {"iscrowd": -1},
        {"segmentation": None},
        {"segmentation": [1, 2, 3]},
        {"segmentation": "x"},
        {"segmentation": {"counts": [1], "size": [1, 1], "more": 1}},
        {"keypoints": None},
        {"keypoints": [None]},
        {"num_keypoints": -1},
    ],
)
def test_what_is_unusual_is_left_to_others(changes: dict[str, Any]) -> None:
    assert scanned(text_of(annotation(**changes)), validity=False) is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        text_of(annotation()) + b",",
        text_of(annotation()) + b" x",
        text_of(annotation()) + b"\0",
        text_of(annotation())[:-1],
        text_of(annotation())[:-1] + b',"id":2}',
        text_of(annotation()).replace(b'"id"', b'"\\u0069d"'),
        text_of(annotation(x="[" * 300)).replace(b'"[', b"[").replace(b'["', b"[" + b"]" * 300),
        text_of(annotation(segmentation={"counts": "1", "size": [1, 1]})).replace(
            b'"size"', b'"counts": "2", "size"'
        ),
    ],
)
def test_what_is_no_list_of_records_is_left_to_others(text: bytes) -> None:
    assert scanned(text, validity=False) is None


point = st.tuples(st.integers(0, 6), st.integers(0, 6))


@settings(max_examples=300, deadline=None)
@given(st.lists(point, min_size=3, max_size=9))
def test_a_polygon_that_crosses_itself_is_never_passed_over(points: list[tuple[int, int]]) -> None:
    flat = [number for one in points for number in one]
    found = scanned(text_of(annotation(segmentation=[flat])), validity=True)
    assert found is not None
    shape = shapely.Polygon(points)
    true = shapely.make_valid(shape).area
    crossing = abs(found.masks.area[0] - true) > 0.01 * true
    assert (found.masks.fault[0] == MaskFault.SELF_CROSSING) == crossing


def test_a_polygon_of_many_corners_is_looked_at_too() -> None:
    corners = [((x * 53) % 97, (x * 37) % 101) for x in range(700)]
    flat = [number for one in corners for number in one]
    text = text_of(annotation(segmentation=[[0, 0, 1, 0, 1, 1], flat]))
    found, expected = declared_chunk(text, validity=True), decoded_chunk(text, validity=True)
    assert found is not None
    assert expected is not None
    check_same_chunk(found, expected)
    assert found.masks.fault.tolist() == [MaskFault.SELF_CROSSING]


file_names = st.text(min_size=1, max_size=8).filter(str.strip)
images = st.fixed_dictionaries(
    {
        "id": st.integers(-(10**17), 10**17),
        "file_name": file_names,
        "width": st.integers(-9, 9999),
        "height": st.integers(0, 9999),
    },
    optional={
        "license": st.integers() | st.lists(st.floats(0, 1)),
        "coco_url": st.text(max_size=4),
    },
)


@settings(max_examples=150, deadline=None)
@given(st.lists(images, min_size=1, max_size=5), st.booleans())
def test_images_are_those_that_objects_in_python_give(records: list[Any], escaped: bool) -> None:
    text = json.dumps(records, ensure_ascii=escaped)[1:-1].encode("utf-8", "replace")
    found, expected = scanned_images(text), decoded_images(text)
    if found is None:
        assert b"\\" in text or not all(
            any(c.isascii() and c != " " for c in one["file_name"]) for one in records
        )
        return
    assert expected is not None
    assert found.id.tolist() == expected.id.values()
    assert found.name == expected.name.tolist()
    assert found.size.tolist() == expected.size.tolist()


@pytest.mark.parametrize(
    "changes",
    [{"file_name": "  "}, {"file_name": ""}, {"file_name": None}, {"width": 3.5}, {"id": "a"}],
)
def test_unusual_images_are_left_to_others(changes: dict[str, Any]) -> None:
    record = {"id": 1, "file_name": "a.jpg", "width": 3, "height": 4}
    assert scanned_images(text_of(record)) is not None
    assert scanned_images(text_of(record | changes)) is None
    assert scanned_images(text_of(record)[:-1] + b', "width": 3}') is None


@pytest.mark.parametrize("digits", ["1", "9", "7.3", "123456789", str(2**53), str(2**53 + 1)])
def test_powers_of_ten_are_the_nearest_doubles_beyond_those_that_are_exact(digits: str) -> None:
    written = [f"{digits}e{exponent}" for exponent in range(-45, 46)]
    records = [f'{{"id":1,"image_id":1,"category_id":1,"bbox":[0,0,0,{one}]}}' for one in written]
    found = scanned(",".join(records).encode(), validity=False)
    assert found is not None
    assert found.xywh[:, 3].tolist() == list(map(float, written))
