"""Pascal VOC files for tests, written by hand so that every byte of them is known."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.core.columns import texts
from labelaudit.dataset.tables import Boxes, Categories, Dataset
from labelaudit.io.edits import edited
from labelaudit.io.formats.voc.loading import load
from labelaudit.io.formats.voc.patching import patch
from labelaudit.io.record_diff import changes


def described(
    name: str | None = "dog",
    corners: tuple[object, object, object, object] = (11, 21, 50, 60),
    extra: str = "",
) -> str:
    """One `object`, with `extra` in front of its box."""
    tags = ("xmin", "ymin", "xmax", "ymax")
    edges = "".join(
        f"\t\t\t<{tag}>{edge}</{tag}>\n"
        for tag, edge in zip(tags, corners, strict=True)
        if edge is not None
    )
    named = "" if name is None else f"\t\t<name>{name}</name>\n"
    return f"\t<object>\n{named}{extra}\t\t<bndbox>\n{edges}\t\t</bndbox>\n\t</object>\n"


def annotation(*objects: str, filename: str | None = "a.jpg", header: str | None = None) -> str:
    """A whole file; `header` replaces the size."""
    named = "" if filename is None else f"\t<filename>{filename}</filename>\n"
    size = "\t<size>\n\t\t<width>100</width>\n\t\t<height>80</height>\n\t</size>\n"
    inside = "".join(objects)
    return f"<annotation>\n{named}{size if header is None else header}{inside}</annotation>\n"


THREE = annotation(
    described("dog", (1, 2, 30, 40)), described("cat", (5, 6, 70, 80)), described("cow")
)
NAME = "Annotations/a.xml"


def put(path: Path, content: str | bytes = "") -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def loaded(folder: Path, *texts: str | bytes) -> Dataset:
    """The dataset of a folder `Annotations` with these files, a.xml, b.xml and so on."""
    for letter, text in zip("abcdefgh", texts, strict=False):
        put(folder / "Annotations" / f"{letter}.xml", text)
    return load(folder, [])


def problems(dataset: Dataset) -> list[tuple[str, int, str, str, str]]:
    """RecordType, record, kind, field and what was found, of each problem."""
    table = dataset.problems
    columns = (table.part, table.record, table.kind, table.field, table.found)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def with_boxes(dataset: Dataset, **columns: Any) -> Dataset:
    """The dataset with some columns of its boxes replaced."""
    return dataclasses.replace(dataset, boxes=dataclasses.replace(dataset.boxes, **columns))


def with_images(dataset: Dataset, **columns: Any) -> Dataset:
    """The dataset with some columns of its images replaced."""
    return dataclasses.replace(dataset, images=dataclasses.replace(dataset.images, **columns))


def moved(dataset: Dataset, row: int, *xyxy: float) -> Dataset:
    """The dataset with other corners for one box."""
    corners = dataset.boxes.xyxy.copy()
    corners[row] = xyxy
    return with_boxes(dataset, xyxy=corners)


def relabelled(dataset: Dataset, row: int, name: str) -> Dataset:
    """The dataset with one box of a new class of this name."""
    count = len(dataset.categories)
    label = dataset.boxes.label.copy()
    label[row] = count
    names = Categories.of(count + 1, name=texts([*dataset.categories.name.tolist(), name]))
    return dataclasses.replace(with_boxes(dataset, label=label), categories=names)


def added(dataset: Dataset, *xyxy: float, image: int = 0, label: int = 0) -> Dataset:
    """The dataset with one more box."""
    box = Boxes.of(1, file=[dataset.images.file[image]], image=[image], label=[label], xyxy=[xyxy])
    return dataclasses.replace(dataset, boxes=Boxes.concat([dataset.boxes, box]))


def patched(original: Dataset, changed: Dataset) -> dict[str, bytes]:
    """The new bytes of each file that a change touches."""
    edits = patch(original, changed, changes(original, changed))
    new = {}
    for file, group in edits.items():
        name = str(original.files.path[file])
        raw = (original.root / name).read_bytes()
        new[name] = b"".join(edited(io.BytesIO(raw), group))
    return new


def fixed(original: Dataset, changed: Dataset) -> Dataset:
    """What is loaded after the changes were carried into the files."""
    for name, raw in patched(original, changed).items():
        (original.root / name).write_bytes(raw)
    return load(original.root, [])


def same_labels(a: Dataset, b: Dataset) -> None:
    """Assert that two datasets have the same images, boxes and classes."""
    assert a.images.name.tolist() == b.images.name.tolist()
    np.testing.assert_array_equal(a.images.size, b.images.size)
    names = [[*data.class_names, None] for data in (a, b)]
    assert [names[0][row] for row in a.boxes.label] == [names[1][row] for row in b.boxes.label]
    np.testing.assert_array_equal(a.boxes.xyxy, b.boxes.xyxy)
    np.testing.assert_array_equal(a.boxes.difficult, b.boxes.difficult)
