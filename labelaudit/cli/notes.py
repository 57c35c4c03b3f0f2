"""Words to the person at the terminal, beside what a command puts out."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TextIO

from labelaudit.core.mirror_names import shown
from labelaudit.core.text import plain


def note(message: str) -> None:
    """Tell the person at the terminal something that is not output."""
    print_lines(sys.stderr, [(message, "")])


def print_lines(out: TextIO, lines: Iterable[tuple[str, str]]) -> None:
    """Print lines, each with its style, and leave it to the terminal to break long ones."""
    # A scan that writes nothing but its report as JSON does without rich.
    from rich.text import Text  # noqa: PLC0415

    from labelaudit.core.terminal import Terminal  # noqa: PLC0415

    terminal = Terminal(out)
    for line, style in lines:
        terminal.print(Text(plain(shown(line)), style), soft_wrap=True)
