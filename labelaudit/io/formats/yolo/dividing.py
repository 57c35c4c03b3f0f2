"""A YOLO dataset with other splits: folders, and a description that leads to them.

Label files are copied byte for byte. The folder of an image that names a split gives way to that of
the new one: `images/val/a.jpg` goes to `images/train/a.jpg`, `valid/images/a.jpg` to
`train/images/a.jpg`. A data.yaml keeps all but what it says of splits.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import yaml

from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.formats.copy_plan import file_places
from labelaudit.io.formats.division import (
    Division,
    PlacesInSplits,
    check_readable,
    copy_file,
    listed_below,
    put_all_images,
)
from labelaudit.io.formats.yolo.description import ALIASES, SPLITS
from labelaudit.io.formats.yolo.document import Document, read_document
from labelaudit.io.formats.yolo.finding import ENDINGS
from labelaudit.io.formats.yolo.layout import label_path
from labelaudit.io.formats.yolo.renaming import as_yaml

_YAML = (".yaml", ".yml")
_ENTRY = re.compile(rb"^[ \t]*(train|valid|val|validation|test)[ \t]*=.*$", re.MULTILINE)
_DARKNET = {"val": "valid"}
"""What darknet calls a split in a .data file."""


def divide(dataset: Dataset, division: Division, place: Path, *, copied: bool) -> tuple[str, ...]:
    """Write a dataset with other splits, and say what there is to know about it.

    Parameters
    ----------
    dataset, division, place, copied:
        see `Divide`.

    Raises
    ------
    FormatError
        if the dataset has several descriptions.
    """
    check_readable(dataset, "mend or remove that file first")
    heads = np.setdiff1d(np.arange(len(dataset.files)), dataset.images.file).tolist()
    yamls = [row for row in heads if str(dataset.files.path[row]).lower().endswith(_YAML)]
    if len(yamls) > 1:
        names = " and ".join(str(dataset.files.path[row]) for row in yamls[:2])
        raise FormatError(f"{dataset.root}: several datasets ({names}); divide each of them alone")
    place.mkdir(parents=True)
    images, moved = _placed(dataset, division)
    for row, image in images.items():
        source = dataset.root / str(dataset.files.path[dataset.images.file[row]])
        if source.is_file():
            copy_file(source, place / label_path(f"/{image}")[1:])
    paths = dataset.images.path.tolist()
    put_all_images({image: paths[row] for row, image in images.items()}, place, copied=copied)
    sources = dict(_sources(division, images, place))
    for row in heads:
        _copy_head(dataset, row, sources, place)
    return tuple(_notes(division, moved))


def _placed(dataset: Dataset, division: Division) -> tuple[dict[int, str], int]:
    """Where each image goes, by row, and how many go to a folder of their own."""
    places = PlacesInSplits(lambda folder: ALIASES.get(folder, folder) in SPLITS, ("images",))
    images, moved = {}, 0
    for row in np.argsort(dataset.images.name, kind="stable").tolist():
        split = division.name_of(row)
        image = places.place(str(dataset.images.name[row]), split)
        wanted = [image, label_path(f"/{image}")[1:]]
        free = places.free(wanted, split)
        moved += free != wanted
        images[row] = free[0]
    return images, moved


def _sources(
    division: Division, images: Mapping[int, str], place: Path
) -> Iterator[tuple[str, str]]:
    """The folder of each split that a description may name; a list where they have none."""
    for number, name in enumerate(division.names):
        rows = division.rows(number)
        if name not in SPLITS or not rows:
            continue
        folder = posixpath.commonpath([posixpath.dirname(images[row]) for row in rows])
        if name not in folder.split("/"):
            (place / f"{name}.txt").write_text(
                listed_below("", [images[row] for row in rows]), "utf-8", newline="\n"
            )
            folder = f"{name}.txt"
        yield name, folder


def _copy_head(dataset: Dataset, row: int, sources: Mapping[str, str], place: Path) -> None:
    """Copy a file that describes the dataset, with its splits where they are now."""
    name = str(dataset.files.path[row])
    path = dataset.root / name
    suffix = path.suffix.lower()
    target = place / (path.name if suffix in (*_YAML, ".data") else file_places(dataset)[row])
    target.parent.mkdir(parents=True, exist_ok=True)
    if suffix in _YAML:
        target.write_bytes(_described(read_document(path), sources))
    elif suffix == ".data":
        target.write_bytes(_listed(path.read_bytes(), sources, place))
    elif path.is_file():
        copy_file(path, target)


def _described(document: Document, sources: Mapping[str, str]) -> bytes:
    """A data.yaml that leads to the splits there are now, and says all else as it did.

    Raises
    ------
    FormatError
        if it is written in braces, where no line can be added.
    """
    text = document.text
    if text.lstrip().startswith("{"):
        raise FormatError(f"{document.path}: written in braces; write a line for each key")
    left = dict(sources)
    edits: list[tuple[int, int, str]] = []
    for key, node in document.entries.items():
        split = ALIASES.get(key, key)
        if split in SPLITS:
            edits.append(value_edit(text, node, as_yaml(left.pop(split)) if split in left else ""))
        elif key == "path":
            edits.append(value_edit(text, node, ""))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    newline = "\r\n" if "\r\n" in text else "\n"
    if left and not text.endswith("\n"):
        text += newline
    added = "".join(f"{split}: {as_yaml(source)}{newline}" for split, source in left.items())
    mark = document.path.read_bytes()[: document.start]
    return mark + (text + added).encode()


def value_edit(text: str, node: yaml.Node, new: str) -> tuple[int, int, str]:
    """The edit that gives a key another value, on its own line and without an alias or anchor.

    Parameters
    ----------
    text:
        of the file.
    node:
        the value that is there.
    new:
        the value as it is to be written.

    Returns
    -------
    Where in the text it stands, from and to, and what replaces it.
    """
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.SequenceNode) or not text[start:end].strip():
        start = text.rindex(":", 0, max(start, 1)) + 1 if ":" in text[:start] else start
        block = text[start:end]
        end = start + len(block.rstrip())
        return start, end, f" {new}" if new else ""
    return start, end, new


def _listed(content: bytes, sources: Mapping[str, str], place: Path) -> bytes:
    """A darknet .data file that leads to lists of the splits there are now."""
    kept = [line for line in content.splitlines(keepends=True) if not _ENTRY.match(line.rstrip())]
    text = b"".join(kept)
    if text and not text.endswith(b"\n"):
        text += b"\n"
    for split, source in sources.items():
        name = f"{split}.txt"
        if source != name:
            found = sorted(_images_below(place, source))
            (place / name).write_text(listed_below("", found), "utf-8", newline="\n")
        text += f"{_DARKNET.get(split, split)} = {name}\n".encode()
    return text


def _images_below(place: Path, folder: str) -> Iterator[str]:
    for inside, _, names in os.walk(place / folder):
        for name in names:
            if not name.endswith(ENDINGS):
                yield (Path(inside) / name).relative_to(place).as_posix()


def _notes(division: Division, moved: int) -> Iterator[str]:
    if moved:
        yield f"{counted(moved, 'image')} of a name that another has: in folders called 2, 3, ..."
    odd = [name for name in division.names if name not in SPLITS]
    if odd:
        yield f"{', '.join(odd)}: in a folder that the description does not name"
