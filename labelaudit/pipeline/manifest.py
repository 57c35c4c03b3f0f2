"""Manifests: which files a scan looked at, byte for byte, and what came of it.

Paths are as seen from the folder of the manifest, so that both can be moved together.
"""

from __future__ import annotations

import datetime
import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.findings_file import encoded, entries
from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import MISSING, encodable
from labelaudit.core.mirror_names import is_mirrored, shown
from labelaudit.core.version import __version__
from labelaudit.core.whole_files import replacing
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.io.archive_names import is_archive
from labelaudit.pipeline.digests import digests
from labelaudit.pipeline.how_read import HowRead


class ManifestFile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A file and what it held."""

    path: str
    bytes: int
    sha256: str


class ManifestReport(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A report that the scan wrote."""

    format: str
    path: str
    bytes: int
    sha256: str


class ManifestTool(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What scanned."""

    name: Literal["labelaudit"]
    version: str


class ManifestDataset(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What was scanned."""

    format: str
    sources: tuple[str, ...]
    images: int
    boxes: int
    splits_sha256: str  # of which images are in which split, whatever says it


class ManifestReading(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How the dataset was read, where the command or the configuration says it."""

    images: tuple[str, ...]
    format: str | None
    split: str | None
    exclude: tuple[str, ...]


class ManifestOptions(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What was asked of the scan."""

    rules: tuple[str, ...]
    fail_on: str
    baseline: ManifestFile | None


class ManifestResult(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What came of it; `findings_sha256` is that of the fix list, `--output-format jsonl`."""

    fails: bool
    findings: int
    by_severity: dict[str, int]
    findings_sha256: str
    not_checked: dict[str, str]


class Manifest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """All of it."""

    schema_version: Literal[1]
    tool: ManifestTool
    created: str  # in UTC
    dataset: ManifestDataset
    read: ManifestReading
    configuration: ManifestFile | None
    options: ManifestOptions
    result: ManifestResult
    reports: tuple[ManifestReport, ...]
    labels: tuple[ManifestFile, ...]
    image_files: tuple[ManifestFile, ...]


def write_manifest(
    path: Path, scan: Scan, how: HowRead, reports: Sequence[tuple[str, Path]] = ()
) -> None:
    """Write the manifest of a scan, whole.

    Parameters
    ----------
    path:
        of the file, which is written anew.
    scan:
        of the dataset as it is on disk.
    how:
        the dataset was read.
    reports:
        the name and file of each report that was written of this scan.

    Raises
    ------
    ConfigError
        if a file is gone, or a label file is another than the one that was scanned.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    made = manifest_of(scan, how, reports, path.parent)
    with replacing(path) as file:
        file.write(msgspec.json.format(encoded(msgspec.to_builtins(made)), indent=1) + b"\n")


def manifest_of(
    scan: Scan, how: HowRead, reports: Sequence[tuple[str, Path]], folder: Path
) -> Manifest:
    """The manifest of a scan as it stands in a folder.

    Parameters
    ----------
    scan, how, reports:
        see `write_manifest`.
    folder:
        that paths are seen from.
    """
    dataset = scan.dataset
    label_paths, image_paths = label_files(dataset), image_files(dataset)
    labels = _files(label_paths, folder)
    _check_unchanged(dataset)
    counts = {str(one): scan.by_severity.get(one, 0) for one in sorted(Severity, reverse=True)}
    return Manifest(
        schema_version=1,
        tool=ManifestTool("labelaudit", __version__),
        created=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        dataset=ManifestDataset(
            dataset.format,
            tuple(seen_from(folder, source) for source in dataset.sources),
            len(dataset.images),
            len(dataset.boxes),
            splits_sha256(dataset),
        ),
        read=ManifestReading(
            tuple(seen_from(folder, one) for one in how.images), how.format, how.split, how.exclude
        ),
        configuration=_file(scan.config, folder),
        options=ManifestOptions(
            tuple(rule.code for rule in scan.rules), str(scan.fail_on), _file(how.baseline, folder)
        ),
        result=ManifestResult(
            scan.fails(scan.fail_on),
            len(scan.findings),
            counts,
            _findings_sha256(scan),
            dict(scan.not_checked),
        ),
        reports=tuple(
            ManifestReport(name, one.path, one.bytes, one.sha256)
            for name, one in zip(
                (name for name, _ in reports),
                _files([str(place) for _, place in reports], folder),
                strict=True,
            )
        ),
        labels=labels,
        image_files=_files(image_paths, folder),
    )


def label_files(dataset: Dataset) -> list[str]:
    """The files that labels were read from, and those that were given; archives for what is in."""
    given = [os.path.abspath(source) for source in dataset.sources if source.is_file()]
    root = dataset.root.absolute()
    inside = _archived(dataset)
    read = [os.path.join(root, name) for name in dataset.files.path.tolist()]
    return sorted({*given, *(os.path.abspath(one) for one in read if not one.startswith(inside))})


def image_files(dataset: Dataset) -> list[str]:
    """The files of images that were found on disk, outside of archives."""
    inside = _archived(dataset)
    paths = {os.path.abspath(path) for path in dataset.images.path.tolist() if path}
    return sorted(path for path in paths if not path.startswith(inside))


def _archived(dataset: Dataset) -> tuple[str, ...]:
    """How the paths begin of what archives were unpacked into."""
    from labelaudit.io.archives import unpacked  # noqa: PLC0415  # few datasets are in one

    return tuple(f"{unpacked(one)[0]}{os.sep}" for one in dataset.sources if is_archive(one))


def seen_from(folder: Path, path: str | os.PathLike[str]) -> str:
    """A path as seen from a folder, with forward slashes; whole where there is no way to it."""
    if is_mirrored(path):
        return encodable(shown(path))
    try:
        return encodable(Path(os.path.relpath(path, folder)).as_posix())
    except ValueError:  # on another drive
        return encodable(Path(path).absolute().as_posix())


def _file(path: Path | None, folder: Path) -> ManifestFile | None:
    return None if path is None else _files([os.fspath(path)], folder)[0]


def _files(paths: Sequence[str], folder: Path) -> tuple[ManifestFile, ...]:
    made = []
    for path, found in zip(paths, digests(paths), strict=True):
        if found is None:
            raise ConfigError(
                f"{shown(path)}: cannot be read any more, so there is no manifest of it"
            )
        made.append(ManifestFile(seen_from(folder, path), *found))
    return tuple(made)


def _check_unchanged(dataset: Dataset) -> None:
    """Refuse label files that are not those which were scanned, by size and time of change."""
    root = dataset.root.absolute()
    stamps = zip(dataset.files.path.tolist(), dataset.files.stamp.tolist(), strict=True)
    for name, (size, changed_ns) in stamps:
        if size < 0:
            continue
        status = os.stat(root / name)
        if (status.st_size, status.st_mtime_ns) != (size, changed_ns):
            raise ConfigError(f"{name}: changed while it was scanned; scan again")


def splits_sha256(dataset: Dataset) -> str:
    """The SHA-256 of which images are in which split."""
    members, names = dataset.split_members, dataset.images.name
    image = [str(names[row]) if row != MISSING else None for row in members.image.tolist()]
    content = [list(dataset.splits), members.split.tolist(), image, members.name.tolist()]
    return hashlib.sha256(encoded(content)).hexdigest()


def _findings_sha256(scan: Scan) -> str:
    made = hashlib.sha256()
    for entry in entries(scan.findings, scan.dataset):
        made.update(encoded(entry) + b"\n")
    return made.hexdigest()


def read_manifest(path: Path) -> Manifest:
    """A manifest that was written.

    Raises
    ------
    ConfigError
        if the file cannot be read, or is none of this version.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not a manifest: {error}") from error


def recorded(files: Iterable[ManifestFile | ManifestReport], folder: Path) -> list[str]:
    """The paths of recorded files on this disk."""
    return [os.path.abspath(folder / one.path) for one in files]
