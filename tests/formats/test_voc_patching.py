from __future__ import annotations

import dataclasses
import difflib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from voc_files import annotation, described, fixed, loaded, patched, problems, put, same_labels

from labelaudit.changes import changes
from labelaudit.dataset import Boxes, Categories, Dataset
from labelaudit.errors import FixError
from labelaudit.formats.voc.loading import load
from labelaudit.formats.voc.patching import patch
from labelaudit.table import texts

THREE = annotation(
    described("dog", (1, 2, 30, 40)), described("cat", (5, 6, 70, 80)), described("cow")
)
NAME = "Annotations/a.xml"


def with_boxes(dataset: Dataset, **columns: Any) -> Dataset:
    return dataclasses.replace(dataset, boxes=dataclasses.replace(dataset.boxes, **columns))


def with_images(dataset: Dataset, **columns: Any) -> Dataset:
    return dataclasses.replace(dataset, images=dataclasses.replace(dataset.images, **columns))


def without_problems(dataset: Dataset, *fields: str) -> Dataset:
    left = ~np.isin(np.array(dataset.problems.field.tolist(), object), fields)
    return dataclasses.replace(dataset, problems=dataset.problems.rows(left))


def moved(dataset: Dataset, row: int, *xyxy: float) -> Dataset:
    corners = dataset.boxes.xyxy.copy()
    corners[row] = xyxy
    return with_boxes(dataset, xyxy=corners)


def relabelled(dataset: Dataset, row: int, name: str) -> Dataset:
    count = len(dataset.categories)
    label = dataset.boxes.label.copy()
    label[row] = count
    names = Categories.of(count + 1, name=texts([*dataset.categories.name.tolist(), name]))
    return dataclasses.replace(with_boxes(dataset, label=label), categories=names)


def added(dataset: Dataset, *xyxy: float, image: int = 0, label: int = 0) -> Dataset:
    box = Boxes.of(1, file=[dataset.images.file[image]], image=[image], label=[label], xyxy=[xyxy])
    return dataclasses.replace(dataset, boxes=Boxes.concat([dataset.boxes, box]))


def difference(before: str | bytes, after: bytes) -> list[str]:
    """The lines that differ, as `-old` and `+new`, with their line ends."""
    old = before if isinstance(before, str) else before.decode()
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), after.decode().splitlines(keepends=True), n=0
    )
    return [line for line in lines if re.match(r"[-+](?!--|\+\+)", line)]


def changed_lines(dataset: Dataset, changed: Dataset, text: str = THREE) -> list[str]:
    return difference(text, patched(dataset, changed)[NAME])


