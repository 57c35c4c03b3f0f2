"""Pieces of COCO annotations as columns, rows counted from the start of each piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np

from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.core.ids import Ids
from labelaudit.core.table import Table, column, ids_column, rows_column
from labelaudit.dataset.masks import (
    Flat,
    Polygons,
    flattened,
    polygon_masks,
    rle_masks,
    unreadable_mask,
    whole_polygon_masks,
    with_extents,
)
from labelaudit.dataset.tables import Keypoints, MaskFault, MaskKind, Masks
from labelaudit.io.formats.coco.records import UNSET, Annotation, Rle, loose_segmentation
from labelaudit.io.formats.coco.scanner import Scanned, scanned
from labelaudit.io.formats.coco.stream import BOUNDARY
from labelaudit.io.formats.loose_boxes import loose_box

NOT_DECLARED = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
"""What decoding raises for records that are not as their declared type."""

PART = 1 << 17
"""Bytes decoded in one go: the objects made of them fit into the second-level cache of a core."""

_ANNOTATIONS = msgspec.json.Decoder(list[Annotation])
_FIELDS = Annotation.__struct_fields__
_VALUES = attrgetter(*_FIELDS)
_OPTIONAL = ("area", "iscrowd", "ignore", "segmentation", "keypoints", "num_keypoints")


@dataclass(frozen=True, eq=False, repr=False)
class AnnotationRows(Table):
    """One row per annotation, before it is known which rows its references point at."""

    record: Rows = rows_column()
    id: Ids = ids_column()
    image_id: Ids = ids_column()
    category_id: Ids = ids_column()
    xyxy: Floats = column(np.float64, 4, fill=np.nan)
    area: Floats = column(np.float64, fill=np.nan)
    crowd: Bools = column(bool, fill=False)
    difficult: Bools = column(bool, fill=False)


@dataclass(frozen=True, eq=False, repr=False)
class RleSizes(Table):
    """One row per run-length encoding: what it says its image's size is."""

    box: Rows = rows_column()
    size: Floats = column(np.float64, 2, fill=np.nan)  # (n, 2) width, height


@dataclass(frozen=True, eq=False)
class Chunk:
    """The annotations of one piece."""

    rows: AnnotationRows
    masks: Masks
    rle_sizes: RleSizes
    keypoints: Keypoints


def utf8(text: bytes) -> bytes:
    """The text itself, looked through: msgspec does not look into fields that it passes over.

    Raises
    ------
    UnicodeDecodeError
        if it is not UTF-8.
    """
    if not text.isascii():
        text.decode("utf-8")
    return text


def names_each_key_once(text: bytes, keys: Mapping[str, int], other_quotes: int = 0) -> bool:
    """Whether no record in `text` names a key twice, given how many records have each key.

    Counting is exact: every key and every text value has two quotes. Where there are no other keys,
    one count tells; where there are, each key is counted.

    Parameters
    ----------
    text:
        the records as JSON.
    keys:
        how many records have each key.
    other_quotes:
        quotes in `text` that are not those of these keys.
    """
    if text.count(b'"') == 2 * sum(keys.values()) + other_quotes:
        return True
    return all(text.count(f'"{key}"'.encode()) == count for key, count in keys.items())


def quotes_of_texts(ids: Sequence[Any]) -> int:
    """How many quotes the ids that are texts have."""
    if set(map(type, ids)) == {int}:  # the usual case, at the speed of C
        return 0
    return 2 * sum(type(value) is str for value in ids)


def declared_chunk(text: bytes, *, validity: bool) -> Chunk | None:
    """The annotations in a piece, or None if one of them is not as declared."""
    try:
        found = scanned(utf8(text), validity=validity)
    except UnicodeDecodeError:
        return None
    return (
        decoded_chunk(text, validity=validity) if found is None else _scanned_chunk(found, validity)
    )


