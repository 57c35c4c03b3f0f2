from dataclasses import replace

import numpy as np
import pytest

from labelaudit.boxes.ops import area, intersection, iou
from labelaudit.boxes.overlaps import overlaps
from labelaudit.label_errors.classifier import image_groups
from labelaudit.label_errors.human_labels import HumanMissingLabels
from labelaudit.label_errors.labels import Labels, image_sizes_of
from labelaudit.label_errors.missing import classifier
from labelaudit.label_errors.missing.candidates import (
    candidate_features,
    candidates_of,
    unexplained,
    unlabelled,
)
from labelaudit.label_errors.missing.classifier import (
    left_out,
    prior_corrected,
    probability_missing,
)
from labelaudit.predictions.predictions import Predictions
from tests.label_errors.simulated import world


@pytest.fixture(scope="module")
def looked():
    made = world(count=30, rate=0.1)
    labels = made.synthetic_noise.labels
    return made, labels, candidates_of(made.model_output, labels, image_sizes_of(made.derived))


def test_what_labels_say_of_a_place_is_what_a_loop_over_them_finds(looked):
    _, labels, candidates = looked
    kept = np.random.default_rng(0).random(len(labels)) < 0.7
    features = candidate_features(candidates, labels, kept)
    unexplained = unlabelled(candidates, kept)
    for row in range(len(candidates)):
        here = np.flatnonzero(kept & (labels.image == candidates.predictions.image[row]))
        place = np.tile(candidates.predictions.xyxy[row], (len(here), 1))
        overlap, shared = iou(place, labels.xyxy[here]), intersection(place, labels.xyxy[here])
        same = labels.label[here] == candidates.predictions.label[row]
        expected = {
            "label_iou": overlap.max(initial=0),
            "same_class_label_iou": overlap[same].max(initial=0),
            "inside_label": (shared / area(place)).max(initial=0),
            "around_label": (shared / area(labels.xyxy[here])).max(initial=0),
            "labels_in_image": len(here),
        }
        found = {name: features[name][row] for name in expected}
        assert found == pytest.approx(expected)
        assert unexplained[row] == (overlap.max(initial=0) < 0.5)


def test_features_are_the_same_where_candidates_are_known_to_be_predictions(looked):
    made, labels, _ = looked
    random = np.random.default_rng(0)
    predictions = made.model_output.candidates
    near = replace(predictions, xyxy=predictions.xyxy + random.normal(0, 15, (len(predictions), 4)))
    everything = Predictions.concat([near, replace(predictions, score=0.9 * predictions.score)])
    rows = random.permutation(len(everything))[: len(predictions)].astype(np.int32)
    model_output = replace(
        made.model_output,
        predictions=everything,
        candidates=everything.rows(rows),
        candidate_scores=None,
        among=rows,
    )
    sizes = image_sizes_of(made.derived)
    box_overlaps = overlaps(labels.image, labels.xyxy, everything.image, everything.xyxy)
    known = candidates_of(model_output, labels, sizes, box_overlaps)
    plain = candidates_of(replace(model_output, among=None), labels, sizes)
    assert known.fixed_features["higher_score_iou"].max() > 0
    for name, values in plain.fixed_features.items():
        assert known.fixed_features[name].tolist() == values.tolist(), name
    assert len(plain.box_overlaps) > 100
    for name, values in vars(plain.box_overlaps).items():
        assert getattr(known.box_overlaps, name) == pytest.approx(values), name
    assert known.shared_area == pytest.approx(plain.shared_area)


def test_the_rank_counts_surer_places_of_the_image(looked):
    _, _, candidates = looked
    predictions = candidates.predictions
    for row in range(len(predictions)):
        surer = (predictions.image == predictions.image[row]) & (
            predictions.score > predictions.score[row]
        )
        assert candidates.fixed_features["rank"][row] == surer.sum()


def test_a_surer_place_that_overlaps_is_evidence_and_a_fainter_one_is_not(looked):
    made, labels, _ = looked
    one, candidates = made.model_output.candidates.rows(np.array([0, 0])), made.model_output
    pair = replace(one, score=np.array([0.9, 0.4]), xyxy=np.add(one.xyxy, [[0.0], [5.0]]))
    candidates = candidates_of(
        replace(candidates, candidates=pair, candidate_scores=None),
        labels,
        image_sizes_of(made.derived),
    )
    overlap = iou(pair.xyxy[:1], pair.xyxy[1:])[0]
    assert candidates.fixed_features["higher_score_iou"].tolist() == pytest.approx([0.0, overlap])


