from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from labelaudit.boxes.ops import iou
from labelaudit.boxes.overlaps import max_by_row, overlaps
from labelaudit.core.columns import texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.anchoring import MIN_IMAGES, MIN_JUDGED
from labelaudit.label_errors.human_labels import (
    HumanBoxLabels,
    HumanImageCounts,
    HumanLabels,
    HumanMissingLabels,
)
from labelaudit.label_errors.scoring import label_issues
from labelaudit.predictions.model_output import ModelOutput
from labelaudit.predictions.predictions import Predictions
from labelaudit.testing import images, one_image, with_columns
from tests.label_errors.simulated import judged, world

ERRORS = ("wrong_class", "loose_box", "spurious")


@pytest.fixture(scope="module")
def noisy():
    made = world(count=80)
    return made, judged(made)


def precision(made, found, error, column):
    """Average precision of a column in telling labels with one error from right ones."""
    compared = (made.error == "") | (made.error == error)
    return average_precision_score((made.error == error)[compared], column[compared])


@pytest.mark.parametrize("error", ERRORS)
def test_planted_errors_rank_first(noisy, error):
    made, found = noisy
    assert precision(made, found, error, getattr(found.boxes, error)) > 0.9


def test_the_probability_of_any_error_is_that_of_not_none(noisy):
    boxes = noisy[1].boxes
    none = np.prod([1 - getattr(boxes, error) for error in ERRORS], axis=0)
    assert np.allclose(boxes.wrong, 1 - none)
    assert boxes.wrong.min() >= 0
    assert boxes.wrong.max() <= 1


def test_the_number_of_errors_is_about_right(noisy):
    made, found = noisy
    assert found.boxes.wrong.sum() == pytest.approx((made.error != "").sum(), rel=0.4)


def test_corrections_are_the_true_class_and_about_the_true_box(noisy):
    made, found = noisy
    flipped = np.flatnonzero(made.error == "wrong_class")
    assert (found.boxes.label[flipped] != made.derived.box_class[flipped]).mean() > 0.8
    loose = np.flatnonzero(made.error == "loose_box")
    given = made.derived.dataset.boxes.xyxy[loose]
    assert iou(found.boxes.xyxy[loose], given).mean() < 0.7


def test_a_box_that_fits_well_stays_where_it_is(noisy):
    made, found = noisy
    given = made.derived.dataset.boxes.xyxy
    moved = (found.boxes.xyxy != given).any(axis=1)
    assert (found.boxes.overlap[~moved] == 1).all()
    assert found.boxes.overlap[moved].max() <= 0.8


def test_missing_objects_come_first(noisy):
    made, found = noisy
    # Loosely boxed objects may come among them: nothing fits these, either.
    loose = int((made.error == "loose_box").sum())
    top = found.missing.rows(slice(0, len(made.unlabelled) + loose))
    box_overlaps = overlaps(made.unlabelled.image, made.unlabelled.xyxy, top.image, top.xyxy)
    hit = max_by_row(box_overlaps.one, box_overlaps.overlap, len(made.unlabelled)) >= 0.5
    assert hit.mean() > 0.9
    assert (np.diff(found.missing.probability) <= 0).all()
    assert found.missing.overlap.max() < 0.5


def test_the_seed_decides_everything(noisy):
    made, found = noisy
    again = judged(made)
    assert (again.boxes.wrong == found.boxes.wrong).all()
    assert (again.missing.probability == found.missing.probability).all()


def test_one_class_has_no_wrong_classes_and_everything_else():
    made = world(count=40, classes=1)
    found = judged(made)
    assert found.boxes.wrong_class.max() == 0
    assert precision(made, found, "loose_box", found.boxes.loose_box) > 0.9


def test_objectlab_is_shown_where_it_is_asked_for_and_changes_no_probability():
    pytest.importorskip("cleanlab")
    made = world(count=20)
    plain, more = judged(made), judged(made, objectlab=True)
    names = {"objectlab_misplaced", "objectlab_swapped"}
    assert more.box_features.keys() - plain.box_features.keys() == names
    assert all(more.box_features[name].shape == (len(plain.boxes),) for name in names)
    assert more.box_features["objectlab_misplaced"].max() > 0
    np.testing.assert_array_equal(more.boxes.wrong, plain.boxes.wrong)


