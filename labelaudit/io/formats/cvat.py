"""CVAT XML 1.1, for images and for videos: one file for a task or a project; it is read only.

Source: https://docs.cvat.ai/docs/other/xml_format, and its own exports. A mask is runs of
background and foreground in turn along the rows of its rectangle; a box is turned clockwise about
its centre.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelaudit.dataset.format_facts import WHOLE_TEXT
from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.box_record import BoxRecord, extent
from labelaudit.io.formats.builder import UNKNOWN, DatasetBuilder
from labelaudit.io.formats.cvat_attributes import CvatTasks, about_image, about_shape
from labelaudit.io.formats.cvat_elements import (
    BROKEN,
    number_or_text,
    odd_case,
    pairs,
    size_of,
    told_elements,
    whole,
)
from labelaudit.io.formats.evidence import FormatEvidence, PathSample, first_bytes
from labelaudit.io.formats.mask_runs import encoded, extent_of, painted
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.sources import fitting_files, splits_of
from labelaudit.io.formats.turned import ellipse_extent, turned_corners
from labelaudit.io.formats.unheld import NAMES
from labelaudit.io.formats.values import shown, text_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

IMAGE_FOLDER = "images"
"""The folder beside the file in which an export with images has them, in one for each subset."""

NO_SPLIT = "default"
"""The subset of tasks that nobody put into one."""

_ROOT = re.compile(rb"(?i)<annotations[\s>]")
_OURS = re.compile(
    rb"(?i)<(?:version>|meta>|meta\s|image\s[^>]*\b(?:name|width)=|track\s[^>]*\blabel=)"
)
_CORNERS = ("xtl", "ytl", "xbr", "ybr")
_RADII = ("cx", "cy", "rx", "ry")
_MARKS = {
    "occluded": "objects marked as occluded: without the mark",
    "z_order": "objects in layers before others: without their order",
    "group_id": "objects in groups: without them",
}
ATTRIBUTES = f"attributes of objects ({NAMES}): without them"
TRACKS = "objects followed through frames: an object in each frame"

_RECTANGLE = ("left", "top", "width", "height")
_CUBOID = tuple(
    f"{axis}{end}{face}" for face in "12" for end in ("tl", "bl", "tr", "br") for axis in "xy"
)


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a CVAT file, or a folder with some."""
    return sample.judged(
        sample.ending(".xml"), lambda name: _fits(sample.head(name)), "XML files with <annotations>"
    )


def _fits(head: bytes) -> bool:
    text = head.replace(b"\0", b"")  # UTF-16 has zeros in between
    return _ROOT.search(text) is not None and _OURS.search(text) is not None


def read(path: Path) -> DatasetBuilder:
    """What is in a CVAT file, or in those of a folder, each of them a split unless it names some.

    Raises
    ------
    FormatError
        if there is none in the folder.
    """
    root, names = fitting_files(path, [".xml"], _fits, "CVAT file")
    built = DatasetBuilder("cvat", root)
    for name, split in zip(names, splits_of(names), strict=True):
        _File(built, built.add_file(name), split).read(root / name)
    return built


