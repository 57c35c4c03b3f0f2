"""Text of anybody's as Markdown and plots show it: as it is, and never as markup."""

from __future__ import annotations

import re

from labelaudit.core.columns import encodable
from labelaudit.core.text import plain

_SPECIAL = re.compile(r"[\\`*_~|\[\]$]|(?<=www)\.|:(?=//)|[&<>]|[@#!%^](?=\w)")
"""What Markdown takes for more than text, and what forges take for the start of a reference."""

_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def in_markdown(text: str, longest: int | None = None) -> str:
    r"""A text as Markdown shows it, also in a table: no markup, link or mention, in one line.

    Parameters
    ----------
    text:
        of anybody.
    longest:
        letters that are shown of it; all if absent.

    Examples
    --------
    >>> print(in_markdown("a|b <script> *c* @you"))
    a\|b &lt;script&gt; \*c\* @<!-- -->you
    >>> in_markdown("a long name", 8)
    'a lon...'
    """
    text = plain(encodable(text))
    if longest is not None and len(text) > longest:
        text = f"{text[: longest - 3]}..."
    return _SPECIAL.sub(_harmless, text)


def _harmless(match: re.Match[str]) -> str:
    """One of `_SPECIAL` so that it stands for itself; a comment parts a reference from its mark."""
    if match[0] in "@#!%^":
        return f"{match[0]}<!-- -->"
    return _HTML.get(match[0], f"\\{match[0]}")


def in_plot(text: str) -> str:
    r"""A text as matplotlib draws it: what is between two dollars is no formula.

    A label that begins with `_` is one that legends leave out, and gets a space before it.

    >>> print(in_plot("$\\frac$.jpg"), in_plot("_background"), sep=",")
    \$\frac\$.jpg, _background
    """
    said = plain(text).replace("$", r"\$")
    return f" {said}" if said.startswith("_") else said
