"""Writes invented scenes as a COCO instances file, laid out as COCO's own files are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TextIO

import numpy as np

from benchmarks.masks import crowd_runs, draw_polygons
from benchmarks.scenes import NAMES, Ints, Scenes

CHUNK = 20_000  # records written at once: bounds the memory, not the file
INFO = {
    "description": "Invented scenes for measuring speed",
    "url": "http://example.org/scenes",
    "version": "1.0",
    "year": 2017,
    "contributor": "labelaudit benchmarks",
    "date_created": "2017/09/01",
}
LICENSES = [
    {
        "url": f"http://creativecommons.org/licenses/{name}/2.0/",
        "id": number,
        "name": f"License {name}",
    }
    for number, name in enumerate(
        ["by-nc-sa", "by-nc", "by-nc-nd", "by", "by-sa", "by-nd"], start=1
    )
]
# COCO leaves out these ids between 1 and 90.
CATEGORY_IDS = sorted(set(range(1, 91)) - {12, 26, 29, 30, 45, 66, 68, 69, 71, 83})
HUNDREDTHS = [repr(number / 100) for number in range(64_001)]  # looking up is four times faster


def write_coco(path: Path, scenes: Scenes, *, polygons: bool, seed: int = 0) -> None:
    """Write `scenes`, some records at a time: in little more memory than their columns take."""
    with path.open("w", encoding="ascii") as file:
        file.write(f'{{"info": {json.dumps(INFO)}, "licenses": {json.dumps(LICENSES)}, "images": [')
        _write_records(file, _image_records(scenes, np.random.default_rng([seed, 1])))
        file.write('], "annotations": [')
        random = np.random.default_rng([seed, 2])
        _write_records(
            file, _masked_records(scenes, random) if polygons else _plain_records(scenes)
        )
        categories = [
            {"supercategory": "thing", "id": number, "name": name}
            for number, name in zip(CATEGORY_IDS, NAMES, strict=True)
        ]
        file.write(f'], "categories": {json.dumps(categories)}}}')


def _write_records(file: TextIO, chunks: Iterator[list[str]]) -> None:
    """Write all records with commas between them."""
    separator = ""
    for chunk in chunks:
        file.write(separator + ", ".join(chunk))
        separator = ", "


def _chunks(length: int) -> Iterator[slice]:
    """The slices of at most CHUNK rows that make up `length` rows."""
    for start in range(0, length, CHUNK):
        yield slice(start, min(start + CHUNK, length))


def _image_records(scenes: Scenes, random: np.random.Generator) -> Iterator[list[str]]:
    """The text of each image record."""
    for rows in _chunks(len(scenes.id)):
        names = scenes.id[rows].tolist()
        size = scenes.size[rows].tolist()
        photo = random.integers(10**8, 10**10, len(names)).tolist()
        secret = random.integers(16**9, 16**10, len(names)).tolist()
        second = random.integers(0, 10**7, len(names)).astype("m8[s]")
        taken = np.datetime_as_string(np.datetime64("2013-11-14") + second).tolist()
        terms = random.integers(1, 7, len(names)).tolist()
        yield [
            f'{{"license": {terms[row]}, "file_name": "{name:012}.jpg", '
            f'"coco_url": "http://images.cocodataset.org/train2017/{name:012}.jpg", '
            f'"height": {size[row][1]}, "width": {size[row][0]}, '
            f'"date_captured": "{taken[row].replace("T", " ")}", '
            f'"flickr_url": "http://farm{1 + name % 9}.staticflickr.com/{name % 9000}/'
            f'{photo[row]}_{secret[row]:010x}_z.jpg", "id": {name}}}'
            for row, name in enumerate(names)
        ]


def _tails(scenes: Scenes, rows: slice, box: Ints) -> list[str]:
    """What each annotation record says after its area: crowd, image, box, class and id."""
    image = scenes.id[scenes.image[rows]].tolist()
    category = np.array(CATEGORY_IDS)[scenes.label[rows]].tolist()
    sides = np.concatenate([box[:, :2], box[:, 2:] - box[:, :2]], axis=1).tolist()
    crowd = scenes.crowd[rows].astype(int).tolist()
    text = HUNDREDTHS
    return [
        f'"iscrowd": {many}, "image_id": {name}, '
        f'"bbox": [{text[x]}, {text[y]}, {text[w]}, {text[h]}], '
        f'"category_id": {kind}, "id": {number}}}'
        for number, (many, name, (x, y, w, h), kind) in enumerate(
            zip(crowd, image, sides, category, strict=True), start=1_000 + rows.start
        )
    ]


def _plain_records(scenes: Scenes) -> Iterator[list[str]]:
    """Annotation records without masks: their area is that of the box."""
    for rows in _chunks(len(scenes.box)):
        box = scenes.box[rows]
        area = ((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]) / 1e4).tolist()
        tails = _tails(scenes, rows, box)
        yield [f'{{"area": {size}, {tail}' for size, tail in zip(area, tails, strict=True)]


def _masked_records(scenes: Scenes, random: np.random.Generator) -> Iterator[list[str]]:
    """Annotation records with polygons, or run lengths where they are crowds."""
    for rows in _chunks(len(scenes.box)):
        box = scenes.box[rows].copy()
        masks, area = _polygon_texts(box, random)
        for row in np.flatnonzero(scenes.crowd[rows]).tolist():
            width, height = scenes.size[scenes.image[rows.start + row]].tolist()
            runs, extents = crowd_runs(box[row], width, height)
            box[row] = extents * 100
            masks[row] = f'{{"counts": {runs}, "size": [{height}, {width}]}}'
            area[row] = sum(runs[1::2])
        tails = _tails(scenes, rows, box)
        yield [
            f'{{"segmentation": {mask}, "area": {size}, {tail}'
            for mask, size, tail in zip(masks, area, tails, strict=True)
        ]


def _polygon_texts(box: Ints, random: np.random.Generator) -> tuple[list[str], list[float]]:
    """The polygons of each box as JSON, and their areas in square pixels."""
    polygons = draw_polygons(box, random)
    number = list(map(HUNDREDTHS.__getitem__, polygons.xy.ravel().tolist()))
    first = (2 * polygons.first_point).tolist()
    part = [f"[{', '.join(number[start:stop])}]" for start, stop in pairwise(first)]
    first_part = polygons.first_part.tolist()
    mask = [f"[{', '.join(part[start:stop])}]" for start, stop in pairwise(first_part)]
    return mask, (polygons.area / 2e4).tolist()
