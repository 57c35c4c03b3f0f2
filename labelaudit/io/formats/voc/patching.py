"""From changes to records to the bytes of annotations that they replace."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import FixError
from labelaudit.io.edits import Edit
from labelaudit.io.formats.voc.elements import is_writable, object_content
from labelaudit.io.formats.voc.tags import TAG, odd_tags
from labelaudit.io.formats.voc.values import CORNERS, corner_texts, number_text
from labelaudit.io.formats.voc.xml_edits import XmlFileEdits
from labelaudit.io.formats.voc.xml_texts import OBJECT
from labelaudit.io.record_diff import Change

# The order of the VOC challenge, which says where an element that is missing belongs.
_ORDER = {
    "annotation": ("folder", "filename", "path", "source", "owner", "size"),
    OBJECT: ("name", "pose", "truncated", "occluded", "difficult", "bndbox"),
    "size": ("width", "height", "depth"),
    "bndbox": CORNERS,
}

# Columns, and the fields of problems that they stand for.
_IMAGE_FIELDS = {"name": ("filename",), "size": ("size", "width", "height"), TAG: ()}
_BOX_FIELDS = {
    "label": ("name",),
    "xyxy": ("bndbox", *CORNERS),
    "difficult": ("difficult",),
    TAG: (),
}


def patch(original: Dataset, changed: Dataset, changes: Sequence[Change]) -> dict[int, list[Edit]]:
    """The edits that carry changes into annotations, by row in Files.

    Parameters
    ----------
    original:
        the dataset as it is on disk.
    changed:
        the dataset as it should be.
    changes:
        what differs, record by record.

    Raises
    ------
    FixError
        if Pascal VOC cannot hold a change, or a file is no longer what was loaded.
    """
    by_file: dict[int, list[Change]] = {}
    for change in changes:
        by_file.setdefault(change.file, []).append(change)
    edits = {}
    for file, group in by_file.items():
        name = str(original.files.path[file])
        of_file = PageEdits(name, XmlFileEdits(original.root / name), original, changed)
        for change in group:
            of_file.add(change)
        edits[file] = of_file.page.edits()
    return edits


@dataclass(frozen=True)
class PageEdits:
    """The edits of one annotation."""

    name: str  # of the file, for messages
    page: XmlFileEdits
    original: Dataset
    changed: Dataset

    def add(self, change: Change) -> None:
        """Make one change."""
        if change.part is RecordType.IMAGE:
            self._change_image(change)
        elif change.part is not RecordType.BOX:
            raise FixError(f"{self.name}: Pascal VOC has no list of classes")
        elif change.before == MISSING:
            self._add_object(change.after)
        elif change.after == MISSING:
            self.page.drop(self._object(change.before), self._place(change.before))
        else:
            self._change_object(change)

    def _change_image(self, change: Change) -> None:
        if MISSING in (change.before, change.after):
            raise FixError(f"{self.name}: an image is a file here: add or delete the file itself")
        _refuse_others(change, _IMAGE_FIELDS, f"{self.name}: an image")
        root, images = self.page.root, self.changed.images
        self._rename(root, change, self.name)
        if {"name", "filename"} & set(change.fields):
            self._set(root, "filename", str(images.name[change.after]), change, self.name)
        old = self.original.images.size[change.before].tolist()
        new = images.size[change.after].tolist()
        sides = zip(("width", "height"), old, new, map(number_text, new), strict=True)
        self._set_numbers(root, "size", sides, change, self.name)

    def _change_object(self, change: Change) -> None:
        place = self._place(change.before)
        _refuse_others(change, _BOX_FIELDS, f"{place}: an object")
        element, boxes = self._object(change.before), self.changed.boxes
        self._rename(element, change, place)
        if {"label", "name"} & set(change.fields):
            self._set(element, "name", self._label(change.after, place), change, place)
        if "difficult" in change.fields:
            flag = str(int(boxes.difficult[change.after]))
            self._set(element, "difficult", flag, change, place)
        old = self.original.boxes.xyxy[change.before].tolist()
        new = boxes.xyxy[change.after].tolist()
        edges = zip(CORNERS, old, new, corner_texts(new), strict=True)
        if "bndbox" in change.fields:  # its corners were understood from something else
            present = [child.tag for child in element.findall("bndbox")[:1] for child in child]
            absent = [name for name in CORNERS if name not in present]
            change = replace(change, fields=(*change.fields, *absent))
        self._set_numbers(element, "bndbox", edges, change, place)

    def _rename(self, element: Element, change: Change, place: str) -> None:
        """Give the elements of a record the tags that readers look for."""
        if TAG in change.fields:
            for odd in odd_tags(element, self.page.written):
                self.page.rename(odd, place)

    def _add_object(self, row: int) -> None:
        place = f"{self.name}: a new object"
        images, boxes, root = self.changed.images, self.changed.boxes, self.page.root
        image = int(boxes.image[row])
        if image == MISSING or images.file[image] != boxes.file[row]:
            raise FixError(f"{place}: it belongs in the file of its image")
        edges = boxes.xyxy[row].tolist()
        if not all(map(math.isfinite, edges)):
            raise FixError(f"{place}: its corners {edges} are not finite")
        content = object_content(
            self._label(row, place), corner_texts(edges), difficult=bool(boxes.difficult[row])
        )
        after = (OBJECT,) if root.find(OBJECT) is not None else [child.tag for child in root]
        self.page.insert(root, OBJECT, content, after, place)

    def _set_numbers(
        self,
        parent: Element,
        tag: str,
        numbers: Iterable[tuple[str, float, float, str]],  # tag, old, new and its text
        change: Change,
        place: str,
    ) -> None:
        """Write the numbers that differ, or were a problem; the others stay as they are written."""
        wanted = {}
        for name, old, new, text in numbers:
            same = new == old or (math.isnan(new) and math.isnan(old))
            if not same or name in change.fields:
                if not math.isfinite(new):
                    raise FixError(
                        f"{place}: {name} would be {new}, which is no number to train on"
                    )
                wanted[name] = text
        holders = parent.findall(tag)
        if not holders and wanted:
            after = _before(parent.tag, tag)
            self.page.insert(parent, tag, list(wanted.items()), after, place)
            return
        if tag in change.fields:
            self._drop_spares(parent, tag, place)
        for name, text in wanted.items():
            self._set(holders[0], name, text, change, place)

    def _set(self, parent: Element, tag: str, text: str, change: Change, place: str) -> None:
        """Make `text` the content of the child that counts, which is the first with its tag."""
        if not is_writable(text):
            raise FixError(f"{place}: XML cannot hold the characters of {tag} {text!r}")
        child = parent.find(tag)
        if child is None:
            self.page.insert(parent, tag, text, _before(parent.tag, tag), place)
            return
        if child.text != text:
            self.page.write(child, text, place)
        if tag in change.fields:
            self._drop_spares(parent, tag, place)

    def _drop_spares(self, parent: Element, tag: str, place: str) -> None:
        for spare in parent.findall(tag)[1:]:
            self.page.drop(spare, place)

    def _label(self, row: int, place: str) -> str:
        label = int(self.changed.boxes.label[row])
        name = str(self.changed.categories.name[label]) if label != MISSING else ""
        if not name.strip() or not is_writable(name):
            raise FixError(f"{place}: {name!r} is no class name that Pascal VOC can hold")
        return name

    def _object(self, row: int) -> Element:
        objects = self.page.root.findall(OBJECT)
        record = int(self.original.boxes.record[row])
        if record >= len(objects):
            raise FixError(
                f"{self._place(row)}: not there; was the file changed since it was read?"
            )
        return objects[record]

    def _place(self, row: int) -> str:
        return f"{self.name}: object {self.original.boxes.record[row]}"


def _before(parent: str, tag: str) -> tuple[str, ...]:
    """The tags that stand before `tag` in a parent."""
    order = _ORDER[parent]
    return order[: order.index(tag)]


def _refuse_others(change: Change, known: Mapping[str, tuple[str, ...]], what: str) -> None:
    names = {name for column, fields in known.items() for name in (column, *fields)}
    for name in change.fields:
        if name not in names:
            raise FixError(f"{what} of Pascal VOC has no {name}")
