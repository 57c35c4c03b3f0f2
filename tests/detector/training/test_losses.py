from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torchvision.ops import generalized_box_iou, generalized_box_iou_loss, sigmoid_focal_loss

from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.model.anchors import anchors, decode_boxes, encode_boxes
from labelaudit.detector.training import losses
from labelaudit.detector.training.atss import DetectionTarget, detection_target
from labelaudit.detector.training.losses import detection_loss, focal_loss, owned_anchors

ANCHORS = anchors(DetectorConfig(), 64, 96)
CLASSES = 3
NOTHING = torch.zeros(0, 4)


def image(
    *boxes: tuple[int, float, float, float, float], crowd: Tensor = NOTHING
) -> DetectionTarget:
    """What is in an image: class, left, top, right, bottom of each box."""
    rows = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 5)
    return detection_target(ANCHORS, rows[:, 1:], rows[:, 0].long(), crowd)


def progress(count: int) -> tuple[Tensor, Tensor]:
    """Logits and offsets of a network that knows nothing."""
    random = torch.Generator().manual_seed(3)
    logits = torch.randn(count, len(ANCHORS), CLASSES, generator=random)
    return logits, 0.3 * torch.randn(count, len(ANCHORS), 4, generator=random)


TWO = [image((0, 10, 10, 40, 50), (2, 50, 20, 90, 60)), image((1, 30, 5, 60, 30))]


