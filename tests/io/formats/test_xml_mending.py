"""XML that is none for a parser is mended in Pascal VOC and CVAT, and read record by record."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats.xml_mending import mended_xml, xml_encoding
from labelaudit.io.load import load
from labelaudit.io.save import save_in_place, undo
from labelaudit.testing import draw

SIZE = (100, 80)


def voc(name: str = "car", more: str = "", extra: str = "") -> str:
    box = "<bndbox><xmin>11</xmin><ymin>11</ymin><xmax>40</xmax><ymax>30</ymax></bndbox>"
    size = f"<size><width>{SIZE[0]}</width><height>{SIZE[1]}</height><depth>3</depth></size>"
    head = f"<annotation>\n\t<filename>a.jpg</filename>{more}\n\t{size}\n"
    one = f"\t<object><name>{name}</name><difficult>0</difficult>{box}</object>\n"
    two = f"\t<object><name>bus</name><difficult>0</difficult>{box}</object>\n"
    return f"{head}{one}{extra}{two}</annotation>\n"


def cvat(name: str = "car", more: str = "", extra: str = "") -> str:
    box = '<box label="{}" occluded="0" xtl="10" ytl="10" xbr="40" ybr="30" z_order="0"/>'
    image = f'<image id="0" name="a.jpg" width="100" height="80">{box.format(name)}</image>'
    other = f'<image id="1" name="b.jpg" width="100" height="80">{box.format("bus")}</image>'
    labels = "<label><name>bus</name></label>"
    meta = f"<meta><task><labels>{labels}</labels></task></meta>"
    head = f"<annotations><version>1.1</version>{meta}{more}"
    return f"{head}\n{image}\n{extra}{other}\n</annotations>\n"


def put(folder: Path, text: str | bytes) -> Path:
    path = folder / "annotations.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for name in ("a.jpg", "b.jpg"):
        draw(folder / name, SIZE)
    return path


def names(dataset: Dataset) -> list[str]:
    return [[*dataset.class_names, "?"][label] for label in dataset.boxes.label.tolist()]


WRITINGS = {
    "a bare ampersand": ("cats & dogs", "cats & dogs", "& that begins no entity"),
    "two of them": ("a&b&c", "a&b&c", "& that begins no entity"),
    "an entity of HTML": ("caf&eacute;", "café", "entities that XML does not know"),
    "an entity of nobody": ("a&b;c", "a&b;c", "& that begins no entity"),
    "an entity beside a bare ampersand": ("R&D &amp; more", "R&D & more", "& that begins"),
    "a control character": ("ca\x07r", "car", "control characters"),
    "less than": ("a<b", "a<b", "< in a text"),
}


@pytest.mark.parametrize("of", [voc, cvat])
@pytest.mark.parametrize("writing", WRITINGS)
def test_names_that_no_xml_holds_are_read_and_told(tmp_path, writing, of):
    written, read, said = WRITINGS[writing]
    put(tmp_path, of(written))
    dataset = load(tmp_path)
    assert names(dataset) == [read, "bus"]
    findings = audit(dataset, select=["REF"])
    told = [line for line in findings.message.tolist() if "its text" in line]
    assert len(told) == 1
    assert said in told[0]
    assert Severity.ERROR.value in findings.severity.tolist()
    assert not audit(dataset, select=["REF001"]).message.tolist()


STRUCTURE = {
    "an undeclared prefix of a tag": ("<x:y>1</x:y>", "prefixes"),
    "an undeclared prefix of an attribute": ('<source xsi:type="a">b</source>', "prefixes"),
    "dashes in a comment": ("<!-- a -- b -->", "-- within a comment"),
    "an ampersand in a path": ("<path>C:/a&b/c.jpg</path>", "& that begins"),
}


@pytest.mark.parametrize("of", [voc, cvat])
@pytest.mark.parametrize("oddity", STRUCTURE)
def test_what_else_stops_a_parser_is_mended(tmp_path, oddity, of):
    more, said = STRUCTURE[oddity]
    put(tmp_path, of("car", more))
    dataset = load(tmp_path)
    assert names(dataset) == ["car", "bus"]
    assert any(said in line for line in audit(dataset, select=["REF010"]).message.tolist())


ENCODINGS = {
    "UTF-16 said of UTF-8": ('<?xml version="1.0" encoding="utf-16"?>', "utf-8", "utf-8", "é"),
    "ASCII said of UTF-8": ('<?xml version="1.0" encoding="us-ascii"?>', "utf-8", "utf-8", "é"),
    "an encoding of nobody": ('<?xml version="1.0" encoding="utf8mb4"?>', "utf-8", "utf-8", "é"),
    "nothing said of Latin-1": ("", "latin-1", "cp1252", "Fußgänger"),
    "UTF-8 said of Latin-1": ('<?xml version="1.0" encoding="utf-8"?>', "latin-1", "cp1252", "é"),
    "UTF-8 said of GBK": ('<?xml version="1.0" encoding="utf-8"?>', "gbk", "gb18030", "汽车"),
    "text before the declaration": ('\n<?xml version="1.0"?>', "utf-8", "", "é"),
}


@pytest.mark.parametrize("of", [voc, cvat])
@pytest.mark.parametrize("case", ENCODINGS)
def test_an_encoding_that_is_not_the_declared_one_is_found(tmp_path, case, of):
    declared, codec, read_as, name = ENCODINGS[case]
    put(tmp_path, (declared + of(name)).encode(codec))
    dataset = load(tmp_path)
    assert names(dataset) == [name, "bus"]
    messages = audit(dataset, select=["REF010"]).message.tolist()
    said = f"read as {read_as}" if read_as else "text before the declaration"
    assert any(said in line for line in messages), messages


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0" encoding="gb2312"?><a>汽车</a>'.encode("gbk"),
        "<a>é</a>".encode("utf-16"),
        "<a>é</a>".encode("utf-16-le"),
        "\ufeff<a>é</a>".encode(),
        '<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'.encode("latin-1"),
    ],
)
def test_an_encoding_that_is_true_is_taken(text):
    codec, mark = xml_encoding(text)
    assert text[mark:].decode(codec).endswith(("<a>é</a>", "<a>汽车</a>"))


@pytest.mark.parametrize("of", [voc, cvat])
def test_a_record_that_cannot_be_mended_is_one_that_is_told(tmp_path, of):
    extra = {
        voc: "\t<object><name>van</nmae></object>\n",
        cvat: '<image id="9" name="c.jpg"><box></image>\n',
    }[of]
    put(tmp_path, of("car", "", extra))
    dataset = load(tmp_path)
    assert names(dataset) == ["car", "bus"]
    messages = audit(dataset, select=["REF001"]).message.tolist()
    assert len(messages) == 1
    assert "mismatched tag" in messages[0]


def test_an_object_that_is_not_closed_takes_no_other_with_it(tmp_path):
    put(tmp_path, voc("car", "", "\t<object><name>van</name>\n"))
    dataset = load(tmp_path)
    assert names(dataset) == ["car", "bus"]
    assert dataset.boxes.record.tolist() == [0, 2]


@pytest.mark.parametrize("of", [voc, cvat])
def test_a_file_that_ends_too_early_is_still_cut_off(tmp_path, of):
    text = of("a & b")
    put(tmp_path, text[: text.rindex("bus") + 5])
    messages = audit(load(tmp_path), select=["REF001"]).message.tolist()
    assert len(messages) == 1
    assert "is cut off" in messages[0]


def test_a_valid_file_is_not_mended(tmp_path):
    put(tmp_path, voc("cats &amp; dogs &#169;"))
    dataset = load(tmp_path)
    assert names(dataset) == ["cats & dogs ©", "bus"]
    assert not audit(dataset, select=["REF010"]).message.tolist()


@pytest.mark.parametrize("name", ["cats & dogs", "caf&eacute;", "ca\x07r", "é", "a<b"])
@pytest.mark.parametrize("codec", ["utf-8", "latin-1"])
def test_records_behind_what_was_mended_are_changed_where_they_stand(tmp_path, name, codec):
    path = put(tmp_path, voc(name, "<!-- -- -- é -->", "<x:y/>\n").encode(codec))
    raw = path.read_bytes()
    dataset = load(tmp_path)
    boxes = dataset.boxes
    moved = boxes.xyxy.copy()
    moved[1] += [0, 0, 5, 5]
    save_in_place(dataclasses.replace(dataset, boxes=boxes.replaced(xyxy=moved)))
    first, last = raw.index(b"<name>bus"), raw.index(b"</annotation>")
    changed = raw[first:last].replace(b"<xmax>40", b"<xmax>45").replace(b"<ymax>30", b"<ymax>35")
    assert path.read_bytes() == raw[:first] + changed + raw[last:]
    assert undo(tmp_path)
    assert path.read_bytes() == raw


@pytest.mark.parametrize(
    "text",
    [
        "<a>b & c &lt; d &#38; e &#x26; f</a>",
        "<a><![CDATA[b & c < d]]></a>",
        '<a b="c & d">e</a>',
        '<a xmlns:x="y"><x:b/></a>',
        "<a>1 < 2 and 3 > 2</a><!-- --- -->",
        '<a b="x:y z" c="d:e=f">&nbsp;</a>',
    ],
)
def test_what_is_mended_is_xml_and_says_what_the_text_says(text):
    mended = mended_xml(text)
    root = fromstring(mended.text)
    for words in ("b & c", "c & d", "1 < 2 and 3 > 2"):
        if words in text:
            assert words in "".join([root.text or "", *root.attrib.values()])
    if "x:y z" in text:
        assert dict(root.attrib) == {"b": "x:y z", "c": "d:e=f"}


def test_each_byte_of_the_mended_text_is_found_in_the_original():
    text = "é & <a>&nbsp;\x01x & y</a>"
    mended = mended_xml(text)
    for word in ("<a>", "x", "y</a>"):
        at = mended.text.encode().index(word.encode())
        assert text.encode()[mended.original(at) :].startswith(word.encode())


@pytest.mark.parametrize(
    "xml",
    [
        '<Annotations><meta></meta><Image id="0" name="a.jpg" width="100" height="80">'
        '<Box label="car" xtl="10" ytl="10" xbr="40" ybr="30"/></Image></Annotations>',
        '<annotations><meta></meta><image ID="0" Name="a.jpg" WIDTH="100" height="80">'
        '<box Label="car" XTL="10" YTL="10" XBR="40" YBR="30"/></image></annotations>',
    ],
)
def test_cvat_files_in_other_letter_case_are_read_and_told(tmp_path, xml):
    put(tmp_path, xml)
    dataset = load(tmp_path)
    assert dataset.format == "cvat"
    assert names(dataset) == ["car"]
    assert dataset.boxes.xyxy.tolist() == [[10, 10, 40, 30]]
    assert dataset.images.size.tolist() == [[100, 80]]
    messages = audit(dataset, select=["REF010"]).message.tolist()
    assert any("letter case is another than CVAT's" in line for line in messages), messages
