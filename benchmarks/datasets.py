"""The datasets of the benchmarks: their names, sizes and places. Nothing here reads or writes."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(tempfile.gettempdir()) / "labelaudit-benchmarks"


@dataclass(frozen=True)
class Dataset:
    """An invented dataset of so many images and boxes."""

    name: str
    layout: str  # a key of `benchmarks.generate.WRITERS`
    images: int
    boxes: int
    description: str

    def path(self, folder: Path) -> Path:
        """Where it stands in `folder`: a file for COCO, else a folder."""
        return folder / (f"{self.name}.json" if self.layout.startswith("coco") else self.name)


DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset("small", "coco polygons", 100, 727, "a COCO file of 100 images"),
        Dataset("val2017", "coco polygons", 5_000, 36_781, "COCO val2017 size, polygons"),
        Dataset("train2017", "coco polygons", 118_287, 860_001, "COCO train2017 size, polygons"),
        Dataset("boxes", "coco boxes", 118_287, 860_001, "COCO train2017 size, boxes only"),
        Dataset("boxes-5m", "coco boxes", 687_715, 5_000_000, "COCO, 5 million boxes"),
        Dataset("boxes-25m", "coco boxes", 3_438_575, 25_000_000, "COCO, 25 million boxes"),
        # With pictures: an image that is one grey is a finding itself, and looked at in no time.
        Dataset("voc-pictures", "voc pictures", 10_000, 30_000, "Pascal VOC, 10,000 XML files"),
        Dataset("yolo-pictures", "yolo pictures", 10_000, 72_700, "YOLO, 10,000 label files"),
        Dataset("voc-100000", "voc", 100_000, 300_000, "Pascal VOC, 100,000 XML files"),
        Dataset("yolo-100000", "yolo", 100_000, 727_000, "YOLO, 100,000 label files"),
    )
}
