"""Asking: what the models of a fold say of the images that they have not seen.

Loss inspection (Schubert et al., "Identifying label errors in object detection datasets by loss
inspection", WACV 2024) for a detector of one stage: the anchors that target assignment gives a box
say how well it and its class would fit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.ops import clip_boxes_to_image

from labelaudit.core.columns import Floats, Ints
from labelaudit.detector.crops.classifier import CropHead, CropScores, score_crops
from labelaudit.detector.crops.knn import NearestNeighbours
from labelaudit.detector.crops.lda import LinearDiscriminant
from labelaudit.detector.crops.roi_features import crop_vectors
from labelaudit.detector.feature_maps import Features, Track
from labelaudit.detector.job import Job
from labelaudit.detector.model.anchors import Anchors, decoded, mirrored
from labelaudit.detector.nms import Detections, candidates, detections
from labelaudit.detector.training.atss import answering
from labelaudit.predictions.model_output import BoxScores
from labelaudit.predictions.predictions import Predictions, Scores

EPSILON = 1e-6
"""Added to probabilities before their logarithm is taken."""

CHUNK = 256
"""Boxes of an image that are asked about together."""


@dataclass(frozen=True)
class Models:
    """What a fold has learned."""

    head: nn.Module  # of the detector: features to logits and offsets
    crop_head: CropHead
    neighbours: NearestNeighbours
    discriminant: LinearDiscriminant
    anchors: Anchors


@dataclass(frozen=True)
class Answers:
    """What the models of one fold say of its images."""

    asked: Ints  # (q,) rows of the boxes that were asked about, in the order of `opinions`
    opinions: BoxScores
    predictions: Predictions
    candidates: Predictions
    candidate_opinions: BoxScores


@dataclass(frozen=True)
class Inspection:
    """What the anchors of each box say of it; pixels of the network."""

    seen: Tensor  # (b, c) highest probability of each class
    class_loss: Tensor  # (b, c) mean binary cross entropy, were this the class
    box_loss: Tensor  # (b,) mean of 1 - IoU
    weighted_iou: Tensor  # (b,) IoU weighted by the highest probability
    box: Tensor  # (b, 4) mean box weighted likewise


@dataclass(frozen=True)
class _View:
    """One image as the detector sees it."""

    image: int
    scores: Tensor  # (a, c)
    boxes: Tensor  # (a, 4) pixels of the network


def answers(job: Job, features: Features, models: Models, images: Ints, track: Track) -> Answers:
    """What the models say of these images, of the boxes asked about there and of their own."""
    none = BoxScores.unjudged(0, job.classes)
    nothing = Predictions.empty(job.classes)
    rows, opinions, found = [], [none], [(nothing, nothing, none)]
    for start in range(0, len(images), job.recipe.batch):
        track(start, len(images))
        some = images[start : start + job.recipe.batch]
        with torch.inference_mode():
            maps = features.maps(some, 0, job.device)
            mirrors = features.maps(some, 1, job.device)
            scores, boxes = seen_both_ways(models, maps, mirrors, job.canvas[1])
            for place, image in enumerate(some.tolist()):
                view = _View(image, scores[place], boxes[place])
                own = [x[place : place + 1] for x in maps]
                asked = job.asked.of_image(image)
                rows.append(job.asked.row[asked])
                opinions.append(_opinions(job, models, view, own, job.asked.xyxy[asked]))
                found.append(_found(job, models, view, own))
    predictions, likely, likely_opinions = zip(*found, strict=True)
    return Answers(
        np.concatenate([np.zeros(0, np.int64), *rows]),
        BoxScores.concat(opinions),
        Predictions.concat(predictions),
        Predictions.concat(likely),
        BoxScores.concat(likely_opinions),
    )


def seen_both_ways(
    models: Models, maps: list[Tensor], mirrors: list[Tensor], width: int
) -> tuple[Tensor, Tensor]:
    """What the detector sees in images and in their mirror images, on average.

    Parameters
    ----------
    models: of a fold.
    maps: of the images, (n, c, h, w) for each level.
    mirrors: of their mirror images.
    width: of the network's image.

    Returns
    -------
    Probabilities (n, a, c), and boxes (n, a, 4) in pixels of the network.
    """
    scores, boxes = _seen(models, maps)
    turned = mirrored(models.anchors, width)
    others, places = (values[:, turned] for values in _seen(models, mirrors))
    left, top, right, bottom = places.unbind(dim=2)
    back = torch.stack([width - right, top, width - left, bottom], dim=2)
    return (scores + others) / 2, (boxes + back) / 2


def _seen(models: Models, maps: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Probabilities and boxes of all anchors, (n, a, c) and (n, a, 4)."""
    logits, moved = models.head(maps)
    return logits.sigmoid(), decoded(models.anchors.xyxy, moved)


