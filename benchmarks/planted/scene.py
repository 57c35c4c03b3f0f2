"""The clean twin: images with things in them, drawn once and the same for the same seed.

It is clean, but not easy: things stand side by side and cover each other by a third, a bottle is
wholly inside the box of the person who holds it, crowd regions lie over their members, things end
exactly at the border of the image, and some images have no labels at all.
"""

from __future__ import annotations

import functools
import pickle
from dataclasses import dataclass, field

import numpy as np

from benchmarks.image_files import picture
from benchmarks.masks import crowd_runs, draw_polygons

CLASSES = ("person", "bicycle", "umbrella", "bottle", "chair", "traffic light")
KEYPOINTS = ("nose", "left_hand", "right_hand", "left_foot", "right_foot")
SIZES = ((640, 480), (480, 640), (500, 375), (640, 427), (612, 612))
SINGLE, SHARED, EMPTY = 36, 24, 5
"""Images that take a defect each, those for defects of many things, and those without labels."""

COLUMNS, ROWS = 3, 2
"""Each thing stands in a cell of its own, so that none repeats another by chance."""

# The usual width and height of each class, as fractions of a cell.
SHAPES = {
    "person": (0.42, 0.80),
    "bicycle": (0.75, 0.52),
    "umbrella": (0.60, 0.40),
    "bottle": (0.22, 0.50),
    "chair": (0.50, 0.60),
    "traffic light": (0.25, 0.55),
}

Box = list[float]  # left, top, right, bottom in pixels


@dataclass(eq=False)
class Thing:
    """One labelled object."""

    label: str
    box: Box
    polygons: list[list[float]] = field(default_factory=list)  # x, y, x, y, ... of each part
    area: float = 0.0  # of the mask, in square pixels
    runs: list[int] = field(default_factory=list)  # of a crowd, in place of polygons
    keypoints: list[int] = field(default_factory=list)  # x, y, visibility of each
    difficult: bool = False

    def redraw(self, box: Box) -> None:
        """Put it elsewhere, mask and all: its mask becomes the box itself."""
        left, top, right, bottom = self.box = box
        self.polygons = [[left, top, right, top, right, bottom, left, bottom]]
        self.area = (right - left) * (bottom - top)

    def stretched(self, box: Box) -> Thing:
        """A thing of the same class in another box, with a mask of the same shape."""
        (left, top, right, bottom), (low_x, low_y, high_x, high_y) = self.box, box
        across, down = (high_x - low_x) / (right - left), (high_y - low_y) / (bottom - top)
        polygons = [
            [
                round(low_y + (number - top) * down, 2)
                if place % 2
                else round(low_x + (number - left) * across, 2)
                for place, number in enumerate(part)
            ]
            for part in self.polygons
        ]
        return Thing(self.label, box, polygons, self.area * across * down)


@dataclass(eq=False)
class SceneImage:
    """One image: what its file is, what the labels say of it, and the things in it."""

    number: int
    size: tuple[int, int]  # width and height that the labels state
    jpeg: bytes | None  # the file; None if there is none
    things: list[Thing] = field(default_factory=list)  # a person, a thing far from all else, ...

    @property
    def stem(self) -> str:
        """Its file name without the ending."""
        return f"scene_{self.number:04}"

    @property
    def name(self) -> str:
        """Its file name."""
        return f"{self.stem}.jpg"

    @property
    def split(self) -> str:
        """One image in five is for validation."""
        return "train" if self.number % 5 else "val"


@dataclass(eq=False)
class Scene:
    """Everything there is to label."""

    classes: list[str]
    images: list[SceneImage]

    @property
    def shared(self) -> list[SceneImage]:
        """The images for defects of many things."""
        return self.images[-EMPTY - SHARED : -EMPTY]


def clean_scene(single: int = SINGLE, seed: int = 0) -> Scene:
    """The clean twin, to be changed at will, with so many images that take one defect each."""
    copy: Scene = pickle.loads(_drawn(single, seed))  # four times as fast as copy.deepcopy
    return copy


@functools.cache
def _drawn(single: int, seed: int) -> bytes:
    random = np.random.default_rng(seed)
    images = []
    labelled = single + SHARED
    for number in range(labelled + EMPTY):
        size = SIZES[number % len(SIZES)]
        image = SceneImage(number, size, picture(size, number))
        if number < labelled:
            image.things = _things(image, random)
        images.append(image)
    scene = Scene(list(CLASSES), images)
    _draw_masks(scene, random)
    for image in images[4:labelled:5]:
        image.things.append(_crowd(image))
    return pickle.dumps(scene)


