"""Reads the bytes of a label file, or of all in a folder: the floor for any tool."""

import sys
from pathlib import Path

PIECE = 1 << 20
LABELS = {".json", ".xml", ".txt", ".yaml"}


def main(path: Path) -> None:
    """Read `path` in pieces of 1 MiB."""
    files = [path] if path.is_file() else path.rglob("*.*")
    for name in (file for file in files if file.suffix in LABELS):
        with name.open("rb", buffering=0) as file:
            while file.read(PIECE):
                pass


if __name__ == "__main__":
    main(Path(sys.argv[1]))
