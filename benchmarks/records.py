"""What was measured before, and what is new, in one JSON file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

Entry = TypeVar("Entry")


def joined(path: Path, new: Mapping[str, Entry], kind: type[Entry]) -> dict[str, Entry]:
    """The entries in a file, with `new` ones added or in place of those of the same name.

    The file holds them all afterwards; it need not exist.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    known: dict[str, Entry] = {}
    if path.exists():
        # mypy takes a type that is put together here for a value.
        known = msgspec.json.decode(path.read_bytes(), type=dict[str, kind])  # type: ignore[valid-type]
    known |= new
    path.write_bytes(msgspec.json.format(msgspec.json.encode(known)) + b"\n")
    return known
