"""COCO records: as msgspec decodes them when they are as they should be, and as they are when not.

The declared types are strict. A list of records that does not fit is taken apart, and the record
that does not fit is read by `tolerant_*`: what can be understood is, and each thing that is not as
it should be is noted with the field it is about.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from labelaudit.core.columns import encodable
from labelaudit.dataset.tables import ProblemKind
from labelaudit.io.formats.loose_boxes import loose_box
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.values import FIVE, is_left_over, left_over_words

UNSET = msgspec.UNSET

OTHER_BOXES = ("box", "boundingbox", "bndbox", "box2d", "rect", "coordinates")
"""Keys, in lower case, under which an annotation without a `bbox` may have an object for it."""


FEWEST = 3
"""Points of a polygon at least."""

_SIGNS = re.compile(r"[^a-z0-9]")


class Rle(msgspec.Struct, gc=False):
    """A run-length encoded mask."""

    counts: list[int] | str
    size: tuple[int, int]


Id = int | float | str | None  # rules judge ids; only a list or an object is no id
Flag = Annotated[int, msgspec.Meta(ge=0, le=1)]


class Annotation(msgspec.Struct, gc=False):
    """An annotation as COCO's data format page describes it; other keys are allowed."""

    id: Id
    image_id: Id
    category_id: Id
    bbox: tuple[float, float, float, float]
    area: float | msgspec.UnsetType = UNSET
    iscrowd: Flag | msgspec.UnsetType = UNSET
    ignore: Flag | msgspec.UnsetType = UNSET
    segmentation: list[list[float]] | Rle | msgspec.UnsetType = UNSET
    keypoints: list[float] | msgspec.UnsetType = UNSET
    num_keypoints: Annotated[int, msgspec.Meta(ge=0)] | msgspec.UnsetType = UNSET


class Image(msgspec.Struct, gc=False):
    """An image as COCO's data format page describes it; other keys are allowed."""

    id: Id
    file_name: str
    width: int
    height: int


class UnnamedImage(msgspec.Struct, gc=False):
    """An image as LVIS describes it: it has an address, whose last two parts are folder and name.

    Source: https://www.lvisdataset.org/dataset, and `lvis.py` of Detectron2.
    """

    id: Id
    coco_url: str
    width: int
    height: int
    file_name: msgspec.UnsetType = UNSET  # one that has it is no such image


def name_in_url(url: Any) -> str | None:  # Any: whatever JSON holds
    """The folder and the name of an image at the end of its address; None if it is no address.

    >>> name_in_url("http://images.cocodataset.org/train2017/000000391895.jpg")
    'train2017/000000391895.jpg'
    >>> name_in_url("n/a"), name_in_url(None)
    (None, None)
    """
    if not isinstance(url, str) or "://" not in url:
        return None
    parts = url.partition("://")[2].partition("?")[0].split("/")[1:]
    return "/".join(parts[-2:]) or None


@dataclass
class TolerantRecord:
    """A record of any part that did not fit its declared type."""

    values: dict[str, Any]  # Any: whatever JSON holds; understood values by field
    problems: list[FieldProblem] = field(default_factory=list)
    absent: tuple[str, ...] = ()  # required fields that are not there


class JsonObject(dict[str, Any]):
    """A JSON object that remembers which of its keys stood there twice."""

    repeated: tuple[str, ...] = ()


def decoded(text: bytes) -> Any:  # Any: whatever JSON holds
    """The JSON value in `text`, with NaN and Infinity, and objects as `JsonObject`.

    Raises
    ------
    ValueError
        if it is no JSON.
    RecursionError
        if it is nested too deeply.
    """
    try:
        words = text.decode("utf-8")
    except UnicodeDecodeError as error:
        words = text.decode("utf-8", "replace")
        return _noting_bytes(json.loads(words, object_pairs_hook=_pairs), error)
    return json.loads(words, object_pairs_hook=_pairs)


def _noting_bytes(value: Any, error: UnicodeDecodeError) -> Any:
    if isinstance(value, JsonObject):
        value[NOT_UTF8] = f"byte 0x{error.object[error.start]:02x}"
    return value


NOT_UTF8 = "\0not UTF-8"
"""A key that no file can hold: where `decoded` says that bytes of the record are not UTF-8."""


