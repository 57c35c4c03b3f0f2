"""A detector that knows some images of a dataset only: how good it is, is how many it was given.

To the second opinion it is a foreign one: a file of predictions, with nobody to ask.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from labelaudit.core.columns import Bools
from labelaudit.core.parallel import cores
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.cross_validation.build_job import build_job
from labelaudit.detector.extraction import Extraction
from labelaudit.detector.feature_maps import (
    FeatureMaps,
    both_views,
    extract_features,
    feature_template,
    map_shapes,
)
from labelaudit.detector.job import Job, device_of, to_device
from labelaudit.detector.model.anchors import Anchors, anchors, decode_boxes
from labelaudit.detector.model.backbone import build_backbone
from labelaudit.detector.model.head import DetectionHead
from labelaudit.detector.nms import detections
from labelaudit.detector.preprocess import choose_input_size
from labelaudit.detector.training.loop import detector_plan, train
from labelaudit.predictions.model_output import QueryBoxes
from labelaudit.predictions.predictions import Predictions

KNOWN, OTHERS = 0, 1
"""Folds of a job: the images that are learned, and those that are not."""

FAINTEST = 0.02
"""Least score that is kept."""


@dataclass(frozen=True)
class HeldOut:
    """What a detector says of images that it was not trained on."""

    predictions: Predictions
    not_trained_on: Bools  # (images,) the images that it was shown


def held_out(derived: DatasetColumns, config: DetectorConfig, parts: int, work: Path) -> HeldOut:
    """Train on one of `parts` equal parts of the images, and look at all others.

    Near duplicates are in the same part, and each part has about as many of each class.

    Parameters
    ----------
    derived:
        the dataset.
    config:
        the detector; its backbone must be frozen.
    parts:
        2 or more; 2 gives the best detector.
    work:
        a folder for features, which detectors of several sizes share, and for checkpoints.
    """
    extraction = _extraction(derived, config, work / "features")
    folded = build_job(
        derived,
        QueryBoxes.empty(),
        dataclasses.replace(config, folds=parts),
        extraction,
        workers=cores(),
    )
    fold = np.minimum(folded.fold, OTHERS)
    job = dataclasses.replace(folded, fold=fold)
    features = FeatureMaps(extraction.extracted.values, job.shapes)
    places = anchors(config, *job.input_size).to(job.device)
    head = _trained(job, features, places, work / f"one_of_{parts}_{config.seed}.pt")
    return HeldOut(_predictions(job, features, head, places), fold == OTHERS)


def _extraction(derived: DatasetColumns, config: DetectorConfig, folder: Path) -> Extraction:
    """The features of all images."""
    torch.manual_seed(config.seed)
    size, device = config.image_size or choose_input_size(derived), device_of(config)
    backbone = to_device(device, build_backbone(config))
    shapes = map_shapes(backbone, size)
    template, transform = feature_template(shapes), both_views(backbone, device)
    paths = derived.dataset.images.path
    extracted = extract_features(folder, paths, size, template, transform, workers=cores())
    return Extraction(folder, extracted, size, shapes)


def _trained(job: Job, features: FeatureMaps, places: Anchors, checkpoint: Path) -> nn.Module:
    """The head of a detector that has learned the images outside of `OTHERS`."""
    torch.manual_seed(job.config.seed)
    head = DetectionHead(job.config, tuple(shape[0] for shape in job.shapes), job.classes)
    head = to_device(job.device, head)
    plan = detector_plan(
        job,
        head,
        lambda rows, view: features.maps(rows, view, job.device),
        places,
        job.training_images(OTHERS),
    )
    checkpoint.unlink(missing_ok=True)  # of a run with other settings, maybe
    train(head, plan, checkpoint)
    return head


def _predictions(job: Job, features: FeatureMaps, head: nn.Module, places: Anchors) -> Predictions:
    """What a detector sees in the images of `OTHERS`, in pixels of each."""
    rows = job.validation_images(OTHERS)
    parts = [Predictions.empty(job.classes)]
    for start in range(0, len(rows), job.config.batch):
        some = rows[start : start + job.config.batch]
        with torch.inference_mode():
            logits, moved = head(features.maps(some, 0, job.device))
        scores, boxes = logits.sigmoid(), decode_boxes(places.xyxy, moved)
        for place, image in enumerate(some.tolist()):
            size = job.resized_size(image)
            found = detections(scores[place], boxes[place], size, threshold=FAINTEST)
            parts.append(
                Predictions.of(
                    np.full(len(found), image, np.int32),
                    found.labels.astype(np.int32),
                    found.boxes / job.scale[image],
                    found.scores,
                    found.classes.astype(np.float32),
                )
            )
    return Predictions.concat(parts)
