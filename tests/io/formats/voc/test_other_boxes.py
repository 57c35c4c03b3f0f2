from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.run import audit
from labelaudit.io.load import load
from labelaudit.io.save import save


def scanned(folder: Path, *objects: str) -> Path:
    inside = "".join(f"<object><name>dog</name>{one}</object>" for one in objects)
    size = "<size><width>200</width><height>100</height><depth>3</depth></size>"
    folder.mkdir(exist_ok=True)
    text = f"<annotation><filename>a.jpg</filename>{size}{inside}</annotation>"
    (folder / "a.xml").write_text(text, "utf-8")
    return folder


WHOLE = "<bndbox><xmin>5</xmin><ymin>5</ymin><xmax>90</xmax><ymax>90</ymax></bndbox>"
ODD = [
    "<robndbox><cx>25</cx><cy>40</cy><w>30</w><h>40</h><angle>0</angle></robndbox>",
    "<robndbox><cx>25</cx><cy>40</cy><w>40</w><h>30</h><angle>1.5707963</angle></robndbox>",
    "<polygon><x1>10</x1><y1>20</y1><x2>40</x2><y2>30</y2><x3>30</x3><y3>60</y3></polygon>",
    "<polygon><point><x>10</x><y>20</y></point><point><x>40</x><y>60</y></point></polygon>",
    "<polygon>10,20 40,30 30,60</polygon>",
    '<bndbox xmin="10" ymin="20" xmax="40" ymax="60"/>',
    "<bndbox>10, 20, 40, 60</bndbox>",
    "<bndbox><x>10</x><y>20</y><w>30</w><h>40</h></bndbox>",
    "<bndbox><x1>10</x1><y1>20</y1><x2>40</x2><y2>20</y2><x3>40</x3><y3>60</y3><x4>10</x4>"
    "<y4>60</y4></bndbox>",
    "<Bnd_Box><X-Min>10</X-Min><YMin>20</YMin><XMax>40</XMax><YMax>60</YMax></Bnd_Box>",
    "<xmin>10</xmin><ymin>20</ymin><xmax>40</xmax><ymax>60</ymax>",
]


@pytest.mark.parametrize("odd", ODD)
def test_what_says_where_an_object_is_becomes_its_box(odd: str, tmp_path: Path):
    before = load(scanned(tmp_path / "odd", odd, WHOLE), format="voc")
    assert before.boxes.xyxy[0].tolist() == pytest.approx([9, 19, 40, 60], abs=1e-5)
    assert before.problems.kind.tolist() == ["wrong-type"]
    assert before.problems.field.tolist() == ["bndbox"]
    findings = audit(before, select=["REF"])
    fixed = apply(before, findings.rows(fixable(findings))).dataset
    saved = save(fixed, tmp_path / "cleaned")
    element = fromstring((saved.path / "a.xml").read_bytes()).findall("object")[0]
    corners = [element.findtext(f"bndbox/{name}") for name in ("xmin", "ymin", "xmax", "ymax")]
    assert corners == ["10", "20", "40", "60"]
    after = load(saved.path, format="voc")
    assert not len(after.problems)
    assert after.boxes.xyxy[0].tolist() == [9, 19, 40, 60]


@pytest.mark.parametrize(
    ("text", "edge"), [("10 px", 9), ("10,5", 9.5), ("(10, 99)", 9), ("(10,)", 9), (" 10.0px", 9)]
)
def test_a_corner_may_have_a_unit_a_decimal_comma_or_brackets(
    text: str, edge: float, tmp_path: Path
):
    odd = f"<bndbox><xmin>{text}</xmin><ymin>20</ymin><xmax>40</xmax><ymax>60</ymax></bndbox>"
    before = load(scanned(tmp_path / "odd", odd))
    assert before.boxes.xyxy.tolist() == [[edge, 19, 40, 60]]
    assert before.problems.kind.tolist() == ["wrong-type"]
    assert before.problems.field.tolist() == ["xmin"]


@pytest.mark.parametrize("odd", ["", "<bndbox/>", "<polygon><x1>1</x1></polygon>", "<part/>"])
def test_what_says_nothing_is_no_box(odd: str, tmp_path: Path):
    before = load(scanned(tmp_path / "odd", odd, WHOLE), format="voc")
    assert before.problems.field.tolist() == ["bndbox"]
    assert set(before.problems.kind.tolist()) <= {"missing-field", "unreadable-field"}
    assert not fixable(audit(before, select=["REF009"])).any()
