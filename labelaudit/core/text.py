"""Words for people, from what a file says and from numbers."""

from __future__ import annotations

from collections.abc import Iterable


def plain(text: str) -> str:
    r"""`text` with all that is not printable written as its escape.

    That is every control character, so that no name in a file can colour the terminal, move its
    cursor or turn its lines around, and every invisible one, so that names that look alike differ.

    >>> print(plain("car\x1b[31m \u202eRAC\xa0"))
    car\x1b[31m \u202eRAC\xa0
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def either(words: Iterable[str]) -> str:
    """Words of which one is to be chosen.

    >>> either(["coco", "voc", "yolo"]), either(["coco"])
    ('coco, voc or yolo', 'coco')
    """
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def counted(count: int, thing: str, things: str = "") -> str:
    """A number with its thing: `1 box`, `2,152 boxes`.

    Parameters
    ----------
    count:
        how many.
    thing, things:
        one of them, and several; `thing` with an s if absent.

    Examples
    --------
    >>> counted(1, "box", "boxes"), counted(2152, "box", "boxes"), counted(0, "image")
    ('1 box', '2,152 boxes', '0 images')
    """
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"
