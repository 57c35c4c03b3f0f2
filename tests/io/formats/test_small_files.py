"""Small files read at once hold what reading them one by one gives."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from labelaudit.core.columns import MISSING
from labelaudit.core.disk import file_stamp
from labelaudit.io.formats import small_files
from labelaudit.io.formats.small_files import COMPILED, contents

needs_compiled = pytest.mark.skipif(not COMPILED, reason="nothing was compiled here")

LARGEST = 1 << 20


def _read(paths: list[str], largest: int = LARGEST) -> list[tuple[bytes | None, tuple[int, int]]]:
    """The content and the stamp of each path."""
    return [
        (data, (size, changed))
        for some, stamps in contents(paths, largest)
        for data, (size, changed) in zip(some, stamps.tolist(), strict=True)
    ]


@needs_compiled
@pytest.mark.parametrize("at_once", [7, 300])
@pytest.mark.parametrize("room", [1, 1000, 1 << 20])
def test_many_files_come_in_order_with_their_stamps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, at_once: int
) -> None:
    monkeypatch.setattr(small_files, "ROOM", room)
    monkeypatch.setattr(small_files, "AT_ONCE", at_once)
    draw = random.Random(room)
    paths = [tmp_path / f"{number} \u00e9.txt" for number in range(300)]
    for number, path in enumerate(paths):
        path.write_bytes(draw.randbytes(draw.choice([0, 1, 40, 5000])))
        os.utime(path, ns=(0, draw.choice([number, 1_700_000_000_123_456_789, -1])))
    read = _read(list(map(str, paths)))
    assert read == [(path.read_bytes(), tuple(file_stamp(path))) for path in paths]


@needs_compiled
def test_files_are_read_until_they_take_as_much_as_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_files, "ROOM", 10)
    path = tmp_path / "a.txt"
    path.write_bytes(b"12345")
    counts = [len(some) for some, _ in contents([str(path)] * 5, LARGEST)]
    assert counts == [2, 2, 1]


@needs_compiled
def test_files_come_in_pieces_of_which_each_is_a_threads(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    every = [str(tmp_path / "a.txt")] * (5 * small_files.AT_ONCE + 1)
    assert [len(some) for some, _ in contents(every, LARGEST)] == [small_files.AT_ONCE] * 5 + [1]


@needs_compiled
@pytest.mark.parametrize(("size", "is_read"), [(18, True), (19, False)])
def test_a_file_that_is_too_large_is_left(tmp_path: Path, size: int, is_read: bool) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"0".ljust(size))
    [(data, stamp)] = _read([str(path)], largest=18)
    assert (data is not None) == is_read
    assert stamp == (tuple(file_stamp(path)) if is_read else (MISSING, MISSING))


@needs_compiled
def test_what_is_no_file_is_left_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    os.mkfifo(tmp_path / "pipe")
    os.symlink(tmp_path / "loop", tmp_path / "loop")
    os.symlink(tmp_path / "a.txt", tmp_path / "link")
    os.symlink("/dev/zero", tmp_path / "device")
    names = ["pipe", "loop", "device", "absent", "a\0.txt", "\ud800", "", "link", "a.txt"]
    read = _read([f"{tmp_path}/{name}" for name in names])
    assert [data for data, _ in read] == [None] * 7 + [b"a"] * 2
    assert [stamp for _, stamp in read[:7]] == [(MISSING, MISSING)] * 7


def test_without_compiled_parts_all_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_files, "_small_files", None)
    (tmp_path / "a.txt").write_bytes(b"a")
    path = str(tmp_path / "a.txt")
    assert _read([path, path]) == [(None, (MISSING, MISSING))] * 2


def test_of_no_files_nothing_comes() -> None:
    assert _read([]) == []
