"""What is written is there whole or not at all, and what a killed process left goes."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from labelaudit.core import whole_files
from labelaudit.core.locks import BusyError, locked
from labelaudit.core.whole_files import (
    LOCK,
    PART,
    SWAP,
    WHOLE,
    beside,
    final,
    leftovers,
    replacing,
    whole,
)
from labelaudit.errors import FixError


def fail(path: Path) -> None:
    """Half of a file, and then no room."""
    path.write_text("a")
    raise OSError(28, "full")


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_file_is_replaced_when_all_is_written(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_text("before")
    path.chmod(0o640)
    with replacing(path) as file:
        file.write(b"after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names(tmp_path) == ["a.json"]


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_text("before")
    with pytest.raises(OSError, match="full"), replacing(path):
        fail(beside(path, PART))
    assert path.read_text() == "before"
    assert names(tmp_path) == ["a.json"]


def test_a_link_is_followed_and_not_replaced(tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text("before")
    (tmp_path / "link.json").symlink_to("in/a.json")
    with replacing(tmp_path / "link.json") as file:
        file.write(b"after")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "in" / "a.json").read_text() == "after"


def test_what_a_killed_write_left_is_written_over(tmp_path: Path):
    beside(tmp_path / "a.json", PART).write_text("much longer than what comes now")
    with replacing(tmp_path / "a.json") as file:
        file.write(b"short")
    assert (tmp_path / "a.json").read_text() == "short"
    assert names(tmp_path) == ["a.json"]


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path):
    with replacing(tmp_path / "a") as first:
        with pytest.raises(BusyError), replacing(tmp_path / "a"):
            pass
        first.write(b"first")
    assert (tmp_path / "a").read_text() == "first"


def test_a_pipe_is_written_as_it_is(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with replacing(tmp_path / "pipe") as file:
        file.write(b"lines")
    assert os.read(reader, 100) == b"lines"
    os.close(reader)


def test_a_folder_and_what_lies_beside_it_appear_at_once(tmp_path: Path):
    target = tmp_path / "new" / "out"
    with whole(target) as place:
        place.mkdir()
        (place / "a.txt").write_text("a")
        place.with_name("out.patch").write_text("p")
        assert not target.exists()
        assert final(place / "a.txt") == target / "a.txt"
    assert names(tmp_path) == ["new", "new/out", "new/out.patch", "new/out/a.txt"]


def test_nothing_is_left_of_what_failed(tmp_path: Path):
    target = tmp_path / "new" / "out"
    told = f"{target}: full; nothing was written"
    with pytest.raises(FixError, match=f"^{re.escape(told)}$"), whole(target) as place:
        fail(place)
    assert names(tmp_path) == []


def test_the_file_that_fails_is_named_as_it_would_be_called(tmp_path: Path):
    target = tmp_path / "out"
    with pytest.raises(FixError) as error, whole(target) as place:
        (place / "a.txt").open()
    told = f"{target}: {target / 'a.txt'}: No such file or directory; nothing was written"
    assert str(error.value) == told


def test_nobody_who_listens_is_no_failure_of_what_is_made(tmp_path: Path):
    with pytest.raises(BrokenPipeError), whole(tmp_path / "out"):
        raise BrokenPipeError
    assert names(tmp_path) == []


def test_what_is_made_and_cannot_be_put_into_its_place_is_put_there_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: Path) -> None:
        raise OSError(28, "full")

    target = tmp_path / "out.json"
    with monkeypatch.context() as broken:
        broken.setattr(whole_files, "moved", full)
        told = "out.json: full; it is made, and the next command puts it into its place"
        with pytest.raises(FixError, match=told), whole(target) as place:
            place.write_text("a")
    assert len(list(leftovers(tmp_path))) == 1
    assert target.read_text() == "a"


def test_what_is_there_is_replaced_only_if_that_is_asked_for(tmp_path: Path):
    target = tmp_path / "out"
    target.mkdir()
    (target / "old.txt").write_text("old")
    with pytest.raises(FixError, match="exists"), whole(target) as place:
        place.mkdir()
    assert names(tmp_path) == ["out", "out/old.txt"]
    with whole(target, overwrite=True) as place:
        place.mkdir()
        (place / "new.txt").write_text("new")
        assert (target / "old.txt").exists()
    assert names(tmp_path) == ["out", "out/new.txt"]


def test_what_appeared_meanwhile_is_not_replaced(tmp_path: Path):
    target = tmp_path / "out.json"

    def make() -> None:
        with whole(target) as place:
            place.write_text("ours")
            target.write_text("theirs")

    with pytest.raises(FixError, match="made by somebody else"):
        make()
    assert target.read_text() == "theirs"
    assert names(tmp_path) == ["out.json"]


@pytest.mark.parametrize("kind", [PART, WHOLE, SWAP])
def test_what_a_killed_process_left_is_removed_or_put_into_its_place(tmp_path: Path, kind: str):
    made = beside(tmp_path / "out", kind)
    made.mkdir()
    (made / "out").write_text("x")
    beside(tmp_path / "out", LOCK).touch()
    (line,) = leftovers(tmp_path)
    assert names(tmp_path) == ([] if kind == PART else ["out"])
    assert ("removed" in line) == (kind == PART)
    assert list(leftovers(tmp_path)) == []


def test_a_process_killed_while_a_file_had_both_names_left_others_that_are_put_into_place(
    tmp_path: Path,
):
    made = beside(tmp_path / "b", WHOLE)
    made.mkdir()
    for name in ("a", "b"):
        (made / name).write_text(name)
    os.link(made / "a", tmp_path / "a")
    assert list(leftovers(tmp_path)) != []
    assert {name: (tmp_path / name).read_text() for name in names(tmp_path)} == {"a": "a", "b": "b"}


def test_what_a_living_process_is_making_stays(tmp_path: Path):
    made = beside(tmp_path / "out", PART)
    made.mkdir()
    (made / "out").write_text("x")
    with locked(beside(tmp_path / "out", LOCK), tmp_path):
        assert list(leftovers(tmp_path)) == []
    assert (made / "out").exists()


def test_files_of_others_are_no_leftovers(tmp_path: Path):
    for name in ("a.labelaudit-part", ".labelaudit-notes", ".a.labelaudit-new", ".a.part"):
        (tmp_path / name).write_text("mine")
    before = names(tmp_path)
    assert list(leftovers(tmp_path)) == []
    assert list(leftovers(tmp_path / "none")) == []
    assert names(tmp_path) == before


def test_a_name_that_is_as_long_as_can_be_is_written(tmp_path: Path):
    path = tmp_path / ("a" * 250)
    with replacing(path) as file:
        file.write(b"x")
    with whole(tmp_path / ("b" * 250)) as place:
        place.write_text("x")
    assert names(tmp_path) == ["a" * 250, "b" * 250]
