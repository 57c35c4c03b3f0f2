"""Tables built record by record, for formats that are read only.

A format that is read only says what is in its files (`add_file`, `add_image`, `add_box`) and what
it could not read of them (`problems`); images, sizes, classes and masks are then the same for all.
Those that are patched have columns of their own, which keep where everything stands.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Floats, texts
from labelaudit.core.ids import Ids
from labelaudit.dataset.format_facts import FormatFacts
from labelaudit.dataset.masks import polygon_masks
from labelaudit.dataset.shapes import Shape
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
from labelaudit.images.files import locate
from labelaudit.images.headers import read_headers
from labelaudit.io.formats import Format
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.problems import FieldProblem, ProblemNotes
from labelaudit.io.formats.values import shown

UNKNOWN = (math.nan, math.nan)
"""The width and height of an image whose labels do not say them: they are read from its file."""

STAND_IN = 640.0
"""Width and height that fractions are multiplied by where the image is not at hand; as for YOLO."""

ON_ITS_SIDE = 5
"""The first EXIF orientation in which an image is shown with width and height exchanged."""


@dataclass(frozen=True)
class BoxRecord:
    """One labelled object as a file has it."""

    label: str  # the name of its class; empty if it has none that can be read
    xyxy: Sequence[float] | None  # left, top, right, bottom; None if unknown
    record: int  # its position among all objects of its file, whatever image they are in
    polygons: Sequence[Sequence[float]] = ()  # x, y, x, y, ... for each part
    fractions: bool = False  # coordinates are fractions of width and height, not pixels
    crowd: bool = False  # a region of many objects
    difficult: bool = False  # not to be judged
    id: Any = None  # Any: whatever the file writes


@dataclass
class DatasetBuilder:
    """The records of a dataset so far, and what does not fit into any column."""

    format: str  # its name
    root: Path  # the folder that paths of files are relative to
    problems: ProblemNotes = field(default_factory=ProblemNotes)
    notes: list[str] = field(default_factory=list)  # of `Dataset`
    _files: list[str] = field(default_factory=list)
    _images: list[tuple[int, int, str, tuple[float, float], Any]] = field(default_factory=list)
    _members: list[tuple[str, int]] = field(default_factory=list)  # split, image
    _classes: dict[str, tuple[Any, int, int]] = field(default_factory=dict)  # id, file, record
    _boxes: list[tuple[int, int, BoxRecord]] = field(default_factory=list)  # file, image

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
    ) -> int:
        """Take in an image; its row in Images.

        Parameters
        ----------
        file:
            the row of its source file.
        name:
            as its source file writes it; empty if it does not.
        record:
            its position among the images of that file.
        size:
            width and height in pixels; NaN where they are not said.
        id:
            as its source file writes it; None if it has none.
        split:
            the split that it is in; empty if in none.
        """
        self._images.append((file, record, name, size, id))
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
        """
        self._classes.setdefault(name, (id, file, record))

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

    def placed_boxes(self) -> Iterator[tuple[str, BoxRecord]]:
        """Each object with the absolute path of its file."""
        paths = [os.path.normpath(self.root / path) for path in self._files]
        return ((paths[file], box) for file, _, box in self._boxes)

    def dataset(self, image_folders: Sequence[Path], *, polygon_validity: bool = True) -> Dataset:
        """Everything that was taken in, as tables.

        Parameters
        ----------
        image_folders:
            where images are looked for; beneath the root if there are none.
        polygon_validity:
            whether to look for self-crossing polygons.
        """
        names = texts(name for _, _, name, _, _ in self._images)
        folders = list(image_folders) or [self.root]
        paths = locate(names, folders)
        stated = np.array([size for *_, size, _ in self._images], np.float64).reshape(-1, 2)
        headers, size, assumed = _sizes(stated, paths)
        file = np.array([file for file, *_ in self._boxes], np.int32)
        image = np.array([image for _, image, _ in self._boxes], np.int32)
        boxes = [box for _, _, box in self._boxes]
        fractions = np.array([box.fractions for box in boxes], bool)
        if not fractions[np.isin(image, np.flatnonzero(assumed))].any():
            size[assumed] = np.nan
            assumed[:] = False
        scale = np.where(fractions[:, None], np.vstack([size, [[np.nan] * 2]])[image], 1.0)
        masks = _masks(boxes, scale, validity=polygon_validity)
        label = {name: row for row, name in enumerate(self._classes)} | {"": MISSING}
        splits = tuple(dict.fromkeys(split for split, _ in self._members))
        return Dataset(
            format=self.format,
            root=self.root,
            files=Files.of(len(self._files), path=texts(self._files)),
            images=Images.of(
                len(self._images),
                file=[file for file, *_ in self._images],
                record=[record for _, record, *_ in self._images],
                id=Ids.of([one for *_, one in self._images]),
                name=names,
                path=paths,
                size=size,
                assumed=assumed,
            ),
            categories=Categories.of(
                len(self._classes),
                name=texts(self._classes),
                id=Ids.of([one for one, _, _ in self._classes.values()]),
                file=[file for _, file, _ in self._classes.values()],
                record=[record for *_, record in self._classes.values()],
            ),
            boxes=Boxes.of(
                len(boxes),
                file=file,
                record=[box.record for box in boxes],
                id=Ids.of([box.id for box in boxes]),
                image=image,
                label=[label[box.label] for box in boxes],
                xyxy=_corners(boxes) * np.hstack([scale, scale]),
                crowd=[box.crowd for box in boxes],
                difficult=[box.difficult for box in boxes],
            ),
            masks=masks,
            problems=self.problems.by_place(),
            splits=splits,
            split_members=SplitMembership.of(
                len(self._members),
                split=[splits.index(split) for split, _ in self._members],
                image=[image for _, image in self._members],
            ),
            image_folders=tuple(folders),
            headers=headers,
            notes=tuple(self.notes),
        )


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


