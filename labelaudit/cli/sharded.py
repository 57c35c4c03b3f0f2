"""A scan with --shards: what it refuses, and where it runs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from labelaudit.auditing.config import Config
from labelaudit.auditing.run import chosen_rules
from labelaudit.auditing.scan import Scan
from labelaudit.cli.model_options import ScoringOptions
from labelaudit.cli.parameters import DatasetSource, Known, Output, PartChoice
from labelaudit.cli.progress_bar import Stages
from labelaudit.errors import ConfigError
from labelaudit.io.formats import FORMATS
from labelaudit.pipeline.shards.find import shards_in
from labelaudit.pipeline.shards.job import ShardJob
from labelaudit.pipeline.shards.scan_shards import scan_shards


def check_sharded(
    *, fixing: bool, part: PartChoice, scoring: ScoringOptions, known: Known, output: Output
) -> None:
    """Refuse options that need all of a dataset at once.

    Parameters
    ----------
    fixing, part, scoring, known, output:
        of the command line.

    Raises
    ------
    ConfigError
        for the first of them.
    """
    for name in _refused(fixing, part, scoring, known, output):
        raise ConfigError(
            f"{name} needs all of the dataset at once, which --shards does not read; leave out one"
        )


def _refused(
    fixing: bool,  # one of several, by name above
    part: PartChoice,
    scoring: ScoringOptions,
    known: Known,
    output: Output,
) -> Iterator[str]:
    for asked, name in (
        (fixing, "fixing"),
        (part.split is not None, "--split"),
        (scoring.opinion.wanted or scoring.verdicts != (), "a model"),
        (known.queue is not None, "--queue"),
        (output.watch, "--watch"),
        (output.manifest is not None, "--manifest"),
    ):
        if asked:
            yield name


def shard_job(
    paths: Sequence[Path], source: DatasetSource, part: PartChoice, config: Config
) -> ShardJob:
    """What is scanned, shard by shard.

    Parameters
    ----------
    paths, source, part:
        of the command line.
    config:
        which rules run and how.
    """
    chosen = chosen_rules(config.options.select, config.options.ignore)
    return ShardJob(
        shards_in(paths),
        config.options,
        images=source.images or config.images,
        format=source.format or config.format_of(FORMATS),
        exclude=(*config.exclude, *part.exclude),
        config=config.path,
        polygon_validity=any(rule.name == "invalid-polygon" for rule in chosen),
    )


def scanned_shards(
    job: ShardJob, scoring: ScoringOptions, baseline: frozenset[str], stage: Stages
) -> Scan:
    """The scan of shards, in processes of this machine, or on a Ray cluster.

    Parameters
    ----------
    job:
        the shards.
    scoring:
        which says where processes run.
    baseline:
        what is known.
    stage:
        told how far it is.
    """
    where = scoring.opinion.network
    return scan_shards(
        job,
        baseline=baseline,
        executor=where.executor(),
        folder=where.cache,
        progress=stage.update,
    )
