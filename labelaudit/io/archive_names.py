"""Archives by their names; `archives` unpacks them."""

from __future__ import annotations

import re
from pathlib import Path

OTHER_KINDS = re.compile(r"\.(?:tar|tgz|tbz2?|txz|gz|bz2|xz|zst|7z|rar)$", re.IGNORECASE)
"""What names of archives end in that are not unpacked here."""


def is_archive(path: Path) -> bool:
    """Whether a path is that of an archive that is unpacked here, by its name."""
    return path.suffix.lower() == ".zip" and path.is_file()
