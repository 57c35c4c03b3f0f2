"""Defects by name, and planting any of them in the labels of one format.

A defect is a function that changes the labels and returns where it did. `everywhere` registers one
that changes the scene, before any format writes it; `in_coco`, `in_voc` and `in_yolo` register one
that changes what only this format has. The name of the function is the kind of defect, so that a
kind that formats express differently has a function of one name for each.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.planted.coco import Coco
from benchmarks.planted.places import CLASS, Mark, Place
from benchmarks.planted.scene import SINGLE, Scene, SceneImage, Thing, clean_scene
from benchmarks.planted.voc import Voc
from benchmarks.planted.yolo import Yolo

KINDS = "benchmarks.planted.kinds"


class Labels(Protocol):
    """The labels of a scene in one format, still to be written."""

    def spot(self, image: SceneImage) -> Any:  # Any: what this format calls the parts of its file
        """Where a defect can be planted."""

    def place(self, mark: Mark) -> Place:
        """Where what a defect returned stands in the files."""

    def names(self, place: Place) -> tuple[set[str], set[str]]:
        """What reports may call the record or class at a place, and the image that it is in."""

    def write(self, folder: Path) -> Path:
        """Write everything; returns what to load."""


FORMATS: dict[str, Callable[[Scene], Labels]] = {"coco": Coco, "voc": Voc, "yolo": Yolo}


@dataclass
class SceneSpot:
    """Where a defect goes that every format can express: an image of the scene."""

    scene: Scene
    image: SceneImage

    @property
    def thing(self) -> Thing:
        """A thing that has nothing special and touches nothing."""
        return self.image.things[1]

    def add(self, box: list[float], label: str = "") -> Thing:
        """One more thing like `thing`, in another box."""
        more = self.thing.stretched(box)
        more.label = label or more.label
        self.image.things.append(more)
        return more

    def relabel(self, name: str) -> Place:
        """Give the thing a new class."""
        self.scene.classes.append(name)
        self.thing.label = name
        return Place(CLASS, name=name)

    def rename_some(self, old: str, new: str) -> Place:
        """Write the name of a class in another way, in about a sixth of the images."""
        self.scene.classes.append(new)
        for image in self.scene.shared:
            for thing in image.things:
                thing.label = new if thing.label == old else thing.label
        return Place(CLASS, name=new)


@dataclass(frozen=True)
class Defect:
    """One kind of defect in one format."""

    kind: str  # what is wrong, in words
    family: str
    format: str
    rule: str  # name of the rule that must find it
    plant: Callable[[Any], Mark]  # Any: a SceneSpot, or the spot of the format
    in_scene: bool  # whether it changes the scene, not the format's own records
    alone: bool  # whether it is about the whole file, so that others change what is found

    def __str__(self) -> str:
        """Its name for people."""
        return f"{self.format}: {self.kind}"


Decorator = Callable[[Callable[[Any], Mark]], Callable[[Any], Mark]]
_DEFECTS: list[Defect] = []


def everywhere(
    family: str, rule: str, *, formats: Iterable[str] = tuple(FORMATS), alone: bool = False
) -> Decorator:
    """A defect of the scene, in all `formats` that can express it."""

    def register(plant: Callable[[Any], Mark]) -> Callable[[Any], Mark]:
        kind = plant.__name__.replace("_", " ")
        _DEFECTS.extend(
            Defect(kind, family, format_, rule, plant, in_scene=True, alone=alone)
            for format_ in formats
        )
        return plant

    return register


def _in(format_: str, family: str, rule: str, *, alone: bool = False) -> Decorator:
    """A defect of the records of one format."""

    def register(plant: Callable[[Any], Mark]) -> Callable[[Any], Mark]:
        kind = plant.__name__.replace("_", " ")
        _DEFECTS.append(Defect(kind, family, format_, rule, plant, in_scene=False, alone=alone))
        return plant

    return register


in_coco = functools.partial(_in, "coco")
in_voc = functools.partial(_in, "voc")
in_yolo = functools.partial(_in, "yolo")


@functools.cache
def defects(format_: str) -> tuple[Defect, ...]:
    """All defects that a format can express, by family and kind."""
    for module in pkgutil.iter_modules(importlib.import_module(KINDS).__path__, f"{KINDS}."):
        importlib.import_module(module.name)
    own = sorted(
        (defect for defect in _DEFECTS if defect.format == format_),
        key=lambda defect: (defect.family, defect.kind),
    )
    kinds = [defect.kind for defect in own]
    if len(set(kinds)) < len(kinds):
        raise ValueError(f"{format_} has two defects of one kind: {sorted(kinds)}")
    return tuple(own)


@dataclass(frozen=True)
class Planted:
    """Labels with defects in them, or clean."""

    scene: Scene
    labels: Labels
    places: dict[Defect, Place]
    images: dict[Defect, SceneImage]  # each defect's own; for one that is alone, any


def planted(format_: str, chosen: Iterable[Defect] = (), *, seed: int = 0) -> Planted:
    """The labels of a scene with these defects in them; without any, clean."""
    wanted = list(chosen)
    scene = clean_scene(max(SINGLE, len(wanted)), seed)
    images = dict(zip(wanted, scene.images, strict=False))
    marks = {
        defect: defect.plant(SceneSpot(scene, images[defect]))
        for defect in wanted
        if defect.in_scene
    }
    labels = FORMATS[format_](scene)
    for defect in wanted:
        if not defect.in_scene:
            marks[defect] = defect.plant(labels.spot(images[defect]))
    places = {defect: labels.place(marks[defect]) for defect in wanted}
    return Planted(scene, labels, places, images)
