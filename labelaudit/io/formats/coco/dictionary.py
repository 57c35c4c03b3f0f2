"""What a COCO file holds, as Python has it, written to a file that is read like any other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from labelaudit.errors import FormatError

CocoDict: TypeAlias = Mapping[str, Any]
"""What a COCO file holds, as Python has it."""

NAME = "coco"
"""The format that the file is to be read as."""


def write_dictionary(source: CocoDict, path: Path) -> None:
    """Write a dictionary as a file, with numbers of numpy and the like as numbers.

    Raises
    ------
    FormatError
        if it is not what a COCO file holds, or holds what no JSON file could.
    """
    lacking = [name for name in ("images", "annotations") if name not in source]
    if lacking:
        raise FormatError(
            f"a dictionary without {' and '.join(lacking)} is not what a COCO file holds; "
            f"found {', '.join(map(repr, list(source)[:5])) or 'nothing'}"
        )
    try:
        path.write_text(json.dumps(source, default=_plain), "utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise FormatError(f"a COCO dictionary that no JSON file could hold: {error}") from error


def _plain(value: Any) -> Any:  # Any: whatever the dictionary holds
    """Arrays and numbers of numpy or torch as lists and numbers, paths as texts."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{value!r} is neither a number, a text, a list nor a dictionary")
