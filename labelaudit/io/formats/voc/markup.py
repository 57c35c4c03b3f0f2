"""From the bytes of an XML file to its elements: quick for valid files, tolerant of others.

Python's C parser reads valid files. Whatever it refuses, and every file with a document type (where
entities are declared), goes to the defused parser, which refuses entities and keeps the elements
that were complete where the file broke off. What breaks off before its end is mended and read
again; of what still does, objects that are no XML by themselves are passed over.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers.expat import XMLParserType
from xml.parsers.expat import errors as expat

from defusedxml.common import DefusedXmlException, EntitiesForbidden
from defusedxml.ElementTree import DefusedXMLParser

from labelaudit.dataset.tables import ProblemKind
from labelaudit.io.formats.voc.tags import with_usual_tags
from labelaudit.io.formats.voc.xml_texts import OBJECT
from labelaudit.io.formats.xml_mending import (
    ENCODED,
    MendedXml,
    broken_records,
    is_declared,
    mended_xml,
    xml_encoding,
)

_CUT = {
    expat.codes[words]
    for words in (
        expat.XML_ERROR_NO_ELEMENTS,
        expat.XML_ERROR_UNCLOSED_TOKEN,
        expat.XML_ERROR_PARTIAL_CHAR,
        expat.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
}

_EMPTY = f"<{OBJECT}/>"


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
    namespace: str = ""  # that its tags are in
    mended: tuple[str, ...] = ()  # what of the text was no XML and is read all the same, in words
    broken: dict[int, XmlFault] = field(default_factory=dict)  # by the positions of objects
    source: MendedXml = field(default_factory=lambda: MendedXml(""))
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
        return self.source.original(self.parser.CurrentByteIndex) if self.parser else 0

    @property
    def is_cut(self) -> bool:
        """Whether nothing is wrong with the file but that it ends too early."""
        return self.fault is not None and self.fault.kind is ProblemKind.TRUNCATED


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
    first: Markup | None = None
    with contextlib.suppress(ValueError, LookupError):
        first = _fed(raw)  # in an encoding that the parser does not know, which Python may
    if first and (first.fault is None or first.is_cut):
        return first
    codec, mark = xml_encoding(raw)
    try:
        markup = text_parsed(raw[mark:].decode(codec))
    except (ValueError, LookupError) as error:
        return unreadable(str(error))
    if first and markup.root is None:
        return first
    if not is_declared(raw, codec, mark):
        markup.mended = (ENCODED.format(codec), *markup.mended)
    return markup


def text_parsed(text: str) -> Markup:
    """The elements of a decoded file; positions are bytes of the text in UTF-8."""
    markup = _fed(text)
    if markup.fault is None or markup.is_cut or (markup.root is None and not text.strip()):
        return markup
    mended = mended_xml(text)
    again = _fed(mended.text, mended)
    if again.fault is None or again.is_cut:
        return again
    return _without_broken_objects(mended) or (
        again if mended.said and again.root is not None else markup
    )


def _without_broken_objects(mended: MendedXml) -> Markup | None:
    """The elements of a file without the objects that are no XML; None if that does not help."""
    found = list(broken_records(mended.text, (OBJECT,), lambda one: _fed(one).fault is None))
    text, broken = mended.text, dict[int, XmlFault]()
    for record, start, end in reversed(found):
        fault = _fed(text[start:end]).fault
        if fault:
            broken[record] = replace(fault, inside=OBJECT)
        # As many bytes, so that what comes behind stays where it is.
        blank = " " * (len(text[start:end].encode()) - len(_EMPTY))
        text = f"{text[:start]}{_EMPTY}{blank}{text[end:]}"
    markup = _fed(text, mended)
    if not found or not (markup.fault is None or markup.is_cut):
        return None
    markup.broken = broken
    return markup


def _fed(source: bytes | str, mended: MendedXml | None = None) -> Markup:
    markup = Markup()
    if mended is not None:
        markup.source, markup.mended = mended, mended.said
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
    """The same with the tags of VOC where only their letter case or their namespace is another."""
    if markup.root is not None:
        markup.namespace = _take_namespaces(markup.root)
        markup.written = with_usual_tags(markup.root)
    return markup


def _take_namespaces(root: Element) -> str:
    """Take the namespaces off all tags, and return that of the root."""
    if not root.tag.startswith("{"):
        return ""
    namespace = root.tag[1:].partition("}")[0]
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return namespace


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
