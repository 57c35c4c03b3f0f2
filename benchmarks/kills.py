"""Command lines in processes that are killed at a chosen step, or find the disk full from it on.

A step is a call by which Python changes files of one folder, told by its audit events: a file that
is opened to be written, a name that is given, changed or taken away, a folder, a link, a
synchronisation. A process is killed before it takes its n-th step; killed before each of them in
turn, it has been killed between any two. What lies between is written: that is for random moments.
"""

from __future__ import annotations

import errno
import gc
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from labelaudit.cli import main

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

FILLING = ("open", "os.mkdir", "os.link", "os.symlink", "fsync")
"""Steps that need room on the disk."""

_CHANGING = ("os.rename", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "os.utime")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int  # minus the signal, if one ended it
    steps: int  # that it took, or was about to take
    said: str  # on standard error
    seconds: float  # from its first step to its end


class Trap:
    """What happens at the steps of this process in one folder."""

    def __init__(self, folder: Path, act: Callable[[int, str], None], told: int) -> None:
        self.folder = os.path.realpath(folder)
        self.act = act
        self.told = told  # the descriptor that hears of the first step and of the end
        self.steps = 0
        self.started = 0.0
        real = os.fsync

        def fsync(fd: FileDescriptorLike) -> None:
            self.step("fsync")
            real(fd)

        os.fsync = fsync  # which no audit event tells of
        sys.addaudithook(self.heard)

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:  # Any: of any event
        """Take an audit event for a step, if it is one."""
        if event == "open":
            if not isinstance(arguments[2], int) or not arguments[2] & _WRITING:
                return
        elif event not in FILLING and event not in _CHANGING:
            return
        paths = [os.fsdecode(one) for one in arguments[:2] if isinstance(one, str | bytes)]
        if any(os.path.abspath(path).startswith(self.folder) for path in paths):
            self.step(event)

    def step(self, event: str) -> None:
        """One step."""
        self.steps += 1
        if self.steps == 1:
            self.started = time.perf_counter()
            os.write(self.told, b"s")
        self.act(self.steps, event)

    def ended(self) -> None:
        """Tell how many steps there were, and how long they took."""
        os.write(
            self.told,
            f" {self.steps} {time.perf_counter() - (self.started or time.perf_counter())}".encode(),
        )


def nothing(step: int, event: str) -> None:
    """What happens at a step of an ordinary run."""


def killed_at(number: int) -> Callable[[int, str], None]:
    """Kills the process before a step."""

    def act(step: int, _: str) -> None:
        if step == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return act


def full_from(number: int) -> Callable[[int, str], None]:
    """Lets the disk be full from a step on."""

    def act(step: int, event: str) -> None:
        if step >= number and event in FILLING:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return act


def limited_to(size: int) -> Callable[[int, str], None]:
    """Lets no file grow beyond some bytes from the first step on."""

    def act(step: int, _: str) -> None:
        if step == 1:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return act


def run(
    words: Sequence[str],
    folder: Path,
    act: Callable[[int, str], None] = nothing,
    kill_after_s: float | None = None,
) -> Ended:
    """Run a command line in a process of its own, a copy of this one.

    Parameters
    ----------
    words:
        the command line.
    folder:
        in which steps count.
    act:
        what happens at each step.
    kill_after_s:
        seconds after the first step at which it is killed, if it is.
    """
    said_out, said_in = os.pipe()
    told_out, told_in = os.pipe()
    gc.collect()
    child = os.fork()
    if not child:
        _child(words, Trap(folder, act, told_in), said_in)
    os.close(said_in)
    os.close(told_in)
    if kill_after_s is not None:
        select.select([told_out], [], [])
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)  # which waits to be waited for, if it has ended
    said, told = _read(said_out), _read(told_out).lstrip("s").split() or ["0", "0"]
    _, status = os.waitpid(child, 0)
    return Ended(os.waitstatus_to_exitcode(status), int(told[0]), said, float(told[1]))


def _child(words: Sequence[str], trap: Trap, said: int) -> NoReturn:
    """Run a command line in this process, and end with it."""
    code = -1
    try:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # to the end
        sys.stderr = os.fdopen(said, "w")
        code = main(words)
        sys.stderr.flush()
        trap.ended()
    finally:
        os._exit(code)


def _read(handle: int) -> str:
    with os.fdopen(handle, "rb") as file:
        return file.read().decode("utf-8", "replace")
