"""Where records of formats that are read only stand: there lies what they were read from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.io.formats.places import RecordPlaces, xml_spans
from labelaudit.io.load import load
from labelaudit.io.record_spans import record_spans

BOX, IMAGE, CATEGORY = RecordType.BOX, RecordType.IMAGE, RecordType.CATEGORY
NAME = 'kä"f{e}r]\\ 😀'
"""A name with all that could be taken for something else."""

ImageRecords = list[tuple[str, list[tuple[str, list[float]]]]]
"""What is written: images by name, and of each its labels with left, top, width and height."""

SOME: ImageRecords = [
    ("a.jpg", [("car", [10, 20, 30, 40]), (NAME, [1, 2, 0, 4])]),
    ("ä b.jpg", []),
    ("c.jpg", [("car", [5, 5, 20, 20]), ("car", [50, 50, 20, 20]), (NAME, [7, 7, 9, 9])]),
]


def datumaro(images: ImageRecords) -> Any:
    names = sorted({label for _, boxes in images for label, _ in boxes})
    return {
        "dm_format_version": "1.0",
        "categories": {"label": {"labels": [{"name": one, "parent": ""} for one in names]}},
        "items": [
            {
                "id": name,
                "annotations": [
                    {"id": 0, "type": "bbox", "label_id": names.index(label), "bbox": box}
                    for label, box in boxes
                ],
                "image": {"path": name, "size": [480, 640]},
            }
            for name, boxes in images
        ],
    }


def createml(images: ImageRecords) -> Any:
    sides = ("x", "y", "width", "height")
    return [
        {
            "image": name,
            "annotations": [
                {"label": label, "coordinates": dict(zip(sides, box, strict=True))}
                for label, box in boxes
            ],
        }
        for name, boxes in images
    ]


def via(images: ImageRecords) -> Any:
    sides = ("x", "y", "width", "height")
    regions = [
        [
            {
                "shape_attributes": {"name": "rect", **dict(zip(sides, box, strict=True))},
                "region_attributes": {"class": label},
            }
            for label, box in boxes
        ]
        for _, boxes in images
    ]
    return {
        f"{name}1": {"filename": name, "size": 1, "regions": some, "file_attributes": {}}
        for (name, _), some in zip(images, regions, strict=True)
    }


def labelstudio(images: ImageRecords) -> Any:
    sides = ("x", "y", "width", "height")
    drawn = {"from_name": "label", "to_name": "image", "type": "rectanglelabels"}
    return [
        {
            "data": {"image": f"/data/local-files/?d={name}"},
            "annotations": [
                {
                    "result": [
                        {
                            "id": f"r{number}",
                            **drawn,
                            "original_width": 640,
                            "original_height": 480,
                            "value": {
                                **dict(zip(sides, box, strict=True)),
                                "rectanglelabels": [label],
                            },
                        }
                        for number, (label, box) in enumerate(boxes)
                    ]
                }
            ],
        }
        for name, boxes in images
    ]


def boxlists(images: ImageRecords) -> Any:
    return [
        {"file_name": name, "boxes": [{"label": label, "bbox": box} for label, box in boxes]}
        for name, boxes in images
    ]


PLACES = ("bbox", "coordinates", "shape_attributes", "value")
"""Keys of which each label has one."""

JSON: dict[str, Callable[[ImageRecords], Any]] = {
    "datumaro": datumaro,
    "createml": createml,
    "via": via,
    "labelstudio": labelstudio,
    "boxlists": boxlists,
}
WRITINGS: dict[str, dict[str, Any]] = {
    "as usual": {},
    "minified": {"separators": (",", ":")},
    "pretty": {"indent": 2, "ensure_ascii": False},
    "with tabs": {"indent": "\t"},
}


def cvat(images: ImageRecords, between: str) -> str:
    names = sorted({label for _, boxes in images for label, _ in boxes})
    parts = ["<annotations>", "<version>1.1</version>", "<meta><task><labels>"]
    parts += [f"<label><name>{_text(one)}</name></label>" for one in names]
    parts += ["</labels></task></meta>"]
    for number, (name, boxes) in enumerate(images):
        parts.append(f'<image id="{number}" name={quoteattr(name)} width="640" height="480">')
        for at, (label, (x, y, width, height)) in enumerate(boxes):
            sides = f'xtl="{x}" ytl="{y}" xbr="{x + width}" ybr="{y + height}" odd=">/>"'
            inside = '><attribute name="a">b</attribute></box>' if at % 2 else "/>"
            parts.append(f"<box label={quoteattr(label)} {sides}{inside}")
        parts.append("</image>")
    return between.join([*parts, "</annotations>"])


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def at_places(dataset: Dataset) -> dict[tuple[RecordType, int], bytes]:
    """What stands in the only file where its records are said to be."""
    raw = (dataset.root / str(dataset.files.path[0])).read_bytes()
    wanted = {
        part: sorted({one for one in table.record.tolist() if one >= 0})
        for part, table in (
            (BOX, dataset.boxes),
            (IMAGE, dataset.images),
            (CATEGORY, dataset.categories),
        )
    }
    return {
        (one.part, one.record): raw[one.start : one.end] for one in record_spans(dataset, 0, wanted)
    }


def labelled(dataset: Dataset) -> list[tuple[str, str]]:
    """The image and the class of each box."""
    boxes = dataset.boxes
    return [
        (str(dataset.images.name[image]), dataset.class_names[label])
        for image, label in zip(boxes.image.tolist(), boxes.label.tolist(), strict=True)
    ]


def check_json(dataset: Dataset, images: ImageRecords, codec: str = "utf-8") -> None:
    """Every box and every image stands where it is said to be, whole."""
    found = {key: json.loads(text.decode(codec)) for key, text in at_places(dataset).items()}
    boxes = [found[BOX, record] for record in dataset.boxes.record.tolist()]
    expected = [(label, box) for _, some in images for label, box in some]
    assert len(boxes) == len(expected)
    for one, (label, box) in zip(boxes, expected, strict=True):
        text = json.dumps(one, ensure_ascii=False)
        assert "label_id" in one or json.dumps(label, ensure_ascii=False) in text
        assert all(f"{side}" in text for side in box)
    names = [found[IMAGE, record] for record in dataset.images.record.tolist()]
    for one, (name, some) in zip(names, images, strict=True):
        text = json.dumps(one, ensure_ascii=False)
        assert name in text
        assert sum(text.count(f'"{key}": ') for key in PLACES) == len(some)


@pytest.mark.parametrize("format_", JSON)
@pytest.mark.parametrize("writing", WRITINGS)
def test_a_record_in_json_is_its_object(format_: str, writing: str, tmp_path: Path):
    text = json.dumps(JSON[format_](SOME), **WRITINGS[writing])
    (tmp_path / "labels.json").write_text(text, "utf-8")
    dataset = load(tmp_path / "labels.json", format=format_)
    check_json(dataset, SOME)


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_bytes_are_those_of_the_file_whatever_its_encoding(codec: str, tmp_path: Path):
    text = json.dumps(datumaro(SOME), indent=1, ensure_ascii=False)
    (tmp_path / "labels.json").write_bytes(text.encode(codec))
    dataset = load(tmp_path / "labels.json", format="datumaro")
    plain = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(codec, codec)
    check_json(dataset, SOME, plain)


def test_classes_have_a_place_too(tmp_path: Path):
    (tmp_path / "labels.json").write_text(json.dumps(datumaro(SOME)), "utf-8")
    found = at_places(load(tmp_path / "labels.json"))
    assert [json.loads(found[CATEGORY, one])["name"] for one in (0, 1)] == ["car", NAME]
    (tmp_path / "labels.json").unlink()
    (tmp_path / "labels.xml").write_text(cvat(SOME, "\n"), "utf-8")
    found = at_places(load(tmp_path / "labels.xml"))
    assert ElementTree.fromstring(found[CATEGORY, 1]).findtext("name") == NAME


def test_regions_by_their_numbers_and_a_project_of_via_have_their_places(tmp_path: Path):
    content = via(SOME)
    for image in content.values():
        image["regions"] = {str(at): one for at, one in enumerate(image["regions"])}
    whole = {"_via_settings": {}, "_via_img_metadata": content, "_via_attributes": {}}
    (tmp_path / "labels.json").write_text(json.dumps(whole, indent=1), "utf-8")
    check_json(load(tmp_path / "labels.json"), SOME)


def test_a_cancelled_annotation_and_a_draft_of_label_studio_are_no_records(tmp_path: Path):
    tasks = labelstudio(SOME)
    again = [{**one, "id": "x"} for one in tasks[0]["annotations"][0]["result"]]
    tasks[0]["annotations"].insert(0, {"was_cancelled": True, "result": again})
    tasks[0]["drafts"] = [{"result": again}]
    (tmp_path / "labels.json").write_text(json.dumps(tasks), "utf-8")
    dataset = load(tmp_path / "labels.json")
    found = at_places(dataset)
    ids = [json.loads(found[BOX, one])["id"] for one in dataset.boxes.record.tolist()]
    assert ids == ["r0", "r1", "r0", "r1", "r2"]


def test_the_short_json_of_label_studio_has_its_regions(tmp_path: Path):
    region = {"x": 1, "y": 2, "width": 3, "height": 4, "rectanglelabels": ["car"]}
    region |= {"original_width": 640, "original_height": 480}
    items = [{"id": 1, "image": "a.jpg", "label": [region, {**region, "x": 9}], "annotation_id": 1}]
    (tmp_path / "labels.json").write_text(json.dumps(items), "utf-8")
    found = at_places(load(tmp_path / "labels.json"))
    assert [json.loads(found[BOX, one])["x"] for one in (0, 1)] == [1, 9]
    assert json.loads(found[IMAGE, 0]) == items[0]


def test_a_key_that_stands_there_twice_moves_no_place(tmp_path: Path):
    text = json.dumps(createml(SOME))
    first = text.index("[", 1)
    twice = f'{text[:first]}[{{"label": "x"}}], "annotations": {text[first:]}'
    (tmp_path / "labels.json").write_text(twice, "utf-8")
    check_json(load(tmp_path / "labels.json", format="createml"), SOME)


@pytest.mark.parametrize("between", ["", "\n  ", "\r\n\t", "<!-- <box/> -->"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_shape_of_cvat_is_its_element(between: str, codec: str, tmp_path: Path):
    images = SOME
    declared = ""
    if codec == "latin-1":
        declared = '<?xml version="1.0" encoding="latin-1"?>'
        images = json.loads(json.dumps(SOME, ensure_ascii=False).replace("😀", "ü"))
    (tmp_path / "labels.xml").write_bytes((declared + cvat(images, between)).encode(codec))
    dataset = load(tmp_path / "labels.xml")
    plain = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(codec, codec)
    found = {
        key: ElementTree.fromstring(text.decode(plain)) for key, text in at_places(dataset).items()
    }
    boxes = [found[BOX, record] for record in dataset.boxes.record.tolist()]
    expected = [(label, box) for _, some in images for label, box in some]
    assert [(one.tag, one.get("label"), one.get("xtl")) for one in boxes] == [
        ("box", label, str(box[0])) for label, box in expected
    ]
    listed = [found[IMAGE, record] for record in dataset.images.record.tolist()]
    assert [(one.get("name"), len(one)) for one in listed] == [
        (name, len(some)) for name, some in images
    ]


def test_a_file_that_was_mended_has_no_places(tmp_path: Path):
    broken = cvat(SOME, "\n").replace("car", "cats & dogs", 1)
    (tmp_path / "labels.xml").write_text(broken, "utf-8")
    dataset = load(tmp_path / "labels.xml")
    assert len(dataset.boxes) == 5
    assert at_places(dataset) == {}


def test_entities_are_not_unfolded_to_find_a_place():
    with pytest.raises(ValueError, match="entities"):
        xml_spans(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "utf-8", 0)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 0, 3, "\t"]), st.booleans())
def test_whatever_json_holds_every_object_and_list_stands_where_it_is_said_to_be(
    value: Any, indent: int | str | None, ascii_: bool
):
    raw = json.dumps(value, indent=indent, ensure_ascii=ascii_).encode("utf-8", "surrogatepass")
    places = RecordPlaces()
    whole = places.json(raw)
    assert whole == value
    waiting = [whole]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            places.records.clear()
            places.note(BOX, 0, one)
            start, end = places.records[BOX, 0]
            assert json.loads(raw[start:end]) == one
            waiting += one.values() if isinstance(one, dict) else one
