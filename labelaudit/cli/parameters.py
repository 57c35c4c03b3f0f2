"""Options that several commands share.

Annotations are not put off to be text: cyclopts would work out each of them twice, for 5 ms a scan.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter, Token
from cyclopts.types import NonNegativeInt

from labelaudit.auditing.config import Config, read_config
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.options.words import PIXELS, SEVERITIES
from labelaudit.auditing.run import Options, chosen_rules
from labelaudit.cli.notes import note
from labelaudit.core.later import later
from labelaudit.core.text import either
from labelaudit.dataset.fields import check_fields
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError, FixError
from labelaudit.io.formats import FORMATS
from labelaudit.io.load import load_recovered
from labelaudit.io.recovery import recover
from labelaudit.io.targets import check_writable
from labelaudit.reports.files import report_file
from labelaudit.review.queue.places import QueuePlace, place_of

_read_baseline = later("labelaudit.auditing.between_scans.baseline", "read_baseline")

LABELS = Group.create_ordered("Labels")
RULES = Group.create_ordered("Rules")
MODEL = Group.create_ordered("Second opinion")
FIXES = Group.create_ordered("Fixes")
BASELINE = Group.create_ordered("Baseline")
REPORT = Group.create_ordered("Report")

# In one order everywhere: Python takes Literals of the same values for one, whichever came first.
Level = Literal["error", "warning", "info"]
Decoded = Literal["auto", "always", "never"]


def _place(_: object, tokens: Sequence[Token]) -> QueuePlace:
    """What was typed as the place of a queue. Nothing is refused here: it would be repeated."""
    return place_of(tokens[0].value)


QueueOption = Annotated[QueuePlace, Parameter(converter=_place, accepts_keys=False, n_tokens=1)]
"""A queue on the command line: a file, or postgresql://USER@HOST/DATABASE."""


@Parameter(name="*", group=LABELS)
@dataclass(frozen=True)
class PartChoice:
    """What of a dataset is looked at.

    Parameters
    ----------
    split:
        Look at this split alone: train, say. Rules that compare splits are then not checked.
    exclude:
        Leave out images and label files by a pattern: any name in their path, synthetic or
        "*_old.jpg", or with a slash the path from its beginning, "train/old/*". It adds to what the
        configuration excludes. May be repeated.
    """

    split: str | None = None
    exclude: tuple[str, ...] = ()


@Parameter(name="*", group=LABELS)
@dataclass(frozen=True)
class DatasetSource:
    """Where a dataset is and how to read it.

    Parameters
    ----------
    images:
        A folder to look for the images in, if they are not beside the labels. May be repeated.
    format:
        Read the labels in this format instead of recognising it.
    """

    images: tuple[Path, ...] = ()
    format: Annotated[
        str | None,
        Parameter(help=f"Read the labels as {either(FORMATS)} instead of recognising it."),
    ] = None

    def load(
        self,
        paths: Sequence[Path],
        config: Config | None = None,
        part: PartChoice = PartChoice(),
    ) -> Dataset:
        """The dataset at `paths`; what the command line leaves open, the configuration says.

        What was done about runs that were killed there is told.
        """
        for path in paths:
            for one in recover(path):
                note(one.line)
        config = config or Config()
        chosen = chosen_rules(config.options.select, config.options.ignore)
        dataset = load_recovered(
            paths,
            self.images or config.images,
            format=self.format or config.format_of(FORMATS),
            polygon_validity=any(rule.name == "invalid-polygon" for rule in chosen),
            split=part.split or "",
            exclude=(*config.exclude, *part.exclude),
        )
        check_fields(dataset, config.options.by)
        return dataset


