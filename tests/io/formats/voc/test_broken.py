from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.io.formats import small_files
from labelaudit.io.formats.voc import layout
from labelaudit.io.formats.voc.elements import escaped, is_writable
from labelaudit.io.formats.voc.loading import load
from labelaudit.io.formats.voc.markup import Markup, parsed, tolerantly_parsed
from tests.io.formats.voc_files import annotation, described, loaded, problems, put

WHOLE = annotation(described("dog"), described("cat"), described("cow"))


def test_of_a_truncated_file_the_complete_objects_stay(tmp_path: Path):
    cut = WHOLE[: WHOLE.index("cow")]
    dataset = loaded(tmp_path, cut, annotation(described("pig"), filename="b.jpg"))
    assert dataset.class_names == ["dog", "cat", "pig"]
    assert dataset.images.size[0].tolist() == [100, 80]
    ((part, record, kind, field, found),) = problems(dataset)
    assert (part, record, kind, field) == ("annotations", 2, "truncated", "")
    assert f"line {cut.count(chr(10)) + 1}, " in found
    assert dataset.problems.row.tolist() == [-1]


@pytest.mark.parametrize(
    "end", ["</annotation>", "</object>\n</annotation>", "<size>", "<filename>"]
)
def test_a_file_may_be_truncated_anywhere(tmp_path: Path, end: str):
    dataset = loaded(tmp_path, WHOLE[: WHOLE.rindex(end)])
    ((part, _, kind, field, _),) = problems(dataset)
    assert (kind, field) == ("truncated", "")
    assert part == ("annotations" if "object" in end else "file")
    assert len(dataset.images) == 1


@given(st.integers(0, len(WHOLE) - len("</annotation>\n")))
def test_wherever_a_file_ends_what_is_complete_is_read(length: int):
    cut = WHOLE[:length]
    markup = parsed(cut.encode())
    objects = [] if markup.root is None else markup.root.findall("object")
    assert len(objects) == cut.count("</object>")
    assert markup.fault is not None


def test_after_an_error_in_the_middle_the_rest_is_read(tmp_path: Path):
    dataset = loaded(tmp_path, WHOLE.replace("<name>cat", "<name>cats</nmae>"))
    assert dataset.class_names == ["dog", "cow"]
    assert dataset.boxes.record.tolist() == [0, 2]
    ((part, record, kind, _, found),) = problems(dataset)
    assert (part, record, kind) == ("annotations", 1, "unreadable")
    assert found.startswith("mismatched tag")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"\xef\xbb\xbf", "no element found"),
        (b"not XML", "syntax error"),
        (b"<note/>", "its root is <note>, not <annotation>"),
        (b"\xff\xd8\xff\xe0 JFIF", "not well-formed"),
        (b"\0" * 100, "not well-formed"),
    ],
)
def test_a_file_that_is_no_annotation_is_told(tmp_path: Path, raw: bytes, words: str):
    dataset = loaded(tmp_path, raw, annotation(filename="b.jpg"))
    ((part, record, kind, _, found),) = problems(dataset)
    assert (part, record) == ("file", -1)
    assert kind in ("unreadable", "truncated")
    assert words in found
    assert dataset.problems.row.tolist() == [0]
    assert dataset.images.file.tolist() == [1]


@pytest.mark.parametrize(
    ("declared", "content", "codec"),
    [("klingon", b"", "utf-8"), ("hex", b"", "utf-8"), ("gbk", b"\xff", "cp1252")],
)
def test_a_file_in_another_encoding_than_it_declares_is_read(
    tmp_path: Path, declared: str, content: bytes, codec: str
):
    head = f'<?xml version="1.0" encoding="{declared}"?><annotation>'.encode()
    dataset = loaded(tmp_path, head + content + b"</annotation>")
    assert len(dataset.images) == 1
    found = [problem[4] for problem in problems(dataset) if problem[3] == "its text"]
    assert len(found) == 1
    assert f"read as {codec}" in found[0]


def test_what_follows_the_annotation_is_told_and_the_objects_stay(tmp_path: Path):
    dataset = loaded(tmp_path, WHOLE + "<annotation/>")
    assert len(dataset.boxes) == 3
    assert [problem[:3] for problem in problems(dataset)] == [("file", -1, "unreadable")]


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY a "dog">',
        '<!ENTITY a "dog"><!ENTITY b "&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % a SYSTEM "http://localhost/evil.dtd"> %a;',
        '<!ENTITY a SYSTEM "picture.gif" NDATA gif>',
    ],
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-16-be"])
def test_entities_are_refused_and_the_rest_goes_on(tmp_path: Path, declaration: str, codec: str):
    bomb = f"<!DOCTYPE annotation [{declaration}]>" + annotation(described("&a;"))
    dataset = loaded(tmp_path, bomb.encode(codec), annotation(described(), filename="b.jpg"))
    assert len(dataset.images) == 1
    ((part, _, kind, _, found),) = problems(dataset)
    assert (part, kind) == ("file", "unreadable")
    assert found.startswith("refused: it declares the entity &a;")
    assert "passwd" not in found or "file:///etc/passwd" in found


def test_a_document_type_alone_is_harmless(tmp_path: Path):
    for text in (
        "<!DOCTYPE annotation>",
        '<!DOCTYPE annotation SYSTEM "http://localhost/voc.dtd">',
    ):
        dataset = loaded(tmp_path, text + annotation(described()))
        assert len(dataset.boxes) == 1
        assert problems(dataset) == []


def test_elements_may_nest_as_deep_as_they_like(tmp_path: Path):
    deep = "<a>" * 100_000 + "</a>" * 100_000
    dataset = loaded(tmp_path, annotation(described(), deep), "<annotation>" + "<a>" * 100_000)
    assert len(dataset.boxes) == 1
    assert [problem[2] for problem in problems(dataset)] == ["truncated"]


