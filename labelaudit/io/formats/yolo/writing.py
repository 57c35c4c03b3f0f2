"""A dataset of any format as a new one of YOLO."""

from __future__ import annotations

import os
import posixpath
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from labelaudit.boxes.conventions import CONVENTIONS
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.core.text import counted
from labelaudit.dataset.shapes import Shape, joined
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.images.files import is_image
from labelaudit.images.links import put_image
from labelaudit.io.formats import shapes
from labelaudit.io.formats.conversion import (
    Conversion,
    Part,
    WrittenCounts,
    loss_lines,
    unread,
    unread_images,
    writable_boxes,
)
from labelaudit.io.formats.yolo.description import ALIASES, SPLITS
from labelaudit.io.formats.yolo.patching import needed_decimals, written
from labelaudit.io.formats.yolo.renaming import as_yaml

UNLISTED = "unlisted"
"""The folder of images that no split of data.yaml lists."""

_LONGEST = 150  # letters of a file name; most file systems hold 255 bytes


def conversion(dataset: Dataset, path: Path, *, copy_images: bool = False) -> Conversion:
    """A folder with data.yaml, `labels` and `images`, and what it cannot hold.

    Images are put into `images`, because Ultralytics finds a label by the path of its image; one
    that is not on disk has to be put there. An image without labels gets an empty file. Crowds are
    left out, as in Ultralytics' own converter, and so are images with labels of which nobody says
    the size. If an object has polygons, every label is a polygon; else, if one has keypoints, every
    label has them: trainers want them alike.

    Parameters
    ----------
    dataset:
        of any format.
    path:
        of the folder; nothing is there yet.
    copy_images:
        whether images are copied; they are linked to otherwise.

    Raises
    ------
    FormatError
        if the path exists.
    """
    if path.exists():
        raise FormatError(f"{path}: exists; give the name of a new folder")
    plan = WritePlan(dataset, shapes(dataset))
    return Conversion(
        reasons(plan), losses(plan), notes(plan), lambda: _write(plan, path, copied=copy_images)
    )


def _write(plan: WritePlan, path: Path, *, copied: bool) -> WrittenCounts:
    """Write all files, and count what is in them."""
    dataset, lines = plan.dataset, plan.lines
    boxes: dict[tuple[str, ...], int] = {}
    for keys, rows in plan.groups.items():
        folder = "_".join(keys) or UNLISTED
        for kind in ("labels", "images"):
            (path / kind / folder).mkdir(parents=True)
        boxes[keys] = 0
        for row, name in zip(rows.tolist(), file_names(dataset, rows), strict=True):
            label = path / "labels" / folder / f"{posixpath.splitext(name)[0]}.txt"
            label.parent.mkdir(parents=True, exist_ok=True)
            label.write_text("".join(lines.get(row, ())), "utf-8", newline="\n")
            boxes[keys] += len(lines.get(row, ()))
            image = str(dataset.images.path[row])
            put_image(image, path / "images" / folder / name, copied=copied)
    (path / "data.yaml").write_text(_description(plan), "utf-8", newline="\n")
    parts = [
        Part(
            key or UNLISTED,
            sum(len(plan.groups[keys]) for keys in groups),
            sum(boxes[keys] for keys in groups),
        )
        for key, groups in plan.sources.items()
    ]
    return WrittenCounts(sum(map(len, plan.groups.values())), sum(boxes.values()), tuple(parts))


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
        return writable_boxes(self.dataset)

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
    def groups(self) -> dict[tuple[str, ...], Ints]:
        """The rows of the images in the same splits, by the keys of these; none of no split.

        Each group is a folder of its own, so that no image is written twice.
        """
        members = self.dataset.split_members
        numbers: dict[str, list[int]] = {}
        for number, name in enumerate(self.dataset.splits):
            if key := split_key(name):
                numbers.setdefault(key, []).append(number)
        chosen = {
            key: np.zeros(len(self.dataset.images), bool)
            for key in sorted(numbers, key=SPLITS.index)
        }
        for key, listed in chosen.items():
            rows = members.image[np.isin(members.split, numbers[key]) & (members.image != MISSING)]
            listed[rows] = True
        if not chosen:
            return {("train",): np.flatnonzero(~self.left_out)}
        groups: dict[tuple[str, ...], list[int]] = {}
        for row in np.flatnonzero(~self.left_out).tolist():
            keys = tuple(key for key, listed in chosen.items() if listed[row])
            groups.setdefault(keys, []).append(row)
        return {keys: np.array(groups[keys], np.int64) for keys in sorted(groups, key=_order)}

    @cached_property
    def sources(self) -> dict[str, list[tuple[str, ...]]]:
        """The groups of images that make up each split; those of no split are under no key."""
        keys = [*SPLITS, ""]
        sources = {key: [group for group in self.groups if key in (group or ("",))] for key in keys}
        return {key: groups for key, groups in sources.items() if groups}

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


