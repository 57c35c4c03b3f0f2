"""Names in labels that are not those of the files which were found for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.core.columns import MISSING, Ints, Texts
from labelaudit.images.files import is_image
from labelaudit.images.spelling import Misspelling, misspelling

LABEL_FILES = "a label file"


@dataclass(frozen=True)
class MisspeltName:
    """A name in the labels that is not that of the file which was found for it."""

    image: int  # row in Images
    listed_in: str  # what says it: the list of a split or a label file; empty: its own record
    written: str
    by: Misspelling


def misspelt_names(audit: AuditContext) -> Iterator[MisspeltName]:
    """The names of images and in lists of splits that are not those of their files."""
    dataset = audit.dataset
    paths, folders = dataset.images.path, dataset.image_folders
    for row in _suspects(dataset.images.name, paths).tolist():
        name = str(dataset.images.name[row])
        if by := misspelling(name, str(paths[row]), folders):
            yield MisspeltName(row, "", name, by)
    members = dataset.split_members.rows(dataset.split_members.image != MISSING)
    names = members.name.tolist()
    suspects = _suspects(members.name, paths[members.image]).tolist()
    for row in [row for row in suspects if is_image(names[row])]:
        name, image = names[row], int(members.image[row])
        if by := misspelling(name, str(paths[image]), folders):
            listed_in = f"the list of {dataset.splits[members.split[row]]}"
            yield MisspeltName(image, listed_in, name, by)
    if dataset.facts.paired_by_name:
        yield from _label_files(audit)


def _label_files(audit: AuditContext) -> Iterator[MisspeltName]:
    """Label files that are called otherwise than their images."""
    dataset = audit.dataset
    labels, paths = [*dataset.files.path.tolist(), ""], dataset.images.path.tolist()
    files = dataset.images.file.tolist()
    stems, called = _stems(paths), _stems(labels)
    pairs = enumerate(zip(stems, files, strict=True))
    for row in [row for row, (stem, file) in pairs if stem != called[file]]:
        path, label = paths[row], labels[files[row]]
        ending = path[path.rfind(".") :]
        if by := misspelling(called[files[row]] + ending, path, ()) if path else None:
            right = stems[row] + label[label.rfind(".") :]
            yield MisspeltName(row, LABEL_FILES, label, Misspelling(right, by.kinds))


def _stems(paths: Sequence[str]) -> list[str]:
    """The names of files without their endings."""
    return [path[path.rfind("/") + 1 : path.rfind(".")] for path in paths]


def _suspects(names: Texts, paths: Texts) -> Ints:
    """Rows of the names that are not the end of their paths."""
    return np.flatnonzero((paths != "") & ~np.strings.endswith(paths, names))
