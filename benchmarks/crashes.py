"""Kills labelaudit while it changes labels, and fills the disk under it: what is left of them?

    python -m benchmarks.crashes [--kills 200] [--seed 0] [--how steps moments] [--action undo]

A process is killed (SIGKILL) before each of its steps in turn, then at random moments; a step is
what `benchmarks.kills` says. Then a command that only reads is run, and everything in the folder
must be as before or as intended, byte for byte. Where a disk is full, that must hold at once, but
for files that others wrote. The results go to `benchmarks/results/crashes.json` and `crashes.md`.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import io
import itertools
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.crash_scenes import ACTIONS, FORMATS, Scene, Tree, done, restore, scene, tree
from benchmarks.kills import Ended, full_from, killed_at, limited_to, nothing, run
from benchmarks.machine import this_machine
from benchmarks.records import joined
from labelaudit.core.whole_files import LOCK

RESULTS = Path(__file__).parent / "results"

HEAD = """\
# Crashes

Written by `python -m benchmarks.crashes`; do not edit. Every process was killed with SIGKILL while
it changed the labels, or found the disk full; then a command that only reads was run (`stats`).
*Torn* are those that left neither what was before nor what was intended; *mended* those of them
after which that command made it one of the two; *unsaid* those that it mended without a word;
*lost* those after which, byte for byte, neither was there.
"""

COLUMNS = (
    "| what | how | processes | as before | as intended | torn | mended | unsaid | lost |\n"
    "|---|---|--:|--:|--:|--:|--:|--:|--:|"
)


@dataclass
class Tally:
    """What became of processes that did one thing and were ended in one way."""

    what: str
    how: str
    processes: int = 0
    before: int = 0  # after the next command
    intended: int = 0
    torn: int = 0  # before the next command
    mended: int = 0
    unsaid: int = 0
    lost: int = 0
    date: str = ""
    machine: str = ""
    examples: list[str] = field(default_factory=list)  # of what was lost


class Stage:
    """A scene that is played again and again."""

    def __init__(self, action: str, format_name: str, work: Path) -> None:
        work.mkdir(parents=True)
        self.scene: Scene = scene(action, format_name, work)
        self.saved = work / "saved"
        shutil.copytree(self.scene.folder, self.saved, symlinks=True)
        self.before: Tree = tree(self.scene.folder)
        for words in (self.scene.words, self.scene.next_words):
            done(*words)  # what is imported here, no process has to import
        restore(self.saved, self.scene.folder)
        whole = run(self.scene.words, self.scene.folder)
        if whole.code not in (0, 1):
            raise RuntimeError(f"{self.scene.words}: {whole.said}")
        self.steps, self.seconds = whole.steps, whole.seconds
        self.intended: Tree = tree(self.scene.folder)
        if self.intended == self.before:
            raise RuntimeError(f"{self.scene.words} changes nothing")

    def play(
        self,
        tally: Tally,
        act: Callable[[int, str], None] = nothing,
        kill_after_s: float | None = None,
    ) -> Ended:
        """Once, from the start; what became of it goes into the tally.

        Parameters
        ----------
        tally:
            that counts it.
        act, kill_after_s:
            as `benchmarks.kills.run` takes them.
        """
        restore(self.saved, self.scene.folder)
        ended = run(self.scene.words, self.scene.folder, act, kill_after_s)
        left = tree(self.scene.folder)
        after = run(self.scene.next_words, self.scene.folder)
        now = tree(self.scene.folder)
        # A lock that nobody holds is no part of anything.
        held = {path: content for path, content in left.items() if not path.endswith(LOCK)}
        torn = held not in (self.before, self.intended)
        whole = now in (self.before, self.intended) and after.code == 0
        tally.processes += 1
        tally.before += now == self.before
        tally.intended += now == self.intended
        tally.torn += torn
        tally.mended += torn and whole
        tally.unsaid += torn and whole and not after.said
        tally.lost += not whole
        if not whole:
            wrong = differences(self.before, now) & differences(self.intended, now)
            tally.examples.append(f"{ended.said}{after.said}{sorted(wrong)}")
        return ended


def differences(wanted: Tree, found: Tree) -> set[str]:
    """Paths that are not as they should be."""
    return {path for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path)}


def every_step(stage: Stage) -> Tally:
    """Killed before each step in turn."""
    tally = Tally(stage.scene.name, "killed before each step")
    for number in range(1, stage.steps + 1):
        stage.play(tally, killed_at(number))
    return tally


def random_moments(stage: Stage, kills: int, seed: int) -> Tally:
    """Killed at random moments between the first step and a little after the last.

    Parameters
    ----------
    stage:
        what is played.
    kills:
        how often.
    seed:
        of the moments.
    """
    moments = random.Random(f"{stage.scene.name} {seed}")
    tally = Tally(stage.scene.name, "killed at a random moment")
    for _ in range(kills):
        stage.play(tally, kill_after_s=moments.uniform(0, 1.1 * stage.seconds))
    return tally


def full_disks(stage: Stage) -> Tally:
    """No room from each step on in turn; then no file beyond each of some sizes."""
    tally = Tally(stage.scene.name, "disk full from each step on")
    for number in range(1, stage.steps + 1):
        stage.play(tally, full_from(number))
    largest = max(map(len, (*stage.before.values(), *stage.intended.values())))
    for size in range(0, largest + 100, max(1, largest // 20)):
        stage.play(tally, limited_to(size))
    return tally


PAGE = 4096


def small_disk(stage: Stage, disk: Path) -> Tally:
    """A file system on which fewer and fewer pages are free."""
    tally = Tally(stage.scene.name, "small tmpfs, page by page")
    ballast = disk / "ballast"
    for pages in range(24):
        restore(stage.saved, stage.scene.folder)

        def fill(step: int, _: str, pages: int = pages) -> None:
            if step == 1:
                free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
                ballast.write_bytes(bytes(max(0, free - pages * PAGE)))

        stage.play(tally, fill)
        ballast.unlink(missing_ok=True)
    return tally


@contextlib.contextmanager
def tmpfs(folder: Path) -> Iterator[Path | None]:
    """A file system of 2 MiB in a folder; None where that is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = (
        shutil.which("mount")
        and not subprocess.run(command, capture_output=True, check=False).returncode
    )
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


