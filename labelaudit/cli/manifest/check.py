import sys
from pathlib import Path

from labelaudit.cli import CLEAN, FINDINGS
from labelaudit.cli.notes import note, print_lines
from labelaudit.core.text import counted
from labelaudit.core.version import __version__

MOST_LINES = 100
"""Differences that are listed; more are only counted. A choice."""


def check(manifest: Path, /) -> int:
    """Say whether the files on disk are those that a scan looked at, and what differs.

    Reads all labels and images that `labelaudit scan --manifest FILE` noted. Exits with 0 if they
    hold the same and nothing came to them, with 1 if not, with 2 if there is no such manifest.
    Whether the scan found anything wrong is told, and does not matter for the exit code.

    Parameters
    ----------
    manifest:
        The file, in its place beside the dataset.
    """
    from labelaudit.pipeline.manifest import read_manifest  # noqa: PLC0415  # not for the help
    from labelaudit.pipeline.manifest_check import differences  # noqa: PLC0415

    noted = read_manifest(manifest)
    found = list(differences(noted, manifest.parent))
    print_lines(sys.stdout, ((line, "red") for line in found[:MOST_LINES]))
    if len(found) > MOST_LINES:
        note(f"and {counted(len(found) - MOST_LINES, 'more difference')}")
    labels = counted(len(noted.labels), "label file")
    images = counted(len(noted.image_files), "image")
    verdict = "failed" if noted.result.fails else "passed"
    scan = f"the scan of {noted.created} {verdict}: {counted(noted.result.findings, 'finding')}"
    if noted.tool.version != __version__:
        note(f"the manifest is of labelaudit {noted.tool.version}, this is {__version__}")
    if found:
        note(f"{counted(len(found), 'difference')} from {labels} and {images} as audited; {scan}")
        return FINDINGS
    note(f"{labels} and {images} are as audited; {scan}")
    return CLEAN
