"""Right boxes, and what a format reads if they were written by another convention than its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Findings
from labelaudit.boxes.conventions import TRANSFORMS
from labelaudit.core.columns import Floats
from labelaudit.dataset.format_facts import FormatFacts
from labelaudit.dataset.tables import Boxes, Categories, Dataset, Files, Images
from labelaudit.io.formats import FORMATS
from labelaudit.rules.geo.geo015_wrong_convention import wrong_convention
from labelaudit.testing import with_columns

LANDSCAPE = (640, 480)


def street(
    count: int = 200, *, form: str = "coco", size: tuple[int, int] = LANDSCAPE, seed: int = 0
) -> Dataset:
    """A right dataset of whole-pixel boxes, ten an image, some cut off by the border."""
    rng = np.random.default_rng(seed)
    image = np.arange(count) // 10
    near = rng.integers(-60, np.array(size) - 20, (count, 2))
    far = near + rng.integers(20, 200, (count, 2))
    near, far = np.maximum(near, 0), np.minimum(np.maximum(far, 20), size)
    images, one_file = -(-count // 10), form == "coco"
    files = 1 if one_file else images
    return Dataset(
        form,
        Path(),
        Files.of(files, path=[f"{row}.txt" for row in range(files)]),
        Images.of(
            images,
            file=np.zeros(images) if one_file else np.arange(images),
            name=[f"{row}.jpg" for row in range(images)],
            size=np.tile(size, (images, 1)),
        ),
        Categories.of(1, name=["car"]),
        Boxes.of(
            count,
            file=np.zeros(count) if one_file else image,
            record=np.arange(count),
            image=image,
            label=np.zeros(count),
            xyxy=np.hstack([near, far]),
        ),
        facts=facts_of(form),
    )


def facts_of(form: str) -> FormatFacts:
    """What a format declares; of `mine`, which nobody knows, the plain facts."""
    return FORMATS[form].facts if form in FORMATS else FormatFacts()


def with_boxes(dataset: Dataset, xyxy: Floats) -> Dataset:
    return dataclasses.replace(dataset, boxes=dataclasses.replace(dataset.boxes, xyxy=xyxy))


def with_scenes(
    dataset: Dataset, folder: Path, *, part: tuple[float, float] = (1, 1), seed: int = 0
) -> Dataset:
    """The dataset with a picture of blots for each image, in its upper left `part`; else black."""
    rng = np.random.default_rng(seed)
    paths = []
    for name, size in zip(dataset.images.name.tolist(), dataset.images.size.tolist(), strict=True):
        width, height = (round(share * side) for share, side in zip(part, size, strict=True))
        blots = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8), "RGB")
        picture = Image.new("RGB", (round(size[0]), round(size[1])))
        picture.paste(blots.resize((width, height), Image.Resampling.BICUBIC))
        path = folder / name
        picture.save(path, quality=80)
        paths.append(str(path))
    located = with_columns(dataset, "images", path=paths)
    return dataclasses.replace(located, image_folders=(folder,))


def with_masks(dataset: Dataset) -> Dataset:
    """Masks that end where the boxes do."""
    box = np.arange(len(dataset.boxes))
    return with_columns(dataset, "masks", box=box, xyxy=dataset.boxes.xyxy)


def misread(dataset: Dataset, true: str) -> Dataset:
    """What the format reads if the boxes were written by another convention than its own."""
    transform = TRANSFORMS[f"{dataset.facts.convention}-as-{true}"]
    return with_boxes(
        dataset, transform(dataset.boxes.xyxy, AuditContext(dataset).derived.image_size)
    )


def centres(wrong: int, right: int, others: Sequence[Sequence[float]] = ()) -> Dataset:
    """`wrong` boxes that fit only with a centre for a corner, `right` ones that fit either way."""
    fitting = np.tile([300.0, 200, 340, 240], (right, 1))
    leaving = np.tile([600.0, 200, 660, 240], (wrong, 1))
    xyxy = np.vstack([fitting, leaving, np.reshape(others, (-1, 4))])
    return with_boxes(street(len(xyxy)), xyxy)


def found(dataset: Dataset) -> Findings:
    return wrong_convention(AuditContext(dataset))


def transforms(dataset: Dataset) -> list[str]:
    return [fix.values["name"] for fix in found(dataset).fix]


WITHOUT_MASKS = [
    *[("coco", name) for name in ("xyxy", "cxcywh", "yxhw", "yxyx", "xxyy")],
    *[("coco", f"normalised-{name}") for name in ("xywh", "xyxy", "cxcywh")],
    *[("voc", name) for name in ("xywh", "cxcywh", "voc-yxyx", "voc-reversed", "xxyy")],
    *[("voc", name) for name in ("normalised-xyxy", "normalised-cxcywh")],
    *[("yolo", name) for name in ("normalised-xywh", "normalised-xyxy")],
    *[("yolo", name) for name in ("cxcywh", "xywh", "xyxy")],
    *[("mine", name) for name in ("xywh", "cxcywh", "yxyx")],
]
ONLY_WITH_MASKS = [
    *[("coco", "bottom-up-xywh"), ("coco", "bottom-up-xyxy"), ("coco", "normalised-yxyx")],
    *[("voc", "bottom-up-voc-xyxy"), ("yolo", "bottom-up-normalised-cxcywh")],
    *[("yolo", "normalised-cycxhw"), ("mine", "bottom-up-xyxy")],
]


def edges(at_zero: int, at_one: int, others: Sequence[Sequence[float]] = ()) -> Dataset:
    """VOC boxes of which some have xmin 0 and some xmin 1, as they are read."""
    zero, one = np.tile([-1.0, 50, 60, 90], (at_zero, 1)), np.tile([0.0, 50, 60, 90], (at_one, 1))
    rest = np.tile([200.0, 50, 260, 90], (300, 1))
    xyxy = np.vstack([zero, one, rest, np.reshape(others, (-1, 4))])
    return with_boxes(street(len(xyxy), form="voc"), xyxy)
