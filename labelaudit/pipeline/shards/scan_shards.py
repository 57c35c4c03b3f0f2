"""A scan of many files of labels, with no more than a few of them in memory at a time."""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from labelaudit.auditing.scan import Scan
from labelaudit.auditing.shards.audit_shard import Gathered, gathered_of_all
from labelaudit.auditing.shards.merge import merged_scan
from labelaudit.auditing.shards.plan import ShardPlan, shard_plan
from labelaudit.core.child_processes import EndedProcess, News, Processes, run_together
from labelaudit.core.executors import Executor, LocalExecutor
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.errors import FormatError, LabelauditError
from labelaudit.pipeline.shards.job import JOB, KNOWN, ShardJob, keep, kept
from labelaudit.pipeline.shards.run_shards import FIRST, SECOND

PROGRAM = "labelaudit.pipeline.shards.run_shards"


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
    plan = shard_plan(job.options)
    executor = executor or LocalExecutor()
    with tempfile.TemporaryDirectory(prefix="labelaudit-shards-", dir=folder) as name:
        place = Path(name)
        executor.check_reaches(place)
        keep(place, JOB, _absolute(job))
        run = _Run(place, job, executor, progress)
        run.all_shards(FIRST)
        known = _known(place, job, plan)
        keep(place, KNOWN, known)
        run.all_shards(SECOND)
        reports = [kept(place, f"report-{number}.pickle") for number in range(len(job.shards))]
    return merged_scan(reports, job.options, plan, known, sources=job.shards, baseline=baseline)


def _absolute(job: ShardJob) -> ShardJob:
    """The same for a process of another folder."""
    return dataclasses.replace(
        job,
        shards=[path.absolute() for path in job.shards],
        images=[path.absolute() for path in job.images],
        config=job.config and job.config.absolute(),
    )


def _known(place: Path, job: ShardJob, plan: ShardPlan) -> Gathered:
    """What there is in all shards."""
    each = [kept(place, f"gathered-{number}.pickle") for number in range(len(job.shards))]
    return gathered_of_all(each, plan)


@dataclasses.dataclass(frozen=True)
class _Run:
    """Processes that go over all shards."""

    folder: Path
    job: ShardJob
    executor: Executor
    progress: StageProgress

    def all_shards(self, which: str) -> None:
        """Do a pass over all shards."""
        finished: set[int] = set()
        count = len(self.job.shards)
        self.progress(f"auditing shards, {which} pass", 0, count)

        def told(news: News) -> None:
            if "error" not in news:
                finished.add(int(news["shard"]))
            self.progress(f"auditing shards, {which} pass", len(finished), count)

        shares = self.executor.shares(range(count))
        jobs = [partial(self._run, which, share) for share in shares]
        run_together(jobs, told, self.executor.processes())

    def _run(self, which: str, numbers: Sequence[int], processes: Processes) -> None:
        """Do a pass over some shards, one after the other."""
        command = [sys.executable, "-m", PROGRAM, str(self.folder), which, *map(str, numbers)]
        ended = processes.run(command)
        if ended is not None:
            raise LabelauditError(self._failure(numbers, ended))

    def _failure(self, numbers: Sequence[int], ended: EndedProcess) -> str:
        """What to say of a process that ended in an error."""
        if "error" in ended.news:
            return str(ended.news["error"])
        after = int(ended.news["shard"]) if ended.news else None
        at = numbers[0] if after is None else numbers[list(numbers).index(after) + 1]
        output = " | ".join(ended.last_lines) or "it said nothing; was memory short?"
        return f"{self.job.shards[at]}: its process {ended.how()}: {output}"