def probabilities(looked, human_labels=None, **settings):
    made, labels, candidates = looked
    group = image_groups(len(made.derived.dataset.images), 0)
    human_labels = human_labels or HumanMissingLabels.empty()
    return probability_missing(candidates, labels, group, human_labels, **({"seed": 0} | settings))


def test_only_places_that_no_label_explains_have_a_probability(looked):
    _, labels, candidates = looked
    found = probabilities(looked)
    assert (np.isfinite(found) == unexplained(candidates, labels)).all()


def test_a_loose_match_of_a_label_is_no_missing_object(looked):
    made, labels, _ = looked
    random = np.random.default_rng(0)
    moved = labels.xyxy + random.choice((0.0, 0.15, 0.2, 0.25), (len(labels), 1)) * np.tile(
        labels.xyxy[:, 2:] - labels.xyxy[:, :2], 2
    )
    labels = replace(labels, xyxy=moved)
    candidates = candidates_of(made.model_output, labels, image_sizes_of(made.derived))
    predictions = candidates.predictions
    expected = unlabelled(candidates, np.ones(len(labels), bool))
    was_free = expected.copy()
    for row in range(len(labels)):
        rivals = (predictions.image == labels.image[row]) & (predictions.label == labels.label[row])
        here = np.flatnonzero(rivals)
        overlap = iou(np.tile(labels.xyxy[row], (len(here), 1)), predictions.xyxy[here])
        merit = overlap * np.sqrt(predictions.score[here])
        if len(here) and overlap[merit.argmax()] >= 0.4:
            expected[here[merit.argmax()]] = False
    assert (unexplained(candidates, labels) == expected).all()
    assert (expected != was_free).sum() > 10


def test_what_people_say_of_places_is_learnt_from(looked):
    _, _, candidates = looked
    found = probabilities(looked)
    rows = np.flatnonzero(np.isfinite(found))[::2]
    predictions = candidates.predictions.rows(rows)
    nothing_there = np.zeros(len(rows), bool)
    human_labels = HumanMissingLabels.of(
        len(rows), image=predictions.image, xyxy=predictions.xyxy, is_missing=nothing_there
    )
    again = probabilities(looked, human_labels)
    assert np.nansum(again) < np.nansum(found)


def test_with_nothing_left_out_nothing_can_be_learnt(looked, monkeypatch):
    monkeypatch.setattr(classifier, "LEFT_OUT_LABELS", 0.0)
    monkeypatch.setattr(classifier, "LEFT_OUT_CLASSES", 0.0)
    assert np.isnan(probabilities(looked)).all()


def test_a_correction_keeps_certainty_and_order():
    given = np.array([0.0, 0.1, 0.5, 0.9, 1.0])
    found = prior_corrected(given)
    assert found[[0, -1]].tolist() == [0.0, 1.0]
    assert (np.diff(found) > 0).all()
    assert (found[1:-1] < given[1:-1]).all()


def test_labels_are_left_out_one_by_one_and_a_class_of_an_image_as_a_whole(looked, monkeypatch):
    labels = looked[1]
    prior = left_out(labels, np.random.default_rng(1)).mean()
    assert 0.1 < prior < 0.35
    monkeypatch.setattr(classifier, "LEFT_OUT_LABELS", 0.0)
    monkeypatch.setattr(classifier, "LEFT_OUT_CLASSES", 0.5)
    gone = left_out(labels, np.random.default_rng(1))
    for image in np.unique(labels.image):
        for label in np.unique(labels.label):
            here = (labels.image == image) & (labels.label == label)
            assert gone[here].all() or not gone[here].any()
    assert 0.3 < gone.mean() < 0.7


def test_without_labels_none_is_left_out():
    assert len(left_out(Labels.empty(), np.random.default_rng(0))) == 0


def test_a_missing_object_is_no_example_of_a_place_without_an_object(looked, monkeypatch):
    made, _, candidates = looked
    predictions, gone = candidates.predictions, made.unlabelled
    box_overlaps = overlaps(predictions.image, predictions.xyxy, gone.image, gone.xyxy)
    there = np.unique(box_overlaps.one[box_overlaps.overlap >= 0.5])
    twice = probabilities(looked)[there]
    monkeypatch.setattr(classifier, "ROUNDS", 1)
    once = probabilities(looked)[there]
    assert np.nanmean(twice) > np.nanmean(once)
