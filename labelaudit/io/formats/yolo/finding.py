"""Which paths are YOLO datasets, told from names and first bytes."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.yolo.loose import number

LABELS = ".txt"
_HEAD = 1 << 14
_HEAD_OF_YAML = 1 << 22  # keys in the order of the alphabet have all names between them

_YAML_NAMES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_CLASS_LISTS = ("classes.txt", "obj.names", "classes.names", "predefined_classes.txt")
_YAML_KEY = re.compile(
    rb"""^["']?(train|val|validation|test|names|nc|path|kpt_shape)["']?\s*:""", re.MULTILINE
)
_DATA_KEY = re.compile(rb"^\s*(train|valid|names|classes)\s*=", re.MULTILINE)


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a data.yaml or .data file, or a folder with one or with labels.

    An empty file is a label file only in a folder `labels`: that of an image without objects.
    """
    why = "text files with a class and four numbers a line"
    if sample.is_file:
        declared = describes(sample.path)
        return (
            sample.judged((), bool, "a description of a YOLO dataset", declared=True)
            if (declared)
            else None
        )
    names = [name for name in sample.ending(LABELS) if not is_class_list(posixpath.basename(name))]

    lists = [name for name in sample.ending(LABELS) if is_class_list(posixpath.basename(name))]
    classes = {
        word
        for name in lists
        for word in sample.head(name, _HEAD).decode("utf-8", "replace").split()
    }

    def fits(name: str) -> bool:
        text = sample.head(name, _HEAD)
        inside = "/labels/" in f"{sample.path.absolute().as_posix()}/{name}"
        lines = _split_lines(text)
        if not lines:
            return inside
        labels = sum(is_label(line, classes, in_labels=inside) for line in lines)
        return 2 * labels >= len(lines)

    declared = description_in(sample.path) is not None
    return sample.judged(names, fits, why, declared=declared)


def describes(path: Path) -> bool:
    """Whether a file seems to describe a dataset: two of the keys that all of them have."""
    keys = {".yaml": _YAML_KEY, ".yml": _YAML_KEY, ".data": _DATA_KEY}.get(path.suffix.lower())
    if keys is None:
        return False
    text = head(path, _HEAD_OF_YAML).removeprefix(b"\xef\xbb\xbf")
    return len(set(keys.findall(text))) > 1


def description_in(folder: Path) -> Path | None:
    """The file that describes the dataset in a folder: data.yaml, else the first that does."""
    named = [folder / name for name in _YAML_NAMES]
    others = sorted(path for path in _entries(folder) if path not in named)
    return next((path for path in [*named, *others] if path.is_file() and describes(path)), None)


def broken_description_in(folder: Path) -> Path | None:
    """The file in a folder that is called as its description should be, and describes nothing."""
    named = (folder / name for name in _YAML_NAMES[:2])
    return next((path for path in named if path.is_file() and not describes(path)), None)


def class_list_in(folder: Path) -> Path | None:
    """The file in a folder that lists its classes, as LabelImg and darknet write it."""
    return next((folder / name for name in _CLASS_LISTS if (folder / name).is_file()), None)


def is_class_list(name: str) -> bool:
    """Whether a file name is one of those that class lists have."""
    return name in _CLASS_LISTS


def seems_labels(path: Path) -> bool:
    """Whether one of the first lines of a file is a label: four numbers or more after a word."""
    return has_label(head(path))


def has_label(text: bytes) -> bool:
    """Whether one of the first lines of a file is a label: four numbers or more after a word."""
    words = _split_lines(text)
    return any(len(line) > 4 and None not in map(number, line[1:5]) for line in words)


def is_label(words: Sequence[str], classes: Collection[str], *, in_labels: bool) -> bool:
    """Whether a line is a class and a box, with or without a confidence, or a class and points.

    Text files of many formats hold numbers. A class is a whole number or one of the names; after
    another name, and for more than five numbers, all have to be fractions of an image.

    Parameters
    ----------
    words:
        of the line.
    classes:
        the names of classes, where a list gives them.
    in_labels:
        whether the file is in a folder `labels`: points there may be in pixels by mistake.

    >>> is_label("0 .5 .5 .1 .1".split(), (), in_labels=False)
    True
    >>> is_label("Car 0 0 -1.6 614 181 727 284".split(), (), in_labels=True)
    False
    """
    numbers = [number(word) for word in words[1:]]
    values = [value for value in numbers if value is not None]
    if len(values) < 4 or len(values) < len(numbers):
        return False
    index = number(words[0])
    indexed = index is not None and index >= 0 and index.is_integer()
    boxed = len(values) <= 5 and (indexed or words[0] in classes)
    pointed = in_labels and indexed and len(values) % 2 == 0
    named = index is None and len(values) <= 5
    fractions = all(-1 <= value <= 2 for value in values)
    return boxed or pointed or (fractions and (indexed or named))


def _split_lines(text: bytes) -> list[list[str]]:
    """The words of the first lines with any; commas part them, too."""
    lines = text.decode("utf-8", "replace").splitlines()[:50]
    return [words for line in lines if (words := line.replace(",", " ").split())]


def head(path: Path, count: int = _HEAD) -> bytes:
    """The first bytes of a file; none of what cannot be read."""
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            return b""
        with path.open("rb") as file:
            return file.read(count)
    except OSError:
        return b""


def _entries(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder)]
    except OSError:
        return []
