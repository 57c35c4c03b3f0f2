"""Links to images that labelaudit made itself, remembered in the cache of the user.

Who shows images follows no link that leads out of a dataset, because a stranger's dataset may hold
links to anything. A copy of one's own has links that lead out, too. It is remembered in which
folder of it links lead to which, relative to it, so that they hold wherever both are moved.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from labelaudit.core.cache import cache_folder
from labelaudit.errors import ConfigError

_LIST = "links.jsonl"
_LARGEST = 1 << 24  # bytes of a list that is read; a choice

Lead = tuple[str, str]
"""A folder below that of a dataset, and the folder that links in it lead to, as they say."""


def remember_links(folder: Path) -> None:
    """Remember where the links in a folder lead; only such that were made just now may be in it.

    Where nothing can be remembered, whoever shows images asks for their folder.
    """
    leads = _leads(folder)
    new = leads - _known() if leads else leads
    if not new:
        return
    with contextlib.suppress(OSError, ConfigError):
        text = "".join(f"{json.dumps(lead)}\n" for lead in sorted(new))
        with (cache_folder() / _LIST).open("a", encoding="utf-8") as file:
            file.write(text)


def is_own_link(path: Path) -> bool:
    """Whether a path is a link that this user's labelaudit made."""
    if not path.is_symlink():
        return False
    text = os.readlink(path)
    folder = Path(os.path.realpath(path.parent))
    # No other link may stand on the way to the file.
    if os.path.realpath(path) != os.path.normpath(folder / text):
        return False
    known, target = _known(), os.path.dirname(text)
    return any(
        (folder.relative_to(above).as_posix(), target) in known
        for above in (folder, *folder.parents)
    )


def _leads(folder: Path) -> set[Lead]:
    found = set()
    for inside, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(inside, name)
            if os.path.islink(path):
                place = Path(inside).relative_to(folder).as_posix()
                found.add((place, os.path.dirname(os.readlink(path))))
    return found


def _known() -> set[Lead]:
    """What is remembered; lines that are damaged are passed over."""
    known = set()
    with contextlib.suppress(OSError, ConfigError):
        with (cache_folder() / _LIST).open("rb") as file:
            lines = file.read(_LARGEST).splitlines()
        for line in lines:
            with contextlib.suppress(ValueError, TypeError, RecursionError):
                place, target = json.loads(line)
                known.add((str(place), str(target)))
    return known
