"""The program of a process that audits shards: `python -m ... FOLDER PASS NUMBER...`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from labelaudit.auditing.config import read_config
from labelaudit.auditing.shards.audit_shard import audited_shard, gathered
from labelaudit.auditing.shards.plan import shard_plan
from labelaudit.core.parallel import end_with_parent
from labelaudit.errors import LabelauditError
from labelaudit.pipeline.shards.job import JOB, KNOWN, ShardJob, keep, kept

FIRST, SECOND = "first", "second"
"""The passes over all shards."""


def run_first(folder: Path, job: ShardJob, number: int) -> None:
    """Keep what has to be known of a shard.

    Parameters
    ----------
    folder:
        of the run.
    job:
        that is in it.
    number:
        of the shard.
    """
    part = gathered(job.load(number), job.options, shard_plan(job.options))
    keep(folder, f"gathered-{number}.pickle", part)


def run_second(folder: Path, job: ShardJob, number: int) -> None:
    """Audit a shard, knowing what there is in all, and keep what is left of it.

    Parameters
    ----------
    folder, job, number:
        see `run_first`.
    """
    known, plan = kept(folder, KNOWN), shard_plan(job.options)
    report = audited_shard(job.load(number), job.options, plan, known)
    keep(folder, f"report-{number}.pickle", report)


PASSES: dict[str, Callable[[Path, ShardJob, int], None]] = {FIRST: run_first, SECOND: run_second}


def _main(folder: str, which: str, *numbers: str) -> int:
    """Run a pass over some shards, saying to standard output which are done."""
    end_with_parent(sys.stdin.fileno())
    job: ShardJob = kept(Path(folder), JOB)
    if job.config is not None:
        read_config(job.config)  # loads the plugins that it names
    for number in map(int, numbers):
        try:
            PASSES[which](Path(folder), job, number)
        except LabelauditError as error:
            _say(shard=number, error=str(error))
            return 2
        _say(shard=number)
    return 0


def _say(**news: object) -> None:
    print(json.dumps(news), flush=True)  # noqa: T201  # whoever started this reads it


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
