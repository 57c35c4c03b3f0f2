"""Measures the HTML report: its size and the time it takes, for many images and findings.

Run `python -m benchmarks.html_report` from the root of the repository. The figures go to
`benchmarks/results/html_report.md`.

Images are photographs of COCO, each under many names; boxes lie anywhere in them, so that nearly
every finding has a picture of its own.
"""

from __future__ import annotations

import argparse
import base64
import datetime
import io
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

import labelaudit
from benchmarks.datasets import FOLDER
from benchmarks.machine import this_machine
from benchmarks.records import joined
from benchmarks.scenes import NAMES
from labelaudit.auditing.needs import PixelPolicy
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import scan
from labelaudit.reports import REPORTS

RESULTS = Path(__file__).parent / "results"
PHOTOGRAPHS = Path(__file__).resolve().parents[2] / "shared" / "data" / "coco_cc" / "images"

COLUMNS = (
    *("images", "findings", "listed", "with a picture", "different pictures"),
    *("MB of the page", "of which pictures", "characters of a pixel", "s"),
)

HEAD = f"""\
# The HTML report

Written by `python -m benchmarks.html_report`; do not edit. MB are millions of bytes. A picture's
pixels are counted as they are kept, and its characters as they stand in the page.

| {" | ".join(COLUMNS)} |
|{"--:|" * len(COLUMNS)}
"""


@dataclass(frozen=True)
class ReportSize:
    """What one report took."""

    images: int
    findings: int
    listed: int
    with_picture: int
    pictures: int
    page_mb: float
    pictures_mb: float
    per_pixel: float
    seconds: float
    made: str  # when, and on what


def main(arguments: Sequence[str] | None = None) -> None:
    """Write reports of several sizes and note what they took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=FOLDER / "html_report")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--photographs", type=Path, default=PHOTOGRAPHS)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--findings", type=int, nargs="+", default=[200, 2_000, 20_000])
    options = parser.parse_args(arguments)
    new = {}
    for findings in options.findings:
        labels = dataset(options.folder, options.photographs, options.images, findings)
        new[f"{options.images:06} {findings:06}"] = measured(labels)
    known = joined(options.results / "html_report.json", new, dict[str, ReportSize])
    rows = "".join(f"{_row(known[key])}\n" for key in sorted(known))
    made = known[max(known)].made
    (options.results / "html_report.md").write_text(f"{HEAD}{rows}\n{made}.\n")


def _row(one: ReportSize) -> str:
    counts = (one.images, one.findings, one.listed, one.with_picture, one.pictures)
    sizes = (f"{one.page_mb:.1f}", f"{one.pictures_mb:.1f}", f"{one.per_pixel:.2f}")
    return f"| {' | '.join((*map('{:,}'.format, counts), *sizes, f'{one.seconds:.0f}'))} |"


def dataset(folder: Path, photographs: Path, images: int, findings: int) -> Path:
    """A COCO file of images with two boxes each, of which so many stand twice.

    Parameters
    ----------
    folder:
        that it is made in.
    photographs:
        a folder of them.
    images, findings:
        how many.
    """
    sources = sorted(photographs.glob("*.jpg"))
    if not sources:
        raise SystemExit(f"{photographs}: no photograph is in it; --photographs names a folder")
    (folder / "images").mkdir(parents=True, exist_ok=True)
    sizes = []
    for source in sources:
        with Image.open(source) as image:
            sizes.append(image.size)
    content = [source.read_bytes() for source in sources]
    for number in range(images):
        path = folder / "images" / f"{number:06}.jpg"
        if not path.exists():
            path.write_bytes(content[number % len(content)])
    labels = folder / f"{images}-{findings}.json"
    labels.write_text(json.dumps(_labels([sizes[n % len(sizes)] for n in range(images)], findings)))
    return labels


def _labels(sizes: Sequence[tuple[int, int]], findings: int) -> dict[str, object]:
    """Labels of images; of the boxes that stand twice, two in three are moved by two pixels."""
    rng, boxes = np.random.default_rng(1), []
    for at in range(2 * len(sizes)):
        width, height = sizes[at // 2]
        half = (width / 2, height)  # one box on the left, one on the right
        side = rng.uniform(0.1, 0.4, 2) * half
        left, top = rng.uniform(0, 1, 2) * (half - side - 3) + (at % 2 * half[0], 0)
        for moved in range(1 + (at < findings)):
            corners = [float(left) + 2 * moved * (at % 3 > 0), float(top), *side.tolist()]
            label = at % len(NAMES)
            box = {"id": len(boxes), "image_id": at // 2, "category_id": label, "bbox": corners}
            boxes.append(box | {"area": float(side.prod()), "iscrowd": 0})
    return {
        "images": [
            {"id": n, "file_name": f"images/{n:06}.jpg", "width": size[0], "height": size[1]}
            for n, size in enumerate(sizes)
        ],
        "annotations": boxes,
        "categories": [{"id": n, "name": name} for n, name in enumerate(NAMES)],
    }


def measured(labels: Path) -> ReportSize:
    """What the report of a dataset takes; it is left beside the labels."""
    # What images show is the same in many of them, by which rules about images would find more.
    options = Options(select=("DUP001", "DUP002"), pixels=PixelPolicy.NEVER)
    found, out = scan(labelaudit.load(labels), options), io.StringIO()
    started = time.perf_counter()
    REPORTS["html"].write(found, out)
    seconds, page = time.perf_counter() - started, out.getvalue()
    labels.with_suffix(".html").write_text(page, "utf-8")
    pictures = re.findall(r'href="(data:image[^"]+)"', page)
    pixels = sum(_pixels(picture) for picture in pictures)
    characters = sum(map(len, pictures))
    return ReportSize(
        images=len(found.dataset.images),
        findings=len(found.findings),
        listed=page.count('<li class="finding"'),
        with_picture=page.count('<div class="pictures"'),
        pictures=len(pictures),
        page_mb=len(page.encode()) / 1e6,
        pictures_mb=characters / 1e6,
        per_pixel=characters / max(pixels, 1),
        seconds=seconds,
        made=f"{datetime.datetime.now(tz=datetime.UTC).date().isoformat()}; {this_machine()}",
    )


def _pixels(picture: str) -> int:
    """How many pixels a picture in a page has."""
    with Image.open(io.BytesIO(base64.b64decode(picture.partition(",")[2]))) as image:
        return image.width * image.height


if __name__ == "__main__":
    main()
