import copy
import pickle

import pytest
import torch
from torch.nn import functional
from torchvision.models.detection import FasterRCNN, ssdlite320_mobilenet_v3_large
from torchvision.ops import generalized_box_iou_loss, sigmoid_focal_loss

from labelaudit.errors import ConfigError
from labelaudit.torch.weighted_losses import (
    MatchedAnchors,
    WeightedRegionProposals,
    _fast_rcnn_losses,
    weigh_labels,
    weighted_mean,
)
from tests.torch.tiny_detectors import BUILD, batch, built, losses

ONES = [[1.0, 1.0], [1.0], []]
HALF = [[0.5, 1.0], [0.25], []]


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", BUILD)
@pytest.mark.parametrize("weights", [None, ONES])
def test_labels_of_weight_1_give_torchvisions_losses_to_the_last_digit(name, weights):
    plain = losses(built(name), *batch())
    assert losses(weigh_labels(built(name)), *batch(weights)) == plain


@pytest.mark.parametrize("name", BUILD)
def test_weights_that_are_all_but_1_give_all_but_torchvisions_losses(name):
    near = [[1 - 1e-6, 1.0], [1.0], []]
    plain = losses(built(name), *batch())
    assert losses(weigh_labels(built(name)), *batch(near)) == pytest.approx(plain, rel=1e-4)


@pytest.mark.parametrize("name", BUILD)
def test_the_class_of_a_label_of_weight_0_teaches_nothing(name):
    def with_class(number, weight):
        images, targets = batch([[weight, 1.0], [1.0], []])
        targets[0]["labels"][0] = number
        return losses(weigh_labels(built(name)), images, targets)

    assert with_class(1, 0.0) == with_class(3, 0.0)
    assert with_class(1, 1.0) != with_class(3, 1.0)
    assert with_class(1, 0.5) != with_class(3, 0.5)


@pytest.mark.parametrize("name", BUILD)
def test_less_weight_is_less_gradient_from_a_label(name):
    def moved(weight):
        """How much losses change if a label's class does."""
        found = []
        for number in (1, 3):
            images, targets = batch([[weight, 1.0], [1.0], []])
            targets[0]["labels"][0] = number
            found.append(sum(losses(weigh_labels(built(name)), images, targets).values()))
        return abs(found[0] - found[1])

    assert moved(0.0) < moved(0.25) < moved(0.75) < moved(1.0)


@pytest.mark.parametrize("name", BUILD)
def test_a_batch_of_nothing_but_worthless_labels_has_finite_losses_that_teach_background(name):
    model = weigh_labels(built(name))
    images, targets = batch([[0.0, 0.0], [0.0], []])
    total = sum(model(images, targets).values())
    total.backward()
    assert torch.isfinite(total)
    gradients = [one.grad for one in model.parameters() if one.grad is not None]
    assert all(bool(torch.isfinite(one).all()) for one in gradients)


@pytest.mark.parametrize("name", BUILD)
def test_the_state_and_the_detections_of_a_model_stay(name):
    plain, weighted = built(name).eval(), weigh_labels(built(name)).eval()
    assert list(plain.state_dict()) == list(weighted.state_dict())
    weighted.load_state_dict(plain.state_dict())
    images, _ = batch()
    for one, other in zip(plain(images), weighted(images), strict=True):
        assert torch.equal(one["boxes"], other["boxes"])
        assert torch.equal(one["scores"], other["scores"])


@pytest.mark.parametrize("name", BUILD)
def test_a_weighted_model_can_be_weighed_again_copied_and_pickled(name):
    model = weigh_labels(weigh_labels(built(name)))
    expected = losses(model, *batch(HALF))
    assert losses(copy.deepcopy(model), *batch(HALF)) == expected
    assert losses(pickle.loads(pickle.dumps(model)), *batch(HALF)) == expected


@pytest.mark.parametrize("name", BUILD)
def test_a_batch_leaves_nothing_behind_for_the_next(name):
    model = weigh_labels(built(name))
    losses(model, *batch(HALF))
    if name == "faster_rcnn":  # what a copy or a checkpoint of the model would carry along
        assert model.rpn._anchor_weights is None
        assert model.roi_heads._samples is None
    assert losses(model, *batch(ONES)) == losses(built(name), *batch())
    model.eval()
    model(batch()[0])
    model.train()
    assert losses(model, *batch(ONES)) == losses(built(name), *batch())


