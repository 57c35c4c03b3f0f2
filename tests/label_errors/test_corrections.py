from dataclasses import replace

import numpy as np
import pytest

from labelaudit.boxes.ops import iou
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.confident_learning import confident_margin
from labelaudit.label_errors.corrections import MAX_CORRECTED_IOU, suggested_corrections
from labelaudit.label_errors.labels import labels_of
from labelaudit.predictions.model_output import ModelOutput
from labelaudit.predictions.predictions import Predictions
from labelaudit.testing import one_image
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


def test_what_each_model_says_of_a_label_is_told_of_its_class_the_other_and_the_background():
    made = world(count=10, rate=0.1)
    rng = np.random.default_rng(0)
    said, labels = made.model_output.box_scores, made.synthetic_noise.labels
    crop = rng.dirichlet(np.ones(4), len(said.crop_probs)).astype(np.float32)
    said = replace(said, crop_probs=crop)
    found = agreed(labels, replace(made.model_output, box_scores=said))
    rows, count = np.arange(len(labels)), len(labels)
    likely = (crop[:count, :-1] * said.det_probs[:count]).argmax(axis=1)
    assert found.label.tolist() == likely.tolist()
    assert (likely != said.det_probs[:count].argmax(axis=1)).any()  # the two do not always agree
    assert (likely != crop[:count, :-1].argmax(axis=1)).any()
    given = said.det_probs[rows, labels.label]
    assert found.given_score.tolist() == pytest.approx(given.tolist())
    assert found.background.tolist() == pytest.approx(crop[:count, 3].tolist())


def moved(label: str, *, to: str, iou_with_label: float) -> bool:
    """Whether a box of 100 px is corrected by one detection beside it, of class `to`."""
    derived = DatasetColumns(one_image(f"{label} 0 0 100 100", "dog 300 0 400 100"))
    labels = labels_of(derived)
    shift = 100 * (1 - iou_with_label) / (1 + iou_with_label)
    detection = Predictions.of(
        [0], [derived.classes.index(to)], np.array([[shift, 0, shift + 100, 100]]), [0.9]
    )
    model_output = ModelOutput(
        "a file", tuple(derived.classes), detection, detection, np.zeros(1, np.int32), np.ones(1)
    )
    return bool((agreed(labels, model_output).xyxy[0] != labels.xyxy[0]).any())


@pytest.mark.parametrize(
    ("overlap", "expected"), [(0.29, False), (0.31, True), (0.79, True), (0.81, False)]
)
def test_a_box_is_corrected_by_one_that_overlaps_it_sensibly(overlap, expected):
    assert moved("cat", to="cat", iou_with_label=overlap) is expected


@pytest.mark.parametrize(("width", "expected"), [(29, False), (30, True), (80, True), (81, False)])
def test_the_limits_of_a_correction_are_inclusive(width: int, expected: bool):
    derived, labels = DatasetColumns(one_image("cat 0 0 100 100")), [[0.0, 0, width, 100]]
    found = agreed(labels_of(derived), predicting(derived, labels, [0.9]))
    assert found.xyxy[0].tolist() == ([0, 0, width, 100] if expected else [0, 0, 100, 100])


def test_the_background_is_what_the_surest_nearest_detection_leaves():
    derived = DatasetColumns(one_image("cat 0 0 100 100"))
    boxes = [[0.0, 0, 50, 100], [0.0, 0, 80, 100]]
    found = agreed(labels_of(derived), predicting(derived, boxes, [0.9, 0.5]))
    assert found.background.tolist() == pytest.approx([1 - 0.5 * 0.9])


def predicting(derived: DatasetColumns, boxes: list[list[float]], score: list[float]):
    """A file of detections of the first class in the first image."""
    none = np.zeros(len(score))
    seen = Predictions.of(none, none, np.array(boxes), score)
    fold, scale = np.zeros(1, np.int32), np.ones(1)
    return ModelOutput("a file", tuple(derived.classes), seen, seen, fold, scale)


def test_a_box_is_never_that_of_a_detection_of_another_class():
    assert moved("cat", to="cat", iou_with_label=0.6)
    assert not moved("cat", to="dog", iou_with_label=0.6)


