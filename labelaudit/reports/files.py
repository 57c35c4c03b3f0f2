"""Reports in files of their own, beside what is shown."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from labelaudit.auditing.scan import Scan
from labelaudit.core.mirror_names import with_urls
from labelaudit.core.whole_files import replacing
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.io.targets import check_writable
from labelaudit.reports import REPORTS, Report


@dataclass(frozen=True)
class ReportFile:
    """A report and the file that it goes to."""

    report: Report
    path: Path

    def check(self) -> None:
        """Refuse what cannot be written, before anybody waits for a scan.

        Raises
        ------
        ConfigError
            if it is a folder, or what the report needs is not installed.
        FixError
            if nothing can be written there.
        """
        self.report.check()
        check_file(self.path)

    def write(self, scan: Scan) -> None:
        """Write the report, whole, in the place of what is there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self.path) as file:
            text = io.TextIOWrapper(file, "utf-8", "backslashreplace", newline="")
            self.report.write(scan, with_urls(text))
            text.flush()
            text.detach()


def check_file(path: Path) -> None:
    """Refuse a place that no file can be written to.

    Raises
    ------
    ConfigError
        if it is a folder.
    FixError
        if nothing can be written there.
    """
    if path.is_dir():
        raise ConfigError(f"{path}: a folder, where a file is to be written")
    check_writable(path)


def report_file(written: str) -> ReportFile | None:
    """What `FORMAT=FILE` asks for; None for a text that begins with no word and `=`.

    Raises
    ------
    UnknownNameError
        if no report is called so; `./` before the name of a file says that it is one.
    """
    name, separator, path = written.partition("=")
    if not separator or not name.isalnum():
        return None
    if not path:
        raise ConfigError(f"{written}: expected a file behind the =, as in {name}=FILE")
    return ReportFile(REPORTS[name], Path(path))


def check_distinct(files: Mapping[str, Path]) -> None:
    """Raises `ConfigError` if two things, by their names, would be written to one file."""
    seen: dict[str, str] = {}
    for name, path in files.items():
        other = seen.setdefault(os.path.realpath(path), name)
        if other != name:
            raise ConfigError(f"{path}: two things would be written to it; name another file")


def check_no_source(files: Iterable[Path], dataset: Dataset) -> None:
    """Raises `ConfigError` if a file to be written is one that a dataset is read from."""
    there = [path for path in files if path.exists()]
    if not there:
        return
    taken = _identities(
        [
            *map(os.fspath, dataset.sources),
            *(os.path.join(dataset.root, name) for name in dataset.files.path.tolist()),
            *filter(None, dataset.images.path.tolist()),
        ]
    )
    for path in there:
        if _identities([os.fspath(path)]) & taken:
            raise ConfigError(f"{path}: the dataset is read from it; name another file")


def _identities(paths: Iterable[str]) -> set[tuple[int, int]]:
    """The devices and inodes of those files that are there, links followed."""
    found = set()
    for path in paths:
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            continue
        found.add((status.st_dev, status.st_ino))
    return found