def test_focal_loss_is_equation_5():
    logits = torch.tensor([[[-3.0, 0.0, 2.0]], [[1.0, -1.0, 0.5]]])
    targets = torch.tensor([[[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]])
    expected = 0.0
    for logit, t in zip(logits.flatten().tolist(), targets.flatten().tolist(), strict=True):
        p = 1 / (1 + math.exp(-logit))
        p_t, alpha_t = (p, 0.25) if t else (1 - p, 0.75)
        expected -= alpha_t * (1 - p_t) ** 2 * math.log(p_t)
    assert float(focal_loss(logits, targets, torch.ones(2, 1))) == pytest.approx(expected, rel=1e-5)


def test_focal_loss_is_that_of_torchvision():
    logits, _ = progress(2)
    targets = (torch.rand(logits.shape, generator=torch.Generator().manual_seed(0)) < 0.1).float()
    ours = focal_loss(logits, targets, torch.ones(logits.shape[:2]))
    theirs = sigmoid_focal_loss(logits, targets, reduction="sum")
    assert torch.allclose(ours, theirs)


def test_focal_loss_of_what_is_very_sure_is_finite():
    logits = torch.tensor([[[1e4, -1e4]]])
    assert focal_loss(logits, torch.tensor([[[0.0, 1.0]]]), torch.ones(1, 1)).isfinite()


def test_anchors_of_weight_0_cost_nothing():
    logits, targets = torch.randn(1, 4, 2), torch.zeros(1, 4, 2)
    weight = torch.tensor([[1.0, 0.0, 1.0, 0.0]])
    kept = focal_loss(logits[:, ::2], targets[:, ::2], torch.ones(1, 2))
    assert torch.allclose(focal_loss(logits, targets, weight), kept)


def test_the_loss_of_a_batch_is_that_of_its_images_box_by_box():
    logits, offsets = progress(2)
    classes, boxes, count = 0.0, 0.0, 0
    for number, wanted in enumerate(TWO):
        onehot = torch.zeros(len(ANCHORS), CLASSES)
        for anchor, matched_box in zip(
            wanted.anchor.tolist(), wanted.matched_box.tolist(), strict=True
        ):
            onehot[anchor, wanted.labels[matched_box]] = 1
            box = decode_boxes(ANCHORS.xyxy[anchor][None], offsets[number, anchor][None])
            boxes += 1 - float(generalized_box_iou(box, wanted.boxes[matched_box][None]))
            count += 1
        classes += float(sigmoid_focal_loss(logits[number], onehot, reduction="sum"))
    expected = (classes + 2 * boxes) / count
    assert float(detection_loss(logits, offsets, ANCHORS, TWO)) == pytest.approx(expected, rel=1e-4)


def test_who_says_what_is_there_loses_next_to_nothing():
    wanted = TWO[1]
    logits = torch.full((1, len(ANCHORS), CLASSES), -20.0)
    offsets = torch.zeros(1, len(ANCHORS), 4)
    logits[0, wanted.anchor, 1] = 20.0
    goal = encode_boxes(ANCHORS.xyxy[wanted.anchor], wanted.boxes[wanted.matched_box])
    offsets[0, wanted.anchor] = goal
    assert float(detection_loss(logits, offsets, ANCHORS, [wanted])) < 1e-3


def test_nothing_is_asked_of_background_in_a_crowd():
    logits, offsets = progress(1)
    crowd = image((1, 30, 5, 60, 30), crowd=torch.tensor([[0.0, 0, 96, 64]]))
    free = replace(crowd, ignored=crowd.ignored[:0])
    louder = logits + 3.0
    louder[:, crowd.anchor] = logits[:, crowd.anchor]
    heard, unheard = (
        [float(detection_loss(x, offsets, ANCHORS, [wanted])) for x in (logits, louder)]
        for wanted in (free, crowd)
    )
    assert heard[1] > heard[0]
    assert unheard[0] == pytest.approx(unheard[1])
    assert unheard[0] > 0


def test_images_without_boxes_teach_background():
    logits, offsets = progress(2)
    logits.requires_grad_()
    offsets.requires_grad_()
    loss = detection_loss(logits, offsets, ANCHORS, [image(), image()])
    loss.backward()
    expected = sigmoid_focal_loss(logits, torch.zeros_like(logits), reduction="sum")
    assert torch.allclose(loss, expected)
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    assert offsets.grad is not None
    assert not offsets.grad.any()


def test_a_network_of_16_bits_is_judged_in_32():
    logits, offsets = progress(2)
    loss = detection_loss(logits.half(), offsets.half(), ANCHORS, TWO)
    assert loss.dtype == torch.float32
    assert torch.allclose(loss, detection_loss(logits, offsets, ANCHORS, TWO), rtol=1e-2)
    loud = torch.full_like(logits, 400.0).half()
    assert detection_loss(loud, offsets.half(), ANCHORS, [image(), image()]).isfinite()


def test_many_classes_have_the_same_loss_and_gradients_image_by_image(monkeypatch):
    found = []
    for cells in (losses.CELLS, 0):
        monkeypatch.setattr(losses, "CELLS", cells)
        logits, offsets = (values.requires_grad_() for values in progress(2))
        loss = detection_loss(logits, offsets, ANCHORS, TWO)
        found.append((loss, *torch.autograd.grad(loss, (logits, offsets))))
    for together, apart in zip(*found, strict=True):
        assert torch.allclose(together, apart)


def weighted(values, *boxes):
    """The target of an image whose boxes count for these."""
    rows = torch.tensor(boxes).reshape(-1, 5)
    weights = torch.tensor(values)
    return detection_target(ANCHORS, rows[:, 1:], rows[:, 0].long(), NOTHING, weights)


def test_with_all_weights_1_the_loss_is_that_of_the_plain_formula_to_the_last_bit():
    random = torch.Generator().manual_seed(0)
    logits = torch.randn((2, len(ANCHORS), 3), generator=random)
    offsets = torch.randn((2, len(ANCHORS), 4), generator=random) / 10
    image_, anchor = (
        torch.cat(parts)
        for parts in (
            [torch.full_like(one.anchor, place) for place, one in enumerate(TWO)],
            [one.anchor for one in TWO],
        )
    )
    labels = torch.cat([one.labels[one.matched_box] for one in TWO])
    boxes = torch.cat([one.boxes[one.matched_box] for one in TWO])
    wanted = torch.zeros_like(logits)
    wanted[image_, anchor, labels] = 1
    weight = torch.ones(logits.shape[:2])
    for place, one in enumerate(TWO):
        weight[place, one.ignored] = 0
    overlap = generalized_box_iou_loss(
        decode_boxes(ANCHORS.xyxy[anchor], offsets[image_, anchor]), boxes, reduction="sum"
    )
    plain = (focal_loss(logits, wanted, weight) + 2.0 * overlap) / len(anchor)
    assert torch.equal(detection_loss(logits, offsets, ANCHORS, TWO), plain)


def test_a_box_that_counts_for_nothing_is_as_if_its_anchors_were_ignored():
    first, second = [0, 2.0, 2, 20, 20], [1, 34.0, 34, 60, 60]
    logits, offsets = torch.zeros((1, len(ANCHORS), 2)), torch.zeros((1, len(ANCHORS), 4))
    both = weighted([1.0, 0.0], first, second)
    alone = weighted([1.0], first)
    mine = both.anchor[both.matched_box == 1]
    ignored = replace(alone, ignored=mine)
    assert len(mine) > 0
    assert torch.allclose(
        detection_loss(logits, offsets, ANCHORS, [both]),
        detection_loss(logits, offsets, ANCHORS, [ignored]),
    )


def test_halving_all_weights_halves_what_boxes_weigh_against_the_background():
    box = [0, 2.0, 2, 20, 20]
    offsets = torch.zeros((1, len(ANCHORS), 4))
    # Sure of the background, so that what is left of the loss is the box alone.
    logits = torch.full((1, len(ANCHORS), 2), -20.0)
    full, half = (
        float(detection_loss(logits, offsets, ANCHORS, [weighted([value], box)]))
        for value in (1.0, 0.5)
    )
    count = owned_anchors([weighted([1.0], box)])
    assert owned_anchors([weighted([0.5], box)]) == count / 2
    assert half == pytest.approx(full if count / 2 >= 1 else full * count / 2, rel=1e-5)
