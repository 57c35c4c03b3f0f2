"""Manifests against the disk: whether what is there is what was audited."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from labelaudit.errors import LabelauditError
from labelaudit.io.load import load
from labelaudit.pipeline.digests import digests
from labelaudit.pipeline.manifest import (
    Manifest,
    ManifestFile,
    ManifestReport,
    image_files,
    label_files,
    recorded,
    seen_from,
    splits_sha256,
)


def differences(manifest: Manifest, folder: Path) -> Iterator[str]:
    """What is not as it was audited, a line each: what changed, what is gone, what is new.

    Parameters
    ----------
    manifest:
        as it was written.
    folder:
        that it is in.
    """
    options = [one for one in (manifest.configuration, manifest.options.baseline) if one]
    files: list[ManifestFile | ManifestReport] = [*manifest.labels, *manifest.image_files]
    files += [*options, *manifest.reports]
    lost = yield from _changed(files, folder)
    if not set(lost) & {one.path for one in manifest.labels}:
        yield from _read_again(manifest, folder, complete=not lost)


def _changed(
    files: Sequence[ManifestFile | ManifestReport], folder: Path
) -> Generator[str, None, list[str]]:
    """Files that hold something else now, or are gone; returns the paths of the latter."""
    lost = []
    for one, now in zip(files, digests(recorded(files, folder)), strict=True):
        if now is None:
            lost.append(one.path)
            yield f"gone: {one.path}"
        elif now.sha256 != one.sha256:
            yield f"changed: {one.path} ({one.bytes:,} bytes then, {now.bytes:,} now)"
    return lost


def _read_again(manifest: Manifest, folder: Path, *, complete: bool) -> Iterator[str]:
    """Files that would be read today and were not when this was scanned; else, other splits.

    Parameters
    ----------
    manifest, folder:
        see `differences`.
    complete:
        whether no file is gone: of other files there are other splits.
    """
    how = manifest.read
    try:
        dataset = load(
            [folder / one for one in manifest.dataset.sources],
            images=[folder / one for one in how.images],
            format=how.format,
            split=how.split or "",
            exclude=how.exclude,
            polygon_validity=False,
        )
    except LabelauditError as error:
        yield f"cannot be read as it was: {error}"
        return
    known = set(recorded((*manifest.labels, *manifest.image_files), folder))
    new = [path for path in (*label_files(dataset), *image_files(dataset)) if path not in known]
    yield from (f"not audited: {seen_from(folder, path)}" for path in new)
    if complete and not new and splits_sha256(dataset) != manifest.dataset.splits_sha256:
        yield "changed: which images are in which split"
