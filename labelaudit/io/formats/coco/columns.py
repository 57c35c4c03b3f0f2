"""Image and class records of a COCO file, collected as columns while the file is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import numpy as np

from labelaudit.core.columns import Floats, texts
from labelaudit.core.ids import Ids
from labelaudit.core.table_builder import TableBuilder
from labelaudit.dataset.tables import Categories, Images
from labelaudit.io.formats.coco.decoders import Decoders
from labelaudit.io.formats.coco.decoding import (
    NOT_DECLARED,
    names_each_key_once,
    quotes_of_texts,
    utf8,
)
from labelaudit.io.formats.coco.pieces import Element, ListPiece
from labelaudit.io.formats.coco.records import (
    Image,
    UnnamedImage,
    name_in_url,
    tolerant_category,
    tolerant_image,
)
from labelaudit.io.formats.coco.scanner import scanned_images
from labelaudit.io.formats.problems import FieldProblem

NAME = b'"file_name"'
"""The key of an image's name, which images of LVIS do not have."""

_DECODER = msgspec.json.Decoder(list[Image])
_UNNAMED = msgspec.json.Decoder(list[UnnamedImage])


class ImageRecords:
    """The image records of one file."""

    def __init__(self, decoders: Decoders) -> None:
        self.count = 0  # records so far, readable or not
        self.rows = 0
        self.addressed = 0  # images without a name, which are called as their address ends
        self._decoders = decoders
        self._stack = TableBuilder(Images)
        self._loose: list[tuple[int, dict[str, Any]]] = []  # record and values, not yet stacked

    def taken(self, pieces: Iterable[ListPiece]) -> Iterator[tuple[ListPiece, bool]]:
        """Take pieces of records; of each, whether all its records were as declared."""
        for piece, images in self._decoders.decoded(pieces, declared_images):
            if images is not None:
                self.close()
                self._stack.add(images.replaced(record=images.record + np.int32(self.count)))
                self.count += len(images)
                self.rows += len(images)
                self.addressed += len(images) * (NAME not in piece.text)
            yield piece, images is not None

    def take_one(self, element: Element) -> list[FieldProblem]:
        """Take one record that is an object, and say what is not as it should be."""
        loose = tolerant_image(element.value)
        self._loose.append((self.count, loose.values))
        self.addressed += loose.values["addressed"]
        self.count += 1
        self.rows += 1
        return loose.problems

    def pass_over(self) -> None:
        """Count a record that is no object."""
        self.count += 1

    def close(self) -> None:
        """Put the records that were taken one by one on the stack."""
        if not self._loose:
            return
        loose, self._loose = self._loose, []
        sizes = [(_known(one.get("width")), _known(one.get("height"))) for _, one in loose]
        images = _images(
            Ids.of([values["id"] for _, values in loose]),
            [values.get("file_name") or "" for _, values in loose],
            np.array(sizes, np.float64),
        )
        self._stack.add(images.replaced(record=np.array([one for one, _ in loose], np.int32)))

    def table(self) -> Images:
        """The records as a table."""
        return self._stack.table()


def declared_images(text: bytes) -> Images | None:
    """The images in a piece, records counted from its start; None if one is not as declared."""
    try:
        found = scanned_images(utf8(text))
    except UnicodeDecodeError:
        return None
    return (
        decoded_images(text)
        if found is None
        else _images(Ids(found.id, {}), found.name, found.size)
    )


def decoded_images(text: bytes) -> Images | None:
    """What `declared_images` gives, by objects in Python: for any ids, and without the scanner."""
    named = NAME in text
    try:
        images = (_DECODER if named else _UNNAMED).decode(b"[" + text + b"]")
    except NOT_DECLARED:
        return None
    every = len(images)
    keys = dict.fromkeys(("id", "file_name" if named else "coco_url", "width", "height"), every)
    ids, names = [image.id for image in images], [_name(image) for image in images]
    if not all(map(str.strip, names)):  # a blank name is none
        return None
    # A file name adds two quotes, whatever else there is.
    quotes = 2 * every + quotes_of_texts(ids)
    if not names_each_key_once(text, keys, other_quotes=quotes):
        return None
    sizes = np.array([(image.width, image.height) for image in images], np.float64)
    return _images(Ids.of(ids), names, sizes)


def _name(image: Image | UnnamedImage) -> str:
    return image.file_name if isinstance(image, Image) else name_in_url(image.coco_url) or ""


def _images(ids: Ids, names: list[str], sizes: Floats) -> Images:
    count = len(ids)
    return Images.of(
        count,
        file=np.zeros(count, np.int32),
        record=np.arange(count, dtype=np.int32),
        id=ids,
        name=texts(names),
        size=sizes,
    )


def _known(side: float | None) -> float:
    return np.nan if side is None else side


LONG = 1 << 16
"""Bytes of a list of classes from which on it is long: a thousand of them; a choice."""


class _Class(msgspec.Struct, gc=False):
    """A class record without keypoints; other keys are allowed."""

    id: int
    name: str
    keypoints: msgspec.UnsetType = msgspec.UNSET


_CLASSES = msgspec.json.Decoder(list[_Class])


def _well(text: bytes) -> list[_Class] | None:
    """The class records in a piece of a list; None if something about them is to be noted."""
    try:
        classes = _CLASSES.decode(utf8(b"[" + text + b"]"))
    except NOT_DECLARED:
        return None
    # Keys that stand twice are told one by one, and so are names that are none.
    once = all(text.count(key) == len(classes) for key in (b'"id"', b'"name"'))
    return classes if once and all(one.name.strip() for one in classes) else None


class CategoryRecords:
    """The class records of one file: read tolerantly, but for lists that are long and all well."""

    def __init__(self) -> None:
        self.count = 0
        self.first_id = 0  # that the first has, if they are names by their place
        self._records: list[int] = []
        self._values: list[dict[str, Any]] = []

    @property
    def rows(self) -> int:
        """Rows so far."""
        return len(self._records)

    def taken(self, pieces: Iterable[ListPiece]) -> Iterator[tuple[ListPiece, bool]]:
        """Take the pieces of long lists that are as they should be at once."""
        for piece in pieces:
            classes = _well(piece.text) if len(piece.text) > LONG else None
            for one in classes or ():
                self._records.append(self.count)
                self._values.append({"id": one.id, "name": one.name, "keypoints": 0})
                self.count += 1
            yield piece, classes is not None

    def take_one(self, element: Element) -> list[FieldProblem]:
        """Take one record that is an object, and say what is not as it should be."""
        loose = tolerant_category(element.value)
        self._records.append(self.count)
        self._values.append(loose.values)
        self.count += 1
        return loose.problems

    def pass_over(self) -> None:
        """Count a record that is no object."""
        self.count += 1

    def close(self) -> None:
        """The list has ended; another may follow."""

    def table(self) -> Categories:
        """The records as a table."""
        return Categories.of(
            self.rows,
            file=np.zeros(self.rows),
            record=self._records,
            id=Ids.of([self._id(values["id"]) for values in self._values]),
            name=texts(values.get("name") or "" for values in self._values),
            keypoints=[values["keypoints"] for values in self._values],
        )

    def _id(self, value: Any) -> Any:  # Any: whatever JSON holds
        return value + self.first_id if self.first_id else value
