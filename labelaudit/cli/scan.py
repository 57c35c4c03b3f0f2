import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from labelaudit.auditing.config import Config
from labelaudit.auditing.scan import Scan, fixed
from labelaudit.auditing.scan import scan as scanned
from labelaudit.cli import CLEAN, FINDINGS
from labelaudit.cli.cleaned_output import (
    check_target,
    show_diff,
    show_written,
    tell_unsafe,
    tried,
    written,
)
from labelaudit.cli.leftovers import tell_leftovers
from labelaudit.cli.model_options import ScoringOptions
from labelaudit.cli.network_options import NetworkChoice
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import (
    FIXES,
    LABELS,
    Choice,
    DatasetSource,
    Known,
    Output,
    PartChoice,
    Target,
)
from labelaudit.cli.progress_bar import Stages, stages
from labelaudit.cli.report_outputs import ReportOutputs
from labelaudit.cli.typed import option_words
from labelaudit.core.later import later
from labelaudit.core.shell import command, word
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.io.writable_fixes import Unwritable, fixed_as_far_as_writable
from labelaudit.pipeline.how_read import HowRead
from labelaudit.review.queue.places import QueuePlace

if TYPE_CHECKING:
    from labelaudit.io.save import Saved

_write_baseline = later("labelaudit.auditing.between_scans.baseline", "write_baseline")