def _things(image: SceneImage, random: np.random.Generator) -> list[Thing]:
    """A person, a thing in the middle of its cell, then things that are harder to judge."""
    cells = _cells(image.size)
    order = [cells[place] for place in random.permutation(len(cells))]
    labels = [CLASSES[(image.number + place) % len(CLASSES)] for place in range(len(cells))]
    boxes = [
        _box(cell, label, random)
        for cell, label in zip(order, ["person", *labels[1:]], strict=True)
    ]
    person = Thing("person", boxes[0])
    person.keypoints = _keypoints(person.box, random)
    plain = Thing(labels[1], boxes[1])
    at_border = Thing(labels[2], _at_border(boxes[2], order[2], image.size))
    beside = _shifted(boxes[3], order[3])
    pair = [Thing(labels[3], boxes[3]), Thing(labels[3], beside)]
    left, top, right, bottom = person.box
    width, height = right - left, bottom - top
    held = Thing("bottle", [left + width // 6, top + height // 3, right - width // 3, bottom - 20])
    things = [person, plain, at_border, *pair]
    if image.number % 4 == 0:
        things.append(held)
    things[-1].difficult = image.number % 7 == 0
    return things


def _cells(size: tuple[int, int]) -> list[Box]:
    width, height = size[0] // COLUMNS, size[1] // ROWS
    return [
        [float(x * width), float(y * height), float((x + 1) * width), float((y + 1) * height)]
        for y in range(ROWS)
        for x in range(COLUMNS)
    ]


def _box(cell: Box, label: str, random: np.random.Generator) -> Box:
    """Somewhere in the cell, about as large as its class, eight pixels from the cell's border."""
    left, top, right, bottom = cell
    box = []
    for low, high, share in ((left, right, SHAPES[label][0]), (top, bottom, SHAPES[label][1])):
        room = int(high - low) - 16
        side = int(min(room, max(24, room * share * np.exp(random.normal(0, 0.2)))))
        start = low + 8 + int(random.integers(0, room - side + 1))
        box += [start, start + side]
    return [box[0], box[2], box[1], box[3]]


def _at_border(box: Box, cell: Box, size: tuple[int, int]) -> Box:
    """The box moved to each border of the image that its cell lies at, to end exactly there."""
    across = down = 0.0
    if cell[0] == 0:
        across = -box[0]
    elif size[0] - cell[2] < COLUMNS:
        across = size[0] - box[2]
    down = -box[1] if cell[1] == 0 else size[1] - box[3]
    return [box[0] + across, box[1] + down, box[2] + across, box[3] + down]


def _shifted(box: Box, cell: Box) -> Box:
    """A box of the same size beside this one, covering half of it, inside the cell if it can."""
    left, top, right, bottom = box
    half = (right - left) // 2
    step = half if right + half < cell[2] or left - half < 0 else -half
    return [left + step, top, right + step, bottom]


def _keypoints(box: Box, random: np.random.Generator) -> list[int]:
    """Keypoints in the box; one in three cannot be seen, or was not labelled."""
    left, top, right, bottom = map(int, box)
    numbers = []
    for _ in KEYPOINTS:
        x, y = random.integers(left, right), random.integers(top, bottom)
        visibility = int(random.choice([2, 2, 2, 2, 1, 0]))
        numbers += [int(x), int(y), visibility] if visibility else [0, 0, 0]
    return numbers


def _draw_masks(scene: Scene, random: np.random.Generator) -> None:
    """Give each thing a mask that fills its box."""
    things = [thing for image in scene.images for thing in image.things]
    hundredths = np.array([thing.box for thing in things], np.int64) * 100
    polygons = draw_polygons(hundredths, random)
    xy = (polygons.xy / 100).ravel().tolist()
    for row, thing in enumerate(things):
        parts = range(polygons.first_part[row], polygons.first_part[row + 1])
        thing.polygons = [
            xy[2 * polygons.first_point[part] : 2 * polygons.first_point[part + 1]]
            for part in parts
        ]
        thing.area = float(polygons.area[row]) / 2e4


def _crowd(image: SceneImage) -> Thing:
    """A crowd region over the person and its surroundings."""
    left, top, right, bottom = image.things[0].box
    width, height = image.size
    around = np.array(
        [max(0, left - 40), max(0, top - 20), min(width, right + 40), min(height, bottom + 20)]
    )
    runs, box = crowd_runs(around.astype(np.int64) * 100, width, height)
    return Thing("person", [float(edge) for edge in box], area=float(sum(runs[1::2])), runs=runs)