@pytest.mark.parametrize(
    ("codec", "declared"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16", None),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", None),
        ("latin-1", "ISO-8859-1"),
        ("cp1252", "windows-1252"),
        ("gbk", "GBK"),
        ("shift_jis", "Shift_JIS"),
    ],
)
def test_any_declared_encoding_is_read(tmp_path: Path, codec: str, declared: str | None):
    name = {"gbk": "狗", "shift_jis": "犬"}.get(codec, "chien dévoué")
    first = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    raw = (first + annotation(described(name))).encode(codec)
    dataset = loaded(tmp_path, raw)
    assert dataset.class_names == [name]
    assert problems(dataset) == []


def test_text_that_is_not_in_its_encoding_is_told(tmp_path: Path):
    raw = annotation(described("dog"), described("chien dévoué")).encode("latin-1")
    dataset = loaded(tmp_path, raw)
    assert dataset.class_names == ["dog", "chien dévoué"]
    assert [problem[:4] for problem in problems(dataset)] == [
        ("file", -1, "wrong-type", "its text")
    ]


def test_what_cannot_be_opened_is_told(tmp_path: Path):
    folder = tmp_path / "Annotations"
    put(folder / "a.xml", annotation())
    os.symlink(folder / "b.xml", folder / "b.xml")
    os.symlink(folder / "nowhere", folder / "c.xml")
    os.mkfifo(folder / "d.xml")
    os.symlink("/dev/zero", folder / "e.xml")
    dataset = load(tmp_path, [])
    assert dataset.images.file.tolist() == [0]
    assert [problem[4] for problem in problems(dataset)] == [
        "Too many levels of symbolic links",
        "No such file or directory",
        "not a regular file",
        "not a regular file",
    ]


def test_what_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path / "Annotations" / "closed" / "b.xml", annotation())
    real_open, real_list = os.open, os.scandir

    def forbidden(path: str, *rest: object) -> object:
        if str(path).endswith(("a.xml", "closed")):
            raise PermissionError(13, "Permission denied", path)
        return real_open(path, *rest) if rest else real_list(path)

    put(tmp_path / "Annotations" / "c.xml", annotation(filename="c.jpg"))
    monkeypatch.setattr(small_files, "_small_files", None)  # which asks the system itself
    monkeypatch.setattr(os, "open", forbidden)
    monkeypatch.setattr(os, "scandir", forbidden)
    dataset = loaded(tmp_path, annotation())
    assert dataset.images.name.tolist() == ["c.jpg"]
    assert dataset.files.path.tolist() == [
        "Annotations/a.xml",
        "Annotations/c.xml",
        "Annotations/closed",
    ]
    told = [
        (row, problem[2])
        for row, problem in zip(dataset.problems.file, problems(dataset), strict=True)
    ]
    assert told == [(0, "unreadable"), (2, "unreadable")]


def test_a_long_text_is_shortened(tmp_path: Path):
    dataset = loaded(tmp_path, annotation(described("dog", (1, 2, "x" * 500, 4))))
    (found,) = dataset.problems.found.tolist()
    assert found == "x" * 77 + "..."


def equal(a: Markup, b: Markup) -> None:
    pairs = [(a.root, b.root)]
    while pairs:
        one, other = pairs.pop()
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert (one.tag, one.text or "") == (other.tag, other.text or "")
            assert len(one) == len(other)
            pairs += zip(one, other, strict=True)


@given(
    st.lists(
        st.sampled_from(
            [
                "<object>",
                "</object>",
                "<a/>",
                "<!-- x -->",
                "&amp;",
                "<![CDATA[<]]>",
                "dog",
                "é",
                "\r\n",
            ]
        )
    )
)
def test_both_parsers_read_alike(pieces: list[str]):
    raw = f"<annotation>{''.join(pieces)}</annotation>".encode()
    quick, tolerant = parsed(raw), tolerantly_parsed(raw)
    assert (quick.fault is None) == (tolerant.fault is None)
    equal(quick, tolerant)


@given(st.binary(max_size=60))
def test_no_bytes_make_it_stumble(raw: bytes):
    for text in (
        raw,
        b"<annotation>" + raw,
        b"<annotation><object>" + raw + b"</object></annotation>",
    ):
        markup = parsed(text)
        assert markup.fault is not None or markup.root is not None


@given(st.text(max_size=20))
def test_any_text_in_a_field_is_read_or_told(tmp_path_factory: pytest.TempPathFactory, text: str):
    folder = tmp_path_factory.mktemp("any")
    dataset = loaded(folder, annotation(described(escaped(text))))
    told = [problem[2:4] for problem in problems(dataset)]
    if not is_writable(text):
        kept = "".join(filter(is_writable, text))
        assert told[0] == ("wrong-type", "its text")
        assert dataset.class_names == ([kept] if kept.strip() else [])
    elif not text.strip():
        assert told == [("unreadable-field", "name")]
    else:
        assert (told, dataset.class_names) == ([], [text])


@pytest.mark.parametrize(("room", "boxes"), [(0, 3), (-1, 0)])
def test_a_file_that_is_too_large_for_an_image_is_not_read(tmp_path, monkeypatch, room, boxes):
    monkeypatch.setattr(layout, "LARGEST", len(WHOLE.encode()) + room)
    dataset = loaded(tmp_path, WHOLE, annotation())
    assert len(dataset.boxes) == boxes
    told = [found for *_, found in problems(dataset)]
    assert any("too large for the labels of an image" in one for one in told) == (not boxes)
