"""What the tests of formats that are read only share: what was noted, and conversions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from labelaudit.cli import main
from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats import shapes
from labelaudit.io.load import load


def told(dataset: Dataset) -> list[tuple[str, str, int, str]]:
    """Kind, part, record and field of each problem."""
    columns = ("kind", "part", "record", "field")
    return list(zip(*(getattr(dataset.problems, name).tolist() for name in columns), strict=True))


def objects(dataset: Dataset) -> list[tuple[str, str, list[float]]]:
    """Image, class and corners of each box, rounded."""
    boxes, names = dataset.boxes, [*dataset.class_names, ""]
    return [
        (str(dataset.images.name[image]), names[label], corners)
        for image, label, corners in zip(
            boxes.image.tolist(),
            boxes.label.tolist(),
            np.round(boxes.xyxy, 2).tolist(),
            strict=True,
        )
    ]


def parts(dataset: Dataset) -> dict[int, list[list[list[float]]]]:
    """The polygons of each box that has some, rounded."""
    return {
        row: [np.round(part, 2).tolist() for part in shape.polygons]
        for row, shape in shapes(dataset).items()
        if shape.polygons
    }


def conversions(source: Path, target: Path) -> Iterator[Dataset]:
    """A dataset converted to each format that is written, and loaded again with its images."""
    target.mkdir()
    for name, output in (("coco", "out.json"), ("voc", "voc"), ("yolo", "yolo")):
        assert main(["convert", str(source), str(target / output), "--to", name]) == 0
        yield load(target / output, images=source if source.is_dir() else source.parent)


def same_objects(source: Path, target: Path) -> None:
    """Check that conversions have the same objects, and the same polygons where they hold some."""
    before = load(source)
    extents = {
        row: [min(xs), min(ys), max(xs), max(ys)]
        for row, polygons in parts(before).items()
        for xs, ys in [zip(*(point for part in polygons for point in part), strict=True)]
    }
    for after in conversions(source, target):
        wanted, found = (
            sorted((Path(name).stem, label, box) for name, label, box in objects(dataset))
            for dataset in (before, after)
        )
        assert [one[:2] for one in found] == [one[:2] for one in wanted]
        corners, others = (np.array([box for *_, box in some]) for some in (found, wanted))
        assert np.allclose(corners, others, atol=0.02), after.format
        if after.format != "voc":
            masks = [np.round(after.masks.xyxy[at], 1).tolist() for at in range(len(after.masks))]
            for extent in extents.values():
                assert any(np.allclose(extent, mask, atol=0.1) for mask in masks), after.format


def mutated(content: bytes, count: int = 60) -> Iterator[bytes]:
    """Copies of a file with bytes changed, removed, repeated and put in, the same every time."""
    draw = random.Random(12)
    tokens = [b"null", b"[]", b"{}", b'""', b"-1", b"1e999", b"NaN", b"9" * 40, b"<", b'"', b"\xff"]
    for _ in range(count):
        text = bytearray(content)
        for _ in range(draw.randint(1, 6)):
            at = draw.randrange(len(text) + 1)
            until = min(len(text), at + draw.randint(0, 12))
            kind = draw.randrange(4)
            if kind == 0:
                text[at:until] = draw.choice(tokens)
            elif kind == 1:
                del text[at:until]
            elif kind == 2:
                text[at:at] = text[at:until]
            else:
                text[at:until] = bytes(draw.randrange(256) for _ in range(until - at))
        yield bytes(text)
