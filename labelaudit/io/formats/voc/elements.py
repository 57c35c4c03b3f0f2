"""How an object is written as XML, with the indentation of the file that it goes into."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from xml.sax.saxutils import escape

from labelaudit.io.formats.voc.values import CORNERS

Content: TypeAlias = "str | Sequence[tuple[str, Content]]"
"""What is in an element: text, or elements by tag."""

# XML 1.0 can hold no other control characters, not even escaped, and no half of a character.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Indentation:
    """The white space of a file: what stands before an element, and what a level deeper adds."""

    before: str  # a line break and blanks; empty in a file without lines
    step: str

    @property
    def deeper(self) -> Indentation:
        """The indentation inside an element."""
        return Indentation(self.before + self.step, self.step)


def element_text(tag: str, content: Content, indentation: Indentation) -> str:
    r"""An element with what is in it; the first line is not indented.

    Parameters
    ----------
    tag:
        the name of the element.
    content:
        what stands in it, as XML.
    indentation:
        white space of the file where the element goes.

    >>> element_text("object", [("name", "cats & dogs"), ("pose", "")], Indentation("\n", "  "))
    '<object>\n  <name>cats &amp; dogs</name>\n  <pose></pose>\n</object>'
    """
    if isinstance(content, str):
        return f"<{tag}>{escaped(content)}</{tag}>"
    deeper = indentation.deeper
    children = "".join(
        f"{deeper.before}{element_text(name, inside, deeper)}" for name, inside in content
    )
    return f"<{tag}>{children}{indentation.before}</{tag}>"


def object_content(name: str, corners: Sequence[str], *, difficult: bool) -> Content:
    """What is in an `object`, with the unknown fields that some readers insist on.

    Parameters
    ----------
    name:
        the class.
    corners:
        left, top, right, bottom as they are written.
    difficult:
        whether the object is marked so.
    """
    return [
        ("name", name),
        ("pose", "Unspecified"),
        ("truncated", "0"),
        ("difficult", str(int(difficult))),
        ("bndbox", list(zip(CORNERS, corners, strict=True))),
    ]


def escaped(text: str) -> str:
    r"""`text` as it stands in an element.

    >>> escaped("a < b\r")
    'a &lt; b&#13;'
    """
    # A parser reads a bare carriage return as a line feed.
    return escape(text, {"\r": "&#13;"})


def is_writable(text: str) -> bool:
    """Whether XML can hold every character of `text`."""
    return _UNWRITABLE.search(text) is None


def writable(text: str) -> str:
    r"""`text` with a replacement character for each that XML cannot hold.

    >>> writable("bell\x07")
    'bell\ufffd'
    """
    return _UNWRITABLE.sub("\ufffd", text)
