"""Images of invented people who draw boxes around objects of many sizes, each in their own way."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from labelaudit.core.columns import Floats
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import drawn_by

Draw = Callable[[Floats], Floats]
"""What somebody draws around objects, (n, 4)."""

WIDTH, HEIGHT = 640, 480
CLASSES = ("car", "bus", "bike")


def wider(pixels: float) -> Draw:
    return lambda xyxy: xyxy + np.array([-1, -1, 1, 1]) * pixels


def shifted(x: float, y: float) -> Draw:
    return lambda xyxy: xyxy + np.array([x, y, x, y])


def snapped(step: int) -> Draw:
    return lambda xyxy: np.rint(xyxy / step) * step


def by_factor(factor: float) -> Draw:
    def draw(xyxy: Floats) -> Floats:
        centre, size = (xyxy[:, :2] + xyxy[:, 2:]) / 2, xyxy[:, 2:] - xyxy[:, :2]
        return np.hstack([centre - size * factor / 2, centre + size * factor / 2])

    return draw


def neatly(xyxy: Floats) -> Floats:
    return xyxy


def scene(random: np.random.Generator, boxes: int) -> tuple[list[str], Floats]:
    """Objects of an image: sizes of one image are alike, as a camera is near or far."""
    near = np.exp(random.normal(0, 0.2))
    size = np.clip(near * np.exp(random.normal(3.9, 0.45, (boxes, 2))), 8, 180)
    room = np.array([WIDTH, HEIGHT]) - size - 60
    corner = 30 + random.uniform(0, 1, (boxes, 2)) * room
    labels = random.choice(CLASSES, boxes, p=[0.5, 0.3, 0.2]).tolist()
    return labels, np.hstack([corner, corner + size])


def written(labels: Sequence[str], xyxy: Floats) -> list[str]:
    """Boxes as texts."""
    return [
        " ".join([label, *(f"{side:g}" for side in box)])
        for label, box in zip(labels, xyxy.round(1).tolist(), strict=True)
    ]


def by_hand(xyxy: Floats, random: np.random.Generator) -> Floats:
    """What a person draws around objects: each side off by about a pixel."""
    return xyxy + random.normal(0, 1.0, xyxy.shape)


def alone(
    people: Mapping[str, Draw],
    *,
    images: int = 60,
    boxes: int = 8,
    seed: int = 1,
    never: Mapping[str, str] | None = None,
) -> Dataset:
    """People who label images of their own, a class of which some never use."""
    random = np.random.default_rng(seed)
    drawn: dict[str, dict[str, list[str]]] = {who: {} for who in people}
    for who, draw in people.items():
        for number in range(images):
            labels, xyxy = scene(random, boxes)
            some = written(labels, draw(np.rint(by_hand(xyxy, random))))
            without = (never or {}).get(who)
            drawn[who][f"{who}{number}.jpg"] = [box for box in some if box.split()[0] != without]
    return drawn_by(drawn)


def together(people: Mapping[str, Draw], *, images: int = 20, boxes: int = 5) -> Dataset:
    """People who all label the same images."""
    random = np.random.default_rng(2)
    drawn: dict[str, dict[str, list[str]]] = {who: {} for who in people}
    for number in range(images):
        labels, xyxy = scene(random, boxes)
        for who, draw in people.items():
            drawn[who][f"{number}.jpg"] = written(labels, draw(by_hand(xyxy, random)))
    return drawn_by(drawn)


NEAT: Mapping[str, Draw] = dict.fromkeys(("ann", "bob", "cem", "dan"), neatly)
"""People who draw what is there."""
