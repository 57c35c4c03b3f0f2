"""Where the reports of a scan go: one to standard output, others to files; and its manifest."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from labelaudit.auditing.scan import Scan
from labelaudit.cli.progress_bar import Stages
from labelaudit.core.later import later
from labelaudit.core.mirror_names import with_urls
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.pipeline.how_read import HowRead
from labelaudit.reports import REPORTS, Report
from labelaudit.reports.files import (
    ReportFile,
    check_distinct,
    check_file,
    check_no_source,
    report_file,
)

_write_manifest = later("labelaudit.pipeline.manifest", "write_manifest")


@dataclass(frozen=True)
class ReportOutputs:
    """What a scan is to be shown as."""

    shown: Report  # on standard output
    files: tuple[ReportFile, ...]
    manifest: Path | None = None

    @classmethod
    def of(cls, shown: str, outputs: Sequence[str], manifest: Path | None) -> Self:
        """What a command line asks for, which can all be written as far as one can see now.

        Parameters
        ----------
        shown:
            the name of the report on standard output.
        outputs:
            `FORMAT=FILE`, and what is none of these.
        manifest:
            the file of the manifest.

        Raises
        ------
        ConfigError
            for what cannot be written, or is written twice.
        """
        files = tuple(filter(None, map(report_file, outputs)))
        asked = cls(REPORTS[shown], files, manifest)
        asked.shown.check()
        if asked.shown.binary and sys.stdout.isatty():
            raise ConfigError(f"{shown} is not for a terminal; name a file: --output {shown}=FILE")
        for one in files:
            one.check()
        if manifest:
            check_file(manifest)
        check_distinct(asked.paths)
        return asked

    def check_kept(self, *, changing: bool) -> None:
        """Raises `ConfigError` for a manifest of a scan that is `changing` what it is about."""
        if self.manifest and changing:
            raise ConfigError("--manifest is of labels as they are; leave out fixes and baselines")

    @property
    def paths(self) -> dict[str, Path]:
        """The files that are written, by what is written to them."""
        named = {f"{number} {one.report.name}": one.path for number, one in enumerate(self.files)}
        return named | ({"manifest": self.manifest} if self.manifest else {})

    def check_apart(self, dataset: Dataset) -> None:
        """Raises `ConfigError` if the dataset is read from a file that would be written."""
        check_no_source(self.paths.values(), dataset)

    def write(self, scan: Scan, how: HowRead, stage: Stages) -> None:
        """Write the files; raises what the first of them failed by once the others are written.

        Parameters
        ----------
        scan:
            that is told.
        how:
            it was read, for the manifest.
        stage:
            told what is written: pictures of findings take as long as decoding their images.
        """
        if error := self.tried(scan, how, stage):
            raise error

    def tried(self, scan: Scan, how: HowRead, stage: Stages) -> Exception | None:
        """Write the files; what the first of them failed by, once the others are written.

        There is no manifest then.

        Parameters
        ----------
        scan, how, stage:
            see `write`.
        """
        failed: Exception | None = None
        for one in self.files:
            stage.begin(f"writing {one.path.name}")
            try:
                one.write(scan)
            except Exception as error:  # whatever it is: the others come first
                failed = failed or error
        try:
            if self.manifest and not failed:
                written = [(one.report.name, one.path) for one in self.files]
                _write_manifest(self.manifest, scan, how, written)
        except Exception as error:  # as above
            failed = error
        return failed

    def show(self, scan: Scan) -> None:
        """Write the report to standard output."""
        sys.stdout.flush()
        self.shown.write(scan, with_urls(sys.stdout))