def _order(keys: tuple[str, ...]) -> tuple[int, list[int]]:
    """Groups of one split first, of none last."""
    return (len(keys) or len(SPLITS) + 1, [SPLITS.index(key) for key in keys])


def _description(plan: WritePlan) -> str:
    lines = []
    for key, groups in plan.sources.items():
        folders = [f"images/{'_'.join(keys)}" for keys in groups if keys]
        if len(folders) == 1:
            lines.append(f"{key}: {folders[0]}")
        elif folders:
            lines += [f"{key}:", *(f"  - {folder}" for folder in folders)]
    names = [f"  {index}: {as_yaml(name)}" for index, name in enumerate(plan.classes)]
    shape = [f"kpt_shape: [{plan.joints}, 3]"] if plan.joints else []
    return "\n".join([*lines, *shape, "", *(["names:", *names] if names else ["names: []"])]) + "\n"


def reasons(plan: WritePlan) -> tuple[str, ...]:
    """Why boxes are left out, a line each."""
    dataset = plan.dataset
    crowds = plan.is_valid & dataset.boxes.crowd
    unmeasured = plan.is_valid & ~crowds & ~plan.held
    words = (
        f"boxes in {counted(int(plan.left_out.sum()), 'image')} of which nobody says the size, "
        "unless --images says where they are"
    )
    return loss_lines(
        {
            "boxes without an image, a class or finite numbers": (~plan.is_valid).sum(),
            words: unmeasured.sum(),
            "crowds": crowds.sum(),
            **unread(dataset),
        }
    )


def losses(plan: WritePlan) -> tuple[str, ...]:
    """What else YOLO cannot hold, a line each."""
    dataset, boxes = plan.dataset, plan.dataset.boxes
    tables = (dataset.images, dataset.categories, boxes)
    ids = 0 if dataset.facts.ids_are_indices else sum(int(table.id.given.sum()) for table in tables)
    counts = {
        "objects marked as difficult: as ordinary ones": (plan.held & boxes.difficult).sum(),
        "masks without a polygon: boxes alone": len(dataset.masks) - len(plan.masks),
        "objects without a polygon: their boxes as polygons": _unmasked(plan),
        "objects with keypoints: without them": len(dataset.keypoints) - len(plan.poses),
        "stated areas": np.isfinite(boxes.area).sum(),
        "ids of images, classes and objects": ids,
        "names in splits of images without a record": (
            dataset.split_members.image == MISSING
        ).sum(),
        "records of images and classes that cannot be read": unread_images(dataset),
    }
    odd = [name for name in dataset.splits if not split_key(name)]
    words = f"the splits {', '.join(odd)}: Ultralytics knows train, val and test"
    return (*loss_lines(counts), *([words] if odd else []))


def notes(plan: WritePlan) -> tuple[str, ...]:
    """What is left to do before training."""
    written = np.concatenate([*plan.groups.values(), np.zeros(0, np.int64)])
    paths = plan.dataset.images.path[written].tolist()
    unlinked = sum(not os.path.isfile(path) for path in paths)
    lines = [
        *loss_lines({"images without a file on disk; put them into the folder images": unlinked})
    ]
    if "" in plan.sources:
        lines.append(
            f"images in no split are in the folder {UNLISTED}, which data.yaml does not name"
        )
    several = sum(len(rows) for keys, rows in plan.groups.items() if len(keys) > 1)
    if several:
        lines.append(
            f"{counted(several, 'image')} in several splits: written once, in a folder that "
            "data.yaml names for each"
        )
    if "val" not in plan.sources:
        lines.append("there is no split to validate on; add `val:` to data.yaml before training")
    return tuple(lines)


def _unmasked(plan: WritePlan) -> int:
    return int(plan.held.sum()) - len(plan.masks) if plan.masks else 0