def a_head(name, seed=0):
    """The head of a dense detector, and outputs for two images of six anchors, three classes."""
    torch.manual_seed(seed)
    head = weigh_labels(built(name)).head
    outputs = {"cls_logits": torch.randn(2, 6, 4), "bbox_regression": torch.randn(2, 6, 4) / 4}
    if name == "fcos":
        outputs["bbox_regression"] = outputs["bbox_regression"].abs()
        outputs["bbox_ctrness"] = torch.randn(2, 6, 1)
    corner = torch.rand(2, 6, 2) * 40
    anchors = list(torch.cat([corner, corner + 16], dim=2))
    boxes = [torch.tensor([[2.0, 3, 30, 31], [20, 20, 50, 44]]), torch.tensor([[5.0, 5, 40, 30]])]
    targets = [
        {"boxes": boxes[0], "labels": torch.tensor([1, 2]), "weights": torch.tensor([0.25, 1.0])},
        {"boxes": boxes[1], "labels": torch.tensor([3]), "weights": torch.tensor([0.6])},
    ]
    matched = [torch.tensor([0, 0, 1, -1, 0, -1]), torch.tensor([-1, 0, -1, -1, -1, 0])]
    return head, targets, outputs, anchors, matched


def weight_of(target, row):
    return float(target["weights"][row]) if row >= 0 else 1.0


def test_the_losses_of_retinanet_are_those_of_a_loop_over_anchors():
    head, targets, outputs, anchors, matched = a_head("retinanet")
    matched[0][3] = -2  # neither object nor background
    coder = head.regression_head.box_coder
    classification, regression = 0.0, 0.0
    for image, target in enumerate(targets):
        rows = matched[image].tolist()
        total = max(1.0, sum(weight_of(target, row) for row in rows if row >= 0))
        for anchor, row in enumerate(rows):
            if row == -2:
                continue
            wanted = torch.zeros(4)
            if row >= 0:
                wanted[target["labels"][row]] = 1
                offsets = coder.encode_single(
                    target["boxes"][row][None], anchors[image][anchor][None]
                )
                distance = (outputs["bbox_regression"][image, anchor] - offsets[0]).abs().sum()
                regression += weight_of(target, row) * float(distance) / total / 2
            loss = sigmoid_focal_loss(outputs["cls_logits"][image, anchor], wanted, reduction="sum")
            classification += weight_of(target, row) * float(loss) / total / 2
    found = head.compute_loss(targets, outputs, anchors, matched)
    assert float(found["classification"]) == pytest.approx(classification, rel=1e-5)
    assert float(found["bbox_regression"]) == pytest.approx(regression, rel=1e-5)


def test_the_losses_of_fcos_are_those_of_a_loop_over_places():
    head, targets, outputs, anchors, matched = a_head("fcos")
    sums = {"classification": 0.0, "bbox_regression": 0.0}
    total = 0.0
    for image, target in enumerate(targets):
        decoded = head.box_coder.decode(outputs["bbox_regression"][image], anchors[image])
        for anchor, row in enumerate(matched[image].tolist()):
            wanted, weight = torch.zeros(4), weight_of(target, row)
            if row >= 0:
                wanted[target["labels"][row]] = 1
                total += weight
                giou = generalized_box_iou_loss(decoded[anchor], target["boxes"][row])
                sums["bbox_regression"] += weight * float(giou)
            loss = sigmoid_focal_loss(outputs["cls_logits"][image, anchor], wanted, reduction="sum")
            sums["classification"] += weight * float(loss)
    found = head.compute_loss(targets, outputs, anchors, matched)
    for name, value in sums.items():
        assert float(found[name]) == pytest.approx(value / max(1.0, total), rel=1e-5)


def test_the_losses_of_fast_rcnn_are_weighted_means_over_proposals():
    torch.manual_seed(1)
    logits, corners = torch.randn(5, 4), torch.randn(5, 16)
    labels, wanted = torch.tensor([0, 2, 1, 0, 3]), torch.randn(5, 4)
    weights = torch.tensor([1.0, 0.5, 0.0, 1.0, 0.25])
    classes, boxes = 0.0, 0.0
    for row, label in enumerate(labels.tolist()):
        part = float(weights[row]) / float(weights.sum())
        classes += part * float(functional.cross_entropy(logits[row], labels[row]))
        if label:
            there = corners[row, 4 * label : 4 * label + 4]
            smooth = functional.smooth_l1_loss(there, wanted[row], beta=1 / 9, reduction="sum")
            boxes += part * float(smooth)
    found = _fast_rcnn_losses(logits, corners, (labels, wanted, weights))
    assert [float(one) for one in found] == pytest.approx([classes, boxes], rel=1e-5)


