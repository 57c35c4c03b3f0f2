"""Other splits of a Pascal VOC dataset in its place: the lists in `ImageSets/Main`, written anew.

Annotations and images stay where they are. Lines that stay in a list stay as they were.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
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
from labelaudit.io.formats.voc.splits import (
    LISTS,
    UNION,
    is_about_a_class,
    list_names,
    meaning_of,
    rows_by_base,
    split_word,
)

_PARTS = ("train", "val")


def relist(dataset: Dataset, division: Division) -> Relisted:
    """What the lists of a dataset are to hold.

    Raises
    ------
    FormatError
        if folders say which image is in which split: annotations would have to move.
    """
    files = [
        os.path.abspath(dataset.root / str(dataset.files.path[row]))
        for row in dataset.images.file.tolist()
    ]
    homes = rows_by_base(files, range(len(files)))
    lists = {home: list_names(os.path.join(home, LISTS)) for home in homes}
    if dataset.splits and not any(lists.values()):
        raise FormatError(
            f"{dataset.root}: folders say which image is in which split, and annotations would "
            f"have to move; {ELSEWHERE}"
        )
    old = old_names(dataset, division)
    edits: dict[str, Sequence[Edit]] = {}
    for home, rows in homes.items():
        for path, content in _lists(home, rows, old, division):
            if changed := rewritten(path, content):
                edits[inside(dataset, path)] = changed
    names = {name: old.get(name, name) for name in division.names if split_word(name)}
    return Relisted(edits, names, tuple(_notes(dataset, division, homes)))


def _lists(
    home: str, rows: Mapping[str, int], old: Mapping[str, str], division: Division
) -> Iterator[tuple[Path, bytes]]:
    """Each list of a folder that holds `Annotations`, and what it is to hold."""
    wanted: dict[str, dict[str, None]] = {}
    for name, row in rows.items():
        split = division.name_of(row)
        wanted.setdefault(old.get(split, split), {})[name] = None
    folder = Path(home) / LISTS
    there = [name for name in list_names(str(folder)) if not is_about_a_class(folder, name)]
    for union in (name for name in there if split_word(name) == UNION and name not in wanted):
        parts = [some for name, some in wanted.items() if split_word(name) in _PARTS]
        wanted[union] = {name: None for some in parts for name in some}
    for name in dict.fromkeys([*there, *wanted]):
        path = folder / f"{name}.txt"
        yield path, _relisted(path, rows, wanted.get(name, {}))


def _relisted(path: Path, rows: Mapping[str, int], wanted: Mapping[str, None]) -> bytes:
    """A list with the names that are wanted; what names no annotation stays as it is."""
    content = path.read_bytes() if path.is_file() else b""
    stays, listed = [], set()
    for line in content.removeprefix(b"\xef\xbb\xbf").splitlines():
        name = meaning_of(line.decode("utf-8", "replace").strip(), rows)
        stays.append(name not in rows or name in wanted)
        listed.add(name)
    return relisted_lines(content, stays, sorted(name for name in wanted if name not in listed))


def _notes(dataset: Dataset, division: Division, homes: Mapping[str, object]) -> Iterator[str]:
    for home in homes:
        folder = Path(home) / os.path.dirname(LISTS)
        every = sorted(folder.rglob("*.txt")) if folder.is_dir() else []
        splits = set(list_names(str(Path(home) / LISTS)))
        left = [
            one
            for one in every
            if one.parent != Path(home) / LISTS
            or one.stem not in splits
            or is_about_a_class(one.parent, one.stem)
        ]
        if left:
            some = os.path.relpath(left[0], dataset.root)
            yield f"{counted(len(left), 'list')} of the old splits left as they are: {some}, ..."
    odd = [name for name in division.names if not split_word(name)]
    if odd:
        yield f"{', '.join(odd)}: lists of these names are not read back as splits"