def _scanned_chunk(found: Scanned, validity: bool) -> Chunk:
    count = len(found.id)
    rows = AnnotationRows.of(
        count,
        record=np.arange(count, dtype=np.int32),
        id=Ids(found.id, {}),
        image_id=Ids(found.image_id, {}),
        category_id=Ids(found.category_id, {}),
        xyxy=_corners(found.xywh.copy()),
        area=found.area,
        crowd=found.crowd,
        difficult=found.ignore,
    )
    with_mask, others = found.other_masks
    masks, sizes = DecodedMasks.of(others).masks(validity=validity)
    masks = Masks.concat([found.masks, _at(with_mask[masks.box], masks)])
    with_points, lists = found.keypoints
    keypoints = _keypoints(lists, found.stated[with_points].tolist())
    return Chunk(
        rows,
        masks.rows(np.argsort(masks.box, kind="stable")) if others else masks,
        sizes.replaced(box=with_mask[sizes.box].astype(np.int32)),
        keypoints.replaced(box=with_points[keypoints.box].astype(np.int32)),
    )


def decoded_chunk(text: bytes, *, validity: bool) -> Chunk | None:
    """What `declared_chunk` gives, by objects in Python: for any ids, and without the scanner."""
    columns: dict[str, list[Any]] = {name: [] for name in _FIELDS}
    boxes, masks, count = [], [], 0
    for part in _parts(text):
        values = _values(part)
        if values is None:
            return None
        # Millions of numbers become arrays, and are freed, while they are in the cache of a core.
        masks.append(DecodedMasks.of(values.pop("segmentation"), start=count))
        count += len(values["id"])
        numbers = chain.from_iterable(values.pop("bbox"))
        boxes.append(np.fromiter(numbers, np.float64, 4 * len(values["id"])))
        for name, some in values.items():
            columns[name] += some
    keypoints = Keypoints.empty()
    if columns["keypoints"].count(UNSET) < count:
        keypoints = _keypoints(columns["keypoints"], columns["num_keypoints"])
    rows = AnnotationRows.of(
        count,
        record=np.arange(count, dtype=np.int32),
        id=Ids.of(columns["id"]),
        image_id=Ids.of(columns["image_id"]),
        category_id=Ids.of(columns["category_id"]),
        xyxy=_corners(np.concatenate(boxes)),
        area=_floats(columns["area"]),
        crowd=_flags(columns["iscrowd"]),
        difficult=_flags(columns["ignore"]),
    )
    return Chunk(rows, *DecodedMasks.joined(masks).masks(validity=validity), keypoints)


def _parts(text: bytes) -> Iterator[bytes]:
    """A piece in parts of whole records, cut as `stream` cuts pieces."""
    start = 0
    while len(text) - start > PART:
        end = text.rfind(b"}", start, start + PART)
        boundary = BOUNDARY.match(text, end) if end >= 0 else None
        if not boundary:
            break
        yield text[start : end + 1]
        start = boundary.end()
    yield text[start:]


def _values(text: bytes) -> dict[str, tuple[Any, ...]] | None:
    """The values of the records by field, or None if one of them is not as declared."""
    try:
        records = _ANNOTATIONS.decode(b"[" + text + b"]")
    except NOT_DECLARED:
        return None
    columns = zip(*map(_VALUES, records), strict=True) if records else [()] * len(_FIELDS)
    values = dict(zip(_FIELDS, columns, strict=True))
    return values if _each_key_once(text, values) else None


