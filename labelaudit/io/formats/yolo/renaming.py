"""New names for classes, and classes that go, as byte ranges of the file that names them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import yaml

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.io.edits import Edit
from labelaudit.io.formats.yolo.document import Document, read_document
from labelaudit.io.record_diff import Change

_PLAIN = re.compile(r"\w(?:[\w ./()+-]*[\w.)+])?")


def name_edits(
    original: Dataset, changed: Dataset, changes: Sequence[Change]
) -> dict[int, list[Edit]]:
    """The edits that rename classes, or take them out of their list, by row in Files.

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
        if a class is new or gets another index, or its name is written as nothing else can be.
    """
    new: dict[int, dict[int, str]] = {}
    gone: dict[int, set[int]] = {}
    for change in changes:
        if change.before == MISSING or "id" in change.fields:
            raise FixError("a class of a YOLO dataset is its place in the list, and stays there")
        record = int(original.categories.record[change.before])
        if change.after == MISSING:
            gone.setdefault(change.file, set()).add(record)
        else:
            name = str(changed.categories.name[change.after])
            new.setdefault(change.file, {})[record] = name
    if gone and str(original.files.path[0]).endswith(".data"):
        raise FixError(f"{original.files.path[0]}: a class that goes would leave `classes` wrong")
    edits = {}
    for file in {*new, *gone}:
        path = original.root / str(original.files.path[file])
        arguments = path, new.get(file, {}), gone.get(file, set())
        is_yaml = path.suffix.lower() in (".yaml", ".yml")
        edits[file] = _in_yaml(*arguments) if is_yaml else _in_list(*arguments)
    return edits


def _in_list(path: Path, new: Mapping[int, str], gone: Collection[int]) -> list[Edit]:
    """The edits of a file with a name a line."""
    for name in new.values():
        if name != name.strip() or not name.isprintable():
            raise FixError(f"{path}: cannot hold the name {name!r}")
    edits = []
    start = 0
    for line, text in enumerate(path.read_bytes().splitlines(keepends=True)):
        place = f"names[{line}]"
        mark = start + len(text) - len(text.removeprefix(b"\xef\xbb\xbf"))
        if line in gone:
            edits.append(Edit(mark, start + len(text), b"", place))
        elif line in new:
            bare = start + len(text.rstrip(b"\r\n"))
            edits.append(Edit(mark, bare, new[line].encode(), place))
        start += len(text)
    return edits


def _in_yaml(path: Path, new: Mapping[int, str], gone: Collection[int]) -> list[Edit]:
    """The edits of a data.yaml."""
    document = read_document(path)
    names = Names.of(document)
    edits = [
        Edit(*names.span(record), as_yaml(name, names.quotes(record)).encode(), f"names[{record}]")
        for record, name in new.items()
    ]
    return [*edits, *names.without(set(gone))] if gone else edits


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
