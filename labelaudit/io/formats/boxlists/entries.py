"""What a record says of one image: its name, its size and its objects, whatever its keys are."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labelaudit.images.files import is_image
from labelaudit.io.formats.csv_layout import IMAGE, LABEL, LABEL_WORDS, OTHERS, plain
from labelaudit.io.formats.loose_boxes import loose_box
from labelaudit.io.formats.values import number, number_in

IMAGES = (*IMAGE, "imageurl", "imgurl", "url", "src", "source", "filenames")
"""Keys, as `plain` has them, under which the name of an image stands."""

CONTAINERS = (
    *("boxes", "bboxes", "boundingboxes", "objects", "annotations", "annotation", "anns", "ann"),
    *("labels", "regions", "instances", "detections", "targets", "rois", "rects", "rectangles"),
    *("groundtruth", "gt", "gtboxes", "bbox", "box", "boundingbox", "object", "detection", "label"),
)
"""Keys under which the objects of an image stand, the likeliest first."""

BOXES = (
    *("bbox", "boundingbox", "box", "bndbox", "box2d", "rect", "rectangle", "roi", "coordinates"),
    *("coords", "position", "location", "geometry", "xyxy", "xywh", "bounds"),
)
"""Keys under which the place of an object stands."""

CLASSES = (
    *LABEL,
    *("labels", "classes", "categories", "classnames", "classids", "categoryids", "names", "cls"),
    *("tag", "tags", "cat", "title", "value", "bboxlabel", "labelid"),
)
"""Keys under which the class of an object stands, or those of all objects of an image."""

NESTED = ("image", "data", "meta", "info", "size", "imagesize", "imageinfo")
"""Keys of objects in which name and size of an image may stand."""

SCORES = ("score", "confidence", "conf", "prob", "probability", "scores")

_OF_A_CENTRE = ("coordinates", "coords", "position", "location")
"""Keys under which an x and a y may as well be those of a centre, as Create ML has them."""

_SIDES = re.compile(
    r"^(?:bbox|box)?(?:[xy](?:min|max|[0-9]|c|center|centre|tl|br)?|(?:min|max|c|center|start|end)"
    r"[xy]|[xy](?:start|end)|left|top|right|bottom|w|h|width|height|angle|rotation|theta)$"
)
_ROW = range(4, 7)
_UNKNOWN = (math.nan, math.nan)


@dataclass(frozen=True)
class LooseObject:
    """One object as a record has it."""

    value: Any  # Any: as it is written
    numbers: tuple[float, ...] = ()  # four in a row, of which nothing says what they are
    xyxy: tuple[float, ...] = ()  # corners, where keys or points say them
    key: str = ""  # under which the box stands, as it is written
    label: Any = None
    label_key: str = ""
    behind: tuple[Any, ...] = ()  # what stands behind four numbers and is no class
    known: frozenset[str] = frozenset()  # keys that were read

    @property
    def has_box(self) -> bool:
        """Whether its box was understood."""
        return bool(self.numbers or self.xyxy)


@dataclass(frozen=True)
class ImageEntry:
    """What a record says of one image."""

    name: str  # empty if it has none
    size: tuple[float, float]  # NaN if it does not say it
    objects: tuple[LooseObject, ...]
    value: Any  # Any: as it is written
    known: frozenset[str] = frozenset()  # keys of the record that were read
    alone: bool = False  # it is a box with the name of its image, of which there may be more


def entry_of(key: str, value: Any) -> ImageEntry | None:  # Any: whatever a file holds
    """What a record says of an image; None if it is none.

    Parameters
    ----------
    key:
        by which the record is found, the name of the image; empty in a list of records.
    value:
        the record.

    >>> entry = entry_of("a.jpg", [[1, 2, 3, 4, "car"]])
    >>> entry.name, [(one.numbers, one.label) for one in entry.objects]
    ('a.jpg', [((1.0, 2.0, 3.0, 4.0), 'car')])
    >>> entry_of("", {"frame": "a.jpg", "cars": 3}) is None
    True
    """
    if isinstance(value, list):
        objects = objects_in(value) if key else None
        return None if objects is None else ImageEntry(key, _UNKNOWN, objects, value)
    if not isinstance(value, Mapping):
        return None
    value = _with_texts(value)
    name_key, name = _name(value, key)
    size, size_keys = _size(value)
    known = frozenset({name_key, *size_keys})
    found = _objects(value, known)
    if found is None and key and set(value) <= known:
        found = (), frozenset()
    if found is None:
        return _box_alone(value, name_key, key)
    return ImageEntry(name, size, found[0], value, known | found[1]) if name else None


def _box_alone(record: Mapping[str, Any], name_key: str, key: str) -> ImageEntry | None:
    """The entry of a record that is a box and names its image; None if it is not that."""
    written = record.get(name_key, key)
    one = object_of(record, frozenset({name_key}))
    if not isinstance(written, str) or not written or not one.has_box:
        return None
    size, size_keys = _size(
        {name: value for name, value in record.items() if name not in one.known}
    )
    known = frozenset({name_key, *size_keys}) | one.known
    return ImageEntry(_name(record, key)[1], size, (one,), record, known, alone=not key)


def objects_in(value: Any) -> tuple[LooseObject, ...] | None:  # Any: whatever a file holds
    """The objects of a list of them; None if it is none, or none of it is understood.

    A list of four numbers is one object.
    """
    if not isinstance(value, list):
        return None
    if not value:
        return ()
    if is_row(value):
        return (object_of(value),)
    if not any(isinstance(one, Mapping) or is_row(one) for one in value):
        return None
    objects = tuple(map(object_of, value))
    return objects if any(one.has_box for one in objects) else None


def is_row(value: Any) -> bool:  # Any: whatever a file holds
    """Whether a value is four numbers in a row, with a class or a score perhaps.

    >>> is_row([1, 2, 3, 4]), is_row(["car", 1, 2, 3, 4]), is_row([1, 2, 3]), is_row([[1], 2, 3, 4])
    (True, True, False, False)
    """
    if not isinstance(value, list | tuple) or len(value) not in _ROW:
        return False
    return _numbers_of(value) is not None


def object_of(value: Any, held: frozenset[str] = frozenset()) -> LooseObject:  # Any: as above
    """An object from its record; `held` are keys that are not its own."""
    if is_row(value):
        return _of_row(value)
    if not isinstance(value, Mapping):
        return LooseObject(value)
    value = _with_texts(value)
    keys = {plain(key): key for key in value if key not in held}
    label_key, label = _label(value, keys)
    found = next(filter(None, (_placed(name, value, keys) for name in BOXES if name in keys)), None)
    if found is None:
        sides = {keys[name]: value[keys[name]] for name in keys if _SIDES.match(name)}
        xyxy = loose_box(sides, "corners") if sides else None
        found = LooseObject(value, xyxy=tuple(xyxy or ()), known=frozenset(sides if xyxy else ()))
    return replace(
        found,
        label=found.label if label is None else label,
        label_key=label_key,
        known=found.known | {label_key},
    )


def _placed(name: str, record: Mapping[str, Any], keys: Mapping[str, str]) -> LooseObject | None:
    """The object whose place stands under a key; None if no box stands there.

    Parameters
    ----------
    name:
        the key, as `plain` has it.
    record:
        of the object.
    keys:
        its keys by what `plain` makes of them.
    """
    key = keys[name]
    inner, known = record[key], frozenset({key})
    if is_row(inner):
        row = _of_row(inner)
        told = row.numbers if name == "xyxy" else ()
        numbers = () if told else row.numbers
        return LooseObject(record, numbers, told, key, row.label, behind=row.behind, known=known)
    if isinstance(inner, Mapping) and name in _OF_A_CENTRE:
        return None
    xyxy = loose_box(inner, "corners") if isinstance(inner, Mapping | list) else None
    return LooseObject(record, xyxy=tuple(xyxy), key=key, known=known) if xyxy else None


def _label(record: Mapping[str, Any], keys: Mapping[str, str]) -> tuple[str, Any]:
    """The key of the class of an object and what it says; a name goes before a number."""
    named = [keys[name] for name in CLASSES if name in keys] or _like_classes(record, keys)
    key = next((one for one in named if _is_word(record[one])), named[0] if named else "")
    label = record[key] if key else None
    if isinstance(label, Mapping):  # {"id": 3, "name": "car"}
        label = next((label[name] for name in ("name", "title", "label") if name in label), None)
    elif isinstance(label, list):
        label = label[0] if len(label) == 1 else None
    return key, label


def _like_classes(record: Mapping[str, Any], keys: Mapping[str, str]) -> list[str]:
    """The one key with a word that is called like a class, `defect_name` say; none of several."""
    found = [
        key
        for name, key in keys.items()
        if (name.endswith("name") or any(word in name for word in LABEL_WORDS))
        and name not in IMAGE
        and _is_word(record[key])
        and not is_image(record[key])
    ]
    return found if len(found) == 1 else []


def _with_texts(record: Mapping[Any, Any]) -> Mapping[str, Any]:
    """A record whose keys are texts: those of YAML may be numbers."""
    if all(isinstance(key, str) for key in record):
        return record
    return {str(key): value for key, value in record.items()}


def _is_word(value: Any) -> bool:
    """Whether a value is a text that is no number: a name of a class goes before its number."""
    return isinstance(value, str) and value.strip() != "" and number_in(value) is None


def _of_row(row: Sequence[Any]) -> LooseObject:
    """An object of numbers in a row: four of a box, a class as text anywhere, or one behind."""
    numbers = _numbers_of(row) or []
    words = [one for one in row if isinstance(one, str) and number_in(one) is None]
    rest = list(numbers[4:])
    if words:
        return LooseObject(row, tuple(numbers[:4]), label=words[0], behind=tuple(rest))
    whole = [one for one in rest if one.is_integer()]
    label = int(whole[0]) if whole else None
    behind = [one for one in rest if label is None or one != label]
    return LooseObject(row, tuple(numbers[:4]), label=label, behind=tuple(behind))


def _numbers_of(row: Sequence[Any]) -> list[float] | None:
    """The numbers of a row of four and more, with one text at most; None if it is no such row."""
    numbers: list[float] = []
    words = 0
    for one in row:
        value = number_in(one) if isinstance(one, str) else number(one)
        if value is not None:
            numbers.append(value)
        elif isinstance(one, str):
            words += 1
        elif one is not None:
            return None
    return numbers if len(numbers) >= 4 and words <= 1 else None


def _name(record: Mapping[str, Any], key: str) -> tuple[str, str]:
    """The key of the name of an image, and the name; the record's own key if it has none."""
    keys = {plain(str(one)): str(one) for one in record}
    if "videoid" in keys and "videoframe" in keys:  # Great Barrier Reef's, train_images/video_0/16
        video, frame = record[keys["videoid"]], record[keys["videoframe"]]
        return keys["videoid"], f"video_{video}/{frame}"
    for place in (*IMAGES, "name"):
        written = _under(place, record, keys)
        if isinstance(written, str) and written.strip():
            named = place not in ("id", "name", "object", "source") or is_image(written)
            if named:
                return keys[place], written.strip()
    ids = next((keys[one] for one in ("imageid", "id") if one in keys and not key), "")
    if ids and number(record[ids]) is not None:
        return ids, f"{record[ids]:g}" if isinstance(record[ids], float) else str(record[ids])
    for place in NESTED:
        inner = _under(place, record, keys)
        if isinstance(inner, Mapping) and (name := _name(_with_texts(inner), "")[1]):
            return keys[place], name
    return "", key


