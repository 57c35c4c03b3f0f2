"""Scanning again and again while labels are repaired: what is new, and what is gone."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.text import Text

from labelaudit.auditing.between_scans.scan_changes import ScanChanges, scan_changes
from labelaudit.auditing.config import NAMES
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.findings_file import entries
from labelaudit.auditing.scan import Scan
from labelaudit.cli import CLEAN, FINDINGS, INTERRUPTED, TOOL_ERROR
from labelaudit.core.snapshots import (
    Snapshot,
    await_change,
    differing,
    snapshot,
    with_what_was_there,
)
from labelaudit.core.terminal import Terminal
from labelaudit.core.text import counted, plain
from labelaudit.dataset.tables import Dataset, ProblemKind
from labelaudit.errors import LabelauditError
from labelaudit.reports import REPORTS
from labelaudit.reports.text.layout import STYLES, place, repeated_names
from labelaudit.reports.words import severities

GRAIN_NS = 20_000_000
"""By how much the time of a change may lie before it: systems stamp files by ticks of a clock."""

MOST_CHANGES = 20
"""Findings that are listed as new, and as gone; more are only counted. A choice."""


@dataclass(frozen=True, eq=False)
class Looked:
    """What one scan came to."""

    scan: Scan
    fails: bool  # whether its exit code is 1


def watch(look: Callable[[], Looked], places: Sequence[Path]) -> int:
    """Scan, and scan again whenever something changes, until Ctrl+C; the last exit code.

    What cannot be read at the moment is said, and read again once it has changed: an export that
    is half written, or gone for a while.

    Parameters
    ----------
    look:
        scans.
    places:
        the files and folders that decide what is found, beside those that labels name.
    """
    watched = _Watched(look, tuple(places))
    try:
        known = watched.places
        before: Snapshot = snapshot(known)
        begun = time.time_ns() - GRAIN_NS
        watched.begin()
        while True:
            if watched.places != known:  # which only the labels said
                known = watched.places
                before = with_what_was_there(before, snapshot(known), begun)
            watched.say_so()
            now = await_change(before, partial(snapshot, known))
            begun = time.time_ns() - GRAIN_NS
            watched.again(differing(before, now))
            before = now
    except KeyboardInterrupt:
        return watched.code


class _Watched:
    """A dataset, and what the last scan of it came to."""

    def __init__(self, look: Callable[[], Looked], places: tuple[Path, ...]) -> None:
        self._look = look
        self._given = places
        self._last: Scan | None = None
        self._complaint = ""
        self._said_so = False
        self.code = INTERRUPTED

    @property
    def places(self) -> list[Path]:
        """What is watched: what was given, files of labels, and folders of these and of images."""
        found = list(self._given)
        if self._last is not None:
            dataset = self._last.dataset
            files = [dataset.root / path for path in dataset.files.path.tolist()]
            # Beside a file that was named lies anything; beside those that it leads to, labels.
            named = {os.path.abspath(place) for place in self._given}
            folders = {file.parent for file in files if os.path.abspath(file) not in named}
            found += [*files, *sorted(folders), *dataset.image_folders]
        return _outermost(found)

    def begin(self) -> None:
        """Scan, and say all that is found."""
        looked = self._look()
        self._keep(looked)
        REPORTS["text"].write(looked.scan, sys.stdout)

    def say_so(self) -> None:
        """Say once that changes are seen from now on."""
        if not self._said_so:
            Terminal(sys.stdout).print(Text("watching for changes; Ctrl+C ends", "dim"))
            sys.stdout.flush()
        self._said_so = True

    def again(self, changed: Sequence[str]) -> None:
        """Scan after some files changed, and say what is new and what is gone."""
        terminal = Terminal(sys.stdout)
        try:
            looked = self._look()
        except (LabelauditError, OSError) as error:
            self.code = TOOL_ERROR
            self._complain(terminal, str(error))
            return
        cut = _cut_off(looked.scan.dataset)
        if cut and self._last is not None and not _cut_off(self._last.dataset):
            self.code = FINDINGS
            self._complain(terminal, f"{cut[0]} ends in the middle of a record")
            return
        before = self._last or looked.scan
        self._keep(looked)  # before anybody sees it, and presses Ctrl+C
        for line in _lines(before, looked, changed):
            terminal.print(line, soft_wrap=True)
        sys.stdout.flush()

    def _keep(self, looked: Looked) -> None:
        self._last, self._complaint = looked.scan, ""
        self.code = FINDINGS if looked.fails else CLEAN

    def _complain(self, terminal: Terminal, complaint: str) -> None:
        """Say once why nothing can be read."""
        if complaint != self._complaint:
            line = Text(f"{_now()} cannot be scanned now: ", "yellow").append(plain(complaint))
            terminal.print(line, soft_wrap=True)
            sys.stdout.flush()
        self._complaint = complaint


def _cut_off(dataset: Dataset) -> list[str]:
    """The files that end inside a record, as those do that are being written."""
    cut = dataset.problems.rows(dataset.problems.kind == ProblemKind.TRUNCATED.value)
    return [str(dataset.files.path[file]) for file in cut.file.tolist()]


def _lines(before: Scan, after: Looked, changed: Sequence[str]) -> Iterator[Text]:
    """What is new and what is gone since a scan, and what is left."""
    scan = after.scan
    changes = scan_changes(before, scan)
    names = ", ".join(os.path.basename(path) for path in changed[:3])
    more = ", ..." if len(changed) > 3 else ""
    files = counted(len(changed), "file")
    yield Text()
    yield Text(f"{_now()} {files} changed: {plain(names)}{more}", "dim")
    yield from _listed("new", changes.new, scan.dataset)
    yield from _listed("gone", changes.gone, before.dataset)
    yield _total(changes, after)


def _listed(word: str, findings: Findings, dataset: Dataset) -> Iterator[Text]:
    """Findings that are new or gone, a line each.

    Parameters
    ----------
    word:
        what they are.
    findings:
        (n,) of a scan.
    dataset:
        that they are about.
    """
    repeated = repeated_names(dataset)
    first = findings.rows(slice(0, MOST_CHANGES))
    for entry, severity in zip(entries(first, dataset), first.severity.tolist(), strict=True):
        line = Text(f"{word:5}", "bold red" if word == "new" else "bold green")
        line.append(f"{entry['severity']:8}", STYLES[severity]).append(f"{entry['name']} ", "bold")
        line.append(place(entry, dataset, repeated), "cyan").append(f"  {plain(entry['message'])}")
        yield line
    if len(findings) > MOST_CHANGES:
        yield Text(f"{word:5}... and {len(findings) - MOST_CHANGES:,} more", "dim")


def _total(changes: ScanChanges, after: Looked) -> Text:
    """How much is found now, how much of it is new, and how much is gone."""
    scan = after.scan
    words = ", ".join(severities(scan.by_severity)) or "nothing"
    moved = [
        f"{len(some):,} {word}"
        for word, some in (("new", changes.new), ("gone", changes.gone))
        if len(some)
    ]
    line = Text(f"Found {words}", "bold").append(f" ({', '.join(moved) or 'as before'})")
    if scan.contract is not None:
        line.append(f"; contract {'broken' if scan.contract.failed else 'kept'}")
    return line.append(f"; {scan.seconds:.1f} s.")


def _now() -> str:
    return time.strftime("%H:%M:%S")


def configuration_files(named: Path | None, counts: Path | None) -> list[Path]:
    """The files that may configure a scan of this folder.

    Parameters
    ----------
    named:
        the file that the command line names; no other counts then.
    counts:
        that does now.
    """
    if named is not None:
        return [named]
    here = [Path.cwd() / name for name in NAMES]
    return [*here, *([counts] if counts is not None and counts not in here else [])]


def _outermost(places: Sequence[Path]) -> list[Path]:
    """Places without those that lie in folders among them."""
    every = dict.fromkeys(os.path.abspath(place) for place in places)
    folders = {place for place in every if os.path.isdir(place)}
    return [
        Path(place)
        for place in every
        if not any(os.fspath(above) in folders for above in Path(place).parents)
    ]
