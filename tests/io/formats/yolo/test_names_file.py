"""Lists of classes as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

import labelaudit
from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.run import audit
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


def test_no_name_is_changed_in_a_list_that_is_no_line_each(tmp_path: Path) -> None:
    dataset = labelaudit.load(folder(tmp_path, b"cat,Cat,bird\n"))
    before = (tmp_path / "classes.txt").read_bytes()
    found = audit(dataset, select=["CLS002"])
    fixed = apply(dataset, found[fixable(found, unsafe=True)]).dataset
    with pytest.raises(FixError, match=r"classes\.txt: write a name a line first"):
        save(fixed, tmp_path / "out")
    assert (tmp_path / "classes.txt").read_bytes() == before
