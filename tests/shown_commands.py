"""Runs the commands that a page shows, in order, and holds what they print against the page."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.items import Filter, Verdict
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.places import QueuePlace, place_of
from labelaudit.review.queue.store import Queue

ROOT = Path(__file__).parents[1]
FEW = 12
"""Photographs that a detector learns from here; the page has it learn from all."""

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OTHERS = (
    "pip ",
    ".venv/bin/pip ",
    "python3 -m venv",
    "git ",
    "pytest",
    "pre-commit",
    "cd ",
    "cat ",
)
"""Beginnings of commands that are not ours."""

Main = Callable[[list[str]], int]


@dataclass(frozen=True)
class Shown:
    """A command as a page shows it, with the lines below it."""

    command: str
    output: tuple[str, ...]


def shown_commands(page: Path) -> Iterator[Shown]:
    """The commands of labelaudit that a page shows, in order."""
    for block in BLOCK.findall(page.read_text("utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *output = part.rstrip().split("\n")
            command = command.partition("  #")[0].strip().removeprefix(".venv/bin/")
            if not command.startswith(OTHERS):
                yield Shown(command, tuple(line.strip() for line in output if line != "..."))


def prepare(folder: Path) -> None:
    """The dataset that pages are about, where their commands expect it."""
    shutil.copytree(ROOT / "examples" / "bccd", folder / "examples" / "bccd")


def leave_few(dataset: Path) -> None:
    """Only the first photographs, so that a detector is trained in seconds."""
    labels = sorted((dataset / "Annotations").glob("*.xml"))
    for path in labels[FEW:]:
        path.unlink()
        (dataset / "JPEGImages" / path.with_suffix(".jpg").name).unlink()
    left = {path.stem for path in labels[:FEW]}
    for names in (dataset / "ImageSets").rglob("*.txt"):
        lines = names.read_text().split("\n")
        names.write_text("\n".join(line for line in lines if line.split(" ")[0] in left | {""}))


def run(shown: Shown, main: Main, printed: Callable[[], str]) -> None:
    """Run a command where we are; fails unless it does its work and prints what is shown of it."""
    words = shlex.split(shown.command)
    assert words[0] == "labelaudit", f"{shown.command}: neither ours nor known"
    if words[1] == "review":
        serve(words)
        accept_one(place_of(words[words.index("--queue") + 1]))
        return
    if "--detector" in words:
        leave_few(Path(words[2]))
    code = main(words[1:])
    said = printed()
    assert code in (0, 1), f"{shown.command}: ended with {code}: {said}"
    lines = iter([plain(line) for line in said.split("\n")])
    for line in shown.output:
        assert plain(line) in lines, (
            f"{shown.command}: does not print, or not there: {line}\n{said}"
        )


def plain(line: str) -> str:
    """Without what differs from run to run."""
    return re.sub(r"in [\d.]+ s\.", "in a moment.", line).strip()


def serve(words: list[str]) -> None:
    """Start a command that serves a page; fails unless it says its address, and ends by Ctrl+C."""
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    program += "from labelaudit.cli import program; program()"
    command = [sys.executable, "-c", program, *words[1:], "--no-browser"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as it:
        assert it.stdout is not None
        said = []
        try:
            for line in it.stdout:
                said.append(line)
                if "http://127.0.0.1" in line:
                    break
            else:
                raise AssertionError(f"{words}: no page: {''.join(said)}")
        finally:
            it.send_signal(signal.SIGINT)
            it.wait(60)


def accept_one(place: QueuePlace) -> None:
    """Accept the first finding of a queue, as somebody on the page would."""
    with Queue.existing(place) as queue:
        [first] = next_items(queue, "ann", Filter(), count=1)
        decide(queue, "ann", [ItemDecision(first.fingerprint, Verdict.ACCEPT)], uuid="1")
