"""Breaks files in small ways and runs commands on them: does anything fail that should not?

    python -m benchmarks.fuzz [--count 20000] [--seconds 600] [--seed 0] [--workers 2] [--case N]

Datasets of every format, and what commands take beside them, are broken at random, and one to three
commands are run on each. A command must end with exit code 0, 1 or 2, without a traceback, a
warning or a fault of its own, with one line where it fails; it must change nothing that it was not
told to change, and an undo must bring back what was there. Workers are forked, have a limit of
memory, and each command a limit of time. `--case` runs one case again and says what it did. The
counts go to `benchmarks/results/fuzz.json` and `fuzz.md`.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import datetime
import io
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import msgspec

from benchmarks.crash_scenes import Tree, tree
from benchmarks.fuzz_scenes import Play, Scene, play, scenes
from benchmarks.machine import Machine, this_machine
from benchmarks.records import joined
from labelaudit.cli import main as labelaudit_main

RESULTS = Path(__file__).parent / "results"

LIMIT_S = 20
"""Seconds of CPU that one command may take; those of valid files take a few hundredths."""

WAITING_S = 300
"""Seconds after which a command that uses no CPU is taken to wait for ever; a choice."""

LIMIT_BYTES = 3 << 30
"""Address space of a worker, half a GiB of which Python, numpy and scikit-learn take."""

CHUNK = 100
"""Cases that one process runs."""

HEAD = """\
# Fuzzing

Written by `python -m benchmarks.fuzz`; do not edit. A case is a dataset in which one to four files
were broken in small ways, with the commands that were run on it. A fault is an exit code other than
0, 1 or 2, a traceback, a warning or an unforeseen error, more than one line where a command
fails, a changed input, an undo that does not bring back what was there, a command of more than
{seconds} s of CPU, or more memory than {memory} GiB.
"""

COLUMNS = (
    "| what was broken | cases | commands | exit 0 | exit 1 | exit 2 | faults |\n"
    "|---|--:|--:|--:|--:|--:|--:|"
)


@dataclass
class Tally:
    """What came of the cases in which one kind of file was broken."""

    cases: int = 0
    commands: int = 0
    codes: dict[str, int] = field(default_factory=dict)  # how many commands ended with each
    faults: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of one case."""

    case: int
    about: str  # format and what was broken
    codes: tuple[int, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """All tallies of one run."""

    date: str
    machine: Machine
    seed: int
    tallies: dict[str, Tally]
    faults: dict[str, int]  # how often each was seen


class TooLongError(BaseException):
    """A command that takes too long; no `Exception`, which a command would report."""


def run_case(case: int, seed: int, folder: Path, templates: Sequence[Scene]) -> Outcome:
    """Break a copy of a scene and run commands on it.

    Parameters
    ----------
    case:
        its number.
    seed:
        of all cases; with the number, it decides what is drawn.
    folder:
        where the copy is made; what is there is removed.
    templates:
        of which one is drawn.
    """
    draw = random.Random(f"{seed} {case}")
    scene = draw.choice(templates)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(scene.folder, folder, symlinks=True)
    played = play(scene, folder, draw)
    before, codes, faults = tree(folder), [], []
    with contextlib.chdir(folder):
        for words in played.commands:
            code, wrong = run_command(words)
            codes.append(code)
            faults += [f"{' '.join(words[:1])}: {one}" for one in wrong]
    faults += changed(before, tree(folder), played, codes)
    return Outcome(case, f"{scene.name}: {played.broken}", tuple(codes), tuple(faults))


def run_command(words: Sequence[str]) -> tuple[int, list[str]]:
    """The exit code of a command line, and what is wrong about how it ended."""
    complaints = io.BytesIO()
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(complaints, "utf-8")
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("always")
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
        signal.alarm(WAITING_S)
        try:
            code = labelaudit_main(words)
        except TooLongError as error:
            return -1, [f"takes longer than {LIMIT_S} s, in {error}"]
        except BaseException as error:  # SystemExit and the like
            return -1, [f"raises {error!r}"]
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.alarm(0)
        err.flush()
    said = complaints.getvalue().decode("utf-8", "replace")
    return code, list(wrong_ending(code, said))


def wrong_ending(code: int, said: str) -> Iterator[str]:
    """What is wrong about an exit code and what was said on standard error."""
    if code not in (0, 1, 2):
        yield f"exit code {code}"
    errors = [line for line in said.splitlines() if line.startswith("labelaudit: error: ")]
    if (code == 2) != (len(errors) == 1):
        yield f"{len(errors)} lines say what failed, exit code {code}"
    for line in errors:
        if "a fault of labelaudit" in line or "not enough memory" in line:
            yield re.sub(r"\d{3,}", "#", line)[:160]
    for line in said.splitlines():
        if line.startswith("Traceback") or re.search(r"\b\w*Warning: ", line):
            yield re.sub(r"^\S*/", "", line)[:160]


def changed(before: Tree, after: Tree, played: Play, codes: Sequence[int]) -> Iterator[str]:
    """What commands changed that they should not have."""
    words = {word for command in played.commands for word in command}
    if "--in-place" in words and codes[-1] != 0:
        return  # nothing to undo, or it could not be
    made = {name for name in after if name not in before}
    if "--in-place" in words:
        made = {name for name in made if not name.startswith("set/") and "orig" not in name}
    for name in sorted(before):
        if name not in after:
            yield f"{played.broken}: an input is gone"
        elif before[name] != after[name] and not name.startswith(("queue.db", "new.db")):
            yield f"{played.broken}: an input has changed"
    for name in sorted(made):
        if not name.startswith(("clean", "out", "new", "queue.db")):
            yield f"{played.broken}: {Path(name).name!r} was made"


def chunk(numbers: Sequence[int], seed: int, work: Path, templates: Sequence[Scene]) -> None:
    """Run cases in this process, and write a line before and one after each of them.

    Parameters
    ----------
    numbers:
        of the cases.
    seed:
        see `run_case`.
    work:
        a folder for copies and for the lines.
    templates:
        see `run_case`.
    """
    limit_time()
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    with (work / "lines").open("ab", buffering=0) as lines:
        for number in numbers:
            lines.write(f"{number}\n".encode())
            outcome = run_case(number, seed, work / "copy", templates)
            lines.write(msgspec.json.encode(outcome) + b"\n")


def limit_time() -> None:
    """Let what limits the time of a command be an error in it."""
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, _too_long)


