"""YOLO datasets for tests, written by hand so that every byte of them is known."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from labelaudit.dataset.tables import Boxes, Dataset
from labelaudit.io.edits import edited
from labelaudit.io.formats.evidence import PathSample
from labelaudit.io.formats.yolo.finding import evidence
from labelaudit.io.formats.yolo.loading import load
from labelaudit.io.formats.yolo.patching import patch
from labelaudit.io.record_diff import changes
from labelaudit.testing import draw

YAML = "train: images/train\nval: images/val\nnames:\n  0: cat\n  1: dog\n  2: bird\n"
FILE = "labels/train/a.txt"
LINE = "0 0.500000 0.500000 0.200000 0.400000\n"  # 40, 24 to 60, 56 in an image of 100 x 80


def put(
    folder: Path,
    labels: Mapping[str, str | bytes | None],
    *,
    yaml: str | bytes | None = YAML,
    pictures: bool = True,
) -> Path:
    """A dataset of images of 100 x 80 pixels; `labels` are by `train/a`, None for no label file."""
    for split in ("train", "val"):
        (folder / ("images" if pictures else "labels") / split).mkdir(parents=True, exist_ok=True)
    for name, text in labels.items():
        if pictures:
            draw(folder / "images" / f"{name}.png", (100, 80))
        if text is not None:
            write(folder / "labels" / f"{name}.txt", text)
    if yaml is not None:
        write(folder / "data.yaml", yaml)
    return folder


def write(path: Path, text: str | bytes) -> Path:
    """A file with the given bytes, or with a text in UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def labelled(folder: Path, text: str | bytes, *, yaml: str = YAML) -> Dataset:
    """The dataset of one image, train/a, with the given label file."""
    return load(put(folder, {"train/a": text}, yaml=yaml), ())


def boxes(dataset: Dataset) -> list[tuple[str, int, list[float]]]:
    """Class, line and corners of each label, the corners rounded to a millionth of a pixel."""
    names = [*dataset.class_names, "?"]
    corners = np.round(dataset.boxes.xyxy, 6).tolist()
    labels, records = dataset.boxes.label.tolist(), dataset.boxes.record.tolist()
    return [
        (names[label], record, box)
        for label, record, box in zip(labels, records, corners, strict=True)
    ]


def problems(dataset: Dataset) -> list[tuple[str, str, int, str, str]]:
    """File, part, record, kind and field of each problem."""
    table = dataset.problems
    columns = (table.file, table.part, table.record, table.kind, table.field)
    paths = [*dataset.files.path.tolist(), ""]
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [(paths[file], *rest) for file, *rest in rows]


def patched(original: Dataset, changed: Dataset) -> dict[str, bytes]:
    """The files that saving a changed dataset would change, with their new bytes."""
    edits = patch(original, changed, changes(original, changed))
    new = {}
    for file, some in edits.items():
        name = str(original.files.path[file])
        path = original.root / name
        source = io.BytesIO(path.read_bytes() if path.exists() else b"")
        new[name] = b"".join(edited(source, some))
    return new


def with_boxes(dataset: Dataset, **columns: object) -> Dataset:
    """The dataset with some columns of its boxes replaced."""
    table = dataset.boxes
    given = {name: np.array(values, getattr(table, name).dtype) for name, values in columns.items()}
    return dataclasses.replace(dataset, boxes=dataclasses.replace(table, **given))


def relabelled(dataset: Dataset, box: int, label: int) -> Dataset:
    """The dataset with another class for one box."""
    labels = dataset.boxes.label.copy()
    labels[box] = label
    return with_boxes(dataset, label=labels)


def with_new(dataset: Dataset, *corners: float, label: int = 1, image: int = 0) -> Dataset:
    """The dataset with one more box."""
    new = Boxes.of(
        1, file=dataset.images.file[[image]], image=[image], label=[label], xyxy=[corners]
    )
    return dataclasses.replace(dataset, boxes=Boxes.concat([dataset.boxes, new]))


def renamed(dataset: Dataset, **names: str) -> Dataset:
    """The dataset with new names for classes."""
    new = [names.get(name, name) for name in dataset.categories.name.tolist()]
    column = np.array(new, dataset.categories.name.dtype)
    table = dataclasses.replace(dataset.categories, name=column)
    return dataclasses.replace(dataset, categories=table)


def written(original: Dataset, changed: Dataset, folder: Path) -> Dataset:
    """What is read after the changes are written into the files."""
    for name, data in patched(original, changed).items():
        write(folder / name, data)
    return load(folder, ())


def recognises(path: Path) -> bool:
    """Whether a path is taken for YOLO."""
    return evidence(PathSample(path)) is not None


def members(dataset: Dataset) -> list[tuple[str, str]]:
    """Split and image of each listing."""
    names = [*dataset.images.name.tolist(), "?"]
    rows = zip(
        dataset.split_members.split.tolist(), dataset.split_members.image.tolist(), strict=True
    )
    return [(dataset.splits[split], names[image]) for split, image in rows]