def loose_chunk(loose: Sequence[tuple[int, Mapping[str, Any]]], *, validity: bool = True) -> Chunk:
    """Annotations that were read one by one: of each its record and the values understood."""

    def every(name: str, absent: Any) -> list[Any]:
        values = [values.get(name) for _, values in loose]
        return [absent if value is None else value for value in values]

    rows = AnnotationRows.of(
        len(loose),
        record=[record for record, _ in loose],
        id=Ids.of([values["id"] for _, values in loose]),
        image_id=Ids.of([values["image_id"] for _, values in loose]),
        category_id=Ids.of([values["category_id"] for _, values in loose]),
        xyxy=_corners(np.array(every("bbox", [np.nan] * 4), np.float64)),
        area=every("area", np.nan),
        crowd=every("iscrowd", 0),
        difficult=every("ignore", 0),
    )
    typed = [_typed_mask(values["segmentation"]) for _, values in loose]
    masks, sizes = DecodedMasks.of(typed).masks(validity=validity)
    # None stands for a list that is no list of numbers; it is not as if there were none.
    points = [values.get("keypoints", UNSET) for _, values in loose]
    keypoints = _keypoints(points, every("num_keypoints", UNSET))
    boxless = np.array([values.get("bbox") is None for _, values in loose], bool)
    xyxy = with_extents(rows.xyxy, boxless, masks, keypoints)
    for row in np.flatnonzero(boxless & np.isnan(xyxy[:, 0])).tolist():
        xyxy[row] = loose_box(loose[row][1]["segmentation"], "size") or np.nan
    return Chunk(rows.replaced(xyxy=xyxy), masks, sizes, keypoints)


def _corners(xywh: Floats) -> Floats:
    """Left, top, right, bottom from left, top, width, height; in place."""
    corners = xywh.reshape(-1, 4)
    with np.errstate(over="ignore", invalid="ignore"):
        corners[:, 2:] += corners[:, :2]
    return corners


def _each_key_once(text: bytes, values: Mapping[str, tuple[Any, ...]]) -> bool:
    every = len(values["id"])
    keys = dict.fromkeys(("id", "image_id", "category_id", "bbox"), every)
    for name in _OPTIONAL:
        keys[name] = every - values[name].count(UNSET)
    quotes = 0
    if Rle in set(map(type, values["segmentation"])):
        masks = [mask for mask in values["segmentation"] if type(mask) is Rle]
        # A run-length encoding has the keys size and counts, and its counts may be text.
        quotes = sum(6 if isinstance(mask.counts, str) else 4 for mask in masks)
    quotes += sum(quotes_of_texts(values[name]) for name in ("id", "image_id", "category_id"))
    return names_each_key_once(text, keys, quotes)


def _floats(values: Sequence[Any]) -> Floats:
    if UNSET in values:
        values = [np.nan if value is UNSET else value for value in values]
    return np.array(values, np.float64)


def _flags(values: Sequence[Any]) -> Bools:
    if set(map(type, values)) == {msgspec.UnsetType}:  # as `ignore` mostly is
        return np.zeros(len(values), bool)
    if UNSET in values:
        values = [0 if value is UNSET else value for value in values]
    return np.array(values, bool)


def _typed_mask(mask: Any) -> Any:
    """A mask as declared; UNSET if there is none, and None for what is no mask."""
    return UNSET if mask is None or mask == [] else loose_segmentation(mask)


