"""Which image is in which split, changed in the files that say so: what formats have in common."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelaudit.dataset.split_roles import split_roles
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.edits import Edit
from labelaudit.io.formats.division import Division

ELSEWHERE = "write the split to a new place with --output"


@dataclass(frozen=True)
class Relisted:
    """What is to be changed so that images are in other splits."""

    edits: Mapping[str, Sequence[Edit]]  # by path, relative to the dataset; of a new file one
    names: Mapping[str, str]  # by the name of a new split, what it will be read as; else unread
    notes: tuple[str, ...] = ()


def old_names(dataset: Dataset, division: Division) -> dict[str, str]:
    """The split that there is for each new one, by name, or else by what both are for.

    Raises
    ------
    FormatError
        if there is a split that none of the new ones stands for: it would be left empty.
    """
    free = list(dataset.splits)
    found = {name: name for name in division.names if name in free}
    for name in division.names:
        like = [one for one in free if split_roles(one) == split_roles(name)]
        if name not in found and len(like) == 1 and split_roles(name):
            found[name] = like[0]
    left = [name for name in free if name not in found.values()]
    if left or len(set(found.values())) < len(found):
        some = left[0] if left else next(iter(found.values()))
        raise FormatError(
            f"{dataset.root}: it has the split {some}, for which there is no new one; name it "
            f"in --shares, or {ELSEWHERE}"
        )
    return found


def rewritten(path: Path, content: bytes) -> list[Edit]:
    """The edits that make a list hold something else; none if it does."""
    old = path.read_bytes() if path.is_file() else b""
    return [] if old == content else [Edit(0, len(old), content, "split")]


def relisted_lines(
    content: bytes, stays: Sequence[bool], added: Iterable[str], encoding: str = "utf-8"
) -> bytes:
    r"""A list without some of its lines and with others at its end; each that stays as it was.

    Parameters
    ----------
    content:
        of the list as it is.
    stays:
        of each line, blank ones as well, whether it stays.
    added:
        the new lines, without an ending.
    encoding:
        of the list.

    Examples
    --------
    >>> relisted_lines(b"a\r\nb\r\n", [False, True], ["c"])
    b'b\r\nc\r\n'
    """
    lines = content.splitlines(keepends=True)
    kept = b"".join(line for line, stay in zip(lines, stays, strict=True) if stay)
    ending = b"\r\n" if b"\r\n" in content else b"\n"
    if kept and not kept.endswith((b"\n", b"\r")):
        kept += ending
    return kept + b"".join(name.encode(encoding, "surrogateescape") + ending for name in added)


def inside(dataset: Dataset, path: str | Path) -> str:
    """The path of a file relative to the dataset, with forward slashes.

    Raises
    ------
    FormatError
        if it is not below the folder of the dataset, where its change could not be undone.
    """
    relative = Path(os.path.relpath(path, dataset.root)).as_posix()
    if relative.startswith("../") or os.path.isabs(relative):
        raise FormatError(
            f"{path}: not in {dataset.root}, the folder that was given; give the folder that holds "
            f"both, or {ELSEWHERE}"
        )
    return relative
