"""One file of labels cut into buckets of whole images on disk, each of which fits into the memory.

Images are dealt out to buckets by a hash of their row, so that those of one folder or recording do
not lie together, and records of one id go to one bucket: they are one image. What is written is
pickled: the folder is made for one run, belongs to its user alone, and goes with the run.
"""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Ints, Rows
from labelaudit.core.rows import row_numbers_after, stable_argsort
from labelaudit.dataset.part import part_of
from labelaudit.dataset.pieces import DatasetInPieces
from labelaudit.dataset.tables import Boxes, Dataset, DatasetPart, Keypoints, Masks, RecordType

RECORDS = "records.pickle"
"""The file of what is not in buckets."""

SCATTER = 0x9E3779B97F4A7C15
"""2**64 by the golden ratio, odd: Knuth, The Art of Computer Programming, volume 3, section 6.4."""

MOST_BUCKETS = 500
"""Files that are open at a time; many systems allow a thousand. A choice."""

_Part = tuple[Ints, Boxes, Masks, Keypoints]
"""Some boxes of a bucket: their rows in the file, and what is in them."""


@dataclass(frozen=True, eq=False)
class Bucket:
    """Some images of a file with all of their boxes, and boxes that are in no image."""

    dataset: Dataset  # with all classes of the file, and the problems of its own records
    box: Ints  # (boxes,) the row of each in the file, ascending
    image: Ints  # (images,) likewise
    problem: Ints  # (problems,) likewise, among those that are kept in `CutFile`


@dataclass(frozen=True, eq=False)
class CutFile:
    """What a file holds beside its boxes."""

    records: Dataset  # all boxes are elsewhere; problems of boxes name their rows in the file
    buckets: int


