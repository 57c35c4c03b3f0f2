"""New names for classes, new classes, and those that go, in the file that names them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import yaml

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.io.edits import Edit
from labelaudit.io.formats.yolo.document import Document, read_document
from labelaudit.io.formats.yolo.names_file import read_list
from labelaudit.io.record_diff import Change

_DATA_CLASSES = re.compile(rb"^[ \t]*classes[ \t]*=[ \t]*([0-9]+)", re.MULTILINE)

_PLAIN = re.compile(r"\w(?:[\w ./()+-]*[\w.)+])?")


def name_edits(
    original: Dataset, changed: Dataset, changes: Sequence[Change]
) -> dict[int, list[Edit]]:
    """The edits that rename classes, list new ones or take some out, by row in Files.

    Parameters
    ----------
    original:
        the dataset as it is on disk.
    changed:
        the dataset as it should be.
    changes:
        those of classes.

    Raises
    ------
    FixError
        if a class gets another index, or its name is written as nothing else can be.
    """
    new: dict[int, dict[int, str]] = {}
    gone: dict[int, set[int]] = {}
    added: dict[int, dict[int, str]] = {}  # by index
    for change in changes:
        if change.before == MISSING:
            index = int(changed.categories.id.number[change.after])
            added.setdefault(change.file, {})[index] = str(changed.categories.name[change.after])
            continue
        if "id" in change.fields:
            raise FixError("a class of a YOLO dataset is its place in the list, and stays there")
        record = int(original.categories.record[change.before])
        if change.after == MISSING:
            gone.setdefault(change.file, set()).add(record)
        else:
            name = str(changed.categories.name[change.after])
            new.setdefault(change.file, {})[record] = name
    if gone and added:
        raise FixError(
            f"{original.root}: a class goes and another is new: do one after the other, as both "
            "give classes other numbers"
        )
    edits = {}
    for file in {*new, *gone, *added}:
        path = original.root / str(original.files.path[file])
        more = added.get(file, {})
        arguments = path, new.get(file, {}), gone.get(file, set()), more
        is_yaml = path.suffix.lower() in (".yaml", ".yml")
        edits[file] = _in_yaml(*arguments) if is_yaml else _in_list(*arguments)
        described = original.root / str(original.files.path[0])
        if described.suffix.lower() == ".data" and (more or file in gone):
            left = int(np.count_nonzero(original.categories.file == file)) - len(gone.get(file, ()))
            edits[0] = _count_in_data(described, max(more) + 1 if more else left)
    return edits


def _count_in_data(path: Path, count: int) -> list[Edit]:
    """The edit that makes `classes` of a .data file so many."""
    return [
        Edit(*found.span(1), str(count).encode(), "classes")
        for found in _DATA_CLASSES.finditer(path.read_bytes())
    ]


def _in_list(
    path: Path, new: Mapping[int, str], gone: Collection[int], added: Mapping[int, str]
) -> list[Edit]:
    """The edits of a file with a name a line."""
    for name in (*new.values(), *added.values()):
        if name != name.strip() or not name.isprintable():
            raise FixError(f"{path}: cannot hold the name {name!r}")
    content = path.read_bytes()
    found = read_list(content)
    if not found.a_line_each:
        return [_a_line_each(path, found.names, new, gone, added)]
    edits = []
    start = 0
    for line, text in enumerate(content.splitlines(keepends=True)):
        place = f"names[{line}]"
        mark = start + len(text) - len(text.removeprefix(b"\xef\xbb\xbf"))
        if line in gone:
            edits.append(Edit(mark, start + len(text), b"", place))
        elif line in new:
            bare = start + len(text.rstrip(b"\r\n"))
            edits.append(Edit(mark, bare, new[line].encode(), place))
        start += len(text)
    return [*edits, *_listed(path, added)]


def _a_line_each(
    path: Path,
    names: Sequence[str],
    new: Mapping[int, str],
    gone: Collection[int],
    added: Mapping[int, str],
) -> Edit:
    """The edit that writes a list anew, a name a line, as its names cannot be told apart in it.

    Parameters
    ----------
    path:
        of the list.
    names:
        that it means.
    new, gone, added:
        names by their place, places of those that go, and names by their index.

    Raises
    ------
    FixError
        if the names would be read as others.
    """
    every = {**dict(enumerate(names)), **new, **added}
    left = [name for row, name in sorted(every.items()) if row not in gone]
    content = path.read_bytes()
    newline = "\r\n" if b"\r\n" in content else "\n"
    text = "".join(name + newline for name in left).encode()
    if read_list(text).names != left or not read_list(text).a_line_each:
        raise FixError(f"{path}: its names, a line each, would be read as others")
    return Edit(0, len(content), text, "names")


def _listed(path: Path, added: Mapping[int, str]) -> Iterator[Edit]:
    """The edit that puts new names behind the last one of a list."""
    if not added:
        return
    text = path.read_bytes()
    end = len(text.rstrip())
    newline = b"\r\n" if b"\r\n" in text else b"\n"
    lines = (newline + name.encode() for _, name in sorted(added.items()))
    yield Edit(end, end, b"".join(lines), "new names")


def _in_yaml(
    path: Path, new: Mapping[int, str], gone: Collection[int], added: Mapping[int, str]
) -> list[Edit]:
    """The edits of a data.yaml."""
    document = read_document(path)
    names = Names.of(document)
    edits = [
        Edit(*names.span(record), as_yaml(name, names.quotes(record)).encode(), f"names[{record}]")
        for record, name in new.items()
    ]
    edits += names.without(set(gone)) if gone else []
    return [*edits, *names.with_more(added)] if added else edits


@dataclass(frozen=True)
class Names:
    """The names in a data.yaml: nodes of keys (None in a list) and of names."""

    document: Document
    node: yaml.CollectionNode
    items: list[tuple[yaml.Node | None, yaml.Node]]

    @classmethod
    def of(cls, document: Document) -> Names:
        """The names of a document that was loaded before."""
        node = document.entries.get("names")
        if isinstance(node, yaml.MappingNode):
            return cls(document, node, list(node.value))
        if isinstance(node, yaml.SequenceNode):
            return cls(document, node, [(None, value) for value in node.value])
        raise FixError(f"{document.path}: there are no names any more; was the file changed?")

    def span(self, record: int) -> tuple[int, int]:
        """Start and end of a name in the file, in bytes."""
        node = self._name(record)
        offset = self.document.offset
        return offset(node.start_mark.index), offset(node.end_mark.index)

    def quotes(self, record: int) -> str:
        """How a name is quoted; empty if it is not."""
        return getattr(self._name(record), "style", None) or ""

    def _name(self, record: int) -> yaml.Node:
        """The node of a name that stands in its place, and in one line."""
        node = self.items[record][1]
        words = self.document.written(node)
        inside = self.node.start_mark.index <= node.start_mark.index < self.node.end_mark.index
        shared = sum(value is node for _, value in self.items) > 1
        if not inside or shared or words[:1] in ("&", "!", "|", ">") or "\n" in words:
            raise FixError(
                f"{self.document.path}: names[{record}] is no plain name; write it in one line"
            )
        return node

    def without(self, gone: Collection[int]) -> Iterator[Edit]:
        """The edits that take names out, count the keys anew, and correct `nc`."""
        if len(gone) == len(self.items):
            raise FixError(f"{self.document.path}: no class would be left")
        cut = self._cut_flow if self.node.flow_style else self._cut_lines
        for missing, run in groupby(range(len(self.items)), lambda record: record in gone):
            if missing:
                records = list(run)
                start, end = cut(records[0], records[-1])
                offset = self.document.offset
                yield Edit(offset(start), offset(end), b"", f"names[{records[0]}]")
        yield from self._renumbered(gone)

    def with_more(self, added: Mapping[int, str]) -> Iterator[Edit]:
        """The edits that put names behind the last one, by their index, and correct `nc`."""
        if not self.items:
            raise FixError(f"{self.document.path}: there are no names to put a new one behind")
        last = len(self.items) - 1
        key = self.items[last][0]
        if key is None and sorted(added) != list(range(last + 1, last + 1 + len(added))):
            raise FixError(f"{self.document.path}: a new class is not the next of the list")
        _, name_end = self.span(last)  # which is refused where it is no plain name
        written = [
            ("" if key is None else f"{index}: ") + as_yaml(name, self.quotes(last))
            for index, name in sorted(added.items())
        ]
        text, node = self.document.text, self._name(last)
        if self.node.flow_style:
            more = "".join(f", {one}" for one in written)
            yield Edit(name_end, name_end, more.encode(), "new names")
        else:
            start = self._start(last)
            before = text[text.rfind("\n", 0, start) + 1 : start]
            end = text.find("\n", node.end_mark.index)
            end = len(text) if end < 0 else end
            end -= text[:end].endswith("\r")
            newline = "\r\n" if "\r\n" in text else "\n"
            more = "".join(f"{newline}{before}{one}" for one in written)
            place = self.document.offset(end)
            yield Edit(place, place, more.encode(), "new names")
        count = self.document.entries.get("nc")
        if isinstance(count, yaml.ScalarNode) and count.value == str(len(self.items)):
            yield from self._replaced(count, str(len(self.items) + len(added)), "nc")

    def _start(self, record: int) -> int:
        key, value = self.items[record]
        start: int = (key or value).start_mark.index
        return start

    def _cut_flow(self, first: int, last: int) -> tuple[int, int]:
        """Names in brackets with the comma behind them, or the one before if they end the list."""
        if last + 1 < len(self.items):
            return self._start(first), self._start(last + 1)
        return self.items[first - 1][1].end_mark.index, self.items[last][1].end_mark.index

    def _cut_lines(self, first: int, last: int) -> tuple[int, int]:
        """Names in lines of their own, up to the line of the next."""
        text = self.document.text
        start = text.rfind("\n", 0, self._start(first)) + 1
        if last + 1 < len(self.items):
            return start, text.rfind("\n", 0, self._start(last + 1)) + 1
        end = text.find("\n", self.items[last][1].end_mark.index)
        return start, len(text) if end < 0 else end + 1

    def _renumbered(self, gone: Collection[int]) -> Iterator[Edit]:
        """Keys that count through, and the number of classes."""
        kept = [record for record in range(len(self.items)) if record not in gone]
        vacated = [int(key.value) for r in sorted(gone) if (key := self.items[r][0]) is not None]
        for record in kept:
            key = self.items[record][0]
            if key is not None:
                index = int(key.value) - sum(number < int(key.value) for number in vacated)
                yield from self._replaced(key, str(index), f"names[{record}]")
        count = self.document.entries.get("nc")
        if isinstance(count, yaml.ScalarNode) and count.value == str(len(self.items)):
            yield from self._replaced(count, str(len(kept)), "nc")

    def _replaced(self, node: yaml.Node, text: str, place: str) -> Iterator[Edit]:
        start, end = node.start_mark.index, node.end_mark.index
        if self.document.text[start:end].strip("'\"") != text:
            yield Edit(self.document.offset(start), self.document.offset(end), text.encode(), place)


def as_yaml(name: str, quotes: str = "") -> str:
    """A name as YAML: in the given quotes if that can be, in none if that reads as the same.

    >>> as_yaml("traffic light"), as_yaml("no"), as_yaml("cat", "'")
    ('traffic light', '"no"', "'cat'")
    """
    if quotes == "'" and name.isprintable():
        return "'" + name.replace("'", "''") + "'"
    if not quotes and _PLAIN.fullmatch(name):
        node = yaml.compose(name, Loader=yaml.SafeLoader)
        if node is not None and node.tag == "tag:yaml.org,2002:str" and node.value == name:
            return name
    quoted: str = yaml.safe_dump(name, default_style='"', allow_unicode=True, width=10**9)
    return quoted.rstrip("\n")
