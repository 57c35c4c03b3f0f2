"""Links to images that labelaudit made itself: a sealed list of them lies in the folder.

Who shows images follows no link that leads out of a dataset, because a stranger's dataset may hold
links to anything. A copy of one's own has links that lead out, too. Its list says in which folder
links lead to which, relative to it, so that it holds wherever both are moved; the seal is made with
a key that only this user has.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from labelaudit.core.cache import cache_folder
from labelaudit.errors import ConfigError

LIST = ".labelaudit.links"
"""The name of the list."""

_KEY = "links.key"
_LARGEST = 1 << 24  # bytes of a list that is read; a choice

Leads = list[list[str]]
"""Pairs: a folder below that of the list, and the folder that its links lead to, as they say."""


def seal_links(folder: Path) -> None:
    """Write down where the links in a folder lead; nothing without links or a place for a key.

    Only links that were made just now may be in there.
    """
    leads = _leads(folder)
    key = _key(made=True) if leads else b""
    if key:
        content = {"links": leads, "seal": _seal(leads, key)}
        (folder / LIST).write_text(json.dumps(content), "utf-8")


def is_own_link(path: Path) -> bool:
    """Whether a path is a link that this user's labelaudit made."""
    if not path.is_symlink():
        return False
    text = os.readlink(path)
    folder = Path(os.path.realpath(path.parent))
    # No other link may stand on the way to the file.
    if os.path.realpath(path) != os.path.normpath(folder / text):
        return False
    for above in (folder, *folder.parents):
        if (above / LIST).is_file():
            pair = [folder.relative_to(above).as_posix(), os.path.dirname(text)]
            return pair in _sealed(above / LIST)
    return False


def _leads(folder: Path) -> Leads:
    found = set()
    for inside, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(inside, name)
            if os.path.islink(path):
                place = Path(inside).relative_to(folder).as_posix()
                found.add((place, os.path.dirname(os.readlink(path))))
    return [list(pair) for pair in sorted(found)]


def _sealed(path: Path) -> Leads:
    """The pairs in a list; none if this user did not seal it."""
    try:
        if path.stat().st_size > _LARGEST:
            return []
        content = json.loads(path.read_bytes())
        leads, seal = content["links"], content["seal"]
        key = _key(made=False)
        is_whole = key and hmac.compare_digest(_seal(leads, key), seal)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return []
    return leads if is_whole else []


def _seal(leads: Leads, key: bytes) -> str:
    return hmac.new(key, json.dumps(leads).encode(), hashlib.sha256).hexdigest()


def _key(*, made: bool) -> bytes:
    """The key of this user; empty if there is none, and none is or can be made."""
    try:
        path = cache_folder() / _KEY
        if made:
            with contextlib.suppress(FileExistsError):
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "wb") as file:
                    file.write(secrets.token_bytes(32))
        return path.read_bytes()
    except (OSError, ConfigError):
        return b""
