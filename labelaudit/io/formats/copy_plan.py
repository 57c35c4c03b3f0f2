"""Where everything of a dataset lies in a copy that stands alone, and what makes it refer there."""

from __future__ import annotations

import re

_DRIVE = re.compile(r"^[A-Za-z]:")


def inner(name: str) -> str:
    r"""The name of a file as a path that stays inside the folder it is joined to.

    >>> inner("../images/a.jpg"), inner("C:\\photos\\a.jpg"), inner("/data/a.jpg"), inner("")
    ('images/a.jpg', 'photos/a.jpg', 'data/a.jpg', 'unnamed')
    """
    path = _DRIVE.sub("", name.replace("\\", "/"))
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return "/".join(part.replace("\0", "_") for part in parts) or "unnamed"
