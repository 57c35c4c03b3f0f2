"""A made-up world: objects, labels of them with known errors, and a model that sees the objects."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from labelaudit.boxes.ops import iou
from labelaudit.boxes.overlaps import champion, overlaps
from labelaudit.core.columns import MISSING
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.noise.label_noise import SyntheticNoise, make_label_noise
from labelaudit.label_errors.scoring import label_issues
from labelaudit.predictions.model_output import BoxScores, ModelOutput
from labelaudit.predictions.predictions import Predictions
from labelaudit.testing import images

CLASSES = ("cat", "dog", "cow")


def overlaps_with(labels, seen):
    """The overlaps of labels, or hypotheses, with predictions."""
    return overlaps(labels.image, labels.xyxy, seen.image, seen.xyxy)


@dataclass(frozen=True)
class World:
    """Labels with errors, and what a model says that sees the objects themselves."""

    derived: DatasetColumns
    error: np.ndarray  # (n,) of each label: "" or an ErrorKind
    unlabelled: Predictions  # objects without a label
    synthetic_noise: SyntheticNoise
    model_output: ModelOutput


def world(*, count=60, rate=0.04, sight=1.0, seed=0, classes=3) -> World:
    """Images of six objects each; `rate` of all labels have each error, and as many are missing.

    `sight` is the part of objects whose class the model sees rightly.
    """
    rng = np.random.default_rng(seed)
    image, corner = np.divmod(np.arange(6 * count), 6)
    low = np.stack([40 + 200 * (corner % 3), 40 + 220 * (corner // 3)], 1) + rng.integers(
        0, 60, (6 * count, 2)
    )
    xyxy = np.hstack([low, low + rng.integers(40, 110, (6 * count, 2))]).astype(float)
    label = rng.integers(0, classes, len(image))
    draw = rng.permutation(len(image))
    kinds = ["wrong_class", "loose_box", "spurious", "missing"]
    if classes == 1:
        kinds[0] = ""
    error = np.full(len(image), "", object)
    for place, kind in enumerate(kinds):
        part = round(rate * len(image))
        error[draw[place * part : (place + 1) * part]] = kind
    given, given_label = xyxy.copy(), label.copy()
    given_label[error == "wrong_class"] = (label[error == "wrong_class"] + 1) % classes
    sides = (xyxy[:, 2:] - xyxy[:, :2])[error == "loose_box"]
    given[error == "loose_box", :2] += 0.35 * sides * rng.choice((-1, 1), sides.shape)
    real = error != "spurious"
    kept = error != "missing"
    labels = {f"{number}.jpg": [] for number in range(count)}
    for row in np.flatnonzero(kept):
        words = " ".join(f"{value:.2f}" for value in given[row])
        labels[f"{image[row]}.jpg"].append(f"{CLASSES[given_label[row]]} {words}")
    # The order of classes is that of their first label.
    derived = DatasetColumns(images(labels))
    order = np.array([derived.classes.index(name) for name in CLASSES[:classes]])
    objects = Predictions.of(image[real], order[label[real]], xyxy[real], np.ones(real.sum()))
    made = make_label_noise(derived, seed=seed)
    model_output = seeing(objects, made, derived, sight=sight, seed=seed)
    gone = objects.rows(~kept[real])
    return World(derived, error[kept], gone, made, model_output)


def seeing(
    objects: Predictions, made: SyntheticNoise, derived: DatasetColumns, *, sight, seed
) -> ModelOutput:
    """What a model says of boxes that sees the objects, but not quite where and what they are."""
    rng = np.random.default_rng(seed + 1)
    classes, pictures = len(derived.classes), len(derived.dataset.images)
    wrong = rng.random(len(objects)) > sight
    label = np.where(wrong, rng.integers(0, classes, len(objects)), objects.label)
    seen = replace(
        objects,
        label=label.astype(np.int32),
        xyxy=objects.xyxy + rng.normal(0, 2.5, objects.xyxy.shape),
        score=rng.uniform(0.5, 0.95, len(objects)),
    )
    vectors = np.full((len(seen), classes), 0.03, np.float32)
    vectors[np.arange(len(seen)), label] = seen.score
    seen = replace(seen, class_scores=vectors)
    return ModelOutput(
        source="a made-up model",
        classes=tuple(derived.classes),
        predictions=seen,
        candidates=seen,
        fold=(np.arange(pictures) % 3).astype(np.int32),
        scale=np.ones(pictures),
        box_scores=box_scores(seen, made.query_boxes.image, made.query_boxes.xyxy, classes, rng),
        candidate_scores=box_scores(seen, seen.image, seen.xyxy, classes, rng),
    )


def box_scores(seen, image, xyxy, classes, rng) -> BoxScores:
    count = len(image)
    box_overlaps = overlaps(image, xyxy, seen.image, seen.xyxy)
    place = champion(box_overlaps.one, box_overlaps.overlap, count)
    found = place != MISSING
    overlap, which = np.zeros(count), np.zeros(count, int)
    overlap[found], which[found] = (
        box_overlaps.overlap[place[found]],
        box_overlaps.other[place[found]],
    )
    strength = np.clip(overlap * 1.4, 0, 1) * rng.uniform(0.6, 1, count)
    scores = rng.uniform(0.01, 0.08, (count, classes))
    scores[np.arange(count), seen.label[which]] += 0.85 * strength
    crop = np.hstack([scores, (1.02 - strength)[:, None]])
    crop /= crop.sum(axis=1, keepdims=True)
    box = np.where(found[:, None], seen.xyxy[which], xyxy)
    box = box + rng.normal(0, 1, box.shape)
    return BoxScores(
        has_scores=np.ones(count, bool),
        det_probs=scores.astype(np.float32),
        class_loss=-np.log(scores).astype(np.float32),
        box_loss=1 - overlap,
        weighted_iou=overlap,
        mean_anchor_box=box,
        crop_probs=crop.astype(np.float32),
        lda_probs=crop.astype(np.float32),
        crop_box=box + rng.normal(0, 2, box.shape),
        pred_iou=iou(box, xyxy),
        knn_probs=(scores / scores.sum(axis=1, keepdims=True)).astype(np.float32),
    )


def judged(made: World, **settings):
    return label_issues(made.derived, made.model_output, made.synthetic_noise, **settings)
