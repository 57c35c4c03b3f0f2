"""A scan of many files of labels, with no more than a few of them in memory at a time."""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import cast

from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan
from labelaudit.auditing.shards.audit_shard import (
    Gathered,
    ShardReport,
    gathered_of_all,
    gathered_of_file,
)
from labelaudit.auditing.shards.cut_file import audited_file
from labelaudit.auditing.shards.merge import merged_scan
from labelaudit.auditing.shards.plan import ShardPlan, shard_plan
from labelaudit.core.child_processes import EndedProcess, News, Processes, run_together
from labelaudit.core.executors import Executor, LocalExecutor
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.errors import FormatError, LabelauditError
from labelaudit.pipeline.shards.job import (
    JOB,
    KNOWN,
    PLAN,
    ShardJob,
    Unit,
    cut_shard,
    keep,
    kept,
    known_of,
    of_file_name,
)
from labelaudit.pipeline.shards.run_shards import CUT, FIRST, SECOND

PROGRAM = "labelaudit.pipeline.shards.run_shards"

WORDS = {
    CUT: "cutting large files",
    FIRST: "auditing shards, first pass",
    SECOND: "auditing shards, second pass",
}
"""What each pass is called."""


def scan_shards(
    job: ShardJob,
    *,
    baseline: frozenset[str] = frozenset(),
    executor: Executor | None = None,
    folder: Path | None = None,
    progress: StageProgress = ignore_progress,
) -> Scan:
    """What the rules that can be asked of shards find in all of them, as if they were one dataset.

    Each shard is read twice, by a process that does one after the other. Of the boxes, the dataset
    of the scan has those that findings name.

    Parameters
    ----------
    job:
        the shards, in the order in which their records follow each other, and the rules.
    baseline:
        fingerprints of what is known.
    executor:
        where the processes run; on this machine if absent.
    folder:
        in which the folder of the run is made, that all machines see; of this machine if absent.
    progress:
        told how many shards are done, in each pass.

    Raises
    ------
    ConfigError
        if none of the chosen rules can be asked of shards.
    FormatError
        if shards are of different formats.
    LabelauditError
        if a shard cannot be read, with its path, or a process ended in an error.
    """
    if not job.shards:
        raise FormatError("no path was given")
    shard_plan(job.options)  # which may be wrong, and should be so before anything is read
    executor = executor or LocalExecutor()
    with tempfile.TemporaryDirectory(prefix="labelaudit-shards-", dir=folder) as name:
        place = Path(name)
        executor.check_reaches(place)
        keep(place, JOB, _absolute(job))
        run = _Run(place, job, executor, progress)
        run.all_of(CUT, [Unit(number) for number in job.large])
        units = [unit for number in range(len(job.shards)) for unit in _units(place, number)]
        plan = shard_plan(job.options, is_cut=any(unit.part is not None for unit in units))
        keep(place, PLAN, plan)
        run.all_of(FIRST, units)
        known = _known(place, units, plan)
        keep(place, KNOWN, known)
        run.all_of(SECOND, units)
        reports = [_report(place, number, job.options, plan) for number in range(len(job.shards))]
    return merged_scan(reports, job.options, plan, known, sources=job.shards, baseline=baseline)


def _units(place: Path, number: int) -> list[Unit]:
    """What a shard is audited as: itself, or its parts."""
    whole = cut_shard(place, number)
    return (
        [Unit(number)] if whole is None else [Unit(number, part) for part in range(whole.buckets)]
    )


def _absolute(job: ShardJob) -> ShardJob:
    """The same for a process of another folder."""
    return dataclasses.replace(
        job,
        shards=[path.absolute() for path in job.shards],
        images=[path.absolute() for path in job.images],
        config=job.config and job.config.absolute(),
    )


def _known(place: Path, units: Sequence[Unit], plan: ShardPlan) -> Gathered:
    """What there is in all shards; what there is in one that was cut is kept on the way."""
    each = {unit: kept(place, f"gathered-{unit}.pickle") for unit in units}
    for number in dict.fromkeys(unit.shard for unit in units if unit.part is not None):
        parts = [found for unit, found in each.items() if unit.shard == number]
        keep(place, of_file_name(number), gathered_of_file(parts, plan))
    return gathered_of_all(list(each.values()), plan)


def _report(place: Path, number: int, options: Options, plan: ShardPlan) -> ShardReport:
    """What was found in a shard, be it by its parts."""
    whole, units = cut_shard(place, number), _units(place, number)
    reports = [kept(place, f"report-{unit}.pickle") for unit in units]
    if whole is None:
        return cast("ShardReport", reports[0])
    known = known_of(place, units[0])
    return audited_file(whole.records, reports, options, plan, known)


@dataclasses.dataclass(frozen=True)
class _Run:
    """Processes that go over all shards."""

    folder: Path
    job: ShardJob
    executor: Executor
    progress: StageProgress

    def all_of(self, which: str, units: Sequence[Unit]) -> None:
        """Do a pass over some shards or parts."""
        if not units:
            return
        finished: set[str] = set()
        words = WORDS[which]
        self.progress(words, 0, len(units))

        def told(news: News) -> None:
            if "error" not in news:
                finished.add(str(news["shard"]))
            self.progress(words, len(finished), len(units))

        shares = self.executor.shares(units)
        jobs = [partial(self._run, which, share) for share in shares]
        run_together(jobs, told, self.executor.processes())

    def _run(self, which: str, units: Sequence[Unit], processes: Processes) -> None:
        """Do a pass over some shards or parts, one after the other."""
        command = [sys.executable, "-m", PROGRAM, str(self.folder), which, *map(str, units)]
        ended = processes.run(command)
        if ended is not None:
            raise LabelauditError(self._failure(units, ended))

    def _failure(self, units: Sequence[Unit], ended: EndedProcess) -> str:
        """What to say of a process that ended in an error."""
        if "error" in ended.news:
            return str(ended.news["error"])
        after = list(map(str, units)).index(str(ended.news["shard"])) + 1 if ended.news else 0
        at = units[after].shard
        output = " | ".join(ended.last_lines) or "it said nothing; was memory short?"
        return f"{self.job.shards[at]}: its process {ended.how()}: {output}"
