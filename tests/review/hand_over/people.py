"""People at work in labelling tools: what they do to the files, written as the tool exports it."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

Corners = tuple[float, float, float, float]
SIZE = (640.0, 480.0)
"""Of the images in tests."""


class Person(ABC):
    """Somebody who opens what was handed over, works, and exports it."""

    @abstractmethod
    def find(self, image: str, label: str, xyxy: Corners) -> Any:
        """A label."""

    @abstractmethod
    def change(self, box: Any, label: str | None = None, xyxy: Corners | None = None) -> None:
        """Give a label another class or place."""

    @abstractmethod
    def remove(self, box: Any) -> None:
        """Remove a label."""

    @abstractmethod
    def draw(self, image: str, label: str, xyxy: Corners) -> None:
        """Draw a box."""

    @abstractmethod
    def answer(self, fingerprint: str, word: str) -> None:
        """Say something of a proposal."""

    @abstractmethod
    def write(self, fingerprint: str, note: str) -> None:
        """Write something beside a proposal."""

    @abstractmethod
    def read(self, fingerprint: str) -> str:
        """What stands beside a proposal, all of it."""

    @abstractmethod
    def change_proposal(
        self, fingerprint: str, label: str | None = None, xyxy: Corners | None = None
    ) -> None:
        """Give a proposal another class or place."""

    @abstractmethod
    def remove_proposal(self, fingerprint: str) -> None:
        """Remove a proposal."""

    @abstractmethod
    def export(self, path: Path) -> Path:
        """What the tool writes of it."""


class CvatPerson(Person):
    """In CVAT, which exports hundredths of a pixel."""

    ending = ".xml"
    sides = ("xtl", "ytl", "xbr", "ybr")

    def __init__(self, path: Path) -> None:
        self.tree = ElementTree.parse(path)
        self.images = {image.get("name"): image for image in self.tree.iter("image")}

    def _image(self, box: ElementTree.Element) -> ElementTree.Element:
        return next(image for image in self.images.values() if box in list(image))

    def find(self, image: str, label: str, xyxy: Corners) -> ElementTree.Element:
        for box in self.images[image].iterfind("box"):
            place = tuple(float(box.get(side, "nan")) for side in self.sides)
            if box.get("label") == label and place == xyxy:
                return box
        raise LookupError(label)

    def change(self, box: Any, label: str | None = None, xyxy: Corners | None = None) -> None:
        if label:
            box.set("label", label)
        for side, value in zip(self.sides, xyxy or (), strict=False):
            box.set(side, repr(value))

    def remove(self, box: Any) -> None:
        self._image(box).remove(box)

    def draw(self, image: str, label: str, xyxy: Corners) -> None:
        place = {side: repr(value) for side, value in zip(self.sides, xyxy, strict=True)}
        ElementTree.SubElement(self.images[image], "box", {"label": label, **place})

    def _proposal(self, fingerprint: str) -> ElementTree.Element:
        for image in self.images.values():
            for shape in image:
                said = {one.get("name"): one.text for one in shape}
                if said.get("fingerprint") == fingerprint:
                    return shape
        raise LookupError(fingerprint)

    def _say(self, fingerprint: str, name: str, word: str) -> None:
        for one in self._proposal(fingerprint):
            if one.get("name") == name:
                one.text = word

    def answer(self, fingerprint: str, word: str) -> None:
        self._say(fingerprint, "decision", word)

    def write(self, fingerprint: str, note: str) -> None:
        self._say(fingerprint, "note", note)

    def read(self, fingerprint: str) -> str:
        said = {one.get("name"): one.text or "" for one in self._proposal(fingerprint)}
        return f"{said['note']} expert={said['expert']}"

    def change_proposal(
        self, fingerprint: str, label: str | None = None, xyxy: Corners | None = None
    ) -> None:
        if label:
            self._say(fingerprint, "class", label)
        self.change(self._proposal(fingerprint), xyxy=xyxy)

    def remove_proposal(self, fingerprint: str) -> None:
        self.remove(self._proposal(fingerprint))

    def export(self, path: Path) -> Path:
        for box in self.tree.iter("box"):
            for side in self.sides:
                box.set(side, f"{float(box.get(side, 'nan')):.2f}")
        self.tree.write(path, "utf-8")
        return path


class LabelStudioPerson(Person):
    """In Label Studio, in the annotation that is there."""

    ending = ".json"

    def __init__(self, path: Path) -> None:
        self.tasks = json.loads(path.read_text("utf-8"))

    def _results(self, image: str) -> Any:
        [task] = [task for task in self.tasks if task["data"]["image"].endswith(image)]
        return task["annotations"][0]["result"]

    def _value(self, xyxy: Corners) -> dict[str, float]:
        (left, top, right, bottom), (wide, high) = xyxy, SIZE
        return {
            "x": left / wide * 100,
            "y": top / high * 100,
            "width": (right - left) / wide * 100,
            "height": (bottom - top) / high * 100,
        }

    def find(self, image: str, label: str, xyxy: Corners) -> Any:
        expected = self._value(xyxy)
        for one in self._results(image):
            value = one["value"]
            near = all(abs(value[key] - side) < 1e-9 for key, side in expected.items())
            if near and value.get("rectanglelabels") == [label]:
                return one
        raise LookupError(label)

    def change(self, box: Any, label: str | None = None, xyxy: Corners | None = None) -> None:
        if label:
            box["value"]["rectanglelabels"] = [label]
        if xyxy:
            box["value"] |= self._value(xyxy)

    def remove(self, box: Any) -> None:
        for task in self.tasks:
            results = task["annotations"][0]["result"]
            results[:] = [one for one in results if one is not box]

    def draw(self, image: str, label: str, xyxy: Corners) -> None:
        value = {**self._value(xyxy), "rotation": 0, "rectanglelabels": [label]}
        drawn = {"from_name": "label", "to_name": "image", "type": "rectanglelabels"}
        results = self._results(image)
        results.append({"id": f"drawn{len(results)}", **drawn, "value": value})

    def _proposal(self, fingerprint: str) -> tuple[list[Any], list[Any]]:
        for task in self.tasks:
            results = task["annotations"][0]["result"]
            if found := [one for one in results if one["id"] == fingerprint]:
                return results, found
        raise LookupError(fingerprint)

    def answer(self, fingerprint: str, word: str) -> None:
        results, found = self._proposal(fingerprint)
        value = {**found[0]["value"], "choices": [word]}
        value.pop("rectanglelabels")
        results.append({**found[0], "type": "choices", "from_name": "decision", "value": value})

    def write(self, fingerprint: str, note: str) -> None:
        meta = self._proposal(fingerprint)[1][0]["meta"]
        meta["text"] = "\n".join([*meta["text"], note])  # one text, as the field of the page has it

    def read(self, fingerprint: str) -> str:
        text = " ".join(self._proposal(fingerprint)[1][0]["meta"]["text"])
        return f"{text} expert={str('an expert' in text).lower()}"

    def change_proposal(
        self, fingerprint: str, label: str | None = None, xyxy: Corners | None = None
    ) -> None:
        for one in self._proposal(fingerprint)[1]:
            if xyxy:
                one["value"] |= self._value(xyxy)
            if label and one["from_name"] == "class":
                one["value"]["choices"] = [label]

    def remove_proposal(self, fingerprint: str) -> None:
        results, found = self._proposal(fingerprint)
        results[:] = [one for one in results if one not in found]

    def export(self, path: Path) -> Path:
        path.write_text(json.dumps(self.tasks), "utf-8")
        return path


class FiftyOnePerson(Person):
    """In FiftyOne, whose App tags labels and edits them."""

    ending = ""

    def __init__(self, path: Path) -> None:
        self.metadata = (path / "metadata.json").read_text("utf-8")
        self.samples = json.loads((path / "samples.json").read_text("utf-8"))["samples"]

    def _labels(self, image: str, field: str = "ground_truth") -> Any:
        [sample] = [one for one in self.samples if one["filepath"].endswith(image)]
        return sample[field]["detections"]

    def _place(self, xyxy: Corners) -> list[float]:
        (left, top, right, bottom), (wide, high) = xyxy, SIZE
        return [left / wide, top / high, (right - left) / wide, (bottom - top) / high]

    def find(self, image: str, label: str, xyxy: Corners) -> Any:
        for one in self._labels(image):
            sides = zip(one["bounding_box"], self._place(xyxy), strict=True)
            if one["label"] == label and all(abs(a - b) < 1e-9 for a, b in sides):
                return one
        raise LookupError(label)

    def change(self, box: Any, label: str | None = None, xyxy: Corners | None = None) -> None:
        if label:
            box["label"] = label
        if xyxy:
            box["bounding_box"] = self._place(xyxy)

    def remove(self, box: Any) -> None:
        for sample in self.samples:
            labels = sample["ground_truth"]["detections"]
            labels[:] = [one for one in labels if one is not box]

    def draw(self, image: str, label: str, xyxy: Corners) -> None:
        drawn = {"_cls": "Detection", "label": label, "bounding_box": self._place(xyxy)}
        self._labels(image).append(drawn)

    def _proposal(self, fingerprint: str) -> tuple[list[Any], Any]:
        for sample in self.samples:
            listed = sample["labelaudit"]["detections"]
            for one in [*listed, *sample["labelaudit_images"]["classifications"]]:
                if one["fingerprint"] == fingerprint:
                    return listed, one
        raise LookupError(fingerprint)

    def answer(self, fingerprint: str, word: str) -> None:
        self._proposal(fingerprint)[1]["tags"].append(word)

    def write(self, fingerprint: str, note: str) -> None:
        self._proposal(fingerprint)[1]["note"] = note

    def read(self, fingerprint: str) -> str:
        said = self._proposal(fingerprint)[1]
        return f"{said['note']} expert={str(said['expert']).lower()}"

    def change_proposal(
        self, fingerprint: str, label: str | None = None, xyxy: Corners | None = None
    ) -> None:
        self.change(self._proposal(fingerprint)[1], label, xyxy)

    def remove_proposal(self, fingerprint: str) -> None:
        listed, one = self._proposal(fingerprint)
        listed.remove(one)

    def export(self, path: Path) -> Path:
        path.mkdir(exist_ok=True)
        (path / "metadata.json").write_text(self.metadata, "utf-8")
        (path / "samples.json").write_text(json.dumps({"samples": self.samples}), "utf-8")
        return path


PEOPLE: dict[str, Callable[[Path], Person]] = {
    "cvat": CvatPerson,
    "labelstudio": LabelStudioPerson,
    "fiftyone": FiftyOnePerson,
}
"""Who works in which tool; a new tool needs somebody, or its tests fail."""