def _pairs(pairs: list[tuple[str, Any]]) -> JsonObject:
    made = JsonObject(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        made.repeated = tuple(dict.fromkeys(key for key in keys if keys.count(key) > 1))
    return made


def tolerant_annotation(record: Mapping[str, Any]) -> TolerantRecord:
    """What can be understood of an annotation."""
    loose, record = _loose(record, required=("id", "image_id", "category_id", "bbox"))
    _read(loose, record, "bbox", _box)
    if "bbox" not in record:
        loose.values["bbox"] = _box_of_other_keys(record)
    _read(loose, record, "area", _known)
    for name in ("iscrowd", "ignore"):
        _read(loose, record, name, _flag)
    _read(loose, record, "num_keypoints", _whole)
    _read(loose, record, "keypoints", _numbers)
    loose.values["segmentation"] = segmentation = record.get("segmentation")
    if _is_flat(segmentation):
        loose.problems.append(_oddly_written("segmentation", segmentation))
    for name in ("id", "image_id", "category_id"):
        loose.values[name] = record.get(name)
    return loose


def tolerant_image(record: Mapping[str, Any]) -> TolerantRecord:
    """What can be understood of an image record."""
    name = name_in_url(record.get("coco_url"))
    required = ("id", "width", "height") if name else ("id", "file_name", "width", "height")
    loose, record = _loose(record, required=required)
    name = None if "file_name" in record else name
    loose.values |= {"file_name": name, "addressed": name is not None}
    _read(loose, record, "width", _finite)
    _read(loose, record, "height", _finite)
    _read_name(loose, record, "file_name")
    loose.values["id"] = record.get("id")
    return loose


def tolerant_category(record: Mapping[str, Any]) -> TolerantRecord:
    """What can be understood of a class record."""
    loose, record = _loose(record, required=("id", "name"))
    _read_name(loose, record, "name")
    keypoints = record.get("keypoints")
    loose.values["keypoints"] = len(keypoints) if isinstance(keypoints, list) else 0
    loose.values["id"] = record.get("id")
    return loose


def _loose(
    record: Mapping[str, Any], required: Sequence[str]
) -> tuple[TolerantRecord, Mapping[str, Any]]:
    """A record to be read, and its values by the keys that its fields should have."""
    loose = TolerantRecord({})
    others = _other_keys(record, [name for name in required if name not in record])
    loose.absent = tuple(name for name in required if name not in record and name not in others)
    for name in loose.absent:
        loose.problems.append(FieldProblem(ProblemKind.MISSING_FIELD, name))
    for name, key in others.items():
        found = f"under the key {shown(key)}"
        loose.problems.append(FieldProblem(ProblemKind.WRONG_TYPE, name, found))
    for name in getattr(record, "repeated", ()):
        loose.problems.append(FieldProblem(ProblemKind.DUPLICATE_KEY, name, shown(record[name])))
    if NOT_UTF8 in record:
        loose.problems.append(
            FieldProblem(ProblemKind.UNREADABLE_FIELD, "", f"not UTF-8: {record[NOT_UTF8]}")
        )
    if others:
        record = {**record, **{name: record[key] for name, key in others.items()}}
    return loose, record


def _other_keys(record: Mapping[str, Any], missing: Sequence[str]) -> dict[str, str]:
    """The keys of missing fields that have only letter case or signs of their own.

    >>> _other_keys({"imageId": 1, "Id": 2, "FileName": "a"}, ["image_id", "id", "name"])
    {'image_id': 'imageId', 'id': 'Id'}
    """
    plain = {_plain_key(key): key for key in reversed([*record])} if missing else {}
    return {name: plain[_plain_key(name)] for name in missing if _plain_key(name) in plain}


def _plain_key(key: str) -> str:
    return _SIGNS.sub("", key.lower())


def _read(loose: TolerantRecord, record: Mapping[str, Any], name: str, reader: Any) -> None:
    """Read one field: `reader` gives its value, None if there is none to be understood."""
    if name not in record:
        return
    value, plain = reader(record[name])
    if value is None:
        loose.problems.append(FieldProblem(ProblemKind.UNREADABLE_FIELD, name, shown(record[name])))
    elif not plain:
        loose.problems.append(_oddly_written(name, record[name]))
    loose.values[name] = value


def _oddly_written(name: str, value: Any) -> FieldProblem:
    if name == "bbox" and is_left_over(value):
        return FieldProblem(ProblemKind.LEFT_OVER, name, left_over_words(value))
    return FieldProblem(ProblemKind.WRONG_TYPE, name, shown(value))


def _read_name(loose: TolerantRecord, record: Mapping[str, Any], name: str) -> None:
    """Read a text that others have to write again, which half a surrogate pair makes impossible."""
    _read(loose, record, name, _text)
    value = loose.values.get(name)
    if value is not None and value != encodable(value):
        found = f"{shown(value)} holds half of a surrogate pair"
        loose.problems.append(FieldProblem(ProblemKind.UNREADABLE_FIELD, name, found))


def number(value: Any) -> tuple[float | None, bool]:
    """A number, and whether it was written as one.

    >>> number(3), number(" 3.5 "), number("three"), number(True)
    ((3.0, True), (3.5, False), (None, False), (None, False))
    """
    if isinstance(value, bool):
        return None, False
    if isinstance(value, str) and "_" in value:
        return None, False
    if isinstance(value, int | float | str):
        try:
            return float(value), not isinstance(value, str)
        except (ValueError, OverflowError):
            return (math.inf if isinstance(value, int) else None), isinstance(value, int)
    return None, False


def _known(value: Any) -> tuple[float | None, bool]:
    """A number, and none for NaN: in the column, that stands for a field that is not there."""
    read, plain = number(value)
    return (None, False) if read is None or math.isnan(read) else (read, plain)


def _finite(value: Any) -> tuple[float | None, bool]:
    read, plain = number(value)
    return (None, False) if read is None or not math.isfinite(read) else (read, plain)


def _numbers(value: Any) -> tuple[list[float] | None, bool]:
    if not isinstance(value, list):
        return None, False
    read = [number(item) for item in value]
    if any(item is None for item, _ in read):
        return None, False
    return [item for item, _ in read if item is not None], all(plain for _, plain in read)


def _box(value: Any) -> tuple[list[float] | None, bool]:
    """Left, top, width and height, from whatever can be read as a box."""
    numbers, plain = _numbers(value)
    if numbers is not None and len(numbers) in (4, FIVE):
        return numbers[:4], plain and len(numbers) == 4
    corners = loose_box(value, "size")
    if corners is None:
        return None, False
    left, top, right, bottom = corners
    return [left, top, float(f"{right - left:.12g}"), float(f"{bottom - top:.12g}")], False


def _box_of_other_keys(record: Mapping[str, Any]) -> list[float] | None:
    """The box of an annotation that has a key for each number of it, in itself or in an object."""
    named = {key.lower().replace("_", ""): value for key, value in record.items()}
    inner = [named[name] for name in OTHER_BOXES if isinstance(named.get(name), Mapping)]
    return next((box for one in (*inner, record) if (box := _box(one)[0])), None)


def _flag(value: Any) -> tuple[int | None, bool]:
    if isinstance(value, bool):
        return int(value), False
    read, plain = number(value)
    return (None, False) if read not in (0, 1) else (int(read), plain and isinstance(value, int))


def _whole(value: Any) -> tuple[int | None, bool]:
    read, plain = number(value)
    if read is None or not read.is_integer() or not 0 <= read < 2**31:
        return None, False
    return int(read), plain and isinstance(value, int)


def _text(value: Any) -> tuple[str | None, bool]:
    if isinstance(value, str):
        return (value if value.strip() else None), True
    return (None, False) if isinstance(value, list | dict) or value is None else (str(value), False)


def shown(value: Any, width: int = 60) -> str:
    """A JSON value as a person wants to see it: written as JSON, and shortened.

    >>> shown({"a": [1, 2]}), shown("x" * 99, width=9)
    ('{"a": [1, 2]}', '"xxxxx...')
    """
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (RecursionError, ValueError):
        text = "something nested too deeply"
    return text if len(text) <= width else f"{text[: width - 3]}..."


def loose_segmentation(value: Any) -> Any:
    """A mask as its declared type, or None if it is neither polygons nor a run-length encoding."""
    if isinstance(value, Mapping):
        counts, size = value.get("counts"), value.get("size")
        is_valid = isinstance(counts, str) or _are_numbers(counts)
        return Rle(counts, tuple(size)) if is_valid and _are_numbers(size) else None  # type: ignore[arg-type]  # floats, too
    if isinstance(value, list) and all(_are_numbers(part) for part in value):
        return value
    return [value] if _is_flat(value) else None


def _is_flat(value: Any) -> bool:  # Any: whatever JSON holds
    """Whether a mask is the points of one polygon, not in a list of polygons, as VIA exports it."""
    return _are_numbers(value) and len(value) >= 2 * FEWEST and len(value) % 2 == 0


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, int | float) and not isinstance(item, bool) for item in value
    )
