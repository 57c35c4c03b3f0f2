"""Which paths are YOLO datasets, told from names and first bytes."""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Collection, Sequence
from pathlib import Path

from labelaudit.core.text import text_lines
from labelaudit.errors import FormatError
from labelaudit.images.files import entries_in, is_image
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.listing import is_shown, without_copies
from labelaudit.io.formats.unread import some
from labelaudit.io.formats.yolo.loose import number

LABELS = ".txt"
ENDINGS = (LABELS, ".TXT", ".Txt")
"""What names of label files end in, as all of them are read; the first is what trainers look for.

Source: https://docs.ultralytics.com/reference/data/utils, `img2label_paths`.
"""

_HEAD = 1 << 14
_HEAD_OF_YAML = 1 << 22  # keys in the order of the alphabet have all names between them

_YAML_NAMES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_CLASS_LISTS = (
    *("classes.txt", "obj.names", "classes.names", "predefined_classes.txt", "_darknet.labels"),
    *("data.names", "coco.names", "voc.names", "custom.names", "class.names"),
)
_NAMES_OF_LISTS = frozenset(_CLASS_LISTS)
_LIKE_CLASS_LISTS = ("labels.txt", "names.txt", "class_names.txt", "class_list.txt", "_classes.txt")
"""Names that a class list may have, and a label file, too."""

_WHY = "text files with a class and four numbers a line"
_DESCRIPTIONS = (".yaml", ".yml", ".data", ".YAML", ".YML", ".DATA")
_DESCRIPTION = "a description of a YOLO dataset"

RESULT_WORDS = 6
"""Words in a line of a detector's results: the class, the box and the confidence."""

