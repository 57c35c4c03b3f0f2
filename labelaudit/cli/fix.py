from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from labelaudit.auditing import findings_file
from labelaudit.auditing.config import Config
from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.scan import fixed, scan
from labelaudit.cli import CLEAN, FINDINGS
from labelaudit.cli.cleaned_output import check_target, note, show_diff, show_written, written
from labelaudit.cli.parameters import FIXES, Choice, DatasetSource, Target
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError

Outcome = tuple[Dataset, Mapping[str, int], Sequence[str]]
"""The cleaned dataset, how many fixes of each rule were applied, and what contradicted."""


def fix(
    paths: tuple[Path, ...],
    /,
    *,
    fixes: Annotated[Path | None, Parameter(name="--list", group=FIXES)] = None,
    queue: Annotated[Path | None, Parameter(group=FIXES)] = None,
    min_probability: Annotated[float | None, Parameter(group=FIXES)] = None,
    source: DatasetSource = DatasetSource(),
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
    config = choice.configured()
    dataset = source.load(paths, config)
    check_target(dataset, target, wanted=True)
    if queue:
        outcome = _decided(dataset, queue, min_probability)
    elif fixes:
        outcome = _listed(dataset, fixes, unsafe=target.unsafe_fixes)
    else:
        outcome = _found(dataset, config, unsafe=target.unsafe_fixes)
    cleaned, counts, conflicts = outcome
    for conflict in conflicts:  # before anything is written
        note(conflict)
    if target.diff:
        show_diff(cleaned)
    else:
        show_written(written(cleaned, target) if counts else None)
    words = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
    note(
        f"{'Would fix' if target.diff else 'Fixed'} {sum(counts.values()):,}: {words or 'nothing'}"
    )
    return FINDINGS if conflicts else CLEAN


def _check(
    fixes: Path | None, queue: Path | None, min_probability: float | None, *, unsafe: bool
) -> None:
    """Refuse options that contradict each other, before anybody waits for labels to be read."""
    if queue and fixes:
        raise FixError("--queue and --list exclude each other")
    if queue and unsafe:
        raise FixError("--unsafe-fixes is for fixes that nobody decided about, not for --queue")
    if min_probability is not None and not queue:
        raise FixError("--min-probability needs --queue")


def _decided(dataset: Dataset, queue: Path, min_probability: float | None) -> Outcome:
    """What comes of the decisions in a queue."""
    # Only here, because SQLite takes a scan of labels some milliseconds to load.
    from labelaudit.cli.queueing import decided  # noqa: PLC0415

    done = decided(dataset, queue, min_probability)
    return done.dataset, done.counts, done.conflicts


def _listed(dataset: Dataset, path: Path, *, unsafe: bool) -> Outcome:
    """What comes of the fixes in a list: of decisions, if it has any, else of what it proposes."""
    lines = path.read_bytes().splitlines()
    if findings_file.has_decisions(lines):
        if unsafe:
            raise FixError(f"{path} has decisions: --unsafe-fixes is for what nobody decided about")
        # Only here, as in `_decided`.
        from labelaudit.cli.queueing import decided_in_list  # noqa: PLC0415

        done = decided_in_list(dataset, lines, path)
        return done.dataset, done.counts, done.conflicts
    findings = findings_file.read_lines(lines, path, dataset)
    findings = findings.rows(fixable(findings, unsafe=unsafe))
    applied = apply(dataset, findings)
    counts = Counter(findings.name[applied.applied].tolist())
    return applied.dataset, counts, applied.conflicts


def _found(dataset: Dataset, config: Config, *, unsafe: bool) -> Outcome:
    """What comes of the fixes that a scan finds."""
    result = fixed(scan(dataset, config.options), unsafe=unsafe)
    return result.dataset, result.fixed, result.conflicts