@dataclass
class _File:
    """One file while it is read."""

    built: DatasetBuilder
    file: int
    split: str  # of images that are in no subset
    shapes: int = 0  # so far, whatever they are
    images: int = 0
    size: tuple[float, float] = UNKNOWN  # of the frames of a video
    frames: dict[int, int] = field(default_factory=dict)  # rows in Images
    subsets: dict[str, str] = field(default_factory=dict)  # the first subset with an image name
    joints: dict[str, list[str]] = field(default_factory=dict)  # of the skeletons
    tasks: CvatTasks = field(default_factory=CvatTasks)

    def read(self, path: Path) -> None:
        """Take in what can be read; where the file breaks off is noted."""
        part, said = "", list[str]()
        try:
            for part, element in told_elements(path, said):
                if part == BROKEN:
                    self._note_broken(element)
                elif part == "meta":
                    self._read_meta(element)
                elif part == "image":
                    self._read_image(element)
                else:
                    self._read_track(element)
        except (SyntaxError, ValueError, LookupError) as error:  # of these all are
            kind = ProblemKind.TRUNCATED if part else ProblemKind.UNREADABLE
            self.built.problems.note_file(self.file, FieldProblem(kind, "", shown(str(error))))
        except OSError as error:
            self.built.unreadable_file(self.file, error.strerror or str(error))
        if part:
            self._note_text(path, said)

    def _note_broken(self, element: Element) -> None:
        """Note an image or a track that is no XML."""
        of_image = element.tag == "image"
        part, record = (RecordType.IMAGE, self.images) if of_image else (RecordType.FILE, 0)
        words = f"{element.tag}: {element.get(BROKEN)}"
        self.built.unreadable_record(part, self.file, record, words)
        self.images += of_image

    def _note_text(self, path: Path, said: list[str]) -> None:
        """Note what in a file is not as CVAT writes it."""
        words = f"no XML ({', '.join(said)}), at which other readers stop" if said else ""
        case = f"another than CVAT's, as in {odd}" if (odd := odd_case(first_bytes(path))) else ""
        for name, found in ((WHOLE_TEXT, words), ("letter case", case)):
            if found:
                problem = FieldProblem(ProblemKind.WRONG_TYPE, name, found)
                self.built.problems.note_file(self.file, problem)

    def _read_meta(self, meta: Element) -> None:
        """The classes in their order, and the size of the frames of a video."""
        self.tasks = CvatTasks.of(meta) if self.built.told.wanted else self.tasks
        labels = [
            (text_of(label.findtext("name")), text_of(label.findtext("parent")), label)
            for label in meta.iter("label")
        ]
        for name, parent, _ in labels:
            if parent:
                self.joints.setdefault(parent, []).append(name)
        classes = [name for name, parent, _ in labels if name and not parent]
        written = [label for name, parent, label in labels if name and not parent]
        for record, name in enumerate(classes):
            joints = len(self.joints.get(name, ()))
            self.built.add_category(name, file=self.file, record=record, keypoints=joints)
            self.built.place(RecordType.CATEGORY, record, written[record])
        size = meta.find(".//original_size")
        if size is not None:
            self.size = size_of(size.findtext("width"), size.findtext("height"))

    def _read_image(self, element: Element) -> None:
        name = text_of(element.get("name"))
        subset = text_of(element.get("subset"))
        subset = "" if subset.lower() == NO_SPLIT else subset
        size = size_of(element.get("width"), element.get("height"))
        # A project may hold one name in several subsets, whose images lie in a folder for each.
        known = self.subsets.setdefault(name, subset)
        image = self.built.add_image(
            self.file,
            name if known == subset else f"{IMAGE_FOLDER}/{subset}/{name}",
            record=self.images,
            size=size,
            split=subset or self.split,
        )
        self.built.place(RecordType.IMAGE, self.images, element)
        if self.built.told.wanted:
            self.built.told.image(image, about_image(element, self.tasks))
        if not name:
            odd = element.get("name")
            self.built.odd_field(
                RecordType.IMAGE, "name", odd, file=self.file, record=self.images, row=image
            )
        for place, shape in enumerate(element):
            where = f"image[{self.images}] {shape.tag}[{place}]"
            self._read_shape(shape, (image, size), text_of(shape.get("label")), where)
        self.images += 1

    def _read_track(self, track: Element) -> None:
        """The shapes of one object in the frames in which it is seen."""
        self.built.unheld.count(TRACKS)
        for place, shape in enumerate(track):
            frame = whole(shape.get("frame"))
            if shape.tag == "track" or shape.get("outside") == "1":
                continue  # the joints of a skeleton, whose points the skeleton has, too; unseen
            if frame is None:
                self.built.unreadable_record(
                    RecordType.BOX, self.file, self.shapes, f"a {shape.tag} without a frame"
                )
                self.shapes += 1
                continue
            if frame not in self.frames:
                self.frames[frame] = self.built.add_image(
                    self.file,
                    f"frame_{frame:06d}",
                    record=len(self.frames),
                    size=self.size,
                    split=self.split,
                )
                self.built.told.image(self.frames[frame], self.tasks.of_frame(frame))
            where = f"track {track.get('id')} {shape.tag}[{place}]"
            image = self.frames[frame], self.size
            self._read_shape(shape, image, text_of(track.get("label")), where)

    def _read_shape(
        self, shape: Element, image: tuple[int, tuple[float, float]], label: str, where: str
    ) -> None:
        """Take in what has a box; the rest is left out, with a note.

        Parameters
        ----------
        shape:
            an element of an image or of a track.
        image:
            its row, and its width and height.
        label:
            the name of its class.
        where:
            it is, in words.
        """
        record = self.shapes
        self.shapes += 1
        self.built.place(RecordType.BOX, record, shape)
        if shape.tag not in _READERS:
            what = f"{shape.tag} elements, which have no box"
            self.built.leave_out(what, self.file, where)
            return
        if not label:
            place = {"file": self.file, "record": record, "row": self.built.next_box}
            self.built.odd_field(RecordType.BOX, "label", shape.get("label"), **place)
        self._count_unheld(shape)
        if self.built.told.wanted:
            self.built.told.box(self.built.next_box, about_shape(shape))
        row, size = image
        found = _READERS[shape.tag](self, shape, size)
        self.built.add_box(self.file, row, BoxRecord(label, record=record, **found))

    def _count_unheld(self, shape: Element) -> None:
        """Count what a shape says beside its place and its class."""
        unheld = self.built.unheld
        for key, words in _MARKS.items():
            if shape.get(key, "0") not in ("0", "", "False"):
                unheld.count(words)
        told = [one for one in shape.iterfind("attribute") if text_of(one.text)]
        unheld.count(ATTRIBUTES, [one.get("name", "") for one in told])

    def numbers(self, shape: Element, *names: str) -> list[float] | None:
        """The numbers of some attributes of the shape that was met last."""
        texts = ((name, shape.get(name)) for name in names)
        values = {name: None if text is None else number_or_text(text) for name, text in texts}
        return self.built.numbers(values, file=self.file, record=self.shapes - 1)

    def turned(self, shape: Element, *names: str) -> tuple[list[float], float] | None:
        """The numbers of some attributes of that shape, and the degrees by which it is turned."""
        written = ["rotation"] if shape.get("rotation") else []
        numbers = self.numbers(shape, *names, *written)
        return (numbers[: len(names)], sum(numbers[len(names) :])) if numbers else None

    def points(self, shape: Element) -> list[list[float]] | None:
        """The points of the shape that was met last, `x,y;x,y`."""
        points = pairs(shape.get("points") or "")
        if points is None:
            self.odd(shape, "points")
        return points

    def joint_order(self, skeleton: Element, joint: Element) -> int:
        """The place of a joint among those of its skeleton; the last for one that has none."""
        names = self.joints.get(text_of(skeleton.get("label")), [])
        name = text_of(joint.get("label"))
        return names.index(name) if name in names else len(names)

    def odd(self, shape: Element, name: str) -> None:
        """Note an attribute of the shape that was met last."""
        self.built.odd_field(
            RecordType.BOX,
            name,
            shape.get(name),
            file=self.file,
            record=self.shapes - 1,
            row=self.built.next_box,
        )


