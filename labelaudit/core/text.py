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


def text_lines(text: str) -> list[str]:
    r"""The lines of a file: what ends in a line feed, in a carriage return, or in both.

    What else Unicode calls the end of a line (U+0085, U+2028, U+2029) is text like any other, for
    which `str.splitlines` would break names and values in two.

    >>> text_lines("a\u2028b\r\nc\n\nd"), text_lines("a\n"), text_lines("")
    (['a\u2028b', 'c', '', 'd'], ['a'], [])
    """
    every = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return every if every[-1] else every[:-1]
