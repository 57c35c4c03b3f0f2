from dataclasses import replace

import numpy as np
import pytest

from labelaudit.boxes.ops import iou
from labelaudit.core.columns import MISSING
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.class_scores import (
    joint_log_ratio,
    likeliest_class,
    own_and_best_other,
)
from labelaudit.label_errors.confusion_matrix import class_separability, confusion_matrix
from labelaudit.label_errors.features import (
    GEOMETRY,
    OF_CLASSES,
    claimed_by_other_labels,
    feature_matrix,
    hypothesis_features,
    monotonic_constraints,
)
from labelaudit.label_errors.hypotheses import hypotheses_of_errors, hypotheses_of_labels
from labelaudit.label_errors.labels import image_sizes_of, labels_of
from labelaudit.label_errors.noise.class_noise import class_noise
from labelaudit.label_errors.noise.label_noise import SyntheticErrors
from labelaudit.predictions.model_output import ModelOutput
from labelaudit.predictions.predictions import Predictions
from labelaudit.testing import one_image
from tests.label_errors.simulated import overlaps_with, world


@pytest.fixture(scope="module")
def crowded():
    """Hypotheses of a small world, labels and made errors, and their features."""
    made = world(count=12, rate=0.15, sight=0.7)
    labels = made.synthetic_noise.labels
    flips = class_noise(labels, 3, made.model_output.box_scores, seed=0)
    errors = SyntheticErrors.concat([made.synthetic_noise.errors, flips])
    both = [hypotheses_of_labels(labels), hypotheses_of_errors(errors, labels)]
    hypotheses = type(both[0]).concat(both)
    sizes = image_sizes_of(made.derived)
    return (
        made,
        hypotheses,
        hypothesis_features(
            hypotheses,
            labels,
            made.model_output,
            sizes,
            overlaps_with(hypotheses, made.model_output.predictions),
        ),
    )


def slow_overlaps(box, others):
    return iou(np.tile(box, (len(others), 1)), others)


def slow_best(overlap, score):
    """IoU and score of the best match, as a loop over detections would find it."""
    if not len(overlap) or not overlap.max():
        return 0.0, 0.0
    best = int(np.argmax(overlap * np.sqrt(score)))
    return overlap[best], score[best]


def slow_matches(made, hypothesis, labels):
    """The features of one hypothesis from detections and other labels, one at a time."""
    seen = made.model_output.predictions
    seen = seen.rows(seen.image == hypothesis.image[0])
    overlap, same = slow_overlaps(hypothesis.xyxy[0], seen.xyxy), seen.label == hypothesis.label[0]
    same_overlap, same_score = slow_best(overlap[same], seen.score[same])
    other_overlap, other_score = slow_best(overlap[~same], seen.score[~same])
    any_overlap, any_score = slow_best(overlap, seen.score)
    rivals = (labels.image == hypothesis.image[0]) & (
        np.arange(len(labels)) != hypothesis.source_label[0]
    )
    near = slow_overlaps(hypothesis.xyxy[0], labels.xyxy[rivals])
    alike = labels.label[rivals] == hypothesis.label[0]
    claimed = 0.0
    if (overlap > 0.3).any():
        explains = int(np.argmax(np.where(overlap > 0.3, overlap * seen.score, -1)))
        claimed = slow_overlaps(seen.xyxy[explains], labels.xyxy[rivals]).max(initial=0)
    return {
        "swap_margin": other_overlap * other_score - same_overlap * same_score,
        "unmatched": 1 - any_overlap * any_score,
        "same_class_iou_distance": 1 - same_overlap,
        "match_iou_other_label": claimed,
        "same_class_label_iou": near[alike].max(initial=0),
        "other_class_label_iou": near[~alike].max(initial=0),
    }


def test_matches_are_those_of_a_loop_over_all_boxes(crowded):
    made, hypotheses, columns = crowded
    labels = made.synthetic_noise.labels
    for row in range(len(hypotheses)):
        expected = slow_matches(made, hypotheses.rows(slice(row, row + 1)), labels)
        found = {name: columns[name][row] for name in expected}
        assert found == pytest.approx(expected)


def test_opinions_are_read_in_the_row_of_the_box_that_was_asked_about(crowded):
    made, hypotheses, columns = crowded
    said = made.model_output.box_scores
    confused = confusion_matrix(made.synthetic_noise.labels, said.crop_probs[:, :-1])
    separability = class_separability(
        confused, said.crop_probs[:, :-1], hypotheses.query, hypotheses.label
    )
    for row in range(0, len(hypotheses), 7):
        asked, label = hypotheses.query[row], hypotheses.label[row]
        others = np.delete(said.crop_probs[asked, :-1], label)
        expected = np.log(others.max() + 1e-6) - np.log(said.crop_probs[asked, label] + 1e-6)
        expected *= separability[row]
        assert columns["crop_log_ratio"][row] == pytest.approx(expected, rel=1e-4)
        assert columns["class_loss"][row] == pytest.approx(said.class_loss[asked, label])
        overlap = iou(said.mean_anchor_box[[asked]], hypotheses.xyxy[[row]])[0]
        assert columns["anchor_iou_distance"][row] == pytest.approx(1 - overlap)


def test_every_column_with_a_direction_is_larger_for_wrong_labels(crowded):
    made, hypotheses, columns = crowded
    wrong = np.arange(len(hypotheses)) >= len(made.synthetic_noise.labels)
    for name in set(columns) - {
        *GEOMETRY,
        "same_class_label_iou",
        "other_class_label_iou",
        "match_iou_other_label",
    }:
        assert columns[name][wrong].mean() > columns[name][~wrong].mean(), name
    assert monotonic_constraints(columns).count(0) == len(GEOMETRY)