def test_predictions_from_a_file_are_enough():
    made = world(count=80)
    model_output = replace(made.model_output, box_scores=None, candidate_scores=None)
    found = label_issues(made.derived, model_output)
    for error in ERRORS:
        assert precision(made, found, error, getattr(found.boxes, error)) > 0.7
    assert len(found.missing)


def test_predictions_that_name_only_the_best_class_are_enough():
    made = world(count=80)
    bare = replace(
        made.model_output.predictions,
        class_scores=np.zeros((len(made.model_output.predictions), 0)),
    )
    model_output = replace(
        made.model_output, predictions=bare, candidates=bare, box_scores=None, candidate_scores=None
    )
    found = label_issues(made.derived, model_output)
    assert precision(made, found, "wrong_class", found.boxes.wrong_class) > 0.7


def test_images_that_no_model_saw_are_not_judged_and_say_so(noisy):
    made, _ = noisy
    fold = made.model_output.fold.copy()
    fold[:10] = -1
    found = judged(replace(made, model_output=replace(made.model_output, fold=fold)))
    unseen = made.derived.dataset.boxes.image < 10
    assert not found.boxes.was_scored[unseen].any()
    assert set(found.boxes.abstention_reason[unseen].tolist()) == {"no model looked at its image"}
    assert np.isnan(found.boxes.wrong[unseen]).all()
    assert np.isfinite(found.boxes.wrong[~unseen]).all()
    assert found.missing.image.min() >= 10


def test_a_crowd_is_not_judged_and_nothing_is_missing_in_it(noisy):
    made, found = noisy
    image = int(found.missing.image[0])
    boxes = made.derived.dataset.boxes
    crowd = np.zeros(len(boxes), bool)
    row = int(np.flatnonzero(boxes.image == image)[0])
    crowd[row] = True
    xyxy = boxes.xyxy.copy()
    xyxy[row] = [0, 0, 640, 480]
    derived = DatasetColumns(with_columns(made.derived.dataset, "boxes", crowd=crowd, xyxy=xyxy))
    model_output = replace(made.model_output, box_scores=None, candidate_scores=None)
    again = label_issues(derived, model_output)
    assert not (again.missing.image == image).any()
    assert again.boxes.abstention_reason[row] == "it is a crowd or difficult"


def test_a_person_is_believed_and_others_are_judged_again(noisy):
    made, found = noisy
    doubted = np.argsort(-found.boxes.wrong)[:4].astype(np.int32)
    words = ["ok", "wrong_class", "loose_box", "spurious"]
    place = found.missing.rows(np.arange(2))
    human_labels = HumanLabels(
        HumanBoxLabels.of(4, box=doubted, verdict=texts(words)),
        HumanMissingLabels.of(2, image=place.image, xyxy=place.xyxy, is_missing=[True, False]),
    )
    again = judged(made, human_labels=human_labels)
    assert again.boxes.wrong[doubted].tolist() == [0, 1, 1, 1]
    assert [getattr(again.boxes, word)[doubted[row + 1]] for row, word in enumerate(words[1:])] == [
        1,
        1,
        1,
    ]
    assert again.missing.probability[0] == 1
    there = (again.missing.xyxy == place.xyxy[1]).all(axis=1)
    assert not there.any()
    assert (again.boxes.wrong != found.boxes.wrong).sum() > 4


@pytest.fixture(scope="module")
def given():
    """The same world with predictions from a file, and what is made of them."""
    made = world(count=60, rate=0.06)
    bare = replace(made.model_output, box_scores=None, candidate_scores=None)
    return made, bare, label_issues(made.derived, bare, seed=0)


def test_predictions_from_a_file_give_doubts_with_bounds(given):
    _, _, found = given
    assert not found.boxes_calibrated
    assert not found.missing_calibrated
    assert set(found.max_share) == {"wrong_class", "loose_box", "spurious"}
    assert found.counts == {}


def verdicts(made, count):
    """What a person says of the first labels of a random order."""
    rows = np.random.default_rng(0).permutation(len(made.error))[:count]
    said = np.where(made.error[rows] == "", "ok", made.error[rows])
    box = made.synthetic_noise.labels.box[rows]
    return HumanLabels(HumanBoxLabels.of(count, box=box, verdict=texts(said.tolist())))


