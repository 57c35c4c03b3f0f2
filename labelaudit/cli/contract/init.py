from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from labelaudit.auditing.between_scans.baseline import read_baseline
from labelaudit.auditing.config import Config, nearest, read_config
from labelaudit.auditing.contract.append import append, check_free_of_contract
from labelaudit.auditing.contract.draft import draft
from labelaudit.auditing.contract.evaluate import evidence_of
from labelaudit.auditing.run import audited, chosen_rules, context_of
from labelaudit.cli import CLEAN
from labelaudit.cli.notes import note, print_lines
from labelaudit.cli.parameters import DatasetSource
from labelaudit.cli.progress_bar import stages
from labelaudit.io.targets import check_writable

NEW = "labelaudit.toml"
"""The configuration file that is made where there is none."""


def init(
    paths: tuple[Path, ...],
    /,
    *,
    output: Annotated[Path | None, Parameter(alias="-o")] = None,
    source: DatasetSource = DatasetSource(),
    quiet: Annotated[bool, Parameter(alias=("-q", "--no-progress"))] = False,
) -> int:
    """Draft a contract from a dataset as it is, and put it into the configuration.

    What holds today is what is required: classes, sizes, numbers of boxes, splits, and how much
    each rule finds, each with what was measured. `labelaudit scan` holds labels against it from
    then on. What is in the file stays as it is; a contract that is there is not replaced.

    Parameters
    ----------
    paths:
        A dataset, as `labelaudit scan` takes it.
    output:
        The configuration file, which is made if it is not there. Unless given, the one that counts
        in this folder, or else labelaudit.toml.
    quiet:
        Show no progress.
    """
    found = nearest(Path.cwd())
    path = output or found or Path(NEW)
    check_free_of_contract(path)
    check_writable(path)
    config = read_config(path) if path.exists() else Config()
    options = config.options
    with stages(quiet=quiet) as stage:
        stage.begin("reading labels")
        dataset = source.load(paths, config)
        checking = stage.track("checking rules")
        context = context_of(dataset, options)
        lacks = {
            rule.code: rule.lacks(context) for rule in chosen_rules(options.select, options.ignore)
        }
        known = read_baseline(config.baseline) if config.baseline else frozenset()
        evidence = evidence_of(
            context, audited(context, options, track=checking), lacks, options, known
        )
        append(path, lambda table: draft(evidence, table, fail_on=config.fail_on))
    written = f"contract written to {path}; labelaudit scan holds labels against it"
    print_lines(sys.stdout, [(written, "")])
    _tell_which_counts(path, found)
    return CLEAN


def _tell_which_counts(path: Path, before: Path | None) -> None:
    """Say so where the file is not the configuration of this folder, or was not `before`."""
    now = nearest(Path.cwd())
    if now != path.absolute():
        note(f"{path} is not what counts in this folder: scan with --config {path}")
    elif before not in (None, now):
        note(f"{path} counts in this folder from now on, and {before} no longer does")
