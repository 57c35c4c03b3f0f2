"""Text that is nearly XML, as people's own scripts write it, made into XML.

A class called "cats & dogs" that somebody put between two tags as it is, an entity of HTML, a
character that XML forbids, or a declaration of another encoding make parsers stop at a file whose
records are all there. What is mended is said, and where each byte of the mended text stands in the
original one, so that records can still be changed where they are.
"""

from __future__ import annotations

import codecs
import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_DECLARED = re.compile(rb"\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([A-Za-z][\w.\-]*)[\"']")
_WIDE = re.compile(r"(?i)utf[_-]?(?:16|32)|(?:iso-10646-)?ucs")
_CHINESE = re.compile(
    rb"(?:[\x00-\x7f]|[\xb0-\xd7][\xa1-\xfe]|[\xa1-\xa3][\xa1-\xfe])*"  # and signs of full width
)
"""Bytes of GB2312 whose signs are its 3,755 common ones; letters with accents are beyond them."""

AMPERSAND = "& that begins no entity (write &amp;)"
ENTITY = "entities that XML does not know"
LESS = "< in a text (write &lt;)"
CONTROL = "control characters"
PREFIX = "prefixes that nothing declares"
COMMENT = "-- within a comment"
BEFORE = "text before the declaration"
BEHIND = "text after the end"
ENCODED = "not in the encoding that it declares, or in none; read as {}"

_AND = r"&(?!(?:#[0-9]+|#x[0-9A-Fa-f]+|amp|lt|gt|quot|apos);)(?:[A-Za-z]\w{1,31};)?"
_FORBIDDEN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
_PARTS = re.compile(
    r"(?P<skip><!\[CDATA\[.*?\]\]>|<\?.*?\?>|<![A-Za-z][^>\[]*(?:\[.*?\])?[^>]*>)"
    r"|(?P<comment><!--.*?-->)"
    r"|(?P<tag></?[A-Za-z_](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>)"
    r"|(?P<odd><(?=[^<>]*<|[\s\d=])|" + f"{_AND}|{_FORBIDDEN})",
    re.DOTALL,
)
_PREFIX = re.compile(
    r"\A</?([A-Za-z_][\w.\-]*)(:)(?=[A-Za-z_])"
    r"|\s([A-Za-z_][\w.\-]*)(:)(?=[A-Za-z_][\w.\-]*\s*=\s*[\"'])"
)
"""The colon of a tag or of an attribute."""

_IN_TAG = re.compile(rf"(?<!\A)<|{_AND}|{_FORBIDDEN}")
_NAMESPACE = re.compile(r"\sxmlns:")


@dataclass
class MendedXml:
    """A text that a parser of XML can read, and what it was made from."""

    text: str
    said: tuple[str, ...] = ()  # what was no XML, in words
    at: list[int] = field(default_factory=list)  # bytes of the mended text from which on ...
    off: list[int] = field(default_factory=list)  # ... so many less are before it in the original

    def original(self, position: int) -> int:
        """The byte of the original text, in UTF-8, at which a byte of the mended one stands."""
        place = bisect_right(self.at, position) - 1
        return position - (self.off[place] if place >= 0 else 0)


def xml_encoding(raw: bytes) -> tuple[str, int]:
    """The codec that a file of XML can be read by, and how many bytes its byte order mark takes.

    That is the one that its mark or its declaration says, if it is true; then UTF-8, then what
    else its bytes may be.

    >>> xml_encoding(b"<a>x</a>"), xml_encoding("<a>é</a>".encode("latin-1"))
    (('utf-8', 0), ('cp1252', 0))
    """
    for mark, codec in _MARKS.items():
        if raw.startswith(mark):
            return codec, len(mark)
    if raw[:2] in (b"<\0", b"\0<"):
        return ("utf-16-le" if raw[:1] == b"<" else "utf-16-be"), 0
    declared = _DECLARED.match(raw)
    name = declared[1].decode() if declared else "utf-8"
    names = ["utf-8" if _WIDE.match(name) else name, "utf-8"]
    names += ["gb18030"] if name.lower().startswith("gb") or _CHINESE.fullmatch(raw) else []
    return next(one for one in (*names, "cp1252", "latin-1") if _reads(one, raw)), 0


