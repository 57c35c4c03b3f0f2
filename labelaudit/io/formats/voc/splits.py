"""The splits of a Pascal VOC dataset: lists in `ImageSets/Main`, or folders called as splits are.

A list is a split if it is called `train`, `val`, `test` or the like, or ends so
(`instances_train2017`) where no list is called just that. Lists about one class (`car_train`, with
-1, 0 or 1 behind each name) are none. `trainval` repeats `train` and `val`, so that every image
would leak from one into the other: of it, only images that neither lists are a split.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from labelaudit.core.columns import MISSING, texts
from labelaudit.core.text import agreeing, part_of
from labelaudit.dataset.tables import SplitMembership
from labelaudit.images.files import is_image
from labelaudit.io.formats.voc.layout import annotation_folder, contents

LISTS = os.path.join("ImageSets", "Main")

UNION = "trainval"
"""The list that repeats those of train and val."""

_WORDS = ("train", "training", "val", "valid", "validation", "dev", "test", "testing", UNION)
_SPLIT_NAME = re.compile(rf"(?:.*[^a-z])?({'|'.join(reversed(_WORDS))})[0-9]*", re.IGNORECASE)
_ABOUT_A_CLASS = re.compile(r"(.*\S)\s+(?:-1|0|1)")
_NAMED = 5  # names without an annotation that are told of a list


@dataclass
class Splits:
    """Which image is in which split, one entry in each list for a listing."""

    names: list[str] = field(default_factory=list)
    split: list[int] = field(default_factory=list)
    image: list[int] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    dangling: dict[str, str] = field(default_factory=dict)  # lists with names of nothing, or closed

    @property
    def split_members(self) -> SplitMembership:
        """The listings as a table."""
        return SplitMembership.of(
            len(self.split), split=self.split, image=self.image, name=texts(self.listed)
        )

    def add(self, name: str, image: Sequence[int], listed: Sequence[str]) -> None:
        """Some images in the split of a name; without any there is no split.

        Parameters
        ----------
        name:
            the split.
        image:
            rows in Images; MISSING if there is no such image.
        listed:
            what the list says of each; empty where a folder is the split.
        """
        if not image:
            return
        if name not in self.names:
            self.names.append(name)
        self.split += [self.names.index(name)] * len(image)
        self.image += image
        self.listed += listed


def splits(root: str, files: Sequence[str], image: Sequence[int]) -> Splits:
    """The splits that lists name; without lists, those that folders are called by.

    Parameters
    ----------
    root:
        the folder of the dataset.
    files:
        the paths of its annotations.
    image:
        for each of them its row in Images, MISSING if it could not be read.
    """
    found = Splits()
    for base, rows in rows_by_base(files, image).items():
        _add_lists(found, os.path.join(base, LISTS), rows)
    if not found.split:
        _add_folders(found, root, files, image)
    return found


def rows_by_base(files: Sequence[str], image: Sequence[int]) -> dict[str, dict[str, int]]:
    """By the folder that an `Annotations` is in, the image of each name that a list there may use.

    A name is the path of an annotation below its `Annotations`, without ending.
    """
    places: dict[str, tuple[int, dict[str, int]]] = {}
    rows: dict[str, dict[str, int]] = {}
    for file, row in zip(files, image, strict=True):
        folder = file[: file.rfind(os.sep)]
        if folder not in places:
            top = annotation_folder(os.path.dirname(file))
            named = rows.setdefault(os.path.dirname(top), {})
            places[folder] = len(os.path.join(top, "")), named
        start, named = places[folder]
        named.setdefault(file[start : -len(".xml")].replace(os.sep, "/"), row)
    return rows


def _add_lists(found: Splits, folder: str, rows: Mapping[str, int]) -> None:
    """The listings of the lists in an `ImageSets/Main`."""
    in_parts: set[str] = set()
    for name in list_names(folder):
        path = os.path.join(folder, f"{name}.txt")
        try:
            lines = _lines(path)
        except OSError as error:
            found.dangling[path] = error.strerror or str(error)
            continue
        if _are_of_a_class(name, lines):
            continue
        meaning = {line: line if line in rows else meaning_of(line, rows) for line in lines}
        if split_word(name) == UNION:
            lines = [line for line in lines if meaning[line] not in in_parts]
        elif not split_word(name).startswith("test"):
            in_parts.update(meaning.values())
        found.add(name, [rows.get(meaning[line], MISSING) for line in lines], lines)
        _note_lost(found, path, lines, [line for line in lines if meaning[line] not in rows])


def is_about_a_class(folder: str | os.PathLike[str], name: str) -> bool:
    """Whether a list of a folder is about one class, with a flag behind each name."""
    try:
        return _are_of_a_class(name, _lines(os.path.join(folder, f"{name}.txt")))
    except OSError:
        return False


def _are_of_a_class(name: str, lines: Sequence[str]) -> bool:
    return name.lower() != split_word(name) and all(map(_ABOUT_A_CLASS.fullmatch, lines))


def _note_lost(found: Splits, path: str, lines: Sequence[str], lost: Sequence[str]) -> None:
    if lost:
        some = ", ".join([*lost[:_NAMED], *(["..."] if len(lost) > _NAMED else [])])
        found.dangling[path] = (
            f"{part_of(len(lost), len(lines), 'name')} {agreeing(len(lost), 'have')} "
            f"no annotation: {some}"
        )


def meaning_of(line: str, rows: Mapping[str, int]) -> str:
    """The annotation that a line names; the line itself if there is no such annotation."""
    return next((name for name in _readings(line) if name in rows), line)


def _readings(line: str) -> Iterator[str]:
    """What a line can mean: a name, a name and a flag, or the path of an image or annotation."""
    yield line
    flagged = _ABOUT_A_CLASS.fullmatch(line)
    name = flagged[1] if flagged else line
    yield name
    name = name.replace("\\", "/")
    if is_image(name) or name.lower().endswith(".xml"):
        name = os.path.splitext(name)[0]
    yield name
    yield name.rpartition("/")[2]


def _lines(path: str) -> list[str]:
    lines = contents(path).decode("utf-8-sig", "replace").split("\n")
    return list(filter(None, map(str.strip, lines)))


def list_names(folder: str) -> list[str]:
    """The lists of splits in a folder, in the order of `_WORDS`: unions come last."""
    try:
        files = os.listdir(folder)
    except OSError:
        return []
    names = [name[: -len(".txt")] for name in files if name.endswith(".txt")]
    plain = {name.lower() for name in names}
    named = [
        name
        for name in names
        if split_word(name) and (name.lower() == split_word(name) or split_word(name) not in plain)
    ]
    return sorted(named, key=lambda name: (_WORDS.index(split_word(name)), name))


def split_word(name: str) -> str:
    """What a name says about a split: `train` for `instances_train2017`; empty if nothing."""
    match = _SPLIT_NAME.fullmatch(name)
    return match[1].lower() if match else ""


def _add_folders(found: Splits, root: str, files: Sequence[str], image: Sequence[int]) -> None:
    """Each image in the split that the nearest folder from the top is called by."""
    split: dict[str, str] = {}
    for file, row in zip(files, image, strict=True):
        folder = os.path.dirname(file)
        if folder not in split:
            split[folder] = next(
                filter(split_word, os.path.relpath(folder, root).split(os.sep)), ""
            )
        if split[folder] and row != MISSING:
            found.add(split[folder], [row], [""])
