from dataclasses import replace

import numpy as np
import pytest

from labelaudit.boxes.ops import area, intersection, iou
from labelaudit.boxes.overlaps import overlaps
from labelaudit.label_errors.classifier import groups
from labelaudit.label_errors.human_labels import HumanMissingLabels
from labelaudit.label_errors.labels import Labels, image_sizes
from labelaudit.label_errors.missing import classifier
from labelaudit.label_errors.missing.candidates import evidence, free, places_of, unexplained
from labelaudit.label_errors.missing.classifier import corrected, left_out, probability_missing
from labelaudit.predictions.predictions import Predictions
from tests.label_errors.simulated import world


@pytest.fixture(scope="module")
def looked():
    made = world(count=30, rate=0.1)
    labels = made.corruptions.labels
    return made, labels, places_of(made.opinion, labels, image_sizes(made.derived))


def test_what_labels_say_of_a_place_is_what_a_loop_over_them_finds(looked):
    _, labels, places = looked
    kept = np.random.default_rng(0).random(len(labels)) < 0.7
    columns = evidence(places, labels, kept)
    unexplained = free(places, kept)
    for row in range(len(places)):
        here = np.flatnonzero(kept & (labels.image == places.predictions.image[row]))
        place = np.tile(places.predictions.xyxy[row], (len(here), 1))
        overlap, shared = iou(place, labels.xyxy[here]), intersection(place, labels.xyxy[here])
        same = labels.label[here] == places.predictions.label[row]
        expected = {
            "near_label": overlap.max(initial=0),
            "near_same": overlap[same].max(initial=0),
            "inside_label": (shared / area(place)).max(initial=0),
            "around_label": (shared / area(labels.xyxy[here])).max(initial=0),
            "labels_in_image": len(here),
        }
        found = {name: columns[name][row] for name in expected}
        assert found == pytest.approx(expected)
        assert unexplained[row] == (overlap.max(initial=0) < 0.5)


def test_evidence_is_the_same_where_candidates_are_known_to_be_predictions(looked):
    made, labels, _ = looked
    random = np.random.default_rng(0)
    seen = made.opinion.candidates
    near = replace(seen, xyxy=seen.xyxy + random.normal(0, 15, (len(seen), 4)))
    everything = Predictions.concat([near, replace(seen, score=0.9 * seen.score)])
    rows = random.permutation(len(everything))[: len(seen)].astype(np.int32)
    opinion = replace(
        made.opinion,
        predictions=everything,
        candidates=everything.rows(rows),
        candidate_scores=None,
        among=rows,
    )
    room = image_sizes(made.derived)
    met = overlaps(labels.image, labels.xyxy, everything.image, everything.xyxy)
    known = places_of(opinion, labels, room, met)
    plain = places_of(replace(opinion, among=None), labels, room)
    assert known.fixed["near_surer"].max() > 0
    for name, values in plain.fixed.items():
        assert known.fixed[name].tolist() == values.tolist(), name
    assert len(plain.met) > 100
    for name, values in vars(plain.met).items():
        assert getattr(known.met, name) == pytest.approx(values), name
    assert known.shared == pytest.approx(plain.shared)


def test_the_rank_counts_surer_places_of_the_image(looked):
    _, _, places = looked
    seen = places.predictions
    for row in range(len(seen)):
        surer = (seen.image == seen.image[row]) & (seen.score > seen.score[row])
        assert places.fixed["rank"][row] == surer.sum()


def test_a_surer_place_that_overlaps_is_evidence_and_a_fainter_one_is_not(looked):
    made, labels, _ = looked
    one, places = made.opinion.candidates.rows(np.array([0, 0])), made.opinion
    pair = replace(one, score=np.array([0.9, 0.4]), xyxy=np.add(one.xyxy, [[0.0], [5.0]]))
    places = places_of(
        replace(places, candidates=pair, candidate_scores=None), labels, image_sizes(made.derived)
    )
    overlap = iou(pair.xyxy[:1], pair.xyxy[1:])[0]
    assert places.fixed["near_surer"].tolist() == pytest.approx([0.0, overlap])


