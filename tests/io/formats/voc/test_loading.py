from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from labelaudit.errors import FormatError
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.evidence import PathSample
from labelaudit.io.formats.voc.loading import load
from tests.io.formats.voc_files import annotation, described, loaded, problems, put


def test_corners_lose_what_counting_from_one_adds(tmp_path: Path):
    dataset = loaded(tmp_path, annotation(described("dog", (11, 21, 50, 60))))
    assert dataset.boxes.xyxy.tolist() == [[10, 20, 50, 60]]
    assert dataset.images.size.tolist() == [[100, 80]]
    assert dataset.images.name.tolist() == ["a.jpg"]
    assert dataset.files.path.tolist() == ["Annotations/a.xml"]
    assert problems(dataset) == []


def test_objects_are_counted_from_zero_in_each_file(tmp_path: Path):
    one = annotation(described("dog"), described("cat"))
    dataset = loaded(tmp_path, one, annotation(filename="b.jpg"), one.replace("a.jpg", "c.jpg"))
    assert dataset.boxes.record.tolist() == [0, 1, 0, 1]
    assert dataset.boxes.image.tolist() == [0, 0, 2, 2]
    assert dataset.boxes.file.tolist() == [0, 0, 2, 2]
    assert dataset.images.file.tolist() == [0, 1, 2]
    assert not dataset.boxes.id.given.any()


def test_a_class_is_a_name_as_it_is_written(tmp_path: Path):
    names = ["dog", "cat", "dog ", "Dog", "dog", "a &amp; b"]
    dataset = loaded(tmp_path, annotation(*map(described, names)))
    assert dataset.class_names == ["dog", "cat", "dog ", "Dog", "a & b"]
    assert dataset.boxes.label.tolist() == [0, 1, 2, 3, 0, 4]
    assert dataset.categories.file.tolist() == [-1] * 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        (" 12 ", 12),
        ("\n\t12.5\n", 12.5),
        ("12.0", 12),
        ("+3", 3),
        (".5", 0.5),
        ("-7", -7),
        ("1e308", 1e308),
        ("inf", np.inf),
        ("-Infinity", -np.inf),
        ("nan", np.nan),
    ],
)
def test_a_corner_may_be_any_number(tmp_path: Path, text: str, value: float):
    dataset = loaded(tmp_path, annotation(described("dog", (1, 1, text, 9))))
    np.testing.assert_array_equal(dataset.boxes.xyxy[0, 2], value)
    assert problems(dataset) == []


@pytest.mark.parametrize(
    "text", ["1,234", "1_000", "twelve", "", " ", "0x10", "\uff11\uff12", "1 2", "--1"]
)
def test_a_corner_that_is_no_number_is_told(tmp_path: Path, text: str):
    dataset = loaded(tmp_path, annotation(described(), described("dog", (1, text, 8, 9))))
    np.testing.assert_array_equal(dataset.boxes.xyxy[1], [0, np.nan, 8, 9])
    assert problems(dataset) == [("annotations", 1, "unreadable-field", "ymin", text)]
    assert dataset.problems.row.tolist() == [1]


def test_the_boxes_of_parts_are_not_the_box_of_their_object(tmp_path: Path):
    part = "<part><name>head</name><bndbox><xmin>1</xmin><xmin>2</xmin></bndbox></part>"
    dataset = loaded(tmp_path, annotation(described("person", extra=part * 2)))
    assert dataset.class_names == ["person"]
    assert dataset.boxes.xyxy.tolist() == [[10, 20, 50, 60]]
    assert problems(dataset) == []


def test_fields_nobody_reads_may_repeat_or_be_missing(tmp_path: Path):
    extra = "<pose>Left</pose><pose>Right</pose><truncated>maybe</truncated><occluded/>"
    assert problems(loaded(tmp_path, annotation(described(extra=extra)))) == []


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("0", False, None),
        ("1", True, None),
        (" 1\n", True, None),
        ("true", True, "wrong-type"),
        ("False", False, "wrong-type"),
        ("2", True, "wrong-type"),
        ("0.0", False, "wrong-type"),
        ("Unspecified", False, "unreadable-field"),
        ("nan", False, "unreadable-field"),
        ("", False, "unreadable-field"),
    ],
)
def test_a_difficult_object_is_marked_by_one(
    tmp_path: Path, text: str, value: bool, kind: str | None
):
    extra = f"<difficult>{text}</difficult>"
    dataset = loaded(tmp_path, annotation(described(extra=extra)))
    assert dataset.boxes.difficult.tolist() == [value]
    expected = [("annotations", 0, kind, "difficult", text)] if kind else []
    assert problems(dataset) == expected