def _corners(boxes: Sequence[BoxRecord]) -> Floats:
    return np.array([box.xyxy or [math.nan] * 4 for box in boxes], np.float64).reshape(-1, 4)


def _masks(boxes: Sequence[BoxRecord], scale: Floats, *, validity: bool) -> Any:
    rows = [row for row, box in enumerate(boxes) if box.polygons]
    polygons = [
        [(np.reshape(part, (-1, 2)) * scale[row]).ravel().tolist() for part in boxes[row].polygons]
        for row in rows
    ]
    return polygon_masks(polygons, validity=validity).replaced(box=np.array(rows, np.int32))


def extent(points: Sequence[Sequence[float]]) -> list[float] | None:
    """Left, top, right, bottom of points, (n, 2); None without any.

    >>> extent([[3, 1], [0, 2]])
    [0, 1, 3, 2]
    """
    if not points:
        return None
    xs, ys = zip(*points, strict=True)
    return [min(xs), min(ys), max(xs), max(ys)]


Read = Callable[[Path], DatasetBuilder]
"""Reads what is at a path, a file or a folder.

Raises `FormatError` only if the path cannot be of the format at all.
"""


@dataclass(frozen=True)
class ReadOnly:
    """A format that is read only: what `Format` needs, made from a function that reads."""

    name: str
    summary: str  # what it is, in a line
    evidence: Callable[[PathSample], FormatEvidence | None]  # see `Format.evidence`
    read: Read
    facts: Mapping[str, Any] = field(default_factory=dict)  # of FormatFacts
    folder: bool = True

    def format(self) -> Format:
        """The format to be registered."""
        return Format(
            self.name,
            self.summary,
            self.evidence,
            self.load,
            facts=FormatFacts(**self.facts),
            shapes=self.shapes,
            folder=self.folder,
        )

    def load(
        self, path: Path, image_folders: Sequence[Path], *, polygon_validity: bool = True
    ) -> Dataset:
        """The dataset at a path; see `Format.load`.

        Parameters
        ----------
        path:
            a file or a folder.
        image_folders:
            where the images are; looked for beneath the root if there are none.
        polygon_validity:
            whether to look for self-crossing polygons.

        Raises
        ------
        FormatError
            if the path cannot be of the format at all.
        """
        built = self.read(path.absolute())
        return built.dataset(image_folders, polygon_validity=polygon_validity)

    def shapes(self, dataset: Dataset) -> Iterator[tuple[int, Shape]]:
        """The polygons of a dataset that was loaded, read again from its files."""
        boxes, root = dataset.boxes, dataset.root.absolute()
        paths = [str(root / path) for path in dataset.files.path.tolist()]
        masked = np.unique(dataset.masks.box)
        masked = masked[(boxes.record[masked] != MISSING) & (boxes.image[masked] != MISSING)]
        wanted = {
            (os.path.normpath(paths[file]), record): row
            for file, record, row in zip(
                boxes.file[masked].tolist(),
                boxes.record[masked].tolist(),
                masked.tolist(),
                strict=True,
            )
        }
        for source in dataset.sources if wanted else ():
            for path, box in self.read(source.absolute()).placed_boxes():
                row = wanted.get((path, box.record))
                if row is not None and box.polygons:
                    size = dataset.images.size[boxes.image[row]] if box.fractions else 1.0
                    parts = [np.asarray(part, np.float64).reshape(-1, 2) for part in box.polygons]
                    yield row, Shape(tuple(part * size for part in parts))