def probabilities(looked, verdicts=None, **settings):
    made, labels, places = looked
    group = groups(len(made.derived.dataset.images), 0)
    verdicts = verdicts or HumanMissingLabels.empty()
    return probability_missing(places, labels, group, verdicts, **({"seed": 0} | settings))


def test_only_places_that_no_label_explains_have_a_probability(looked):
    _, labels, places = looked
    found = probabilities(looked)
    assert (np.isfinite(found) == unexplained(places, labels)).all()


def test_what_was_seen_of_a_label_is_no_forgotten_object(looked):
    made, labels, _ = looked
    random = np.random.default_rng(0)
    moved = labels.xyxy + random.choice((0.0, 0.15, 0.2, 0.25), (len(labels), 1)) * np.tile(
        labels.xyxy[:, 2:] - labels.xyxy[:, :2], 2
    )
    labels = replace(labels, xyxy=moved)
    places = places_of(made.opinion, labels, image_sizes(made.derived))
    seen = places.predictions
    expected = free(places, np.ones(len(labels), bool))
    was_free = expected.copy()
    for row in range(len(labels)):
        rivals = (seen.image == labels.image[row]) & (seen.label == labels.label[row])
        here = np.flatnonzero(rivals)
        overlap = iou(np.tile(labels.xyxy[row], (len(here), 1)), seen.xyxy[here])
        merit = overlap * np.sqrt(seen.score[here])
        if len(here) and overlap[merit.argmax()] >= 0.4:
            expected[here[merit.argmax()]] = False
    assert (unexplained(places, labels) == expected).all()
    assert (expected != was_free).sum() > 10


def test_what_people_say_of_places_is_learnt_from(looked):
    _, _, places = looked
    found = probabilities(looked)
    rows = np.flatnonzero(np.isfinite(found))[::2]
    seen = places.predictions.rows(rows)
    nothing_there = np.zeros(len(rows), bool)
    verdicts = HumanMissingLabels.of(
        len(rows), image=seen.image, xyxy=seen.xyxy, real=nothing_there
    )
    again = probabilities(looked, verdicts)
    assert np.nansum(again) < np.nansum(found)


def test_with_nothing_left_out_nothing_can_be_learnt(looked, monkeypatch):
    monkeypatch.setattr(classifier, "LEFT_OUT", 0.0)
    monkeypatch.setattr(classifier, "LEFT_OUT_WHOLE", 0.0)
    assert np.isnan(probabilities(looked)).all()


def test_a_correction_keeps_certainty_and_order():
    given = np.array([0.0, 0.1, 0.5, 0.9, 1.0])
    found = corrected(given)
    assert found[[0, -1]].tolist() == [0.0, 1.0]
    assert (np.diff(found) > 0).all()
    assert (found[1:-1] < given[1:-1]).all()


def test_labels_are_left_out_one_by_one_and_a_class_of_an_image_as_a_whole(looked, monkeypatch):
    labels = looked[1]
    share = left_out(labels, np.random.default_rng(1)).mean()
    assert 0.1 < share < 0.35
    monkeypatch.setattr(classifier, "LEFT_OUT", 0.0)
    monkeypatch.setattr(classifier, "LEFT_OUT_WHOLE", 0.5)
    gone = left_out(labels, np.random.default_rng(1))
    for image in np.unique(labels.image):
        for label in np.unique(labels.label):
            here = (labels.image == image) & (labels.label == label)
            assert gone[here].all() or not gone[here].any()
    assert 0.3 < gone.mean() < 0.7


def test_without_labels_none_is_left_out():
    assert len(left_out(Labels.empty(), np.random.default_rng(0))) == 0


def test_what_people_forgot_is_no_example_of_a_place_without_an_object(looked, monkeypatch):
    made, _, places = looked
    seen, gone = places.predictions, made.forgotten
    met = overlaps(seen.image, seen.xyxy, gone.image, gone.xyxy)
    there = np.unique(met.one[met.overlap >= 0.5])
    twice = probabilities(looked)[there]
    monkeypatch.setattr(classifier, "ROUNDS", 1)
    once = probabilities(looked)[there]
    assert np.nanmean(twice) > np.nanmean(once)