_YAML_KEY = re.compile(
    rb"""^["']?(train|val|validation|test|names|nc|path|kpt_shape)["']?\s*:""", re.MULTILINE
)
_DATA_KEY = re.compile(rb"^\s*(train|valid|val|validation|names|classes)\s*=", re.MULTILINE)


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a YOLO dataset: its description, a label file, a folder of them.

    An empty file is a label file only in a folder `labels`: that of an image without objects.
    Numbers that are no fractions may be labels of many formats, and are YOLO's if of no other.
    """
    if sample.is_file:
        return _evidence_of_file(sample)
    texts = sample.ending(LABELS)
    lists = [name for name in texts if is_class_list(name.rpartition("/")[2])]
    names = [name for name in texts if name not in lists] if lists else texts
    classes = {
        word
        for name in lists
        for word in sample.head(name, _HEAD).decode("utf-8", "replace").split()
    }
    start = f"{sample.path.absolute().as_posix()}/"

    def fits(name: str) -> bool:
        return holds_labels(sample.head(name, _HEAD), classes, inside="/labels/" in start + name)

    described = description_in(sample.path)
    if judged := sample.judged(names, fits, _WHY):
        if described:
            return dataclasses.replace(judged, declared=True)
        if not lists and _are_named(sample, judged.fitting):
            return dataclasses.replace(judged, weak=True)
        return _as_results(sample, judged)
    loose = sample.judged(names, lambda name: has_label(sample.head(name, _HEAD)), _WHY)
    if loose:
        return dataclasses.replace(loose, weak=True)
    return _evidence_of_description(described) if described else None


def _are_named(sample: PathSample, names: Sequence[str]) -> bool:
    """Whether every line has a class by its name, of which nothing here says the number."""
    lines = [words for name in names for words in _split_lines(sample.head(name, _HEAD))]
    return bool(lines) and all(number(words[0]) is None for words in lines)


def _evidence_of_description(file: Path) -> FormatEvidence:
    """What a description alone speaks for; little if it leads nowhere, which loading then says.

    One that leads to images without labels declares nothing: those may be in another format.
    """
    # Only here, because YAML takes 25 ms to import, and only what lies elsewhere needs it.
    from labelaudit.io.formats.yolo.described_layout import (  # noqa: PLC0415
        destinations,
        leads_to_labels,
    )

    try:
        places = destinations(file)
    except FormatError:  # which is said when it is loaded
        return FormatEvidence((), 0, 0, _DESCRIPTION, declared=True)
    declared = any(map(leads_to_labels, places))
    return FormatEvidence((), 0, 0, _DESCRIPTION, declared=declared, weak=not places)


def _evidence_of_file(sample: PathSample) -> FormatEvidence | None:
    name = sample.path.name
    if describes(sample.path):
        return FormatEvidence((), 0, 0, _DESCRIPTION, declared=True)
    if is_class_list(name):
        refusal = "a list of classes; give the folder of the labels, or the data.yaml"
        return FormatEvidence((name,), 1, 1, "a list of classes", refusal=refusal)
    if not name.endswith(ENDINGS):
        return None
    text = sample.head(name, _HEAD)
    inside = sample.path.absolute().parent.name == "labels"
    listing = lists_images(text)
    strict = listing or holds_labels(text, (), inside=inside)
    if not (strict or has_label(text)):
        return None
    why = "a list of images" if listing else _WHY
    size = sample.size(name)
    return FormatEvidence((name,), 1, 1, why, bytes_fitting=size, weak=not strict)


def _as_results(sample: PathSample, judged: FormatEvidence) -> FormatEvidence:
    """The evidence; a refusal where every label has a confidence: a detector wrote them."""
    lines = [words for name in judged.fitting for words in _split_lines(sample.head(name, _HEAD))]
    scores = [number(words[5]) for words in lines if len(words) == RESULT_WORDS]
    scored = [score for score in scores if score is not None and 0 <= score <= 1]
    if not lines or len(scored) < len(lines) or all(score in (0, 1) for score in scored):
        return judged
    path = shlex.quote(str(sample.path))
    refusal = (
        f"results of a detector ({some(judged.fitting)}: a confidence ends each line), no labels; "
        f"they can judge labels: labelaudit scan LABELS --predictions {path}; "
        "--format yolo reads them as labels all the same"
    )
    return dataclasses.replace(judged, refusal=refusal)


def holds_labels(text: bytes, classes: Collection[str], *, inside: bool) -> bool:
    """Whether most lines of a file are labels in fractions; none at all is so in a folder `labels`.

    Parameters
    ----------
    text:
        the beginning of the file.
    classes:
        the names of classes, where a list gives them.
    inside:
        whether the file is in a folder `labels`.
    """
    lines = _split_lines(text)
    labels = [line for line in lines if is_label(line, classes, in_labels=inside)]
    fractions = [
        line
        for line in labels
        if all(-1 <= value <= 2 for value in map(number, line[1:5]) if value is not None)
    ]
    if not lines:
        return inside
    return 2 * len(labels) >= len(lines) and 2 * len(fractions) >= len(labels) > 0


def lists_images(text: bytes) -> bool:
    """Whether most of the first lines of a file are paths of images."""
    lines = [line for line in text_lines(text.decode("utf-8", "replace"))[:50] if line.strip()]
    return 2 * sum(is_image(line.strip()) for line in lines) > len(lines)


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
    others = [path for path in _described_by(folder) if path not in named]
    return next((path for path in [*named, *others] if path.is_file() and describes(path)), None)


def nested_descriptions(folder: Path) -> list[Path]:
    """The descriptions in folders inside a folder that has none, at most two folders deep.

    An archive of an export often has one folder around all else.
    """
    inner = [""]
    for _ in range(2):
        inner = [f"{name}{below}/" for name in inner for below in _folders(folder / name)]
        shown = [name for name in without_copies(inner)[0] if is_shown(name)]
        found = list(filter(None, (description_in(folder / name) for name in shown)))
        if found:
            return found
    return []


def broken_description_in(folder: Path) -> Path | None:
    """The file in a folder that is called as its description should be, and describes nothing."""
    named = (folder / name for name in _YAML_NAMES[:2])
    return next((path for path in named if path.is_file() and not describes(path)), None)


def class_list_in(folder: Path) -> Path | None:
    """The file in a folder that lists its classes, as LabelImg, darknet and Roboflow write it."""
    names = (
        spelt
        for name in (*_CLASS_LISTS, *_LIKE_CLASS_LISTS)
        for spelt in (name, name.capitalize(), name.upper())
    )
    return next(
        (
            path
            for path in map(folder.joinpath, names)
            if path.is_file() and (is_class_list(path.name) or not seems_labels(path))
        ),
        None,
    )


def is_class_list(name: str) -> bool:
    """Whether a file name is one of those that class lists have."""
    name = name.lower()
    return name in _NAMES_OF_LISTS or name.endswith(".names")


def seems_labels(path: Path) -> bool:
    """Whether one of the first lines of a file is a label: four numbers or more after a word."""
    return has_label(head(path))


def has_label(text: bytes) -> bool:
    """Whether one of the first lines of a file is a label: four numbers or more after a word."""
    words = _split_lines(text)
    return any(
        len(line) > 4 and None not in map(number, line[1:5]) and not is_image(line[0])
        for line in words
    )


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
    if len(values) < 4 or len(values) < len(numbers) or is_image(words[0]):
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
    lines = text_lines(text.decode("utf-8", "replace"))[:50]
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


def _described_by(folder: Path) -> list[Path]:
    """The files in a folder that may describe a dataset, by their names."""
    try:
        names = entries_in(folder).every
    except OSError:
        return []
    return [folder / name for name in sorted(names) if name.endswith(_DESCRIPTIONS)]


def _folders(folder: Path) -> list[str]:
    """The names of the folders in a folder, in order; links to some, too."""
    try:
        return [name for name, _ in entries_in(folder).folders]
    except OSError:
        return []
