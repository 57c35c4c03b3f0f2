"""Labels as a test: `assert_clean` says of a dataset that nothing is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from labelaudit.auditing.baseline import read_baseline
from labelaudit.auditing.config import Config
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.auditing.words import SEVERITIES
from labelaudit.core.registry import instead
from labelaudit.core.text import counted
from labelaudit.errors import ConfigError
from labelaudit.io.load import PathLike
from labelaudit.pipeline.source import Source, configuration, in_memory, opened
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

    Returns
    -------
    Scan
        what was looked at; `not_checked` names the rules that had nothing to look at.

    Raises
    ------
    AssertionError
        if something is found, or the contract is broken.
    ConfigError
        if a rule that is named had nothing to look at: then nobody knows.

    >>> from labelaudit.testing import one_image
    >>> assert_clean(one_image("car 10 10 40 40"), select="GEO").by_severity
    {}
    """
    __tracebackhide__ = True  # pytest shows the line of the test
    if severity not in SEVERITIES:
        raise ConfigError(f"severity is not {severity!r}{instead(severity, SEVERITIES)}")
    config = configuration(options)
    chosen_options = config.options
    if chosen := _several(select):
        chosen_options = replace(chosen_options, select=chosen, ignore=())
    chosen_options = replace(chosen_options, ignore=(*chosen_options.ignore, *_several(ignore)))
    baseline = config.baseline if baseline is None else baseline
    known = read_baseline(Path(baseline)) if baseline is not None else frozenset()
    with opened(source, images=images, config=config) as dataset:
        found = scan(dataset, chosen_options, baseline=known)
        found = replace(found, dataset=in_memory(source, dataset))
    least = SEVERITIES[severity]
    if not found.fails(least):
        return found
    counts = {one: count for one, count in found.by_severity.items() if one >= least}
    reasons = [f"found {', '.join(severities(counts))}"] if counts else []
    if found.contract is not None and found.contract.failed:
        reasons += [f"contract: {line}" for line in broken(found.contract)]
    verdict = f"{counted(len(found.dataset.boxes), 'label')} that are not clean"
    raise AssertionError(summary(found, verdict, reasons, baseline=baseline, least=least))


def _several(words: str | Iterable[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)
