"""A YAML file as nodes, which know where in the file they stand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from labelaudit.errors import FormatError

LARGEST_MB = 4
DEEPEST = 20
"""How large, and how deeply nested, a file may be: the names of 20,000 classes take half a MB, and
reading each MB takes 60 MB of memory."""

_BOM = "\ufeff"
_QUOTED = re.compile(r'"[^"\n]*"')
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """A YAML file whose outermost value is a mapping."""

    path: Path
    text: str  # without a byte order mark
    start: int  # bytes of the file before `text`
    entries: dict[str, yaml.Node]  # the last value of each key
    repeated: tuple[str, ...]  # keys that stand there twice
    escapes: str = ""  # the first text of which the backslashes were read as slashes

    def offset(self, index: int) -> int:
        """The place in the file, in bytes, of a place in the text."""
        return self.start + len(self.text[:index].encode())

    def written(self, node: yaml.Node) -> str:
        """The text of a node as it is written."""
        return self.text[node.start_mark.index : node.end_mark.index]


def read_document(path: Path) -> Document:
    """The YAML file at a path. Nothing in it is run or built, whatever its tags ask for.

    A path of Windows in double quotes is no YAML: a backslash begins an escape there. Where that is
    all, it is read as if it were a slash.

    Raises
    ------
    FormatError
        if it cannot be read, is no YAML, or holds anything but one mapping.
    """
    text = _text(path)
    words = text.removeprefix(_BOM)
    quoted = [one for one in _QUOTED.findall(words) if "\\" in one]
    try:
        node, escapes = _composed(path, words), ""
    except FormatError as error:
        if not quoted:
            raise
        with_slashes = _QUOTED.sub(lambda found: found[0].replace("\\", "/"), words)
        try:  # it is as long, so that places are those in the file
            node, escapes = _composed(path, with_slashes), quoted[0]
        except FormatError:
            raise error from None
    if not isinstance(node, yaml.MappingNode):
        raise FormatError(f"{path}: expected keys as in `names:` and `train:`, found none")
    keyed = [(scalar(key), value) for key, value in node.value]
    entries = {key: value for key, value in keyed if key is not None}
    counts = Counter(key for key, _ in keyed if key is not None)
    repeated = tuple(key for key, count in counts.items() if count > 1)
    start = len(text.encode()) - len(words.encode())
    return Document(path, words, start, entries, repeated, escapes)


def scalar(node: yaml.Node | None) -> str | None:
    """The text of a node; None if it holds a list, a mapping or nothing."""
    if not isinstance(node, yaml.ScalarNode) or is_null(node):
        return None
    return str(node.value)


def items(node: yaml.Node) -> list[tuple[str | None, yaml.Node]]:
    """The keys and values of a mapping, or the places and values of a list; none of a scalar."""
    if isinstance(node, yaml.MappingNode):
        return [(scalar(key), value) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [(str(place), value) for place, value in enumerate(node.value)]
    return []


def is_null(node: yaml.Node) -> bool:
    """Whether a node is nothing: empty, `~` or `null`."""
    return bool(node.tag == "tag:yaml.org,2002:null")


def is_truth_value(node: yaml.Node) -> bool:
    """Whether a node is read as true or false, as an unquoted `no` is."""
    return bool(node.tag == "tag:yaml.org,2002:bool")


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_MB << 20:
            raise FormatError(f"{path}: more than {LARGEST_MB} MB; not a dataset's description")
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise FormatError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error


def _composed(path: Path, text: str) -> yaml.Node | None:
    try:
        # Events come one by one; composing calls itself, and 100,000 brackets end the process.
        if any(depth > DEEPEST for depth in _depths(yaml.parse(text, Loader=_LOADER))):
            raise FormatError(_too_deep(path))
        node: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        if "nesting depth" in (error.problem or ""):  # libyaml's own limit, for what it reads ahead
            raise FormatError(_too_deep(path)) from error
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise FormatError(f"{path}{line}: not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise FormatError(f"{path}: not valid YAML: {str(error).splitlines()[0]}") from error
    return node


def _too_deep(path: Path) -> str:
    return f"{path}: nested more than {DEEPEST} deep; not a dataset's description"


def _depths(events: Iterator[yaml.Event]) -> Iterator[int]:
    """How deep the text is nested at each event."""
    depth = 0
    for event in events:
        depth += isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent)
        depth -= isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent)
        yield depth
