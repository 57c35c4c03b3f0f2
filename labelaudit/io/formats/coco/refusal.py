"""Why a file is no COCO file, told from its first bytes."""

from __future__ import annotations

_KINDS = {
    b"\xff\xfe": "is UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "is UTF-16 text; save it as UTF-8",
    b"\x1f\x8b": "is compressed with gzip; unpack it",
    b"PK\x03\x04": "is a ZIP archive; unpack it",
}


def refusal(head: bytes, first: bytes) -> str:
    """Why a file that does not begin as an object does is none of ours, and what to do.

    Parameters
    ----------
    head:
        the beginning of the file.
    first:
        its first byte that is no white space; empty if there is none.

    >>> refusal(b"", b"")
    'is empty; it may be a download or a copy that was interrupted'
    """
    for mark, kind in _KINDS.items():
        if head.startswith(mark):
            return kind
    if not first:
        return "is empty; it may be a download or a copy that was interrupted"
    if first == b"[":
        return (
            "holds a list, not an object with images, annotations and categories; "
            "give the file that it was made from if these are results of a detector"
        )
    return "is not JSON: an object in braces was expected"
