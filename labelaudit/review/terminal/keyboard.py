"""Keys of a terminal, one by one, and lines where words are asked for."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self, TextIO

END = "\x04"
"""Ctrl+D, by which a terminal says that nothing more comes."""


class Keys:
    """What is typed: a key at a time, or a line, which shows what is typed and can be mended."""

    def __init__(self, stream: TextIO, typing: Callable[[bool], object]) -> None:
        self._stream = stream
        self._typing = typing  # told whether a line is typed

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        key = self._stream.read(1)
        if not key or key == END:
            raise StopIteration
        return key

    def line(self) -> str:
        """What is typed up to the end of the line."""
        self._typing(True)
        try:
            typed = ""
            for key in self:
                if key in "\r\n":
                    break
                typed = typed[:-1] if key in "\x08\x7f" else typed + key
            return typed
        finally:
            self._typing(False)


@contextmanager
def keyboard(stream: TextIO | None) -> Iterator[Keys]:
    """The keys that are pressed; where no terminal is, the characters of the stream, if any."""
    if stream is None:  # standard input was closed: nobody answers
        yield Keys(io.StringIO(), bool)
        return
    if not stream.isatty():
        yield Keys(stream, bool)  # there is nothing to tell
        return
    # Not on Windows, where there is no ssh session to be in either.
    import termios  # noqa: PLC0415
    import tty  # noqa: PLC0415

    before = termios.tcgetattr(stream.fileno())

    def typing(line: bool) -> None:  # one of two states of the terminal
        if line:
            termios.tcsetattr(stream.fileno(), termios.TCSADRAIN, before)
        else:
            tty.setcbreak(stream.fileno(), termios.TCSADRAIN)

    typing(False)
    try:
        yield Keys(stream, typing)
    finally:
        typing(True)
