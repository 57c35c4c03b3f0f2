"""Files of a layout that was met before give what building their elements gives."""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Callable, Sequence

import pytest

from labelaudit.core.columns import MISSING
from labelaudit.io.formats.voc.markup import parsed
from labelaudit.io.formats.voc.plain_files import (
    COMPILED,
    LARGEST,
    LEARNT_AT_ONCE,
    PlainFiles,
)
from labelaudit.io.formats.voc.xml_texts import Texts

Add = Callable[[PlainFiles, Texts, int, bytes], int]
KNOWN = PlainFiles.add_known
every_way = pytest.mark.parametrize("add", [PlainFiles.add, KNOWN])

PLAIN = (
    b"<annotation>\n<filename>a.jpg</filename><size><width>10</width><height>20</height></size>"
    b"<object><name>cat</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax>"
    b"</bndbox></object></annotation>\n"
)
ODD_TEXTS = (
    "",
    " ",
    "\n",
    "1.5",
    "-2",
    "a>b",
    "&amp;",
    "&#65;",
    "caf\u00e9",
    "\x01",
    "]]>",
    "\r\n",
)
HEADS = (
    *("", "", "", "<?xml version='1.0'?>", '<?xml version="1.0" encoding="UTF-8"?>\n', "\ufeff"),
    *('<?xml version="1.0" encoding="utf-16"?>', '<?xml version="1.0" encoding="cp037"?>', "\n"),
    *('<?xml version="1.1"?>', '<?xml version="1.0" encoding="hz"?>', "<!DOCTYPE annotation>"),
    *("<!-- made by hand -->", "text", '<?xml version="1.0"?>text', ' <?xml version="1.0"?>'),
)
INSERTED = (
    *(
        "<pose/>",
        "<!-- <b> -->",
        "<![CDATA[<b>]]>",
        "<name>dog</name>",
        "<part><name>b</name></part>",
    ),
    *("<truncated>1</truncated>", "<", ">", "</object>", "<?php a?>", "<a b='>'/>", "<a b=1/>"),
)


def _both(files: Sequence[bytes], add: Add = PlainFiles.add) -> tuple[Texts, Texts, int]:
    """What is read of files quickly and by building elements, and how many were read so."""
    plain, quick, slow, read = PlainFiles(), Texts(), Texts(), 0
    for file, raw in enumerate(files):
        row = add(plain, quick, file, raw)
        read += row != MISSING
        if row == MISSING:
            row = quick.add(file, parsed(raw))
        assert row == slow.add(file, parsed(raw))
    return quick, slow, read


def _object(draw: random.Random) -> str:
    text = draw.choice(ODD_TEXTS) if draw.random() < 0.05 else str(draw.randrange(99))
    edges = [f"<{name}>{draw.randrange(99)}</{name}>" for name in ("xmin", "ymin", "xmax", "ymax")]
    fields = [
        f"<name>{draw.choice(['cat', 'dog', text])}</name>",
        f"<difficult>{draw.randrange(2)}</difficult>" if draw.random() < 0.5 else "<difficult/>",
        f"<bndbox>{''.join(edges)}</bndbox>",
    ]
    if draw.random() < 0.2:
        draw.shuffle(fields)
    return f"<object>\n\t{''.join(fields)}</object>\n"


def _file(draw: random.Random) -> bytes:
    text = "".join(_object(draw) for _ in range(draw.randrange(3)))
    name = draw.choice(["a.jpg", "b/c.png", draw.choice(ODD_TEXTS)])
    size = "<size><width>10</width><height>20</height></size>"
    text = f"<annotation>\n<filename>{name}</filename>{size}{text}</annotation>\n"
    if draw.random() < 0.3:
        text = draw.choice(HEADS) + text
    if draw.random() < 0.2:
        place = draw.randrange(len(text))
        text = text[:place] + draw.choice(INSERTED) + text[place:]
    if draw.random() < 0.1:
        text = text[: draw.randrange(len(text))]
    if draw.random() < 0.1:
        text += draw.choice(["text", " ", "<a/>", "\0"])
    raw = text.replace("\n", "\r\n").encode() if draw.random() < 0.2 else text.encode()
    if draw.random() < 0.1:
        changed = bytearray(raw)
        changed[draw.randrange(len(raw))] = draw.randrange(256)
        raw = bytes(changed)
    return raw


@every_way
@pytest.mark.parametrize("seed", range(6))
def test_random_files_give_what_building_their_elements_gives(seed: int, add: Add) -> None:
    draw = random.Random(seed)
    quick, slow, read = _both([_file(draw) for _ in range(800)], add)
    assert dataclasses.asdict(quick) == dataclasses.asdict(slow)
    assert 100 < read < 800


@pytest.mark.skipif(not COMPILED, reason="nothing was compiled")
@pytest.mark.parametrize("seed", range(3))
def test_files_are_read_in_a_row_until_one_is_odd(seed: int) -> None:
    draw = random.Random(seed)
    files: list[bytes | None] = [_file(draw) if draw.random() < 0.95 else None for _ in range(400)]
    together, alone, first = Texts(), Texts(), 0
    many, one = PlainFiles(), PlainFiles()
    while first < len(files):
        count = many.add_many(together, len(together.image_file), files, first)
        for raw in files[first : first + count]:
            assert one.add_many(alone, len(alone.image_file), [raw]) == 1
        first += count
        if first < len(files):
            assert one.add_many(alone, len(alone.image_file), [files[first]]) == 0
        first += 1
    assert dataclasses.asdict(together) == dataclasses.asdict(alone)
    assert 100 < len(together.image_file) < 400