def _under(
    place: str, record: Mapping[str, Any], keys: Mapping[str, str]
) -> Any:  # Any: whatever a file holds
    """What a record has under a key, which `keys` says by its plain form; None without it."""
    return record.get(keys[place]) if place in keys else None  # "" may be a key, too


def _size(record: Mapping[str, Any]) -> tuple[tuple[float, float], tuple[str, ...]]:
    """Width and height that a record says of its image, NaN if it does not, and their keys."""
    keys = {plain(str(one)): str(one) for one in record}
    found = [
        next((keys[one] for one in OTHERS[side] if one in keys), "") for side in ("width", "height")
    ]
    sides = [number(record.get(one)) if one else None for one in found]
    if sides[0] and sides[1]:
        return (sides[0], sides[1]), tuple(found)
    for place in NESTED:
        inner = _under(place, record, keys)
        if isinstance(inner, Mapping) and (size := _size(_with_texts(inner)))[1]:
            return size[0], (keys[place],)
    return _UNKNOWN, ()


def _objects(
    record: Mapping[str, Any], known: frozenset[str]
) -> tuple[tuple[LooseObject, ...], frozenset[str]] | None:
    """The objects of a record of an image, and the keys they stand under; None if there are none.

    They are a list of objects; lists of boxes and of classes; a list of boxes for each class; or
    one of these one level deeper.
    """
    keys = {plain(str(key)): str(key) for key in record if key not in known}
    empty = None
    for name in CONTAINERS:
        if name not in keys:
            continue
        inner, key = record[keys[name]], keys[name]
        if isinstance(inner, list):
            objects = objects_in(inner)
            if objects and is_row(inner) and "label" not in keys and name in BOXES:
                return None  # the record is a box itself
            if objects and is_row(inner):
                continue
            if objects:
                return _with_labels(objects, record, keys, key)
            empty = ((), frozenset({key})) if objects == () and empty is None else empty
        elif isinstance(inner, Mapping) and inner:
            if found := _objects(_with_texts(inner), frozenset()):
                return found[0], frozenset({key})
        elif inner is None or inner == {}:
            empty = empty or ((), frozenset({key}))
    return _by_class(record, keys) or empty


