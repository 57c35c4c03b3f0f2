from dataclasses import replace

import numpy as np
import pytest

from labelaudit.boxes.ops import iou
from labelaudit.label_errors.confident_learning import confident_margin
from labelaudit.label_errors.corrections import MAX_CORRECTED_IOU, suggested_corrections
from labelaudit.predictions.predictions import Predictions
from tests.label_errors.simulated import overlaps_with, world


def agreed(labels, model_output):
    return suggested_corrections(
        labels, model_output, overlaps_with(labels, model_output.predictions)
    )


def test_the_box_moves_only_where_models_put_it_elsewhere():
    made = world(count=20, rate=0.1)
    labels = made.synthetic_noise.labels
    found = agreed(labels, made.model_output)
    dense = made.model_output.box_scores.mean_anchor_box[: len(labels)]
    near = iou(dense, labels.xyxy) > MAX_CORRECTED_IOU
    assert near.any()
    assert not near.all()
    assert (found.xyxy[near] == labels.xyxy[near]).all()
    assert (found.xyxy[~near] == dense[~near]).all()


def test_the_class_is_that_of_detector_and_crop_head_together():
    made = world(count=10, rate=0.1, sight=0.7)
    said = made.model_output.box_scores
    found = agreed(made.synthetic_noise.labels, made.model_output)
    both = (said.crop_probs[:, :-1] * said.det_probs)[: len(found)]
    assert found.label.tolist() == both.argmax(axis=1).tolist()
    rows = np.arange(len(found))
    assert found.other_score.tolist() == pytest.approx(said.det_probs[rows, found.label].tolist())


def test_of_predictions_the_best_match_counts_and_without_one_the_label_stays():
    made = world(count=10, rate=0.1)
    labels = made.synthetic_noise.labels
    bare = replace(made.model_output, box_scores=None, candidate_scores=None)
    found = agreed(labels, bare)
    flipped = made.error == "wrong_class"
    assert (found.label[flipped] != labels.label[flipped]).all()
    assert (found.other_score[flipped] > found.given_score[flipped]).all()
    blind = agreed(labels, replace(bare, predictions=Predictions.empty(3)))
    assert (blind.label == labels.label).all()
    assert (blind.xyxy == labels.xyxy).all()
    assert (blind.background == 1).all()


def test_a_margin_is_measured_against_how_sure_the_model_usually_is():
    made = world(count=40, rate=0.05)
    labels = made.synthetic_noise.labels
    margin = confident_margin(labels, made.model_output.box_scores)
    assert margin[made.error == "wrong_class"].min() > 0
    assert np.mean(margin[made.error == ""] < 0) > 0.95


def test_without_a_model_there_is_no_margin():
    made = world(count=10, rate=0.05)
    said = made.model_output.box_scores
    said.has_scores[:] = False
    assert np.isnan(confident_margin(made.synthetic_noise.labels, said)).all()
