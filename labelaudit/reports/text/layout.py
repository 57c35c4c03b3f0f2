"""The text report, drawn with rich."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

import numpy as np
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.findings_file import entries
from labelaudit.auditing.fixes.removals import removal_words
from labelaudit.auditing.scan import CONFLICTING_CLASSES, RuleCount, Scan
from labelaudit.core.mirror_names import shown
from labelaudit.core.terminal import (
    ELLIPSIS,
    FittedTable,
    Terminal,
    beginning,
    ending,
    middle_out,
)
from labelaudit.core.text import counted, plain
from labelaudit.dataset.split_statistics import splits
from labelaudit.dataset.tables import Dataset
from labelaudit.images.whereabouts import are_inside
from labelaudit.io.formats import conversion_before_fixing
from labelaudit.reports.found_images import found_images, nearby
from labelaudit.reports.places import said
from labelaudit.reports.text.breakdown import breakdown_lines
from labelaudit.reports.text.contract import contract_lines
from labelaudit.reports.text.next_steps import next_steps
from labelaudit.reports.text.opinion import opinion
from labelaudit.reports.text.overview import overview_lines
from labelaudit.reports.words import first_of_ranking, not_checked, severities

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}

NARROW = 60
"""Columns below which a place and its message stand on lines of their own."""

MOST_SPLITS = 5
"""Splits that are listed; more are only counted."""

MOST_PAIRS = 8
"""Pairs of conflicting classes that are listed."""

LONGEST_NAME = 30
"""Columns of a class name where two stand in a line."""

LONGEST = 5
"""Lines of a message that are shown; of a longer one, the middle is left out."""


@dataclass(frozen=True)
class Example:
    """One finding, in text that a terminal may have."""

    place: str
    message: str


def write(scan: Scan, out: TextIO, *, width: int | None = None) -> None:
    """Write the report.

    Parameters
    ----------
    scan:
        what is reported.
    out:
        where to.
    width:
        in columns; that of the terminal if absent, or 80 where there is none.
    """
    terminal = Terminal(out, width=width)
    terminal.print(*header(scan, terminal.width), sep="\n")
    if scan.by_rule and not scan.examples:
        terminal.print("", counts(scan.by_rule), sep="\n")
    else:
        for line in groups(scan, terminal):
            terminal.print(line)
        seen = list(overview_lines(scan))
        if seen:
            terminal.print("", *seen, sep="\n")
    if scan.contract is not None:
        terminal.print()
        for part in contract_lines(scan.contract, scan.dataset, place):
            terminal.print(part)
    for one in scan.breakdowns:
        terminal.print("", *breakdown_lines(one), sep="\n")
    terminal.print("", *footer(scan), sep="\n")
    for line in next_steps(scan):
        terminal.print(line, soft_wrap=True)


def groups(scan: Scan, terminal: Terminal) -> Iterator[Text]:
    """Each rule that found something, with its worst examples."""
    repeated = repeated_names(scan.dataset)
    shown = [examples(scan, count, repeated) for count in scan.by_rule]
    room = room_beside([example.place for group in shown for example in group], terminal.width)
    for count, group in zip(scan.by_rule, shown, strict=True):
        yield Text()
        yield heading(count)
        for example in group:
            yield from lines(example, terminal, room)
        if count.findings > len(group):
            yield Text(f"  ... and {count.findings - len(group):,} more", "dim")
        if count.code == CONFLICTING_CLASSES and count.findings > 1:
            yield from confusions(scan)


def header(scan: Scan, width: int) -> Iterator[Text]:
    """What was scanned; the end of its path where that is longer than the terminal is wide."""
    dataset = scan.dataset
    sources = [plain(shown(path)) for path in dataset.sources] or ["(in memory)"]
    line = Text().append(ending(sources[0], width), "bold")
    if len(sources) > 1:
        line.append(f" and {counted(len(sources) - 1, 'other')}")
    words = [
        dataset.format.upper(),
        counted(len(dataset.images), "image"),
        counted(dataset.box_count, "box", "boxes"),
        counted(len(set(dataset.class_names)), "class", "classes"),
    ]
    parts = [f"{plain(split.name)} {split.images:,}" for split in splits(dataset)]
    words += parts if len(parts) <= MOST_SPLITS else [counted(len(parts), "split")]
    yield line
    yield Text(" · ".join(words))
    if dataset.sources and len(dataset.images) and not are_inside(dataset):
        yield Text(plain(found_images(dataset)), "dim" if dataset.image_folders else "yellow")
    for note in dataset.notes:
        yield Text(plain(note), "yellow")
    if scan.label_issues:
        yield from opinion(scan.label_issues)
    if scan.config:
        yield Text(f"settings from {plain(nearby(scan.config))}", "dim")


def heading(count: RuleCount) -> Text:
    """The rule, how often it found something, and whether that can be fixed."""
    line = Text().append(str(count.severity).ljust(8), STYLES[count.severity])
    line.append(count.name, "bold").append(f" {count.code}", "dim")
    found = f"{count.findings:,}"
    if 1 < count.images < count.findings:
        found += f" in {counted(count.images, 'image')}"
    if len(count.by_severity) > 1:
        found += f" ({', '.join(severities(count.by_severity))})"
    words = ["", found]
    if count.safe and count.unsafe:  # in words that leave the line shorter than 80
        unsafe = counted(count.unsafe, "unsafe fix", "unsafe fixes")
        words.append(f"{count.safe:,} safe, {unsafe}")
    elif count.safe:
        words.append(counted(count.safe, "safe fix", "safe fixes"))
    elif count.unsafe:
        words.append(counted(count.unsafe, "unsafe fix", "unsafe fixes"))
    if count.removed and len(words) > 2:
        words[-1] += f", removing {counted(count.removed, 'box', 'boxes')}"
    return line.append(" · ".join(words))


def repeated_names(dataset: Dataset) -> frozenset[str]:
    """The names that images of several files share: those of datasets that were put together."""
    if len(dataset.files) < 2:  # of one file, all images are in the same folder
        return frozenset()
    counts = Counter(dataset.images.name.tolist())
    return frozenset(name for name, count in counts.items() if count > 1)


def examples(scan: Scan, count: RuleCount, repeated: Collection[str]) -> list[Example]:
    """The worst findings of a rule: the most severe, then the most doubted, then in order.

    Parameters
    ----------
    scan:
        that is reported.
    count:
        of the rule.
    repeated:
        names of images that need their file beside them to be told apart.
    """
    findings = scan.findings
    rows = np.flatnonzero(findings.code == count.code)
    doubt = np.nan_to_num(findings.model_doubt[rows], nan=-1.0)
    worst = np.lexsort((rows, -doubt, -findings.severity[rows].astype(np.int64)))
    chosen = findings.rows(rows[worst[: scan.examples]])
    return [
        Example(place(entry, scan.dataset, repeated), plain(said(entry)))
        for entry in entries(chosen, scan.dataset)
    ]


def place(entry: Mapping[str, Any], dataset: Dataset, repeated: Collection[str] = ()) -> str:
    """Where a finding is, as a person would look for it: image and id, else file and record.

    Parameters
    ----------
    entry:
        the finding, as the fix list has it.
    dataset:
        that it is about.
    repeated:
        see `examples`.
    """
    words = [entry["image"] or entry["source"] or ""]
    if len(dataset.files) == 1 and not entry["image"]:  # the header names the file
        words = [] if entry["place"] else ["the whole file"]
    elif (
        entry["source"]
        and entry["image"]
        and (entry["image"] in repeated or len(dataset.sources) > 1)
    ):
        words.insert(0, f"{entry['source']}:")
    place, ids = entry["place"] or "", entry["annotations"]
    if ids and place.startswith("annotations[") and None not in ids:  # people look for COCO's ids
        place = f"id {ids[0]}" if len(ids) == 1 else f"ids {ids[0]}, {ids[1]}"
    elif len(ids) > 1 and place.startswith("object["):
        place += f", [{ids[1]}]"
    elif len(ids) > 1 and place.startswith("line "):
        place += f", {ids[1] + 1}"
    return plain(" ".join([*words, place]).strip())


def room_beside(places: Sequence[str], width: int) -> int:
    """The columns for places that have their messages beside them; 0 where these go below.

    They go below in a narrow terminal, and where a file's name with its record, which is what one
    looks for, would take more than half of the width.
    """
    most = width // 2
    if width < NARROW or any(cell_len(_shortest(place)) > most for place in places):
        return 0
    return min(max(map(cell_len, places), default=0), most)


def _shortest(place: str) -> str:
    """A place without its folders, where that makes it shorter."""
    folders, _, name = place.rpartition("/")
    return min(f"{ELLIPSIS}/{name}" if folders else place, place, key=cell_len)


def lines(example: Example, terminal: Terminal, room: int) -> Iterator[Text]:
    """An example, its message beside its place, or below it where there is no room.

    Parameters
    ----------
    example:
        of what a rule found.
    terminal:
        that it is written to.
    room:
        see `room_beside`.
    """
    where = Text("  ").append(ending(example.place, room or terminal.width - 2), "cyan")
    if not room:
        if example.place:
            yield where
        where, room = Text(), 2
    width = max(terminal.width - room - 4, 10)
    message = middle_out(example.message, LONGEST * width)
    for line in Text(message).wrap(terminal, width):
        line.rstrip()
        where.pad_right(room + 4 - where.cell_len)
        yield where.append_text(line)
        where = Text()


def confusions(scan: Scan) -> Iterator[Text]:
    """Which classes conflict, and how often."""
    shown = scan.class_conflicts[:MOST_PAIRS]
    names = [
        " and ".join(beginning(plain(name), LONGEST_NAME) for name in (one.first, one.second))
        for one in shown
    ]
    room = max(cell_len(name) for name in names)
    yield Text("  which classes, how often, and the share of the rarer one:", "dim")
    for one, name in zip(shown, names, strict=True):
        line = Text(f"  {name}")
        line.pad_right(room - cell_len(name))
        yield line.append(f"  {one.count:>6,}  {one.share:>4.0%}")
    left = len(scan.class_conflicts) - len(shown)
    if left:
        yield Text(f"  ... and {counted(left, 'more pair')}", "dim")


def counts(by_rule: Sequence[RuleCount]) -> Table:
    """The rules that found something, a row each."""
    table = FittedTable()
    for name in ("severity", "rule", "code"):
        table.add_column(name, no_wrap=True)
    for name in ("found", "images", "safe\nfixes", "unsafe\nfixes"):
        table.add_column(name, justify="right", no_wrap=True)
    for count in by_rule:
        numbers = (count.findings, count.images, count.safe, count.unsafe)
        table.add_row(
            Text(str(count.severity), STYLES[count.severity]),
            count.name,
            Text(count.code, "dim"),
            *(f"{number:,}" if number else "" for number in numbers),
        )
    return table


def footer(scan: Scan) -> Iterator[Text]:
    """What was found in all, what can be done about it, and how long it took."""
    checked = f"{counted(len(scan.rules), 'rule')} checked in {scan.seconds:.1f} s"
    if scan.fixed:
        words = [f"{count:,} {name}" for name, count in sorted(scan.fixed.items())]
        gone = removal_words(scan.removed)
        done = f"{', '.join(words)}; removed {gone}" if gone else ", ".join(words)
        yield Text(f"Fixed {sum(scan.fixed.values()):,}: {done}", "bold green")
    yield from (Text(line, "dim") for line in not_checked(scan))
    for conflict in scan.conflicts:
        yield Text(plain(conflict), "yellow")
    if scan.known:
        yield Text(f"{counted(scan.known, 'known finding')} of the baseline left out", "dim")
    if not scan.found:
        left = " left" if scan.fixed else " new" if scan.known else ""
        ranked = f", but {first_of_ranking(scan)}" if scan.ranked else ""
        yield Text().append(f"Nothing{left} found", "bold green").append(f"{ranked}, {checked}.")
        return
    line = Text().append(f"Found {', '.join(severities(scan.found))}", "bold")
    ranked = f", and {first_of_ranking(scan)}" if scan.ranked else ""
    yield line.append(f"{ranked}; {checked}.")
    if scan.safe or scan.unsafe:
        yield Text.assemble(*_fixes(scan))


def _fixes(scan: Scan) -> Iterator[str | tuple[str, str]]:
    if conversion_before_fixing(scan.dataset):
        yield f"{scan.safe + scan.unsafe:,} can be fixed once the labels are converted."
        return
    if "--shards" in scan.command:
        yield f"{scan.safe + scan.unsafe:,} can be fixed in a scan of each shard alone."
        return
    if scan.safe:
        yield from (f"{scan.safe:,} can be fixed safely with ", ("--fix", "bold"))
        if scan.removed_safely:
            yield f" (removes {counted(scan.removed_safely, 'box', 'boxes')})"
        if scan.unsafe:
            yield from (f", {scan.unsafe:,} more with ", ("--unsafe-fixes", "bold"))
    else:
        yield from (f"{scan.unsafe:,} can be fixed with ", ("--unsafe-fixes", "bold"))
    yield "."