def is_declared(raw: bytes, codec: str, mark: int) -> bool:
    """Whether a file says that it is written in a codec, by a mark, its zeros or its declaration.

    Parameters
    ----------
    raw:
        the bytes of the file.
    codec, mark:
        see `xml_encoding`.
    """
    if mark or codec.startswith("utf-16"):
        return True
    declared = _DECLARED.match(raw)
    name = declared[1].decode().lower() if declared else "utf-8"
    try:
        same = codecs.lookup(name).name == codecs.lookup(codec).name
    except LookupError:
        return False
    return same or (name.startswith("gb") and codec == "gb18030")


def _reads(codec: str, raw: bytes) -> bool:
    try:
        return isinstance(raw.decode(codec), str)
    except (ValueError, LookupError):
        return False


def mended_xml(text: str) -> MendedXml:
    """A text with all mended in it that makes a parser stop although its tags are well.

    >>> mended_xml("<a>b & c</a>").text
    '<a>b &amp; c</a>'
    """
    said: dict[str, None] = {}
    mended, at, off = [], list[int](), list[int]()
    read = written = 0
    declares = _NAMESPACE.search(text) is not None
    end = _end(text)
    for start, stop, new, words in _mends(text, end, declares=declares):
        said[words] = None
        kept = text[read:start]
        mended += [kept, new]
        written += len(kept.encode()) + len(new.encode())
        at.append(written)
        off.append((off[-1] if off else 0) + len(new.encode()) - len(text[start:stop].encode()))
        read = stop
    mended.append(text[read:end])
    if end < len(text):
        said[BEHIND] = None
    return MendedXml("".join(mended), tuple(said), at, off)


def _end(text: str) -> int:
    """Where the text behind the last tag begins, if something is there that is no white space."""
    last = text.rfind(">") + 1
    return last if last and text[last:].strip() and "</" in text[:last] else len(text)


def _mends(text: str, end: int, *, declares: bool) -> Iterator[tuple[int, int, str, str]]:
    """Start and end of what is no XML, what it is replaced by, and words about it."""
    first = len(text) - len(text.lstrip("\ufeff \t\r\n\0"))
    if first and text.startswith("<?xml", first):
        yield 0, first, "", BEFORE
    else:
        first = 0
    for part in _PARTS.finditer(text, first, end):
        found, start = part.group(), part.start()
        if part.lastgroup == "comment":
            inner = found[4:-3]
            if "--" in inner or inner.endswith("-"):
                yield start + 4, part.end() - 3, re.sub("--+|-$", _blank, inner), COMMENT
        elif part.lastgroup == "odd":
            yield start, part.end(), *_mend(found)
        elif part.lastgroup == "tag":
            yield from _within_tag(found, start, declares=declares)


def _mend(found: str) -> tuple[str, str]:
    """What stands for a sign that cannot stand in a text, and words about it."""
    if found == "<":
        return "&lt;", LESS
    if found[0] != "&":
        return "", CONTROL
    known = html.unescape(found) if found.endswith(";") else found
    if known != found:
        return html.escape(known), ENTITY
    return f"&amp;{found[1:]}", AMPERSAND


def _within_tag(tag: str, at: int, *, declares: bool) -> Iterator[tuple[int, int, str, str]]:
    mends = [(one.start(), one.end(), *_mend(one.group())) for one in _IN_TAG.finditer(tag)]
    if not declares and not mends:
        mends += [
            (one.end() - 1, one.end(), "_", PREFIX)
            for one in _PREFIX.finditer(tag)
            if (one[1] or one[3]) not in ("xml", "xmlns")
        ]
    for start, stop, new, words in mends:
        yield at + start, at + stop, new, words


def _blank(dashes: re.Match[str]) -> str:
    return " " * len(dashes.group())


def broken_records(
    text: str, tags: tuple[str, ...], is_well: Callable[[str], bool]
) -> Iterator[tuple[int, int, int]]:
    """The records of a text that are no XML by themselves: position, start and end of each.

    Parameters
    ----------
    text:
        with records in elements of some tags, one after the other, in any letter case.
    tags:
        of the elements, of which none is in another.
    is_well:
        whether a parser can read the text of one.
    """
    names = "|".join(tags)
    opening = rf"<(?:{names})\b"
    # What is not closed ends where the next one begins.
    whole = re.compile(
        rf"(?is)<({names})\b(?:(?!{opening}).)*?(?:</\1\s*>|(?={opening}|</annotations?\s*>))"
    )
    for record, one in enumerate(whole.finditer(text)):
        if not is_well(one.group()):
            yield record, one.start(), one.end()
