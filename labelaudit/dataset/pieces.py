"""A dataset whose boxes come piece by piece, because all of them would fill the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from labelaudit.dataset.tables import Boxes, Dataset, Keypoints, LoadProblems, Masks


@dataclass(frozen=True, eq=False)
class BoxPiece:
    """Boxes that follow each other, with what belongs to them."""

    start: int  # the row of the first among all boxes
    boxes: Boxes
    masks: Masks  # `box` is counted from the start of the piece
    keypoints: Keypoints  # likewise


@dataclass(frozen=True, eq=False)
class DatasetInPieces:
    """What a file holds, with its boxes one piece after the other."""

    box_count: int
    records: Dataset  # everything but boxes and what belongs to them, and no problems yet
    pieces: Iterator[BoxPiece]  # in the order of rows; they point into the tables of `records`
    problems: Callable[[], LoadProblems]  # of all records; to be asked when all pieces were taken