def inspected(scores: Tensor, boxes: Tensor, anchors: Anchors, asked: Tensor) -> Inspection:
    """Loss inspection at boxes of one image.

    Parameters
    ----------
    scores: (a, c) probabilities of the detector.
    boxes: (a, 4) its boxes.
    anchors: that they belong to.
    asked: (b, 4) float32, finite, with an inside.
    """
    which, anchor = torch.nonzero(answering(anchors, asked), as_tuple=True)
    count = torch.bincount(which, minlength=len(asked)).to(scores)
    p, place = scores[anchor], boxes[anchor]

    def mean(values: Tensor) -> Tensor:
        shape = (len(asked), *values.shape[1:])
        total = values.new_zeros(shape).index_add(0, which, values)
        return total / count.reshape(-1, *[1] * (values.ndim - 1))

    blank = p.new_zeros((len(asked), p.shape[1]))
    seen = blank.scatter_reduce(0, which[:, None].expand_as(p), p, "amax")
    no = -(1 - p + EPSILON).log()
    # Were class c the label, c would cost -log p instead of -log(1 - p), and the others the same.
    class_loss = mean(no.sum(dim=1, keepdim=True) - no - (p + EPSILON).log())
    overlap = _overlap(place, asked[which])
    best = p.amax(dim=1)
    weight = best / (mean(best)[which] * count[which] + EPSILON)
    # Not quite 1 together because of EPSILON, which would pull the mean box to the corner.
    share = weight / (mean(weight)[which] * count[which]).clamp(min=EPSILON)
    return Inspection(
        seen=seen,
        class_loss=class_loss,
        box_loss=mean(1 - overlap),
        weighted_iou=mean(share * overlap) * count,
        box=mean(share[:, None] * place) * count[:, None],
    )


def _opinions(job: Job, models: Models, view: _View, maps: list[Tensor], xyxy: Floats) -> BoxScores:
    """What the models say of boxes of one image, (b, 4) in pixels of the network."""
    parts = [BoxScores.unjudged(0, job.classes)]
    for start in range(0, len(xyxy), CHUNK):
        asked = torch.from_numpy(xyxy[start : start + CHUNK]).float().to(job.device)
        inspection = inspected(view.scores.float(), view.boxes, models.anchors, asked)
        which = torch.zeros(len(asked), device=asked.device)
        # As the vectors that the head has learned from are stored.
        vectors = crop_vectors(maps, job.recipe.strides, asked, which, job.canvas).half().float()
        group = np.full(len(asked), job.group[view.image])
        plain = vectors.cpu().numpy()
        by_crops = (
            score_crops(models.crop_head, vectors, asked),
            models.discriminant.scores(plain),
            models.neighbours.votes(plain, group),
        )
        parts.append(_together(inspection, *by_crops, float(job.scale[view.image])))
    return BoxScores.concat(parts)


def _together(
    inspection: Inspection, judgement: CropScores, line: Scores, votes: Scores, scale: float
) -> BoxScores:
    """All opinions on the same boxes, in pixels of their image."""
    return BoxScores(
        judged=np.ones(len(votes), bool),
        seen=_scores(inspection.seen),
        class_loss=_scores(inspection.class_loss),
        box_loss=_floats(inspection.box_loss),
        weighted_iou=_floats(inspection.weighted_iou),
        dense_box=_floats(inspection.box) / scale,
        crop=_scores(judgement.classes),
        line=line,
        crop_box=_floats(judgement.boxes) / scale,
        crop_iou=_floats(judgement.fit),
        votes=votes,
    )


def _found(
    job: Job, models: Models, view: _View, maps: list[Tensor]
) -> tuple[Predictions, Predictions, BoxScores]:
    """What the detector finds in an image by class; whatever the class; and opinions on these."""
    by_class = _kept(job, view, detections)
    likely = _kept(job, view, candidates)
    opinions = _opinions(job, models, view, maps, likely.boxes)
    scale = float(job.scale[view.image])
    return (
        _predictions(view.image, by_class, scale),
        _predictions(view.image, likely, scale),
        opinions,
    )


def _kept(
    job: Job, view: _View, suppressed: Callable[[Tensor, Tensor, tuple[int, int]], Detections]
) -> Detections:
    """What is left after suppression, within the image; nothing beside it on the canvas."""
    content = job.content(view.image)
    clipped = clip_boxes_to_image(view.boxes.float(), content)
    inside = (clipped[:, 2:] - clipped[:, :2] > 1).all(dim=1)
    found = suppressed(view.scores.float()[inside], clipped[inside], content)
    return dataclasses.replace(found, boxes=found.boxes.astype(np.float64))


def _predictions(image: int, found: Detections, scale: float) -> Predictions:
    """Detections as predictions, in pixels of the image."""
    rows = np.full(len(found), image, np.int32)
    return Predictions.of(
        rows,
        found.labels.astype(np.int32),
        found.boxes / scale,
        found.scores,
        found.classes.astype(np.float32),
    )


def _overlap(a: Tensor, b: Tensor) -> Tensor:
    """IoU of boxes row by row, (b,)."""
    low, high = torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])
    shared = (high - low).clamp(min=0).prod(dim=1)
    area = (a[:, 2:] - a[:, :2]).prod(dim=1) + (b[:, 2:] - b[:, :2]).prod(dim=1)
    return shared / (area - shared).clamp(min=EPSILON)


def _scores(values: Tensor) -> Scores:
    return values.float().cpu().numpy()


def _floats(values: Tensor) -> Floats:
    return values.double().cpu().numpy()
