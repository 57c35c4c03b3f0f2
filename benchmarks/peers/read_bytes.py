"""Reads the bytes of a label file, or of all in a folder: the floor for any tool."""

import sys
from collections.abc import Iterator
from pathlib import Path

PIECE = 1 << 20
SUFFIXES = {".json", ".xml", ".txt", ".yaml"}


def main(path: Path) -> None:
    """Read the labels at `path` in pieces of 1 MiB."""
    for name in label_files(path):
        with name.open("rb", buffering=0) as file:
            while file.read(PIECE):
                pass


def label_files(path: Path) -> Iterator[Path]:
    """The file at `path`, or the files of labels in that folder."""
    candidates = [path] if path.is_file() else path.rglob("*.*")
    yield from (name for name in candidates if name.suffix in SUFFIXES)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
