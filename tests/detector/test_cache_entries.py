from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labelaudit.detector.cache_entries import LIMIT, claims, limit_mib, prune
from labelaudit.errors import ConfigError

MIB = 2**20


def entry(cache: Path, name: str, used: int, mib: float = 1) -> Path:
    """An entry of so many MiB, used so many seconds after 1970."""
    folder = cache / name
    folder.mkdir(parents=True)
    (folder / "values.bin").write_bytes(bytes(int(mib * MIB)))
    (folder / "used").touch()
    os.utime(folder / "used", (used, used))
    return folder


def test_the_longest_unused_go_until_all_fit(tmp_path: Path):
    old, new, middle = (
        entry(tmp_path, name, used)
        for name, used in (("features/a", 10), ("models/b", 30), ("images/c", 20))
    )
    assert prune(tmp_path, 3) == []
    assert prune(tmp_path, 2.5) == [old]
    assert prune(tmp_path, 1) == [middle]
    assert new.is_dir()
    assert not old.exists()
    assert prune(tmp_path, 0) == [new]
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"gate.lock"}


def test_what_is_claimed_stays_however_old_and_is_removed_afterwards(tmp_path: Path, monkeypatch):
    monkeypatch.setenv(LIMIT, "0")
    mine, other = entry(tmp_path, "features/a", 10), entry(tmp_path, "models/b", 20)
    with claims(tmp_path) as claim:
        assert claim(mine) == mine
        assert prune(tmp_path, 0) == [other]
        assert (mine / "values.bin").is_file()
    assert mine.is_dir()
    assert [path.name for path in mine.iterdir() if path.suffix == ".lock"] == []
    assert prune(tmp_path, 0) == [mine]


HOLD = """
import sys, time
from pathlib import Path
from labelaudit.detector.cache_entries import claims
with claims(Path(sys.argv[1])) as claim:
    claim(Path(sys.argv[2]))
    print("held", flush=True)
    time.sleep(60)
"""


def test_an_entry_of_another_process_stays_until_that_is_killed(tmp_path: Path):
    theirs = entry(tmp_path, "features/a", 10)
    last_lines = [sys.executable, "-c", HOLD, str(tmp_path), str(theirs)]
    with subprocess.Popen(last_lines, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert prune(tmp_path, 0) == []
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert prune(tmp_path, 0) == [theirs]


def test_a_claim_makes_an_entry_newer_than_all_others(tmp_path: Path):
    first, second = entry(tmp_path, "features/a", 10), entry(tmp_path, "features/b", 20)
    with claims(tmp_path) as claim:
        claim(first)
    assert prune(tmp_path, 1) == [second]


@pytest.mark.parametrize(("said", "mib"), [("", 20 * 1024), ("0", 0), ("1.5", 1536)])
def test_the_environment_says_how_large_the_cache_may_be(monkeypatch, said: str, mib: float):
    monkeypatch.setenv(LIMIT, said)
    assert limit_mib() == mib


@pytest.mark.parametrize("said", ["much", "-1", "nan"])
def test_a_limit_that_is_no_size_is_an_error(monkeypatch, said: str):
    monkeypatch.setenv(LIMIT, said)
    with pytest.raises(ConfigError, match=f"LABELAUDIT_CACHE_GIB is '{said}'; expected a number"):
        limit_mib()


def test_a_cache_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path):
    (tmp_path / "features").write_text("a file in the place of a folder")
    with (
        claims(tmp_path) as claim,
        pytest.raises(ConfigError, match=r"features/a: the cache cannot be written.*--cache"),
    ):
        claim(tmp_path / "features" / "a")
