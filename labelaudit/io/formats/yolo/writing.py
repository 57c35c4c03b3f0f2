"""A dataset of any format as a new one of YOLO."""

from __future__ import annotations

import os
import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from labelaudit.boxes.conventions import CONVENTIONS
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.dataset.shapes import Shape, joined
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.images.files import is_image
from labelaudit.io.formats import shapes
from labelaudit.io.formats.yolo.description import ALIASES, SPLITS
from labelaudit.io.formats.yolo.patching import needed_decimals, written
from labelaudit.io.formats.yolo.renaming import as_yaml

UNLISTED = "unlisted"
"""The folder of images that no split of data.yaml lists."""

_LONGEST = 150  # letters of a file name; most file systems hold 255 bytes


def write(dataset: Dataset, path: Path) -> list[str]:
    """Write data.yaml, `labels` and `images` in a new folder; what is lost, a line each.

    An image on disk becomes a symbolic link in `images`, because Ultralytics finds a label by the
    path of its image; one that is not on disk, or cannot be linked to, has to be put there. An
    image without labels gets an empty file. Crowds are left out, as in Ultralytics' own converter,
    and so are images with labels of which nobody says the size. If an object has polygons, every
    label is a polygon; else, if one has keypoints, every label has them: trainers want them alike.

    Raises
    ------
    FormatError
        if the path exists.
    """
    if path.exists():
        raise FormatError(f"{path}: exists; give the name of a new folder")
    path.mkdir(parents=True)
    plan = WritePlan(dataset, shapes(dataset))
    unlinked = 0
    lines = plan.lines
    for split, rows in plan.splits.items():
        for row, name in zip(rows.tolist(), file_names(dataset, rows), strict=True):
            label = path / "labels" / split / f"{posixpath.splitext(name)[0]}.txt"
            label.parent.mkdir(parents=True, exist_ok=True)
            label.write_text("".join(lines.get(row, ())), "utf-8", newline="\n")
            unlinked += not _linked(str(dataset.images.path[row]), path / "images" / split / name)
    (path / "data.yaml").write_text(_description(plan), "utf-8", newline="\n")
    return _losses(plan, unlinked)


def split_key(name: str) -> str:
    """The split of Ultralytics that a split is; empty if it is none of them.

    >>> split_key("instances_train2017"), split_key("valid"), split_key("trainval")
    ('train', 'val', '')
    """
    if name.lower() in (*SPLITS, *ALIASES):
        return ALIASES.get(name.lower(), name.lower())
    inside = [key for key in ("train", "val", "test") if key in name.lower()]
    return inside[0] if len(inside) == 1 else ""


def file_names(dataset: Dataset, rows: Ints) -> list[str]:
    """A file name for each image, no two alike but for the ending; without folders if possible."""
    images = dataset.images
    given = [_inner(str(images.name[row]) or f"image_{row}") for row in rows.tolist()]
    short = [posixpath.basename(name) for name in given]
    stems = [posixpath.splitext(name)[0] for name in short]
    names = short if len(set(stems)) == len(stems) else given
    taken: set[str] = set()
    unique = []
    for row, name in zip(rows.tolist(), names, strict=True):
        stem, ending = posixpath.splitext(name) if is_image(name) else (name, "")
        ending = ending or posixpath.splitext(str(images.path[row]))[1] or ".jpg"
        candidate, number = stem, 2
        while candidate in taken:
            candidate, number = f"{stem}_{number}", number + 1
        taken.add(candidate)
        unique.append(candidate + ending)
    return unique


def _inner(name: str) -> str:
    """A name as a path that stays inside the folder it is joined to."""
    parts = name.replace("\\", "/").replace(":", "_").split("/")
    clean = ["".join(letter for letter in part if letter.isprintable()) for part in parts]
    kept = [part[-_LONGEST:] for part in clean if part.strip(". ")]
    return "/".join(kept) or "image"


