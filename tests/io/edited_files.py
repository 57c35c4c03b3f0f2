"""A small COCO file in several spacings, and fixes of its records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import labelaudit
from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.dataset.tables import Dataset, RecordType

CONTENT: dict[str, Any] = {
    "info": {"note": "caf\u00e9"},
    "images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480, "x": [1.50]}],
    "annotations": [
        {"id": n, "image_id": 1, "category_id": 1, "bbox": [n, 2.0, 30, 40.50], "note": "}, {"}
        for n in range(1, 6)
    ],
    "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "bus"}],
}
SPACING: list[dict[str, Any]] = [
    {},
    {"indent": 1},
    {"separators": (",", ":")},
    {"indent": 4, "separators": (",", ": ")},
]


def write(folder: Path, content: Any = CONTENT, **spacing: Any) -> Path:
    path = folder / "labels.json"
    path.write_text(json.dumps(content, **spacing), encoding="utf-8")
    return path


def fixed(dataset: Dataset, *fixes: Fix) -> Dataset:
    findings = Findings.of(len(fixes), fix=np.array([*fixes, None], object)[:-1])
    applied = labelaudit.apply(dataset, findings)
    assert applied.conflicts == []
    return applied.dataset


def drop(row: int, part: RecordType = RecordType.BOX) -> Fix:
    return Fix("drop", Safety.SAFE, part, row)


def move(row: int, *xyxy: float) -> Fix:
    return Fix("move", Safety.SAFE, RecordType.BOX, row, {"xyxy": list(xyxy)})
