"""LabelMe: a folder of JSON files, one for each image; they can be read only.

Source: https://github.com/wkentaro/labelme, `labelme/label_file.py` and `labelme/shape.py`.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING, Texts, texts
from labelaudit.dataset.format_facts import FormatFacts
from labelaudit.dataset.masks import polygon_masks
from labelaudit.dataset.tables import (
    Boxes,
    Categories,
    Dataset,
    Files,
    Images,
    ProblemKind,
    RecordType,
)
from labelaudit.errors import FormatError
from labelaudit.images.files import listed, locate
from labelaudit.io.formats import FORMATS, Format
from labelaudit.io.formats.problems import FieldProblem, ProblemNotes

KINDS = ("rectangle", "polygon", "circle")
"""The kinds of shape that have a box. Others (points, lines, masks as pictures) are noted."""

_LOOKED_AT = 50  # JSON files that are none of LabelMe's, before a folder is none of ours
_HEAD = 1 << 16  # bytes in which the shapes begin
_SHAPES = re.compile(rb'"shapes"\s*:\s*\[')
_OURS = re.compile(rb'"(?:imagePath|shape_type|imageHeight)"\s*:')
_SHORT = 60


def recognises(path: Path) -> bool:
    """Whether a path is a folder with a LabelMe file in it or in a folder right inside it."""
    return path.is_dir() and any(map(_begins_as_ours, islice(_near(path), _LOOKED_AT)))


def _near(folder: Path, depth: int = 1) -> Iterator[str]:
    """JSON files in a folder, then those in its folders; nothing of what may not be read."""
    try:
        with os.scandir(folder) as entries:
            inside = list(entries)
    except OSError:
        return
    yield from (entry.path for entry in inside if entry.name[-5:].lower() == ".json")
    if depth:
        for entry in inside:
            if "." not in entry.name and entry.is_dir():
                yield from _near(Path(entry.path), depth - 1)


def _begins_as_ours(path: str) -> bool:
    """Whether a file has a list of shapes near its beginning, and something else of LabelMe's."""
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return _SHAPES.search(head) is not None and _OURS.search(head) is not None


def load(path: Path, image_folders: Sequence[Path], *, polygon_validity: bool = True) -> Dataset:
    """The dataset in the JSON files of a folder, each of them about one image.

    Parameters
    ----------
    path:
        the folder.
    image_folders:
        where the images are; each is looked for where its file says if this is empty.
    polygon_validity:
        whether to look for self-crossing polygons.

    Raises
    ------
    FormatError
        if there is no JSON file in the folder.
    """
    names = list(_names(path)) if path.is_dir() else []
    if not names:
        raise FormatError(f"{path}: no JSON file of LabelMe in it")
    reading = _Reading()
    for file, name in enumerate(names):
        reading.take_file(file, name, _parsed(path / name))
    return reading.dataset(path.absolute(), names, image_folders, validity=polygon_validity)


def _names(folder: Path) -> Iterator[str]:
    return (name for name in listed(folder) if name.lower().endswith(".json"))


