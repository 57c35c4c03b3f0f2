"""The scene as a Pascal VOC folder: an XML file for each image, its image sets and its images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from benchmarks.planted.places import BOX, FILE, IMAGE, Mark, Place, counted_names
from benchmarks.planted.scene import Scene, SceneImage, Thing

CORNERS = ("xmin", "ymin", "xmax", "ymax")


@dataclass
class VocSpot:
    """Where one defect goes: the XML file of an image."""

    voc: Voc
    image: SceneImage
    root: Element
    edits: list[Callable[[str], str]] = field(default_factory=list)  # of the text, in the end

    @property
    def plain(self) -> Element:
        """An object that has nothing special."""
        return self.root.findall("object")[1]

    @property
    def file(self) -> Place:
        """The file as a whole."""
        return Place(FILE, self.source)

    @property
    def source(self) -> str:
        """The path of the file in the dataset."""
        return f"Annotations/{self.image.stem}.xml"

    def text(self) -> str:
        """What is written."""
        indent(self.root, "\t")
        text = tostring(self.root, "unicode")
        for edit in self.edits:
            text = edit(text)
        return text


class Voc:
    """A Pascal VOC folder that is still to be written."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.of: dict[Thing, Element] = {}
        self.spots = {image: VocSpot(self, image, self._document(image)) for image in scene.images}
        self.sets: dict[str, list[str]] = {"train": [], "val": []}
        for image in scene.images:
            self.sets[image.split].append(image.stem)

    def spot(self, image: SceneImage) -> VocSpot:
        """Where a defect can be planted."""
        return self.spots[image]

    def write(self, folder: Path) -> Path:
        """Write all files; returns what to load."""
        for name in ("Annotations", "ImageSets/Main", "JPEGImages"):
            (folder / name).mkdir(parents=True)
        for name, members in self.sets.items():
            (folder / "ImageSets/Main" / f"{name}.txt").write_text("\n".join(members) + "\n")
        for image, spot in self.spots.items():
            (folder / spot.source).write_text(spot.text(), encoding="utf-8")
            if image.jpeg is not None:
                (folder / "JPEGImages" / image.name).write_bytes(image.jpeg)
        return folder

    def place(self, mark: Mark) -> Place:
        """Where an object, a thing or an image stands in the files."""
        if isinstance(mark, Place):
            return mark
        if isinstance(mark, SceneImage):
            return Place(IMAGE, self.spots[mark].source, 0)
        wanted = self.of[mark] if isinstance(mark, Thing) else mark
        for spot in self.spots.values():
            if wanted is spot.root:
                return Place(IMAGE, spot.source, 0)
            for number, element in enumerate(spot.root.findall("object")):
                if element is wanted:
                    return Place(BOX, spot.source, number)
        raise LookupError(f"the folder has no such object: {mark!r}")

    def names(self, place: Place) -> tuple[set[str], set[str]]:
        """What reports may call a record or class, and the image that it is in."""
        return counted_names(
            place, {spot.source: len(spot.root.findall("object")) for spot in self.spots.values()}
        )

    def _document(self, image: SceneImage) -> Element:
        root = Element("annotation")
        SubElement(root, "folder").text = "JPEGImages"
        SubElement(root, "filename").text = image.name
        size = SubElement(root, "size")
        for name, side in zip(("width", "height", "depth"), (*image.size, 3), strict=True):
            SubElement(size, name).text = str(side)
        SubElement(root, "segmented").text = "0"
        for thing in image.things:
            if not thing.runs:  # VOC has no crowd regions
                self.of[thing] = _object(root, thing, image)
        return root


def _object(root: Element, thing: Thing, image: SceneImage) -> Element:
    element = SubElement(root, "object")
    left, top, right, bottom = thing.box
    truncated = left == 0 or top == 0 or (right, bottom) == image.size
    SubElement(element, "name").text = thing.label
    SubElement(element, "pose").text = "Unspecified"
    SubElement(element, "truncated").text = str(int(truncated))
    SubElement(element, "difficult").text = str(int(thing.difficult))
    box = SubElement(element, "bndbox")
    # Pixels are counted from 1, and the last one belongs to the box.
    for name, edge in zip(CORNERS, (left + 1, top + 1, right, bottom), strict=True):
        SubElement(box, name).text = f"{edge:g}"
    return element
