from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from labelaudit import fixlist
from labelaudit.cli import CLEAN, FINDINGS
from labelaudit.cli.parameters import FIXES, Choice, Source, Target
from labelaudit.cli.writing import note, show_diff, show_written, written
from labelaudit.config import Config
from labelaudit.dataset import Dataset
from labelaudit.fixing import apply, fixable
from labelaudit.scanning import fixed, scan

Outcome = tuple[Dataset, Mapping[str, int], Sequence[str]]
"""The cleaned dataset, how many fixes of each rule were applied, and what contradicted."""


def fix(
    paths: tuple[Path, ...],
    /,
    *,
    fixes: Annotated[Path | None, Parameter(name="--list", group=FIXES)] = None,
    source: Source = Source(),
    choice: Choice = Choice(),
    target: Target = Target(),
) -> int:
    """Apply fixes and write a cleaned dataset.

    Without a list, these are the safe fixes of a scan. With a list, these are the safe fixes in
    it; take out the lines that you do not agree with. Either way, --unsafe-fixes applies all.

    Exits with 0 if the fixes were applied, with 1 if some of them contradict each other.

    Parameters
    ----------
    paths:
        The dataset, as it was given to the scan.
    fixes:
        Findings as `labelaudit scan --output-format jsonl` writes them.
    """
    config = choice.configured()
    dataset = source.load(paths, config)
    outcome = (
        _listed(dataset, fixes, unsafe=target.unsafe_fixes)
        if fixes
        else _found(dataset, config, unsafe=target.unsafe_fixes)
    )
    cleaned, counts, conflicts = outcome
    if target.diff:
        show_diff(cleaned)
    elif counts or target.output:
        show_written(written(cleaned, target))
    words = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
    note(
        f"{'Would fix' if target.diff else 'Fixed'} {sum(counts.values()):,}: {words or 'nothing'}"
    )
    for conflict in conflicts:
        note(conflict)
    return FINDINGS if conflicts else CLEAN


def _listed(dataset: Dataset, path: Path, *, unsafe: bool) -> Outcome:
    """What comes of the fixes in a list."""
    findings = fixlist.read(path, dataset)
    findings = findings.rows(fixable(findings, unsafe=unsafe))
    applied = apply(dataset, findings)
    counts = Counter(findings.name[applied.applied].tolist())
    return applied.dataset, counts, applied.conflicts


def _found(dataset: Dataset, config: Config, *, unsafe: bool) -> Outcome:
    """What comes of the fixes that a scan finds."""
    result = fixed(scan(dataset, config.options), unsafe=unsafe)
    return result.dataset, result.fixed, result.conflicts
