"""Tables built record by record, for formats that are read only.

A format that is read only says what is in its files (`add_file`, `add_image`, `add_box`) and what
it could not read of them (`problems`); images, sizes, classes and masks are then the same for all.
Those that are patched have columns of their own, which keep where everything stands.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.boxes.orientations import ON_ITS_SIDE
from labelaudit.core.columns import MISSING, Bools, Floats, Texts, texts
from labelaudit.core.ids import Ids
from labelaudit.dataset.tables import (
    Boxes,
    Categories,
    Dataset,
    Files,
    Headers,
    Images,
    ProblemKind,
    RecordType,
    SplitMembership,
)
from labelaudit.images.headers import read_headers
from labelaudit.images.locate import with_endings
from labelaudit.images.nearby import FoundImages, found_images
from labelaudit.io.formats.assumed_sizes import STAND_IN, assumption
from labelaudit.io.formats.attributes import AttributeNotes
from labelaudit.io.formats.box_record import BoxRecord, corners, keypoints, masks
from labelaudit.io.formats.four_numbers import OpenNumbers, settled
from labelaudit.io.formats.odd_values import odd_writing
from labelaudit.io.formats.places import RecordPlaces, wanted_places
from labelaudit.io.formats.problems import FieldProblem, ProblemNotes
from labelaudit.io.formats.unheld import JOINTS, Unheld
from labelaudit.io.formats.values import number, shown, with_numbers

_SPLIT = re.compile("train|val|test", re.IGNORECASE)

UNKNOWN = (math.nan, math.nan)
"""The width and height of an image whose labels do not say them: they are read from its file."""

NAMED = 3
"""Places that a note of several names; a choice."""


@dataclass
class DatasetBuilder:
    """The records of a dataset so far, and what does not fit into any column."""

    format: str  # its name
    root: Path  # the folder that paths of files are relative to
    problems: ProblemNotes = field(default_factory=ProblemNotes)
    notes: list[str] = field(default_factory=list)  # of `Dataset`
    unheld: Unheld = field(default_factory=Unheld)  # what files say that no table holds
    told: AttributeNotes = field(default_factory=AttributeNotes)  # the same, word for word
    places: RecordPlaces | None = field(default_factory=wanted_places)  # where records stand
    # Where images lie as the format declares, if the user names no folder; else near the root.
    folders: list[Path] = field(default_factory=list)
    four: OpenNumbers = field(default_factory=OpenNumbers)  # boxes to be read as what they are
    _files: list[str] = field(default_factory=list)
    _images: list[tuple[int, int, str, tuple[float, float], Any]] = field(default_factory=list)
    _members: list[tuple[str, int]] = field(default_factory=list)  # split, image
    _classes: dict[str, tuple[Any, int, int]] = field(default_factory=dict)  # id, file, record
    _boxes: list[tuple[int, int, BoxRecord]] = field(default_factory=list)  # file, image
    _joints: dict[str, int] = field(default_factory=dict)  # keypoints that a class declares
    _other_names: dict[int, str] = field(default_factory=dict)  # by image
    _places: dict[str, list[tuple[int, str]]] = field(default_factory=dict)  # file, place

    def add_file(self, path: str) -> int:
        """Take in a source file, by its path relative to the root; its row in Files."""
        self._files.append(path)
        return len(self._files) - 1

    def add_image(
        self,
        file: int,
        name: str,
        *,
        record: int = 0,
        size: tuple[float, float] = UNKNOWN,
        id: Any = None,  # noqa: A002  # the word of the field
        split: str = "",
        other_name: str = "",
    ) -> int:
        """Take in an image; its row in Images.

        Parameters
        ----------
        file:
            the row of its source file.
        name:
            as its source file writes it, with or without an ending; empty if it does not.
        record:
            its position among the images of that file.
        size:
            width and height in pixels; NaN where they are not said.
        id:
            as its source file writes it; None if it has none.
        split:
            the split that it is in; empty if in none.
        other_name:
            what it is called where no file of that name is found, but one of this is.
        """
        self._images.append((file, record, name, size, id))
        if other_name and other_name != name:
            self._other_names[len(self._images) - 1] = other_name
        if split:
            self._members.append((split, len(self._images) - 1))
        return len(self._images) - 1

    def add_category(
        self,
        name: str,
        *,
        id: Any = None,  # noqa: A002  # the word of the field
        file: int = MISSING,
        record: int = MISSING,
        keypoints: int = 0,
    ) -> None:
        """Take in a class that a file lists; others are taken in with their first object.

        Parameters
        ----------
        name:
            of the class.
        id:
            as the file writes it; None if it has none.
        file:
            the row of the file that lists it.
        record:
            its position in that list.
        keypoints:
            how many it declares.
        """
        self._classes.setdefault(name, (id, file, record))
        if keypoints and name not in self._joints:
            self._joints[name] = keypoints
            self.unheld.count(JOINTS, [name])

    def add_box(self, file: int, image: int, box: BoxRecord) -> int:
        """Take in an object of an image; its row in Boxes.

        Parameters
        ----------
        file:
            the row of its source file.
        image:
            the row of its image; MISSING if there is no such image.
        box:
            the object.
        """
        if box.label:
            self.add_category(box.label)
        self._boxes.append((file, image, box))
        return len(self._boxes) - 1

    @property
    def next_image(self) -> int:
        """The row that the next image will have."""
        return len(self._images)

    @property
    def next_box(self) -> int:
        """The row that the next object will have."""
        return len(self._boxes)

    def unreadable_file(self, file: int, why: str) -> None:
        """Note that nothing of a file could be read, and why."""
        self.problems.note_file(file, FieldProblem(ProblemKind.UNREADABLE, "", shown(why)))

    def unreadable_record(self, part: RecordType, file: int, record: int, value: Any) -> None:
        """Note a record that is none.

        Parameters
        ----------
        part:
            what kind of record it should be.
        file:
            the row of its file.
        record:
            its position there.
        value:
            what stands there.
        """
        what = FieldProblem(ProblemKind.UNREADABLE, "", shown(value))
        self.problems.note(part, what, file=file, record=record)
        self.place(part, record, value)

    def place(self, part: RecordType, record: int, *values: Any) -> None:
        """Say what a record is made of, for those who ask where it stands in its file.

        Parameters
        ----------
        part:
            what kind of record it is.
        record:
            its position in its file.
        values:
            objects of JSON, or elements of XML, as they were read; of several the first that is.
        """
        if self.places is not None:
            self.places.note(part, record, *values)

    def odd_field(
        self, part: RecordType, name: str, value: Any, *, file: int, record: int, row: int
    ) -> None:
        """Note a field that is missing (None) or was not understood.

        Parameters
        ----------
        part:
            what kind of record it is of.
        name:
            of the field, as the file writes it.
        value:
            what stands there.
        file:
            the row of its file.
        record:
            the position of its record there.
        row:
            the row of its record in the table of `part`.
        """
        kind = ProblemKind.MISSING_FIELD if value is None else ProblemKind.UNREADABLE_FIELD
        what = FieldProblem(kind, name, "" if value is None else shown(value))
        self.problems.note(part, what, file=file, record=record, row=row)

    def numbers(
        self, values: Mapping[str, Any], *, file: int, record: int
    ) -> list[float] | None:  # Any: whatever stands there
        """The numbers of the object that is taken in next; None if one is none, which is noted.

        A number that is written as text, with a unit or a decimal comma, is understood, and noted.

        Parameters
        ----------
        values:
            what stands in its fields, by their names.
        file:
            the row of its file.
        record:
            its position there.
        """
        known = {name: number(value) for name, value in values.items()}
        for name, value in values.items():
            if known[name] is not None:
                continue
            known[name] = number(with_numbers(value))
            if known[name] is None:
                place = {"file": file, "record": record, "row": self.next_box}
                self.odd_field(RecordType.BOX, name, value, **place)
            else:
                odd_writing(self, name, value, file=file, record=record)
        numbers = [one for one in known.values() if one is not None]
        return numbers if len(numbers) == len(values) else None

    def leave_out(self, what: str, file: int, place: str) -> None:
        """Say in a note of the dataset that something is there and was not read.

        Parameters
        ----------
        what:
            several of its kind and why, in words: `points, which have no box`.
        file:
            the row of its file.
        place:
            where it is in that file.
        """
        self.gather(f"left out: {what}", file, place)

    def gather(self, what: str, file: int, place: str) -> None:
        """Say something of several places in one note of the dataset, which counts them.

        Parameters
        ----------
        what:
            is to be said.
        file:
            the row of the file.
        place:
            where it is in that file.
        """
        self._places.setdefault(what, []).append((file, place))

    def _gathered(self) -> Iterator[str]:
        for what, places in self._places.items():
            named = [f"{self._files[file]}: {place}" for file, place in places[:NAMED]]
            more = ", ..." if len(places) > NAMED else ""
            yield f"{what}: {len(places):,} ({', '.join(named)}{more})"

    def _located(self, given: Sequence[Path]) -> tuple[Texts, FoundImages]:
        """The names of images with their endings, and where they are."""
        names = texts(name for _, _, name, _, _ in self._images)
        found = found_images(names, self.root, given, self.folders)
        lost = [row for row in self._other_names if not found.paths[row]]
        if not lost:
            return with_endings(names, found.paths), found
        others = texts(self._other_names[row] for row in lost)
        second = found_images(others, self.root, given or found.folders, self.folders)
        told, paths = names.tolist(), found.paths.tolist()
        for row, name, path in zip(lost, others.tolist(), second.paths.tolist(), strict=True):
            if path:
                told[row], paths[row] = name, path
        found = FoundImages(texts(paths), found.folders or second.folders)
        return with_endings(texts(told), found.paths), found

    def placed_boxes(self) -> Iterator[tuple[str, BoxRecord]]:
        """Each object with the absolute path of its file."""
        paths = [os.path.normpath(self.root / path) for path in self._files]
        return ((paths[file], box) for file, _, box in self._boxes)

    def placed_images(self) -> Iterator[tuple[str, int]]:
        """The absolute path of the file of each image, and its position there."""
        paths = [os.path.normpath(self.root.absolute() / path) for path in self._files]
        return ((paths[file], record) for file, record, *_ in self._images)

    def dataset(self, image_folders: Sequence[Path], *, polygon_validity: bool = True) -> Dataset:
        """Everything that was taken in, as tables.

        Parameters
        ----------
        image_folders:
            where images are looked for; in `folders` if there are none.
        polygon_validity:
            whether to look for self-crossing polygons.
        """
        names, found = self._located(image_folders)
        stated = np.array([size for *_, size, _ in self._images], np.float64).reshape(-1, 2)
        headers, size, assumed = _sizes(stated, found.paths)
        file = np.array([file for file, *_ in self._boxes], np.int32)
        image = np.array([image for _, image, _ in self._boxes], np.int32)
        boxes = [box for _, _, box in self._boxes]
        fractions = np.array([box.fractions for box in boxes], bool)
        if not fractions[np.isin(image, np.flatnonzero(assumed))].any():
            size[assumed] = np.nan
            assumed[:] = False
        image_size = np.vstack([size, [[np.nan] * 2]])[image]
        scale = np.where(fractions[:, None], image_size, 1.0)
        label = {name: row for row, name in enumerate(self._classes)} | {"": MISSING}
        splits = tuple(dict.fromkeys(split for split, _ in self._members))
        if len(splits) == len(self._members) and not any(map(_SPLIT.search, splits)):
            splits, self._members = (), []  # there is a file for each image
        dataset = Dataset(
            format=self.format,
            root=self.root,
            files=Files.of(len(self._files), path=texts(self._files)),
            images=Images.of(
                len(self._images),
                file=[file for file, *_ in self._images],
                record=[record for _, record, *_ in self._images],
                id=Ids.of([one for *_, one in self._images]),
                name=names,
                path=found.paths,
                size=size,
                assumed=assumed,
            ),
            categories=Categories.of(
                len(self._classes),
                name=texts(self._classes),
                id=Ids.of([one for one, _, _ in self._classes.values()]),
                file=[file for _, file, _ in self._classes.values()],
                record=[record for *_, record in self._classes.values()],
                keypoints=[self._joints.get(name, 0) for name in self._classes],
            ),
            boxes=Boxes.of(
                len(boxes),
                file=file,
                record=[box.record for box in boxes],
                id=Ids.of([box.id for box in boxes]),
                image=image,
                label=[label[box.label] for box in boxes],
                xyxy=corners(boxes) * np.hstack([scale, scale]),
                crowd=[box.crowd for box in boxes],
                difficult=[box.difficult for box in boxes],
            ),
            masks=masks(boxes, scale, image_size, validity=polygon_validity),
            keypoints=keypoints(boxes, scale),
            problems=self.problems.by_place(),
            splits=splits,
            split_members=SplitMembership.of(
                len(self._members),
                split=[splits.index(split) for split, _ in self._members],
                image=[image for _, image in self._members],
            ),
            image_folders=found.folders,
            headers=headers,
            notes=(*self.notes, *self._gathered(), *assumption(assumed)),
        )
        return settled(dataset, self.four)


def _sizes(stated: Floats, paths: Any) -> tuple[Headers, Floats, Bools]:
    """The headers that were read, sizes as images are shown (n, 2), and which of them are assumed.

    No header is read if the labels say all sizes.
    """
    unknown = ~((stated[:, 0] > 0) & (stated[:, 1] > 0)) & np.isnan(stated).any(axis=1)
    if not unknown.any():
        return Headers.empty(), stated, unknown
    headers = read_headers(paths)
    turned = headers.orientation >= ON_ITS_SIDE
    read = np.where(turned[:, None], headers.size[:, ::-1], headers.size)
    size = np.where(unknown[:, None], read, stated)
    assumed: Bools = np.isnan(size[:, 0]) | np.isnan(size[:, 1])
    return headers, np.where(assumed[:, None], STAND_IN, size), assumed
