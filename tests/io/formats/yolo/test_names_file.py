"""Lists of classes as people write them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

import labelaudit
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import texts
from labelaudit.errors import FixError
from labelaudit.io.formats.yolo.names_file import read_list
from labelaudit.io.save import save


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"cat\ndog\n", ["cat", "dog"]),
        (b"\xef\xbb\xbfcat\r\n dog \r\n\r\n", ["cat", "dog"]),
        (b"cat\n\ndog", ["cat", "", "dog"]),
        (b"traffic light\n", ["traffic light"]),
        (b"0\n1\n2", ["0", "1", "2"]),
        (b"1: one\n2: two\n", ["1: one", "2: two"]),  # numbers from 1: of whom is not known
        (b"0: cat\ndog\n", ["0: cat", "dog"]),
        (b"a,b\nc\n", ["a,b", "c"]),
        (b"cat,\n", ["cat,"]),
        (b"", []),
    ],
)
def test_names_that_are_a_line_each_are_read_as_trainers_do(
    content: bytes, names: list[str]
) -> None:
    found = read_list(content)
    assert (found.names, found.odd, found.a_line_each) == (names, [], True)


@pytest.mark.parametrize(
    ("content", "names", "said"),
    [
        (b"cat,dog, bird\n", ["cat", "dog", "bird"], "3 names in one line, which trainers read"),
        (b"['cat', \"dog\",]", ["cat", "dog"], "2 names in one line"),
        (b"[cat]", ["cat"], "1 name in one line"),
        (b"0: cat\n1: 'dog'\n", ["cat", "dog"], "names behind their numbers, 0: cat, which"),
        (b"0,cat\n1,dog", ["cat", "dog"], "names behind their numbers"),
    ],
)
def test_names_that_are_written_otherwise_are_read_as_they_are_meant(
    content: bytes, names: list[str], said: str
) -> None:
    found = read_list(content)
    assert (found.names, found.a_line_each) == (names, False)
    [(what, words)] = found.odd
    assert what == "the list of classes"
    assert words.startswith(said)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("caf\u00e9\ndog".encode("cp1252"), "Windows-1252"),
        ("caf\u00e9\ndog".encode("utf-16"), "UTF-16"),
    ],
)
def test_other_encodings_are_read_and_said(content: bytes, encoding: str) -> None:
    found = read_list(content)
    assert found.names == ["caf\u00e9", "dog"]
    assert found.odd == [
        ("the list of classes", f"in {encoding} and not in UTF-8: others read other letters")
    ]


def test_a_comment_is_a_class_to_trainers():
    found = read_list(b"cat\n# animals\n# more\n")
    assert found.names == ["cat", "# animals", "# more"]
    assert found.odd == [
        ("class 1", "# animals, a comment by its looks, which trainers read as a name")
    ]


def folder(tmp_path: Path, names: bytes) -> Path:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "1.txt").write_text("0 .5 .5 .2 .2\n1 .3 .3 .1 .1\n2 .7 .7 .1 .1\n")
    (tmp_path / "classes.txt").write_bytes(names)
    return tmp_path


def test_one_finding_tells_of_a_list_in_one_line_and_no_box_is_dropped(tmp_path: Path) -> None:
    dataset = labelaudit.load(folder(tmp_path, b"cat,dog,bird\n"))
    found = audit(dataset, select=["REF"])
    assert [message for message in found.message.tolist() if "list of classes" in message] == [
        "classes.txt: the list of classes is 3 names in one line, which trainers read as one name"
    ]
    assert "REF006" not in found.code.tolist()
    assert list(dataset.class_names) == ["cat", "dog", "bird"]


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"cat,cat,caf\xc3\xa9\n", "cat\ncaf\u00e9\n"),
        (b"0: cat\r\n1: cat\r\n2: caf\xc3\xa9\r\n", "cat\r\ncaf\u00e9\r\n"),
        ("cat\ncat\ncaf\u00e9\n".encode("cp1252"), "cat\ncaf\u00e9\n"),
        ("cat\ncat\ncaf\u00e9\n".encode("utf-16"), "cat\ncaf\u00e9\n"),
    ],
    ids=["one line", "numbers", "Windows-1252", "UTF-16"],
)
def test_a_list_that_is_no_line_each_is_written_as_one(
    tmp_path: Path, content: bytes, kept: str
) -> None:
    folder(tmp_path, content)
    (tmp_path / "labels" / "1.txt").write_text("1 .5 .5 .2 .2\n2 .3 .3 .1 .1\n")
    dataset = labelaudit.load(tmp_path)
    fixed = apply(dataset, audit(dataset, select=["CLS001"])).dataset
    save(fixed, tmp_path.with_suffix(".out"))
    assert (tmp_path.with_suffix(".out") / "classes.txt").read_bytes() == kept.encode()
    assert (tmp_path / "classes.txt").read_bytes() == content
    again = labelaudit.load(tmp_path.with_suffix(".out"))
    assert list(again.class_names) == ["cat", "caf\u00e9"]
    assert again.boxes.label.tolist() == [0, 1]
    assert not len(again.problems)


@pytest.mark.parametrize("content", [b"cat,dog,bird", "cat\ndog\nbird".encode("utf-16")])
def test_a_new_name_in_a_list_that_is_no_line_each_is_a_line(
    tmp_path: Path, content: bytes
) -> None:
    dataset = labelaudit.load(folder(tmp_path, content))
    categories = dataset.categories.replaced(name=texts(["cat", "h\u00fcnd", "bird"]))
    save(dataclasses.replace(dataset, categories=categories), tmp_path.with_suffix(".out"))
    written = (tmp_path.with_suffix(".out") / "classes.txt").read_bytes()
    assert written == "cat\nh\u00fcnd\nbird\n".encode()


def test_names_that_would_be_read_as_others_are_not_written(tmp_path: Path) -> None:
    dataset = labelaudit.load(folder(tmp_path, b"cat,dog,bird"))
    categories = dataset.categories.replaced(name=texts(["0: cat", "1: dog", "2: bird"]))
    with pytest.raises(FixError, match=r"classes\.txt: its names, a line each, would be read as"):
        save(dataclasses.replace(dataset, categories=categories), tmp_path.with_suffix(".out"))


def test_a_class_that_goes_from_the_list_of_a_data_file_is_counted_there(tmp_path: Path) -> None:
    folder(tmp_path, b"cat\ncat\ndog\n")
    (tmp_path / "labels" / "1.txt").write_text("0 .5 .5 .2 .2\n2 .3 .3 .1 .1\n")
    (tmp_path / "classes.txt").rename(tmp_path / "obj.names")
    (tmp_path / "obj.data").write_text("classes = 3\ntrain = train.txt\nnames = obj.names\n")
    (tmp_path / "train.txt").write_text("images/1.jpg\n")
    dataset = labelaudit.load(tmp_path)
    found = audit(dataset, select=["CLS001"])
    save(apply(dataset, found).dataset, tmp_path.with_suffix(".out"))
    out = tmp_path.with_suffix(".out")
    assert (out / "obj.names").read_text() == "cat\ndog\n"
    assert (out / "obj.data").read_text().startswith("classes = 2\n")
    assert (out / "labels" / "1.txt").read_text() == "0 .5 .5 .2 .2\n1 .3 .3 .1 .1\n"
