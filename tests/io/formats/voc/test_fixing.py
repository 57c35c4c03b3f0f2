"""Pascal VOC files that are odd or broken: what is missing or doubled is mended, the rest stays."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from labelaudit.core.columns import texts
from labelaudit.core.rows import all_but
from labelaudit.dataset.tables import Dataset
from tests.io.formats.voc_files import (
    NAME,
    THREE,
    added,
    annotation,
    described,
    fixed,
    loaded,
    moved,
    patched,
    problems,
    relabelled,
    with_images,
)


def without_problems(dataset: Dataset, *fields: str) -> Dataset:
    left = ~np.isin(np.array(dataset.problems.field.tolist(), object), fields)
    return dataclasses.replace(dataset, problems=dataset.problems.rows(left))


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
    dropped = patched(dataset, dataset.keep(boxes=all_but(len(dataset.boxes), np.array([0]))))[
        NAME
    ].decode()
    assert dropped == ODD[: ODD.index("<object ")] + ODD[ODD.index("<object>") :]
    dropped = patched(dataset, dataset.keep(boxes=all_but(len(dataset.boxes), np.array([1]))))[
        NAME
    ].decode()
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
    dropped = patched(dataset, dataset.keep(boxes=all_but(len(dataset.boxes), np.array([0]))))[NAME]
    assert dropped == text.replace(described("dog"), "").encode(codec)
    after = fixed(dataset, relabelled(dataset, 1, "狗 é 🐕"))
    assert after.class_names == ["dog", "狗 é 🐕"]
    assert after.boxes.xyxy.tolist() == dataset.boxes.xyxy.tolist()


def test_the_objects_before_a_truncation_can_be_fixed(tmp_path: Path):
    cut = THREE[: THREE.index("cow")]
    dataset = loaded(tmp_path, cut)
    changed = added(
        dataset.keep(boxes=all_but(len(dataset.boxes), np.array([0]))), 0, 0, 9, 9, label=1
    )
    after = fixed(dataset, changed)
    assert after.class_names == ["cat"]
    assert after.boxes.xyxy.tolist() == [[4, 5, 70, 80], [0, 0, 9, 9]]
    assert [problem[2] for problem in problems(after)] == ["truncated"]
