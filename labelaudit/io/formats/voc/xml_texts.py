"""What the elements of annotations say, as text, collected file by file.

Nothing is understood here: `tables` does that, a column at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, repeat
from typing import TYPE_CHECKING

from labelaudit.core.columns import MISSING
from labelaudit.dataset.format_facts import WHOLE_TEXT
from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.io.formats.problems import FieldProblem, ProblemNotes
from labelaudit.io.formats.voc.values import CORNERS

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from labelaudit.io.formats.voc.markup import Markup, XmlFault

ROOT = "annotation"
OBJECT = "object"

Column = list[str | None]  # the text of a field in each record; None where the field is absent

_SHORT = 80
_OF_IMAGE, _OF_OBJECT = 3, 2 + len(CORNERS)  # fields of each
_NO_EDGES: Column = [None] * len(CORNERS)


@dataclass
class Texts:
    """What the annotations say: an entry in each list for an image, or for an object."""

    image_file: list[int] = field(default_factory=list)
    filename: Column = field(default_factory=list)
    width: Column = field(default_factory=list)
    height: Column = field(default_factory=list)

    image: list[int] = field(default_factory=list)
    record: list[int] = field(default_factory=list)
    name: Column = field(default_factory=list)
    difficult: Column = field(default_factory=list)
    corners: tuple[Column, ...] = field(default_factory=lambda: tuple([] for _ in CORNERS))

    problems: ProblemNotes = field(default_factory=ProblemNotes)
    excused: set[tuple[RecordType, int, str]] = field(default_factory=set)
    """Fields that a record cannot have, because what they would be in is missing or cut off."""

    def add(self, file: int, markup: Markup) -> int:
        """Take in one file, and return the row of its image; MISSING if it is no annotation."""
        root = markup.root
        if root is None or root.tag != ROOT:
            words = f"its root is <{root.tag}>, not <{ROOT}>" if root is not None else ""
            if markup.fault:
                self._note_fault(file, markup.fault, 0)
            else:
                self.note_file(file, ProblemKind.UNREADABLE, words)
            return MISSING
        objects = root.findall(OBJECT)
        image = self._add_image(file, root, whole=markup.fault is None)
        if markup.fault:
            self._note_fault(file, markup.fault, len(objects))
        self._note_text(file, markup)
        first = len(self.record)
        for record, element in enumerate(objects):
            if fault := markup.broken.get(record):
                self._note_fault(file, fault, record)
            else:
                self._add_object(image, record, element)
        if markup.written:
            well = [one for record, one in enumerate(objects) if record not in markup.broken]
            self._note_tags(image, root, well, first, markup.written)
        return image

    def add_plain(self, file: int, values: Sequence[str | None]) -> int:
        """Take in a file by its `plain_values`, with nothing to note; the row of its image."""
        for column, value in zip(self.columns[:_OF_IMAGE], values[:_OF_IMAGE], strict=True):
            column.append(value)
        for place, column in enumerate(self.columns[_OF_IMAGE:], start=_OF_IMAGE):
            column.extend(values[place::_OF_OBJECT])
        self.added(file, [(len(values) - _OF_IMAGE) // _OF_OBJECT])
        return len(self.image_file) - 1

    def added(self, file: int, objects: Sequence[int]) -> None:
        """Note where the fields come from that `columns` have of one file after the other.

        Parameters
        ----------
        file:
            row in Files of the first of them.
        objects:
            how many each has.
        """
        images = range(len(self.image_file), len(self.image_file) + len(objects))
        self.image_file += range(file, file + len(objects))
        self.image += chain.from_iterable(map(repeat, images, objects))
        self.record += chain.from_iterable(map(range, objects))

    def plain_values(self) -> list[str | None]:
        """The fields of the only image, then those of one object after the other."""
        of_image = [value for column in self.columns[:_OF_IMAGE] for value in column]
        return of_image + [
            value for row in zip(*self.columns[_OF_IMAGE:], strict=True) for value in row
        ]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The fields of images, then those of objects."""
        return (
            *(self.filename, self.width, self.height),
            *(self.name, self.difficult, *self.corners),
        )

    def note(
        self, part: RecordType, row: int, kind: ProblemKind, name: str, found: str = ""
    ) -> None:
        """Something is wrong with a field of an image or an object.

        Parameters
        ----------
        part:
            image or object.
        row:
            its row in the table of `part`.
        kind:
            what is wrong.
        name:
            the field.
        found:
            what stands there; shortened.
        """
        image = row if part is RecordType.IMAGE else self.image[row]
        record = 0 if part is RecordType.IMAGE else self.record[row]
        problem = FieldProblem(kind, name, shortened(found))
        self.problems.note(part, problem, file=self.image_file[image], record=record, row=row)

    def note_file(self, file: int, kind: ProblemKind, found: str) -> None:
        """Something is wrong with a whole file.

        Parameters
        ----------
        file:
            row in Files.
        kind:
            what is wrong.
        found:
            words about it; shortened.
        """
        self.problems.note_file(file, FieldProblem(kind, "", shortened(found)))

    def _note_text(self, file: int, markup: Markup) -> None:
        said = []
        if markup.mended:
            said.append(f"no XML ({', '.join(markup.mended)}), at which other readers stop")
        if markup.namespace:
            name = shortened(markup.namespace)
            said.append(f"in the namespace {name}, in which other readers find nothing")
        for words in said:
            problem = FieldProblem(ProblemKind.WRONG_TYPE, WHOLE_TEXT, words)
            self.problems.note_file(file, problem)

    def _note_fault(self, file: int, fault: XmlFault, record: int) -> None:
        if fault.inside != OBJECT:
            self.note_file(file, fault.kind, fault.found)
            return
        problem = FieldProblem(fault.kind, "", shortened(fault.found))
        self.problems.note(RecordType.BOX, problem, file=file, record=record)

    def _add_image(self, file: int, root: Element, *, whole: bool) -> int:
        image = len(self.filename)
        size = root.find("size")
        self.image_file.append(file)
        self.filename.append(root.findtext("filename"))
        self.width.append(None if size is None else size.findtext("width"))
        self.height.append(None if size is None else size.findtext("height"))
        if not whole:
            self._excuse(RecordType.IMAGE, image, ("filename", "width", "height"))
        elif size is None:
            self._excuse(RecordType.IMAGE, image, ("width", "height"))
            self.note(RecordType.IMAGE, image, ProblemKind.MISSING_FIELD, "size")
        self._note_repeated(RecordType.IMAGE, image, root, ("filename", "size"))
        if size is not None:
            self._note_repeated(RecordType.IMAGE, image, size, ("width", "height"))
        return image

    def _add_object(self, image: int, record: int, element: Element) -> None:
        names = element.findall("name")
        flags = element.findall("difficult")
        boxes = element.findall("bndbox")
        edges = [boxes[0].findtext(name) for name in CORNERS] if boxes else _NO_EDGES
        row = len(self.record)
        self.image.append(image)
        self.record.append(record)
        self.name.append((names[0].text or "") if names else None)
        self.difficult.append((flags[0].text or "") if flags else None)
        for column, edge in zip(self.corners, edges, strict=True):
            column.append(edge)
        if len(names) > 1 or len(flags) > 1 or len(boxes) > 1:
            self._note_repeated(RecordType.BOX, row, element, ("name", "difficult", "bndbox"))
        if not boxes:
            self._take_other_box(row, element, ProblemKind.MISSING_FIELD)
        elif None in edges or len(boxes[0]) > len(CORNERS):
            self._take_odd_box(row, element, boxes[0])

    def _note_tags(
        self,
        image: int,
        root: Element,
        objects: list[Element],
        first: int,
        written: Mapping[Element, str],
    ) -> None:
        from labelaudit.io.formats.voc.tags import TAG, odd_tags  # noqa: PLC0415  # rarely asked

        records = [(RecordType.IMAGE, image, root)]
        records += [(RecordType.BOX, first + row, one) for row, one in enumerate(objects)]
        for part, row, element in records:
            tags = dict.fromkeys(f"<{written[odd]}>" for odd in odd_tags(element, written))
            if tags:
                self.note(part, row, ProblemKind.WRONG_TYPE, TAG, ", ".join(tags))

    def _take_odd_box(self, row: int, element: Element, box: Element) -> None:
        self._note_repeated(RecordType.BOX, row, box, CORNERS)
        tags = [child.tag for child in box]
        if not set(CORNERS) & set(tags):
            found = ", ".join(tags)
            self._take_other_box(row, element, ProblemKind.UNREADABLE_FIELD, found)

    def _take_other_box(
        self, row: int, element: Element, kind: ProblemKind, found: str = ""
    ) -> None:
        """Take the corners of an object from whatever else says them; say so, or what is wrong.

        Parameters
        ----------
        row:
            of the object.
        element:
            the object.
        kind:
            what is wrong if nothing says them.
        found:
            what stands in their place.
        """
        self._excuse(RecordType.BOX, row, CORNERS)
        from labelaudit.io.formats.voc.other_boxes import other_box  # noqa: PLC0415  # rarely asked

        other = other_box(element)
        if other is None:
            self.note(RecordType.BOX, row, kind, "bndbox", found)
            return
        for column, edge in zip(self.corners, other.edges, strict=True):
            column[row] = edge
        self.note(RecordType.BOX, row, ProblemKind.WRONG_TYPE, "bndbox", other.found)

    def _excuse(self, part: RecordType, row: int, names: tuple[str, ...]) -> None:
        self.excused.update((part, row, name) for name in names)

    def _note_repeated(
        self, part: RecordType, row: int, parent: Element, names: tuple[str, ...]
    ) -> None:
        for name in names:
            same = parent.findall(name)
            if len(same) > 1:
                found = ", ".join(_all_text(element) for element in same)
                self.note(part, row, ProblemKind.DUPLICATE_KEY, name, found)


def _all_text(element: Element) -> str:
    """What stands in an element and in those that it holds, with spaces between."""
    return " ".join(text.strip() for text in element.itertext() if text.strip())


def shortened(text: str) -> str:
    """`text`, with an ellipsis for what is beyond 80 characters."""
    return text if len(text) <= _SHORT else text[: _SHORT - 3] + "..."
