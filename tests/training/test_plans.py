"""A batch in pieces has the loss of the whole, and a backbone learns slower than the head."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from labelaudit.core.cache import cache_folder
from labelaudit.detector.cache_entries import claims
from labelaudit.detector.model.anchors import anchors
from labelaudit.detector.training.loop import epochs_for
from labelaudit.training.augmentation import Augmentation
from labelaudit.training.batches import FeatureSource
from labelaudit.training.examples import examples, training_images
from labelaudit.training.model_file import build_detector
from labelaudit.training.plans import BACKBONE_RATE, Learning


@pytest.fixture
def learning(tmp_path, squares, halves, small):
    """How a head learns four squares, with this config."""

    def made(config=small):
        place = cache_folder(tmp_path / "cache")
        with claims(place) as claim:
            some = training_images(squares(6), config, halves(6), place, claim, as_features=True)
        found = examples(some, config)
        places = anchors(config, *found.job.input_size)
        source = FeatureSource(found.job, places, None, Augmentation(mirror=False))
        steps = []
        head = build_detector(config, 2).head
        return Learning(found, head, source, places, lambda *told: steps.append(told)), steps

    return made


def first_batch(learning):
    return next(iter(learning.plan().batches(np.random.default_rng(0))))


@pytest.mark.parametrize("pieces", [2, 3, 4])
def test_losses_of_pieces_add_up_to_that_of_the_batch(learning, pieces):
    one, _ = learning()
    plan, batch = one.plan(), first_batch(one)
    whole = float(plan.loss(batch).detach())
    one.pieces = pieces
    parts = plan.parts(batch)
    assert len(parts) == {2: 2, 3: 2, 4: 4}[pieces]
    assert [row for part in parts for row in part.rows.tolist()] == batch.rows.tolist()
    assert float(sum(plan.loss(part).detach() for part in parts)) == pytest.approx(whole, rel=1e-4)


def test_a_batch_that_fits_is_one_part(learning):
    one, _ = learning()
    batch = first_batch(one)
    (part,) = one.plan().parts(batch)
    assert part is batch


@pytest.mark.parametrize(("pieces", "smallest"), [(2, False), (3, False), (4, True)])
def test_pieces_are_no_smaller_than_an_image(learning, pieces, smallest):
    one, _ = learning()
    one.pieces = pieces
    assert one.smallest_piece == smallest


def test_of_few_images_a_batch_has_no_more_pieces_than_images(learning, small):
    one, _ = learning(dataclasses.replace(small, batch=64))
    one.pieces = 4
    assert one.smallest_piece


def test_a_backbone_learns_at_a_tenth_of_the_rate(learning):
    plan = learning()[0].plan()
    assert plan.rate("backbone.maps.0.weight") == BACKBONE_RATE == 0.1
    assert plan.rate("head.fpn.lateral.0.0.weight") == plan.rate("class_branch.0.weight") == 1


def test_steps_are_told_over_all_epochs(learning, small):
    one, told = learning(dataclasses.replace(small, batch=3, epochs=2))
    plan = one.plan()
    for _ in range(2):
        list(plan.batches(np.random.default_rng(0)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_epochs_are_chosen_by_the_labels_that_are_learned(learning, small):
    assert learning()[0].epochs == 2
    assert learning(dataclasses.replace(small, epochs=None))[0].epochs == epochs_for(8)


@pytest.mark.parametrize(("loss", "norm"), [(1.0, float("inf")), (float("nan"), 1.0)])
def test_neither_loss_nor_gradient_may_be_no_number(learning, loss, norm):
    one, _ = learning()
    plan, batch = one.plan(), first_batch(one)
    plan.check(batch, torch.tensor(1.0), torch.tensor(1.0))
    with pytest.raises(Exception, match=r"in epoch 1, batch 1 .* the largest loss of a label"):
        plan.check(batch, torch.tensor(loss), torch.tensor(norm))
