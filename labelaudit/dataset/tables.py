"""The dataset: what a format loads, rules read, fixing changes and a format saves.

Loaders represent, rules judge: a negative width, a NaN or an id that points at nothing is kept here
as it is; what no column can hold (a record that is no record, a number written as text) is a row in
`LoadProblems`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from labelaudit.core.columns import MISSING, TEXT, Bools, Floats, Ints, Rows, Texts
from labelaudit.core.ids import Ids
from labelaudit.core.later import later
from labelaudit.core.rows import row_numbers_after
from labelaudit.core.table import Table, column, ids_column, rows_column
from labelaudit.dataset.format_facts import FormatFacts

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class Files(Table):
    """One row per source file: a COCO file, a VOC XML file, a YOLO label file."""

    path: Texts = column(TEXT, fill="")  # (n,) relative to Dataset.root, with forward slashes
    # (n, 2) size, time of change in ns; -1: unknown
    stamp: Ints = column(np.int64, 2, fill=MISSING)


@dataclass(frozen=True, eq=False, repr=False)
class Images(Table):
    """One row per image record."""

    file: Rows = rows_column("files")  # (n,) row in Files
    # (n,) position in the source's list of images; 0 where it has none
    record: Rows = rows_column()
    id: Ids = ids_column()  # (n,) as the source writes it
    name: Texts = column(TEXT, fill="")  # (n,) file name as the source writes it; empty if missing
    # (n,) where the image was found on disk; empty if it was not
    path: Texts = column(TEXT, fill="")
    # (n, 2) width, height in pixels; NaN if unknown
    size: Floats = column(np.float64, 2, fill=np.nan)
    assumed: Bools = column(bool, fill=False)  # (n,) `size` is a stand-in: nobody says the true one


@dataclass(frozen=True, eq=False, repr=False)
class Categories(Table):
    """One row per class record; for formats that only name classes, one row per name."""

    file: Rows = rows_column("files")  # (n,) row in Files, MISSING where no file lists the classes
    record: Rows = rows_column()  # (n,) position in the source's list of classes
    id: Ids = ids_column()  # (n,) as the source writes it; the index for YOLO
    name: Texts = column(TEXT, fill="")  # (n,)
    keypoints: Rows = column(np.int32, fill=0)  # (n,) how many keypoints the class declares


@dataclass(frozen=True, eq=False, repr=False)
class Boxes(Table):
    """One row per labelled object."""

    file: Rows = rows_column("files")  # (n,) row in Files
    record: Rows = rows_column()  # (n,) position among the objects of its file; MISSING if added
    id: Ids = ids_column()  # (n,) as the source writes it; missing for VOC and YOLO
    # (n,) row in Images, MISSING if that image does not exist
    image: Rows = rows_column("images", cascade=True)
    # (n,) row in Categories, MISSING if that class does not exist
    label: Rows = rows_column("categories")
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (n, 4) left, top, right, bottom in pixels
    # (n,) square pixels as the source states; NaN if not
    area: Floats = column(np.float64, fill=np.nan)
    crowd: Bools = column(bool, fill=False)  # (n,) a region of many objects (COCO iscrowd)
    # (n,) not to be judged (VOC difficult, COCO ignore)
    difficult: Bools = column(bool, fill=False)

    @property
    def size(self) -> Floats:
        """Width and height, (n, 2), in pixels; negative where corners are swapped."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.xyxy[:, 2:] - self.xyxy[:, :2]


class MaskKind(IntEnum):
    """How a source writes an object's mask."""

    POLYGON = 0
    RLE = 1
    COMPRESSED_RLE = 2


class MaskFault(IntEnum):
    """The first thing that is wrong with a mask in itself."""

    NONE = 0
    UNREADABLE = 1  # neither polygons nor a run-length encoding
    EMPTY = 2  # no polygon, or no foreground
    ODD_COORDINATES = 3  # an x without its y
    TOO_FEW_POINTS = 4  # a polygon of one or two points
    NOT_FINITE = 5
    ZERO_AREA = 6
    SELF_CROSSING = 7
    RLE_SIZE = 8  # its size is not the image's
    RLE_COUNTS = 9  # its runs do not add up to its size


