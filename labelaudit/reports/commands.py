"""Commands about what was scanned, complete: reports print them to be typed as they stand."""

from __future__ import annotations

from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan
from labelaudit.core.shell import command, word
from labelaudit.dataset.tables import Dataset


def scan_again(scan: Scan, *more: str) -> str:
    """The command that scans the same again, with `more` options."""
    return command("scan", *(scan.command or scanning(scan)), *more)


def scanning(scan: Scan) -> list[str]:
    """The dataset and the rules of a scan in words of a command, as far as commands can say it."""
    words = dataset_words(scan.dataset)
    if scan.options.select != Options().select:
        words += ["--select", ",".join(scan.options.select)]
    if scan.options.ignore:
        words += ["--ignore", ",".join(scan.options.ignore)]
    return words


def dataset_words(dataset: Dataset) -> list[str]:
    """What was given to load a dataset, as a command takes it."""
    words = list(map(word, dataset.sources))
    for folder in dataset.given_folders:
        words += ["--images", word(folder)]
    if dataset.part.split:
        words += ["--split", dataset.part.split]
    for pattern in dataset.part.exclude:
        words += ["--exclude", pattern]
    return words