def scan(  # noqa: PLR0913  # groups of options, by name
    paths: tuple[Path, ...],
    /,
    *,
    fix: Annotated[bool, Parameter(group=FIXES)] = False,
    shards: Annotated[bool, Parameter(group=LABELS)] = False,
    source: DatasetSource = DatasetSource(),
    part: PartChoice = PartChoice(),
    choice: Choice = Choice(),
    eye: NetworkChoice = NetworkChoice(),
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
        A COCO file, a Pascal VOC folder, a YOLO data.yaml or folder, or a zip or tar of one; or
        several, which are then the splits of one dataset.
    fix:
        Apply the fixes that are safe, and write a cleaned dataset.
    shards:
        Take what is named, or what is in a folder that is named alone, for parts of one dataset,
        and read them one by one instead of all at once: for more labels than memory holds. Rules
        that compare boxes of all files are then not checked, and the report names them.
    """
    asked = _Asked(paths, shards, source, part, choice, eye, scoring, known, output)
    asked.check()
    fixing = fix or target.given
    reports = ReportOutputs.of(output.output_format, target.output, output.manifest)
    if shards:
        return _in_shards(asked, reports, fixing=fixing)
    reports.check_kept(changing=bool(fixing or known.write_baseline))
    if output.watch:
        return _watched(asked, reports, acting=bool(fixing or known.queue or known.write_baseline))
    started = time.perf_counter()
    config = asked.configured()
    baseline = known.fingerprints(config)
    with stages(quiet=output.quiet) as stage:
        stage.begin("reading labels")
        dataset = source.load(paths, config, part)
        check_target(dataset, target, wanted=fixing)
        reports.check_apart(dataset)
        result = asked.judged(dataset, config, baseline, stage)
        if known.write_baseline:
            _known_from_now_on(result, known.write_baseline)
            reports.write(asked.shown(result, config, started), asked.how_read(config), stage)
            return CLEAN
        done = _acted_on(result, asked, target if fixing else None, stage)
        shown = asked.shown(done.result, config, started, done.saved)
        failed = reports.tried(shown, asked.how_read(config), stage)
    if target.diff and not done.error:
        asked.show_changes(done.result, unsafe=target.unsafe_fixes)
    else:
        reports.show(shown)
    done.check(failed)
    if fixing and not target.diff:
        show_written(done.saved)
    return asked.concluded(shown, config)


@dataclass(frozen=True)
class _Asked:
    """What a command line asks of a dataset."""

    paths: tuple[Path, ...]
    shards: bool
    source: DatasetSource
    part: PartChoice
    choice: Choice
    eye: NetworkChoice
    scoring: ScoringOptions
    known: Known
    output: Output

    def check(self) -> None:
        """Raises `ConfigError` for options that are out of range, or need others."""
        if not self.shards:  # of which no model is asked, but what says where it would run counts
            self.scoring.check()
        self.known.check()

    @property
    def words(self) -> tuple[str, ...]:
        """What has to be typed for another scan of the same."""
        return self.words_for(self.paths)

    def words_for(self, paths: tuple[Path, ...]) -> tuple[str, ...]:
        """What has to be typed for another scan that is like this one."""
        groups = option_words(self.source, self.part, self.choice, self.eye, self.scoring)
        shards = ("--shards",) if self.shards else ()
        known = ("--baseline", word(self.known.baseline)) if self.known.baseline else ()
        return (*map(word, paths), *shards, *groups, *known)

    def configured(self) -> Config:
        """The configuration with what the command line says instead."""
        config = self.choice.configured()
        return dataclasses.replace(config, options=self.eye.over(config.options))

    def judged(
        self, dataset: Dataset, config: Config, baseline: frozenset[str], stage: Stages
    ) -> Scan:
        """What rules find in a dataset.

        Parameters
        ----------
        dataset:
            that is judged.
        config:
            which rules run and how.
        baseline:
            what is known.
        stage:
            told what is done.
        """
        label_issues = self.scoring.of(dataset, stage.update)
        checking = stage.track("checking rules")
        result = scanned(
            dataset,
            self.scoring.over(config.options),
            baseline=baseline,
            label_issues=label_issues,
            track=checking,
            progress=stage.update,
        )
        return dataclasses.replace(
            result,
            samples=self.scoring.judged(dataset),
            judged_boxes=self.scoring.judged_boxes(dataset),
        )

    def how_read(self, config: Config) -> HowRead:
        """What was asked for that a manifest keeps."""
        return HowRead(
            images=self.source.images or config.images,
            format=self.source.format or config.format,
            split=self.part.split,
            exclude=(*config.exclude, *self.part.exclude),
            baseline=self.known.baseline or config.baseline,
        )

    def shown(
        self, result: Scan, config: Config, started: float, saved: "Saved | None" = None
    ) -> Scan:
        """A scan as a report shows it; what is left after fixing is found in what was written."""
        return dataclasses.replace(
            result,
            config=config.path,
            command=self.words_for((saved.path,)) if saved and saved.patch else self.words,
            seconds=time.perf_counter() - started,
            examples=0 if self.output.statistics else self.output.examples,
            top_images=self.output.top_images,
            fail_on=self.output.threshold(config),
        )

    def concluded(self, shown: Scan, config: Config) -> int:
        """The exit code, after a word about what is left out and is not there any more."""
        tell_leftovers(shown, config, self.known.baseline or config.baseline)
        return FINDINGS if self.fails(shown, config) else CLEAN

    def show_changes(self, result: Scan, *, unsafe: bool) -> None:
        """Show what fixes change, and say what the unsafe ones would, if only safe ones do."""
        show_diff(result.dataset)
        if not unsafe:
            tell_unsafe(result, command("scan", *self.words, "--unsafe-fixes", "--diff"))

    def fails(self, result: Scan, config: Config) -> bool:
        """Whether the exit code says that something is wrong."""
        return result.fails(self.output.threshold(config)) and not self.output.exit_zero


def _in_shards(asked: _Asked, reports: ReportOutputs, *, fixing: bool) -> int:
    """Scan shards one by one.

    Parameters
    ----------
    asked:
        what is scanned, and how.
    reports:
        what is to be shown.
    fixing:
        whether fixes were asked for, which are refused.
    """
    from labelaudit.cli.sharded import check_sharded, scanned_shards, shard_job  # noqa: PLC0415  # few have shards

    source, part, scoring, known = asked.source, asked.part, asked.scoring, asked.known
    check_sharded(fixing=fixing, part=part, scoring=scoring, known=known, output=asked.output)
    started = time.perf_counter()
    config = asked.configured()
    baseline = known.fingerprints(config)
    with stages(quiet=asked.output.quiet) as stage:
        job = shard_job(asked.paths, source, part, config)
        result = scanned_shards(job, scoring, baseline, stage)
        reports.check_apart(result.dataset)
        if known.write_baseline:
            _known_from_now_on(result, known.write_baseline)
        shown = asked.shown(result, config, started)
        reports.write(shown, asked.how_read(config), stage)
    if known.write_baseline:
        return CLEAN
    reports.show(shown)
    return asked.concluded(shown, config)


def _watched(asked: _Asked, reports: ReportOutputs, *, acting: bool) -> int:
    """Scan again and again.

    Parameters
    ----------
    asked:
        what is scanned, and how.
    reports:
        what is to be shown.
    acting:
        whether something else was asked for than to be told.
    """
    from labelaudit.cli.watching import (  # noqa: PLC0415  # hardly anybody watches
        Looked,
        configuration_files,
        watch,
    )

    if acting or reports.files or reports.manifest or reports.shown.name != "text":
        what = "write nothing" if acting else "are text"
        raise ConfigError(f"scans with --watch {what}; leave out --watch, or the other option")

    def look() -> Looked:
        started = time.perf_counter()
        config = asked.configured()
        with stages(quiet=asked.output.quiet) as stage:
            stage.begin("reading labels")
            dataset = asked.source.load(asked.paths, config, asked.part)
            result = asked.judged(dataset, config, asked.known.fingerprints(config), stage)
        return Looked(asked.shown(result, config, started), asked.fails(result, config))

    config = asked.configured()
    baseline = asked.known.baseline or config.baseline
    files = configuration_files(asked.choice.config, config.path)
    folders = asked.source.images or config.images
    return watch(look, [*asked.paths, *folders, *files, *([baseline] if baseline else [])])


@dataclass(frozen=True, eq=False)
class _Outcome:
    """What came of a scan."""

    result: Scan  # after fixing, if that went well
    saved: "Saved | None" = None  # the cleaned dataset, if one was written
    error: Exception | None = None  # what stopped this

    def check(self, failed: Exception | None) -> None:
        """Raises what stopped this, or what writing reports failed by, now that all is told."""
        if error := self.error or failed:
            raise error


def _known_from_now_on(result: Scan, path: Path) -> None:
    """Write all findings of a scan to its baseline."""
    _write_baseline(path, result.findings, result.dataset)
    note(f"{counted(len(result.findings), 'finding')} known from now on: {path}")


def _acted_on(result: Scan, asked: _Asked, target: Target | None, stage: Stages) -> _Outcome:
    """Put the findings into a queue and fix them; what was found is told, whatever fails here.

    Parameters
    ----------
    result:
        of the scan.
    asked:
        what was asked for: the queue that the findings go into, if any.
    target:
        where the cleaned dataset goes; None: nothing is fixed.
    stage:
        told what is done.
    """
    saved = None
    try:
        if asked.known.queue:
            stage.begin("filling the queue")
            _enqueue(asked.known.queue, result, option_words(asked.choice))
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


def _enqueue(place: QueuePlace, result: Scan, words: tuple[str, ...]) -> None:
    # Only here, because SQLite takes a scan without a queue some milliseconds to load.
    from labelaudit.cli.queueing import enqueue  # noqa: PLC0415

    enqueue(place, result, words)
