"""A gate before a training: it opens for labels that are fit to train on, and says why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from labelaudit.auditing.config import Config
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.auditing.needs import FOR_TRAINING, lacking
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.core.text import counted
from labelaudit.dataset.arguments import check_taken, is_number
from labelaudit.errors import ConfigError, GateError
from labelaudit.io.load import PathLike
from labelaudit.pipeline.source import (
    Source,
    but_for_emptiness,
    configuration,
    in_memory,
    known_findings,
    opened,
    without_boxes,
)
from labelaudit.pipeline.summary import summary
from labelaudit.reports.text.contract import broken

VERDICT = "these labels are not fit to train on"


def gate(
    source: Source,
    *,
    errors: int = 0,
    warnings_share: float = 0.005,
    images: PathLike | Sequence[PathLike] = (),
    options: Options | Config | None = None,
    baseline: PathLike | None = None,
    label_issues: LabelIssues | None = None,
    allow_empty: bool = False,
) -> Scan:
    """Let labels pass that are fit to train on; raise `GateError` with a summary if they are not.

    A rule that could not run counts as passed by no means: where it lacks images or their sizes,
    the gate stays shut until they are there, or until the rule is ignored by `options`. Rules that
    need a model are not asked without `label_issues`; the scan that comes back names them.

    Parameters
    ----------
    source:
        a path as `labelaudit.load` takes it, what a COCO file holds, or a dataset.
    errors:
        that are allowed.
    warnings_share:
        how many warnings are allowed, as a share of all boxes; rounded down.
    images:
        folders to look for the images of a path or a dictionary in.
    options:
        which rules run, how severe each is, and the contract that the labels are to keep; or, as
        `labelaudit.read_config()` has it, all that the project's configuration file says, which
        nothing reads by itself: then what it excludes is not looked at, and its folders of images,
        its format and its baseline hold where nothing else is said. What a contract counts is for
        it alone to judge.
    baseline:
        a file of findings that the project has agreed to live with; they do not count.
    label_issues:
        what a model makes of the labels, from `labelaudit.by_detector` or `by_predictions`.
    allow_empty:
        whether labels without a single box pass.

    Returns
    -------
    Scan
        what was found, and `not_checked`: what nobody looked at.

    Raises
    ------
    GateError
        if more is found than is allowed, a rule could not run, or there is no box to learn from.
    ConfigError
        if a limit cannot be meant.

    >>> from labelaudit.testing import one_image
    >>> gate(one_image("car 10 10 40 40"), options=Options(ignore=("IMG",))).has(Severity.WARNING)
    False
    """
    takes = "how many warnings are allowed as a share of all boxes, 0.005 say"
    check_taken(is_number(warnings_share), warnings_share, "warnings_share=", takes)
    if not (isinstance(errors, int) and errors >= 0):
        raise ConfigError(f"errors is how many are allowed, 0 or more, not {errors!r}")
    if not 0 <= warnings_share <= 1:
        raise ConfigError(f"warnings_share is a share of all boxes, 0 to 1, not {warnings_share!r}")
    config = configuration(options)
    baseline = config.baseline if baseline is None else baseline
    known = known_findings(baseline)
    with opened(source, images=images, config=config) as dataset:
        options = but_for_emptiness(config.options, allowed=allow_empty)
        found = scan(dataset, options, baseline=known, label_issues=label_issues)
        found = replace(found, dataset=in_memory(source, dataset))
    reasons = [] if allow_empty or len(found.dataset.boxes) else [without_boxes(found.dataset)]
    reasons += _reasons(found, errors, warnings_share)
    if reasons:
        raise GateError(summary(found, VERDICT, reasons, baseline=baseline))
    return found


def _reasons(found: Scan, errors: int, warnings_share: float) -> Iterator[str]:
    """Why the gate stays shut, a line each."""
    dataset = found.dataset
    counts = _uncovered(found)
    count = counts[Severity.ERROR]
    if count > errors:
        yield f"{counted(count, 'error')}; {errors:,} allowed"
    most = int(np.floor(warnings_share * len(dataset.boxes) + 1e-9))
    count = counts[Severity.WARNING]
    if count > most:
        allowed = f"{most:,} allowed, a share of {warnings_share:.3g} of all boxes"
        yield f"{counted(count, 'warning')}; {allowed}"
    if found.contract is not None and found.contract.failed:
        yield from (f"contract: {line}" for line in broken(found.contract))
    gone = set(lacking(dataset, found.label_issues)) & set(FOR_TRAINING)
    blind = [code for code in found.not_checked if gone & set(RULES[code].needs)]
    if blind:
        names = ", ".join(RULES[code].name for code in blind)
        yield (
            f"{counted(len(blind), 'rule')} could not run, so that nobody knows: {names}; give "
            "images=FOLDER, or leave them out by options=Options(ignore=(CODE,))"
        )


def _uncovered(found: Scan) -> Counter[Severity]:
    """How many findings there are of each severity that no requirement of a contract counts."""
    severity = found.findings.severity
    if found.contract is not None:
        severity = severity[~found.contract.covered]
    return Counter(map(Severity, severity.tolist()))
