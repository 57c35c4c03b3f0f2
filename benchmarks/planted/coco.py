"""The scene as one COCO file with its images beside it, or as one for each split."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.planted.places import BOX, CLASS, IMAGE, Mark, Place
from benchmarks.planted.scene import KEYPOINTS, Scene, SceneImage, Thing

NAME = "instances.json"
Record = dict[str, Any]  # Any: whatever JSON holds

# Ids of images, classes and annotations have nothing in common: an id in a report tells its kind.
FIRST_IMAGE, FIRST_ANNOTATION = 2_001, 500_001
CATEGORY_IDS = (11, 12, 13, 15, 18, 21)


class Repeating(dict[str, Any]):  # Any: see Record
    """An object that is written with some of its keys a second time."""

    def __init__(self, record: Record, *again: tuple[str, Any]) -> None:
        super().__init__(record)
        self.again = again

    def items(self) -> Any:  # Any: what json.dumps iterates over
        """The pairs of key and value, as they are written."""
        return [*super().items(), *self.again]


@dataclass
class CocoSpot:
    """Where one defect goes: an image's records in the document."""

    coco: Coco
    image: Record
    annotations: list[Record]

    @property
    def person(self) -> Record:
        """The annotation that has keypoints."""
        return self.annotations[0]

    @property
    def plain(self) -> Record:
        """An annotation that has nothing special."""
        return self.annotations[1]

    def replace(self, old: Record, new: Any) -> Any:  # Any: see Record
        """Put something else where a record stood."""
        for section in ("images", "annotations", "categories"):
            records = self.coco.document[section]
            for place, record in enumerate(records):
                if record is old:
                    records[place] = new
        return new

    def add(self, section: str, record: Record) -> Record:
        """Append a record; its id becomes one that nothing else has, unless it brings its own."""
        records = self.coco.document[section]
        record.setdefault("id", 10 * FIRST_ANNOTATION + len(records))
        records.append(record)
        return record


class Coco:
    """A COCO file that is still to be written."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.edits: list[Callable[[bytes], bytes]] = []  # of what is written, in the end
        self.of: dict[Thing | SceneImage, Record] = {}
        ids = dict(zip(scene.classes, CATEGORY_IDS, strict=False))
        for extra, name in enumerate(scene.classes[len(CATEGORY_IDS) :]):
            ids[name] = 31 + extra
        for image in scene.images:
            self.of[image] = _image(image)
            for thing in image.things:
                number = FIRST_ANNOTATION + len(self.of)
                self.of[thing] = _annotation(thing, image, ids[thing.label], number)
        records = list(self.of.values())
        self.document: Record = {
            "info": {"description": "invented scenes", "version": "1.0"},
            "images": [record for record in records if "file_name" in record],
            "annotations": [record for record in records if "bbox" in record],
            "categories": [_category(ids[name], name) for name in scene.classes],
        }
        self.documents = {NAME: self.document}

    def spot(self, image: SceneImage) -> CocoSpot:
        """Where a defect can be planted."""
        return CocoSpot(self, self.of[image], [self.of[thing] for thing in image.things])

    def part(self) -> dict[str, Record]:
        """Make a file of each split, by name; the classes of each are records of its own."""
        whole = self.document
        self.documents = {}
        for split in ("train", "val"):
            images = [self.of[image] for image in self.scene.images if image.split == split]
            ids = {image["id"] for image in images}
            boxes = [one for one in whole["annotations"] if one["image_id"] in ids]
            classes = copy.deepcopy(whole["categories"])
            self.documents[f"instances_{split}.json"] = {
                **whole, "images": images, "annotations": boxes, "categories": classes
            }  # fmt: skip
        return self.documents

    def write(self, folder: Path) -> Path:
        """Write all files and images; returns what to load."""
        (folder / "images").mkdir(parents=True)
        for image in self.scene.images:
            if image.jpeg is not None:
                (folder / "images" / image.name).write_bytes(image.jpeg)
        whole = NAME in self.documents
        at = folder if whole else folder / "annotations"
        at.mkdir(exist_ok=True)
        for name, document in self.documents.items():
            text = json.dumps(document).encode()
            for edit in self.edits:
                text = edit(text)
            (at / name).write_bytes(text)
        return folder / NAME if whole else folder

    def place(self, mark: Mark) -> Place:
        """Where a record, a thing or an image stands in the file."""
        if isinstance(mark, Place):
            return mark
        wanted = self.of[mark] if isinstance(mark, Thing | SceneImage) else mark
        for source, document in self.documents.items():
            for section in ("images", "annotations", "categories"):
                for number, record in enumerate(document[section]):
                    if record is wanted:
                        return Place(section, source, number)
        raise LookupError(f"the file has no such record: {mark!r}")

    def names(self, place: Place) -> tuple[set[str], set[str]]:
        """What reports may call a record or class, and the image that it is in."""
        if place.name is not None:
            named = [one for one in self.document["categories"] if one.get("name") == place.name]
            return {place.name}.union(*(_names(CLASS, one) for one in named)), set()
        document = self.documents[place.source or NAME]
        record = document[place.part][place.record]
        own = {f"{place.part} {place.source} {place.record}"} | _names(place.part, record)
        if place.part != BOX or not isinstance(record, dict):
            return own, set()
        wanted = record.get("image_id")
        images = enumerate(document["images"])
        around = [
            {f"{IMAGE} {place.source} {number}"} | _names(IMAGE, image)
            for number, image in images
            if isinstance(image, dict) and image.get("id") == wanted
        ]
        return own, set().union(*around)


def _names(part: str, record: Any) -> set[str]:  # Any: see Record
    """The id of a record with its kind and without, and its name."""
    if not isinstance(record, dict):
        return set()
    noun = {IMAGE: "image", CLASS: "category", BOX: "annotation"}[part]
    number, name = record.get("id"), record.get("name") or record.get("file_name") or ""
    return {str(number), f"{noun} {number}", name, name.removesuffix(".jpg")} - {""}


def _image(image: SceneImage) -> Record:
    width, height = image.size
    return {
        "id": FIRST_IMAGE + image.number,
        "file_name": image.name,
        "width": width,
        "height": height,
        "license": 1,
    }


def _annotation(thing: Thing, image: SceneImage, category: int, number: int) -> Record:
    left, top, right, bottom = thing.box
    width, height = image.size
    record: Record = {
        "id": number,
        "image_id": FIRST_IMAGE + image.number,
        "category_id": category,
        "bbox": [left, top, right - left, bottom - top],
        "area": thing.area,
        "iscrowd": int(bool(thing.runs)),
        "segmentation": thing.polygons,
    }
    if thing.runs:
        record["segmentation"] = {"counts": thing.runs, "size": [height, width]}
    if thing.keypoints:
        record["keypoints"] = thing.keypoints
        record["num_keypoints"] = sum(flag > 0 for flag in thing.keypoints[2::3])
    return record


def _category(number: int, name: str) -> Record:
    record: Record = {"id": number, "name": name, "supercategory": "thing"}
    if name == "person":
        record["keypoints"] = list(KEYPOINTS)
    return record