def played(work: Path, options: argparse.Namespace) -> Iterator[Tally]:
    """Actions on all formats, ended in some ways, in an empty folder."""
    ways: dict[str, Callable[[Stage], Tally]] = {
        "steps": every_step,
        "moments": lambda stage: random_moments(stage, options.kills, options.seed),
        "full": full_disks,
    }
    for way in options.how:
        for action, format_name in itertools.product(options.action, FORMATS):
            name = f"{way}-{action}-{format_name}".replace(" ", "-")
            if way in ways:
                yield ways[way](Stage(action, format_name, work / name))
                continue
            with tmpfs(work / name) as disk:
                if disk:
                    yield small_disk(Stage(action, format_name, disk / "work"), disk)


def table(tallies: Sequence[Tally]) -> str:
    """The tallies as Markdown."""
    rows = [
        f"| {one.what} | {one.how} | {one.processes} | {one.before} | {one.intended} | {one.torn} "
        f"| {one.mended} | {one.unsaid} | {one.lost} |"
        for one in tallies
    ]
    processes, lost = (sum(getattr(one, key) for one in tallies) for key in ("processes", "lost"))
    made = sorted({f"{one.date}; {one.machine}" for one in tallies})
    lines = [HEAD, f"{processes:,} processes, {lost:,} lost.\n", COLUMNS, *rows, "", *made]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Play everything and record it; 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--how", nargs="+", default=["steps", "moments", "full", "tmpfs"])
    parser.add_argument("--action", nargs="+", default=ACTIONS)
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER")
    options = parser.parse_args()
    machine = str(this_machine())
    lost = 0
    with tempfile.TemporaryDirectory() as work, contextlib.redirect_stderr(io.StringIO()):
        for tally in played(Path(work), options):
            tally.date = datetime.datetime.now(datetime.UTC).date().isoformat()
            tally.machine = machine
            new = {f"{tally.what}: {tally.how}": tally}
            known = joined(options.results / "crashes.json", new, dict[str, Tally])
            (options.results / "crashes.md").write_text(table(list(known.values())), "utf-8")
            lost += tally.lost
    return int(lost > 0)


if __name__ == "__main__":
    raise SystemExit(main())
