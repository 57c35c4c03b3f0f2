"""Paths of a description that lead nowhere, and what was read in their place, in words."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from labelaudit.io.formats.copy_plan import is_absolute
from labelaudit.io.formats.yolo.description import Description, Source
from labelaudit.io.formats.yolo.layout import absolute
from labelaudit.io.formats.yolo.loose import shortened

MOST_NAMED = 3
"""Paths that are named in a note; the rest is counted."""


def astray(
    description: Description, taken: Iterable[tuple[Source, str]], bases: Sequence[str], base: str
) -> Iterator[str]:
    """What is said of paths of another machine, or of none, that were read from elsewhere.

    Parameters
    ----------
    description:
        that has the paths.
    taken:
        its sources, each with the folder or list that it was taken for; empty if for none.
    bases:
        the folders that its paths may be relative to.
    base:
        the folder that it says it is about; empty if there is none.
    """
    if description.path is None:
        return
    name, home = description.path.name, absolute(description.home)
    found = [(source, place) for source, place in taken if place]
    near = any(not is_absolute(source.path) for source, _ in found)
    if near and not base and not _is_own_name(description.base, home):
        yield (
            f"{name}: path: {shortened(description.base)} leads nowhere; its other paths are read "
            f"from the folder of {name}"
        )
    lost = [(source, place) for source, place in found if _is_astray(source, place, bases, name)]
    if lost:
        written = ", ".join(
            f"{source.split}: {shortened(source.path)}" for source, _ in lost[:MOST_NAMED]
        )
        places = dict.fromkeys(posixpath.relpath(place, home) for _, place in lost)
        more = f" and {len(lost) - MOST_NAMED:,} more" * (len(lost) > MOST_NAMED)
        instead = ", ".join([*places][:MOST_NAMED])
        yield f"{name}: {written}{more}: not there; read instead: {instead}"


def _is_own_name(base: str, home: str) -> bool:
    """Whether a path says nothing, or is the name of the very folder that a description is in.

    Ultralytics begins at its folder of datasets, which may be the one above.
    """
    parts = base.replace("\\", "/").rstrip("/").split("/")
    return not base or (not is_absolute(base) and parts[-1] == posixpath.basename(home))


def _is_astray(source: Source, place: str, bases: Sequence[str], name: str) -> bool:
    """Whether a source is not where its path leads, as a trainer goes there.

    Roboflow writes `../train/images` for `train/images`, which Ultralytics mends by itself. Paths
    of a .data file begin where darknet is started, which nobody knows.
    """
    path = source.path.strip().replace("\\", "/")
    if name.lower().endswith(".data") and not is_absolute(path):
        return False
    written = (path, path.removeprefix("../"))
    return all(place != absolute(posixpath.join(base, one)) for base in bases for one in written)
