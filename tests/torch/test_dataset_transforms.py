"""What transforms do to an image, they do to its boxes and to all that belongs to these."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torchvision.transforms import v2

from labelaudit.errors import ConfigError
from labelaudit.torch.dataset import DetectionDataset
from tests.torch.small_datasets import BUS, CAR, SQUARE, box, coco

GEOMETRY = v2.Compose(
    [
        v2.ToImage(),
        v2.RandomHorizontalFlip(1.0),
        v2.Resize((96, 128)),
        v2.ToDtype(torch.float32, scale=True),
    ]
)


def test_transforms_move_boxes_and_masks_with_their_image(tmp_path: Path):
    dataset = DetectionDataset(coco(tmp_path, CAR), GEOMETRY, masks=True)
    image, target = dataset[0]
    assert image.shape == (3, 96, 128)
    assert target["boxes"].tolist() == [[68, 20, 108, 60]]
    assert target["masks"].shape == (1, 96, 128)
    assert target["masks"][0, 20:60, 68:108].all()
    assert int(target["masks"].sum()) == 40 * 40


def test_boxes_that_a_transform_removes_take_all_of_their_values_with_them(tmp_path: Path):
    small = box(0, 3, 40, 40, 3, 3, area=9, iscrowd=0, segmentation=SQUARE)
    third = box(0, 3, 50, 10, 10, 10, area=100, iscrowd=0, segmentation=SQUARE)
    path = coco(tmp_path, CAR, small, third)
    transforms = v2.Compose([v2.ToImage(), v2.SanitizeBoundingBoxes(min_size=5)])
    _, target = DetectionDataset(path, transforms, masks=True)[0]
    assert target["boxes"].tolist() == [[10, 10, 30, 30], [50, 10, 60, 20]]
    assert type(target["labels"]) is torch.Tensor
    assert target["labels"].tolist() == [1, 2]
    assert target["area"].tolist() == [400, 100]
    assert [len(target[name]) for name in ("iscrowd", "weights", "masks")] == [2, 2, 2]


def test_labels_that_nothing_removes_are_plain_tensors_again(tmp_path: Path):
    _, target = DetectionDataset(coco(tmp_path, CAR), v2.ToImage())[0]
    assert type(target["labels"]) is torch.Tensor
    _, empty = DetectionDataset(coco(tmp_path, CAR), v2.SanitizeBoundingBoxes())[1]
    assert len(empty["labels"]) == 0


def without_first(image, target):
    """A transform that knows of every value of a box."""
    return image, {
        name: value[1:] if isinstance(value, torch.Tensor) else value
        for name, value in target.items()
    }


def test_a_transform_that_removes_all_values_itself_is_not_helped(tmp_path: Path):
    _, target = DetectionDataset(coco(tmp_path, CAR, BUS), without_first)[0]
    assert target["area"].tolist() == [900]
    assert target["labels"].tolist() == [2]


def renamed(image, target):
    return image, target | {"labels": torch.tensor([5]), "boxes": target["boxes"][:1]}


def test_a_transform_that_leaves_nobody_knowing_whose_values_are_left_is_refused(tmp_path: Path):
    dataset = DetectionDataset(coco(tmp_path, CAR, BUS), renamed)
    with pytest.raises(ConfigError, match="left 1 of 2 boxes"):
        dataset[0]


def boxes_alone(image, target):
    return image, target | {"boxes": target["boxes"][1:]}


@pytest.mark.parametrize(
    "transform", [boxes_alone, v2.SanitizeBoundingBoxes(min_size=25, labels_getter=None)]
)
def test_a_transform_that_removes_boxes_and_not_their_labels_is_refused(tmp_path: Path, transform):
    dataset = DetectionDataset(coco(tmp_path, CAR, BUS), transform)
    with pytest.raises(ConfigError, match=r"left 1 of 2 boxes and 2 labels.*labels_getter"):
        dataset[0]


def test_what_a_transform_makes_of_a_sample_is_passed_on(tmp_path: Path):
    dataset = DetectionDataset(coco(tmp_path, CAR), lambda image, target: (image, target, "more"))
    assert dataset[0][2] == "more"
