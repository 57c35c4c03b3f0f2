"""A line for each thing that a project leaves out and that is not there any more."""

from __future__ import annotations

from pathlib import Path

from labelaudit.auditing.config import Config
from labelaudit.auditing.scan import Scan
from labelaudit.cli.notes import note
from labelaudit.core.later import later
from labelaudit.core.shell import command
from labelaudit.core.text import counted

_known_by_rule = later("labelaudit.auditing.between_scans.baseline", "known_by_rule")
_stale_entries = later("labelaudit.auditing.between_scans.unused", "stale_entries")
_unused_ignores = later("labelaudit.auditing.between_scans.unused", "unused_ignores")


def tell_leftovers(found: Scan, config: Config, baseline: Path | None) -> None:
    """Say which ignores are of nothing, and how many entries of a baseline no finding has.

    Parameters
    ----------
    found:
        what a scan found.
    config:
        that it was done with.
    baseline:
        that it was done with, if any.
    """
    if config.options.per_class_ignores or config.options.per_path_ignores:
        for line in _unused_ignores(found.dataset, config.options):
            note(f"{config.path}: {line}")
    stale = _stale_entries(found, _known_by_rule(baseline)) if baseline else 0
    if stale:
        told = counted(stale, "entry", "entries")
        anew = command("scan", *found.command, "--write-baseline", baseline)
        note(f"{baseline}: {told} that no finding has any more; to write it anew: {anew}")
