"""Formats: one file each, which recognises and loads one way of storing labels.

Patching files of it and writing new ones are abilities of their own, which a format may lack.

Adding a format is one new file here that ends in `FORMATS.add(...)`, and its test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from labelaudit.core.columns import Ints
from labelaudit.core.later import later
from labelaudit.core.registry import Registry
from labelaudit.core.shell import command
from labelaudit.dataset.format_facts import FormatFacts
from labelaudit.dataset.tables import Attributes, Dataset, RecordType
from labelaudit.errors import FixError, FormatError

if TYPE_CHECKING:  # 6 ms that reading need not wait for
    from labelaudit.dataset.pieces import DatasetInPieces
    from labelaudit.dataset.shapes import Shape
    from labelaudit.io.edits import Edit
    from labelaudit.io.formats.conversion import Conversion
    from labelaudit.io.formats.copy_plan import CopyPlan
    from labelaudit.io.formats.division import Division
    from labelaudit.io.formats.evidence import FormatEvidence, PathSample
    from labelaudit.io.formats.relisting import Relisted
    from labelaudit.io.record_diff import Change


class Load(Protocol):
    """Reads a dataset; see `Format.load`."""

    def __call__(
        self, path: Path, image_folders: Sequence[Path], *, polygon_validity: bool
    ) -> Dataset:
        """The dataset at a path."""


class InPieces(Protocol):
    """Reads a dataset piece by piece; see `Format.in_pieces`."""

    def __call__(
        self, path: Path, image_folders: Sequence[Path], *, polygon_validity: bool, place: Path
    ) -> DatasetInPieces | None:
        """The dataset in a file."""


Patch: TypeAlias = "Callable[[Dataset, Dataset, Sequence[Change]], dict[int, list[Edit]]]"
"""Carries changes into source files; see `Format.patch`."""


class Convert(Protocol):
    """Plans how a dataset is written as a new one; see `Format.convert`."""

    def __call__(self, dataset: Dataset, path: Path, *, copy_images: bool = False) -> Conversion:
        """What of the dataset is held, and what writes it."""


class Divide(Protocol):
    """Writes a dataset with other splits; see `Format.divide`."""

    def __call__(
        self, dataset: Dataset, division: Division, place: Path, *, copied: bool
    ) -> tuple[str, ...]:
        """Write it, and say what there is to know about it, a line each.

        Parameters
        ----------
        dataset:
            as it was loaded.
        division:
            the new splits.
        place:
            the folder to write, which is not there yet.
        copied:
            whether images are copied instead of linked to.

        Raises
        ------
        FormatError
            if that cannot be done without loss.
        """


Relist: TypeAlias = "Callable[[Dataset, Division], Relisted]"
"""Puts images into other splits where they are; see `Format.relist`."""

RecordSpans: TypeAlias = (
    "Callable[[Path, Mapping[RecordType, Sequence[int]]], "
    "Iterator[tuple[RecordType, int, int, int]]]"
)
"""Finds records in a file; see `Format.record_spans`."""

_PLAIN_PLAN = later(f"{__name__}.copy_plan", "plain_plan")


@dataclass(frozen=True)
class Format:
    """One way of storing labels on disk: to load them, and, if it can, to patch and to write."""

    name: str
    summary: str  # what it is, in a line

    evidence: Callable[[PathSample], FormatEvidence | None]
    """What speaks for a path (file or folder) holding this format; None if nothing does.

    Judged from a sample of all files that could be its label files. Never raises for bad content.
    """

    load: Load
    """The dataset at a path.

    `image_folders` are where the user says the images are; if empty, they are looked for beside the
    labels. `polygon_validity` says whether to look for self-crossing polygons. Raises `FormatError`
    only if the path cannot be this format at all.
    """

    in_pieces: InPieces | None = None
    """The dataset in one file, with its boxes piece by piece: they need not fit into the memory.

    `place` is a folder for what was read, which stays until all pieces were taken. None, as a
    method or as what it returns: the file has to be loaded as a whole.
    """

    facts: FormatFacts = field(default_factory=FormatFacts)
    """What is true of all its datasets, for those who do not ask for a format by name."""

    patch: Patch | None = None
    """The edits that carry changes into the source files, by row in Files.

    Takes the dataset as it is on disk, as it should be, and what differs. Raises `FixError`, naming
    the record, for a change that the format cannot hold. None: its files cannot be changed; the
    dataset has to be converted before it is fixed.
    """

    convert: Convert | None = None
    """How a dataset of any format is written as a new one, at a path that does not exist yet.

    What comes back says what cannot be held, and writes the rest, with images as relative links or
    as copies. None: nothing can be converted into it.
    """

    divide: Divide | None = None
    """Writes the records of a dataset of it, as they are, as other splits.

    Raises `FormatError` if that cannot be done without loss. None: the dataset has to be converted.
    """

    relist: Relist | None = None
    """What its files are to hold so that images are in other splits, in their place.

    Raises `FormatError` for a dataset that says by folders which image is in which. None: it has
    to be written anew.
    """

    copy_plan: Callable[[Dataset], CopyPlan] = _PLAIN_PLAN
    """Where everything of a dataset of it lies in a copy, and what makes the copy refer to itself.

    Takes the dataset as it is on disk.
    """

    shapes: Callable[[Dataset], Iterator[tuple[int, Shape]]] | None = None
    """The masks and keypoints of a dataset that this format loaded, read again from its files.

    Each comes with the row of its box. None: the format has neither.
    """

    unheld: Callable[[Dataset], Mapping[str, int]] | None = None
    """What the files of a dataset that this format loaded say and no table holds, counted.

    A key says in words what it is and what becomes of it when the dataset is converted.
    """

    attributes: Callable[[Dataset], Iterator[Attributes]] | None = None
    """What records of a dataset that this format loaded say and no table holds, read again.

    By rows of the dataset as it is; those of records that it no longer has are left out.
    """

    box_records: Callable[[Dataset, Ints], Iterator[Attributes]] | None = None
    """What the records of some boxes, rows in Boxes, say beside box, class and area, read again.

    With their masks and keypoints, point by point, so that two records can be compared whole. A
    record that cannot be read again is left out. None: what loading keeps of them is all there is.
    """

    record_spans: RecordSpans | None = None
    """Where records of a file stand in it, in bytes: kind, position, start and end of each.

    Takes the path and the wanted positions, in order, by kind. What cannot be found is left out.
    None: nobody can say, or, where `facts` call a record by its line, that line.
    """

    folder: bool = False
    """Whether a dataset is a folder, so that a cleaned copy holds what else is in it."""

    endings: tuple[str, ...] = ()
    """What names of its label files end in, in lower case with the dot; whatever they do if empty.

    A path without such a file is not asked for evidence. Written out, it is read without importing
    the format.
    """


def converter(format_: Format) -> Convert:
    """How a dataset is written in a format.

    Raises
    ------
    FormatError
        if it can only be read.
    """
    if format_.convert is None:
        raise FormatError(f"files of {format_.name} can only be read; convert with --to coco")
    convert = format_.convert

    def plan(dataset: Dataset, path: Path, *, copy_images: bool = False) -> Conversion:
        conversion = convert(dataset, path, copy_images=copy_images)
        return replace(conversion, lost=(*conversion.lost, *_unheld(dataset)))

    return plan


def _unheld(dataset: Dataset) -> tuple[str, ...]:
    """What loading a dataset left behind in its files, a line each; none of one made in memory."""
    from labelaudit.io.formats.conversion import loss_lines  # noqa: PLC0415  # as for the types above

    count = FORMATS[dataset.format].unheld if dataset.sources else None
    return loss_lines(count(dataset)) if count else ()


def patcher(format_: Format, dataset: Dataset) -> Patch:
    """How a format changes the files of a dataset, which the message names.

    Raises
    ------
    FixError
        if it can only be read.
    """
    if format_.patch is None:
        raise FixError(
            f"{dataset.root}: files of {format_.name} can only be read; convert it first: "
            f"{_conversion(dataset)}"
        )
    return format_.patch


def conversion_before_fixing(dataset: Dataset) -> str | None:
    """The command that a user has to run before a dataset can be fixed; None if there is no need.

    One that was made in memory may be of a format that nobody knows.
    """
    known = dataset.format in FORMATS
    return _conversion(dataset) if known and FORMATS[dataset.format].patch is None else None


def _conversion(dataset: Dataset) -> str:
    return command("convert", *(dataset.sources or (dataset.root,)), "out.json", "--to", "coco")


FORMATS: Registry[Format] = Registry("format", "labelaudit.io.formats", "FORMATS.add(")


def shapes(dataset: Dataset) -> Mapping[int, Shape]:
    """The masks and keypoints of a dataset, by the row of their box.

    They are read from the files that the dataset was loaded from; without these, there are none.
    """
    format_ = FORMATS[dataset.format]
    at_hand = dataset.sources and (len(dataset.masks) or len(dataset.keypoints))
    return dict(format_.shapes(dataset)) if format_.shapes and at_hand else {}
