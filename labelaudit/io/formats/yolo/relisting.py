"""Other splits of a YOLO dataset in its place: lists of images, to which its description leads.

Images and labels stay where they are. A list that there is keeps the lines of images that stay, as
they are written; where a folder was a split, a list takes its place in the description.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.images.files import is_image
from labelaudit.io.edits import Edit
from labelaudit.io.formats.division import Division
from labelaudit.io.formats.relisting import (
    ELSEWHERE,
    Relisted,
    inside,
    old_names,
    relisted_lines,
    rewritten,
)
from labelaudit.io.formats.yolo.described_layout import all_bases, resolved
from labelaudit.io.formats.yolo.description import ALIASES, SPLITS, Description, described
from labelaudit.io.formats.yolo.dividing import value_edit
from labelaudit.io.formats.yolo.document import read_document
from labelaudit.io.formats.yolo.layout import label_path, without_ending
from labelaudit.io.formats.yolo.renaming import as_yaml

_YAML = (".yaml", ".yml")


def relist(dataset: Dataset, division: Division) -> Relisted:
    """What the lists and the description of a dataset are to hold.

    Raises
    ------
    FormatError
        if no data.yaml, or several, describe it, or images are listed that are not there.
    """
    path = _description_of(dataset)
    description = described(path)
    old = old_names(dataset, division)
    lists = _lists(dataset, description)
    if not any(dataset.images.path.tolist()) and not lists:
        raise FormatError(f"{dataset.root}: no image was found to be listed; --images says where")
    home = all_bases(description)[0]
    inside(dataset, home)
    edits: dict[str, Sequence[Edit]] = {}
    sources: dict[str, str] = {}
    for number, name in enumerate(division.names):
        split = old.get(name, name)
        rows = division.rows(number)
        own = lists.get(split) or _ListFile(_free(home, split), {})
        content = own.holding(dataset, rows, lists)
        sources[split] = posixpath.relpath(own.path, home)
        if changed := rewritten(Path(own.path), content):
            edits[inside(dataset, own.path)] = changed
    there = {split: source for split, source in sources.items() if split in SPLITS}
    if changed := _leading_to(path, {one: there[one] for one in there if one not in lists}):
        edits[inside(dataset, path)] = changed
    odd = [name for name in division.names if old.get(name, name) not in SPLITS]
    notes = [f"{', '.join(odd)}: in a list that the description does not name"] if odd else []
    names = {name: old.get(name, name) for name in division.names if name not in odd}
    return Relisted(edits, names, tuple(notes))


def _description_of(dataset: Dataset) -> Path:
    """The data.yaml of a dataset."""
    heads = np.setdiff1d(np.arange(len(dataset.files)), dataset.images.file).tolist()
    paths = [str(dataset.files.path[row]) for row in heads]
    yamls = [path for path in paths if path.lower().endswith(_YAML)]
    if len(yamls) != 1:
        what = "several datasets" if yamls else "no data.yaml says where its splits are"
        raise FormatError(f"{dataset.root}: {what}; {ELSEWHERE}")
    return dataset.root / yamls[0]


@dataclass(frozen=True)
class _ListFile:
    """A list of images."""

    path: str
    lines: Mapping[str, int]  # the image of each that it lists

    def holding(
        self, dataset: Dataset, rows: Sequence[int], others: Mapping[str, _ListFile]
    ) -> bytes:
        """What it is to hold so that it lists the images of some rows.

        Parameters
        ----------
        dataset:
            of the images.
        rows:
            the images that it is to list.
        others:
            the lists that there are, whose lines are taken along.
        """
        wanted, listed = set(rows), set()
        content = Path(self.path).read_bytes() if self.lines else b""
        stays = []
        for line in content.removeprefix(b"\xef\xbb\xbf").splitlines():
            image = self.lines.get(line.decode("utf-8", "replace").strip(), MISSING)
            stays.append(image == MISSING or image in wanted)
            listed.add(image)
        home = posixpath.dirname(self.path)
        written = {
            image: line
            for other in others.values()
            if posixpath.dirname(other.path) == home
            for line, image in other.lines.items()
        }
        new = [row for row in rows if row not in listed]
        lines = [written.get(row) or f"./{_relative(dataset, row, home)}" for row in new]
        return relisted_lines(content, stays, sorted(lines))


def _relative(dataset: Dataset, row: int, home: str) -> str:
    """The path of an image as a list in a folder names it."""
    name = str(dataset.images.name[row])
    if not is_image(name):
        raise FormatError(
            f"{dataset.root / name}: a label file without its image, which no list can name; give "
            f"--images, or {ELSEWHERE}"
        )
    root = os.path.abspath(dataset.root)
    path = str(dataset.images.path[row]) or posixpath.join(root, name)
    label = posixpath.normpath(posixpath.join(root, dataset.files.path[dataset.images.file[row]]))
    if os.path.isfile(label) and without_ending(label) != without_ending(label_path(path)):
        raise FormatError(
            f"{label}: not where trainers look for the labels of {path}, which no list can say; "
            f"{ELSEWHERE}"
        )
    return posixpath.relpath(path, home)


def _lists(dataset: Dataset, description: Description) -> dict[str, _ListFile]:
    """The splits that a list says, each of one, by name."""
    bases = all_bases(description)
    places: dict[str, list[str]] = {}
    for source in description.sources:
        places.setdefault(source.split, []).append(resolved(source.path, bases))
    members = dataset.split_members
    found = {}
    for split, some in places.items():
        if len(some) != 1 or not os.path.isfile(some[0]) or split not in dataset.splits:
            continue
        here = members.split == dataset.splits.index(split)
        each = zip(members.name[here].tolist(), members.image[here].tolist(), strict=True)
        found[split] = _ListFile(some[0], dict(each))
    return found


def _free(folder: str, split: str) -> str:
    """The path of a list that is not there yet."""
    path, number = posixpath.join(folder, f"{split}.txt"), 1
    while os.path.lexists(path):
        number += 1
        path = posixpath.join(folder, f"{split}.{number}.txt")
    return path


def _leading_to(path: Path, sources: Mapping[str, str]) -> list[Edit]:
    """The edits by which a data.yaml leads to lists; all else of it stays.

    Raises
    ------
    FormatError
        if it is written in braces, where no line can be added.
    """
    document = read_document(path)
    text, edits, left = document.text, [], dict(sources)
    if left and text.lstrip().startswith("{"):
        raise FormatError(f"{path}: written in braces; write a line for each key")
    for key, node in document.entries.items():
        split = ALIASES.get(key, key)
        if split in sources:
            new = as_yaml(left.pop(split)) if split in left else ""
            start, end, value = value_edit(text, node, new)
            place = document.offset(start), document.offset(end)
            edits.append(Edit(*place, value.encode(), key))
    newline = "\r\n" if "\r\n" in text else "\n"
    added = "".join(f"{split}: {as_yaml(source)}{newline}" for split, source in left.items())
    if added:
        before = "" if text.endswith("\n") or not text else newline
        end = document.offset(len(text))
        edits.append(Edit(end, end, (before + added).encode(), "splits"))
    return edits
