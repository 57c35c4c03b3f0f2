from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from labelaudit.core.snapshots import (
    LEAST_S,
    SHARE,
    Snapshot,
    await_change,
    differing,
    snapshot,
    with_what_was_there,
)

ONE, TWO, THREE = ({"a": (number, 0, 0)} for number in (1, 2, 3))


def put(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names(folder: Path) -> list[str]:
    return sorted(os.path.relpath(path, folder) for path in snapshot([folder]))


def test_files_of_folders_within_folders_are_seen(tmp_path: Path):
    put(tmp_path / "a.txt")
    put(tmp_path / "deep/er/b.txt")
    assert names(tmp_path) == ["a.txt", "deep/er/b.txt"]


def test_hidden_files_and_those_in_the_making_are_not(tmp_path: Path):
    for name in (".a.txt.swp", "a.txt~", "b.part", ".git/index", "labels.json.orig", "a.txt"):
        put(tmp_path / name)
    assert names(tmp_path) == ["a.txt"]


def test_a_file_may_be_named_whatever_it_is_called(tmp_path: Path):
    hidden = put(tmp_path / ".labels")
    assert list(snapshot([hidden])) == [str(hidden)]


def test_what_is_not_there_is_left_out(tmp_path: Path):
    assert snapshot([tmp_path / "gone"]) == {}
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "round").symlink_to(tmp_path, target_is_directory=True)
    put(tmp_path / "a.txt")
    assert names(tmp_path) == ["a.txt"]


def test_every_change_of_a_file_is_seen(tmp_path: Path):
    path = put(tmp_path / "a.txt", "old")
    before = snapshot([tmp_path])
    assert differing(before, snapshot([tmp_path])) == []
    status = path.stat()
    put(path, "longer")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert differing(before, snapshot([tmp_path])) == [str(path)]
    put(path, "new")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert differing(before, snapshot([tmp_path])) == [str(path)]


def test_another_file_in_its_place_is_seen_although_size_and_time_are_the_same(tmp_path: Path):
    path, other = put(tmp_path / "a.txt", "old"), put(tmp_path / "b.txt", "new")
    status = path.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    before = snapshot([path])
    os.replace(other, path)
    assert differing(before, snapshot([path])) == [str(path)]


def test_new_and_gone_files_are_seen(tmp_path: Path):
    gone, new = put(tmp_path / "gone.txt"), tmp_path / "new.txt"
    before = snapshot([tmp_path])
    gone.unlink()
    put(new)
    assert differing(before, snapshot([tmp_path])) == [str(gone), str(new)]


def awaited(*seen: Snapshot, cost: float = 0.0) -> tuple[Snapshot, list[float]]:
    """What is returned of what is seen one after the other, and the pauses."""
    looks: Iterator[Snapshot] = iter(seen)
    pauses: list[float] = []
    times = iter([time * cost for time in range(100)])
    found = await_change(ONE, lambda: next(looks), pause=pauses.append, clock=lambda: next(times))
    assert next(looks, None) is None
    return found, pauses


def test_a_change_is_over_once_nothing_changes_any_more():
    assert awaited(ONE, ONE, TWO, TWO)[0] == TWO
    assert awaited(TWO, THREE, {}, THREE, THREE)[0] == THREE


def test_what_is_as_before_again_is_no_change():
    assert awaited(TWO, ONE, ONE, ONE, {}, {})[0] == {}


def test_looking_takes_no_more_than_its_share_of_the_time():
    assert awaited(ONE, TWO, TWO)[1] == [LEAST_S, LEAST_S]
    found, pauses = awaited(ONE, TWO, TWO, cost=1.0)
    assert found == TWO
    assert pauses == [1.0 / SHARE - 1] * 2


def test_files_of_places_that_are_looked_at_only_now_are_as_they_were_but_for_those_changed_since():
    before = {"a": (5, 1, 1)}
    now = {"a": (20, 2, 1), "old": (9, 1, 2), "new": (10, 1, 3)}
    assert with_what_was_there(before, now, 10) == {"a": (5, 1, 1), "old": (9, 1, 2)}
    assert differing(with_what_was_there(before, now, 10), now) == ["a", "new"]