def _with_labels(
    objects: tuple[LooseObject, ...], record: Mapping[str, Any], keys: Mapping[str, str], key: str
) -> tuple[tuple[LooseObject, ...], frozenset[str]]:
    """Objects with the classes that stand in a list of as many beside their boxes."""
    if any(one.label is not None for one in objects):
        return objects, frozenset({key})
    for name in CLASSES:
        beside = _under(name, record, keys)
        if isinstance(beside, list) and len(beside) == len(objects) and keys[name] != key:
            labels = [one if isinstance(one, str | int) else None for one in beside]
            labelled = tuple(
                replace(one, label=label, label_key=keys[name])
                for one, label in zip(objects, labels, strict=True)
            )
            return labelled, frozenset({key, keys[name]})
    return objects, frozenset({key})


def _by_class(
    record: Mapping[str, Any], keys: Mapping[str, str]
) -> tuple[tuple[LooseObject, ...], frozenset[str]] | None:
    """The objects of lists of boxes that are called by their classes; None if there are none."""
    lists = {key: record[key] for key in keys.values() if isinstance(record[key], list)}
    if not lists or any(not all(map(is_row, rows)) for rows in lists.values() if not is_row(rows)):
        return None
    objects = [
        LooseObject(one, _of_row(one).numbers, label=key)
        for key, rows in lists.items()
        for one in ([rows] if is_row(rows) else rows)
    ]
    return tuple(objects), frozenset(lists)