def test_a_surer_detection_of_another_class_does_not_hide_that_of_the_label():
    derived = DatasetColumns(one_image("cat 0 0 100 100", "dog 300 0 400 100"))
    boxes = np.array([[0.0, 0, 100, 100], [0, 0, 100, 60]])
    seen = Predictions.of([0, 0], [1, 0], boxes, [0.9, 0.3])
    model_output = ModelOutput(
        "a file", tuple(derived.classes), seen, seen, np.zeros(1, np.int32), np.ones(1)
    )
    found = agreed(labels_of(derived), model_output)
    assert found.label[0] == 1
    assert found.xyxy[0].tolist() == [0, 0, 100, 60]


def suggested(*labels: str, seen: tuple[str, ...], score: float = 0.9):
    """The class and left side in place of each label of an image, by detections in it."""
    derived = DatasetColumns(one_image(*labels, size=(900, 500)))
    words = [one.split() for one in seen]
    classes = list(derived.classes)
    file = Predictions.of(
        np.zeros(len(seen)),
        [classes.index(name) for name, *_ in words],
        np.array([[float(number) for number in box] for _, *box in words]),
        [score] * len(seen),
    )
    model_output = ModelOutput(
        "a file", tuple(classes), file, file, np.zeros(1, np.int32), np.ones(1)
    )
    found = agreed(labels_of(derived), model_output)
    return [classes[row] for row in found.label], found.xyxy[:, 0].tolist()


ELSEWHERE = "cat 600 300 700 400"  # so that there are cats


def test_what_nobody_explains_names_the_class_of_a_label():
    assert suggested("dog 0 0 100 100", ELSEWHERE, seen=("cat 0 0 100 95",))[0] == ["cat", "cat"]


def test_the_person_beside_a_dog_is_not_what_the_dog_is():
    person, dog = "person 0 0 100 200", "dog 0 100 100 200"
    assert suggested(person, dog, seen=("person 0 0 100 195",))[0] == ["person", "dog"]
    assert suggested(person, dog, seen=("person 0 105 100 200",))[0] == ["person"] * 2


def test_of_two_labels_of_two_classes_on_one_object_none_becomes_the_other():
    seen = ("cat 0 0 100 95",)
    assert suggested("dog 0 0 100 100", "cat 0 0 100 100", seen=seen)[0] == ["dog", "cat"]
    assert suggested("dog 0 0 100 95", "cat 0 0 100 100", seen=seen)[0] == ["dog", "cat"]


@pytest.mark.parametrize(("width", "expected"), [(50, "dog"), (49, "cat")])
def test_a_detection_is_the_match_of_another_label_from_half_an_overlap_on(width, expected):
    labels = ("dog 0 0 100 100", f"cat 0 0 {width} 100")
    assert suggested(*labels, seen=("cat 0 0 100 100",))[0] == [expected, "cat"]


def test_a_label_that_has_a_better_match_explains_no_other_detection():
    labels = ("dog 0 0 100 100", "cat 0 0 60 100")
    seen = ("cat 0 0 100 100", "cat 0 0 60 98")
    assert suggested(*labels, seen=seen)[0] == ["cat", "cat"]


@pytest.mark.parametrize(("width", "expected"), [(30, "cat"), (29, "dog")])
def test_a_class_is_that_of_a_detection_that_overlaps_the_label_sensibly(width, expected):
    seen = (f"cat 0 0 {width} 100",)
    assert suggested("dog 0 0 100 100", ELSEWHERE, seen=seen)[0][0] == expected


def test_a_box_does_not_move_to_the_object_of_a_neighbour_of_its_class():
    seen = ("cat 40 0 140 100",)
    assert suggested("cat 0 0 100 100", "cat 42 0 142 100", seen=seen)[1] == [0, 42]
    assert suggested("cat 0 0 100 100", seen=seen)[1] == [40]
    # Of two labels of one object, the one that fits better may be framed as it is seen.
    assert suggested("cat 0 0 100 100", "cat 90 0 190 100", seen=seen)[1] == [40, 90]


def test_a_label_whose_detection_is_a_neighbours_keeps_its_class():
    labels = ("cat 0 0 100 100", "cat 42 0 142 100", "dog 600 0 700 100")
    assert suggested(*labels, seen=("cat 40 0 140 100", "dog 0 0 31 100"))[0][0] == "cat"


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
