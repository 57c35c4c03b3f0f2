"""Predictions as files write them, row by row, and the columns that are made of them part by part.

A row takes some 350 bytes as objects of Python and 50 in columns. So a long list is decoded in
parts, of which one is there as rows at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import msgspec
import numpy as np

from labelaudit.core.columns import Floats
from labelaudit.predictions.predictions import Scores

Id = int | float | str | None

PART = 4 << 20
"""Bytes of a list that are decoded together, about: some ten thousands of rows; a choice."""

BETWEEN = re.compile(rb"\}\s*,\s*(?=\{)")
"""Where a list of objects can be parted."""


class Row(msgspec.Struct, gc=False):
    """One prediction, as `pycocotools.COCO.loadRes` takes it, with class vectors if there are."""

    image_id: Id
    category_id: Id
    bbox: tuple[float, float, float, float]  # left, top, width, height
    score: float | None = None
    scores: list[float] | None = None  # of every class, in the order of the dataset's classes
    probs: list[float] | None = None  # likewise
    logits: list[float] | None = None  # likewise, before softmax


@dataclass(frozen=True)
class RowColumns:
    """The same as columns."""

    image_id: list[Id]  # (n,)
    category_id: list[Id]  # (n,)
    bbox: Floats  # (n, 4)
    score: Floats  # (n,) NaN where there is none
    class_scores: Scores | None  # (n, k); None unless all rows have a vector of the same length

    def __len__(self) -> int:
        return len(self.image_id)


def columns_of(parts: Iterable[Sequence[Row]]) -> RowColumns:
    """The columns of rows that come in parts; of each, rows are needed until the next one."""
    known: dict[Id, Id] = {}  # ids that repeat are one object
    image: list[Id] = []
    category: list[Id] = []
    bbox, score, vectors = [np.zeros((0, 4))], [np.zeros(0)], []
    none = float("nan")
    for rows in parts:
        if not rows:
            continue
        count = len(rows)
        image += (_shared(row.image_id, known) for row in rows)
        category += (_shared(row.category_id, known) for row in rows)
        corners = chain.from_iterable(row.bbox for row in rows)
        bbox.append(np.fromiter(corners, np.float64, 4 * count).reshape(count, 4))
        given = (none if row.score is None else row.score for row in rows)
        score.append(np.fromiter(given, np.float64, count))
        vectors.append(_class_scores(rows))
    return RowColumns(image, category, np.concatenate(bbox), np.concatenate(score), _all(vectors))


def rows_in_parts(content: bytes) -> Iterator[list[Row]]:
    """The rows of a JSON list, some thousands at a time.

    Raises what msgspec does: at the first part that holds no rows. A cut within a text, or within a
    list in a row, leaves two parts that are no JSON.
    """
    start, stop = content.find(b"[") + 1, content.rfind(b"]")
    if not start or stop < start or content[: start - 1].strip() or content[stop + 1 :].strip():
        yield msgspec.json.decode(content, type=list[Row])
        return
    while True:
        cut = BETWEEN.search(content, start + PART, stop)
        end = cut.start() + 1 if cut else stop
        yield msgspec.json.decode(b"[" + content[start:end] + b"]", type=list[Row])
        if not cut:
            return
        start = cut.end()


def _shared(value: Id, known: dict[Id, Id]) -> Id:
    """The same id as an object that equal ones share; 1.0 is equal to 1, and another id."""
    return value if isinstance(value, float) else known.setdefault(value, value)


def _class_scores(rows: Sequence[Row]) -> Scores | None:
    """The class vectors, (n, k), if all rows have one of the same length."""
    vectors = [row.scores or row.probs or row.logits for row in rows]
    lengths = {len(vector) if vector else 0 for vector in vectors}
    if len(lengths) != 1 or 0 in lengths:
        return None
    scores = np.array(vectors, np.float32)
    raw = np.array([not (row.scores or row.probs) for row in rows], bool)
    scores[raw] = softmax(scores[raw])
    return scores


def _all(parts: Sequence[Scores | None]) -> Scores | None:
    """The vectors of all parts, (n, k), if each has some, of the same length."""
    known = [part for part in parts if part is not None]
    if not parts or len(known) < len(parts) or len({part.shape[1] for part in known}) > 1:
        return None
    return np.concatenate(known)


def softmax(logits: Scores) -> Scores:
    """Probabilities of the classes in each row, (n, k).

    >>> softmax(np.array([[0.0, 0.0]], np.float32))
    array([[0.5, 0.5]], dtype=float32)
    """
    raised: Scores = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    shares: Scores = raised / raised.sum(axis=1, keepdims=True)
    return shares