@dataclass(frozen=True)
class WritePlan:
    """What of a dataset is written where."""

    dataset: Dataset
    shaped: Mapping[int, Shape] = field(default_factory=dict)  # by the row of the box

    @cached_property
    def masks(self) -> dict[int, Floats]:
        """The polygon of each written box that has any, in pixels."""
        held = set(np.flatnonzero(self.held).tolist())
        return {
            row: joined(shape.polygons)
            for row, shape in self.shaped.items()
            if shape.polygons and row in held
        }

    @cached_property
    def poses(self) -> dict[int, Floats]:
        """The keypoints of each written box that has as many as most, in pixels; see `write`."""
        held = set(np.flatnonzero(self.held).tolist())
        posed = {
            row: shape.keypoints
            for row, shape in self.shaped.items()
            if shape.keypoints is not None and row in held and not self.masks
        }
        usual = Counter(map(len, posed.values())).most_common(1)
        return {row: points for row, points in posed.items() if len(points) == usual[0][0]}

    @cached_property
    def joints(self) -> int:
        """How many keypoints each label has; 0 if labels have none."""
        return len(next(iter(self.poses.values()), ()))

    @cached_property
    def classes(self) -> list[str]:
        """The distinct names of classes, in order."""
        return list(dict.fromkeys(self.dataset.class_names))

    @cached_property
    def measured(self) -> Bools:
        """Images in which a fraction means something, (n,): all, if boxes are fractions already."""
        images = self.dataset.images
        told = ~images.assumed | CONVENTIONS[self.dataset.facts.convention].normalised
        width, height = images.size.T
        measured: Bools = told & (width > 0) & (height > 0) & np.isfinite(width + height)
        return measured

    @cached_property
    def is_valid(self) -> Bools:
        """Boxes that have an image, a class and finite numbers, (n,)."""
        boxes = self.dataset.boxes
        known = (boxes.image != MISSING) & (boxes.label != MISSING)
        is_valid: Bools = known & np.isfinite(boxes.xyxy).all(axis=1)
        return is_valid

    @cached_property
    def held(self) -> Bools:
        """Boxes that are written, (n,)."""
        boxes = self.dataset.boxes
        measured: Bools = np.append(self.measured, False)[boxes.image]
        return self.is_valid & ~boxes.crowd & measured

    @cached_property
    def left_out(self) -> Bools:
        """Images whose labels cannot be written, (n,); without them they would seem empty."""
        labelled = np.zeros(len(self.measured), bool)
        labelled[self.dataset.boxes.image[self.is_valid]] = True
        return labelled & ~self.measured

    @cached_property
    def splits(self) -> dict[str, Ints]:
        """The rows of the images in each split that is written."""
        members = self.dataset.split_members
        keys = [split_key(name) for name in self.dataset.splits]
        rows: dict[str, Ints] = {}
        listed = np.zeros(len(self.dataset.images), bool)
        for key in sorted({*keys} - {""}, key=SPLITS.index):
            numbers = [number for number, other in enumerate(keys) if other == key]
            chosen = members.image[np.isin(members.split, numbers) & (members.image != MISSING)]
            rows[key] = np.unique(chosen).astype(np.int64)
            listed[chosen] = True
        rows[UNLISTED if rows else "train"] = np.flatnonzero(~listed)
        kept = {key: some[~self.left_out[some]] for key, some in rows.items()}
        return {key: some for key, some in kept.items() if len(some)}

    @cached_property
    def lines(self) -> dict[int, list[str]]:
        """The lines of each image, by its row."""
        boxes = self.dataset.boxes
        place = {name: index for index, name in enumerate(self.classes)}
        index = np.array([place[name] for name in self.dataset.class_names], np.int64)
        lines: dict[int, list[str]] = {}
        for row in np.flatnonzero(self.held).tolist():
            image = int(boxes.image[row])
            size = self.dataset.images.size[image]
            decimals = needed_decimals(float(size.max()))
            words = [written(value, decimals) for value in self._numbers(row, size)]
            label = int(index[boxes.label[row]])
            lines.setdefault(image, []).append(" ".join([str(label), *words]) + "\n")
        return lines

    def _numbers(self, row: int, size: Floats) -> list[float]:
        """What a label says behind its class, in fractions of the image."""
        left, top, right, bottom = self.dataset.boxes.xyxy[row].tolist()
        if self.masks:
            corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
            return _flat(self.masks.get(row, corners) / size)
        width, height = size.tolist()
        numbers = [(left + right) / 2 / width, (top + bottom) / 2 / height]
        numbers += [(right - left) / width, (bottom - top) / height]
        if not self.joints:
            return numbers
        points = self.poses.get(row, np.zeros((self.joints, 3)))
        return numbers + _flat(points / [width, height, 1.0])


