"""The scene as an Ultralytics YOLO folder: data.yaml, a text file for each image, its images."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.planted.places import BOX, FILE, IMAGE, Mark, Place, counted_names
from benchmarks.planted.scene import Scene, SceneImage, Thing


@dataclass
class YoloSpot:
    """Where one defect goes: the label file of an image."""

    yolo: Yolo
    image: SceneImage
    lines: list[str] = field(default_factory=list)
    of: dict[Thing, int] = field(default_factory=dict)  # the line of each thing
    stem: str = ""  # of the file; that of its image if empty
    is_written: bool = True  # whether there is a file at all

    @property
    def source(self) -> str:
        """The path of the file in the dataset."""
        return f"labels/{self.image.split}/{self.stem or self.image.stem}.txt"

    @property
    def plain(self) -> str:
        """The line of a thing that has nothing special."""
        return self.lines[1]

    def write_plain(self, line: str) -> Place:
        """Put another line in its place."""
        self.lines[1] = line
        return Place(BOX, self.source, 1)

    @property
    def file(self) -> Place:
        """The file as a whole."""
        return Place(FILE, self.source)


class Yolo:
    """A YOLO folder that is still to be written."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.classes = dict(enumerate(scene.classes))
        self.edits: list[Callable[[str], str]] = []  # of data.yaml, in the end
        self.spots = {image: self._lines(image) for image in scene.images}

    def spot(self, image: SceneImage) -> YoloSpot:
        """Where a defect can be planted."""
        return self.spots[image]

    def write(self, folder: Path) -> Path:
        """Write all files; returns what to load."""
        for kind in ("images", "labels"):
            for split in ("train", "val"):
                (folder / kind / split).mkdir(parents=True)
        names = "".join(f"  {index}: {json.dumps(name)}\n" for index, name in self.classes.items())
        text = f"path: .\ntrain: images/train\nval: images/val\nnames:\n{names}"
        for edit in self.edits:
            text = edit(text)
        (folder / "data.yaml").write_text(text, encoding="utf-8")
        for image, spot in self.spots.items():
            if spot.is_written:
                text = "".join(f"{line}\n" for line in spot.lines)
                (folder / spot.source).write_text(text, encoding="utf-8")
            if image.jpeg is not None:
                (folder / "images" / image.split / image.name).write_bytes(image.jpeg)
        return folder / "data.yaml"

    def place(self, mark: Mark) -> Place:
        """Where a thing or an image stands in the files."""
        if isinstance(mark, Place):
            return mark
        for image, spot in self.spots.items():
            if mark is image:
                return Place(IMAGE, spot.source, 0)
            if isinstance(mark, Thing) and mark in spot.of:
                return Place(BOX, spot.source, spot.of[mark])
        raise LookupError(f"the folder has no such thing: {mark!r}")

    def names(self, place: Place) -> tuple[set[str], set[str]]:
        """What reports may call a record or class, and the image that it is in."""
        if place.name is not None:
            named = [index for index, name in self.classes.items() if name == place.name]
            return {place.name, *(f"category {index + 1}" for index in named)}, set()
        return counted_names(place, {spot.source: len(spot.lines) for spot in self.spots.values()})

    def _lines(self, image: SceneImage) -> YoloSpot:
        spot = YoloSpot(self, image)
        width, height = image.size
        for thing in image.things:
            if thing.runs:  # YOLO has no crowd regions
                continue
            left, top, right, bottom = thing.box
            share = [
                (left + right) / 2 / width,
                (top + bottom) / 2 / height,
                (right - left) / width,
                (bottom - top) / height,
            ]
            spot.of[thing] = len(spot.lines)
            label = self.scene.classes.index(thing.label)
            spot.lines.append(" ".join([str(label), *(f"{number:.6f}" for number in share)]))
        return spot
