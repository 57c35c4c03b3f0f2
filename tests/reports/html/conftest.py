"""Datasets whose names are as bad as names get, and pages of them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import html5lib
import numpy as np
import pytest
from PIL import Image

import labelaudit
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.reports import REPORTS

IMAGES = [
    "<img src=x onerror=alert(1)>.jpg",
    '"quo\'te" & {{ 7*7 }}.jpg',
    "\u202egpj.sdrawkcab.jpg",
    "شاحنة.jpg",
    "👩‍👩‍👧.jpg",
    f"{'x' * 180}.jpg",
]
CLASSES = ["</style><script>alert(2)</script>", "كلب & \x1b[31m", "{% raw %}'\"` -->"]


def box(number: int, image: int, label: int, corners: list[float]) -> dict[str, object]:
    area = corners[2] * corners[3]
    record = {"id": number, "image_id": image, "category_id": label, "bbox": corners}
    return record | {"area": area, "iscrowd": 0}


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images with such names, each with a duplicate, a flat box and two classes on one object."""
    folder = tmp_path_factory.mktemp("private") / "hostile"
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    names = [*IMAGES, "broken.jpg", "gone.jpg"]
    boxes = []
    for image, name in enumerate(names):
        path = folder / "images" / name
        if name == "broken.jpg":
            path.write_bytes(b"\xff\xd8\xff no image")
        elif name != "gone.jpg":
            small = Image.fromarray(rng.integers(0, 255, (12, 16, 3), np.uint8))
            small.resize((320, 240)).save(path)
        for label, corners in (
            (1, [10, 20, 100, 80]),
            (1, [11, 20, 100, 80]),
            (2, [200, 9, 50, 0]),
        ):
            boxes.append(box(len(boxes), image, label, corners))
        boxes.append(box(len(boxes), image, 3, [10, 20, 100, 80]))
    labels = {
        "images": [
            {"id": at, "file_name": name, "width": 320, "height": 240}
            for at, name in enumerate(names)
        ],
        "annotations": boxes,
        "categories": [{"id": at + 1, "name": name} for at, name in enumerate(CLASSES)],
    }
    (folder / "labels.json").write_text(json.dumps(labels))
    return folder / "labels.json"


@pytest.fixture(scope="session")
def hostile_scan(hostile: Path) -> Scan:
    """What is found in it."""
    return scan(labelaudit.load(hostile), Options(by=("class",)))


def page_of(result: Scan) -> str:
    """The report of a scan."""
    out = io.StringIO()
    REPORTS["html"].write(result, out)
    return out.getvalue()


@pytest.fixture(scope="session")
def hostile_page(hostile_scan: Scan) -> str:
    """Its report."""
    return page_of(hostile_scan)


@pytest.fixture(scope="session")
def parsed() -> Callable[[str], object]:
    """Reads a page as browsers do, and fails at the first error in it."""

    def read(page: str) -> object:
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        return parser.parse(page)

    return read
