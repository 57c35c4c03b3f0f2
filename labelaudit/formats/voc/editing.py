"""Edits of one annotation as splices: of its bytes, only those of what is edited change."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element

from labelaudit.errors import FixError
from labelaudit.formats.voc.elements import Content, Indentation, element_text, escaped
from labelaudit.formats.voc.layout import contents
from labelaudit.formats.voc.markup import encoding, text_parsed
from labelaudit.splices import Splice

# An opening tag; its attributes may hold `>`.
_OPENING = re.compile(rb"<[^\s/>]+(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_REST_OF_LINE = re.compile(rb"[ \t]*(?=[\r\n]|\Z)")


class Page:
    """One XML file, with where its elements stand and what is to be done to them.

    Positions are bytes of its text in UTF-8; `splices` turns them into bytes of the file as it is.

    Raises
    ------
    FixError
        if the file cannot be read any more.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._codec, self._mark, text = _decoded(path)
        self._text = text.encode()
        self._markup = text_parsed(text)
        self._splices: list[Splice] = []
        self._inserted: dict[int, list[str]] = {}
        self._filled: dict[Element, list[tuple[str, Content]]] = {}

    @property
    def root(self) -> Element:
        """The root element; what is incomplete in a broken file is not in it."""
        if self._markup.root is None:
            words = self._markup.fault.found if self._markup.fault else "no elements"
            raise FixError(f"{self._path}: cannot be changed: {words}")
        return self._markup.root

    def write(self, element: Element, text: str) -> None:
        """Make `text` all that is in an element."""
        start, end = self._inner(element)
        if start == end:
            self._replace(end - 2, end, f">{escaped(text)}</{element.tag}>")
        else:
            self._replace(start, end, escaped(text))

    def drop(self, element: Element) -> None:
        """Take an element out, with its lines if nothing else is on them."""
        start, end = self._lines(element)
        self._replace(start, end, "")

    def insert(self, parent: Element, tag: str, content: Content, after: Iterable[str]) -> None:
        """Put a new element into `parent`: behind the last child with a tag in `after`, or first."""
        if not len(parent):
            self._filled.setdefault(parent, []).append((tag, content))
            return
        before = set(after)
        previous = next((child for child in reversed(parent) if child.tag in before), None)
        if previous is None:
            position = self._inner(parent)[0]
        else:
            position = self._lines(previous)[1]
        indentation = self._indentation(parent[0] if previous is None else previous)
        text = indentation.before + element_text(tag, content, indentation)
        self._inserted.setdefault(position, []).append(text)
    ...
