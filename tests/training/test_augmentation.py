"""Boxes go with the pixels that they are around, whatever is done to an image."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from labelaudit.detector.preprocess import GREY
from labelaudit.training.augmentation import SCALES, Augmentation, augmented

INPUT = (64, 96)
NOTHING = Augmentation(mirror=False)


def picture(height=48, width=80):
    """A white rectangle on black, and its corners."""
    pixels = torch.zeros((3, height, width), dtype=torch.uint8)
    pixels[:, 10:30, 20:60] = 255
    return pixels, torch.tensor([[20.0, 10, 60, 30]])


def extent(pixels):
    """Left, top, right, bottom of what is white."""
    y, x = torch.nonzero(pixels[0] > 200, as_tuple=True)
    return [int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1]


def test_nothing_done_is_the_image_in_its_corner():
    pixels, boxes = picture()
    found = augmented(pixels, boxes, NOTHING, INPUT, 0)
    assert found.pixels.shape == (3, *INPUT)
    assert found.pixels.dtype == torch.uint8
    assert torch.equal(found.pixels[:, :48, :80], pixels)
    assert (found.pixels[:, 48:] == GREY).all()
    assert (found.pixels[:, :, 80:] == GREY).all()
    assert torch.equal(found.boxes, boxes)
    assert found.visible.tolist() == [1]
    assert type(found.boxes) is type(found.pixels) is torch.Tensor


def test_half_of_the_images_are_mirrored_without_their_padding():
    pixels, boxes = picture()
    pixels, boxes = pixels[:, :, 10:], boxes - torch.tensor([10.0, 0, 10, 0])
    found = [augmented(pixels, boxes, Augmentation(), INPUT, seed) for seed in range(40)]
    lefts = [one.boxes[0, 0].item() for one in found]
    assert set(lefts) == {10.0, 20.0}  # of 70 columns, the rectangle has 40
    assert 10 <= lefts.count(20.0) <= 30
    assert all(extent(one.pixels) == one.boxes[0].tolist() for one in found)


@pytest.mark.parametrize("size", [(48, 80), (64, 96)])
def test_boxes_follow_scale_and_crop(size):
    pixels, boxes = picture(*size)
    factors, shares = [], []
    for seed in range(60):
        found = augmented(pixels, boxes, Augmentation(scale=True), INPUT, seed)
        shares.append(float(found.visible[0]))
        left, top, right, bottom = found.boxes[0].tolist()
        assert 0 <= left <= right <= INPUT[1]
        assert 0 <= top <= bottom <= INPUT[0]
        if shares[-1] > 0.2:
            assert np.abs(np.array(extent(found.pixels)) - found.boxes[0].numpy()).max() <= 1
        if shares[-1] == 1:
            factors.append((right - left) / 40)
    assert SCALES[0] - 0.02 <= min(factors) < 0.7
    assert 1.2 < max(factors) <= SCALES[1] + 0.02
    assert any(share < 1 for share in shares)


def test_the_visible_part_is_that_of_the_area():
    pixels, boxes = picture(64, 96)
    for seed in range(60):
        found = augmented(pixels, boxes, Augmentation(mirror=False, scale=True), INPUT, seed)
        side = found.boxes[0, 2:] - found.boxes[0, :2]
        ratio = float(side[0] / side[1]) if float(side[1]) else 0.0
        cut = abs(ratio - 2) > 0.15
        if cut:
            assert float(found.visible[0]) < 1


def test_colours_change_and_boxes_do_not():
    pixels = torch.full((3, *INPUT), 120, dtype=torch.uint8)
    boxes = torch.tensor([[20.0, 10, 60, 30]])
    found = [
        augmented(pixels, boxes, Augmentation(mirror=False, colour=True), INPUT, seed)
        for seed in range(4)
    ]
    assert len({int(one.pixels[0, 0, 0]) for one in found}) > 1
    assert all(torch.equal(one.boxes, boxes) for one in found)
    assert all(abs(float(one.pixels.float().mean()) - 120) < 60 for one in found)


def test_a_seed_is_one_version_and_the_networks_generator_is_left_alone():
    pixels, boxes = picture()
    all_of_it = Augmentation(scale=True, colour=True)
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first = augmented(pixels, boxes, all_of_it, INPUT, 3)
    assert torch.equal(torch.rand(3), expected)
    again = augmented(pixels, boxes, all_of_it, INPUT, 3)
    other = augmented(pixels, boxes, all_of_it, INPUT, 4)
    assert torch.equal(first.pixels, again.pixels)
    assert torch.equal(first.boxes, again.boxes)
    assert not torch.equal(first.pixels, other.pixels)


def test_an_image_without_boxes_has_none():
    pixels, _ = picture()
    found = augmented(pixels, torch.zeros((0, 4)), Augmentation(True, True, True), INPUT, 0)
    assert found.boxes.shape == (0, 4)
    assert found.visible.shape == (0,)


@pytest.mark.parametrize(
    ("augmentation", "needed"),
    [(Augmentation(), False), (Augmentation(scale=True), True), (Augmentation(colour=True), True)],
)
def test_features_of_images_and_mirror_images_do_for_mirroring_alone(augmentation, needed):
    assert augmentation.needs_images == needed
