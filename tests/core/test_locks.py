"""One process at a time has a file, and a process that is killed has none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labelaudit.core.locks import BusyError, exclusive, locked

HOLD = """
import sys, time
from pathlib import Path
from labelaudit.core.locks import locked
with locked(Path(sys.argv[1]), Path("it")):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_lock_is_had_by_one_and_gone_in_the_end(tmp_path: Path):
    lock = tmp_path / "lock"
    with locked(lock, tmp_path / "labels"):
        with pytest.raises(BusyError, match="labels: another labelaudit is writing this"):
            exclusive(lock, tmp_path / "labels")
        assert lock.exists()
    assert not lock.exists()
    with locked(lock, tmp_path):
        pass


def test_a_killed_process_holds_no_lock(tmp_path: Path):
    lock = tmp_path / "lock"
    command = [sys.executable, "-c", HOLD, str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError):
            exclusive(lock, tmp_path)
        holder.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    assert lock.exists()
    with locked(lock, tmp_path):
        pass
    assert not lock.exists()


def test_a_lock_that_was_removed_meanwhile_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    lock = tmp_path / "lock"
    real, opened = os.open, []

    def open_(*arguments, **options):
        handle = real(*arguments, **options)
        if not opened:
            lock.unlink()  # by whoever had it until now
        opened.append(handle)
        return handle

    monkeypatch.setattr(os, "open", open_)
    handle = exclusive(lock, tmp_path)
    assert len(opened) == 2
    assert os.path.samestat(os.fstat(handle), os.stat(lock))
    os.close(handle)
