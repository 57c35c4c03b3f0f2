"""Shards audited one after the other, with one of them in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan
from labelaudit.auditing.shards.audit_shard import audited_shard, gathered, gathered_of_all
from labelaudit.auditing.shards.merge import merged_scan
from labelaudit.auditing.shards.plan import shard_plan
from labelaudit.dataset.tables import Dataset


def scan_in_turn(
    shards: Sequence[Callable[[], Dataset]],
    options: Options | None = None,
    *,
    sources: Sequence[Path] = (),
    baseline: frozenset[str] = frozenset(),
) -> Scan:
    """What the rules that can be asked of shards find in a dataset, as if it was read at once.

    Parameters
    ----------
    shards:
        what gives the labels of each, one at least, all in one format. Each is called twice.
    options:
        which rules run and how; all of them with their own defaults if absent.
    sources:
        the files and folders that they are read from, for reports.
    baseline:
        fingerprints of what is known.

    Raises
    ------
    ConfigError
        if none of the chosen rules can be asked of shards.
    FormatError
        if shards are of different formats.
    """
    options = options or Options()
    plan = shard_plan(options)
    known = gathered_of_all([gathered(shard(), options, plan) for shard in shards], plan)
    reports = [audited_shard(shard(), options, plan, known) for shard in shards]
    return merged_scan(reports, options, plan, known, sources=sources, baseline=baseline)
