"""CVAT files that are nearly XML: mended, and read without the images that cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from labelaudit.io.formats.cvat_elements import BROKEN, READ, parsed
from labelaudit.io.formats.xml_mending import (
    ENCODED,
    broken_records,
    is_declared,
    mended_xml,
    xml_encoding,
)

_DECLARATION = re.compile(r"\s*<\?xml\b.*?\?>", re.DOTALL)
_NAME = re.compile(r"<(\w+)")


def mended_elements(path: Path, said: list[str]) -> Iterator[tuple[str, Element]]:
    """The elements of a file, see `cvat_elements.told_elements`.

    Parameters
    ----------
    path:
        of the file.
    said:
        takes what was mended, in words.

    Raises
    ------
    SyntaxError
        if it is no XML all the same.
    """
    raw = path.read_bytes()
    codec, mark = xml_encoding(raw)
    mended = mended_xml(raw[mark:].decode(codec))
    said += [] if is_declared(raw, codec, mark) else [ENCODED.format(codec)]
    said += mended.said
    text, reasons = _without_broken(_DECLARATION.sub("", mended.text, count=1))
    for tag, element in parsed(BytesIO(text.encode())):
        if (number := element.get(BROKEN)) is None:
            yield tag, element
        else:
            yield BROKEN, Element(tag, {BROKEN: reasons[int(number)]})


def _without_broken(text: str) -> tuple[str, list[str]]:
    """A text with empty elements for those that are no XML, and why they are none, by number."""
    reasons: list[str] = []

    def is_well(one: str) -> bool:
        try:
            fromstring(one)
        except (SyntaxError, ValueError) as error:
            reasons.append(str(error))
            return False
        return True

    for number, (_, start, end) in reversed([*enumerate(broken_records(text, READ, is_well))]):
        name = _NAME.match(text, start)
        tag = name[1].lower() if name else READ[0]
        text = f'{text[:start]}<{tag} {BROKEN}="{number}"/>{text[end:]}'
    return text, reasons