def test_without_changes_nothing_is_touched(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    assert patch(dataset, dataset, changes(dataset, dataset)) == {}


def test_only_the_file_of_a_change_is_touched(tmp_path: Path):
    dataset = loaded(tmp_path, THREE, THREE)
    assert list(patched(dataset, dataset.without_boxes(np.array([4])))) == ["Annotations/b.xml"]


@pytest.mark.parametrize("row", [0, 1, 2])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_dropping_an_object_removes_its_lines(tmp_path: Path, row: int, newline: str):
    dataset = loaded(tmp_path, THREE.replace("\n", newline))
    changed = dataset.without_boxes(np.array([row]))
    name = ["dog", "cat", "cow"][row]
    removed = described(name, [(1, 2, 30, 40), (5, 6, 70, 80), (11, 21, 50, 60)][row])
    after = THREE.replace(removed, "").replace("\n", newline)
    assert patched(dataset, changed)[NAME].decode() == after


def test_all_objects_can_be_dropped(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    changed = dataset.without_boxes(np.arange(3))
    assert patched(dataset, changed)[NAME].decode() == annotation()


def test_a_moved_box_changes_the_corners_that_differ(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    changed = moved(dataset, 1, 4, 0, 70, 79.5)
    assert changed_lines(dataset, changed) == [
        "-\t\t\t<ymin>6</ymin>\n",
        "+\t\t\t<ymin>1</ymin>\n",
        "-\t\t\t<ymax>80</ymax>\n",
        "+\t\t\t<ymax>79.5</ymax>\n",
    ]


def test_corners_that_do_not_move_stay_as_they_are_written(tmp_path: Path):
    text = annotation(described("dog", ("1.50", " 2 ", "3e1", "40.0")))
    dataset = loaded(tmp_path, text)
    changed = moved(dataset, 0, 0.5, 1, 30, 41)
    lines = changed_lines(dataset, changed, text)
    assert lines == ["-\t\t\t<ymax>40.0</ymax>\n", "+\t\t\t<ymax>41</ymax>\n"]


def test_a_relabelled_object_changes_its_name(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    assert changed_lines(dataset, relabelled(dataset, 2, "cats & <dogs>")) == [
        "-\t\t<name>cow</name>\n",
        "+\t\t<name>cats &amp; &lt;dogs&gt;</name>\n",
    ]


def test_a_renamed_class_changes_the_name_of_its_boxes(tmp_path: Path):
    dataset = loaded(tmp_path, annotation(described("dog"), described("Dog"), described("dog")))
    names = dataclasses.replace(dataset.categories, name=texts(["puppy", "Dog"]))
    after = fixed(dataset, dataclasses.replace(dataset, categories=names))
    assert [after.class_names[label] for label in after.boxes.label] == ["puppy", "Dog", "puppy"]


def test_an_object_becomes_difficult(tmp_path: Path):
    text = annotation(described(extra="\t\t<difficult>0</difficult>\n"), described())
    dataset = loaded(tmp_path, text)
    changed = with_boxes(dataset, difficult=np.array([True, True]))
    assert changed_lines(dataset, changed, text) == [
        "-\t\t<difficult>0</difficult>\n",
        "+\t\t<difficult>1</difficult>\n",
        "+\t\t<difficult>1</difficult>\n",
    ]


def test_a_new_object_stands_behind_the_last_one(tmp_path: Path):
    text = THREE.replace("</annotation>", "\t<!-- end -->\n\t<segmented/>\n</annotation>")
    dataset = loaded(tmp_path, text)
    new = described(
        "dog",
        (10, 20, 30, 40),
        "\t\t<pose>Unspecified</pose>\n\t\t<truncated>0</truncated>\n\t\t<difficult>0</difficult>\n",
    )
    after = patched(dataset, added(dataset, 9, 19, 30, 40))[NAME].decode()
    assert after == text.replace("\t<!--", f"{new}\t<!--")


def test_several_new_objects_keep_their_order(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    changed = added(added(dataset.without_boxes(np.array([2])), 1, 1, 9, 9), 2, 2, 8, 8, label=1)
    after = fixed(dataset, changed)
    assert after.boxes.xyxy[2:].tolist() == [[1, 1, 9, 9], [2, 2, 8, 8]]
    assert after.boxes.label.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<annotation/>", "<annotation><object>NEW</object></annotation>"),
        ("<annotation></annotation>", "<annotation><object>NEW</object></annotation>"),
        (
            "<annotation><size/></annotation>",
            "<annotation><size/><object>NEW</object></annotation>",
        ),
        (
            '<annotation>\r\n  <size a=">"/>\r\n</annotation>',
            '<annotation>\r\n  <size a=">"/>\r\n  <object>NEW</object>\r\n</annotation>',
        ),
    ],
)
def test_an_object_can_be_added_to_a_file_without_any(tmp_path: Path, text: str, expected: str):
    dataset = loaded(tmp_path, text, THREE)
    after = patched(dataset, added(dataset, 0, 0, 9, 9))[NAME].decode()
    assert re.sub("<object>.*</object>", "<object>NEW</object>", after, flags=re.DOTALL) == expected
    put(tmp_path / NAME, after)
    assert load(tmp_path, []).boxes.xyxy[0].tolist() == [0, 0, 9, 9]


def test_a_new_object_is_indented_as_the_file_is(tmp_path: Path):
    text = THREE.replace("\t", "    ").replace("\n", "\r\n")
    dataset = loaded(tmp_path, text)
    added_lines = changed_lines(dataset, added(dataset, 0, 0, 9, 9), text)
    assert added_lines[:2] == ["+    <object>\r\n", "+        <name>dog</name>\r\n"]
    assert added_lines[6] == "+            <xmin>1</xmin>\r\n"


def test_the_size_and_filename_of_an_image_are_set(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    changed = with_images(dataset, size=np.array([[640.0, 80.0]]), name=texts(["é&.jpg"]))
    assert changed_lines(dataset, changed) == [
        "-\t<filename>a.jpg</filename>\n",
        "+\t<filename>é&amp;.jpg</filename>\n",
        "-\t\t<width>100</width>\n",
        "+\t\t<width>640</width>\n",
    ]


def test_a_missing_filename_and_size_are_put_where_they_belong(tmp_path: Path):
    text = "<annotation>\n  <folder>x</folder>\n  <segmented>0</segmented>\n</annotation>\n"
    dataset = loaded(tmp_path, text)
    changed = with_images(dataset, size=np.array([[640.0, 480.0]]), name=texts(["a.jpg"]))
    changed = without_problems(changed, "filename", "size")
    assert patched(dataset, changed)[NAME].decode() == (
        "<annotation>\n  <folder>x</folder>\n"
        "  <filename>a.jpg</filename>\n"
        "  <size>\n    <width>640</width>\n    <height>480</height>\n  </size>\n"
        "  <segmented>0</segmented>\n</annotation>\n"
    )
    assert problems(fixed(dataset, changed)) == []


def test_a_missing_height_stands_behind_the_width(tmp_path: Path):
    text = annotation(header="<size><width>9</width><depth>3</depth></size>")
    dataset = loaded(tmp_path, text)
    changed = without_problems(with_images(dataset, size=np.array([[9.0, 8.0]])), "height")
    after = patched(dataset, changed)[NAME].decode()
    assert "<size><width>9</width><height>8</height><depth>3</depth></size>" in after


def test_badly_written_fields_are_written_well(tmp_path: Path):
    text = annotation(
        described(extra="<difficult>true</difficult>"),
        header="<size><width>100.0</width><height>80</height></size>",
    )
    dataset = loaded(tmp_path, text)
    after = patched(dataset, without_problems(dataset, "width", "difficult"))[NAME].decode()
    assert after == text.replace("100.0", "100").replace("true", "1")


def test_what_stands_twice_stands_once_when_resolved(tmp_path: Path):
    twice = "\t\t\t<xmin>7</xmin>\n\t\t</bndbox>\n\t\t<bndbox/>\n"
    text = annotation(described().replace("\t\t</bndbox>\n", twice)).replace(
        "</object>", "<name>cat</name></object>"
    )
    dataset = loaded(tmp_path, text)
    assert [problem[3] for problem in problems(dataset)] == ["name", "bndbox", "xmin"]
    resolved = without_problems(dataset, "name", "bndbox", "xmin")
    assert patched(dataset, resolved)[NAME].decode() == annotation(described())
    only_box = without_problems(dataset, "bndbox")
    assert patched(dataset, only_box)[NAME].decode() == text.replace("\t\t<bndbox/>\n", "")


@pytest.mark.parametrize(
    "box",
    [
        "",
        "<bndbox/>",
        "<bndbox></bndbox>",
        "<bndbox>1 2 3 4</bndbox>",
        "<bndbox><x>1</x></bndbox>",
        "<bndbox><ymin>20</ymin><ymax/></bndbox>",
        "<bndbox><ymax>1,5</ymax><xmin>nan</xmin></bndbox>",
    ],
)
def test_a_box_that_could_not_be_read_is_written(tmp_path: Path, box: str):
    dataset = loaded(tmp_path, f"<annotation><object><name>dog</name>{box}</object></annotation>")
    corners = ("bndbox", "xmin", "ymin", "xmax", "ymax")
    after = fixed(dataset, without_problems(moved(dataset, 0, 9, 19, 30, 40), *corners))
    assert after.boxes.xyxy.tolist() == [[9, 19, 30, 40]]
    assert {problem[3] for problem in problems(after)} == {"filename", "size"}


@pytest.mark.parametrize("name", ["", "<name/>", "<name />", "<name></name>", '<name lang=">"/>'])
def test_a_missing_name_is_written(tmp_path: Path, name: str):
    text = annotation(described(None), described("cat")).replace("<object>", f"<object>{name}", 1)
    dataset = loaded(tmp_path, text)
    changed = without_problems(relabelled(dataset, 0, "dog"), "name")
    after = fixed(dataset, changed)
    assert [after.class_names[label] for label in after.boxes.label] == ["dog", "cat"]
    assert problems(after) == []


def test_a_name_that_stays_keeps_its_comments(tmp_path: Path):
    text = annotation(described("d<!-- sic -->og", extra="\t\t<name>cat</name>\n"))
    dataset = loaded(tmp_path, text)
    after = patched(dataset, without_problems(dataset, "name"))[NAME].decode()
    assert after == text.replace("\t\t<name>cat</name>\n", "")


def test_a_corner_is_written_as_short_as_it_can_be(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    assert changed_lines(dataset, moved(dataset, 1, 4, 5, 69.123456, 1 / 3)) == [
        "-\t\t\t<xmax>70</xmax>\n",
        "-\t\t\t<ymax>80</ymax>\n",
        "+\t\t\t<xmax>69.123456</xmax>\n",
        "+\t\t\t<ymax>0.3333333333333333</ymax>\n",
    ]
    changed = moved(dataset, 1, -0.9, 5, 70, 80)  # -0.9 + 1 is 0.09999999999999998
    assert changed_lines(dataset, changed)[1] == "+\t\t\t<xmin>0.1</xmin>\n"


def test_only_the_first_of_two_names_changes_while_both_stay(tmp_path: Path):
    text = annotation(described("dog", extra="\t\t<name>cat</name>\n"))
    dataset = loaded(tmp_path, text)
    after = patched(dataset, relabelled(dataset, 0, "cow"))[NAME].decode()
    assert after == text.replace("dog", "cow")


ODD = """<?xml version='1.0'?>\r
<!-- drawn by hand -->\r
<annotation verified="yes"><filename>a.jpg</filename>\r
  <size><width>100</width><height>80</height></size>\r
\t<object   id = '1>2' ><name><!-- sic -->d<![CDATA[o]]>&#103;</name >\r
      <bndbox><xmin>1</xmin><ymin>1</ymin>\r
<xmax>9</xmax><ymax>9</ymax></bndbox><part><name>leg</name></part></object><object>\r
<bndbox><xmin>2</xmin><ymin>2</ymin><xmax>8</xmax><ymax>8</ymax></bndbox>\r
<name>cat</name></object>\t <!-- last -->\r
</annotation>\r
<!-- bye -->"""


def test_in_an_odd_file_only_what_is_fixed_changes(tmp_path: Path):
    dataset = loaded(tmp_path, ODD)
    assert dataset.class_names == ["dog", "cat"]
    relabel = patched(dataset, relabelled(dataset, 0, "cow"))[NAME].decode()
    assert relabel == ODD.replace("<!-- sic -->d<![CDATA[o]]>&#103;", "cow")
    dropped = patched(dataset, dataset.without_boxes(np.array([0])))[NAME].decode()
    assert dropped == ODD[: ODD.index("<object ")] + ODD[ODD.index("<object>") :]
    dropped = patched(dataset, dataset.without_boxes(np.array([1])))[NAME].decode()
    assert dropped == ODD[: ODD.index("<object>")] + ODD[ODD.index("\t <!-- last") :]


@pytest.mark.parametrize(
    ("codec", "declared"),
    [
        ("utf-8", None),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", None),
        ("utf-16-be", None),
        ("latin-1", "ISO-8859-1"),
        ("gbk", "GBK"),
    ],
)
def test_a_file_keeps_its_encoding(tmp_path: Path, codec: str, declared: str | None):
    first = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    note = "<!-- 狗 -->" if codec == "gbk" else "<!-- été -->"
    text = first + note + annotation(described("dog"), described("cat"))
    raw = text.encode(codec)
    dataset = loaded(tmp_path, raw)
    dropped = patched(dataset, dataset.without_boxes(np.array([0])))[NAME]
    assert dropped == text.replace(described("dog"), "").encode(codec)
    after = fixed(dataset, relabelled(dataset, 1, "狗 é 🐕"))
    assert after.class_names == ["dog", "狗 é 🐕"]
    assert after.boxes.xyxy.tolist() == dataset.boxes.xyxy.tolist()


def test_the_objects_before_a_truncation_can_be_fixed(tmp_path: Path):
    cut = THREE[: THREE.index("cow")]
    dataset = loaded(tmp_path, cut)
    changed = added(dataset.without_boxes(np.array([0])), 0, 0, 9, 9, label=1)
    after = fixed(dataset, changed)
    assert after.class_names == ["cat"]
    assert after.boxes.xyxy.tolist() == [[4, 5, 70, 80], [0, 0, 9, 9]]
    assert [problem[2] for problem in problems(after)] == ["truncated"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: with_boxes(data, crowd=np.ones(3, bool)), "object 0: an object .* no crowd"),
        (lambda data: with_boxes(data, area=np.ones(3)), "has no area"),
        (lambda data: with_boxes(data, image=np.array([0, 1, 0], np.int32)), "object 1.* no image"),
        (lambda data: with_boxes(data, label=np.array([0, 1, -1], np.int32)), "object 2: '' is no"),
        (lambda data: relabelled(data, 2, " "), "object 2: ' ' is no class name"),
        (lambda data: relabelled(data, 2, "bell\x07"), "object 2: .* is no class name"),
        (lambda data: moved(data, 1, 0, 0, np.nan, 9), "object 1: xmax would be nan"),
        (lambda data: moved(data, 1, -np.inf, 0, 1, 9), "object 1: xmin would be -inf"),
        (lambda data: with_images(data, name=texts(["\x00", ""])), "XML cannot hold"),
        (lambda data: with_images(data, size=np.full((2, 2), np.nan)), "width would be nan"),
        (lambda data: data.without_images(np.array([1])), "b.xml: an image is a file here"),
        (lambda data: added(data, 0, 0, np.inf, 9), "a new object: its corners .* not finite"),
        (lambda data: added(data, 0, 0, 9, 9, label=-1), "a new object: '' is no class name"),
    ],
)
def test_what_the_format_cannot_hold_is_refused(tmp_path: Path, change: Any, words: str):
    dataset = loaded(tmp_path, THREE, annotation(filename="b.jpg"))
    with pytest.raises(FixError, match=words):
        patched(dataset, change(dataset))


def test_a_new_object_belongs_in_the_file_of_its_image(tmp_path: Path):
    dataset = loaded(tmp_path, THREE, annotation(filename="b.jpg"))
    changed = added(dataset, 0, 0, 9, 9, image=1)
    changed.boxes.file[-1] = 0
    with pytest.raises(FixError, match="in the file of its image"):
        patched(dataset, changed)


def test_a_file_that_cannot_be_written_as_it_is_encoded_is_refused(tmp_path: Path):
    first = '<?xml version="1.0" encoding="utf-7"?>'
    dataset = loaded(tmp_path, first + annotation(described("+AGE-")))
    assert dataset.class_names == ["a"]
    with pytest.raises(FixError, match="utf-7 does not give its bytes back"):
        patched(dataset, dataset.without_boxes(np.array([0])))


def test_a_file_that_changed_meanwhile_is_refused(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    changed = dataset.without_boxes(np.array([2]))
    put(tmp_path / NAME, annotation(described()))
    with pytest.raises(FixError, match=r"a\.xml: object 2: not there"):
        patched(dataset, changed)
    put(tmp_path / NAME, b"\xff\xff")
    with pytest.raises(FixError, match=r"a\.xml: cannot be changed"):
        patched(dataset, changed)
    put(tmp_path / NAME, "")
    with pytest.raises(FixError, match=r"a\.xml: cannot be changed: no element found"):
        patched(dataset, changed)
    (tmp_path / NAME).unlink()
    with pytest.raises(FixError, match=r"a\.xml: cannot be changed: .*No such file"):
        patched(dataset, changed)


corner = st.integers(-50, 200).map(float) | st.floats(-1e6, 1e6).map(lambda x: round(x, 3))


@given(
    before=st.lists(st.tuples(*[corner] * 4), min_size=1, max_size=4),
    after=st.lists(st.tuples(*[corner] * 4), min_size=4, max_size=4),
    kept=st.lists(st.booleans(), min_size=4, max_size=4),
    names=st.lists(st.sampled_from(["dog", "cat", "<é>", " x "]), min_size=4, max_size=4),
    new=st.integers(0, 2),
    newline=st.sampled_from(["\n", "\r\n", "\r", ""]),
)
def test_what_was_fixed_is_loaded(
    tmp_path_factory: pytest.TempPathFactory,
    before: Any,
    after: Any,
    kept: Any,
    names: Any,
    **way: Any,
):
    text = annotation(*(described("dog", corners) for corners in before))
    dataset = loaded(tmp_path_factory.mktemp("any"), text.replace("\n", way["newline"]))
    changed = dataset
    for row in range(len(before)):
        changed = relabelled(moved(changed, row, *after[row]), row, names[row])
    changed = changed.without_boxes(np.flatnonzero(~np.array(kept[: len(before)])))
    for _ in range(way["new"]):
        changed = added(changed, 1, 2, 3.5, 4, label=len(changed.categories) - 1)
    result = fixed(dataset, changed)
    expected = changed.boxes.xyxy
    np.testing.assert_allclose(result.boxes.xyxy, expected, rtol=0, atol=1e-9)
    rounded = dataclasses.replace(result.boxes, xyxy=expected)
    same_labels(dataclasses.replace(result, boxes=rounded), changed)
    assert problems(result) == []