def _flat(values: Floats) -> list[float]:
    flat: list[float] = values.reshape(-1).tolist()
    return flat


def _linked(source: str, link: Path) -> bool:
    """Link to an image, and whether that could be done."""
    link.parent.mkdir(parents=True, exist_ok=True)
    if not source:
        return False
    try:
        link.symlink_to(os.path.abspath(source))
    except OSError:
        return False
    return True


def _description(plan: WritePlan) -> str:
    sources = [f"{key}: images/{key}" for key in plan.splits if key != UNLISTED]
    names = [f"  {index}: {as_yaml(name)}" for index, name in enumerate(plan.classes)]
    shape = [f"kpt_shape: [{plan.joints}, 3]"] if plan.joints else []
    return "\n".join([*sources, *shape, "", "names:", *names]) + "\n"


def _losses(plan: WritePlan, unlinked: int) -> list[str]:
    """What YOLO cannot hold, and what is left to do."""
    return [*_counted(plan, unlinked), *_about_splits(plan)]


def _counted(plan: WritePlan, unlinked: int) -> Iterator[str]:
    dataset, boxes = plan.dataset, plan.dataset.boxes
    tables = (dataset.images, dataset.categories, boxes)
    ids = 0 if dataset.facts.ids_are_indices else sum(int(table.id.given.sum()) for table in tables)
    counts = {
        "images of which nobody says the size, with their boxes": plan.left_out.sum(),
        "boxes without an image, a class or finite numbers": (~plan.is_valid).sum(),
        "crowds": (plan.is_valid & boxes.crowd).sum(),
        "objects marked as difficult: as ordinary ones": (plan.held & boxes.difficult).sum(),
        "masks that are no polygons: boxes alone": len(dataset.masks) - len(plan.masks),
        "objects without a polygon: their boxes as polygons": _unmasked(plan),
        "objects with keypoints: without them": len(dataset.keypoints) - len(plan.poses),
        "stated areas": np.isfinite(boxes.area).sum(),
        "ids of images, classes and objects": ids,
        "names in splits of images without a record": (
            dataset.split_members.image == MISSING
        ).sum(),
        "records or files that cannot be read": (dataset.problems.row == MISSING).sum(),
        "images that are not on disk; put them into the folder images": unlinked,
    }
    yield from (f"{int(count):,} {what}" for what, count in counts.items() if count)


def _unmasked(plan: WritePlan) -> int:
    return int(plan.held.sum()) - len(plan.masks) if plan.masks else 0


def _about_splits(plan: WritePlan) -> Iterator[str]:
    odd = [name for name in plan.dataset.splits if not split_key(name)]
    if odd:
        yield f"the splits {', '.join(odd)}: Ultralytics knows train, val and test"
    if len(plan.splits.get(UNLISTED, ())):
        yield f"images in no split are in the folder {UNLISTED}, which data.yaml does not name"
    if "val" not in plan.splits:
        yield "there is no split to validate on; add `val:` to data.yaml before training"