@Parameter(name="*", group=RULES)
@dataclass(frozen=True)
class Choice:
    """Which rules run and which of their findings count.

    Parameters
    ----------
    select:
        Codes, beginnings of codes or names of the rules to run, instead of those that the
        configuration selects: GEO,near-duplicate-box. May be repeated.
    ignore:
        Likewise, rules to leave out. May be repeated.
    severity:
        Leave out findings that are milder than this.
    pixels:
        Whether images are decoded, for rules that look at their pixels: auto does so where there
        are no more than 10,000. What was seen of them is remembered.
    by:
        Count findings by this field, too, and compare those who drew the boxes by it: class, split,
        folder, file, or what the labels say (annotator, batch, source). May be repeated.
    config:
        The configuration file, instead of the labelaudit.toml or pyproject.toml of this folder or
        the nearest above it.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Level | None = None
    pixels: Decoded | None = None
    by: Annotated[tuple[str, ...], Parameter(negative="")] = ()
    config: Path | None = None

    def configured(self) -> Config:
        """The configuration with what the command line says instead.

        A selector that names no rule is refused here, before anybody waits for labels to be read.
        """
        config = read_config(self.config)
        options = self.over(config.options)
        chosen_rules(options.select, options.ignore)
        return dataclasses.replace(config, options=options)

    def over(self, options: Options) -> Options:
        """`options` but for what the command line says: a selection starts anew, ignoring adds."""
        select, ignore = listed(self.select), listed(self.ignore)
        if select:
            options = dataclasses.replace(options, select=select, ignore=())
        options = dataclasses.replace(options, ignore=(*options.ignore, *ignore))
        if self.severity:
            options = dataclasses.replace(options, min_severity=SEVERITIES[self.severity])
        if self.pixels:
            options = dataclasses.replace(options, pixels=PIXELS[self.pixels])
        if self.by:
            options = dataclasses.replace(options, by=self.by)
        return options


@Parameter(name="*", group=FIXES)
@dataclass(frozen=True)
class Target:
    """Where a cleaned dataset goes.

    Parameters
    ----------
    unsafe_fixes:
        Apply all fixes, also those that need a person's eye.
    diff:
        Show what fixes would change, and write nothing.
    output:
        The cleaned dataset: a file or folder that does not exist yet. Without it, labels.json is
        cleaned to labels.cleaned.json beside it. Of a scan also FORMAT=FILE: a report in that
        format is written to that file, beside the one that is shown. May be repeated.
    copy_images:
        Copy the images of the cleaned dataset instead of linking to them, so that it can be moved
        without the original.
    overwrite:
        Replace what is at the place of the cleaned dataset.
    in_place:
        Change the files themselves; each is kept as a backup that ends in .orig.
    """

    unsafe_fixes: bool = False
    diff: bool = False
    output: Annotated[tuple[str, ...], Parameter(alias="-o")] = ()
    copy_images: bool = False
    overwrite: bool = False
    in_place: bool = False

    @property
    def place(self) -> Path | None:
        """Where the cleaned dataset goes; None: beside what was given.

        Raises
        ------
        FixError
            if it is to go to several places.
        """
        places = [one for one in self.output if report_file(one) is None]
        if len(places) > 1:
            raise FixError(f"--output names several places for the cleaned dataset: {places}")
        return Path(places[0]) if places else None

    @property
    def given(self) -> bool:
        """Whether any of these options is given: each of them asks for fixes."""
        return self.place is not None or dataclasses.replace(self, output=()) != Target()

    def check_no_reports(self) -> None:
        """Raises `FixError` if it asks for a report, which only a scan writes."""
        if any(map(report_file, self.output)):
            raise FixError("--output FORMAT=FILE writes the report of a scan; here it is ./NAME")


@Parameter(name="*", group=BASELINE)
@dataclass(frozen=True)
class Known:
    """Findings that are known already.

    Parameters
    ----------
    baseline:
        Leave out the findings in this file: only new ones count.
    write_baseline:
        Write all findings of this scan to a file, to be its baseline.
    queue:
        Put the findings into this review queue, a file that is made if it is not there, or a URL:
        postgresql://USER@HOST/DATABASE. What was decided about them stays.
    """

    baseline: Path | None = None
    write_baseline: Path | None = None
    queue: Annotated[QueueOption | None, Parameter(group=FIXES)] = None

    def check(self) -> None:
        """Refuse files that cannot be written, before anybody waits for labels to be checked."""
        files = [one for one in (self.write_baseline, self.queue) if isinstance(one, Path)]
        for path in files:
            if path.is_dir():
                raise ConfigError(f"{path}: a folder, where a file is to be written")
            check_writable(path)
        if self.write_baseline and not self.write_baseline.parent.is_dir():
            raise ConfigError(f"{self.write_baseline}: there is no such folder to write it in")
        if self.queue:
            # Only here, because SQLite takes a scan without a queue some milliseconds to load.
            from labelaudit.review.queue.store import has_queue  # noqa: PLC0415

            has_queue(self.queue)

    def fingerprints(self, config: Config) -> frozenset[str]:
        """What is known; nothing where a baseline is about to be written."""
        path = self.baseline or config.baseline
        if not path or self.write_baseline:
            return frozenset()
        known: frozenset[str] = _read_baseline(path)
        return known


@Parameter(name="*", group=REPORT)
@dataclass(frozen=True)
class Output:
    """How a scan is shown.

    Parameters
    ----------
    output_format:
        text for people, json for programs, jsonl for the fix list that `labelaudit fix` reads;
        github, gitlab, sarif or junit for pipelines; csv or parquet for tables; markdown for a
        comment; html for a page to send. --output FORMAT=FILE writes others beside it.
    examples:
        How many findings of each rule the text shows.
    top_images:
        How many images to look at first are named, those with the most expected errors, in an order
        in which doubts of predictions take part; if absent, 10 in JSON, and in the text a few that
        stand out.
    statistics:
        In the text, only count.
    fail_on:
        The mildest finding that makes the exit code 1. Warning, unless the configuration says
        otherwise.
    exit_zero:
        Exit with code 0 whatever is found.
    watch:
        Scan again whenever labels, images or the configuration change, and show what is new and
        what is gone. Ctrl+C ends, with the exit code of the last scan.
    manifest:
        Write a file of what was scanned, byte for byte, and of what came of it; `labelaudit
        manifest check` tells whether the dataset is still that.
    quiet:
        Show no progress.
    """

    output_format: str = "text"
    examples: NonNegativeInt = 3
    top_images: NonNegativeInt | None = None
    statistics: bool = False
    fail_on: Level | None = None
    exit_zero: bool = False
    watch: bool = False
    manifest: Path | None = None
    quiet: Annotated[bool, Parameter(alias=("-q", "--no-progress"))] = False

    def threshold(self, config: Config) -> Severity:
        """The mildest finding that counts for the exit code."""
        return SEVERITIES[self.fail_on] if self.fail_on else config.fail_on


def listed(words: Sequence[str]) -> tuple[str, ...]:
    """Words that may be separated by commas, each alone.

    >>> listed(["GEO, DUP", "ref001"])
    ('GEO', 'DUP', 'ref001')
    """
    return tuple(part.strip() for word in words for part in word.split(",") if part.strip())
