"""Labels as a test: `assert_clean` says of a dataset that nothing is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from labelaudit.auditing.config import Config
from labelaudit.auditing.options.words import SEVERITIES
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.core.registry import instead
from labelaudit.core.text import counted
from labelaudit.dataset.arguments import check_taken, one_or_several
from labelaudit.errors import ConfigError
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
from labelaudit.reports.words import severities


def assert_clean(
    source: Source,
    *,
    select: str | Iterable[str] = (),
    ignore: str | Iterable[str] = (),
    severity: str = "warning",
    images: PathLike | Sequence[PathLike] = (),
    options: Options | Config | None = None,
    baseline: PathLike | None = None,
    allow_empty: bool = False,
) -> Scan:
    """Nothing, if no rule finds anything in a dataset; else an error that says what, and where.

    Parameters
    ----------
    source:
        a path as `labelaudit.load` takes it, what a COCO file holds, or a dataset.
    select, ignore:
        codes, beginnings of codes or names of the rules to run and to leave out, instead of those
        of `options`: `"GEO"`, or several in a list.
    severity:
        the mildest finding that counts: info, warning or error.
    images:
        folders to look for the images of a path or a dictionary in.
    options:
        which rules run and how, and the contract that the labels are to keep; or, as
        `labelaudit.read_config()` has it, all that the project's configuration file says: then what
        it excludes is not looked at, and its folders of images, its format and its baseline hold
        where nothing else is said.
    baseline:
        a file of findings that the project has agreed to live with; they do not count.
    allow_empty:
        whether a dataset without a single box is clean; a path that leads to nothing is one.

    Returns
    -------
    Scan
        what was looked at; `not_checked` names the rules that had nothing to look at.

    Raises
    ------
    AssertionError
        if something is found, the contract is broken, or there is no box at all.
    ConfigError
        if a rule that is named had nothing to look at: then nobody knows.

    >>> from labelaudit.testing import one_image
    >>> assert_clean(one_image("car 10 10 40 40"), select="GEO").by_severity
    {}
    """
    __tracebackhide__ = True  # pytest shows the line of the test
    check_taken(isinstance(severity, str), severity, "severity=", "info, warning or error")
    if severity not in SEVERITIES:
        raise ConfigError(f"severity is not {severity!r}{instead(severity, SEVERITIES)}")
    chosen, left_out = (
        one_or_several(given, name, "codes or names of rules")
        for given, name in ((select, "select="), (ignore, "ignore="))
    )
    config = configuration(options)
    chosen_options = config.options
    if chosen:
        chosen_options = replace(chosen_options, select=chosen, ignore=())
    chosen_options = replace(chosen_options, ignore=(*chosen_options.ignore, *left_out))
    baseline = config.baseline if baseline is None else baseline
    known = known_findings(baseline)
    with opened(source, images=images, config=config) as dataset:
        chosen_options = but_for_emptiness(chosen_options, allowed=allow_empty)
        found = scan(dataset, chosen_options, baseline=known)
        found = replace(found, dataset=in_memory(source, dataset))
    least = SEVERITIES[severity]
    empty = [] if allow_empty or len(found.dataset.boxes) else [without_boxes(found.dataset)]
    if not empty and not found.fails(least):
        return found
    counts = {one: count for one, count in found.by_severity.items() if one >= least}
    reasons = empty + ([f"found {', '.join(severities(counts))}"] if counts else [])
    if found.contract is not None and found.contract.failed:
        reasons += [f"contract: {line}" for line in broken(found.contract)]
    count = len(found.dataset.boxes)
    verdict = f"{counted(count, 'label')} that are not clean" if count else "no labels to be clean"
    raise AssertionError(summary(found, verdict, reasons, baseline=baseline, least=least))
