"""Images and boxes changed a little each time that they are met, by torchvision's transforms."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from labelaudit.detector.preprocess import GREY

SCALES = (0.5, 1.5)
"""Factors between which an image is scaled, as the `scale=0.5` that YOLO's trainers begin with."""

COLOURS = {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2, "hue": 0.015}
"""How far colours move, in the words of torchvision's ColorJitter; a choice, hue as in YOLO."""

VISIBLE = 0.25
"""Part of a box that a crop must leave for it to be learned; with less it is a region that is
neither learned nor background. A choice."""


@dataclass(frozen=True)
class Augmentation:
    """What is done at random to an image each time that it is learned from."""

    mirror: bool = True  # left and right, half of the time
    scale: bool = False  # made smaller or larger, then cropped or padded to the input
    colour: bool = False  # brightness, contrast, saturation and hue

    @property
    def needs_images(self) -> bool:
        """Whether features of the images as they are, and of their mirror images, do not do."""
        return self.scale or self.colour


@dataclass(frozen=True, eq=False)
class AugmentedImage:
    """An image in the network's input, and what became of its boxes."""

    pixels: Tensor  # (3, h, w) uint8
    boxes: Tensor  # (b, 4) float32, within the image
    visible: Tensor  # (b,) the part of each box that is left, in [0, 1]


def augmented(
    pixels: Tensor,
    boxes: Tensor,
    augmentation: Augmentation,
    input_size: tuple[int, int],
    seed: int,
) -> AugmentedImage:
    """One random version of an image, the same for the same seed.

    Parameters
    ----------
    pixels: (3, h, w) uint8, the image without padding, at most as large as the input.
    boxes: (b, 4) within it.
    augmentation: what may be done.
    input_size: height and width of the input, which is filled up with grey.
    seed: of this version.
    """
    with torch.random.fork_rng(devices=[]):  # transforms draw from torch's own generator
        torch.manual_seed(seed)
        image: Tensor = tv_tensors.Image(pixels)
        size = tuple(pixels.shape[-2:])
        corners: Tensor = tv_tensors.BoundingBoxes(boxes, format="XYXY", canvas_size=size)
        if augmentation.colour:
            image = v2.ColorJitter(**COLOURS)(image)
        if augmentation.mirror:
            image, corners = v2.RandomHorizontalFlip()(image, corners)
        if augmentation.scale:
            image, corners = _scaled(image, corners)
        before = _areas(corners)
        image, corners = _cropped(image, corners, input_size, anywhere=augmentation.scale)
    corners = corners.as_subclass(Tensor)
    visible = (_areas(corners) / before.clamp(min=1e-6)).clamp(0, 1)
    return AugmentedImage(image.as_subclass(Tensor), corners, visible)


def _scaled(image: Tensor, corners: Tensor) -> tuple[Tensor, Tensor]:
    """Both made smaller or larger by one factor."""
    factor = float(torch.empty(1).uniform_(*SCALES))
    size = [max(1, round(side * factor)) for side in image.shape[-2:]]
    return v2.functional.resize(image, size, antialias=True), v2.functional.resize(corners, size)


def _cropped(
    image: Tensor, corners: Tensor, input_size: tuple[int, int], *, anywhere: bool
) -> tuple[Tensor, Tensor]:
    """Both in the input: a random part of what is larger, in a random place what is smaller.

    Parameters
    ----------
    anywhere: else the image stays in the corner, where networks are asked about it.
    """
    height, width = (int(side) for side in image.shape[-2:])
    room = (input_size[0] - height, input_size[1] - width)
    drawn = [int(torch.randint(abs(free) + 1, ())) if anywhere else 0 for free in room]
    top, left = (place if free > 0 else 0 for place, free in zip(drawn, room, strict=True))
    padding = [left, top, max(room[1], 0) - left, max(room[0], 0) - top]
    image = v2.functional.pad(image, padding, fill=GREY)
    corners = v2.functional.pad(corners, padding)
    y, x = (place if free < 0 else 0 for place, free in zip(drawn, room, strict=True))
    window = (y, x, *input_size)
    image, corners = v2.functional.crop(image, *window), v2.functional.crop(corners, *window)
    return image, v2.functional.clamp_bounding_boxes(corners)


def _areas(corners: Tensor) -> Tensor:
    """Square pixels of each box, (b,)."""
    sides = (corners[:, 2:] - corners[:, :2]).as_subclass(Tensor).clamp(min=0)
    return sides.prod(dim=1)
