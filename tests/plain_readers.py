"""What any reader could make of the labels in a folder: an independent one that knows no formats.

It takes an object to be where enough finite numbers say it is, in whatever they stand, and shares
no code with the package.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")


DOUBT = "?"
"""What the image of an object ends in if its id is that of several: no two of them are copies."""


class Thing(NamedTuple):
    """A labelled object that can be read."""

    image: str
    label: str
    box: tuple[float, float, float, float]  # left, top, right, bottom

    def copies(self, other: Thing) -> bool:
        """Whether another one is the same object, but for rounding."""
        same = (self.image, self.label) == (other.image, other.label)
        same = same and not self.image.endswith(DOUBT)
        return same and max(abs(a - b) for a, b in zip(self.box, other.box, strict=True)) <= 1

    def is_about(self, other: Thing) -> bool:
        """Whether another one is in the same place, or was drawn on it."""
        a, b = self.box, other.box
        width = min(a[2], b[2]) - max(a[0], b[0])
        height = min(a[3], b[3]) - max(a[1], b[1])
        smaller = min((one[2] - one[0]) * (one[3] - one[1]) for one in (a, b))
        return (
            self.image == other.image and min(width, height) > 0 and (2 * width * height >= smaller)
        )


class Picture(NamedTuple):
    """What labels say of an image."""

    name: str  # its stem, however it is spelt
    size: tuple[float, float]


def things(folder: Path, at: Path) -> list[Thing]:
    """All objects that can be read in the labels of a folder; images are looked for in another."""
    found = [one for path in sorted(folder.rglob("*.json")) for one in _of_json(path, at)]
    found += [one for path in sorted(folder.rglob("*.xml")) for one in _of_xml(path)]
    return found + [one for path in sorted(folder.rglob("labels/**/*.txt")) for one in _of(path)]


def pictures(folder: Path) -> dict[str, list[Picture]]:
    """What the labels of a folder say of images, by the place where they say it."""
    said: dict[str, list[Picture]] = {}
    for path in sorted(folder.rglob("*.json")):
        for image in _records(_document(path), "images"):
            size = (_side(image.get("width")), _side(image.get("height")))
            key = f"{path.name} {image.get('id')}"
            said.setdefault(key, []).append(Picture(stem(str(image.get("file_name"))), size))
    for path in sorted(folder.rglob("*.xml")):
        root = _root(path)
        size = (_side(root.findtext("size/width")), _side(root.findtext("size/height")))
        said[path.name] = [Picture(stem(root.findtext("filename") or ""), size)]
    return said


def stem(name: str) -> str:
    """The name of an image without folders, ending and spelling."""
    last = unicodedata.normalize("NFC", unquote(name).replace("\\", "/")).rpartition("/")[2]
    return re.sub(r"\.(jpe?g|png|bmp|tiff?|webp)$", "", last.casefold()).strip()


def _document(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The records in a JSON file by their keys, also in one that breaks off or is no JSON."""
    text = path.read_bytes().decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = {"images": [], "annotations": [], "categories": []}
        for start in re.finditer(r'\{\s*"id"', text):
            try:
                one, _ = json.JSONDecoder().raw_decode(text, start.start())
            except (ValueError, RecursionError):
                continue
            part = "images" if "file_name" in one else "categories"
            document["annotations" if "image_id" in one else part].append(one)
    return document if isinstance(document, dict) else {}


def _records(document: Any, part: str) -> list[dict[str, Any]]:
    records = document.get(part) if isinstance(document, dict) else None
    return [one for one in records or [] if isinstance(one, dict)]