@dataclass(frozen=True, eq=False, repr=False)
class Masks(Table):
    """One row per object that has a mask. Points themselves stay in the source file."""

    box: Rows = rows_column("boxes", cascade=True)  # (n,) row in Boxes
    kind: Rows = column(np.uint8, fill=0)  # (n,) MaskKind
    fault: Rows = column(np.uint8, fill=0)  # (n,) MaskFault
    # (n, 4) extent of all its parts; NaN if unknown
    xyxy: Floats = column(np.float64, 4, fill=np.nan)
    # (n,) square pixels, parts added up; NaN if unknown
    area: Floats = column(np.float64, fill=np.nan)
    parts: Rows = column(np.int32, fill=0)  # (n,) polygons; 1 for a run-length encoding
    # (n,) points of all polygons; 0 for a run-length encoding
    points: Rows = column(np.int32, fill=0)


@dataclass(frozen=True, eq=False, repr=False)
class Keypoints(Table):
    """One row per object that has keypoints."""

    box: Rows = rows_column("boxes", cascade=True)  # (n,) row in Boxes
    values: Rows = column(np.int32, fill=0)  # (n,) numbers in the list: three for each keypoint
    labelled: Rows = column(np.int32, fill=0)  # (n,) keypoints whose visibility is above zero
    stated: Rows = column(np.int32, fill=MISSING)  # (n,) num_keypoints; MISSING if not given
    readable: Bools = column(bool, fill=True)  # (n,) finite numbers, visibility 0, 1 or 2
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (n, 4) extent of the labelled keypoints


class RecordType(StrEnum):
    """The tables that findings and fixes point into, by the names COCO uses."""

    FILE = "file"
    IMAGE = "images"
    CATEGORY = "categories"
    BOX = "annotations"


class RecordPlace(NamedTuple):
    """Where a record stands in the sources, whatever else is dropped or added."""

    part: RecordType
    file: int  # row in Files
    record: int  # position in the source's list; MISSING for one that is new


class ProblemKind(StrEnum):
    """What no column can hold."""

    UNREADABLE = "unreadable"  # no record of its kind; nothing of it is in a table
    TRUNCATED = "truncated"  # the file ends inside this record
    MISSING_FIELD = "missing-field"
    WRONG_TYPE = "wrong-type"  # a number written as text, say: understood, but not by every trainer
    UNREADABLE_FIELD = "unreadable-field"  # this field was not understood; the column holds nothing
    LEFT_OVER = "left-over"  # understood, but for numbers behind it that its field has no place for
    DUPLICATE_KEY = "duplicate-key"  # the key stands twice; the last one counted
    DANGLING = "dangling"  # a reference to an id that does not exist


@dataclass(frozen=True, eq=False, repr=False)
class LoadProblems(Table):
    """One row per thing in a source file that could not be represented as it should be."""

    file: Rows = rows_column("files")  # (n,) row in Files
    part: Texts = column(TEXT, fill=RecordType.FILE.value)  # (n,) a RecordType
    # (n,) position in the source's list; MISSING for the file as a whole
    record: Rows = rows_column()
    # (n,) row in the table of `part`; MISSING if the record is in none
    row: Rows = rows_column(cascade=True)
    kind: Texts = column(TEXT, fill=ProblemKind.UNREADABLE.value)  # (n,) a ProblemKind
    # (n,) the source's name of the field; empty for the record
    field: Texts = column(TEXT, fill="")
    found: Texts = column(TEXT, fill="")  # (n,) what stands there, shortened, or the parser's words

    def repointed(self, new_rows: Mapping[str, Rows]) -> Self:
        """The same table after rows moved: `row` points to the table that `part` names."""
        row = self.row.copy()
        for part, table in TABLE_OF_PART.items():
            if table in new_rows:
                here = np.flatnonzero(self.part == part.value)
                row[here] = new_rows[table][row[here]]
        return super().repointed(new_rows).replaced(row=row)


