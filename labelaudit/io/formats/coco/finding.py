"""Which files are COCO files, told from their first bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from labelaudit.io.formats.evidence import HEAD, FormatEvidence, PathSample
from labelaudit.io.formats.listing import label_files
from labelaudit.io.formats.unread import unread_format

_SECTION = re.compile(rb'"((?i:images|annotations|categories))"\s*:\s*([\[{])')
_TOKEN = re.compile(_SECTION.pattern + rb'|"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_ESCAPED = re.compile(rb"\\u00([46][1-9a-fA-F]|[57][0-9aA])")
"""A letter of ASCII by its number, as no encoder of JSON has to write it and some do."""

_OBJECTS = {b"images", b"annotations"}
"""What is taken for sections of COCO without a list, if a file has both as objects."""

_OF_RECORDS = {
    frozenset([b"images"]): re.compile(rb'"(?:file_name|id)"\s*:|"images"\s*:\s*\[\s*\]'),
    frozenset([b"annotations"]): re.compile(rb'"(?:image_id|category_id|bbox)"\s*:'),
    frozenset([b"categories"]): re.compile(rb"(?!)"),  # a list of classes, as Label Studio's notes
}
"""What a file with one of the lists alone has to hold; other programs have lists of these names."""


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a COCO file, or a folder with some at any depth.

    A file is taken at its word: one that ends in .json or begins with a brace may be a COCO file
    whose first section is long, and reading it says what it lacks. It fits only if it has a list
    that COCO has, so that every other format which knows it goes first.
    """

    def fits(name: str) -> bool:
        return is_coco(name, sample.head(name), sample.size(name))

    names = sample.ending(".json")
    why = "JSON files with images, annotations or categories"
    if not sample.is_file:
        return sample.judged(names, fits, why)
    name = sample.path.name
    if fits(name):
        return FormatEvidence((name,), 1, 1, why, bytes_fitting=sample.size(name))
    begun = sample.head(name).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"
    return FormatEvidence((), 1, 1, why, weak=True) if begun or names else None


def coco_files(folder: Path) -> Iterable[Path]:
    """The COCO files in a folder, at any depth, folder by folder in order.

    Each file comes once, however many links lead to it.
    """
    seen: set[str] = set()
    for name in sorted(label_files(folder), key=lambda name: (name.count("/"), name)):
        if name[-5:].lower() != ".json":
            continue
        path = folder / name
        real = os.path.realpath(path)
        if real not in seen and os.path.isfile(path):
            head, size = _beginning(path)
            if is_coco(name, head, size):
                seen.add(real)
                yield path


def is_coco(name: str, head: bytes, size: int) -> bool:
    r"""Whether a file has lists that COCO has, with records like COCO's if there is one list alone.

    Parameters
    ----------
    name:
        of the file.
    head:
        its beginning.
    size:
        the bytes of the whole file.

    >>> is_coco("a.json", b'{"info": {}, "images": [], "annotations": []}', 45)
    True
    >>> is_coco("a.json", b'{"images": ["a.png"], "note": "web gallery"}', 44)
    False
    >>> is_coco("a.json", rb'{"\u0069mages": [], "annotations": []}', 39)
    True
    """
    is_whole = size <= len(head)
    if _ESCAPED.search(head):
        head = _ESCAPED.sub(lambda letter: bytes([int(letter[1], 16)]), head)
    found = _sections(head)
    if not found or unread_format(name, head):
        return False
    alone = _OF_RECORDS.get(found) if is_whole else None
    return alone is None or alone.search(head) is not None


def _sections(head: bytes) -> frozenset[bytes]:
    """The lists that COCO has and that the object of a file itself has, not one inside it.

    >>> sorted(_sections(b'{"info": {}, "images": ['))
    [b'images']
    >>> _sections(b'{"info": {"images": [1, 2]}}'), _sections(b'{"info": "images"}')
    (frozenset(), frozenset())

    Objects in place of lists count where images and annotations are both there.

    >>> sorted(_sections(b'{"Images": {}, "Annotations": {"1": {}'))
    [b'annotations', b'images']
    >>> _sections(b'{"categories": {"label": {')
    frozenset()
    """
    depth = 0
    found: set[bytes] = set()
    objects: set[bytes] = set()
    for token in _TOKEN.finditer(head):
        text = token.group()
        if text[:1] == b'"':
            if depth == 1 and token.group(1):
                (found if text[-1:] == b"[" else objects).add(token.group(1).lower())
            depth += token.group(1) is not None
        else:
            depth += 1 if text in (b"{", b"[") else -1
    return frozenset(found | objects if found or objects >= _OBJECTS else found)


def _beginning(path: Path) -> tuple[bytes, int]:
    """The first bytes of a file, and how many it has; none of what cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD), os.fstat(file.fileno()).st_size
    except OSError:
        return b"", 0
