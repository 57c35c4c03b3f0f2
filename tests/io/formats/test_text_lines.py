"""Lines of text files, and the splits that paths name."""

from __future__ import annotations

import pytest

from labelaudit.io.formats.text_lines import first_lines, lines_in, split_named


def test_lines_end_at_three_ends_and_at_nothing_else():
    text = "a\u2028b\x85c\r\nd\re\n\nf\n".encode()
    assert lines_in(text) == ["a\u2028b\x85c", "d", "e", "", "f"]
    assert lines_in(b"") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_mark_of_the_encoding_is_no_part_of_the_first_line(encoding):
    assert lines_in("naïve\nb".encode(encoding)) == ["naïve", "b"]


def test_bytes_that_are_no_text_do_not_end_reading():
    assert lines_in(b"a\xff\nb") == ["a\ufffd", "b"]


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