class Attributes(NamedTuple):
    """What a record says beside what its table holds, as its file has it."""

    part: RecordType
    row: int  # in the table of `part`
    values: Mapping[str, Any]  # Any: whatever a file holds


TABLE_OF_PART = {
    RecordType.FILE: "files",
    RecordType.IMAGE: "images",
    RecordType.CATEGORY: "categories",
    RecordType.BOX: "boxes",
}
"""The table of a `Dataset` that has the records of a type."""


@dataclass(frozen=True, eq=False, repr=False)
class Headers(Table):
    """What the header of each image says; one row per image, or none if nobody looked."""

    # (n, 2) width, height as stored; NaN if unknown
    size: Floats = column(np.float64, 2, fill=np.nan)
    kind: Texts = column(TEXT, fill="")  # (n,) JPEG, PNG, ...; empty if unknown
    # (n,) how pixels are stored, as Pillow calls it: I;16, CMYK, ...; empty: as usual, or unknown
    mode: Texts = column(TEXT, fill="")
    orientation: Rows = column(np.int32, fill=1)  # (n,) EXIF orientation, 1 to 8; 1 is upright
    error: Texts = column(TEXT, fill="")  # (n,) why the image cannot be read; empty if it can
    # (n, 2) length in bytes, and a number of the first bytes; -1: nobody looked
    mark: Ints = column(np.int64, 2, fill=MISSING)


@dataclass(frozen=True, eq=False, repr=False)
class SplitMembership(Table):
    """One row per listing of an image in a split; an image may be in several, or twice in one."""

    split: Rows = rows_column("splits")  # (n,) index in Dataset.splits
    # (n,) row in Images; MISSING if the listed image has no record
    image: Rows = rows_column("images", cascade=True)
    # (n,) as the list writes it; empty where the file is the split
    name: Texts = column(TEXT, fill="")


