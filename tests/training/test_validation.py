"""What a network sees while it is trained: boxes in pixels of each image, judged by its labels."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from labelaudit.core.cache import cache_folder
from labelaudit.detector.cache_entries import claims
from labelaudit.detector.model.anchors import anchors, encode_boxes
from labelaudit.training.augmentation import Augmentation
from labelaudit.training.batches import ImageSource
from labelaudit.training.examples import examples, training_images
from labelaudit.training.inference import MOST_DETECTIONS
from labelaudit.training.plans import Learning
from labelaudit.training.validation import seen, validated

NOTHING = -20.0
"""A logit of a score of 2e-9."""


class Answering(nn.Module):
    """Says of every image what it was told to; `asked` are the images of each call."""

    def __init__(self, places):
        super().__init__()
        self.logits = torch.full((len(places), 2), NOTHING)
        self.offsets = torch.zeros(len(places), 4)
        self.places, self.asked = places, []

    def says(self, anchor, label, score, box):
        self.logits[anchor, label] = torch.tensor(score).logit()
        wanted = torch.tensor([box], dtype=torch.float32)
        self.offsets[anchor] = encode_boxes(self.places[anchor : anchor + 1], wanted)[0]

    def forward(self, images):
        self.asked.append(len(images))
        count = len(images)
        return self.logits.expand(count, -1, -1), self.offsets.expand(count, -1, -1)


@pytest.fixture
def learning(tmp_path, squares, halves, small):
    """Six images of which the last two validate, and a network that is told what to say."""

    def made(config=small, dataset=None):
        place = cache_folder(tmp_path / "cache")
        with claims(place) as claim:
            some = training_images(
                dataset or squares(6), config, halves(6), place, claim, as_features=False
            )
        found = examples(some, config)
        places = anchors(config, *found.job.input_size)
        source = ImageSource(found.job, places, None, Augmentation(mirror=False), workers=0)
        return Learning(found, Answering(places.xyxy), source, places, lambda *_: None)

    return made


def test_boxes_are_in_pixels_of_the_image_and_rows_those_of_the_images(learning, small):
    one = learning(dataclasses.replace(small, image_size=(32, 48)))  # half of the images' size
    one.network.says(3, 1, 0.8, (4, 2, 20, 18))
    found = seen(one, np.array([5, 2]))
    assert found.image.tolist() == [5, 2]
    assert found.label.tolist() == [1, 1]
    assert found.score == pytest.approx([0.8, 0.8])
    np.testing.assert_allclose(found.xyxy, [[8, 4, 40, 36]] * 2, atol=1e-4)


def test_boxes_end_where_an_image_ends_and_not_its_border(learning, squares, small):
    dataset = squares(6)
    path = dataset.images.path[4]
    Image.open(path).crop((0, 0, 96, 32)).save(path)
    one = learning(dataset=dataset)
    one.network.says(3, 0, 0.8, (10, 10, 90, 60))
    found = seen(one, np.array([4, 5]))
    np.testing.assert_allclose(found.xyxy, [[10, 10, 90, 32], [10, 10, 90, 60]], atol=1e-4)


@pytest.mark.parametrize(("score", "count"), [(0.0011, 1), (0.0009, 0)])
def test_scores_below_a_thousandth_are_nothing(learning, score, count):
    one = learning()
    one.network.says(3, 0, score, (10, 10, 40, 40))
    assert len(seen(one, np.array([4]))) == count


def test_an_image_has_no_more_detections_than_the_metrics_look_at(learning, small):
    one = learning(dataclasses.replace(small, anchor_scales=(0.5, 1.0, 2.0, 4.0)))
    one.network.logits[:] = 2.0
    one.network.offsets[:, 2:] = -3.0  # boxes that hardly touch
    assert len(one.network.places) > MOST_DETECTIONS
    assert np.bincount(seen(one, np.array([0, 1])).image).tolist() == [MOST_DETECTIONS] * 2


@pytest.mark.parametrize(("pieces", "asked"), [(1, [4, 1]), (2, [2, 2, 1]), (4, [1] * 5)])
def test_images_go_in_as_few_at_a_time_as_when_they_are_learned(learning, pieces, asked):
    one = learning()
    one.network.says(3, 1, 0.8, (4, 2, 20, 18))
    one.pieces = pieces
    assert seen(one, np.arange(5)).image.tolist() == list(range(5))
    assert one.network.asked == asked


def test_of_no_images_there_is_nothing(learning):
    assert len(seen(learning(), np.array([], int))) == 0


def test_metrics_are_those_of_the_images_that_validate(learning):
    one = learning()
    images = one.examples.images.dataset
    for label in (0, 1):  # what is in image 4, of which one box is learned by each anchor
        box = images.boxes.xyxy[8 + label]
        one.network.says(20 + label, label, 0.9, tuple(box))
    metrics = validated(one)
    assert (metrics.images, metrics.boxes) == (2, 4)
    assert 0.4 < metrics.ap50 <= 1
    one.network.logits[:] = NOTHING
    assert validated(one).map == 0


def test_nothing_is_kept_for_a_gradient(learning):
    one, kept = learning(), []
    one.network.register_forward_hook(lambda *_: kept.append(torch.is_grad_enabled()))
    seen(one, np.array([4]))
    assert kept == [False]