def test_what_an_object_lacks_is_told(tmp_path: Path):
    nameless = described(None)
    cornerless = described("dog", (None, 2, 3, 4))
    boxless = "<object><name>dog</name></object>"
    centred = "<object><name>dog</name><bndbox><cx>1</cx><cy>1</cy></bndbox></object>"
    dataset = loaded(tmp_path, annotation(nameless, cornerless, boxless, centred, "<object/>"))
    assert problems(dataset) == [
        ("annotations", 0, "missing-field", "name", ""),
        ("annotations", 1, "missing-field", "xmin", ""),
        ("annotations", 2, "missing-field", "bndbox", ""),
        ("annotations", 3, "unreadable-field", "bndbox", "cx, cy"),
        ("annotations", 4, "missing-field", "bndbox", ""),
        ("annotations", 4, "missing-field", "name", ""),
    ]
    assert dataset.boxes.label.tolist() == [-1, 0, 0, 0, -1]


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_blank_name_is_no_class(tmp_path: Path, text: str):
    dataset = loaded(tmp_path, annotation(described(text)))
    assert dataset.boxes.label.tolist() == [-1]
    assert problems(dataset) == [("annotations", 0, "unreadable-field", "name", text)]


def test_what_stands_twice_is_told_and_the_first_counts(tmp_path: Path):
    twice = "<xmax>70</xmax>\n\t\t</bndbox><bndbox><xmin>5</xmin></bndbox>"
    text = annotation(
        described(extra="<name>cat</name>").replace("</bndbox>", twice),
        header="<size><width>100</width><width>9</width><height>80</height></size>",
    )
    dataset = loaded(tmp_path, text.replace("</size>", "</size><filename>b.jpg</filename>"))
    assert problems(dataset) == [
        ("images", 0, "duplicate-key", "filename", "a.jpg, b.jpg"),
        ("images", 0, "duplicate-key", "width", "100, 9"),
        ("annotations", 0, "duplicate-key", "name", "dog, cat"),
        ("annotations", 0, "duplicate-key", "bndbox", "11 21 50 60 70, 5"),
        ("annotations", 0, "duplicate-key", "xmax", "50, 70"),
    ]
    assert dataset.boxes.xyxy.tolist() == [[10, 20, 50, 60]]
    assert dataset.images.name.tolist() == ["a.jpg"]
    assert dataset.images.size.tolist() == [[100, 80]]


@pytest.mark.parametrize(
    ("size", "expected", "told"),
    [
        ("", [np.nan, np.nan], [("missing-field", "size", "")]),
        (
            "<size/>",
            [np.nan, np.nan],
            [("missing-field", "width", ""), ("missing-field", "height", "")],
        ),
        ("<size><width>9</width></size>", [9, np.nan], [("missing-field", "height", "")]),
        (
            "<size><width>9.0</width><height>big</height></size>",
            [9, np.nan],
            [("wrong-type", "width", "9.0"), ("unreadable-field", "height", "big")],
        ),
        (
            "<size><width>inf</width><height>0</height></size>",
            [np.nan, 0],
            [("unreadable-field", "width", "inf")],
        ),
    ],
)
def test_a_size_is_two_whole_numbers(tmp_path: Path, size: str, expected: list, told: list):
    dataset = loaded(tmp_path, annotation(header=size))
    np.testing.assert_array_equal(dataset.images.size, [expected])
    assert [problem[2:] for problem in problems(dataset)] == told
    assert {problem[:2] for problem in problems(dataset)} == {("images", 0)}


def test_one_file_is_a_dataset(tmp_path: Path):
    loaded(tmp_path, annotation(described()), annotation(filename="b.jpg"))
    put(tmp_path / "ImageSets" / "Main" / "train.txt", "a\nb\n")
    dataset = load(tmp_path / "Annotations" / "a.xml", [])
    assert (len(dataset.images), len(dataset.boxes), dataset.splits) == (1, 1, ())
    assert dataset.files.path.tolist() == ["a.xml"]


def test_paths_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    loaded(tmp_path, annotation(described()))
    put(tmp_path / "JPEGImages" / "a.jpg")
    monkeypatch.chdir(tmp_path / "Annotations")
    for path in (Path("a.xml"), Path(), Path(".."), Path("../Annotations")):
        dataset = load(path, [])
        assert dataset.images.path.tolist() == [str(tmp_path / "JPEGImages" / "a.jpg")]
        assert (dataset.root / str(dataset.files.path[0])).is_file()


