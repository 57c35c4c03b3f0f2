"""Which images have to be in one split, so that no split shows what another one shows."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.needs import Need
from labelaudit.auditing.splits.pictures import pictures
from labelaudit.core.columns import MISSING, Bools, Ints, Rows
from labelaudit.dataset.fields import image_field
from labelaudit.dataset.groups import pools_of_files
from labelaudit.images.frame_names import VERSION, folder_key, picture_name
from labelaudit.images.near_duplicates import joined


class Bond(StrEnum):
    """Why two images have to be in one split."""

    RECORD = "record"  # their labels cannot be told apart: one id, one path, one label file
    SAME = "same picture"  # byte for byte, or by name and boxes
    NEAR = "near duplicate"
    SCENE = "scene"  # what two images show overlaps
    RECORDING = "recording"
    ASKED = "asked for"  # one folder, one value of a field, one part of their names


@dataclass(frozen=True, eq=False)
class ImageGroups:
    """Images that stay together."""

    group: Ints  # (images,) the first row of the group that each is in
    by_bond: Mapping[Bond, Ints]  # (images,) the same for each reason by itself
    unseen: int  # images whose pixels count, and were not found or not decoded

    @property
    def count(self) -> int:
        """How many groups there are."""
        return int((self.group == np.arange(len(self.group))).sum())


def image_groups(
    audit: AuditContext, *, pixels: bool = True, asked: Iterable[Ints] = ()
) -> ImageGroups:
    """The images that stay together.

    Parameters
    ----------
    audit:
        of the dataset.
    pixels:
        whether pictures and recordings count; records that cannot be told apart always do.
    asked:
        (images,) further groups each, by number; MISSING for an image in none.
    """
    count = len(audit.dataset.images)
    bonds: dict[Bond, Ints] = {Bond.RECORD: joined(count, _pairs(_one_record(audit)))}
    if pixels:
        bonds[Bond.SAME] = joined(count, _pairs([pictures(audit)]))
        versions = np.concatenate([near_pairs(audit), _pairs([_versions(audit)])])
        bonds[Bond.NEAR] = joined(count, versions)
        bonds[Bond.SCENE] = joined(count, scene_pairs(audit))
        bonds[Bond.RECORDING] = joined(count, _pairs([audit.recordings.group]))
    bonds[Bond.ASKED] = joined(count, _pairs(asked))
    own = np.arange(count)
    together = np.concatenate([np.stack([own, group], axis=1) for group in bonds.values()])
    unseen = int((~audit.appearance.seen).sum()) if pixels else 0
    return ImageGroups(joined(count, together), MappingProxyType(bonds), unseen)


def _is_seen(audit: AuditContext) -> bool:
    """Whether any image was decoded."""
    return Need.DECODED_IMAGES not in audit.lacking and bool(audit.appearance.seen.any())


def near_pairs(audit: AuditContext) -> Ints:
    """Pairs of images that are near duplicates, (p, 2); none where none was decoded."""
    if not _is_seen(audit):
        return np.zeros((0, 2), np.int64)
    near = audit.near_duplicates
    return np.stack([near.first, near.second], axis=1).astype(np.int64)


def scene_pairs(audit: AuditContext) -> Ints:
    """Pairs of images of one scene that are no copies, (p, 2); none where none was decoded."""
    if not _is_seen(audit):
        return np.zeros((0, 2), np.int64)
    scene = audit.one_scene
    return np.stack([scene.first, scene.second], axis=1).astype(np.int64)


def in_folders(audit: AuditContext) -> Ints:
    """A number for each image, (images,), by its folder; folders called as splits do not count."""
    names = audit.dataset.images.name.tolist()
    files = [*audit.dataset.files.path.tolist(), ""]
    own = [files[file] for file in pools_of_files(audit.dataset).tolist()]
    if not any(own):  # each image has its label file, which may lie in a folder that says more
        own = [files[file] for file in audit.dataset.images.file.tolist()]
    keys = (folder_key(name) or folder_key(file) for name, file in zip(names, own, strict=True))
    return _numbers(keys)


def of_field(audit: AuditContext, name: str) -> Ints:
    """A number for each image, (images,), by the value of a field; MISSING where there is none.

    Raises
    ------
    ConfigError
        if there is no such field, with those that there are.
    """
    return _numbers(value or None for value in image_field(audit.dataset, name).tolist())


def by_pattern(audit: AuditContext, pattern: re.Pattern[str]) -> Ints:
    """A number for each image, (images,), by what a pattern finds in its name; MISSING if nothing.

    What its groups hold counts, or the whole of what is found where it has none.
    """
    found = map(pattern.search, audit.dataset.images.name.tolist())
    return _numbers(match and (match.groups() or match[0]) for match in found)


def _versions(audit: AuditContext) -> Ints:
    """A number for each image, (images,), that was made of a picture of which others were made."""
    names = audit.dataset.images.name.tolist()
    return _numbers(
        picture_name(name).rpartition("/")[2] if VERSION in name else None for name in names
    )


def _one_record(audit: AuditContext) -> Iterator[Ints]:
    """Numbers of images, (images,) each, equal for those whose labels cannot be told apart."""
    images = audit.dataset.images
    every = range(len(images))
    first = images.id.first(images.file)
    yield np.where(audit.doubtful_images, first, MISSING)
    yield _numbers(path or None for path in images.path.tolist())
    pools: Rows = pools_of_files(audit.dataset)
    alone: Bools = (pools == MISSING) & (images.file != MISSING)
    yield np.array([images.file[row] if alone[row] else MISSING for row in every], np.int64)


def _numbers(keys: Iterable[Hashable]) -> Ints:
    """A number for each key, equal for equal ones; MISSING for None and what is empty."""
    known: dict[Hashable, int] = {}
    return np.array(
        [known.setdefault(key, len(known)) if key else MISSING for key in keys], np.int64
    )


def _pairs(numbers: Iterable[Ints]) -> Ints:
    """Pairs of images that join all of one number, (p, 2)."""
    found = [np.zeros((0, 2), np.int64)]
    for number in numbers:
        rows = np.flatnonzero(number != MISSING)
        _, first, inverse = np.unique(number[rows], return_index=True, return_inverse=True)
        found.append(np.stack([rows[first[inverse]], rows], axis=1))
    return np.concatenate(found)
