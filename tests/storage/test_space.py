"""How many bytes of objects are kept on this disk, and which of them go first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from labelaudit.errors import ConfigError
from labelaudit.storage.space import KEPT, LIMIT, check_limit, limit_bytes, make_room, used_now

MIB = 1 << 20


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of mirrors with ten files of a MiB, the first of them used longest ago."""
    monkeypatch.setenv(LIMIT, str(10 / 1024))
    for number in range(10):
        file = tmp_path / "objects" / "ab" / str(number)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes(MIB))
        os.utime(file, (1000 + number, 7))
    return tmp_path


def left(root: Path) -> list[int]:
    return sorted(int(path.name) for path in root.glob("objects/ab/*"))


def test_what_is_within_the_limit_stays(root: Path):
    make_room(root)
    assert left(root) == list(range(10))


def test_what_was_used_longest_ago_goes_until_a_part_of_the_limit_is_left(root: Path):
    (root / "objects" / "ab" / "10").write_bytes(b"1")
    used_now(root / "objects" / "ab" / "0")
    assert (root / "objects" / "ab" / "0").stat().st_mtime == 7
    make_room(root)
    assert len(left(root)) == int(10 * KEPT)
    assert {0, 10} < set(left(root))
    assert 1 not in left(root)


def test_nothing_goes_while_another_process_reads_objects(root: Path):
    (root / "objects" / "ab" / "10").write_bytes(b"1")
    program = (
        "import pathlib, sys\n"
        "from labelaudit.storage.space import claim\n"
        f"claim(pathlib.Path({str(root)!r})); print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    make_room(root)
    assert len(left(root)) == 11
    process.kill()  # however it ends
    process.communicate()
    make_room(root)
    assert len(left(root)) == int(10 * KEPT)


def test_no_more_is_fetched_at_a_time_than_is_kept(root: Path):
    check_limit(root, limit_bytes(), "s3://bucket/a")
    with pytest.raises(ConfigError, match=f"s3://bucket/a and others: .* or say {LIMIT}"):
        check_limit(root, limit_bytes() + 1, "s3://bucket/a")


@pytest.mark.parametrize("text", ["none", "0", "-1", "inf", "nan"])
def test_a_limit_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(LIMIT, text)
    with pytest.raises(ConfigError, match=f"{LIMIT}={text}: expected a number above 0"):
        limit_bytes()