def _parsed(path: Path) -> Any:  # Any: whatever JSON holds
    """What a file holds, without the bytes of its image; words about why if it cannot be read."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        return str(error)
    if isinstance(value, dict):
        value.pop("imageData", None)
    return value


@dataclass
class _Reading:
    """The columns of images and of objects so far, and what does not fit in them."""

    problems: ProblemNotes = field(default_factory=ProblemNotes)
    image_file: list[int] = field(default_factory=list)
    image_name: list[str] = field(default_factory=list)
    size: list[tuple[float, float]] = field(default_factory=list)
    record: list[int] = field(default_factory=list)
    image: list[int] = field(default_factory=list)
    label: list[str] = field(default_factory=list)
    xyxy: list[list[float]] = field(default_factory=list)
    polygons: dict[int, list[list[float]]] = field(default_factory=dict)  # by row of their box

    def take_file(self, file: int, name: str, value: Any) -> None:
        """Take in one file: what is no annotation is noted."""
        if not isinstance(value, dict) or not isinstance(value.get("shapes"), list):
            found = value if isinstance(value, str) else "no list of shapes"
            self.problems.note_file(file, FieldProblem(ProblemKind.UNREADABLE, "", _shown(found)))
            return
        image = len(self.image_file)
        path = self._field(file, image, value, "imagePath", str)
        self.image_file.append(file)
        folder = name.rpartition("/")[0]
        inside = (path or "").replace("\\", "/")
        self.image_name.append(f"{folder}/{inside}" if folder and inside else inside)
        sides = [self._field(file, image, value, f"image{side}", float) for side in _SIDES]
        self.size.append((sides[0] or math.nan, sides[1] or math.nan))
        for record, shape in enumerate(value["shapes"]):
            self._take_shape(file, image, record, shape)

    def _field(self, file: int, image: int, value: Any, name: str, kind: type) -> Any:
        """A field of an image; None, and noted, if it is missing or not of its kind."""
        given = value.get(name)
        if kind is str and isinstance(given, str) and given.strip():
            return given
        if kind is float and (number := _number(given)) is not None:
            return number
        missing = given is None
        problem = ProblemKind.MISSING_FIELD if missing else ProblemKind.UNREADABLE_FIELD
        what = FieldProblem(problem, name, "" if missing else _shown(given))
        self.problems.note(RecordType.IMAGE, what, file=file, record=0, row=image)
        return None

    def _take_shape(self, file: int, image: int, record: int, shape: Any) -> None:
        """Take in one shape; one that has no box is noted."""
        kind = shape.get("shape_type") or "polygon" if isinstance(shape, dict) else None
        if kind not in KINDS:
            found = f"a shape of kind {_shown(kind)}" if kind else _shown(shape)
            what = FieldProblem(ProblemKind.UNREADABLE, "", found)
            self.problems.note(RecordType.BOX, what, file=file, record=record)
            return
        row, points = len(self.record), _points(shape.get("points"), kind)
        if points is None:
            missing = "points" not in shape
            problem = ProblemKind.MISSING_FIELD if missing else ProblemKind.UNREADABLE_FIELD
            what = FieldProblem(problem, "points", "" if missing else _shown(shape["points"]))
            self.problems.note(RecordType.BOX, what, file=file, record=record, row=row)
        label = shape.get("label")
        if not isinstance(label, str) or not label.strip():
            missing = label is None
            problem = ProblemKind.MISSING_FIELD if missing else ProblemKind.UNREADABLE_FIELD
            what = FieldProblem(problem, "label", "" if missing else _shown(label))
            self.problems.note(RecordType.BOX, what, file=file, record=record, row=row)
        self.record.append(record)
        self.image.append(image)
        self.label.append(label if isinstance(label, str) and label.strip() else "")
        self.xyxy.append(_extent(points, kind))
        if points is not None and kind == "polygon":
            self.polygons[row] = [[side for point in points for side in point]]

    def dataset(
        self, root: Path, names: Sequence[str], folders: Sequence[Path], *, validity: bool
    ) -> Dataset:
        """Everything read, as tables."""
        classes = list(dict.fromkeys(filter(None, self.label)))
        of_class = {name: row for row, name in enumerate(classes)} | {"": MISSING}
        image = np.array(self.image, np.int32)
        image_name = texts(self.image_name)
        count = len(self.image_file)
        masks = polygon_masks(list(self.polygons.values()), validity=validity)
        return Dataset(
            format="labelme",
            root=root,
            files=Files.of(len(names), path=texts(names)),
            images=Images.of(
                count,
                file=self.image_file,
                record=np.zeros(count),
                name=image_name,
                path=_found(image_name, root, folders),
                size=self.size,
            ),
            categories=Categories.of(len(classes), name=texts(classes)),
            boxes=Boxes.of(
                len(image),
                file=np.array([*self.image_file, MISSING])[image],
                record=self.record,
                image=image,
                label=[of_class[name] for name in self.label],
                xyxy=self.xyxy,
            ),
            masks=masks.replaced(box=np.array(list(self.polygons), np.int32)),
            problems=self.problems.by_place(),
            image_folders=tuple(folders) or (root,),
        )


_SIDES = ("Width", "Height")


def _found(names: Texts, root: Path, folders: Sequence[Path]) -> Texts:
    """Where each image is: under the folders, or where its file says, seen from that file."""
    if folders:
        return locate(names, folders)
    return texts(str(root / name) if name and (root / name).is_file() else "" for name in names)


def _points(value: Any, kind: str) -> list[list[float]] | None:
    """Points as LabelMe writes them; None if they are none, or not two for two corners."""
    if not isinstance(value, list) or not value:
        return None
    points = [
        [_number(side) for side in point]
        for point in value
        if isinstance(point, list) and len(point) == 2
    ]
    known = [[x, y] for x, y in points if x is not None and y is not None]
    if len(known) < len(value) or (kind != "polygon" and len(known) != 2):
        return None
    return known


def _extent(points: list[list[float]] | None, kind: str) -> list[float]:
    """Left, top, right, bottom of a shape; NaN without points.

    >>> _extent([[5.0, 5.0], [8.0, 9.0]], "circle")
    [0.0, 0.0, 10.0, 10.0]
    """
    if points is None:
        return [math.nan] * 4
    if kind == "circle":
        (x, y), edge = points
        radius = math.dist((x, y), edge)
        return [x - radius, y - radius, x + radius, y + radius]
    columns = list(zip(*points, strict=True))
    return [*map(min, columns), *map(max, columns)]


def _number(value: Any) -> float | None:
    """A finite number; None for anything else."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain and abs(value) < 1e300 else None


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 3]}..."


FORMATS.add(
    "labelme",
    Format(
        "labelme",
        "a folder of LabelMe files (JSON with shapes and an imagePath)",
        recognises,
        load,
        facts=FormatFacts(
            box_record="shapes[{record}]",
            source_fields={"xyxy": ("points",), "label": ("label",)},
        ),
        folder=True,
    ),
)