def test_the_losses_of_proposals_are_weighted_means_over_sampled_anchors():
    rpn = weigh_labels(built("faster_rcnn")).rpn
    assert isinstance(rpn, WeightedRegionProposals)
    torch.manual_seed(2)
    anchors = [torch.tensor([[0.0, 0, 20, 20], [2, 2, 22, 22], [50, 50, 70, 70], [60, 5, 80, 25]])]
    targets = [
        {
            "boxes": torch.tensor([[1.0, 1, 21, 21], [51, 51, 71, 71]]),
            "weights": torch.tensor([0.2, 1]),
        }
    ]
    labels, _ = rpn.assign_targets_to_anchors(anchors, targets)
    assert labels[0].tolist() == [1, 1, 1, 0]
    logits, deltas, wanted = torch.randn(4, 1), torch.randn(4, 4), torch.randn(4, 4)
    weights = torch.tensor([0.2, 0.2, 1.0, 1.0])
    found = rpn.compute_loss(logits, deltas, labels, [wanted])
    each = functional.binary_cross_entropy_with_logits(logits[:, 0], labels[0], reduction="none")
    assert float(found[0]) == pytest.approx(float((each * weights).sum() / weights.sum()), rel=1e-5)
    smooth = functional.smooth_l1_loss(deltas, wanted, beta=1 / 9, reduction="none").sum(dim=1)
    total = float((smooth * weights)[:3].sum() / weights.sum())
    assert float(found[1]) == pytest.approx(total, rel=1e-5)


def test_proposals_of_background_weigh_1_and_those_of_a_label_what_it_weighs():
    heads = weigh_labels(built("faster_rcnn")).roi_heads
    proposals = [torch.tensor([[0.0, 0, 20, 20], [50, 50, 70, 70], [60, 5, 80, 25]])]
    target = {
        "boxes": torch.tensor([[1.0, 1, 21, 21], [51, 51, 71, 71]]),
        "labels": torch.tensor([1, 2]),
        "weights": torch.tensor([0.2, 0.5]),
    }
    heads.select_training_samples(proposals, [target])
    labels, _, weights = heads._samples
    expected = torch.tensor([1.0, 0.2, 0.5])[labels]
    assert sorted(set(labels.tolist())) == [0, 1, 2]
    assert torch.equal(weights, expected)


def test_anchors_of_weight_0_are_not_even_looked_at():
    here = MatchedAnchors({}, {"x": torch.ones(2, 1)}, torch.ones(2, 4), torch.tensor([0, 1]))
    asked = []

    def compute_loss(_targets, outputs, _anchors, _matched):
        asked.append(outputs["x"].shape)
        return {"loss": outputs["x"].sum()}

    found = here.weighted(compute_loss, torch.tensor([0.0, 0.5]))
    assert asked == [(1, 1, 1)]
    assert float(found["loss"]) == 0.5


def test_a_detector_of_another_kind_is_refused_with_what_to_do():
    model = ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=3)
    with pytest.raises(ConfigError, match=r"SSD cannot be weighed.*weighted_mean"):
        weigh_labels(model)


def test_a_part_of_somebodys_own_class_is_not_replaced():
    model = built("faster_rcnn")

    class Own(type(model.roi_heads)):
        pass

    model.roi_heads.__class__ = Own
    with pytest.raises(ConfigError, match="roi_heads of this FasterRCNN is a Own"):
        weigh_labels(model)
    assert isinstance(model, FasterRCNN)


def test_a_weighted_mean_of_losses_counts_each_box_by_its_weight():
    found = weighted_mean(torch.tensor([2.0, 4.0, 9.0]), torch.tensor([1.0, 0.5, 0.0]))
    assert float(found) == pytest.approx((2 + 2) / 1.5)
    rows = weighted_mean(torch.tensor([[1.0, 1.0], [4.0, 0.0]]), torch.tensor([1.0, 0.5]))
    assert float(rows) == pytest.approx(4 / 1.5)


def test_a_doubtful_label_alone_does_not_count_as_a_sure_one():
    assert float(weighted_mean(torch.tensor([5.0]), torch.tensor([0.1]))) == pytest.approx(0.5)
    assert float(weighted_mean(torch.tensor([]), torch.tensor([]))) == 0