Shaped = dict[str, Any]  # Any: arguments of BoxRecord
Size = tuple[float, float]


def _box(file: _File, shape: Element, _: Size) -> Shaped:
    turned = file.turned(shape, *_CORNERS)
    if turned is None:
        return {"xyxy": None}
    sides, degrees = turned
    if not degrees % 360:
        return {"xyxy": sides}
    corners = turned_corners(sides, degrees)
    return {"xyxy": extent(corners), "polygons": [_flat(corners)]}


def _polygon(file: _File, shape: Element, _: Size) -> Shaped:
    points = file.points(shape)
    return {"xyxy": extent(points or []), "polygons": [_flat(points)] if points else []}


def _ellipse(file: _File, shape: Element, _: Size) -> Shaped:
    turned = file.turned(shape, *_RADII)
    if turned is None:
        return {"xyxy": None}
    (x, y, wide, high), degrees = turned
    return {"xyxy": ellipse_extent((x, y), (wide, high), degrees)}


def _cuboid(file: _File, shape: Element, _: Size) -> Shaped:
    sides = file.numbers(shape, *_CUBOID)
    return {"xyxy": sides and extent([sides[at : at + 2] for at in range(0, len(sides), 2)])}


def _mask(file: _File, shape: Element, size: Size) -> Shaped:
    sides = file.numbers(shape, *_RECTANGLE)
    if sides is None:
        return {"xyxy": None}
    left, top, width, height = sides
    xyxy = [left, top, left + width, top + height]
    runs = [whole(run) for run in (shape.get("rle") or "").split(",")]
    in_pixels = all(side.is_integer() for side in sides)
    known = [run for run in runs if run is not None]
    pixels = (
        painted(known, (int(height), int(width))) if in_pixels and len(known) == len(runs) else None
    )
    if pixels is None:
        file.odd(shape, "rle")
        return {"xyxy": xyxy}
    corner = int(left), int(top)
    sized = all(side > 0 and side.is_integer() for side in size)
    rle = encoded(pixels, corner, (int(size[0]), int(size[1]))) if sized else None
    if rle is None:
        file.odd(shape, "rle")
    return {"xyxy": extent_of(pixels, corner) or xyxy, "rle": rle}


def _skeleton(file: _File, shape: Element, _: Size) -> Shaped:
    """The joints, and their extent as a box, as exports to COCO have it."""
    joints = sorted(shape.iterfind("points"), key=lambda joint: file.joint_order(shape, joint))
    points = [point for joint in joints for point in _joint(file, joint)]
    if not joints and shape.get("points"):  # in a track it has them itself
        points = [[x, y, 2.0] for x, y in file.points(shape) or ()]
    seen = [point[:2] for point in points if point[2]]
    return {"xyxy": extent(seen), "keypoints": points}


def _joint(file: _File, joint: Element) -> Iterator[list[float]]:
    hidden = joint.get("outside") == "1"
    seen = 0.0 if hidden else 1.0 if joint.get("occluded") == "1" else 2.0
    for x, y in file.points(joint) or ():
        yield [0.0, 0.0, 0.0] if hidden else [x, y, seen]


_READERS: Mapping[str, Callable[[_File, Element, Size], Shaped]] = {
    "box": _box,
    "polygon": _polygon,
    "ellipse": _ellipse,
    "cuboid": _cuboid,
    "mask": _mask,
    "skeleton": _skeleton,
}
"""How the elements that have a box are read; others (polylines, points, tags) are left out."""


def _flat(points: list[list[float]]) -> list[float]:
    return [side for point in points for side in point]


FORMATS.add(
    "cvat",
    ReadOnly(
        "cvat",
        "a CVAT file (XML with <annotations>), for images or for a video",
        evidence,
        read,
        {
            "box_record": "shape[{record}]",
            "source_fields": {"xyxy": _CORNERS, "label": ("label",)},
            "box_parts": ("rotation", "points", *_RADII, *_RECTANGLE, *_CUBOID),
        },
        endings=(".xml",),
        placed=True,
    ).format(),
)
