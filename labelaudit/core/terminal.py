"""Text for a terminal: what a user's file says is shown as text, never obeyed."""

from __future__ import annotations

from typing import TextIO

from rich.cells import cell_len
from rich.console import Console

UNKNOWN_WIDTH = 80
"""Columns of a terminal that does not say how wide it is."""

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


class Terminal(Console):
    """A rich console that takes text as text, and leaves a closed pipe to the command line."""

    def __init__(self, out: TextIO, *, width: int | None = None) -> None:
        super().__init__(
            file=out, width=width, markup=False, highlight=False, emoji=False, soft_wrap=False
        )
        if self.width < 1:  # COLUMNS=0, in which nothing at all would be shown
            self.width = UNKNOWN_WIDTH

    def on_broken_pipe(self) -> None:
        """Rich would exit with code 1, which here means that there are findings."""
        raise BrokenPipeError


def ending(text: str, width: int) -> str:
    """The end of `text` in at most `width` columns: of a path, the part that tells it from others.

    >>> ending("train/images/000012.jpg", 12)
    '…/000012.jpg'
    """
    if cell_len(text) <= width:
        return text
    tail = text[-width:] if width > 0 else ""
    while tail and cell_len(tail) > width - 1:
        tail = tail[1:]
    return ELLIPSIS + tail


def beginning(text: str, width: int) -> str:
    """The beginning of `text` in at most `width` columns.

    >>> beginning("a class with a long name", 10)
    'a class w…'
    """
    if cell_len(text) <= width:
        return text
    head = text[:width]
    while head and cell_len(head) > width - 1:
        head = head[:-1]
    return head + ELLIPSIS


def middle_out(text: str, width: int) -> str:
    """`text` in at most `width` columns, without its middle: what counts stands at the ends.

    >>> middle_out("aaaaaaaaaaaaaaaa is 0 x 3 px", 20)
    'aaaaaaaaa…s 0 x 3 px'
    """
    if cell_len(text) <= width:
        return text
    head = beginning(text, width // 2)
    return head + ending(text, width - cell_len(head) + 1)[1:]
