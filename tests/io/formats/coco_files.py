"""COCO files for tests: a small one to change, and any that hypothesis comes up with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load


def coco(**changes: Any) -> dict[str, Any]:
    """A small file as it should be, with some of its sections replaced."""
    whole: dict[str, Any] = {
        "info": {"description": "x"},
        "images": [
            {"id": 7, "file_name": "a.jpg", "width": 640, "height": 480, "license": 1},
            {"id": 9, "file_name": "b.jpg", "width": 320, "height": 240},
        ],
        "annotations": [
            {
                "id": 1,
                "image_id": 7,
                "category_id": 3,
                "bbox": [10.5, 20, 30, 40],
                "area": 1200,
                "iscrowd": 0,
                "segmentation": [[10.5, 20, 40.5, 20, 40.5, 60, 10.5, 60]],
            },
            {
                "id": 2,
                "image_id": 9,
                "category_id": 3,
                "bbox": [1, 2, 3, 4],
                "area": 12,
                "iscrowd": 0,
            },
        ],
        "categories": [{"id": 3, "name": "car"}],
    }
    return whole | changes


def read(folder: Path, content: Any) -> Dataset:
    """The dataset in a file with this content: an object, text or bytes."""
    path = folder / "labels.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
    return load(path)


def annotation(**changes: Any) -> dict[str, Any]:
    """An annotation as it should be, with some fields replaced; `...` leaves one out."""
    whole = {"id": 1, "image_id": 7, "category_id": 3, "bbox": [10, 20, 30, 40], "area": 1200}
    whole["iscrowd"] = 0
    return {key: value for key, value in (whole | changes).items() if value is not ...}


def problems(dataset: Dataset) -> list[tuple[str, int, str, str]]:
    """RecordType, record, kind and field of each problem."""
    some = dataset.problems
    columns = (some.part, some.record, some.kind, some.field)
    return list(zip(*(column.tolist() for column in columns), strict=True))


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(str.strip)
tricky = names | st.sampled_from(["", '}, {"', '"}]', "\\", '\\"', "}]}", "[{", "]", "caf\u00e9"])
extras = st.dictionaries(
    tricky.map(lambda name: f"x{name}"),
    st.recursive(
        st.none() | st.booleans() | st.integers() | tricky,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(tricky, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=2,
)


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """Files with records as they should be, with any extra keys and sections."""
    number = st.integers(-5, 700) | st.floats(-5, 700, allow_nan=False)
    images = draw(st.integers(1, 5))
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, images - 1), st.lists(number, min_size=4, max_size=4), extras),
            max_size=12,
        )
    )
    sections: list[tuple[str, Any]] = [
        (
            "images",
            [
                {"id": i, "file_name": draw(names), "width": 640, "height": 480} | draw(extras)
                for i in range(images)
            ],
        ),
        (
            "annotations",
            [
                {"id": n, "image_id": i, "category_id": 1, "bbox": box, "area": 1, "iscrowd": 0}
                | more
                for n, (i, box, more) in enumerate(rows)
            ],
        ),
        ("categories", [{"id": 1, "name": draw(names)}]),
        ("extra", draw(extras)),
    ]
    return dict(draw(st.permutations(sections)))