def _too_long(_: int, frame: FrameType | None) -> None:
    while frame is not None and "/labelaudit/" not in frame.f_code.co_filename:
        frame = frame.f_back
    place = "?" if frame is None else f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
    raise TooLongError(place)


def outcomes(count: int, seconds: float, seed: int, workers: int, work: Path) -> Iterator[Outcome]:
    """What came of all cases, in processes of which one may die without the others.

    Parameters
    ----------
    count:
        of the cases.
    seconds:
        after which no chunk of cases is begun.
    seed:
        see `run_case`.
    workers:
        processes at a time.
    work:
        an empty folder.
    """
    templates = quiet_scenes(work)
    waiting = collections.deque(range(at, min(at + CHUNK, count)) for at in range(0, count, CHUNK))
    running: dict[int, tuple[range, Path]] = {}
    ends = time.monotonic() + seconds
    while running or (waiting and time.monotonic() < ends):
        while waiting and len(running) < workers and time.monotonic() < ends:
            numbers = waiting.popleft()
            folder = work / "chunks" / f"{numbers.start}"
            folder.mkdir(parents=True)
            running[_forked(numbers, seed, folder, templates)] = numbers, folder
        process, status = os.wait()
        numbers, folder = running.pop(process)
        lines = (folder / "lines").read_bytes().splitlines()
        yield from (msgspec.json.decode(line, type=Outcome) for line in lines if b"{" in line)
        if status:
            last = int(lines[-1]) if lines and b"{" not in lines[-1] else numbers.start
            how = os.waitstatus_to_exitcode(status)
            yield Outcome(last, "a process died", (), (f"a process ended with {how}",))
            waiting.appendleft(range(last + 1, numbers.stop))
        shutil.rmtree(folder, ignore_errors=True)


