"""Inference: what the models of a fold say of the images that they have not seen.

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
from labelaudit.detector.crops.projection import CropProjection
from labelaudit.detector.crops.roi_features import roi_features
from labelaudit.detector.feature_maps import FeatureMaps, Progress
from labelaudit.detector.job import Job
from labelaudit.detector.model.anchors import Anchors, decode_boxes, mirror_permutation
from labelaudit.detector.nms import Detections, candidates, detections
from labelaudit.detector.training.atss import positive_anchors
from labelaudit.predictions.model_output import BoxScores
from labelaudit.predictions.predictions import Predictions, Scores

EPSILON = 1e-6
"""Added to probabilities before their logarithm is taken."""

CHUNK = 256
"""Query boxes of an image that are scored together."""


@dataclass(frozen=True)
class Models:
    """What a fold has learned."""

    head: nn.Module  # of the detector: features to logits and offsets
    projection: CropProjection  # of crops, for the next three
    crop_head: CropHead
    knn: NearestNeighbours
    lda: LinearDiscriminant
    anchors: Anchors


@dataclass(frozen=True)
class FoldOutput:
    """What the models of one fold say of its images."""

    query_row: Ints  # (q,) rows of the query boxes, in the order of `box_scores`
    box_scores: BoxScores
    predictions: Predictions  # after NMS within each class
    candidates: Predictions  # after NMS over all classes
    candidate_scores: BoxScores  # of `candidates`


@dataclass(frozen=True)
class LossInspection:
    """What the anchors of each box say of it; pixels of the network."""

    det_probs: Tensor  # (b, c) highest probability of each class
    class_loss: Tensor  # (b, c) mean binary cross entropy, were this the class
    box_loss: Tensor  # (b,) mean of 1 - IoU
    weighted_iou: Tensor  # (b,) IoU weighted by the highest probability
    mean_anchor_box: Tensor  # (b, 4) mean box weighted likewise


@dataclass(frozen=True)
class _View:
    """One image as the detector sees it."""

    image: int
    scores: Tensor  # (a, c)
    boxes: Tensor  # (a, 4) pixels of the network


def fold_output(
    job: Job, features: FeatureMaps, models: Models, images: Ints, progress: Progress
) -> FoldOutput:
    """What the models say of some images: scores of the query boxes in them, and what they find.

    Parameters
    ----------
    job: for the query boxes, the scales and the config.
    features: of all images.
    models: of a fold that left out these images.
    images: (n,) rows of the images.
    progress: told how many of them are done.
    """
    none = BoxScores.without_scores(0, job.classes)
    nothing = Predictions.empty(job.classes)
    rows, box_scores, found = [], [none], [(nothing, nothing, none)]
    for start in range(0, len(images), job.config.batch):
        progress(start, len(images))
        some = images[start : start + job.config.batch]
        with torch.inference_mode():
            maps = features.maps(some, 0, job.device)
            mirrors = features.maps(some, 1, job.device)
            scores, boxes = predict_both_views(models, maps, mirrors, job.input_size[1])
            for place, image in enumerate(some.tolist()):
                view = _View(image, scores[place], boxes[place])
                own = [x[place : place + 1] for x in maps]
                query = job.query.of_image(image)
                rows.append(job.query.row[query])
                box_scores.append(_box_scores(job, models, view, own, job.query.xyxy[query]))
                found.append(_detect(job, models, view, own))
    predictions, likely, likely_scores = zip(*found, strict=True)
    return FoldOutput(
        np.concatenate([np.zeros(0, np.int64), *rows]),
        BoxScores.concat(box_scores),
        Predictions.concat(predictions),
        Predictions.concat(likely),
        BoxScores.concat(likely_scores),
    )


def predict_both_views(
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
    scores, boxes = _predict(models, maps)
    turned = mirror_permutation(models.anchors, width)
    others, places = (values[:, turned] for values in _predict(models, mirrors))
    left, top, right, bottom = places.unbind(dim=2)
    back = torch.stack([width - right, top, width - left, bottom], dim=2)
    return (scores + others) / 2, (boxes + back) / 2


def _predict(models: Models, maps: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Probabilities and boxes of all anchors, (n, a, c) and (n, a, 4)."""
    logits, moved = models.head(maps)
    return logits.sigmoid(), decode_boxes(models.anchors.xyxy, moved)


