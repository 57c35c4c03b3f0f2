from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from labelaudit import fixlist
from labelaudit.cli import CLEAN, FINDINGS
from labelaudit.cli.parameters import FIXES, Choice, Source, Target
from labelaudit.cli.writing import note, show_diff, show_written, written
from labelaudit.fixing import apply, fixable
from labelaudit.scanning import Scan, fixed, scan


def fix(
    paths: tuple[Path, ...],
    /,
    *,
    list_: Annotated[Path | None, Parameter(name="--list", group=FIXES)] = None,
    source: Source = Source(),
    choice: Choice = Choice(),
    target: Target = Target(),
) -> int:
    """Apply fixes and write a cleaned dataset.

    Without a list, these are the safe fixes of a scan. With a list, these are the fixes in it that are
    safe, or all with --unsafe-fixes: take out of it what you do not agree with.

    Exits with 0 if all of them were applied, with 1 if some contradict each other.

    Parameters
    ----------
    paths:
        The dataset, as given to the scan.
    list_:
        Findings as `labelaudit scan --output-format jsonl` writes them.
    """
    config = choice.configured()
    dataset = source.load(paths, config)
    if list_:
        findings = fixlist.read(list_, dataset)
        findings = findings.rows(fixable(findings, unsafe=target.unsafe_fixes))
        applied = apply(dataset, findings)
        names = findings.name[applied.applied].tolist()
        cleaned, conflicts = applied.dataset, applied.conflicts
    else:
        result = fixed(scan(dataset, config.options), unsafe=target.unsafe_fixes)
    ...