def cut(
    pieces: DatasetInPieces, place: Path, *, boxes_each: int, exclude: Sequence[str] = ()
) -> CutFile:
    """Deal the images of a file and their boxes out to buckets.

    Parameters
    ----------
    pieces:
        the dataset in the file.
    place:
        a folder for the buckets, which `bucket` reads again.
    boxes_each:
        how many boxes a bucket has, about. One image is never cut.
    exclude:
        patterns of what is left out, see `load`.

    Raises
    ------
    FormatError
        if no image is left.
    """
    records = part_of(pieces.records, DatasetPart("", tuple(exclude)))
    count = min(max(-(-pieces.box_count // boxes_each), 1), MOST_BUCKETS)
    dealt = _Dealt.of(pieces.records, records, count)
    stays = np.ones(pieces.box_count, bool)
    with ExitStack() as stack:
        files = [stack.enter_context(_boxes_file(place, b).open("wb")) for b in range(count)]
        for piece in pieces.pieces:
            bucket, image = dealt.to(piece.boxes.image, piece.start)
            stays[piece.start : piece.start + len(bucket)] = bucket != MISSING
            boxes = dataclasses.replace(piece.boxes, image=image)
            _write(files, bucket, (piece.start, boxes, piece.masks, piece.keypoints))
    records = _with_problems(records, pieces, dealt, stays)
    elsewhere = int(np.count_nonzero(stays))
    whole = CutFile(dataclasses.replace(records, boxes_elsewhere=elsewhere), count)
    for number in range(count):
        with _records_file(place, number).open("wb") as file:
            inside = dealt.bucket == number
            own = records.keep(images=inside)
            pickle.dump((own, np.flatnonzero(inside), _problems_of(records, inside)), file)
    with (place / RECORDS).open("wb") as file:  # at last, by which all of it is there
        pickle.dump(whole, file, protocol=pickle.HIGHEST_PROTOCOL)
    return whole


def cut_file(place: Path) -> CutFile:
    """What was cut into a folder."""
    with (place / RECORDS).open("rb") as file:
        whole: CutFile = pickle.load(file)  # noqa: S301  # our own
    return whole


def bucket(place: Path, number: int) -> Bucket:
    """A bucket of the file that was cut into a folder."""
    with _records_file(place, number).open("rb") as file:
        own, image, problem = pickle.load(file)  # noqa: S301  # our own
    parts = list(_parts(_boxes_file(place, number)))
    row = np.concatenate([np.empty(0, np.int64), *(part[0] for part in parts)])
    start = np.cumsum([0, *(len(part[0]) for part in parts)])
    moves = list(zip(parts, start.astype(np.int32), strict=False))
    masks = [some.replaced(box=some.box + first) for (_, _, some, _), first in moves]
    keypoints = [some.replaced(box=some.box + first) for (_, _, _, some), first in moves]
    boxes = Boxes.concat([Boxes.empty(), *(part[1] for part in parts)])
    problems, here = _own_problems(own, row)
    dataset = dataclasses.replace(
        own,
        boxes=boxes,
        masks=Masks.concat([Masks.empty(), *masks]),
        keypoints=Keypoints.concat([Keypoints.empty(), *keypoints]),
        problems=problems,
    )
    return Bucket(dataset, row, image, problem[here])


@dataclass(frozen=True, eq=False)
class _Dealt:
    """Which image went where."""

    of_given: Rows  # (n,) the row that each image of the file has without those that are left out
    bucket: Rows  # (m,) of each image that stays
    within: Rows  # (m + 1,) its row in the bucket, and last MISSING
    count: int  # of buckets

    @classmethod
    def of(cls, given: Dataset, kept: Dataset, count: int) -> _Dealt:
        """Deal out the images that are kept of those that a file has."""
        of_given = np.full(len(given.images) + 1, MISSING, np.int32)
        # Of one file, the position in its list tells which of the images a record is.
        place = np.searchsorted(given.images.record, kept.images.record)
        of_given[place] = np.arange(len(kept.images), dtype=np.int32)
        first = kept.images.id.first(kept.images.file)
        bucket = _scattered(first.astype(np.int64), count)
        within = np.empty(len(bucket) + 1, np.int32)
        within[-1] = MISSING
        for number in range(count):
            here = np.flatnonzero(bucket == number)
            within[here] = np.arange(len(here), dtype=np.int32)
        return cls(of_given, bucket, within, count)

    def to(self, image: Rows, start: int) -> tuple[Rows, Rows]:
        """The bucket of each box, (n,), MISSING if its image is left out, and its image in there.

        Parameters
        ----------
        image:
            (n,) rows of images in the file.
        start:
            the row of the first box in the file.
        """
        kept = self.of_given[image]
        alone = _scattered(np.arange(start, start + len(image)), self.count)
        bucket = np.where(image == MISSING, alone, np.append(self.bucket, MISSING)[kept])
        return bucket.astype(np.int32), self.within[kept]


def _scattered(number: Ints, count: int) -> Rows:
    """One of `count` buckets for each number, (n,), as if it was drawn."""
    mixed = number.astype(np.uint64) * np.uint64(SCATTER) >> np.uint64(32)
    return (mixed % np.uint64(count)).astype(np.int32)


def _write(
    files: Sequence[BinaryIO], bucket: Rows, piece: tuple[int, Boxes, Masks, Keypoints]
) -> None:
    """Write each box of a piece to the file of its bucket.

    Parameters
    ----------
    files:
        of the buckets.
    bucket:
        (n,) of each box; MISSING: to none.
    piece:
        the row of its first box in the file, its boxes, and what belongs to them.
    """
    start, boxes, masks, keypoints = piece
    order = stable_argsort(bucket)
    ends = np.searchsorted(bucket[order], np.arange(len(files) + 1))
    of_mask, of_keypoints = bucket[masks.box], bucket[keypoints.box]
    within = np.empty(len(bucket), np.int32)
    for number, file in enumerate(files):
        rows = order[ends[number] : ends[number + 1]]
        if not len(rows):
            continue
        within[rows] = np.arange(len(rows), dtype=np.int32)
        own = masks.rows(of_mask == number) if len(masks) else masks
        points = keypoints.rows(of_keypoints == number) if len(keypoints) else keypoints
        part: _Part = (
            rows + start,
            boxes.rows(rows),
            own.replaced(box=within[own.box]),
            points.replaced(box=within[points.box]),
        )
        pickle.dump(part, file, protocol=pickle.HIGHEST_PROTOCOL)


def _parts(path: Path) -> Iterator[_Part]:
    with path.open("rb") as file:
        while file.peek(1):
            yield pickle.load(file)  # noqa: S301  # our own


def _with_problems(
    records: Dataset, pieces: DatasetInPieces, dealt: _Dealt, stays: Bools
) -> Dataset:
    """The records that are kept, with the problems of these and of boxes that stay, (boxes,)."""
    noted = dataclasses.replace(pieces.records, problems=pieces.problems())
    problems = noted.problems
    new_rows = {"images": np.append(dealt.of_given[:-1], np.int32(MISSING))}
    moved = problems.repointed(new_rows)
    of_box = (problems.part == RecordType.BOX.value) & (problems.row != MISSING)
    gone = (moved.row == MISSING) & (problems.row != MISSING)
    gone[of_box] = ~stays[problems.row[of_box]]
    return dataclasses.replace(records, problems=moved.rows(~gone))


def _problems_of(records: Dataset, inside: Bools) -> Ints:
    """The rows of problems that `keep` leaves of a dataset with these images, (images,), alone."""
    problems = records.problems
    moved = problems.repointed({"images": row_numbers_after(inside)})
    return np.flatnonzero((moved.row != MISSING) | (problems.row == MISSING))


def _own_problems(own: Dataset, row: Ints) -> tuple[Any, Bools]:  # Any: LoadProblems
    """The problems of a bucket, and which of those that it was given, (n,), they are.

    Parameters
    ----------
    own:
        the records of the bucket, and problems of all boxes of the file.
    row:
        (boxes,) the rows of its boxes in the file, ascending.
    """
    problems = own.problems
    of_box = (problems.part == RecordType.BOX.value) & (problems.row != MISSING)
    moved, here = problems.row.copy(), np.ones(len(problems), bool)
    at = np.searchsorted(row, problems.row[of_box])
    found = np.append(row, MISSING)[at] == problems.row[of_box]
    moved[of_box] = at
    here[of_box] = found
    return problems.replaced(row=moved).rows(here), here


def _boxes_file(place: Path, number: int) -> Path:
    return place / f"boxes-{number}.pickle"


def _records_file(place: Path, number: int) -> Path:
    return place / f"records-{number}.pickle"
