"""What annotations of VOC say beside places and classes: poses, sources, owners, attributes.

Source: the development kit of the VOC challenge 2012, section 11.4, "Annotation"
(http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html): the root has `source` and
`owner`, an object `pose` and `truncated`; CVAT adds `attributes`, a name and a value each.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING, Any

from labelaudit.dataset.tables import Attributes, Dataset, RecordType
from labelaudit.io.formats.attributes import CurrentRows
from labelaudit.io.formats.voc.layout import contents
from labelaudit.io.formats.voc.markup import parsed
from labelaudit.io.formats.voc.xml_texts import OBJECT, ROOT

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_OF_OBJECTS = ("name", "bndbox", "robndbox", "polygon", "part", "segmentation", "mask")
_OF_IMAGES = (OBJECT, "filename", "path", "size")
_ATTRIBUTES = "attributes"


def attributes(dataset: Dataset) -> Iterator[Attributes]:
    """What each annotation and each object says beside what tables hold; files are read again."""
    rows = CurrentRows(dataset)
    for name in dataset.files.path.tolist():
        if not name.lower().endswith(".xml"):
            continue
        path = os.path.normpath(os.path.join(dataset.root.absolute(), name))
        try:
            root = parsed(contents(path)).root
        except OSError:  # which loading told
            continue
        if root is None or root.tag != ROOT:
            continue
        for image in rows.images.get((path, 0), ()):
            yield Attributes(RecordType.IMAGE, image, _said(root, _OF_IMAGES))
        for record, element in enumerate(root.findall(OBJECT)):
            for box in rows.boxes.get((path, record), ()):
                yield Attributes(RecordType.BOX, box, _said(element, _OF_OBJECTS))


def _said(element: Element, held: Container[str]) -> dict[str, Any]:
    """What the elements within one say, by their tags; Any: text, or the same of one within."""
    said: dict[str, Any] = {}
    for child in element:
        if child.tag in held:
            continue
        if child.tag == _ATTRIBUTES:
            said[child.tag] = _named(child) or (child.text or "")
        else:
            said[child.tag] = _said(child, ()) if len(child) else (child.text or "")
    return said


def _named(attributes: Element) -> dict[str, str]:
    """Attributes that are a name and a value each."""
    return {
        (one.findtext("name") or ""): (one.findtext("value") or "")
        for one in attributes.iterfind("attribute")
    }