def quiet_scenes(work: Path) -> list[Scene]:
    """The scenes, without what their making says."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return list(scenes(work / "templates"))


def _forked(numbers: range, seed: int, folder: Path, templates: Sequence[Scene]) -> int:
    """Begin a chunk in a child; its process id."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        chunk(numbers, seed, folder, templates)
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def tallied(found: Iterator[Outcome]) -> tuple[dict[str, Tally], collections.Counter[str]]:
    """Counts by what was broken; and how often each fault was seen, each told with its case."""
    tallies: dict[str, Tally] = {}
    faults: collections.Counter[str] = collections.Counter()
    for one in found:
        tally = tallies.setdefault(one.about, Tally())
        tally.cases += 1
        tally.commands += len(one.codes)
        tally.faults += len(one.faults)
        for code in one.codes:
            tally.codes[str(code)] = tally.codes.get(str(code), 0) + 1
        for fault in one.faults:
            if not faults[fault]:
                print(f"case {one.case}, {one.about}: {fault}", flush=True)
            faults[fault] += 1
    return dict(sorted(tallies.items())), faults


def report(records: dict[str, Record]) -> str:
    """All that was recorded, as Markdown."""
    text = [HEAD.format(seconds=LIMIT_S, memory=LIMIT_BYTES >> 30)]
    for record in records.values():
        total = Tally()
        rows = []
        for name, tally in record.tallies.items():
            rows.append(_row(name, tally))
            total.cases += tally.cases
            total.commands += tally.commands
            total.faults += tally.faults
            for code, count in tally.codes.items():
                total.codes[code] = total.codes.get(code, 0) + count
        text += [COLUMNS, *rows, _row("**all**", total), ""]
        text += [f"{count} x {fault}" for fault, count in record.faults.items()]
        text += [f"Seed {record.seed}, {record.date}; {record.machine}.", ""]
    return "\n".join(text)


def _row(name: str, tally: Tally) -> str:
    codes = " | ".join(f"{tally.codes.get(code, 0):,}" for code in "012")
    return f"| {name} | {tally.cases:,} | {tally.commands:,} | {codes} | {tally.faults} |"


def main() -> None:
    """Run as many cases as are wanted, and record what came of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--case", type=int, help="run this one alone, and keep its folder")
    parser.add_argument("--no-record", action="store_true", help="write no results")
    options = parser.parse_args()
    import labelaudit.label_errors.estimators  # noqa: PLC0415  # once for all children
    import labelaudit.label_errors.find  # noqa: F401, PLC0415

    with tempfile.TemporaryDirectory() as name:
        work = Path(name).resolve()
        if options.case is not None:
            again(options.case, options.seed, work)
            return
        found = outcomes(options.count, options.seconds, options.seed, options.workers, work)
        tallies, faults = tallied(found)
    cases = sum(one.cases for one in tallies.values())
    codes = sum((collections.Counter(one.codes) for one in tallies.values()), collections.Counter())
    print(f"{cases:,} cases, exit codes {dict(sorted(codes.items()))}, {faults.total():,} faults")
    if not options.no_record:
        today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
        record = Record(today, this_machine(), options.seed, tallies, dict(faults))
        records = joined(RESULTS / "fuzz.json", {f"seed {options.seed}": record}, dict[str, Record])
        (RESULTS / "fuzz.md").write_text(report(records))
    sys.exit(1 if faults else 0)


def again(case: int, seed: int, work: Path) -> None:
    """Run a case once more, and leave its files as they were before the commands."""
    kept = Path(tempfile.mkdtemp(prefix=f"case-{case}-")).resolve()
    limit_time()
    templates = quiet_scenes(work)
    outcome = run_case(case, seed, work / "copy", templates)
    print(outcome)
    draw = random.Random(f"{seed} {case}")
    scene = draw.choice(templates)
    shutil.copytree(scene.folder, kept, symlinks=True, dirs_exist_ok=True)
    played = play(scene, kept, draw)
    print(f"cd {kept}")
    for words in played.commands:
        print("labelaudit", *words, "--debug")


if __name__ == "__main__":
    main()
