from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO

import numpy as np
import pytest

from labelaudit.core.cache import (
    cache_folder,
    check_room,
    digest,
    remove_unfinished,
    size_mib,
    stamps,
    write_atomically,
    write_whole,
)
from labelaudit.core.columns import texts
from labelaudit.errors import ConfigError


def test_a_folder_that_is_given_comes_before_the_environment(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("LABELAUDIT_CACHE", str(tmp_path / "named"))
    assert cache_folder(tmp_path / "given") == tmp_path / "given"
    assert cache_folder() == tmp_path / "named"
    assert (tmp_path / "named").is_dir()


def test_without_a_word_it_is_the_users_own(tmp_path: Path, monkeypatch):
    monkeypatch.delenv("LABELAUDIT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    assert cache_folder() == tmp_path / "labelaudit"


def test_a_file_in_the_place_of_the_folder_is_an_error_that_names_it(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"file: no cache can be made here.*LABELAUDIT_CACHE"):
        cache_folder(tmp_path / "file")


def test_digests_tell_apart_what_differs():
    parts = [
        (np.zeros(4),),
        (np.zeros((2, 2)),),
        (np.zeros(4, np.float32),),
        (texts(["a", "b"]),),
        (texts(["a", "c"]),),
        ("a", "b"),
        ("ab",),
    ]
    assert len({digest(*part) for part in parts}) == len(parts)
    assert digest(texts(["x" * 100])) == digest(texts(["x" * 100]))


def test_a_changed_file_has_another_stamp(tmp_path: Path):
    path = tmp_path / "a"
    path.write_text("1")
    before = stamps(texts([str(path), ""]))
    path.write_text("12")
    after = stamps(texts([str(path), ""]))
    assert (before[0] != after[0]).any()
    assert after[1].tolist() == [-1, -1]


def test_a_file_is_written_as_a_whole_or_not_at_all(tmp_path: Path):
    def fails(file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(
        ConfigError, match=r"no room for the cache: No space left.*LABELAUDIT_CACHE"
    ):
        write_atomically(tmp_path / "file", fails)
    assert list(tmp_path.iterdir()) == []
    write_atomically(tmp_path / "file", lambda file: file.write(b"whole"))
    assert (tmp_path / "file").read_bytes() == b"whole"


def test_until_a_file_is_written_as_a_whole_the_one_of_before_stays(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"before")

    def half(file: BinaryIO) -> None:
        file.write(b"half")
        file.flush()
        assert path.read_bytes() == b"before"
        raise OSError(28, "No space left on device")

    with pytest.raises(ConfigError, match="No space left"):
        write_atomically(path, half)
    assert path.read_bytes() == b"before"
    write_atomically(path, lambda file: file.write(b"whole"))
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_of_a_file_is_taken_up_by_the_next(tmp_path: Path):
    killed = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from labelaudit.core.cache import write_whole\n"
        "write_whole(Path(sys.argv[1]), lambda file: os.kill(os.getpid(), signal.SIGTERM))\n"
    )
    path = tmp_path / "file"
    ended = subprocess.run([sys.executable, "-c", killed, str(path)], check=False)
    assert ended.returncode
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".file.")  # hidden
    write_whole(path, lambda file: file.write(b"whole"))
    assert list(tmp_path.iterdir()) == [path]

    def full(_: BinaryIO) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ConfigError, match="No space left"):
        write_whole(path, full)
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]


def test_unfinished_files_are_removed_and_no_others(tmp_path: Path):
    for name in ("a.pt.17.part", "a.pt", "parts"):
        (tmp_path / name).write_bytes(b"")
    remove_unfinished(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pt", "parts"]


def test_a_full_disk_is_found_before_work_begins(tmp_path: Path):
    check_room(tmp_path, 1)
    with pytest.raises(ConfigError, match="MiB are needed"):
        check_room(tmp_path, 2**60)


def test_the_size_of_a_folder_is_that_of_its_files(tmp_path: Path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(bytes(2**20))
    assert size_mib(tmp_path) == 1
    assert size_mib(tmp_path / "absent") == 0


@pytest.mark.parametrize(("free", "enough"), [(2**20 - 1, False), (2**20, True)])
def test_as_many_bytes_as_are_needed_are_enough(tmp_path: Path, monkeypatch, free, enough):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=free))
    if enough:
        check_room(tmp_path, 2**20)
    else:
        with pytest.raises(ConfigError, match=r"1\.0 MiB are needed and 1\.0 are free"):
            check_room(tmp_path, 2**20)
