"""Edits of one annotation: of its bytes, only those of what is edited change."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

from labelaudit.errors import FixError
from labelaudit.io.edits import Edit
from labelaudit.io.formats.voc.elements import Content, Indentation, element_text, escaped
from labelaudit.io.formats.voc.layout import contents
from labelaudit.io.formats.voc.markup import text_parsed
from labelaudit.io.formats.xml_mending import xml_encoding

# An opening tag; its attributes may hold `>`.
_OPENING = re.compile(rb"<[^\s/>]+(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_BLANKS = re.compile(rb"[ \t]*(?=[\r\n]|\Z)")


class XmlFileEdits:
    """One XML file, with where its elements stand and what is to be done to them.

    Positions are bytes of its text in UTF-8; `edits` turns them into bytes of the file as it is.

    Raises
    ------
    FixError
        if the file cannot be read any more.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._codec, self._mark, text = _decoded(path)
        self._text = text.encode()
        self._markup = text_parsed(text)
        self._replaced: list[tuple[int, int, str, str]] = []
        self._inserted: dict[int, list[tuple[str, str]]] = {}
        self._filled: dict[Element, list[tuple[str, Content]]] = {}
        self._renamed: dict[Element, str] = {}  # the words for the record
        self._dropped: set[Element] = set()

    @property
    def root(self) -> Element:
        """The root element; what is incomplete in a broken file is not in it."""
        if self._markup.root is None:
            words = self._markup.fault.found if self._markup.fault else "no elements"
            raise FixError(f"{self.path}: cannot be changed: {words}")
        return self._markup.root

    def write(self, element: Element, text: str, place: str) -> None:
        """Make `text` all that is in an element.

        Parameters
        ----------
        element:
            whose text is replaced.
        text:
            the new text, not yet escaped.
        place:
            words for the record, for the patch.
        """
        self._fill(element, escaped(text), place)

    def drop(self, element: Element, place: str) -> None:
        """Take an element out, with its lines if nothing else is on them."""
        start, end = self._lines(element)
        self._replaced.append((start, end, "", place))
        self._dropped.update(element.iter())

    def insert(
        self, parent: Element, tag: str, content: Content, after: Iterable[str], place: str
    ) -> None:
        """Put a new element into `parent`, behind the last child with a tag in `after`.

        Parameters
        ----------
        parent:
            the element that gets a child.
        tag:
            the name of the child.
        content:
            what stands in it, as XML.
        after:
            the names of children after which it stands.
        place:
            words for the record, for the patch.
        """
        if not len(parent):
            self._filled.setdefault(parent, []).append((tag, content))
            return
        tags = set(after)
        previous = next((child for child in reversed(parent) if child.tag in tags), None)
        end = self._opening_end(parent) if previous is None else self._lines(previous)[1]
        indentation = self._indentation(parent[0] if previous is None else previous)
        text = indentation.before + element_text(tag, content, indentation)
        self._inserted.setdefault(end, []).append((text, place))

    @property
    def written(self) -> Mapping[Element, str]:
        """The tags of elements that are written in another letter case than the usual one."""
        return self._markup.written

    def rename(self, element: Element, place: str) -> None:
        """Write the tag of an element as its root has it; words for the record, for the patch."""
        self._renamed[element] = place

    def span(self, element: Element) -> tuple[int, int]:
        """Where an element begins and ends, in bytes of the file."""
        return self._byte(self._markup.begins[element]), self._byte(self._end(element))

    def edits(self) -> list[Edit]:
        """Everything that is to be done, in bytes of the file."""
        for parent, children in self._filled.items():
            indentation = self._indentation(parent)
            text = element_text(parent.tag, children, indentation)
            inner = text[len(parent.tag) + 2 : -len(parent.tag) - 3]
            self._fill(parent, inner, parent.tag)
        self._rename()
        inserted = [
            (position, position, "".join(text for text, _ in group), group[0][1])
            for position, group in self._inserted.items()
        ]
        return [
            Edit(self._byte(start), self._byte(end), self._encoded(text), place)
            for start, end, text, place in (*self._replaced, *inserted)
        ]

    def _fill(self, element: Element, inner: str, place: str) -> None:
        opening = self._opening_end(element)
        if self._is_closed_at_once(element):
            tag = element.tag if element in self._renamed else self.written.get(element)
            closed = f">{inner}</{tag or element.tag}>"
            self._replaced.append((opening - 2, opening, closed, place))
        else:
            self._replaced.append((opening, self._closing(element), inner, place))

    def _rename(self) -> None:
        for element, place in self._renamed.items():
            if element in self._dropped:
                continue
            start, length = self._markup.begins[element] + 1, len(self.written[element].encode())
            self._replaced.append((start, start + length, element.tag, place))
            if not self._is_closed_at_once(element):
                start = self._closing(element) + 2
                self._replaced.append((start, start + length, element.tag, place))

    def _opening_end(self, element: Element) -> int:
        opening = _OPENING.match(self._text, self._markup.begins[element])
        if opening is None:
            raise FixError(f"{self.path}: cannot be changed: <{element.tag}> is not where it was")
        return opening.end()

    def _is_closed_at_once(self, element: Element) -> bool:
        """Whether it is written `<tag/>`."""
        end = self._opening_end(element)
        return self._text[end - 2 : end] == b"/>"

    def _closing(self, element: Element) -> int:
        """Where the closing tag begins."""
        if element not in self._markup.closes:
            raise FixError(f"{self.path}: cannot be changed: <{element.tag}> is not closed")
        return self._markup.closes[element]

    def _end(self, element: Element) -> int:
        """Behind its last byte."""
        if self._is_closed_at_once(element):
            return self._opening_end(element)
        return self._text.index(b">", self._closing(element)) + 1

    def _lines(self, element: Element) -> tuple[int, int]:
        """The bytes of an element, with its line break and blanks if it has lines of its own."""
        start, end = self._markup.begins[element], self._end(element)
        before = self._before(element)
        rest = _BLANKS.match(self._text, end)
        return (start - len(before), rest.end()) if before and rest else (start, end)

    def _before(self, element: Element) -> str:
        """The line break and blanks before an element; empty if anything else is on its line."""
        start = self._markup.begins[element]
        line = max(self._text.rfind(b"\n", 0, start), self._text.rfind(b"\r", 0, start))
        if line < 0 or self._text[line + 1 : start].strip(b" \t"):
            return ""
        pair = self._text[line - 1 : line + 1] == b"\r\n" if line else False
        return self._text[line - pair : start].decode()

    def _indentation(self, element: Element) -> Indentation:
        before = self._before(element)
        step = self._before(self.root[0]).lstrip("\r\n") if len(self.root) else "\t"
        return Indentation(before, step if before else "")

    def _byte(self, position: int) -> int:
        if self._codec == "utf-8":
            return self._mark + position
        return self._mark + len(self._text[:position].decode().encode(self._codec))

    def _encoded(self, text: str) -> bytes:
        return text.encode(self._codec, "xmlcharrefreplace")


def _decoded(path: Path) -> tuple[str, int, str]:
    """The codec of a file, the bytes of its byte order mark, and its text."""
    try:
        raw = contents(str(path))
        codec, mark = xml_encoding(raw)
        text = raw[mark:].decode(codec)
        faithful = text.encode(codec) == raw[mark:]
    except (OSError, ValueError, LookupError) as error:
        raise FixError(f"{path}: cannot be changed: {error}") from error
    if not faithful:
        raise FixError(f"{path}: cannot be changed: {codec} does not give its bytes back")
    return codecs.lookup(codec).name, mark, text
