"""What was measured before, and what is new, in one JSON file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

Entry = TypeVar("Entry")


def joined(path: Path, new: Mapping[str, Entry], kind: type[dict[str, Entry]]) -> dict[str, Entry]:
    """The entries in a file, with `new` ones added or in place of those of the same name.

    The file holds them all afterwards; it need not exist. `kind` is what it holds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    known = msgspec.json.decode(path.read_bytes(), type=kind) if path.exists() else {}
    known |= new
    path.write_bytes(msgspec.json.format(msgspec.json.encode(known)) + b"\n")
    return known
