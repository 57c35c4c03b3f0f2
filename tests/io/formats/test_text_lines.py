"""Lines of text files, and the splits that paths name."""

from __future__ import annotations

import pytest

from labelaudit.io.formats import text_lines
from labelaudit.io.formats.text_lines import (
    first_lines,
    lines_at,
    lines_in,
    lines_of,
    split_named,
)


def test_lines_end_at_three_ends_and_at_nothing_else():
    text = "a\u2028b\x85c\r\nd\re\n\nf\n".encode()
    assert lines_in(text) == ["a\u2028b\x85c", "d", "e", "", "f"]
    assert lines_in(b"") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_mark_of_the_encoding_is_no_part_of_the_first_line(encoding):
    assert lines_in("naïve\nb".encode(encoding)) == ["naïve", "b"]


def test_bytes_that_are_no_text_do_not_end_reading():
    assert lines_in(b"a\xff\nb") == ["a\ufffd", "b"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lines_one_after_the_other_are_those_of_the_whole(tmp_path, encoding):
    content = "ä\u2028b\x85c\r\nd\re\n\nf".encode(encoding)
    (tmp_path / "a.txt").write_bytes(content)
    assert list(lines_of(tmp_path / "a.txt")) == lines_in(content) == lines_at(tmp_path / "a.txt")


def test_of_a_line_that_is_too_long_only_the_beginning_is_looked_at(tmp_path):
    (tmp_path / "a.txt").write_text("abcd\nabcdefghij\nab\nabcdefgh")
    assert list(lines_of(tmp_path / "a.txt", longest=4)) == ["abcd", "abcd", "ab", "abcd"]


def test_a_file_that_is_too_large_for_labels_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(text_lines, "LARGEST", 4)
    (tmp_path / "a.txt").write_text("a\nb\n")
    assert lines_at(tmp_path / "a.txt") == ["a", "b"]
    (tmp_path / "a.txt").write_text("a\nb\nc")
    with pytest.raises(ValueError, match="too large for a file of labels: 5 bytes"):
        lines_at(tmp_path / "a.txt")


def test_a_line_that_the_beginning_of_a_file_cuts_is_left_out():
    assert first_lines(b"a\n\n b\nc", whole=99) == ["a", " b"]
    assert first_lines(b"a\n\n b\nc", whole=7) == ["a", " b", "c"]
    assert first_lines(b"a\n" * 9, whole=18, count=2) == ["a", "a"]


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("train/labels/a.txt", "train"),
        ("VisDrone2019-DET-val/annotations", "val"),
        ("training/label_2", "train"),
        ("data/train-00000-of-00001.parquet", "train"),
        ("wider_face_split/wider_face_val_bbx_gt.txt", "val"),
        ("test/train_labels.csv", "train"),
        ("restrained/trains/a.txt", ""),
        ("", ""),
    ],
)
def test_a_split_is_a_word_of_a_path_the_last_one_first(path, split):
    assert split_named(path) == split
