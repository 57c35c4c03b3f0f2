from dataclasses import replace

import numpy as np
import pytest

from labelaudit.boxes.ops import iou
from labelaudit.label_errors.classifier import image_groups
from labelaudit.label_errors.human_labels import HumanMissingLabels
from labelaudit.label_errors.labels import image_sizes_of
from labelaudit.label_errors.missing import classifier, place_scores
from labelaudit.label_errors.missing.candidates import candidates_of, unexplained, unlabelled
from labelaudit.label_errors.missing.classifier import probability_missing
from labelaudit.label_errors.missing.place_scores import doubt_missing
from tests.label_errors.simulated import world


def looked_at(made, labels, change=None):
    """The candidates of predictions from a file."""
    output = replace(made.model_output, box_scores=None, candidate_scores=None)
    if change is not None:
        output = replace(output, candidates=change(output.candidates))
    return candidates_of(output, labels, image_sizes_of(made.derived))


@pytest.fixture(scope="module")
def looked():
    made = world(count=30, rate=0.1)
    labels = made.synthetic_noise.labels
    return made, labels, looked_at(made, labels)


def test_a_place_has_its_score_less_by_labels_of_its_class_and_surer_places(looked):
    made, labels, _ = looked
    candidates = looked_at(made, labels, lambda one: replace(one, image=one.image % 3))
    kept = np.random.default_rng(0).random(len(labels)) < 0.7
    found, predictions = place_scores.place_scores(candidates, labels, kept), candidates.predictions

    def most(row, others):
        place = np.tile(predictions.xyxy[row], (len(others), 1))
        return iou(place, others).max(initial=0)

    lowered = 0
    for row in range(len(candidates)):
        here = kept & (labels.image == predictions.image[row])
        same = labels.xyxy[here & (labels.label == predictions.label[row])]
        surer = predictions.image == predictions.image[row]
        surer &= predictions.score > predictions.score[row]
        one, other = most(row, same), most(row, predictions.xyxy[surer])
        expected = predictions.score[row] * np.exp(-2 * one**2) * np.exp(-2 * other**2)
        assert found[row] == pytest.approx(expected)
        lowered += one > 0.1 and other > 0.1
    assert lowered >= 3


def test_doubts_are_ordered_by_what_the_detector_says_of_places_no_label_explains(looked):
    _, labels, candidates = looked
    doubt = doubt_missing(candidates, labels, seed=0)
    judged = np.isfinite(doubt)
    assert (judged == unexplained(candidates, labels)).all()
    scores = place_scores.place_scores(candidates, labels, np.ones(len(labels), bool))[judged]
    order = np.argsort(scores)
    assert (np.diff(doubt[judged][order]) >= 0).all()
    assert doubt[judged].max() > 1.5 * doubt[judged].min() > 0


def test_the_order_stays_where_sure_places_are_seldom_labelled(looked):
    """As in labels of which the most visible objects are missing."""
    made, labels, first = looked
    is_free = unlabelled(first, np.ones(len(labels), bool))
    score = np.where(is_free, 0.9, 0.2) + 0.1 * first.predictions.score
    candidates = looked_at(made, labels, lambda one: replace(one, score=score))
    doubt = doubt_missing(candidates, labels, seed=0)
    assert len(np.unique(doubt[np.isfinite(doubt)])) == 1
    assert 0 < np.nanmax(doubt) < 0.5


def test_a_score_of_one_or_of_none_is_a_doubt_like_others(looked):
    made, labels, first = looked
    is_free = unlabelled(first, np.ones(len(labels), bool))
    score = np.where(is_free, np.arange(len(is_free)) % 2, 1.0)
    candidates = looked_at(made, labels, lambda one: replace(one, score=score))
    doubt = doubt_missing(candidates, labels, seed=0)
    judged = np.isfinite(doubt)
    assert ((doubt[judged] > 0) & (doubt[judged] < 1)).all()
    sure = score[judged] == 1.0
    assert doubt[judged][sure].min() > doubt[judged][~sure].max()


def test_with_nothing_left_out_no_place_is_in_doubt(looked, monkeypatch):
    _, labels, candidates = looked
    monkeypatch.setattr(classifier, "LEFT_OUT_LABELS", 0.0)
    monkeypatch.setattr(classifier, "LEFT_OUT_CLASSES", 0.0)
    assert np.isnan(doubt_missing(candidates, labels, seed=0)).all()


def test_where_all_labels_of_images_are_gone_a_file_still_tells_what_is_missing():
    """What a detector sees surely in images without any label, as in those with labels."""
    made = world(count=60, rate=0.01)
    labels = made.synthetic_noise.labels
    labels = labels.rows(labels.image % 2 == 0)
    file = looked_at(made, labels)
    trained = candidates_of(made.model_output, labels, image_sizes_of(made.derived))
    group = image_groups(len(made.derived.dataset.images), 0)
    by_file = doubt_missing(file, labels, seed=0)
    by_training = probability_missing(trained, labels, group, HumanMissingLabels.empty(), seed=0)
    empty = file.predictions.image % 2 == 1
    assert np.nanmean(by_file[empty]) > 2 * np.nanmean(by_training[empty])
