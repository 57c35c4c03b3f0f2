"""Writing a dataset with other splits, in its own format, to a new place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from labelaudit.core.columns import MISSING
from labelaudit.core.text import counted
from labelaudit.core.whole_files import whole
from labelaudit.dataset.split_statistics import boxes_per_image
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError, FormatError
from labelaudit.images.nearby import ENOUGH
from labelaudit.images.own_links import remember_links
from labelaudit.io.archive_names import is_archive
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.division import Division
from labelaudit.io.load import load
from labelaudit.io.save import check_unchanged
from labelaudit.io.targets import check_apart


@dataclass(frozen=True)
class Divided:
    """What was written."""

    path: Path
    sources: tuple[Path, ...]  # what to load it by: a file a split, or the folder
    notes: tuple[str, ...]


def check_dividable(dataset: Dataset) -> None:
    """Refuse a dataset whose format can only be read.

    Raises
    ------
    FormatError
        with what to do instead.
    """
    format_ = FORMATS[dataset.format]
    if format_.divide is None:
        given = " ".join(map(str, dataset.sources or (dataset.root,)))
        raise FormatError(
            f"{given}: files of {format_.name} can only be read; --to coco writes the split in "
            "another format, and --list FILE a table of images and splits"
        )
    for source in filter(is_archive, dataset.sources):
        raise FormatError(f"{source}: unpack the archive, and divide the folder")


def divide(
    dataset: Dataset,
    division: Division,
    path: str | os.PathLike[str],
    *,
    copy_images: bool = False,
    overwrite: bool = False,
) -> Divided:
    """Write a dataset with other splits, in its own format, to a new folder, and read it again.

    The original is not touched. Records are copied byte for byte.

    Parameters
    ----------
    dataset:
        as `labelaudit.load` returned it.
    division:
        which image goes into which split.
    path:
        a folder that does not exist yet.
    copy_images:
        whether images are copied instead of linked to.
    overwrite:
        whether what is at the path is replaced.

    Raises
    ------
    FormatError
        if the format can only be read, or cannot hold it without loss.
    FixError
        if the path exists, the sources changed since they were read, or what was written does not
        hold what it should.
    """
    check_dividable(dataset)
    target = Path(path)
    check_apart(target, dataset)
    check_unchanged(dataset)
    write = FORMATS[dataset.format].divide
    with whole(target, overwrite=overwrite) as place:
        notes = write(dataset, division, place, copied=copy_images) if write else ()
        remember_links(place)
    files = sorted(target.glob("*.json")) if not FORMATS[dataset.format].folder else []
    named = [target / f"{name}.json" for name in division.names]
    sources = tuple(one for one in named if one in files) or (target,)
    check_whole(dataset, division, target, load(target, format=dataset.format))
    return Divided(target, sources, notes)


def check_whole(original: Dataset, division: Division, target: Path, written: Dataset) -> None:
    """Raise `FixError` if an image, a box or a picture is not there any more.

    Parameters
    ----------
    original:
        as it was.
    division:
        its new splits.
    target:
        what is named in the message.
    written:
        as it was read again.
    """
    wanted, found = _counted(original, division), _held(written)
    pairs = {
        "images": (len(original.images), len(written.images)),
        "boxes": (len(original.boxes), len(written.boxes)),
        "pictures": (_found_images(original), _found_images(written)),
    }
    few = pairs["pictures"][0] < ENOUGH * len(original.images)  # nobody looks for so few
    for what, (before, after) in pairs.items():
        if before != after and not (what == "pictures" and few):
            raise FixError(f"{target}: written, but it has {after:,} {what}, not {before:,}")
    for name, counts in wanted.items():
        if name in found and found[name] != counts:
            raise FixError(
                f"{target}: written, but {name} has {counted(found[name][0], 'image')} and "
                f"{counted(found[name][1], 'box', 'boxes')}, not {counts[0]:,} and {counts[1]:,}"
            )


def _found_images(dataset: Dataset) -> int:
    return int((dataset.images.path != "").sum())


def _counted(dataset: Dataset, division: Division) -> dict[str, tuple[int, int]]:
    per_image = boxes_per_image(dataset)
    rows = {name: division.rows(number) for number, name in enumerate(division.names)}
    return {name: (len(some), int(per_image[some].sum())) for name, some in rows.items()}


def _held(dataset: Dataset) -> dict[str, tuple[int, int]]:
    per_image = boxes_per_image(dataset)
    found = {}
    members = dataset.split_members
    for number, name in enumerate(dataset.splits):
        image = np.unique(members.image[(members.split == number) & (members.image != MISSING)])
        found[name] = (len(image), int(per_image[image].sum()))
    return found