@dataclass(frozen=True)
class DatasetPart:
    """Which images of a dataset are looked at; `part_of` takes them out."""

    split: str = ""  # all where it is empty
    exclude: tuple[str, ...] = ()  # patterns of images and label files that are left out

    def __str__(self) -> str:
        words = [f"split {self.split}"] if self.split else []
        if self.exclude:
            words.append(f"exclude {', '.join(self.exclude)}")
        return " and ".join(words)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labels of one dataset, all of its files and splits together."""

    format: str  # the name of the format that loaded it
    root: Path  # the folder that file paths are relative to
    files: Files = dataclasses.field(default_factory=Files.empty)
    images: Images = dataclasses.field(default_factory=Images.empty)
    categories: Categories = dataclasses.field(default_factory=Categories.empty)
    boxes: Boxes = dataclasses.field(default_factory=Boxes.empty)
    masks: Masks = dataclasses.field(default_factory=Masks.empty)
    keypoints: Keypoints = dataclasses.field(default_factory=Keypoints.empty)
    problems: LoadProblems = dataclasses.field(default_factory=LoadProblems.empty)
    splits: tuple[str, ...] = ()  # train, val, ...; empty where nobody splits
    split_members: SplitMembership = dataclasses.field(default_factory=SplitMembership.empty)
    sources: tuple[Path, ...] = ()  # what was given to load; what saving reads again
    facts: FormatFacts = dataclasses.field(default_factory=FormatFacts)  # what the format declares
    image_folders: tuple[Path, ...] = ()  # where images were looked for; empty: images not at hand
    given_folders: tuple[Path, ...] = ()  # those of them that whoever loaded it named
    part: DatasetPart = DatasetPart()  # what of the files this is; all where it says nothing
    notes: tuple[str, ...] = ()  # what loading left out or assumed, a line each, for people
    headers: Headers = dataclasses.field(
        default_factory=Headers.empty
    )  # read while loading, if at all
    # What records say that no table holds, read again from the files; None: nobody can.
    attributes: Callable[[Dataset], Iterator[Attributes]] | None = None
    # What the records of some boxes say beside box, class and area, with all points; see `Format`.
    box_records: Callable[[Dataset, Ints], Iterator[Attributes]] | None = None
    boxes_elsewhere: int = 0  # boxes of it that no table holds: they were audited shard by shard
    kept: object = None  # what is to live as long as this: the file of a dictionary

    def __repr__(self) -> str:
        counts = (
            f"{len(self.images)} images, {len(self.boxes)} boxes, {len(self.categories)} classes"
        )
        return f"<Dataset {self.format}: {counts}>"

    def __len__(self) -> int:
        return len(self.images)

    def _repr_html_(self) -> str:
        return str(_html(self))

    def plot(
        self, image: int | str, *, findings: Any = None, axes: Axes | None = None
    ) -> Axes:  # Any: Findings, which stand above
        """Draw an image with its boxes.

        Parameters
        ----------
        image:
            its name as the labels write it, with or without folders, or its row.
        findings:
            that are marked, as they are and as their fixes would have them; of this dataset.
        axes:
            of matplotlib, to draw on; a new figure if absent.

        Returns
        -------
        Axes
            matplotlib's, with the pixels of the image as coordinates.

        Raises
        ------
        UnknownNameError
            if there is no such image.
        ConfigError
            if matplotlib is not installed, or several images have the name.
        """
        drawn: Axes = _plot(self, image, findings=findings, axes=axes)
        return drawn

    @property
    def class_names(self) -> list[str]:
        """The name of each class record, (len(categories),); without one, its id in brackets."""
        names = self.categories.name.tolist()
        return [name or f"[{self.categories.id.value(row)}]" for row, name in enumerate(names)]

    @property
    def box_count(self) -> int:
        """How many boxes it has, whether tables hold them or not."""
        return len(self.boxes) + self.boxes_elsewhere

    def tables(self) -> dict[str, Table]:
        """The tables by name, each after those that it points to."""
        return {name: table for name, table in vars(self).items() if isinstance(table, Table)}

    def keep(
        self,
        *,
        boxes: Bools | None = None,
        images: Bools | None = None,
        categories: Bools | None = None,
    ) -> Dataset:
        """The dataset with these rows alone, and without what belonged to the others.

        With an image go the boxes in it and its listings in splits, with a box its mask and its
        keypoints, with each the problems of its record. Boxes of a class that goes have none.

        Parameters
        ----------
        boxes, images, categories:
                masks of the rows that stay, (n,) each; all where none is given.

        Raises
        ------
        ValueError
            if one is not a mask of that table.
        """
        given = {"boxes": boxes, "images": images, "categories": categories}
        kept = {name: mask for name, mask in given.items() if mask is not None}
        for name, mask in kept.items():
            _check_mask(name, mask, len(getattr(self, name)))
        if images is not None and len(self.headers):
            kept["headers"] = images
        new_rows: dict[str, Rows] = {}
        changed: dict[str, Any] = {}
        for name, table in self.tables().items():
            moved = table.repointed(new_rows)
            gone = moved.lost(table)
            if gone.any():
                kept[name] = kept[name] & ~gone if name in kept else ~gone
            if name in kept:
                moved = moved.rows(kept[name])
                new_rows[name] = row_numbers_after(kept[name])
            changed[name] = moved
        return dataclasses.replace(self, **changed)


_html = later("labelaudit.notebook.dataset_html", "dataset_html")
_plot = later("labelaudit.notebook.plot", "plot_image")


def _check_mask(name: str, mask: Bools, count: int) -> None:
    if mask.dtype != bool or mask.shape != (count,):
        raise ValueError(
            f"what to keep of {name} is a mask, {count:,} times true or false, not an array of "
            f"{mask.dtype} of shape {mask.shape}"
        )
