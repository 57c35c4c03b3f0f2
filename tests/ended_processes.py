"""Command lines in processes of their own that are ended in the midst of what they do.

`python -m tests.ended_processes` imports once what a training needs. For each line of JSON that it
reads it runs a command in a copy of itself, and says how that ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

ROOT = Path(__file__).parents[1]

WRITING = os.O_WRONLY | os.O_RDWR


@dataclass(frozen=True)
class Ending:
    """What happens to a process, and when."""

    how: Literal["never", "before", "within", "after", "full", "there", "worker"] = "never"
    # Of the file: killed before it has that name, within its first bytes, or when it is there.
    name: str = ""
    time: int = 1  # the how manieth such moment it is
    amount: float = 0.0  # bytes that are written of it, or that any file may have; seconds


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int  # minus the signal, if one ended it
    said: str  # on standard error
    seconds: float


class Commands:
    """Runs `labelaudit` in a folder, again and again."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.ended_processes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            start_new_session=True,  # whatever ends a group of processes ends none but these
        )

    def run(self, folder: Path, words: Sequence[object], ending: Ending = Ending()) -> Ended:
        """One command line, to its end, whatever that is."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        asked = {"folder": str(folder), "words": list(map(str, words)), "ending": asdict(ending)}
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        return Ended(**json.loads(self._server.stdout.readline()))

    def close(self) -> None:
        """The end of all."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()


def serve() -> None:
    """Run what is asked for, each command in a copy of this process."""
    _import_all()
    answers = os.fdopen(os.dup(1), "w")
    if hasattr(os, "sched_setaffinity"):  # on a busy machine, threads that wait for others spin
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    for line in sys.stdin:
        asked = json.loads(line)
        ending = Ending(**asked["ending"])
        with tempfile.TemporaryFile() as said:
            began = time.perf_counter()
            child = os.fork()
            if not child:
                _child(asked, ending, said.fileno())
            later = threading.Timer(ending.amount, os.kill, (child, signal.SIGKILL))
            if ending.how == "after":
                later.start()
            if ending.how in ("there", "worker"):
                _kill_when_there(child, Path(asked["folder"]), ending)
            # It stays one that is waited for, so that its number is nobody else's until the kill.
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
            seconds = time.perf_counter() - began
            if ending.how == "after":
                later.join()
            _, status = os.waitpid(child, 0)
            said.seek(0)
            text = said.read().decode("utf-8", "replace")
        ended = Ended(os.waitstatus_to_exitcode(status), text, seconds)
        print(json.dumps(asdict(ended)), file=answers, flush=True)


def _import_all() -> None:
    """What takes seconds is imported once."""
    import torchvision  # noqa: F401

    import labelaudit.cli.train
    import labelaudit.impact.experiment
    import labelaudit.impact.plot
    import labelaudit.impact.summary
    import labelaudit.training.train  # noqa: F401


def _kill_when_there(child: int, folder: Path, ending: Ending) -> None:
    """Kill a process, or what it has started, when a file is there; or wait for its end."""
    while not any(folder.rglob(ending.name)):
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
            return
        time.sleep(0.005)
    if ending.how == "there":
        os.kill(child, signal.SIGKILL)
        return
    for thread in Path(f"/proc/{child}/task").iterdir():
        for worker in (thread / "children").read_text().split():
            os.kill(int(worker), signal.SIGKILL)


def _child(asked: dict[str, Any], ending: Ending, said: int) -> NoReturn:
    """Run a command line in this process, and end with it."""
    from labelaudit.cli import main  # imported by now

    code = -1
    try:
        os.chdir(asked["folder"])
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(said, 2)
        _prepare(ending)
        code = main(asked["words"])
        sys.stderr.flush()
    finally:
        os._exit(code)


def _prepare(ending: Ending) -> None:
    """Have this process ended."""
    import resource  # POSIX alone

    size = int(ending.amount)
    if ending.how == "full":  # Python ignores the signal, so that a write fails
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    if ending.how not in ("before", "within"):
        return
    seen = 0

    def heard(event: str, arguments: tuple[Any, ...]) -> None:  # Any: of any event
        nonlocal seen
        if not _is_moment(ending, event, arguments):
            return
        seen += 1
        if seen < ending.time:
            return
        if ending.how == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # ends it in the midst of a write
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    sys.addaudithook(heard)


def _is_moment(ending: Ending, event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether a file is about to get its name, or about to be written under another one."""
    if ending.how == "before":
        return event == "os.rename" and Path(os.fsdecode(arguments[1])).name == ending.name
    if event != "open" or not isinstance(arguments[0], str) or not isinstance(arguments[2], int):
        return False
    name = Path(arguments[0]).name.removeprefix(".")
    begins = name.startswith(f"{ending.name}.") and not name.endswith("-lock")
    return begins and bool(arguments[2] & WRITING)


if __name__ == "__main__":
    serve()