def loss_inspection(
    scores: Tensor, boxes: Tensor, anchors: Anchors, query: Tensor
) -> LossInspection:
    """Loss inspection at boxes of one image.

    Parameters
    ----------
    scores: (a, c) probabilities of the detector.
    boxes: (a, 4) its boxes.
    anchors: that they belong to.
    query: (b, 4) float32, finite, with an inside.
    """
    which, anchor = torch.nonzero(positive_anchors(anchors, query), as_tuple=True)
    count = torch.bincount(which, minlength=len(query)).to(scores)
    p, place = scores[anchor], boxes[anchor]

    def mean(values: Tensor) -> Tensor:
        shape = (len(query), *values.shape[1:])
        total = values.new_zeros(shape).index_add(0, which, values)
        return total / count.reshape(-1, *[1] * (values.ndim - 1))

    blank = p.new_zeros((len(query), p.shape[1]))
    det_probs = blank.scatter_reduce(0, which[:, None].expand_as(p), p, "amax")
    no = -(1 - p + EPSILON).log()
    # Were class c the label, c would cost -log p instead of -log(1 - p), and the others the same.
    class_loss = mean(no.sum(dim=1, keepdim=True) - no - (p + EPSILON).log())
    overlap = _overlap(place, query[which])
    best = p.amax(dim=1)
    weight = best / (mean(best)[which] * count[which] + EPSILON)
    # Not quite 1 together because of EPSILON, which would pull the mean box to the corner.
    share = weight / (mean(weight)[which] * count[which]).clamp(min=EPSILON)
    return LossInspection(
        det_probs=det_probs,
        class_loss=class_loss,
        box_loss=mean(1 - overlap),
        weighted_iou=mean(share * overlap) * count,
        mean_anchor_box=mean(share[:, None] * place) * count[:, None],
    )


def _box_scores(
    job: Job, models: Models, view: _View, maps: list[Tensor], xyxy: Floats
) -> BoxScores:
    """What the models say of boxes of one image, (b, 4) in pixels of the network."""
    parts = [BoxScores.without_scores(0, job.classes)]
    for start in range(0, len(xyxy), CHUNK):
        query = torch.from_numpy(xyxy[start : start + CHUNK]).float().to(job.device)
        inspection = loss_inspection(view.scores.float(), view.boxes, models.anchors, query)
        which = torch.zeros(len(query), device=query.device)
        vectors = models.projection(
            roi_features(maps, job.config.strides, query, which, job.input_size)
        )
        short = vectors.cpu().numpy()
        group = np.full(len(query), job.group[view.image])
        by_crops = (
            score_crops(models.crop_head, vectors, query),
            models.lda.predict_proba(short),
            models.knn.predict_proba(short, group),
        )
        parts.append(_combined(inspection, *by_crops, float(job.scale[view.image])))
    return BoxScores.concat(parts)


def _combined(
    inspection: LossInspection, crop: CropScores, lda: Scores, knn: Scores, scale: float
) -> BoxScores:
    """All scores of the same boxes, in pixels of their image."""
    return BoxScores(
        has_scores=np.ones(len(knn), bool),
        det_probs=_scores(inspection.det_probs),
        class_loss=_scores(inspection.class_loss),
        box_loss=_floats(inspection.box_loss),
        weighted_iou=_floats(inspection.weighted_iou),
        mean_anchor_box=_floats(inspection.mean_anchor_box) / scale,
        crop_probs=_scores(crop.classes),
        lda_probs=lda,
        crop_box=_floats(crop.boxes) / scale,
        pred_iou=_floats(crop.fit),
        knn_probs=knn,
    )


def _detect(
    job: Job, models: Models, view: _View, maps: list[Tensor]
) -> tuple[Predictions, Predictions, BoxScores]:
    """What the detector finds in an image by class; whatever the class; and scores of these."""
    by_class = _after_nms(job, view, detections)
    likely = _after_nms(job, view, candidates)
    scores = _box_scores(job, models, view, maps, likely.boxes)
    scale = float(job.scale[view.image])
    return (
        _predictions(view.image, by_class, scale),
        _predictions(view.image, likely, scale),
        scores,
    )


def _after_nms(
    job: Job, view: _View, search: Callable[[Tensor, Tensor, tuple[int, int]], Detections]
) -> Detections:
    """What is left after NMS, within the image; nothing beside it on the input."""
    resized_size = job.resized_size(view.image)
    clipped = clip_boxes_to_image(view.boxes.float(), resized_size)
    inside = (clipped[:, 2:] - clipped[:, :2] > 1).all(dim=1)
    found = search(view.scores.float()[inside], clipped[inside], resized_size)
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
