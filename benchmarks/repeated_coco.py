"""One COCO file of many more records than are drawn: those of another file, again and again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

IMAGES, ANNOTATIONS, CATEGORIES = b'"images": [', b'], "annotations": [', b'], "categories": ['
"""Where the lists begin in a file of `coco_file`."""

FIRST = 10
"""The first two digits of ids of the first copy: ninety copies have two digits of their own."""


def repeat_coco(source: Path, path: Path, times: int) -> None:
    """Write the images and annotations of a file so many times, each time with ids of its own.

    Two digits before each id make it another: ids of two copies begin otherwise, and of one copy
    they differ as before. Images of each copy lie in a folder of their own.

    Parameters
    ----------
    source:
        a file of `write_coco`, which is held in memory.
    path:
        of the file to write.
    times:
        how often, up to 90.
    """
    text = source.read_bytes()
    images, annotations, categories = (
        text.index(words) for words in (IMAGES, ANNOTATIONS, CATEGORIES)
    )
    with path.open("wb") as file:
        file.write(text[: images + len(IMAGES)])
        for piece in _copies(text[images + len(IMAGES) : annotations], times):
            file.write(piece)
        file.write(ANNOTATIONS)
        for piece in _copies(text[annotations + len(ANNOTATIONS) : categories], times):
            file.write(piece)
        file.write(text[categories:])


def _copies(records: bytes, times: int) -> Iterator[bytes]:
    """Records with commas between them, and between the copies."""
    for number in range(FIRST, FIRST + times):
        digits = str(number).encode()
        copy = records
        for key in (b'"id": ', b'"image_id": ', b'"file_name": "'):
            copy = copy.replace(key, key + digits + (b"/" if key.endswith(b'"') else b""))
        yield (b", " if number > FIRST else b"") + copy
