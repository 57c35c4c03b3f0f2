"""From the bytes of an XML file to its elements: quick for valid files, tolerant of others.

Python's C parser reads valid files. Whatever it refuses, and every file with a document type (where
entities are declared), goes to the defused parser, which refuses entities and keeps the elements
that were complete where the file broke off.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers.expat import XMLParserType
from xml.parsers.expat import errors as expat

from defusedxml.common import DefusedXmlException, EntitiesForbidden
from defusedxml.ElementTree import DefusedXMLParser

from labelaudit.dataset.tables import ProblemKind
from labelaudit.io.formats.voc.tags import with_usual_tags

_CUT = {
    expat.codes[words]
    for words in (
        expat.XML_ERROR_NO_ELEMENTS,
        expat.XML_ERROR_UNCLOSED_TOKEN,
        expat.XML_ERROR_PARTIAL_CHAR,
        expat.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
}
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_DECLARED = re.compile(rb"<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([A-Za-z][\w.\-]*)[\"']")


@dataclass(frozen=True)
class XmlFault:
    """Why a file could not be read to its end."""

    kind: ProblemKind  # TRUNCATED or UNREADABLE
    found: str  # the parser's words, with line and column
    inside: str = ""  # the incomplete child of the root in which it happened, if in one


@dataclass
class Markup:
    """The elements of a file, where they stand in it, and what is wrong with it.

    It is also the target of the tolerant parser, which calls `start`, `end`, `data` and `close`.
    """

    root: Element | None = None
    fault: XmlFault | None = None
    begins: dict[Element, int] = field(default_factory=dict)  # byte of `<` of the opening tag
    closes: dict[Element, int] = field(default_factory=dict)  # byte of `<` of the closing tag
    open: list[Element] = field(default_factory=list)  # elements that are not closed yet
    written: dict[Element, str] = field(default_factory=dict)  # tags of those in another case
    parser: XMLParserType | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An opening tag."""
        element = Element(tag, attributes)
        if self.open:
            self.open[-1].append(element)
        else:
            self.root = element
        self.open.append(element)
        self.begins[element] = self._byte

    def end(self, tag: str) -> None:  # noqa: ARG002  # the parser has checked it
        """A closing tag."""
        self.closes[self.open.pop()] = self._byte

    def data(self, text: str) -> None:
        """Text; only what stands before the first child counts."""
        if self.open and not len(self.open[-1]):
            self.open[-1].text = (self.open[-1].text or "") + text

    def close(self) -> None:
        """The end of the file."""

    @property
    def _byte(self) -> int:
        return self.parser.CurrentByteIndex if self.parser else 0


def parsed(raw: bytes) -> Markup:
    """The elements of a file; those that are complete, if it is broken."""
    # A zero byte is UTF-16, in which a document type is spelt in other bytes.
    if b"<!DOCTYPE" not in raw and b"\0" not in raw:
        try:
            return _usual(Markup(fromstring(raw)))  # noqa: S314  # no document type, no entities
        except (ParseError, ValueError, LookupError):
            pass
    return tolerantly_parsed(raw)


def unreadable(found: str) -> Markup:
    """A file of which there are no elements, and why."""
    return Markup(fault=XmlFault(ProblemKind.UNREADABLE, found))


def tolerantly_parsed(raw: bytes) -> Markup:
    """The same from any bytes, slower; positions are bytes of the file in its own encoding."""
    if not raw.strip():
        return unreadable("the file is empty")
    try:
        return _fed(raw)
    except (ValueError, LookupError):
        # An encoding that the parser does not know, which Python may.
        codec, mark = encoding(raw)
    try:
        return _fed(raw[mark:].decode(codec))
    except (ValueError, LookupError) as error:
        return unreadable(str(error))


def text_parsed(text: str) -> Markup:
    """The elements of a decoded file; positions are bytes of the text in UTF-8."""
    return _fed(text)


def encoding(raw: bytes) -> tuple[str, int]:
    """The codec that a file is written in, and how many bytes its byte order mark takes."""
    for mark, codec in _MARKS.items():
        if raw.startswith(mark):
            return codec, len(mark)
    if raw[:2] in (b"<\0", b"\0<"):
        return ("utf-16-le" if raw[:1] == b"<" else "utf-16-be"), 0
    declared = _DECLARED.match(raw)
    return (declared[1].decode() if declared else "utf-8"), 0


def _fed(source: bytes | str) -> Markup:
    markup = Markup()
    parser = DefusedXMLParser(target=markup, forbid_dtd=False)
    markup.parser = parser.parser
    try:
        parser.feed(source)
        parser.close()
    except ParseError as error:
        _break_off(markup, error)
    except DefusedXmlException as refusal:
        return unreadable(_refusal(refusal))
    finally:
        markup.parser = None
    return _usual(markup)


def _usual(markup: Markup) -> Markup:
    """The same with the tags of VOC where only their letter case is another."""
    if markup.root is not None:
        markup.written = with_usual_tags(markup.root)
    return markup


def _break_off(markup: Markup, error: ParseError) -> None:
    """Note where the file breaks off, and take the incomplete child of the root out of the tree."""
    cut = error.code in _CUT
    kind = ProblemKind.TRUNCATED if cut else ProblemKind.UNREADABLE
    inside = ""
    if markup.root is not None and len(markup.open) > 1:
        incomplete = markup.open[1]
        inside = incomplete.tag.lower()
        markup.root.remove(incomplete)
    markup.fault = XmlFault(kind, str(error), inside)


def _refusal(refusal: DefusedXmlException) -> str:
    if isinstance(refusal, EntitiesForbidden):
        where = f" from {refusal.sysid}" if refusal.sysid else ""
        return f"refused: it declares the entity &{refusal.name};{where}"
    return f"refused: {type(refusal).__name__}"
