"""What objects of VOC annotations say beside their box and class: poses, parts, polygons."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.rows import unique
from labelaudit.dataset.tables import Attributes, Dataset, RecordType
from labelaudit.io.formats.voc.layout import contents
from labelaudit.io.formats.voc.markup import parsed
from labelaudit.io.formats.voc.xml_texts import OBJECT

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_HELD = ("name", "bndbox", "difficult")
_NOTHING = frozenset(("", "0", "false", "no", "unspecified", "unknown", "none"))
"""Texts, in lower case, that LabelImg and others write where nobody said anything."""


def box_records(dataset: Dataset, box: Ints) -> Iterator[Attributes]:
    """What the objects of some boxes, rows in Boxes, say beside box and class."""
    boxes = dataset.boxes
    box = unique(box)
    box = box[(boxes.file[box] != MISSING) & (boxes.record[box] != MISSING)]
    for file in unique(boxes.file[box]).tolist():
        path = os.path.join(dataset.root.absolute(), str(dataset.files.path[file]))
        try:
            root = parsed(contents(path)).root
        except OSError:  # which loading told
            continue
        objects = [] if root is None else root.findall(OBJECT)
        for row in box[boxes.file[box] == file].tolist():
            if boxes.record[row] < len(objects):
                yield Attributes(RecordType.BOX, row, _said(objects[boxes.record[row]]))


def _said(element: Element) -> dict[str, list[Any]]:  # Any: text, or a list of tags and the same
    """What each of the elements within says that is no default, by their tags."""
    said: dict[str, list[Any]] = {}
    for child in element:
        if child.tag in _HELD or (not len(child) and _is_nothing(child)):
            continue
        said.setdefault(child.tag, []).append(_content(child))
    return said


def _content(element: Element) -> Any:  # Any: as above
    if len(element):
        return [[child.tag, _content(child)] for child in element]
    return (element.text or "").strip()


def _is_nothing(element: Element) -> bool:
    return (element.text or "").strip().lower() in _NOTHING