def test_the_folder_annotations_stands_for_its_dataset(tmp_path: Path):
    dataset = loaded(tmp_path, annotation(described()))
    put(tmp_path / "ImageSets" / "Main" / "train.txt", "a\n")
    assert load(tmp_path / "Annotations", []).splits == ("train",)
    assert load(tmp_path / "Annotations", []).files.path.tolist() == dataset.files.path.tolist()


def test_beside_a_folder_annotations_nothing_else_counts(tmp_path: Path):
    put(tmp_path / "older" / "Annotations" / "z.xml", annotation(described()))
    dataset = loaded(tmp_path, annotation(described()))
    assert dataset.files.path.tolist() == ["Annotations/a.xml"]


def test_years_below_a_common_folder_are_one_dataset(tmp_path: Path):
    for year in ("VOC2007", "VOC2012"):
        loaded(tmp_path / "VOCdevkit" / year, annotation(described()))
        put(tmp_path / "VOCdevkit" / year / "ImageSets" / "Main" / "train.txt", "a\n")
        put(tmp_path / "VOCdevkit" / year / "JPEGImages" / "a.jpg")
    for path in (tmp_path, tmp_path / "VOCdevkit"):
        dataset = load(path, [])
        assert len(dataset.files) == 2
        assert dataset.splits == ("train",)
        assert dataset.split_members.image.tolist() == [0, 1]
        assert [Path(found).parts[-3] for found in dataset.images.path.tolist()] == [
            "VOC2007",
            "VOC2012",
        ]


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path):
    put(tmp_path / "Annotations" / "._a.xml", b"\0\5\26\7")
    put(tmp_path / "Annotations" / ".idea" / "b.xml", "<project/>")
    assert loaded(tmp_path, annotation()).files.path.tolist() == ["Annotations/a.xml"]


def test_a_folder_called_like_a_file_is_a_folder(tmp_path: Path):
    put(tmp_path / "Annotations" / "x.xml" / "b.xml", annotation(filename="b.jpg"))
    dataset = loaded(tmp_path, annotation())
    assert dataset.files.path.tolist() == ["Annotations/a.xml", "Annotations/x.xml/b.xml"]
    assert problems(dataset) == []


def test_links_that_lead_in_circles_are_followed_once(tmp_path: Path):
    put(tmp_path / "real" / "b.xml", annotation(filename="b.jpg"))
    put(tmp_path / "data" / "a.xml", annotation())
    os.symlink(tmp_path / "data", tmp_path / "data" / "again")
    os.symlink(tmp_path / "real", tmp_path / "data" / "more")
    os.symlink(tmp_path / "data", tmp_path / "real" / "back")
    assert load(tmp_path / "data", []).files.path.tolist() == ["a.xml", "more/b.xml"]


def test_a_file_that_a_link_leads_to_as_well_is_called_by_its_own_path(tmp_path: Path):
    put(tmp_path / "b" / "a.xml", annotation())
    os.symlink(tmp_path / "b", tmp_path / "a")
    os.symlink(tmp_path / "b", tmp_path / "c")
    assert load(tmp_path, []).files.path.tolist() == ["b/a.xml"]


def test_a_file_that_comes_in_pieces_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    real = os.read
    monkeypatch.setattr(os, "read", lambda handle, size: real(handle, min(size, 7)))
    assert len(loaded(tmp_path, annotation(described())).boxes) == 1


def test_a_folder_without_annotations_is_refused(tmp_path: Path):
    put(tmp_path / "a.jpg")
    with pytest.raises(FormatError, match="no XML file"):
        load(tmp_path, [])
    with pytest.raises(FormatError, match="no such file"):
        load(tmp_path / "nowhere", [])
    with pytest.raises(FormatError, match="no <annotation>"):
        load(put(tmp_path / "b.xml", "<note/>"), [])


def test_annotations_are_recognised_and_other_xml_is_not(tmp_path: Path):
    def recognises(path: Path) -> bool:
        return FORMATS["voc"].evidence(PathSample(path)) is not None

    utf16 = annotation().encode("utf-16")
    assert recognises(put(tmp_path / "one" / "a.xml", annotation()))
    assert recognises(put(tmp_path / "two" / "a.XML", utf16))
    assert recognises(tmp_path / "one")
    assert recognises(put(tmp_path / "three" / "Annotations" / "a.xml").parent.parent)
    assert not recognises(put(tmp_path / "four" / "a.xml", "<annotations/>"))
    assert not recognises(tmp_path / "four")
    assert not recognises(put(tmp_path / "five" / "a.txt", annotation()))
    assert not recognises(tmp_path / "five")
    assert not recognises(tmp_path / "nowhere")
