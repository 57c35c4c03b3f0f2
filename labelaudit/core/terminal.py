"""Text for a terminal: what a user's file says is shown as text, never obeyed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, TextIO, cast

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.control import Control
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text

from labelaudit.core.text import disarmed

UNKNOWN_WIDTH = 80
"""Columns of a terminal that does not say how wide it is."""

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

PROSE = 20
"""Columns below which a column of words is no longer read as a text, but word by word."""

BETWEEN, INDENT = 2, 4
"""Columns between those of a table, and before the lines of a row that is a paragraph."""


class _Log:
    """A stream that a pipeline may read as its log: no line in it is a command."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        """Write text, disarmed."""
        return self._out.write(disarmed(text))

    def __getattr__(self, name: str) -> Any:  # Any: whatever the stream has
        return getattr(self._out, name)


class Terminal(Console):
    """A rich console that takes text as text, and leaves a closed pipe to the command line.

    Where it is no terminal, no line is a command of a pipeline that reads it as its log.
    """

    def __init__(self, out: TextIO, *, width: int | None = None) -> None:
        super().__init__(
            file=out if out.isatty() else cast("TextIO", _Log(out)),
            width=width,
            markup=False,
            highlight=False,
            emoji=False,
            soft_wrap=False,
        )
        if self.width < 1:  # COLUMNS=0, in which nothing at all would be shown
            self.width = UNKNOWN_WIDTH

    def print(self, *objects: Any, **options: Any) -> None:  # Any: as rich has them
        """Print as rich does, without blanks at the ends of lines; verbatim with `soft_wrap`."""
        alone = len(objects) < 2 or options.get("sep") == "\n"
        if alone and not options.get("soft_wrap") and options.get("end", "\n") == "\n":
            objects = tuple(one if isinstance(one, Control) else _Trimmed(one) for one in objects)
        super().print(*objects, **options)

    def say(self, line: str, style: str = "") -> None:
        """Print a line that a person reads: in a terminal wrapped at words, never inside one."""
        width = self.width if self.is_terminal else max(len(line), 1)
        parts = textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
        for part in parts or [""]:
            self.print(Text(part, style), soft_wrap=True)

    def on_broken_pipe(self) -> None:
        """Rich would exit with code 1, which here means that there are findings."""
        raise BrokenPipeError


class _Trimmed:
    """What is to be shown, in lines that end with their last letter."""

    def __init__(self, shown: RenderableType) -> None:
        self._shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines."""
        for line in console.render_lines(self._shown, options, pad=False):
            while line and not line[-1].text.strip(" "):
                line.pop()
            if line:
                text, style, control = line.pop()
                line.append(Segment(text.rstrip(" "), style, control))
            yield from line
            yield Segment.line()


class FittedTable(Table):
    """A table without lines. Where it does not fit, each row is a paragraph, and nothing is cut.

    It fits if numbers have all their columns, and words enough of them that no word is broken.
    """

    def __init__(self, **options: Any) -> None:  # Any: what rich's Table takes
        defaults = {"box": None, "header_style": "dim", "padding": (0, BETWEEN, 0, 0)}
        super().__init__(**{**defaults, "pad_edge": False, **options})

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table, or the paragraphs."""
        least = [self._least(console, options, column) for column in self.columns]
        if sum(least) + BETWEEN * (len(least) - 1) > options.max_width:
            yield from self._paragraphs(console, options.max_width)
            return
        for column, width in zip(self.columns, least, strict=True):
            column.min_width = width
        yield from super().__rich_console__(console, options)

    def _least(self, console: Console, options: ConsoleOptions, column: Column) -> int:
        """The columns without which what stands in one is cut, or broken at each word."""
        wide = options.update(width=10**6, max_width=10**6)
        head = (column.header,) if self.show_header else ()
        cells = [cell for cell in (*head, *column.cells) if cell]
        spans = [Measurement.get(console, wide, cell) for cell in cells]
        if column.no_wrap:
            return max((span.maximum for span in spans), default=0)
        return max((max(span.minimum, min(span.maximum, PROSE)) for span in spans), default=0)

    def _paragraphs(self, console: Console, width: int) -> Iterator[Text]:
        """Each row: its first cell, and under it the others, each with the name of its column."""
        heads = [_text(column.header if self.show_header else "") for column in self.columns]
        for first, *others in zip(*(column.cells for column in self.columns), strict=True):
            yield _text(first)
            cells = zip(heads[1:], map(_text, others), strict=True)
            pairs = [
                Text(": ").join(part for part in (head, cell) if part)
                for head, cell in cells
                if cell
            ]
            for packed in _packed(pairs, max(width - INDENT, 1)):
                for line in packed.wrap(console, max(width - INDENT, 1)):
                    line.rstrip()
                    yield Text(" " * INDENT).append_text(line)


def _text(cell: Any) -> Text:  # Any: whatever rich shows
    """A cell in one line, without the spaces that line it up with others."""
    if isinstance(cell, Text):
        return Text(" ".join(cell.plain.split()), cell.style)
    return Text(" ".join(str(cell).split()))


def _packed(pairs: list[Text], width: int) -> Iterator[Text]:
    """As many in a line as there is room for, so that none is broken that fits into a line."""
    line = Text()
    for pair in pairs:
        longer = Text("  ").join((line, pair)) if line else pair
        if line and longer.cell_len > width:
            yield line
            longer = pair
        line = longer
    if line:
        yield line


def ending(text: str, width: int) -> str:
    """The end of `text` in at most `width` columns: of a path, the part that tells it from others.

    A folder is left out as a whole where that leaves three quarters of the width.

    >>> ending("train/images/000012.jpg", 13), ending("images/000012.jpg", 8)
    ('…/000012.jpg', '…012.jpg')
    """
    if cell_len(text) <= width:
        return text
    tail = _tail(text, width - 1)
    folder = tail.find("/", 0, width // 4 + 1)
    return ELLIPSIS + tail[max(folder, 0) :]


def _tail(text: str, width: int) -> str:
    tail = text[-width:] if width > 0 else ""
    while tail and cell_len(tail) > width:
        tail = tail[1:]
    return tail


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

    No word is broken, unless it is longer than a quarter of the width.

    >>> middle_out("aaaaaaaaaaaaaaaa is 0 x 3 px", 20)
    'aaaaaaaaa… 0 x 3 px'
    >>> middle_out("of the images these have no box, those some", 24)
    'of the … those some'
    """
    if cell_len(text) <= width:
        return text
    head = beginning(text, width // 2)
    tail = _tail(text, width - cell_len(head))
    before, after = head[:-1].rpartition(" ")[0], tail.partition(" ")[2]
    if before and len(before) >= len(head) - width // 4:
        head = f"{before} {ELLIPSIS}"
    if after and len(after) >= len(tail) - width // 4:
        tail = f" {after}"
    return head + tail