def test_a_synthetic_error_is_compared_with_all_labels_but_its_source(crowded):
    made, hypotheses, columns = crowded
    labels = made.synthetic_noise.labels
    loose = np.flatnonzero((hypotheses.source_label != MISSING) & (hypotheses.query >= len(labels)))
    own = iou(hypotheses.xyxy[loose], labels.xyxy[hypotheses.source_label[loose]])
    assert own.min() >= 0.3
    assert columns["same_class_label_iou"][loose].max() < 0.3  # nothing else is near in this world


def test_what_is_unknown_says_nothing():
    assert feature_matrix({"a": np.array([np.nan, np.inf, 2.0])}).tolist() == [[0.0], [0.0], [2.0]]


@pytest.mark.parametrize("cells", [1, 10, 1 << 22])
def test_a_class_against_all_others_is_found_in_pieces_of_any_size(cells, monkeypatch):
    monkeypatch.setattr("labelaudit.label_errors.class_scores.BLOCK_CELLS", cells)
    rng = np.random.default_rng(0)
    scores, more = rng.random((2, 20, 5))
    row, label = rng.integers(0, 20, 33), rng.integers(0, 5, 33)
    own, other = own_and_best_other(scores, row, label)
    assert own.tolist() == scores[row, label].tolist()
    assert other.tolist() == [
        np.delete(scores[one], which).max() for one, which in zip(row, label, strict=True)
    ]
    liked = likeliest_class(scores, more, row, without=label)
    ratio = joint_log_ratio(scores, more, row, label)
    product = scores * more
    for place, (one, which) in enumerate(zip(row, label, strict=True)):
        rest = product[one].copy()
        rest[which] = 0
        assert liked[place] == rest.argmax()
        assert ratio[place] == pytest.approx(np.log(rest.max() / product[one, which]), abs=1e-3)


def test_with_one_class_the_other_is_the_class_itself():
    own, other = own_and_best_other(np.array([[0.4]]), np.zeros(1, int), np.zeros(1, int))
    assert own == other == 0.4


def claimed_slowly(hypothesis, detection, labels, predictions):
    """Whether another label of the detection's class overlaps it more, by a loop over labels."""
    here = labels.image == predictions.image[detection]
    here &= labels.label == predictions.label[detection]
    here &= np.arange(len(labels)) != hypothesis.source_label[0]
    rivals = slow_overlaps(predictions.xyxy[detection], labels.xyxy[here])
    mine = iou(hypothesis.xyxy, predictions.xyxy[[detection]])[0]
    return rivals.max(initial=0) > mine


def test_a_detection_that_another_label_of_its_class_fits_better_is_claimed(crowded):
    made, hypotheses, _ = crowded
    labels, seen = made.synthetic_noise.labels, made.model_output.predictions
    pairs = overlaps_with(hypotheses, seen)
    claimed = claimed_by_other_labels(hypotheses, labels, seen, pairs)
    rows = zip(pairs.one.tolist(), pairs.other.tolist(), strict=True)
    expected = [claimed_slowly(hypotheses.rows([one]), other, labels, seen) for one, other in rows]
    assert claimed.tolist() == expected
    assert 0.05 < claimed.mean() < 0.95


def test_a_claimed_detection_of_another_class_says_nothing_of_a_label():
    beside = np.array([[0.0, 0, 100, 100], [0, 0, 100, 160]])  # a dog, and a person behind it
    for labelled, margin in ((True, -0.5), (False, 0.9 * 0.625 - 0.5)):
        names = ["dog 0 0 100 100", "person 0 0 100 160" if labelled else "person 300 0 400 100"]
        derived = DatasetColumns(one_image(*names))
        labels = labels_of(derived)
        seen = Predictions.of([0, 0], [0, 1], beside, [0.5, 0.9])
        output = ModelOutput("", ("dog", "person"), seen, seen, np.zeros(1, np.int32), np.ones(1))
        hypotheses = hypotheses_of_labels(labels)
        found = hypothesis_features(
            hypotheses, labels, output, image_sizes_of(derived), overlaps_with(hypotheses, seen)
        )
        assert found["swap_margin"][0] == pytest.approx(margin)
        assert bool(found["match_log_ratio"][0] > -1) != labelled


def test_the_crop_of_a_label_speaks_of_its_class_and_of_no_box_of_a_synthetic_error(crowded):
    made, hypotheses, _ = crowded
    labels, seen = made.synthetic_noise.labels, made.model_output.predictions
    rng = np.random.default_rng(0)
    probs = (0.1 + 0.7 * rng.dirichlet(np.ones(3), len(labels))).astype(np.float32)
    output = replace(made.model_output, label_crop_probs=probs)
    sizes, near = image_sizes_of(made.derived), overlaps_with(hypotheses, seen)
    found = hypothesis_features(hypotheses, labels, output, sizes, near)
    confused = confusion_matrix(labels, probs)
    for row, query in enumerate(hypotheses.query.tolist()):
        told = [found[name][row] for name in OF_CLASSES]
        if query >= len(labels):
            assert told == [0, 0]
            continue
        own = hypotheses.label[row]
        other = max((one for one in range(3) if one != own), key=lambda one: probs[query, one])
        weight = 1 - max(confused[own, other], confused[other, own])
        ratio = weight * np.log(probs[query, other] / probs[query, own])
        assert told == pytest.approx([ratio, -np.log(probs[query, own])], rel=1e-2, abs=1e-2)
