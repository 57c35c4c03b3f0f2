"""What describes a dataset: a data.yaml, a darknet .data file, or a list of names alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import ProblemKind
from labelaudit.errors import FormatError
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.yolo.loose import shortened
from labelaudit.io.formats.yolo.names_file import read_list

SPLITS = ("train", "val", "test", "minival")
DATA_SPLITS = ("train", "valid", "val", "validation", "test")
"""Keys of lists of images in a .data file."""

ALIASES = {"validation": "val", "valid": "val"}  # Ultralytics reads the first, darknet the second


@dataclass(frozen=True)
class Source:
    """Where the images of a split are, as it is written: a folder or a list of paths."""

    split: str
    path: str


@dataclass(frozen=True)
class ClassName:
    """A class that the description names."""

    record: int  # position in the list
    index: int  # what labels call it
    name: str


@dataclass
class Description:
    """What is known of a dataset before any label is read."""

    home: Path  # the folder that it is about, as far as nothing else is said
    path: Path | None = None  # the file that describes it
    base: str = ""  # what sources are relative to, as it is written
    sources: list[Source] = field(default_factory=list)
    names: list[ClassName] = field(default_factory=list)
    names_path: Path | None = None  # the file that names the classes
    count: int | None = None  # how many classes there are said to be
    keypoints: tuple[int, int] | None = None  # how many, and numbers of each: 2 or 3
    problems: list[FieldProblem] = field(default_factory=list)  # about the file
    name_problems: list[tuple[int, FieldProblem]] = field(
        default_factory=list
    )  # about a row of `names`

    def note(self, kind: ProblemKind, name: str, found: str = "") -> None:
        """Something is wrong with an entry of the file.

        Parameters
        ----------
        kind:
            what is wrong.
        name:
            the field of the description.
        found:
            what stands there; shortened.
        """
        self.problems.append(FieldProblem(kind, name, shortened(found)))


def described(path: Path) -> Description:
    """What the file at a path says.

    Raises
    ------
    FormatError
        if it cannot be read, or says nothing that describes a dataset.
    """
    if path.suffix.lower() == ".data":
        return from_data(path)
    from labelaudit.io.formats.yolo.datayaml import from_yaml  # noqa: PLC0415  # 25 ms to import YAML

    return from_yaml(path)


def from_data(path: Path) -> Description:
    """What a darknet .data file says: `classes`, `train`, `valid` and `names`, a line each.

    Darknet reads no `val` or `validation`, but Datumaro names a list by its split.
    """
    lines = (line.partition("=") for line in _lines(path))
    entries = {key.strip(): value.strip() for key, _, value in lines}
    description = Description(path.parent, path)
    for key in DATA_SPLITS:
        if entries.get(key):
            description.sources.append(Source(ALIASES.get(key, key), entries[key]))
    if entries.get("names"):
        named = Path(entries["names"])
        # Paths are relative to where darknet is started, most often the folder above.
        bare = entries["names"].replace("\\", "/").rpartition("/")[2]  # of another machine, too
        candidates = [path.parent / named, path.parent.parent / named, path.parent / bare]
        description.names_path = next((file for file in candidates if file.is_file()), None)
        if description.names_path is None:
            description.note(ProblemKind.UNREADABLE_FIELD, "names", f"no file {entries['names']}")
    if description.names_path:
        description.names, problems = listed_names(description.names_path)
        description.problems += problems
    description.count = index(entries.get("classes"))
    return description


def index_by_name(names: Iterable[ClassName]) -> dict[str, int]:
    """The index of each class by its name; MISSING of a name that several have: it may be any."""
    found: dict[str, int] = {}
    for one in names:
        found[one.name] = MISSING if one.name in found else one.index
    return found


def listed_names(path: Path) -> tuple[list[ClassName], list[FieldProblem]]:
    """The classes that a file lists, and what is wrong with it; see `names_file.read_list`.

    Raises
    ------
    FormatError
        if it cannot be read.
    """
    try:
        found = read_list(path.read_bytes())
    except OSError as error:
        raise FormatError(f"{path}: {error.strerror}") from error
    problems = [FieldProblem(ProblemKind.WRONG_TYPE, *one) for one in found.odd]
    return [ClassName(record, record, name) for record, name in enumerate(found.names)], problems


def index(text: str | None) -> int | None:
    """The whole number that a text is, from 0 on; None if it is none.

    >>> index("12"), index("-1"), index(None)
    (12, None, None)
    """
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,9}", text) else None


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise FormatError(f"{path}: {error.strerror}") from error
    return re.split(r"\r\n|\r|\n", text)
