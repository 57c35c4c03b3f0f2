"""Loading: from the files of a Pascal VOC dataset to its tables."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from labelaudit.core.columns import MISSING
from labelaudit.core.columns import texts as text_column
from labelaudit.core.later import later
from labelaudit.dataset.tables import Dataset, Files, ProblemKind
from labelaudit.errors import FormatError
from labelaudit.io.formats.voc import columns
from labelaudit.io.formats.voc.image_lookup import ImageLookup
from labelaudit.io.formats.voc.layout import (
    ANNOTATIONS,
    Stamp,
    annotation_folder,
    layout,
    stamped_at_once,
    stamped_contents,
)
from labelaudit.io.formats.voc.plain_files import PlainFiles
from labelaudit.io.formats.voc.splits import Splits, splits
from labelaudit.io.formats.voc.xml_texts import ROOT, Texts

if TYPE_CHECKING:
    from labelaudit.io.formats.voc.markup import Markup

# Importing parsers of XML takes 10 ms that a dataset of plain files need not wait for.
_parsed = later("labelaudit.io.formats.voc.markup", "parsed")
_unreadable = later("labelaudit.io.formats.voc.markup", "unreadable")


def load(path: Path, folders: Sequence[Path], **_: bool) -> Dataset:
    """The dataset of a folder of XML files, or of one such file.

    Parameters
    ----------
    path:
        see `layout.layout`.
    folders:
        where the images are; looked for beside the annotations if empty.
    _:
        what other formats are asked to look for; VOC has no polygons.

    Raises
    ------
    FormatError
        if there is no annotation at `path`.
    """
    found = layout(path)
    lookup = ImageLookup(found.root, folders)
    texts, stamps = Texts(), list[Stamp]()
    rows = _read(found.files, texts, stamps)
    read, image = list(rows), list(rows.values())
    named = [name for name, row in rows.items() if row != MISSING]
    paths = lookup.paths(named, texts.filename)
    if found.files and not read:
        raise FormatError(f"{path}: none of its XML files has an <{ROOT}>")
    # One annotation is no split of its dataset, whatever the lists beside it say.
    parts = splits(found.root, read, image) if path.is_dir() else Splits()
    files = [*read, *parts.dangling, *found.closed]
    for file, reason in enumerate(parts.dangling.values(), start=len(read)):
        texts.note_file(file, ProblemKind.DANGLING, reason)
    for file, reason in enumerate(found.closed.values(), start=len(files) - len(found.closed)):
        texts.note_file(file, ProblemKind.UNREADABLE, reason)
    images = columns.images(texts, paths)
    boxes, categories = columns.boxes(texts)
    return Dataset(
        format="voc",
        root=Path(found.root),
        files=Files.of(
            len(files),
            path=text_column(_relative(files, found.root)),
            stamp=[*stamps, *[(MISSING, MISSING)] * (len(files) - len(stamps))],
        ),
        images=images,
        categories=categories,
        boxes=boxes,
        problems=texts.problems.by_place(),
        splits=tuple(parts.names),
        split_members=parts.split_members,
        image_folders=lookup.found,
    )


def _read(names: Sequence[str], texts: Texts, stamps: list[Stamp]) -> dict[str, int]:
    """Read files one after the other; strays are passed over.

    Parameters
    ----------
    names:
        the paths of the files.
    texts:
        take in what the files say.
    stamps:
        take in the stamp of each file that is no stray.

    Returns
    -------
    dict[str, int]
        the row in Images of each file that is no stray, MISSING if it could not be read.
    """
    plain, rows = PlainFiles(), dict[str, int]()
    left = iter(names)
    for some, found in stamped_at_once(names):
        place = 0
        while place < len(some):
            first = len(texts.image_file)
            count = plain.add_many(texts, len(rows), some, place)
            rows.update(zip(islice(left, count), range(first, first + count), strict=True))
            stamps += found[place : place + count]
            place += count
            if place == len(some):
                break
            name = next(left)
            read = _read_one(name, (some[place], found[place]), plain, texts, len(rows))
            if read is not None:
                rows[name], stamp = read
                stamps.append(stamp)
            place += 1
    return rows


def _read_one(
    name: str, content: tuple[bytes | None, Stamp], plain: PlainFiles, texts: Texts, file: int
) -> tuple[int, Stamp] | None:
    """The row in Images of a file, MISSING if it cannot be read, and its stamp; None of a stray.

    Parameters
    ----------
    name:
        the path of the file.
    content:
        its bytes and its stamp, if it was read already.
    plain:
        what was met so far.
    texts:
        take in what the file says.
    file:
        its row in Files, if it is no stray.
    """
    raw, stamp = content
    try:
        if raw is None:
            raw, stamp = stamped_contents(name)  # to say why it could not be read
        row = plain.add(texts, file, raw)
        markup = _parsed(raw) if row == MISSING else None
    except OSError as error:
        markup = _unreadable(error.strerror or str(error))
    if markup is None:
        return row, stamp
    return None if is_stray(markup, name) else (texts.add(file, markup), stamp)


def is_stray(markup: Markup, name: str) -> bool:
    """Whether a file is valid XML of something else, and in no folder `Annotations`."""
    other = markup.root is not None and markup.root.tag != ROOT and markup.fault is None
    return other and os.path.basename(annotation_folder(os.path.dirname(name))) != ANNOTATIONS


def _relative(paths: Sequence[str], root: str) -> list[str]:
    start = len(os.path.join(root, ""))
    return [path[start:].replace(os.sep, "/") for path in paths]
