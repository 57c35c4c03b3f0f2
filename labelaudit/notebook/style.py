"""HTML for the output of a notebook's cell: what is said, escaped, in the colours of its theme."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from labelaudit.core.text import plain

STYLE = """\
@{font-size:13px;line-height:1.45;max-width:70em}
@ p{margin:.2em 0 .6em}
@ table{border-collapse:collapse;margin:0;border:0;font-size:inherit}
@ td,@ th{text-align:left;vertical-align:top;white-space:normal;padding:.5em .8em .5em 0;border:0;
border-top:1px solid color-mix(in srgb,currentColor 20%,transparent);
max-width:34em;overflow-wrap:anywhere;background:transparent;color:inherit}
@ th{font-weight:600;border-top:0}
@ tbody tr,@ tbody tr:hover{background:transparent}
@ td.number,@ th.number{text-align:right}
@ img{display:inline-block;margin:0 .4em 0 0;max-width:none;vertical-align:top}
@ figure{display:inline-block;margin:0;vertical-align:top}
@ figcaption,@ .faint{opacity:.75;font-size:12px}
@ .severity{display:inline-block;padding:0 .5em;border-radius:3px;
background:color-mix(in srgb,var(--labelaudit-severity) 22%,transparent);
box-shadow:inset 3px 0 var(--labelaudit-severity)}
""".replace("@", "div.labelaudit.labelaudit.labelaudit")
"""Text and lines take the colours of the page, be it light or dark. A class that is named three
times outweighs what notebooks say of tables: cells to the right, stripes."""

COLOURS = {"error": "#d1242f", "warning": "#bf8700", "info": "#2f81f7"}
"""Of severities, seen on light and on dark; words say the same."""


def page(*parts: str) -> str:
    """The output of a cell from parts that are HTML."""
    return f'<div class="labelaudit"><style>{STYLE}</style>{"".join(parts)}</div>'


def words(text: str) -> str:
    """A text from anywhere as HTML: no markup, nothing invisible.

    >>> words("<b>car")
    '&lt;b&gt;car'
    """
    return escape(plain(text))


def severity(word: str) -> str:
    """A severity, as HTML."""
    style = f"--labelaudit-severity:{COLOURS[word]}"
    return f'<span class="severity" style="{style}">{words(word)}</span>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table, as HTML.

    Parameters
    ----------
    head:
        texts.
    rows:
        cells that are HTML.
    numbers:
        the places of columns that hold numbers.
    """
    kinds = [' class="number"' if place in numbers else "" for place in range(len(head))]
    top = "".join(
        f'<th scope="col"{kind}>{words(one)}</th>' for one, kind in zip(head, kinds, strict=True)
    )
    body = "".join(
        f"<tr>{''.join(f'<td{k}>{one}</td>' for one, k in zip(row, kinds, strict=True))}</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def figure(address: str, said: str, caption: str, width: int) -> str:
    """A picture with what it shows, as HTML.

    Parameters
    ----------
    address:
        of the picture.
    said:
        instead of it, to who does not see it.
    caption:
        below it.
    width:
        in pixels of the page: half of the picture's, which is sharp on fine screens.
    """
    below = f"<figcaption>{words(caption)}</figcaption>"
    return f'<figure><img src="{address}" alt="{words(said)}" width="{width}">{below}</figure>'
