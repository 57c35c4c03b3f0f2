"""COCO records as columns by the compiled scanner, where there is one and they are as declared.

The scanner is compiled when labelaudit is installed. Where that was not possible, or a piece holds
anything unusual, `decoding` reads it; both give the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import Bools, Floats, Ints, Rows
from labelaudit.dataset.crossings import self_crossing
from labelaudit.dataset.tables import MaskFault, Masks
from labelaudit.io.formats.coco.records import Rle

_scanner: ModuleType | None
try:
    from labelaudit.io.formats.coco import _scanner
except ImportError:  # no C compiler where it was installed: the same, slower
    _scanner = None

COMPILED = _scanner is not None

_Number = TypeVar("_Number", bound=np.generic)

_MASKS = msgspec.json.Decoder(list[list[list[float]] | Rle])
_NUMBERS = msgspec.json.Decoder(list[list[float]])


@dataclass(frozen=True, eq=False)
class Scanned:
    """The annotations of a piece whose ids are whole numbers; rows are counted in the piece."""

    id: Ints  # (n,)
    image_id: Ints  # (n,)
    category_id: Ints  # (n,)
    xywh: Floats  # (n, 4)
    area: Floats  # (n,) NaN if not stated
    crowd: Bools  # (n,)
    ignore: Bools  # (n,)
    stated: Ints  # (n,) num_keypoints; MISSING if not stated
    masks: Masks  # those that are polygons of three points at least
    other_masks: tuple[
        Ints, list[list[list[float]] | Rle]
    ]  # the rows of the other masks, and these
    keypoints: tuple[Ints, list[list[float]]]  # the rows that have keypoints, and these


@dataclass(frozen=True, eq=False)
class ScannedImages:
    """The images of a piece whose ids are whole numbers, and whose names are no blanks."""

    id: Ints  # (n,)
    name: list[str]
    size: Floats  # (n, 2) width and height


def scanned_images(text: bytes) -> ScannedImages | None:
    """The images in a piece of valid UTF-8, or None if one of them is unusual."""
    columns = _scanner.images(text) if _scanner else None
    if columns is None:
        return None
    ids, names, sizes = columns
    return ScannedImages(_numbers(ids, np.int64), names, _numbers(sizes, np.float64).reshape(-1, 2))


def scanned(text: bytes, *, validity: bool) -> Scanned | None:
    """The annotations in a piece of valid UTF-8, or None if one of them is unusual."""
    columns = _scanner.annotations(text, validity) if _scanner else None
    if columns is None:
        return None
    (mask_rows, mask_text), (keypoint_rows, keypoint_text) = (
        _spans(text, column) for column in columns[18:]
    )
    other_masks, keypoints = _other_masks(mask_text), _keypoints(keypoint_text)
    if other_masks is None or keypoints is None:
        return None
    return Scanned(
        id=_numbers(columns[0], np.int64),
        image_id=_numbers(columns[1], np.int64),
        category_id=_numbers(columns[2], np.int64),
        xywh=_numbers(columns[3], np.float64).reshape(-1, 4),
        area=_numbers(columns[4], np.float64),
        crowd=_numbers(columns[5], np.bool_),
        ignore=_numbers(columns[6], np.bool_),
        stated=_numbers(columns[7], np.int64),
        masks=_polygon_masks(columns[8:14], columns[14:18]),
        other_masks=(mask_rows, other_masks),
        keypoints=(keypoint_rows, keypoints),
    )


def _numbers(column: bytes, kind: type[_Number]) -> NDArray[_Number]:
    """A column as an array, which must not be written to."""
    return np.frombuffer(column, kind)


def _polygon_masks(columns: tuple[bytes, ...], suspects: tuple[bytes, ...]) -> Masks:
    box, fault, xyxy, area, parts, points = columns
    masks = Masks.of(
        len(box) // 4,
        box=_numbers(box, np.int32),
        fault=_numbers(fault, np.uint8),
        xyxy=_numbers(xyxy, np.float64).reshape(-1, 4),
        area=_numbers(area, np.float64),
        parts=_numbers(parts, np.int32),
        points=_numbers(points, np.int32),
    )
    return masks.replaced(fault=_with_crossings(masks.fault, suspects))


def _with_crossings(fault: Rows, suspects: tuple[bytes, ...]) -> Rows:
    """The faults of masks, with the suspect polygons that do cross themselves."""
    mask, area = _numbers(suspects[0], np.int64), _numbers(suspects[1], np.float64)
    if not len(mask):
        return fault
    points, corners = _numbers(suspects[2], np.int64), _numbers(suspects[3], np.float64)
    crossing = self_crossing(corners, points, area, np.ones(len(mask), bool))
    fault = fault.copy()
    fault[mask[crossing]] = MaskFault.SELF_CROSSING
    return fault


def _spans(text: bytes, column: bytes) -> tuple[Ints, list[bytes]]:
    """Rows, and what stands in the text for each."""
    places = _numbers(column, np.int64).reshape(-1, 3)
    return places[:, 0], [text[start:end] for start, end in places[:, 1:].tolist()]


def _other_masks(spans: list[bytes]) -> list[list[list[float]] | Rle] | None:
    """Encoded masks and odd polygons; None if one is not as declared, or has a key twice."""
    text = b"[" + b",".join(spans) + b"]"
    try:
        masks = _MASKS.decode(text)
    except msgspec.MsgspecError:
        return None
    # A run-length encoding has the keys size and counts, and its counts may be text.
    quotes = sum(6 if isinstance(one.counts, str) else 4 for one in masks if isinstance(one, Rle))
    return masks if text.count(b'"') == quotes else None


def _keypoints(spans: list[bytes]) -> list[list[float]] | None:
    try:
        return _NUMBERS.decode(b"[" + b",".join(spans) + b"]")
    except msgspec.MsgspecError:
        return None