def _id(value: Any) -> str:
    """An id as text: 1.0 is 1, as it is to whoever looks it up in Python."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _doubtful(images: list[dict[str, Any]], at: Path) -> set[str]:
    """The ids of several images: of other names, or of one name that leads to no file."""
    named: dict[str, list[str]] = {}
    for image in images:
        named.setdefault(_id(image.get("id")), []).append(str(image.get("file_name")))
    return {
        one
        for one, names in named.items()
        if len(names) > 1 and (len(set(names)) > 1 or not any(at.rglob(names[0])))
    }


def _of_json(path: Path, at: Path) -> Iterator[Thing]:
    document = _document(path)
    names = {
        _id(one.get("id")): stem(str(one.get("file_name")))
        for one in reversed(_records(document, "images"))
    }
    doubtful = _doubtful(_records(document, "images"), at)
    classes = {_id(one.get("id")): str(one.get("name")) for one in _records(document, "categories")}
    for record in _records(document, "annotations"):
        box = _sized(record.get("bbox")) or _points(record.get("segmentation"))
        box = box or _runs(record.get("segmentation")) or _seen(record.get("keypoints"))
        if box:
            number = _id(record.get("image_id"))
            image = names.get(number, number) + (DOUBT if number in doubtful else "")
            label = classes.get(_id(record.get("category_id")), "?")
            yield Thing(image, label, box)


def _sized(value: Any) -> tuple[float, float, float, float] | None:
    if isinstance(value, dict):
        value = [value.get(key) for key in ("x", "y", "width", "height")]
    numbers = _numbers(value)
    if len(numbers) == 4:
        left, top, width, height = numbers
        return _inside((left, top, left + width, top + height))
    return _points(value)


def _points(value: Any) -> tuple[float, float, float, float] | None:
    numbers = [] if isinstance(value, dict) else _numbers(value)
    if len(numbers) < 6 or len(numbers) % 2:
        return None
    xs, ys = numbers[::2], numbers[1::2]
    return _inside((min(xs), min(ys), max(xs), max(ys)))


def _runs(value: Any) -> tuple[float, float, float, float] | None:
    """The extent of a mask of runs, which go down the columns."""
    if not isinstance(value, dict) or not isinstance(value.get("counts"), list):
        return None
    height, width = value["size"]
    pixels = [at % 2 for at, run in enumerate(value["counts"]) for _ in range(int(run))]
    if len(pixels) != height * width or not any(pixels):
        return None
    inside = [at for at, pixel in enumerate(pixels) if pixel]
    rows, columns = [at % height for at in inside], [at // height for at in inside]
    return (min(columns), min(rows), max(columns) + 1, max(rows) + 1)


def _seen(value: Any) -> tuple[float, float, float, float] | None:
    numbers = _numbers(value)
    triples = list(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=False))
    seen = [(x, y) for x, y, flag in triples if flag > 0]
    if len(seen) < 2:
        return None
    xs, ys = zip(*seen, strict=True)
    return _inside((min(xs), min(ys), max(xs), max(ys)))


def _numbers(value: Any) -> list[float]:
    """The numbers in a value; none if something else is in it."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        return []
    if re.search(r"[A-Za-z]", text):  # NaN, null and words
        return []
    return [number for word in NUMBER.findall(text) if math.isfinite(number := float(word))]


def _inside(
    box: tuple[float, float, float, float],
) -> tuple[float, float, float, float] | None:
    return box if box[0] < box[2] and box[1] < box[3] and max(map(abs, box)) < 1e9 else None


def _root(path: Path) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(path.read_bytes())
    except ElementTree.ParseError:
        return ElementTree.Element("annotation")


def _of_xml(path: Path) -> Iterator[Thing]:
    for element in _root(path).findall("object"):
        box = None
        for tag in ("bndbox", "robndbox", "polygon"):
            holder = element.find(tag)
            if holder is not None and box is None:
                box = _of_element(holder)
        if box:
            yield Thing(path.name, element.findtext("name") or "?", box)


def _of_element(holder: ElementTree.Element) -> tuple[float, float, float, float] | None:
    corners = [holder.findtext(tag) for tag in ("xmin", "ymin", "xmax", "ymax")]
    words = corners if None not in corners else list(holder.itertext())
    numbers = [float(word) for text in words for word in NUMBER.findall(text or "")]
    if any(re.search("[A-Za-z]", text or "") for text in words):
        return None
    if holder.tag == "robndbox" and len(numbers) == 5:
        x, y, width, height, _ = numbers
        return _inside((x - width / 2, y - height / 2, x + width / 2, y + height / 2))
    if len(numbers) == 4:
        return _inside((numbers[0] - 1, numbers[1] - 1, numbers[2], numbers[3]))
    return _points(numbers)


def _of(path: Path) -> Iterator[Thing]:
    about = [text for one in path.parents[:3] for text in one.glob("data.yaml")]
    listed = re.search(r"names: \[(.*)\]", about[0].read_text("utf-8")) if about else None
    names = [name.strip() for name in listed[1].split(",")] if listed else []
    for line in path.read_text("utf-8", "replace").splitlines():
        words = line.replace(",", " ").split()
        try:
            numbers = [float(word) for word in words[1:]]
        except ValueError:
            continue
        box = _points(numbers) if len(numbers) > 5 else None
        if len(numbers) in (4, 5):
            x, y, width, height = numbers[:4]
            box = _inside((x - width / 2, y - height / 2, x + width / 2, y + height / 2))
        if box:
            label = str(names.index(words[0])) if words[0] in names else words[0]
            label = label.removesuffix(".0")
            left, top, right, bottom = (1000 * side for side in box)
            yield Thing(path.stem, label, (left, top, right, bottom))


def _side(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
