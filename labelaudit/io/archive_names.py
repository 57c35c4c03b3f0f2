"""Archives by their names; `archives` unpacks them."""

from __future__ import annotations

import re
from pathlib import Path

READ = re.compile(r"\.(?:zip|tar|tgz|tbz2?|txz|(?:tar\.)?(?:gz|bz2|xz))$", re.IGNORECASE)
"""What names of archives end in that are unpacked here, and of single files that are compressed."""

OTHER_KINDS = re.compile(r"\.(?:zst|7z|rar)$", re.IGNORECASE)
"""What names of archives end in that are not."""


def is_archive(path: Path) -> bool:
    """Whether a path is that of an archive that is unpacked here, by its name."""
    return READ.search(path.name) is not None and path.is_file()


def without_ending(name: str) -> str:
    """The name of an archive without what says that it is one.

    >>> without_ending("export.tar.gz"), without_ending("labels.json.gz"), without_ending("a.b")
    ('export', 'labels.json', 'a.b')
    """
    return READ.sub("", name)