def test_of_no_files_none_is_read() -> None:
    texts = Texts()
    assert PlainFiles().add_many(texts, 0, []) == 0
    assert texts == Texts()


@every_way
def test_a_layout_that_was_met_is_read_from_its_texts(add: Add) -> None:
    quick, _, read = _both([PLAIN, PLAIN.replace(b"cat", b"dog")], add)
    assert read == 2
    assert quick.name == ["cat", "dog"]
    assert _both([PLAIN, PLAIN.replace(b"\n", b"\r\n")], add)[2] == 2


@every_way
@pytest.mark.parametrize(
    "changed",
    [
        PLAIN.replace(b"cat", b"&lt;"),
        PLAIN.replace(b"cat", b"caf\xc3\xa9"),
        PLAIN.replace(b"cat", b"c\x01"),
        PLAIN.replace(b"cat", b"c\rt"),
        PLAIN.replace(b"cat", b"c>t"),
        PLAIN.replace(b">cat<", b"<cat>"),
        PLAIN + b"text",
        b"\n" + PLAIN,
        PLAIN.replace(b"<size><width>10</width><height>20</height></size>", b""),
        PLAIN.replace(b"<name>cat</name>", b"<name>cat</name><name>dog</name>"),
        b'<?xml version="1.0" encoding="hz"?>' + PLAIN,
    ],
)
def test_what_is_more_than_tags_and_plain_text_is_read_from_elements(
    changed: bytes, add: Add
) -> None:
    assert _both([PLAIN, changed], add)[2] == 1


TAGS = (
    "annotation",
    "object",
    "name",
    "size",
    "bndbox",
    "xmin",
    "part",
    "filename",
    "xmlns",
    "a:b",
)
BLANKS = ("", "", "", " ", "\n\t", "\r\n", "\r", "\f", "\u00a0")
ATTRIBUTES = (
    *("", "", "", ' a="1"', " b='x > y'", ' a="1" b="2"', ' a="1"b="2"', 'a="1"', " a = '\"'"),
    *(' xmlns="u"', ' xml:lang="de"', ' a:b="1"', " a", " a=1", ' a="<"', ' a="&lt;"', ' 1="1"'),
)


def _odd_markup(draw: random.Random) -> bytes:
    """A file with blanks and attributes in its tags, and with tags anywhere and of any name."""
    pieces = []
    for piece in re.split(rb"(?<=>)|(?=<)", PLAIN):
        text = piece.decode()
        if text.startswith("<") and draw.random() < 0.03:
            place = -2 if text.endswith("/>") else -1
            text = text[:place] + draw.choice(ATTRIBUTES) + draw.choice(BLANKS) + text[place:]
        if draw.random() < 0.005:
            text = f"<{draw.choice(TAGS)}>{text}"
        if draw.random() < 0.005:
            text += f"</{draw.choice(TAGS)}>"
        if draw.random() < 0.03:
            name = draw.choice(TAGS)
            text += draw.choice([f"<{name}/>", f"<{name}>{draw.choice(BLANKS)}7</{name}>"])
        if draw.random() < 0.01:
            text = text.replace(draw.choice("<>/anx1"), draw.choice(["", "<", ">", "/", "a", "7"]))
        pieces.append(text)
    return "".join(pieces).encode()


@every_way
@pytest.mark.parametrize("seed", range(3))
def test_random_tags_give_what_building_their_elements_gives(seed: int, add: Add) -> None:
    draw = random.Random(seed)
    quick, slow, read = _both([_odd_markup(draw) for _ in range(1500)], add)
    assert dataclasses.asdict(quick) == dataclasses.asdict(slow)
    assert 100 < read < 1300


@pytest.mark.skipif(not COMPILED, reason="nothing was compiled")
def test_files_are_read_at_once_whatever_their_layout() -> None:
    deep = 30  # elements in each other, beside the two around them
    many = PLAIN.replace(b"<object>", b"<object>" + b"<part>" * deep + b"</part>" * deep)
    others = (
        PLAIN.replace(b"<annotation>", b'<annotation verified="yes">'),
        PLAIN.replace(b"</object>", b"<pose/><truncated>0</truncated></object>"),
        PLAIN.replace(b"<name>cat</name>", b"<name>0123</name><difficult>1</difficult>"),
        many,
    )
    assert _both([PLAIN, *others])[2] == 5
    numbers = ["007", "7", "07", "0", "00", "9999", "10000", "09999", "", " 7", "-7", "7"]
    quick, slow, read = _both([PLAIN.replace(b"cat", number.encode()) for number in numbers])
    assert (quick.name, read) == (slow.name, len(numbers))
    for depth in (deep + 1, 5000):
        _both([PLAIN.replace(b"<object>", b"<object>" + b"<part>" * depth + b"</part>" * depth)])


def test_files_of_any_size_are_read_and_large_ones_from_elements() -> None:
    blanks = LARGEST - len(PLAIN)
    assert _both([PLAIN + b" " * blanks], KNOWN)[2] == 1
    assert _both([PLAIN + b" " * (blanks + 1)], KNOWN)[2] == 0


def test_layouts_that_are_never_met_again_are_not_learnt_for_ever() -> None:
    files = [PLAIN.replace(b"<size>", b"<size>" + b"<a/>" * number) for number in range(100)]
    assert _both(files, KNOWN)[2] == LEARNT_AT_ONCE
    assert _both([*files[:10], *files[:10], *files[10:]], KNOWN)[2] == LEARNT_AT_ONCE + 20
