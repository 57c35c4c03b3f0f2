"""The program of a process that audits shards: `python -m ... FOLDER PASS UNIT...`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from labelaudit.auditing.config import read_config
from labelaudit.auditing.shards.audit_shard import ShardReport, audited_shard, gathered
from labelaudit.auditing.shards.cut_file import PartReport, audited_part
from labelaudit.core.parallel import end_with_parent
from labelaudit.errors import LabelauditError
from labelaudit.pipeline.shards.job import JOB, PLAN, ShardJob, Unit, keep, kept, known_of

CUT, FIRST, SECOND = "cut", "first", "second"
"""What is done with all large files, and the passes over all shards and parts of these."""


def run_cut(folder: Path, job: ShardJob, unit: Unit) -> None:
    """Cut a file into parts, if it can be.

    Parameters
    ----------
    folder:
        of the run.
    job:
        that is in it.
    unit:
        the shard.
    """
    job.cut(unit.shard, folder)


def run_first(folder: Path, job: ShardJob, unit: Unit) -> None:
    """Keep what has to be known of a shard, or of a part of one.

    Parameters
    ----------
    folder:
        of the run.
    job:
        that is in it.
    unit:
        the shard or the part.
    """
    plan, is_part = kept(folder, PLAN), unit.part is not None
    dataset = unit.loaded(folder).dataset if is_part else job.load(unit.shard)
    found = gathered(dataset, job.options, plan, of_file=is_part)
    keep(folder, f"gathered-{unit}.pickle", found)


def run_second(folder: Path, job: ShardJob, unit: Unit) -> None:
    """Audit a shard or a part, knowing what there is in all, and keep what is left of it.

    Parameters
    ----------
    folder, job, unit:
        see `run_first`.
    """
    plan, options = kept(folder, PLAN), job.options
    known = known_of(folder, unit)
    report: ShardReport | PartReport
    if unit.part is None:
        report = audited_shard(job.load(unit.shard), options, plan, known)
    else:
        report = audited_part(unit.loaded(folder), options, plan, known)
    keep(folder, f"report-{unit}.pickle", report)


PASSES: dict[str, Callable[[Path, ShardJob, Unit], None]] = {
    CUT: run_cut,
    FIRST: run_first,
    SECOND: run_second,
}


def _main(folder: str, which: str, *units: str) -> int:
    """Run a pass over some shards, saying to standard output which are done."""
    end_with_parent(sys.stdin.fileno())
    job: ShardJob = kept(Path(folder), JOB)
    if job.config is not None:
        read_config(job.config)  # loads the plugins that it names
    for unit in units:
        try:
            PASSES[which](Path(folder), job, Unit.of(unit))
        except LabelauditError as error:
            _say(shard=unit, error=str(error))
            return 2
        _say(shard=unit)
    return 0


def _say(**news: object) -> None:
    print(json.dumps(news), flush=True)  # noqa: T201  # whoever started this reads it


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
