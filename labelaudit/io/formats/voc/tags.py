"""Tags in another letter case: `<Object>` and `<BndBox>` are what `<object>` and `<bndbox>` are.

XML tells them apart, and so do readers, which see no object then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from labelaudit.io.formats.voc.values import CORNERS
from labelaudit.io.formats.voc.xml_texts import OBJECT, ROOT

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

TAG = "tag"
"""What notes call the names of a record's elements."""

_WITHIN = {
    ROOT: ("filename", "size", OBJECT),
    "size": ("width", "height", "depth"),
    OBJECT: ("name", "pose", "truncated", "occluded", "difficult", "bndbox"),
    "bndbox": CORNERS,
}


def with_usual_tags(root: Element) -> dict[Element, str]:
    """Give the elements that are read the tags that they have in VOC; what others were called.

    An element that stands beside one with the usual tag keeps its own, unless it is an object.

    >>> from xml.etree.ElementTree import fromstring
    >>> root = fromstring("<Annotation><Object><Pose/></Object></Annotation>")
    >>> list(with_usual_tags(root).values()), root[0].tag
    (['Annotation', 'Object', 'Pose'], 'object')
    """
    written: dict[Element, str] = {}
    _rename(root, (ROOT,), {root.tag}, written)
    _within(root, written)
    return written


def _within(parent: Element, written: dict[Element, str]) -> None:
    usual = _WITHIN.get(parent.tag, ())
    present = {child.tag for child in parent}
    for child in parent:
        if child.tag not in usual:
            _rename(child, usual, present - {OBJECT}, written)
        if child.tag in usual:
            _within(child, written)


def _rename(
    element: Element, usual: Iterable[str], present: set[str], written: dict[Element, str]
) -> None:
    tag = element.tag.lower()
    if tag in usual and tag not in present:
        written[element] = element.tag
        element.tag = tag


def odd_tags(element: Element, written: Mapping[Element, str]) -> list[Element]:
    """The elements of a record that had another tag, in order; those of objects are their own."""
    if not written:
        return []
    inside = [element]
    for child in element:
        if child.tag != OBJECT:
            inside += child.iter()
    return [one for one in inside if one in written]
