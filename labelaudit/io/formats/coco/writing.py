"""A dataset of any format as new COCO files."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Floats, Rows
from labelaudit.core.text import counted
from labelaudit.dataset.shapes import Shape
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.images.links import put_image
from labelaudit.io.formats import shapes
from labelaudit.io.formats.conversion import (
    Conversion,
    Part,
    WrittenCounts,
    in_images,
    kept,
    loss_lines,
    named,
    unread,
    unread_images,
    writable_boxes,
)
from labelaudit.io.formats.copy_plan import inner, leads_out

LONE = "labels.json"
"""What the file in a folder is called where nobody names it."""

UNLISTED = "unlisted"
"""The file of the images in no split."""


def conversion(dataset: Dataset, path: Path, *, copy_images: bool = False) -> Conversion:
    """COCO files that hold a dataset, and what they cannot hold.

    To a path that ends in .json it is one file. Any other is a folder with one file for each split,
    all of them with the same classes and ids; splits of the same images are one file.

    Parameters
    ----------
    dataset:
        of any format.
    path:
        of the file or folder; nothing is there yet.
    copy_images:
        whether images are copied, to a folder beside a file or in the folder.

    Raises
    ------
    FormatError
        if the path exists.
    """
    if path.exists():
        raise FormatError(f"{path}: exists; give the name of a new file or folder")
    plan = CocoPlan(dataset, path, shapes(dataset))
    return Conversion(
        _reasons(plan), _lost(plan), _notes(plan), lambda: _write(plan, copy_images=copy_images)
    )


@dataclass(frozen=True)
class CocoFile:
    """One file to write."""

    path: Path
    splits: tuple[str, ...]  # whose images it has; none for all images, or those in no split
    images: Bools  # (images,) which it has


@dataclass(frozen=True)
class CocoPlan:
    """What of a dataset is written where."""

    dataset: Dataset
    path: Path
    shaped: Mapping[int, Shape]  # by the row of the box

    @property
    def is_file(self) -> bool:
        """Whether all goes into one file."""
        return self.path.suffix.lower() == ".json"

    @cached_property
    def held(self) -> Bools:
        """Boxes that are written, (n,): those with a place, whose numbers nobody made up."""
        return writable_boxes(self.dataset) & ~in_images(self.dataset, self.dataset.images.assumed)

    @cached_property
    def files(self) -> list[CocoFile]:
        """The files to write, each split in one of them."""
        everything = kept(self.dataset)
        if self.is_file:
            return [CocoFile(self.path, (), everything)]
        if not self.dataset.splits:
            return [CocoFile(self.path / LONE, (), everything)]
        members: dict[str, Bools] = {}
        for number, name in enumerate(self.dataset.splits):
            chosen = _in_split(self.dataset, number)
            members[name] = members.get(name, np.zeros(len(chosen), bool)) | (chosen & everything)
        alike: dict[bytes, list[str]] = {}
        for name, chosen in members.items():
            alike.setdefault(chosen.tobytes(), []).append(name)
        files = [
            CocoFile(self.path / f"{_file_stem(names[0])}.json", tuple(names), members[names[0]])
            for names in alike.values()
        ]
        listed = np.logical_or.reduce([file.images for file in files])
        if (everything & ~listed).any():
            files.append(CocoFile(self.path / f"{UNLISTED}.json", (), everything & ~listed))
        return files

    @cached_property
    def names(self) -> list[str]:
        """What each image is called: as it was, but that no name leads out of a folder."""
        given: list[str] = self.dataset.images.name.tolist()
        within = [inner(name) if leads_out(name) else name for name in given]
        return within if len(set(within)) == len(set(given)) else given

    @cached_property
    def category(self) -> Rows:
        """An id for each class record, from 1; records of one name, in several files, share one."""
        names: dict[str, int] = {}
        for name in self.dataset.class_names:
            names.setdefault(name, len(names) + 1)
        return np.array([names[name] for name in self.dataset.class_names], np.int32)


def _file_stem(split: str) -> str:
    return split.replace("/", "_").replace("\\", "_").lstrip(".") or "split"


def _in_split(dataset: Dataset, split: int) -> Bools:
    members = dataset.split_members
    chosen = np.zeros(len(dataset.images), bool)
    chosen[members.image[(members.split == split) & (members.image != MISSING)]] = True
    return chosen


def _write(plan: CocoPlan, *, copy_images: bool) -> WrittenCounts:
    """Write all files, and count what is in them."""
    parts = []
    for file in plan.files:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        images, boxes = _write_file(plan, file)
        names = file.splits or ("" if len(plan.files) == 1 else UNLISTED,)
        parts += [Part(name, images, boxes) for name in names]
    if copy_images:
        _copy_images(plan)
    return WrittenCounts(
        int(kept(plan.dataset).sum()),
        int(plan.held.sum()),
        tuple(part for part in parts if part.name),
    )


def _write_file(plan: CocoPlan, file: CocoFile) -> tuple[int, int]:
    """Write one record a line, so that a line-wise diff of two such files shows records.

    Returns how many images and boxes it has.
    """
    sections = {
        "images": _images(plan, file.images),
        "annotations": _annotations(plan, file.images),
        "categories": _categories(plan),
    }
    with file.path.open("x", encoding="utf-8") as out:
        out.write("{")
        for number, (key, records) in enumerate(sections.items()):
            lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
            out.write(f'{"," if number else ""}\n"{key}": [\n{lines}\n]')
        out.write("\n}\n")
    return len(sections["images"]), len(sections["annotations"])


def _copy_images(plan: CocoPlan) -> None:
    """Copy the images, by their names, to where they are looked for."""
    folder = plan.path.with_name(f"{plan.path.stem}_images") if plan.is_file else plan.path
    images = plan.dataset.images
    within = [inner(name) for name in plan.names]
    if not plan.is_file and not all(map(posixpath.dirname, within)):
        folder = folder / "images"
    paths = images.path.tolist()
    for row in np.flatnonzero(kept(plan.dataset)).tolist():
        put_image(paths[row], folder / within[row], copied=True)


def _categories(plan: CocoPlan) -> list[dict[str, Any]]:
    names = dict(zip(plan.category.tolist(), plan.dataset.class_names, strict=True))
    return [{"id": number, "name": name} for number, name in sorted(names.items())]


def _images(plan: CocoPlan, chosen: Bools) -> list[dict[str, Any]]:
    images = plan.dataset.images
    records = []
    for row in np.flatnonzero(chosen).tolist():
        width, height = images.size[row].tolist()
        known = not images.assumed[row] and np.isfinite([width, height]).all()
        sides = {"width": _number(width), "height": _number(height)} if known else {}
        records.append({"id": row + 1, "file_name": plan.names[row], **sides})
    return records


def _annotations(plan: CocoPlan, chosen: Bools) -> list[dict[str, Any]]:
    boxes = plan.dataset.boxes
    rows = np.flatnonzero(plan.held & in_images(plan.dataset, chosen))
    records = []
    for row in rows.tolist():
        left, top, right, bottom = boxes.xyxy[row].tolist()
        width, height = (float(f"{side:.12g}") for side in (right - left, bottom - top))
        area = float(boxes.area[row])
        record: dict[str, Any] = {
            "id": row + 1,
            "image_id": int(boxes.image[row]) + 1,
            "category_id": int(plan.category[boxes.label[row]]),
            "bbox": [_number(side) for side in (left, top, width, height)],
            "area": _number(width * height if np.isnan(area) else area),
            "iscrowd": int(boxes.crowd[row]),
        }
        if boxes.difficult[row]:
            record["ignore"] = 1
        records.append(record | _shape_fields(plan.shaped.get(row, Shape())))
    return records


def _shape_fields(shape: Shape) -> dict[str, Any]:
    """The mask and the keypoints of an annotation."""
    fields: dict[str, Any] = {}
    if shape.rle is not None:
        fields["segmentation"] = shape.rle
    elif shape.polygons:
        fields["segmentation"] = [_numbers(polygon) for polygon in shape.polygons]
    if shape.keypoints is not None:
        fields["keypoints"] = _numbers(shape.keypoints)
        fields["num_keypoints"] = int(np.count_nonzero(shape.keypoints[:, 2]))
    return fields


def _numbers(values: Floats) -> list[float]:
    """Numbers with no more digits than arithmetic on fractions leaves true."""
    return [_number(float(f"{value:.12g}")) for value in values.reshape(-1).tolist()]


def _number(value: float) -> float:
    return int(value) if value.is_integer() else value


def _reasons(plan: CocoPlan) -> tuple[str, ...]:
    """Why boxes are left out."""
    dataset = plan.dataset
    unmeasured = writable_boxes(dataset) & ~plan.held
    images = np.unique(dataset.boxes.image[unmeasured])
    return loss_lines(
        {
            "boxes without an image, a class or finite numbers": (~writable_boxes(dataset)).sum(),
            f"boxes in {counted(len(images), 'image')} of which nobody says the size, "
            "unless --images says where they are": unmeasured.sum(),
            **unread(dataset),
        }
    )


def _lost(plan: CocoPlan) -> tuple[str, ...]:
    """What else COCO cannot hold, or this dataset does not know."""
    dataset, shaped = plan.dataset, plan.shaped
    masks = sum(bool(shape.polygons) or shape.rle is not None for shape in shaped.values())
    posed = sum(shape.keypoints is not None for shape in shaped.values())
    difficult = plan.held & dataset.boxes.difficult
    lines = [
        *loss_lines(
            {
                "masks that cannot be read": len(dataset.masks) - masks,
                "objects with keypoints: without them": len(dataset.keypoints) - posed,
                "objects marked as difficult: as `ignore`, which few trainers read": (
                    difficult.sum()
                ),
                "records of images and classes that cannot be read": unread_images(dataset),
            }
        )
    ]
    if plan.is_file and dataset.splits:
        splits = ", ".join(dataset.splits)
        lines.append(f"splits ({splits}): name a folder to get a file for each")
    return tuple(lines)


def _notes(plan: CocoPlan) -> tuple[str, ...]:
    dataset = plan.dataset
    renamed = sum(old != new for old, new in zip(dataset.images.name, plan.names, strict=True))
    nameless = [name for name in dataset.images.name.tolist() if not name]
    lines = [
        *loss_lines(
            {
                "images without a name": len(nameless),
                "images by names that lead into no other folder": renamed,
            }
        )
    ]
    unknown = dataset.images.assumed | ~np.isfinite(dataset.images.size).all(axis=1)
    unknown &= kept(dataset)
    lines += loss_lines({"images without width and height: nobody says them": unknown.sum()})
    for file in plan.files:
        if len(file.splits) > 1:
            others = ", ".join(file.splits[1:])
            lines.append(
                f"{others}: the same images as {file.splits[0]}, written once, in {file.path.name}"
            )
    times = np.sum([file.images for file in plan.files], axis=0) if plan.files else 0
    several = int(np.count_nonzero(np.asarray(times) > 1))
    if several:
        lines.append(f"{counted(several, 'image')} in the files of several splits: they leak")
    lines += named(
        "splits without images", [n for f in plan.files for n in f.splits if not f.images.any()]
    )
    return tuple(lines)
