from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from labelaudit.auditing import findings_file
from labelaudit.auditing.config import Config
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.fixes.removals import removal_words
from labelaudit.auditing.scan import Scan, fixed, scan
from labelaudit.cli import CLEAN, FINDINGS
from labelaudit.cli.cleaned_output import (
    check_target,
    show_diff,
    show_written,
    tell_unsafe,
    tried,
    written,
)
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import FIXES, Choice, DatasetSource, PartChoice, QueueOption, Target
from labelaudit.cli.typed import option_words
from labelaudit.core.shell import command, word
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import FixError
from labelaudit.io.writable_fixes import Unwritable, fixed_as_far_as_writable
from labelaudit.review.queue.places import QueuePlace

if TYPE_CHECKING:
    from labelaudit.io.save import Saved


@dataclass(frozen=True)
class FixOutcome:
    """What came of fixes."""

    dataset: Dataset
    counts: Mapping[str, int]  # by rule: how many were applied
    removed: Mapping[RecordType, int]  # records that are gone
    conflicts: Sequence[str]  # why others were not
    left: Scan | None = None  # what a scan finds after them


def fix(
    paths: tuple[Path, ...],
    /,
    *,
    fixes: Annotated[Path | None, Parameter(name="--list", group=FIXES)] = None,
    queue: Annotated[QueueOption | None, Parameter(group=FIXES)] = None,
    min_probability: Annotated[float | None, Parameter(group=FIXES)] = None,
    source: DatasetSource = DatasetSource(),
    part: PartChoice = PartChoice(),
    choice: Choice = Choice(),
    target: Target = Target(),
) -> int:
    """Apply fixes and write a cleaned dataset.

    Without a list, these are the safe fixes of a scan. With a list, these are the safe fixes in
    it; take out the lines that you do not agree with. Either way, --unsafe-fixes applies all. With
    a queue, or a list that `labelaudit queue export` wrote, these are the fixes that reviewers
    accepted or made themselves.

    Exits with 0 if the fixes were applied, with 1 if some of them contradict each other.

    Parameters
    ----------
    paths:
        The dataset, as it was given to the scan.
    fixes:
        Findings as `labelaudit scan --output-format jsonl` or `labelaudit queue export` writes
        them.
    queue:
        A review queue, as `labelaudit scan --queue` and `labelaudit review` keep it.
    min_probability:
        With a queue: also apply the fixes of findings that nobody decided about and that a model
        holds for at least so probable, from 0 to 1; says how many of them are expected to be right.
    """
    _check(fixes, queue, min_probability, unsafe=target.unsafe_fixes)
    target.check_no_reports()
    config = choice.configured()
    dataset = _read(paths, queue, source, part, config)
    check_target(dataset, target, wanted=True)
    if queue:
        fixing = partial(_applied, dataset, _decided(dataset, queue, min_probability))
    elif fixes:
        fixing = partial(_applied, dataset, _listed(dataset, fixes, unsafe=target.unsafe_fixes))
    else:
        fixing = partial(_found, scan(dataset, config.options), target.unsafe_fixes)
    outcome, saved = fixed_as_far_as_writable(fixing, partial(_used, target))
    for conflict in outcome.conflicts:
        note(conflict)
    if target.diff:
        show_diff(outcome.dataset)
    else:
        show_written(saved)
    note(_summary(outcome, target))
    if outcome.left and not target.unsafe_fixes:
        words = (*map(word, paths), *option_words(source, part, choice))
        tell_unsafe(outcome.left, command("fix", *words, "--unsafe-fixes", "--diff"))
    return FINDINGS if outcome.conflicts else CLEAN


def _used(target: Target, outcome: FixOutcome) -> Saved | None:
    """What was written, if anything is to be."""
    if target.diff:
        tried(outcome.dataset)
        return None
    return written(outcome.dataset, target) if outcome.counts else None


def _summary(outcome: FixOutcome, target: Target) -> str:
    counts, gone = outcome.counts, removal_words(outcome.removed)
    words = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())) or "nothing"
    done, lost = ("Would fix", "would remove") if target.diff else ("Fixed", "removed")
    return f"{done} {sum(counts.values()):,}: {words}{f'; {lost} {gone}' if gone else ''}"


def _check(
    fixes: Path | None, queue: QueuePlace | None, min_probability: float | None, *, unsafe: bool
) -> None:
    """Refuse options that contradict each other, before anybody waits for labels to be read."""
    if queue and fixes:
        raise FixError("--queue and --list exclude each other")
    if queue and unsafe:
        raise FixError("--unsafe-fixes is for fixes that nobody decided about, not for --queue")
    if min_probability is not None and not queue:
        raise FixError("--min-probability needs --queue")


def _read(
    paths: tuple[Path, ...],
    queue: QueuePlace | None,
    source: DatasetSource,
    part: PartChoice,
    config: Config,
) -> Dataset:
    """The dataset, with a queue as it was read for that."""
    if queue is None:
        return source.load(paths, config, part)
    # Only here, because SQLite takes a scan of labels some milliseconds to load.
    from labelaudit.cli.queued_dataset import read_queued  # noqa: PLC0415
    from labelaudit.review.queue.store import Queue, has_queue  # noqa: PLC0415

    if not has_queue(queue):
        return source.load(paths, config, part)
    with Queue.existing(queue) as opened:
        return read_queued(opened, paths, source, part, config)


def _decided(dataset: Dataset, queue: QueuePlace, min_probability: float | None) -> Findings:
    """What was accepted in a queue."""
    # Only here, as in `_read`.
    from labelaudit.cli.queueing import decided  # noqa: PLC0415

    return decided(dataset, queue, min_probability)


def _listed(dataset: Dataset, path: Path, *, unsafe: bool) -> Findings:
    """What a list wants fixed: by its decisions, if it has any, else by what it proposes."""
    lines = path.read_bytes().splitlines()
    if findings_file.has_decisions(lines):
        if unsafe:
            raise FixError(f"{path} has decisions: --unsafe-fixes is for what nobody decided about")
        # Only here, as in `_decided`.
        from labelaudit.cli.queueing import decided_in_list  # noqa: PLC0415

        return decided_in_list(dataset, lines, path)
    findings = findings_file.read_lines(lines, path, dataset)
    return findings.rows(fixable(findings, unsafe=unsafe))


def _applied(dataset: Dataset, findings: Findings, unwritable: Unwritable) -> FixOutcome:
    """What comes of fixes that somebody chose."""
    done = apply(findings.dataset or dataset, findings, unwritable)
    counts = Counter(findings.name[done.applied].tolist())
    return FixOutcome(done.dataset, counts, done.removed, done.conflicts)


def _found(before: Scan, unsafe: bool, unwritable: Unwritable) -> FixOutcome:
    """What comes of the fixes that a scan finds."""
    done = fixed(before, unsafe=unsafe, unwritable=unwritable)
    return FixOutcome(done.dataset, done.fixed, done.removed, done.conflicts, done)