@dataclass(frozen=True, eq=False)
class DecodedMasks:
    """The masks of a piece, by kind, with the rows that they belong to."""

    polygons: Sequence[int]
    flat: Flat  # of the polygons
    lists: Sequence[Polygons]  # the polygons themselves, or none if all of them are valid
    encoded: Sequence[int]
    counts: Sequence[Sequence[float] | str]  # of the encoded masks
    sizes: Floats  # (n, 2) height and width that the encoded masks state
    broken: Sequence[int]  # rows whose mask is none

    @classmethod
    def of(cls, masks: Sequence[Any], start: int = 0) -> DecodedMasks:
        """The masks of rows from `start` on: as declared; UNSET: none; None: what is no mask."""
        polygons, encoded, broken = [], [], []
        if set(map(type, masks)) != {msgspec.UnsetType}:
            rows = list(enumerate(masks, start))
            polygons = [row for row, mask in rows if type(mask) is list and mask]
            encoded = [row for row, mask in rows if type(mask) is Rle]
            broken = [row for row, mask in rows if mask is None]
        lists = [masks[row - start] for row in polygons]
        rles = [masks[row - start] for row in encoded]
        flat = flattened(lists)
        sizes = np.array([_size(rle) for rle in rles], np.float64).reshape(-1, 2)
        counts = [rle.counts for rle in rles]
        return cls(polygons, flat, [] if flat.is_valid else lists, encoded, counts, sizes, broken)

    @classmethod
    def joined(cls, parts: Sequence[DecodedMasks]) -> DecodedMasks:
        """The masks of several parts of a piece as one."""
        if len(parts) == 1:
            return parts[0]
        faulty = any(part.lists for part in parts)
        return cls(
            [row for part in parts for row in part.polygons],
            Flat.joined([part.flat for part in parts]),
            [polygons for part in parts for polygons in part.all_lists()] if faulty else [],
            [row for part in parts for row in part.encoded],
            [counts for part in parts for counts in part.counts],
            np.concatenate([part.sizes for part in parts]),
            [row for part in parts for row in part.broken],
        )

    def all_lists(self) -> Sequence[Polygons]:
        """The polygons as lists, whether or not they are valid."""
        return self.lists or self.flat.lists()

    def masks(self, *, validity: bool) -> tuple[Masks, RleSizes]:
        """The masks as a table, and the sizes that encoded ones state."""
        parts = []
        if self.lists:
            parts.append(_at(self.polygons, polygon_masks(self.lists, validity=validity)))
        elif self.polygons:
            parts.append(_at(self.polygons, whole_polygon_masks(self.flat, validity=validity)))
        if self.encoded:
            parts.append(_at(self.encoded, rle_masks(self.counts, self.sizes)))
        unreadable = MaskKind.POLYGON, MaskFault.UNREADABLE
        parts += [unreadable_mask(row, *unreadable) for row in self.broken]
        masks = parts[0] if len(parts) == 1 else Masks.concat([Masks.empty(), *parts])
        if len(parts) > 1:
            masks = masks.rows(np.argsort(masks.box, kind="stable"))
        boxes = np.array(self.encoded, np.int32)
        return masks, RleSizes.of(len(boxes), box=boxes, size=self.sizes[:, ::-1])


def _size(mask: Rle) -> tuple[float, float]:
    """Height and width, if the encoding says two numbers."""
    return mask.size if len(mask.size) == 2 else (np.nan, np.nan)


def _at(rows: Sequence[int] | Ints, masks: Masks) -> Masks:
    return masks.replaced(box=np.asarray(rows, np.int32))


def _keypoints(lists: Sequence[Any], stated: Sequence[Any]) -> Keypoints:
    """Keypoints from their lists of numbers, UNSET where an object has none."""
    given = [row for row, numbers in enumerate(lists) if numbers is not UNSET]
    by_length: dict[int, list[int]] = {}
    for row in given:
        by_length.setdefault(len(lists[row] or ()), []).append(row)
    parts = [_alike(rows, lists, stated) for rows in by_length.values()]
    keypoints = Keypoints.concat([Keypoints.empty(), *parts])
    return keypoints.rows(np.argsort(keypoints.box, kind="stable"))


def _alike(rows: Sequence[int], lists: Sequence[Any], stated: Sequence[Any]) -> Keypoints:
    """The keypoints of objects whose lists are of one length."""
    numbers = np.array([lists[row] or () for row in rows], np.float64)
    length = numbers.shape[1]
    triples = numbers[:, : length // 3 * 3].reshape(len(rows), -1, 3)
    visibility = triples[:, :, 2]
    labelled = visibility > 0
    xyxy = np.full((len(rows), 4), np.nan)
    if triples.shape[1]:
        for side, reduce, edge in ((0, np.min, np.inf), (2, np.max, -np.inf)):
            corner = reduce(np.where(labelled[:, :, None], triples[:, :, :2], edge), axis=1)
            xyxy[:, side : side + 2] = np.where(np.isinf(corner), np.nan, corner)
    readable = np.isfinite(numbers).all(axis=1) & np.isin(visibility, (0, 1, 2)).all(axis=1)
    return Keypoints.of(
        len(rows),
        box=rows,
        values=np.full(len(rows), length),
        labelled=labelled.sum(axis=1),
        stated=[MISSING if stated[row] is UNSET else stated[row] for row in rows],
        readable=readable & np.array([lists[row] is not None for row in rows], bool),
        xyxy=xyxy,
    )
