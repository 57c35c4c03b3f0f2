"""Image files of the same bytes, found by length, by some bytes and by all of them."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.core.columns import MISSING, texts
from labelaudit.dataset.tables import Headers
from labelaudit.images import identical as module
from labelaudit.images.identical import SAMPLE, identical

SIZE = [64.0, 48.0]


def written(folder: Path, *contents: bytes) -> list[str]:
    """The paths of files with these contents."""
    paths = [folder / f"{number}.jpg" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return list(map(str, paths))


def groups(paths: Sequence[str], sizes: Sequence[Sequence[float]] | None = None) -> list[int]:
    size = np.array(sizes or [SIZE] * len(paths), float).reshape(-1, 2)
    return identical(texts(paths), Headers.of(len(paths), size=size)).group.tolist()


def test_files_of_the_same_bytes_are_one_group_and_their_neighbours_in_none(tmp_path):
    assert groups(written(tmp_path, b"one", b"two", b"one", b"three", b"two", b"one")) == [
        *(0, 1, 0, MISSING, 1, 0)
    ]


@pytest.mark.parametrize("place", [0, SAMPLE, 3 * SAMPLE, 10 * SAMPLE - 1])
def test_one_byte_anywhere_makes_another_file(tmp_path, place):
    content = bytearray(10 * SAMPLE)
    content[place] = 1
    assert groups(written(tmp_path, bytes(10 * SAMPLE), bytes(content))) == [MISSING, MISSING]
    assert groups(written(tmp_path, bytes(content), bytes(content))) == [0, 0]


@pytest.mark.parametrize(
    ("place", "read"),
    [
        (0, 2),
        (SAMPLE - 1, 2),
        (SAMPLE, 0),
        (2 * SAMPLE - 1, 0),
        (2 * SAMPLE, 2),
        (3 * SAMPLE - 1, 2),
    ],
)
def test_only_files_that_have_length_and_middle_in_common_are_read_as_a_whole(
    tmp_path, monkeypatch, place, read
):
    whole, digest = [], module._digest
    monkeypatch.setattr(module, "_digest", lambda path: whole.append(path) or digest(path))
    content = bytearray(3 * SAMPLE)
    content[place] = 1
    paths = written(tmp_path, bytes(3 * SAMPLE), bytes(content), b"short")
    assert groups(paths) == [MISSING] * 3
    assert len(whole) == read


@pytest.mark.parametrize(("size", "read"), [(SAMPLE, 0), (SAMPLE + 1, 2)])
def test_small_files_are_told_apart_at_once(tmp_path, monkeypatch, size, read):
    whole, digest = [], module._digest
    monkeypatch.setattr(module, "_digest", lambda path: whole.append(path) or digest(path))
    assert groups(written(tmp_path, bytes(size), bytes(size - 1) + b"1")) == [MISSING] * 2
    assert len(whole) == read


@pytest.mark.parametrize(("size", "looked_at"), [([64.0, 48.0], 2), ([48.0, 64.0], 0)])
def test_no_file_is_looked_at_that_has_a_size_in_pixels_of_its_own(
    tmp_path, monkeypatch, size, looked_at
):
    seen, length = [], module._length
    monkeypatch.setattr(module, "_length", lambda path: seen.append(path) or length(path))
    groups(written(tmp_path, b"same", b"same"), [[64, 48], size])
    assert len(seen) == looked_at


@pytest.mark.parametrize(("mark", "looked_at"), [([4, 7], 2), ([5, 7], 0), ([4, 8], 0)])
def test_no_file_is_looked_at_whose_length_or_beginning_the_header_has_for_itself(
    tmp_path, monkeypatch, mark, looked_at
):
    seen, length = [], module._length
    monkeypatch.setattr(module, "_length", lambda path: seen.append(path) or length(path))
    headers = Headers.of(2, size=[SIZE] * 2, mark=[[4, 7], mark])
    identical(texts(written(tmp_path, b"same", b"same")), headers)
    assert len(seen) == looked_at


def test_files_of_unknown_sizes_are_compared(tmp_path):
    assert groups(written(tmp_path, b"same", b"same"), [[np.nan, np.nan]] * 2) == [0, 0]


def test_a_path_that_stands_twice_is_one_file_even_if_it_cannot_be_read(tmp_path):
    path = str(tmp_path / "gone.jpg")
    assert groups([path, "", path, ""]) == [0, MISSING, 0, MISSING]


def test_links_are_what_they_lead_to(tmp_path):
    (path,) = written(tmp_path, b"picture")
    (tmp_path / "soft.jpg").symlink_to(path)
    os.link(path, tmp_path / "hard.jpg")
    assert groups([path, str(tmp_path / "soft.jpg"), str(tmp_path / "hard.jpg")]) == [0, 0, 0]


def test_files_of_no_bytes_and_folders_are_like_no_other(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    paths = [*written(tmp_path, b"", b""), str(tmp_path / "a"), str(tmp_path / "b")]
    assert groups(paths) == [MISSING] * 4
    assert not identical(texts(paths), Headers.of(4)).unread


def test_what_cannot_be_read_is_said_and_its_neighbours_are_compared(tmp_path, monkeypatch):
    paths = written(tmp_path, b"same", b"same", b"same")
    digest = module._digest

    def broken(path: str) -> object:
        if path == paths[1]:
            return module._unread(OSError(errno.EIO, os.strerror(errno.EIO)))
        return digest(path)

    monkeypatch.setattr(module, "_digest", broken)
    found = identical(texts([*paths, paths[1]]), Headers.of(4))
    assert found.group.tolist() == [0, 1, 0, 1]
    assert found.unread == {1: "Input/output error", 3: "Input/output error"}


@pytest.mark.parametrize("path", ["gone.jpg", "nul\0.jpg"])
def test_a_file_that_is_not_there_has_its_reason(tmp_path, path):
    paths = texts([str(tmp_path / path), str(tmp_path / "no" / path)])
    assert len(identical(paths, Headers.of(2)).unread) == 2


def test_a_reader_that_is_refused_says_why(tmp_path):
    gone = str(tmp_path / "gone.jpg")
    for look in (module._length, module._sample, module._digest):
        assert look(gone) == module.Unread("No such file or directory")


def test_of_no_images_there_are_none():
    assert groups([]) == []
    assert groups(["", ""]) == [MISSING, MISSING]


@settings(max_examples=30)
@given(st.lists(st.sampled_from([b"a", b"b", b"aa", b"ab", b"x" * 9000, b"x" * 8999 + b"y"])))
def test_groups_are_those_of_comparing_all_with_all(tmp_path_factory, contents):
    folder = tmp_path_factory.mktemp("files")
    slow = [
        contents.index(content) if contents.count(content) > 1 else MISSING for content in contents
    ]
    assert groups(written(folder, *contents)) == slow
