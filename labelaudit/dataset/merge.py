"""Several datasets of one format as one: files that are splits of each other."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from labelaudit.core.columns import MISSING, Rows, texts
from labelaudit.core.rows import remap
from labelaudit.dataset.tables import (
    Boxes,
    Categories,
    Dataset,
    Files,
    Headers,
    Images,
    Keypoints,
    LoadProblems,
    Masks,
    RecordType,
    SplitMembership,
)
from labelaudit.errors import FormatError


def split_names(paths: Sequence[Path]) -> list[str]:
    """A name for each path: its stem, or the folder's name where stems repeat.

    >>> split_names([Path("train/_annotations.coco.json"), Path("val/_annotations.coco.json")])
    ['train', 'val']
    """
    stems = [path.stem for path in paths]
    if len(set(stems)) == len(stems):
        return stems
    return [path.parent.name or path.stem for path in paths]


def merged(datasets: Sequence[Dataset], names: Sequence[str]) -> Dataset:
    """Several datasets of one format as one, each a split of its name unless it has its own."""
    if len(datasets) == 1:
        return datasets[0]
    formats = sorted({dataset.format for dataset in datasets})
    if len(formats) > 1:
        raise FormatError(
            f"the paths hold different formats ({', '.join(formats)}); scan each alone"
        )
    root = Path(os.path.commonpath([dataset.root.absolute() for dataset in datasets]))
    start = dict.fromkeys(("files", "images", "categories", "boxes", "splits"), 0)
    splits: list[str] = []
    parts = []
    for dataset, name in zip(datasets, names, strict=True):
        split = dataset if dataset.splits else _as_split(dataset, name)
        parts.append(_shifted(split, start, root))
        splits += split.splits
        for table in ("files", "images", "categories", "boxes", "splits"):
            start[table] += len(getattr(split, table))
    categories = Categories.concat([part.categories for part in parts])
    boxes = Boxes.concat([part.boxes for part in parts])
    categories, boxes = _one_of_each_name(categories, boxes)
    headers = [part.headers for part in parts]
    complete = all(len(part.headers) == len(part.images) for part in parts)
    return Dataset(
        format=formats[0],
        root=root,
        facts=datasets[0].facts,
        files=Files.concat([part.files for part in parts]),
        images=Images.concat([part.images for part in parts]),
        categories=categories,
        boxes=boxes,
        masks=Masks.concat([part.masks for part in parts]),
        keypoints=Keypoints.concat([part.keypoints for part in parts]),
        problems=LoadProblems.concat([part.problems for part in parts]),
        splits=tuple(splits),
        split_members=SplitMembership.concat([part.split_members for part in parts]),
        image_folders=tuple(dict.fromkeys(f for part in parts for f in part.image_folders)),
        headers=Headers.concat(headers) if complete else Headers.empty(),
    )


def _one_of_each_name(categories: Categories, boxes: Boxes) -> tuple[Categories, Boxes]:
    """The same with one row for each name of the classes that no file lists: they are but names."""
    names: dict[str, int] = {}
    into = np.arange(len(categories), dtype=np.int32)
    for row in np.flatnonzero(categories.file == MISSING).tolist():
        into[row] = names.setdefault(str(categories.name[row]), row)
    kept = into == np.arange(len(categories))
    label = remap(np.append(into, np.int32(MISSING))[boxes.label], kept)
    return categories.rows(kept), boxes.replaced(label=label)


def _as_split(dataset: Dataset, name: str) -> Dataset:
    count = len(dataset.images)
    members = SplitMembership.of(count, split=np.zeros(count), image=np.arange(count))
    return dataclasses.replace(dataset, splits=(name,), split_members=members)


def _shifted(dataset: Dataset, start: dict[str, int], root: Path) -> Dataset:
    """The dataset with its row numbers moved to where its tables will begin."""

    def shifted(rows: Rows, table: str) -> Rows:
        return np.where(rows == MISSING, rows, rows + np.int32(start[table])).astype(np.int32)

    absolute = [str(dataset.root.absolute() / path) for path in dataset.files.path.tolist()]
    paths = texts(Path(os.path.relpath(path, root)).as_posix() for path in absolute)
    tables = {
        RecordType.IMAGE: "images",
        RecordType.CATEGORY: "categories",
        RecordType.BOX: "boxes",
        RecordType.FILE: "files",
    }
    problems = dataset.problems
    row = problems.row.copy()
    for part, table in tables.items():
        here = problems.part == part.value
        row[here] = shifted(row[here], table)
    change = dataclasses.replace
    images, categories, boxes = dataset.images, dataset.categories, dataset.boxes
    return change(
        dataset,
        root=root,
        files=change(dataset.files, path=paths),
        images=change(images, file=shifted(images.file, "files")),
        categories=change(categories, file=shifted(categories.file, "files")),
        boxes=change(
            boxes,
            file=shifted(boxes.file, "files"),
            image=shifted(boxes.image, "images"),
            label=shifted(boxes.label, "categories"),
        ),
        masks=change(dataset.masks, box=shifted(dataset.masks.box, "boxes")),
        keypoints=change(dataset.keypoints, box=shifted(dataset.keypoints.box, "boxes")),
        problems=change(problems, file=shifted(problems.file, "files"), row=row),
        split_members=change(
            dataset.split_members,
            split=shifted(dataset.split_members.split, "splits"),
            image=shifted(dataset.split_members.image, "images"),
        ),
    )