@pytest.mark.parametrize(("count", "calibrated"), [(MIN_JUDGED - 1, False), (MIN_JUDGED, True)])
def test_enough_judged_labels_make_doubts_probabilities(given, count, calibrated):
    made, bare, before = given
    found = label_issues(made.derived, bare, seed=0, human_labels=verdicts(made, count))
    assert found.boxes_calibrated is calibrated
    few = [note for note in found.notes if "that a person judged got a doubt: 50 make" in note]
    assert len(few) == (not calibrated)
    assert not found.missing_calibrated
    assert (set(found.counts) == {"wrong_class", "loose_box", "spurious"}) is calibrated
    known = np.isin(np.arange(len(found.boxes)), verdicts(made, count).boxes.box)
    assert np.isin(found.boxes.wrong_class[known & found.boxes.was_scored], (0, 1)).all()
    left = ~known & found.boxes.was_scored
    ranks = [np.argsort(one.boxes.spurious[left], kind="stable") for one in (before, found)]
    assert (ranks[0] == ranks[1]).all()  # nothing was learnt from verdicts


def test_a_judged_sample_says_how_many_labels_have_each_error(given):
    made, bare, _ = given
    found = label_issues(made.derived, bare, seed=0, human_labels=verdicts(made, 150))
    for error, count in found.counts.items():
        real = (made.error == error).sum()
        assert count.low <= real <= count.high
        assert 0.6 * real < np.nansum(getattr(found.boxes, error)) < 1.5 * real


@pytest.mark.parametrize(
    ("images_judged", "calibrated"), [(MIN_IMAGES - 1, False), (MIN_IMAGES, True)]
)
def test_enough_judged_images_make_doubts_about_places_probabilities(
    given, images_judged, calibrated
):
    made, bare, _ = given
    missing = np.bincount(made.unlabelled.image, minlength=60)[:images_judged]
    judged = HumanImageCounts.of(images_judged, image=np.arange(images_judged), missing=missing)
    found = label_issues(made.derived, bare, seed=0, human_labels=HumanLabels(images=judged))
    assert found.missing_calibrated is calibrated
    few = [note for note in found.notes if "19 images judged: 20 make doubts" in note]
    assert len(few) == (not calibrated)
    assert not found.boxes_calibrated
    assert (list(found.counts) == ["missing_box"]) is calibrated
    if calibrated:
        count = found.counts["missing_box"]
        assert count.low <= len(made.unlabelled) <= count.high


def test_verdicts_about_images_change_no_probability_of_an_own_detector(noisy):
    made, found = noisy
    judged_images = HumanImageCounts.of(30, image=np.arange(30), missing=np.full(30, 2))
    again = judged(made, human_labels=HumanLabels(images=judged_images))
    assert (again.missing.probability == found.missing.probability).all()
    assert again.counts == {}


def test_few_labels_are_not_judged():
    derived = DatasetColumns(one_image("cat 10 10 60 60", "dog 100 10 160 60"))
    model_output = ModelOutput(
        "nobody",
        tuple(derived.classes),
        Predictions.empty(2),
        Predictions.empty(2),
        np.zeros(1, np.int32),
        np.ones(1),
    )
    found = label_issues(derived, model_output)
    assert not found.boxes.was_scored.any()
    assert "fewer than 40 labels" in found.boxes.abstention_reason[0]
    assert len(found.missing) == 0


def test_a_dataset_without_labels_is_no_obstacle():
    derived = DatasetColumns(images({"a.jpg": []}))
    nothing = Predictions.empty(0)
    model_output = ModelOutput("x", (), nothing, nothing, np.zeros(1, np.int32), np.ones(1))
    found = label_issues(derived, model_output)
    assert len(found.boxes) == len(found.missing) == 0


def test_nothing_is_learnt_from_synthetic_errors_that_no_model_looked_at(noisy):
    made, _ = noisy
    said = made.model_output.box_scores
    blind = np.arange(len(said)) < len(made.synthetic_noise.labels)
    model_output = replace(made.model_output, box_scores=replace(said, has_scores=blind))
    found = judged(replace(made, model_output=model_output))
    assert found.boxes.loose_box.max() == found.boxes.spurious.max() == 0
    assert found.boxes.wrong_class.max() > 0.5
