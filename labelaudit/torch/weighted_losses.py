"""Losses in which each label counts as much as its weight, in torchvision's detectors and others.

Torchvision's losses are called, never copied where that can be avoided: heads of RetinaNet and FCOS
add up over anchors, so that anchors of one weight go through the loss together. The region
proposals and the classifier of Faster R-CNN average over a sample of anchors or proposals; their
averages become weighted ones.

A label's weight is that of the anchors and proposals that are matched with it. Background weighs 1.
Where all weights of a batch are 1, torchvision's own code runs, and its losses are what they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection import FCOS, FasterRCNN, RetinaNet
from torchvision.models.detection.fcos import FCOSHead
from torchvision.models.detection.retinanet import RetinaNetHead
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork

from labelaudit.errors import ConfigError

Network = TypeVar("Network", bound=nn.Module)

Target: TypeAlias = Mapping[str, Tensor]

ImageLosses: TypeAlias = dict[str, Any]
"""Losses by name: tensors, or 0 before the first."""

BETA = 1 / 9
"""Where the smooth L1 loss of Faster R-CNN turns from square to straight, as torchvision has it."""


def weigh_labels(model: Network) -> Network:
    """The same detector, in whose training losses labels count as their targets' `weights` say.

    It is changed in place: some of its parts become ones of subclasses of theirs. Parameters and
    the names of its state stay, so that checkpoints are those of torchvision's own. What it detects
    is what it was. A target without `weights` has 1 for all. Losses of masks and keypoints are not
    weighed.

    Raises
    ------
    ConfigError
        if it is none of torchvision's Faster R-CNN (Mask and Keypoint R-CNN, too), RetinaNet or
        FCOS, or its parts are of somebody's own classes.
    """
    if isinstance(model, FasterRCNN):
        _become(model, "rpn", RegionProposalNetwork, WeightedRegionProposals)
        _become(model, "roi_heads", RoIHeads, WeightedRoIHeads)
    elif isinstance(model, RetinaNet):
        _become(model, "head", RetinaNetHead, WeightedRetinaNetHead)
    elif isinstance(model, FCOS):
        _become(model, "head", FCOSHead, WeightedFCOSHead)
    else:
        raise ConfigError(
            f"the losses of {type(model).__name__} cannot be weighed: torchvision's FasterRCNN, "
            "RetinaNet and FCOS can; in a loop of your own, multiply the loss of each box by "
            "target['weights'] (labelaudit.torch.weighted_mean), or take label_weights='drop'"
        )
    return model


def weighted_mean(losses: Tensor, weights: Tensor) -> Tensor:
    """The mean of the losses of boxes, (n,) or (n, k), by their weights, (n,); 0 of no box.

    Divided is by the sum of the weights, at least 1, so that a doubtful label alone in its image
    does not count as much as a sure one would.
    """
    per_box = losses if losses.ndim == 1 else losses.flatten(1).sum(dim=1)
    weights = weights.to(per_box)
    return (per_box * weights).sum() / weights.sum().clamp(min=1)


def _become(model: nn.Module, name: str, kind: type[nn.Module], weighted: type[nn.Module]) -> None:
    """Let a part of a model be one of a subclass of its class, with all that it holds.

    Parameters
    ----------
    model: of which it is a part.
    name: of the part.
    kind: the class that it must be of.
    weighted: the subclass.
    """
    part = getattr(model, name)
    if type(part) is weighted:
        return
    if type(part) is not kind:
        raise ConfigError(
            f"the {name} of this {type(model).__name__} is a {type(part).__name__}, not "
            f"torchvision's {kind.__name__}: derive it from {weighted.__name__} of "
            f"{__name__} yourself"
        )
    part.__class__ = weighted


def _weights(targets: Sequence[Target]) -> list[Tensor]:
    """The weight of each label of each image."""
    return [
        target["weights"] if "weights" in target else target["boxes"].new_ones(len(target["boxes"]))
        for target in targets
    ]


def _all_count_alike(weights: Sequence[Tensor]) -> bool:
    return all(bool((weight == 1).all()) for weight in weights)


def _of_matched(weight: Tensor, matched: Tensor) -> Tensor:
    """The weight of each anchor, (a,), by the label that it is matched with; 1 of background."""
    if not len(weight):
        return torch.ones(matched.shape, device=matched.device)
    return torch.where(matched >= 0, weight[matched.clamp(min=0)], 1.0)


@dataclass(frozen=True, eq=False)
class MatchedAnchors:
    """The anchors of one image, and what a head says of them."""

    target: dict[str, Tensor]  # of the image
    outputs: Mapping[str, Tensor]  # (a, ...) by name
    anchors: Tensor  # (a, 4)
    matched: Tensor  # (a,) the label of each; negative for none

    def losses(self, compute_loss: Callable[..., dict[str, Tensor]], which: Tensor) -> ImageLosses:
        """The sums of a head's losses over some anchors, (a,) a mask, as if there were no others.

        Torchvision divides them by the number of objects, at least 1; here that is undone.
        """
        mean = compute_loss(
            [self.target],
            {name: values[which][None] for name, values in self.outputs.items()},
            [self.anchors[which]],
            [self.matched[which]],
        )
        objects = (self.matched[which] >= 0).sum().clamp(min=1)
        return {name: loss * objects for name, loss in mean.items()}

    def weighted(
        self, compute_loss: Callable[..., dict[str, Tensor]], weights: Tensor
    ) -> ImageLosses:
        """The sums over all anchors, each times its weight: those of one weight go together."""
        total: ImageLosses = {}
        for weight in torch.unique(weights).tolist():
            if not weight:
                continue
            for name, loss in self.losses(compute_loss, weights == weight).items():
                total[name] = total.get(name, 0) + weight * loss
        return total


class WeightedRegionProposals(RegionProposalNetwork):  # type: ignore[misc]  # torchvision is untyped
    """Region proposals whose losses are weighted means over the sampled anchors."""

    _anchor_weights: Tensor | None = None  # (all anchors of a batch,); None: all 1

    def assign_targets_to_anchors(
        self, anchors: list[Tensor], targets: list[dict[str, Tensor]]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """As torchvision does; the weights of anchors are kept for the loss of this batch."""
        weights = _weights(targets)
        self._anchor_weights = None
        if not _all_count_alike(weights):
            self._anchor_weights = torch.cat(
                [
                    _of_matched(weight, self._matched(target["boxes"], some))
                    for weight, target, some in zip(weights, targets, anchors, strict=True)
                ]
            )
        found = super().assign_targets_to_anchors(anchors, targets)
        return cast("tuple[list[Tensor], list[Tensor]]", found)

    def _matched(self, boxes: Tensor, anchors: Tensor) -> Tensor:
        """The box that each anchor is matched with, (a,); negative for none."""
        if not len(boxes):
            return torch.full((len(anchors),), -1, device=anchors.device)
        found = self.proposal_matcher(self.box_similarity(boxes, anchors))
        return cast("Tensor", found)

    def compute_loss(
        self,
        objectness: Tensor,
        pred_bbox_deltas: Tensor,
        labels: list[Tensor],
        regression_targets: list[Tensor],
    ) -> tuple[Tensor, Tensor]:
        """Torchvision's two losses, over the anchors that its sampler takes.

        Parameters
        ----------
        objectness: (a, 1) logits of all anchors of the batch.
        pred_bbox_deltas: (a, 4) of the same.
        labels: of each image, 1 of objects, 0 of background, -1 of neither.
        regression_targets: of each image, (anchors, 4).
        """
        weights, self._anchor_weights = self._anchor_weights, None
        if weights is None:
            plain = super().compute_loss(objectness, pred_bbox_deltas, labels, regression_targets)
            return cast("tuple[Tensor, Tensor]", plain)
        positive, negative = self.fg_bg_sampler(labels)
        objects = torch.where(torch.cat(positive))[0]
        sampled = torch.cat([objects, torch.where(torch.cat(negative))[0]])
        total = weights[sampled].sum().clamp(min=1)
        box_losses = functional.smooth_l1_loss(
            pred_bbox_deltas[objects],
            torch.cat(regression_targets)[objects],
            beta=BETA,
            reduction="none",
        ).sum(dim=1)
        object_losses = functional.binary_cross_entropy_with_logits(
            objectness.flatten()[sampled], torch.cat(labels)[sampled], reduction="none"
        )
        return (
            (object_losses * weights[sampled]).sum() / total,
            (box_losses * weights[objects]).sum() / total,
        )


class WeightedRoIHeads(RoIHeads):  # type: ignore[misc]  # torchvision is untyped
    """The classifier of Faster R-CNN, whose losses are weighted means over sampled proposals."""

    _samples: tuple[Tensor, Tensor, Tensor] | None = None  # labels, corners, weights of a batch

    def select_training_samples(
        self, proposals: list[Tensor], targets: list[dict[str, Tensor]]
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]:
        """As torchvision does; what the weighted losses need is kept for this batch."""
        chosen = super().select_training_samples(proposals, targets)
        proposals, matched, labels, regression_targets = chosen
        weights = _weights(targets)
        self._samples = None
        if not _all_count_alike(weights):
            of_proposals = [
                _of_matched(weight, torch.where(label > 0, row, -1))
                for weight, row, label in zip(weights, matched, labels, strict=True)
            ]
            self._samples = (
                torch.cat(labels),
                torch.cat(regression_targets),
                torch.cat(of_proposals),
            )
        return proposals, matched, labels, regression_targets

    def forward(
        self,
        features: dict[str, Tensor],
        proposals: list[Tensor],
        image_shapes: list[tuple[int, int]],
        targets: list[dict[str, Tensor]] | None = None,
    ) -> tuple[list[dict[str, Tensor]], dict[str, Tensor]]:
        """As torchvision does, then the two losses anew with weights, from the same logits.

        Parameters
        ----------
        features: maps by name.
        proposals: of each image, (n, 4).
        image_shapes: height and width of each image.
        targets: of each image, while training.
        """
        seen: list[tuple[Tensor, Tensor]] = []
        hook = self.box_predictor.register_forward_hook(lambda *call: seen.append(call[2]))
        try:
            result, losses = super().forward(features, proposals, image_shapes, targets)
        finally:
            hook.remove()
        samples, self._samples = self._samples, None
        if self.training and samples is not None:
            losses["loss_classifier"], losses["loss_box_reg"] = _fast_rcnn_losses(*seen[0], samples)
        return result, losses


def _fast_rcnn_losses(
    class_logits: Tensor, box_regression: Tensor, samples: tuple[Tensor, Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    """What `torchvision.models.detection.roi_heads.fastrcnn_loss` says, as weighted means.

    Parameters
    ----------
    class_logits: (p, c) of the sampled proposals.
    box_regression: (p, 4 c) of the same.
    samples: class (p,), corners to be learned (p, 4) and weight (p,) of each.
    """
    labels, regression_targets, weights = samples
    total = weights.sum().clamp(min=1)
    class_losses = functional.cross_entropy(class_logits, labels, reduction="none")
    objects = torch.where(labels > 0)[0]
    corners = box_regression.reshape(len(labels), -1, 4)[objects, labels[objects]]
    box_losses = functional.smooth_l1_loss(
        corners, regression_targets[objects], beta=BETA, reduction="none"
    ).sum(dim=1)
    return (class_losses * weights).sum() / total, (box_losses * weights[objects]).sum() / total


class WeightedRetinaNetHead(RetinaNetHead):  # type: ignore[misc]  # torchvision is untyped
    """A head of RetinaNet: of each image, losses by the sum of the weights of its objects."""

    def compute_loss(
        self,
        targets: list[dict[str, Tensor]],
        head_outputs: dict[str, Tensor],
        anchors: list[Tensor],
        matched_idxs: list[Tensor],
    ) -> dict[str, Tensor]:
        """The mean over images, as torchvision has it.

        Parameters
        ----------
        targets: of each image.
        head_outputs: (n, a, ...) by name.
        anchors: of each image, (a, 4).
        matched_idxs: of each image, (a,) the label of each anchor; negative for none.
        """
        weights = _weights(targets)
        if _all_count_alike(weights):
            return cast(
                "dict[str, Tensor]",
                super().compute_loss(targets, head_outputs, anchors, matched_idxs),
            )
        losses: dict[str, Tensor] = {}
        batch = (targets, anchors, matched_idxs, weights)
        for image, (target, places, matched, weight) in enumerate(zip(*batch, strict=True)):
            of_anchors = _of_matched(weight, matched)
            outputs = {name: values[image] for name, values in head_outputs.items()}
            here = MatchedAnchors(target, outputs, places, matched)
            sums = here.weighted(super().compute_loss, of_anchors)
            total = of_anchors[matched >= 0].sum().clamp(min=1) * len(targets)
            for name, loss in sums.items():
                losses[name] = losses.get(name, 0) + loss / total
        return losses


class WeightedFCOSHead(FCOSHead):  # type: ignore[misc]  # torchvision is untyped
    """A head of FCOS: losses by the sum of the weights of all objects of the batch."""

    def compute_loss(
        self,
        targets: list[dict[str, Tensor]],
        head_outputs: dict[str, Tensor],
        anchors: list[Tensor],
        matched_idxs: list[Tensor],
    ) -> dict[str, Tensor]:
        """The sum over images by that of the weights, as torchvision has it by the number.

        Parameters
        ----------
        targets, head_outputs, anchors, matched_idxs: as in `WeightedRetinaNetHead`.
        """
        weights = _weights(targets)
        if _all_count_alike(weights):
            return cast(
                "dict[str, Tensor]",
                super().compute_loss(targets, head_outputs, anchors, matched_idxs),
            )
        losses: dict[str, Tensor] = {}
        total: Any = 0.0  # Any: a tensor from the first image on
        batch = (targets, anchors, matched_idxs, weights)
        for image, (target, places, matched, weight) in enumerate(zip(*batch, strict=True)):
            of_anchors = _of_matched(weight, matched)
            total = total + of_anchors[matched >= 0].sum()
            outputs = {name: values[image] for name, values in head_outputs.items()}
            here = MatchedAnchors(target, outputs, places, matched)
            sums = here.weighted(super().compute_loss, of_anchors)
            for name, loss in sums.items():
                losses[name] = losses.get(name, 0) + loss
        return {name: loss / total.clamp(min=1) for name, loss in losses.items()}
