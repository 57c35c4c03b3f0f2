"""A loss that is no number is told with its batch and its cause, such as a label."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from labelaudit.core.cache import cache_folder
from labelaudit.detector.cache_entries import claims
from labelaudit.detector.model.anchors import anchors, encode_boxes
from labelaudit.detector.training.atss import detection_target
from labelaudit.errors import LabelauditError
from labelaudit.training.augmentation import Augmentation
from labelaudit.training.batches import ImageSource
from labelaudit.training.broken_loss import BrokenLoss
from labelaudit.training.examples import examples, training_images

NAN = float("nan")


class Answering(nn.Module):
    """Answers for images by their mean colour: the same numbers for all, or none for dark ones."""

    def __init__(self, logits, offsets, darkest=-1.0):
        super().__init__()
        self.logits, self.offsets = nn.Parameter(logits), nn.Parameter(offsets)
        self.darkest = darkest

    def forward(self, images):
        dark = (images.mean(dim=(1, 2, 3)) < self.darkest).float()[:, None, None]
        broken = torch.where(dark > 0, NAN, 0.0)
        return self.logits[None] + broken, self.offsets[None] + broken


@pytest.fixture
def asked(tmp_path, squares, halves, small):
    """A batch of five images as they are, and what is asked when its loss is no number."""
    dataset = squares(8)
    place = cache_folder(tmp_path / "cache")
    with claims(place) as claim:
        some = training_images(dataset, small, halves(8), place, claim, as_features=False)
    found = examples(some, small)
    places = anchors(small, *found.job.input_size)
    source = ImageSource(found.job, places, None, Augmentation(mirror=False), workers=0)
    (batch,) = source.batches(np.arange(5), 5, np.random.default_rng(0))
    network = Answering(torch.full((len(places), 2), -2.0), torch.zeros(len(places), 4))
    return BrokenLoss(found, network, places), batch


def names(asked):
    broken, batch = asked
    return [str(broken.examples.images.dataset.images.name[row]) for row in batch.rows]


def test_epoch_batch_and_its_images_are_named_three_at_most(asked):
    broken, batch = asked
    error = broken.error(batch, 7, NAN)
    assert isinstance(error, LabelauditError)
    first = ", ".join(names(asked)[:3])
    assert str(error).startswith(
        f"the loss is nan in epoch 7, batch 1 (10 labels in images {first} and 2 more): "
    )
    assert str(error).endswith("begins anew (--overwrite), the epochs before are kept until then")
    three = str(broken.error(batch.part(0, 3), 7, NAN))
    assert f"(6 labels in images {first}): " in three
    assert f"(8 labels in images {first} and 1 more): " in str(
        broken.error(batch.part(0, 4), 7, NAN)
    )


def test_a_gradient_that_is_no_number_is_told_from_a_loss(asked):
    broken, batch = asked
    assert str(broken.error(batch, 1, 2.5)).startswith("the gradient is not finite in epoch 1")
    assert str(broken.error(batch, 1, float("inf"))).startswith("the loss is inf in epoch 1")


def test_weights_that_are_no_numbers_are_the_cause_before_all_others(asked):
    broken, batch = asked
    with torch.no_grad():
        broken.network.offsets[3, 1] = NAN
    told = str(broken.error(batch, 1, NAN))
    assert "the network has diverged, its weights are no numbers any more: use a lower " in told
    assert "learning rate than 0.004, or another norm" in told


def test_images_that_the_network_makes_no_numbers_of_are_named(asked):
    broken, batch = asked
    brightness = batch.inputs.mean(dim=(1, 2, 3))
    order = brightness.argsort().tolist()
    broken.network.darkest = float(brightness[order[:3]].mean())  # above the darkest alone
    dark = [names(asked)[place] for place in range(5) if brightness[place] < broken.network.darkest]
    assert 0 < len(dark) < 3
    told = str(broken.error(batch, 1, NAN))
    assert f"the network makes no numbers of {', '.join(dark)}: use a lower" in told
    broken.network.darkest = 255.0
    told = str(broken.error(batch, 1, NAN))
    assert "the network makes no numbers of any image, it has diverged: use a lower" in told


def test_a_label_whose_loss_is_no_number_is_named_with_file_and_record(asked):
    broken, batch = asked
    boxes = batch.targets[2].boxes.clone()
    boxes[1, 2] = NAN
    targets = list(batch.targets)
    targets[2] = dataclasses.replace(targets[2], boxes=boxes)
    told = str(broken.error(dataclasses.replace(batch, targets=targets), 1, NAN))
    dataset = broken.examples.images.dataset
    row = int(batch.rows[2])
    box = np.flatnonzero(dataset.boxes.image == row)[1]
    corners = " ".join(f"{value:g}" for value in dataset.boxes.xyxy[box])
    file = dataset.files.path[dataset.boxes.file[box]]
    assert (
        f"its cause is blue at {corners} in {dataset.images.name[row]} ({file}, record "
        f"{dataset.boxes.record[box]}): mend or drop that label"
    ) in told


def test_where_all_are_numbers_the_label_of_the_largest_loss_is_named(asked):
    broken, batch = asked
    places = broken.anchors.xyxy
    row = int(batch.rows[1])
    red = batch.targets[1].boxes[0]
    network = broken.network
    with torch.no_grad():  # boxes are seen in the corner, but for what answers for this one
        network.offsets[:] = encode_boxes(
            places, torch.tensor([[0.0, 0, 2, 2]]).expand(len(places), 4)
        )
        mine = batch.targets[1].anchor[batch.targets[1].matched_box == 0]
        network.offsets[mine] = encode_boxes(places[mine], red.expand(len(mine), 4))
        # What is sure of the other box is no background of this one.
        other = batch.targets[1].anchor[batch.targets[1].matched_box == 1]
        network.logits[other, 1] = 8.0
    alone = batch.part(1, 2)
    name = broken.examples.images.dataset.images.name[row]
    told = str(broken.error(alone, 1, 1e30))
    assert "the gradient is not finite" in told
    assert "the largest loss of a label, " in told
    assert ", is that of blue at " in told
    assert f" in {name} (" in told
    assert "use a lower learning rate than 0.004" in told


def test_of_a_crop_that_leaves_boxes_out_corners_are_those_of_the_image(asked):
    broken, batch = asked
    target, row = batch.targets[0], int(batch.rows[0])
    kept = detection_target(broken.anchors, target.boxes[1:], target.labels[1:], target.boxes[:0])
    told = str(broken.error(dataclasses.replace(batch.part(0, 1), targets=[kept]), 1, NAN))
    dataset = broken.examples.images.dataset
    box = np.flatnonzero(dataset.boxes.image == row)[1]
    corners = " ".join(f"{value:g}" for value in dataset.boxes.xyxy[box])
    assert f"blue at {corners} of a crop of {dataset.images.name[row]}" in told


def test_without_labels_the_background_is_named(asked):
    broken, batch = asked
    nothing = batch.targets[0].boxes[:0]
    empty = detection_target(broken.anchors, nothing, batch.targets[0].labels[:0], nothing)
    told = str(broken.error(dataclasses.replace(batch.part(0, 1), targets=[empty]), 1, NAN))
    assert f"that of the background of {names(asked)[0]}" in told
    assert "(0 labels in images " in told
