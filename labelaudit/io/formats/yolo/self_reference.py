"""A copy of a YOLO dataset refers to itself: its description and its lists name what is in it.

`path:` and folders in a data.yaml are absolute, or relative to where somebody started something;
of a darknet .data file and of lists, all paths are. A copy that keeps them is the original with
another name: who scans it sees the old labels, and who fixes it changes them.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.edits import Edit
from labelaudit.io.formats.copy_plan import (
    CopyPlan,
    by_place,
    file_places,
    image_places,
    inner,
    inner_of,
    is_absolute,
    relative_within,
)
from labelaudit.io.formats.yolo.described_layout import all_bases, resolved
from labelaudit.io.formats.yolo.description import ALIASES, SPLITS, Description, described
from labelaudit.io.formats.yolo.document import Document, is_null, items, read_document, scalar
from labelaudit.io.formats.yolo.finding import ENDINGS, LABELS, head, lists_images
from labelaudit.io.formats.yolo.layout import mirrored, without_ending
from labelaudit.io.formats.yolo.renaming import as_yaml

_YAML = (".yaml", ".yml")
_ENTRY = re.compile(
    rb"^[ \t]*(train|valid|val|validation|test|names)[ \t]*=[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE
)
_PREFIX = re.compile(r"(?:[&!]\S+\s+)*")  # an anchor or a tag before a value of YAML


def copy_plan(dataset: Dataset) -> CopyPlan:
    """Where everything goes, and the edits that make the copy name its own folders and lists."""
    own = SelfReference(dataset)
    own.take_in()
    return CopyPlan(own.files, by_place(dataset, own.images), own.edits, own.written)


@dataclass
class SelfReference:
    """What in the files of a dataset has to be written anew in a copy."""

    dataset: Dataset
    edits: dict[int, list[Edit]] = field(default_factory=dict)  # by row in Files
    written: dict[str, bytes] = field(default_factory=dict)  # lists, by their path in the copy
    _lists: dict[str, str] = field(default_factory=dict)  # where each goes, by its path

    @cached_property
    def root(self) -> str:
        """The folder of the dataset, absolute."""
        return os.path.abspath(self.dataset.root)

    @cached_property
    def files(self) -> dict[int, str]:
        """Where source files go; what describes a dataset from elsewhere goes to its top."""
        places = file_places(self.dataset)
        for row, name in enumerate(self.dataset.files.path.tolist()):
            if name.startswith(("../", "/")) and not name.endswith(ENDINGS):
                places[row] = posixpath.basename(name)
        return places

    @cached_property
    def images(self) -> dict[int, str]:
        """Where images that were found go, by row: where their label file looks for them."""
        return image_places(self.dataset, self._beside_label)

    def _beside_label(self, row: int, path: str) -> str:
        """Where an image from elsewhere goes."""
        label = int(self.dataset.images.file[row])
        if str(self.dataset.files.path[label]).startswith(("../", "/")):
            return inner_of(path, self.root)
        stem = mirrored(f"/{without_ending(self.files[label])}", "labels", "images")[1:]
        return stem + os.path.splitext(path)[1]

    def take_in(self) -> None:
        """Look at every file that names others."""
        for row, name in enumerate(self.dataset.files.path.tolist()):
            path = self.dataset.root / name
            suffix = path.suffix.lower()
            if suffix in (*_YAML, ".data") and path.is_file():
                try:
                    description = described(path)
                except FormatError:  # which loading told: the copy has it as it is
                    continue
                take = self._take_yaml if suffix in _YAML else self._take_data
                self.edits[row] = list(take(path, description, self.files[row]))
        for source in self.dataset.sources:
            if source.suffix.lower() == LABELS and source.is_file() and lists_images(head(source)):
                self._take_list(os.path.abspath(source), source.stem)
        self.edits = {row: edits for row, edits in self.edits.items() if edits}

    def _take_yaml(self, path: Path, description: Description, copy: str) -> Iterator[Edit]:
        """The edits of a data.yaml that goes to `copy`."""
        document, home = read_document(path), posixpath.dirname(copy)
        base = description.base.replace("\\", "/")
        if base and not _stays(base, description.home):
            node = document.entries["path"]
            yield _edit(document, node, "", "path")
            base = ""
        bases = all_bases(description)
        done: set[int] = set()
        for split, node, text in _sources(document):
            if node.start_mark.index in done:  # an alias of what was edited
                continue
            done.add(node.start_mark.index)
            new = self._new_text(split, text, bases, posixpath.join(home, base))
            if new != text:
                quotes = getattr(node, "style", None) or ""
                yield _edit(document, node, as_yaml(new, quotes), split)

    def _take_data(self, path: Path, description: Description, copy: str) -> Iterator[Edit]:
        """The edits of a darknet .data file that goes to `copy`."""
        home, bases = posixpath.dirname(copy), all_bases(description)
        for match in _ENTRY.finditer(path.read_bytes()):
            key, text = match[1].decode(), match[2].decode("utf-8", "replace")
            if key == "names":
                new = self._own_names(description, home) or text
            else:
                new = self._new_text(ALIASES.get(key, key), text, bases, home)
            if text and new != text:
                yield Edit(*match.span(2), new.encode(), key)

    def _own_names(self, description: Description, home: str) -> str:
        """The list of classes as the copy of a .data file names it."""
        if description.names_path is None:
            return ""
        names = os.path.abspath(description.names_path)
        for row, name in enumerate(self.dataset.files.path.tolist()):
            if os.path.normpath(os.path.join(self.root, name)) == names:
                return posixpath.relpath(self.files[row], home or ".")
        return ""

    def _new_text(self, split: str, text: str, bases: list[str], start: str) -> str:
        """What a source is called in the copy, where it is relative to the folder `start`."""
        place = resolved(text, bases)
        if not place:
            return text
        if os.path.isfile(place):
            target = self._take_list(place, split)
        else:
            target = self._folder(place, split)
        written = text.strip().replace("\\", "/")
        if not is_absolute(written) and posixpath.normpath(
            posixpath.join(start, written)
        ) == posixpath.normpath(target):
            return text
        return posixpath.relpath(target, start or ".")

    def _own_place(self, path: str) -> str:
        """Where a folder or list goes."""
        if os.path.normpath(path) == self.root:
            return "."
        return relative_within(path, self.root) or inner_of(path, self.root)

    def _folder(self, folder: str, split: str) -> str:
        """The folder of images, or a list of them where they are no longer in one."""
        target = self._own_place(folder)
        rows = self._rows_in(folder)
        if target == "." or all(self.images[row].startswith(f"{target}/") for row in rows):
            return target
        name = self._at_top(f"{split}.txt")
        lines = "".join(f"./{self.images[row]}\n" for row in rows)
        self.written[name] = lines.encode()
        return name

    def _rows_in(self, folder: str) -> list[int]:
        return [
            row
            for row in self.images
            if relative_within(str(self.dataset.images.path[row]), os.path.normpath(folder))
        ]

    def _take_list(self, path: str, split: str) -> str:
        """Write a list anew if lines of it lead elsewhere; where it goes.

        One from elsewhere goes to the top, and so does a second one for a list whose new lines
        would lead up: Ultralytics puts the folder of the list in place of every `./` of a line that
        begins with one, and in `./../images/a.jpg` there are two.
        """
        path = os.path.normpath(path)
        if path not in self._lists:
            self._lists[path] = self._own_list(path, self._listed(split))
        return self._lists[path]

    def _own_list(self, path: str, places: Mapping[str, str]) -> str:
        content = Path(path).read_bytes()
        lines = content.splitlines(keepends=True)
        target = relative_within(path, self.root)
        if not target:
            target = self._at_top(posixpath.basename(path))
            self.written[target] = b"".join(_own_line(line, places, "") for line in lines)
            return target
        home = posixpath.dirname(target)
        own = [_own_line(line, places, home) for line in lines]
        if own == lines:
            return target
        self.written[target] = b"".join(own)
        if any(line != old and b"../" in line for line, old in zip(own, lines, strict=True)):
            target = self._at_top(posixpath.basename(path))
            self.written[target] = b"".join(_own_line(line, places, "") for line in lines)
        return target

    def _at_top(self, name: str) -> str:
        """A name at the top of the copy that nothing else has."""
        taken = {**self.written, **dict.fromkeys(self.files.values(), b"")}
        return _free(name, taken, self.root)

    def _listed(self, split: str) -> dict[str, str]:
        """Where the image of each line of a list goes; those of its own split count first."""
        members, images = self.dataset.split_members, self.dataset.images
        places: dict[str, str] = {}
        own: dict[str, str] = {}
        for number, row, name in zip(
            members.split.tolist(), members.image.tolist(), members.name.tolist(), strict=True
        ):
            if name and row != MISSING:
                place = self.images.get(row) or inner(str(images.name[row]))
                (own if self.dataset.splits[number] == split else places)[name] = place
        return places | own


def _sources(document: Document) -> Iterator[tuple[str, yaml.Node, str]]:
    """The split, the node and the text of each source in a data.yaml."""
    for key, node in document.entries.items():
        split = ALIASES.get(key, key)
        if split not in SPLITS or is_null(node):
            continue
        for value in (
            [one for _, one in items(node)] if isinstance(node, yaml.SequenceNode) else [node]
        ):
            if text := scalar(value):
                yield split, value, text


def _edit(document: Document, node: yaml.Node, text: str, place: str) -> Edit:
    """The edit that gives a value another text; an anchor before it stays."""
    start, end = node.start_mark.index, node.end_mark.index
    prefix = _PREFIX.match(document.text, start, end)
    start = prefix.end() if prefix else start
    return Edit(document.offset(start), document.offset(end), text.encode(), place)


def _stays(base: str, home: Path) -> bool:
    """Whether what `path:` says means a folder of the copy as it does of the original."""
    leads_out = is_absolute(base) or ".." in base.split("/")
    return not leads_out and os.path.isdir(home / base)


def _own_line(line: bytes, places: Mapping[str, str], home: str) -> bytes:
    """A line of a list, with the path in the copy if it leads elsewhere."""
    bare = line.strip().removeprefix(b"\xef\xbb\xbf").strip()
    name = bare.decode("utf-8", "replace")
    place = places.get(name)
    if place is None:
        return line
    path = name.replace("\\", "/")
    if not is_absolute(path) and posixpath.normpath(posixpath.join(home, path)) == place:
        return line
    start = line.index(bare)
    own = f"./{posixpath.relpath(place, home or '.')}".encode()
    return line[:start] + own + line[start + len(bare) :]


def _free(name: str, taken: Mapping[str, bytes], root: str) -> str:
    """A name that no file at the top of a dataset has."""
    stem, ending = posixpath.splitext(name)
    number, candidate = 2, name
    while candidate in taken or os.path.lexists(os.path.join(root, candidate)):
        candidate, number = f"{stem}_{number}{ending}", number + 1
    return candidate
