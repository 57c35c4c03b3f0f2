import dataclasses
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from labelaudit.auditing.baseline import write_baseline
from labelaudit.auditing.scan import Scan, fixed
from labelaudit.auditing.scan import scan as scanned
from labelaudit.cli import CLEAN, FINDINGS
from labelaudit.cli.cleaned_output import (
    check_target,
    show_diff,
    show_written,
    tried,
    written,
)
from labelaudit.cli.model_options import ScoringOptions
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import FIXES, Choice, DatasetSource, Known, Output, Target
from labelaudit.cli.progress_bar import Stages, stages
from labelaudit.cli.writable_fixes import Unwritable, fixed_as_far_as_writable
from labelaudit.core.text import counted
from labelaudit.reports import REPORTS

if TYPE_CHECKING:
    from labelaudit.io.save import Saved


def scan(
    paths: tuple[Path, ...],
    /,
    *,
    fix: Annotated[bool, Parameter(group=FIXES)] = False,
    source: DatasetSource = DatasetSource(),
    choice: Choice = Choice(),
    scoring: ScoringOptions = ScoringOptions(),
    target: Target = Target(),
    known: Known = Known(),
    output: Output = Output(),
) -> int:
    """Say what is wrong with the labels of a dataset, and fix what can be fixed.

    Exits with 0 if nothing was found, or nothing worse than info; with 1 if there are warnings or
    errors (see --fail-on); with 2 if the labels could not be read.

    Parameters
    ----------
    paths:
        A COCO file, a Pascal VOC folder, a YOLO data.yaml or folder, or a zip archive of one; or
        several, which are then the splits of one dataset.
    fix:
        Apply the fixes that are safe, and write a cleaned dataset.
    """
    started = time.perf_counter()
    scoring.check()
    known.check()
    config, report = choice.configured(), REPORTS[output.output_format]
    baseline = known.fingerprints(config)
    fixing = fix or target.given
    with stages(quiet=output.quiet) as stage:
        stage.begin("reading labels")
        dataset = source.load(paths, config)
        check_target(dataset, target, wanted=fixing)
        label_issues = scoring.of(dataset, stage.update)
        checking = stage.track("checking rules")
        result = scanned(
            dataset,
            scoring.over(config.options),
            baseline=baseline,
            label_issues=label_issues,
            track=checking,
        )
        if known.write_baseline:
            write_baseline(known.write_baseline, result.findings, dataset)
            count = counted(len(result.findings), "finding")
            note(f"{count} known from now on: {known.write_baseline}")
            return CLEAN
        done = _acted_on(result, known.queue, target if fixing else None, stage)
    if target.diff and not done.error:
        show_diff(done.result.dataset)
    else:
        shown = dataclasses.replace(
            done.result,
            config=config.path,
            seconds=time.perf_counter() - started,
            examples=0 if output.statistics else output.examples,
        )
        report.write(shown, sys.stdout)
    if done.error:
        raise done.error
    if fixing and not target.diff:
        show_written(done.saved)
    failing = done.result.has(output.threshold(config)) and not output.exit_zero
    return FINDINGS if failing else CLEAN


@dataclass(frozen=True, eq=False)
class _Outcome:
    """What came of a scan."""

    result: Scan  # after fixing, if that went well
    saved: "Saved | None" = None  # the cleaned dataset, if one was written
    error: Exception | None = None  # what stopped this


def _acted_on(result: Scan, queue: Path | None, target: Target | None, stage: Stages) -> _Outcome:
    """Put the findings into a queue and fix them; what was found is told, whatever fails here.

    Parameters
    ----------
    result:
        of the scan.
    queue:
        that the findings go into, if any.
    target:
        where the cleaned dataset goes; None: nothing is fixed.
    stage:
        told what is done.
    """
    saved = None
    try:
        if queue:
            stage.begin("filling the queue")
            _enqueue(queue, result)
        if target:
            result, saved = _cleaned(result, target, stage)
    except Exception as error:  # whatever it is: the report comes first, then it is raised
        return _Outcome(result, error=error)
    return _Outcome(result, saved)


def _cleaned(result: Scan, target: Target, stage: Stages) -> "tuple[Scan, Saved | None]":
    """The scan after fixing, and what was written of it."""

    def fixing(unwritable: Unwritable) -> Scan:
        stage.begin("fixing")
        return fixed(result, unsafe=target.unsafe_fixes, unwritable=unwritable)

    def use(outcome: Scan) -> "Saved | None":
        if target.diff:
            tried(outcome.dataset)
            return None
        if not outcome.fixed:
            return None
        stage.begin("writing")
        return written(outcome.dataset, target)

    return fixed_as_far_as_writable(fixing, use)


def _enqueue(path: Path, result: Scan) -> None:
    # Only here, because SQLite takes a scan without a queue some milliseconds to load.
    from labelaudit.cli.queueing import enqueue  # noqa: PLC0415

    enqueue(path, result)
