from dataclasses import replace

import numpy as np
import pytest

from labelaudit.boxes.ops import iou
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.abstention import (
    abstention_reasons,
    average_precision_in,
    hits,
    unknown_classes,
)
from labelaudit.label_errors.labels import Labels, labels_of
from labelaudit.predictions.model_output import BoxScores, ModelOutput
from labelaudit.predictions.predictions import Predictions
from labelaudit.testing import images, one_image, with_columns
from tests.label_errors.simulated import overlaps_with, world


def reasons_of(derived, labels, model_output):
    return abstention_reasons(
        derived, labels, model_output, overlaps_with(labels, model_output.predictions)
    )


def slow_average_precision(labels, predictions, images, label):
    """As Pascal VOC counts it: a loop over predictions, surest first."""
    mine = np.flatnonzero((labels.label == label) & images[labels.image])
    rows = np.flatnonzero((predictions.label == label) & images[predictions.image])
    found, hits = set(), []
    for row in rows[np.argsort(-predictions.score[rows], kind="stable")]:
        overlap = [
            iou(predictions.xyxy[[row]], labels.xyxy[[box]])[0]
            * (labels.image[box] == predictions.image[row])
            for box in mine
        ]
        best = int(np.argmax(overlap))
        hits.append(overlap[best] >= 0.5 and best not in found)
        if overlap[best] >= 0.5:
            found.add(best)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return sum(precision[place:].max() for place, hit in enumerate(hits) if hit) / len(mine)


@pytest.mark.parametrize("seed", range(3))
def test_average_precision_is_that_of_a_loop(seed):
    made = world(count=15, rate=0.1, sight=0.7, seed=seed)
    labels, seen = made.synthetic_noise.labels, made.model_output.predictions
    seen = Predictions.concat([seen, replace(seen, score=seen.score * 0.7)])
    images = np.arange(15) < 11
    hit = hits(labels, seen, overlaps_with(labels, seen))
    found = average_precision_in(images, labels, seen, hit, 3)
    expected = [slow_average_precision(labels, seen, images, label) for label in range(3)]
    assert found.tolist() == pytest.approx(expected)


def test_a_prediction_finds_the_label_that_it_overlaps_most_and_the_surest_comes_first():
    boxes = np.array([[0.0, 0, 100, 100], [0, 0, 100, 70], [300, 0, 400, 100]])
    rows = np.arange(3, dtype=np.int32)
    labels = Labels(rows, rows * 0, np.array([0, 0, 1], np.int32), boxes)
    upper, lower = [0.0, 0, 100, 95], [0.0, 40, 100, 100]
    seen = Predictions.of([0, 0, 0], [0, 0, 0], np.array([lower, upper, boxes[2]]), [0.6, 0.9, 0.9])
    # Both find the first label, although the surer overlaps the second, too; the last is of
    # another class than the label there.
    assert hits(labels, seen, overlaps_with(labels, seen)).tolist() == [False, True, False]


def test_a_class_without_labels_has_no_precision():
    nothing = Predictions.empty(2)
    found = average_precision_in(np.ones(1, bool), Labels.empty(), nothing, np.zeros(0, bool), 2)
    assert np.isnan(found).all()


def reasons(made, derived=None):
    derived = derived or made.derived
    return reasons_of(derived, labels_of(derived), made.model_output)


def test_all_is_judged_in_a_good_world():
    assert set(reasons(world()).tolist()) == {""}


def test_a_rare_class_is_not_judged_below_three_labels_for_each_fold():
    made = world()
    boxes = made.derived.dataset.boxes
    rare = boxes.label == 2
    for kept in (8, 9):
        label = np.where(rare & (np.cumsum(rare) > kept), 0, boxes.label)
        derived = DatasetColumns(with_columns(made.derived.dataset, "boxes", label=label))
        reasons_given = reasons(made, derived)[label == 2]
        expected = "its class has fewer than 9 labels" if kept == 8 else ""
        assert set(reasons_given.tolist()) == {expected}


def test_a_box_is_too_small_by_its_size_in_the_network():
    made = world()
    side = np.sqrt((made.derived.dataset.boxes.size).prod(axis=1))
    small = replace(made.model_output, scale=np.full(60, 8.0 / np.median(side)))
    reasons_given = reasons_of(made.derived, labels_of(made.derived), small)
    assert ((reasons_given != "") == (side < np.median(side))).all()
    assert set(reasons_given[reasons_given != ""].tolist()) == {
        "it is smaller than 8 px as the model sees it"
    }


def test_where_the_scale_is_unknown_no_box_is_too_small():
    made = world()
    unknown = replace(made.model_output, scale=np.full(60, np.nan))
    assert set(reasons_of(made.derived, labels_of(made.derived), unknown).tolist()) == {""}


def test_a_class_is_unknown_if_neither_detector_nor_crop_head_knows_it():
    made = world(rate=0)
    labels, seen = made.synthetic_noise.labels, made.model_output.predictions
    blind = replace(made.model_output, predictions=seen.rows(seen.label != 1))
    box_overlaps = overlaps_with(labels, blind.predictions)
    assert not unknown_classes(labels, blind, box_overlaps).any()  # the crop head still knows it
    crop = blind.box_scores.crop_probs.copy()
    crop[:, 1] = 0
    blinder = replace(blind, box_scores=replace(blind.box_scores, crop_probs=crop))
    assert unknown_classes(labels, blinder, box_overlaps)[:3].tolist() == [[False, True, False]] * 3
    reasons_given = reasons_of(made.derived, labels, blinder)
    assert ((reasons_given == "the model does not know its class") == (labels.label == 1)).all()


def test_a_box_without_class_or_inside_says_so():
    made = world()
    xyxy = made.derived.dataset.boxes.xyxy.copy()
    xyxy[0, 2] = xyxy[0, 0]
    derived = DatasetColumns(with_columns(made.derived.dataset, "boxes", xyxy=xyxy))
    assert reasons(made, derived)[0] == "it has no class, image or inside"


CLASSES_OF_ROWS = ("car", "van", "a class that no label has")


def in_a_row(cars: int, *, found: int = 40, width: float = 100, scale: float = 1, fold: int = 0):
    """Cars of 100 px and two vans in one image, and a detector that finds some of the cars."""
    boxes = [f"car {200 * n} 0 {200 * n + 100} 100" for n in range(cars)]
    vans = [f"van {200 * n} 200 {200 * n + 100} 300" for n in range(2)]
    derived = DatasetColumns(one_image(*boxes, *vans, size=(20_000, 480)))
    seen = np.array([[200.0 * n, 0, 200 * n + width, 100] for n in range(found)]).reshape(-1, 4)
    none = np.zeros(found)
    predictions = Predictions.of(none, none, seen, np.full(found, 0.9))
    model_output = ModelOutput(
        "a file", CLASSES_OF_ROWS, predictions, predictions, np.full(1, fold), np.full(1, scale)
    )
    return derived, model_output


def reasons_for_cars(derived: DatasetColumns, model_output: ModelOutput) -> set[str]:
    reason = reasons_of(derived, labels_of(derived), model_output)
    return set(reason[derived.box_class == 0].tolist())


def test_nothing_is_judged_below_40_labels():
    assert reasons_for_cars(*in_a_row(38, found=38)) == {""}  # and two vans
    assert reasons_for_cars(*in_a_row(37, found=37)) == {
        "the dataset has fewer than 40 labels to learn from"
    }


def test_a_box_of_eight_pixels_of_the_network_is_judged():
    assert reasons_for_cars(*in_a_row(40, scale=0.08)) == {""}
    assert reasons_for_cars(*in_a_row(40, scale=0.0799)) == {
        "it is smaller than 8 px as the model sees it"
    }


def test_a_detector_knows_a_class_from_an_average_precision_of_02_on():
    assert reasons_for_cars(*in_a_row(40, found=8)) == {""}
    assert reasons_for_cars(*in_a_row(40, found=7)) == {"the model does not know its class"}


def test_a_label_is_found_from_an_iou_of_05_on():
    assert reasons_for_cars(*in_a_row(40, width=50)) == {""}
    assert reasons_for_cars(*in_a_row(40, width=49)) == {"the model does not know its class"}


@pytest.mark.parametrize(("right", "unknown"), [(20, False), (19, True)])
def test_a_crop_head_knows_a_class_if_it_recognises_half_of_it_whatever_it_says_of_background(
    right: int, unknown: bool
):
    derived, blind = in_a_row(40, found=0)
    labels = labels_of(derived)
    made = with_crop_head(blind, labels, np.arange(42) < right, np.arange(42) >= 40)
    found = unknown_classes(labels, made, overlaps_with(labels, made.predictions))
    assert found.tolist() == [[unknown, False, False], [False] * 3]  # images without a model


def with_crop_head(blind: ModelOutput, labels: Labels, *recognised: np.ndarray) -> ModelOutput:
    """What a crop head says, too: of each class the labels that it recognises, none of others."""
    count, classes = len(labels), len(blind.classes)
    crop = np.full((count, classes + 1), 0.1)
    crop[:, -1] = 0.6
    others = (labels.label + 1) % classes
    right = np.choose(labels.label, [*recognised, *[np.zeros(count, bool)] * classes][:classes])
    crop[np.arange(count), np.where(right, labels.label, others)] = 0.3
    one, two = np.full(count, 0.5), np.full((count, classes), 0.5, np.float32)
    said = BoxScores(
        has_scores=np.ones(count, bool),
        det_probs=two,
        class_loss=two,
        box_loss=one,
        weighted_iou=one,
        mean_anchor_box=labels.xyxy,
        crop_probs=crop.astype(np.float32),
        lda_probs=crop.astype(np.float32),
        crop_box=labels.xyxy,
        pred_iou=one,
        knn_probs=two,
    )
    none = Predictions.empty(classes)
    scores = _nothing_said(classes)
    return replace(blind, candidates=none, box_scores=said, candidate_scores=scores)


def _nothing_said(classes: int) -> BoxScores:
    none, two, box = np.zeros(0), np.zeros((0, classes), np.float32), np.zeros((0, 4))
    three = np.zeros((0, classes + 1), np.float32)
    return BoxScores(none > 0, two, two, none, none, box, three, three, box, none, two)


def test_what_no_model_looked_at_is_not_judged():
    nobody = {"no model looked at its image"}
    assert reasons_for_cars(*in_a_row(40, fold=-1)) == nobody
    made = world()
    made.model_output.box_scores.has_scores[:9] = False
    assert set(reasons(made)[:9].tolist()) == nobody
    assert set(reasons(made)[9:].tolist()) == {""}


@pytest.mark.parametrize("column", ["crowd", "difficult"])
def test_crowds_and_difficult_boxes_are_not_judged(column: str):
    made = world()
    flags = np.arange(len(made.derived.dataset.boxes)) < 2
    derived = DatasetColumns(with_columns(made.derived.dataset, "boxes", **{column: flags}))
    given = abstention_reasons(
        derived,
        labels_of(derived),
        replace(made.model_output, box_scores=None),
        overlaps_with(labels_of(derived), made.model_output.predictions),
    )
    assert set(given[:2].tolist()) == {"it is a crowd or difficult"}
    assert set(given[2:].tolist()) == {""}


def in_two_folds(*, knowing: int | None) -> tuple[DatasetColumns, ModelOutput]:
    """20 cars in each of two folds; the detector of one of them, or of none, finds them."""
    cars = [f"car {200 * n} 0 {200 * n + 100} 100" for n in range(20)]
    derived = DatasetColumns(images({"a.jpg": cars, "b.jpg": cars}, size=(20_000, 480)))
    seen = np.flatnonzero(derived.dataset.boxes.image == knowing)
    boxes = derived.dataset.boxes
    none, score = np.zeros(len(seen)), np.full(len(seen), 0.9)
    predictions = Predictions.of(boxes.image[seen], none, boxes.xyxy[seen], score)
    fold = np.arange(2, dtype=np.int32)
    classes = ("car", "a class that no label has")
    return derived, ModelOutput("a file", classes, predictions, predictions, fold, np.ones(2))


@pytest.mark.parametrize("knowing", [0, 1])
def test_what_one_fold_knows_says_nothing_of_the_other(knowing: int):
    derived, made = in_two_folds(knowing=knowing)
    labels = labels_of(derived)
    found = unknown_classes(labels, made, overlaps_with(labels, made.predictions))
    assert found[:, 0].tolist() == [knowing != 0, knowing != 1, False]
    reason = reasons_of(derived, labels, made)
    told = derived.dataset.boxes.image[reason == "the model does not know its class"]
    assert set(told.tolist()) == {1 - knowing}
    derived, blind = in_two_folds(knowing=None)
    crop = with_crop_head(blind, labels, labels.image == knowing)
    found = unknown_classes(labels, crop, overlaps_with(labels, crop.predictions))
    assert found[:, 0].tolist() == [knowing != 0, knowing != 1, False]


def test_an_image_without_a_fold_is_not_judged_whatever_a_crop_head_says():
    derived, made = in_two_folds(knowing=0)
    labels = labels_of(derived)
    made = with_crop_head(made, labels, np.ones(40, bool))
    reason = reasons_of(derived, labels, replace(made, fold=np.array([0, -1], np.int32)))
    assert set(reason[:20].tolist()) == {""}
    assert set(reason[20:].tolist()) == {"no model looked at its image"}


def test_a_class_needs_three_labels_where_there_is_one_fold():
    derived, made = in_a_row(40)
    reason = reasons_of(derived, labels_of(derived), made)
    assert set(reason[derived.box_class == 1].tolist()) == {"its class has fewer than 3 labels"}


def test_of_equally_sure_predictions_the_first_finds_the_label():
    one = Labels.of(1, box=[0], image=[0], label=[0], xyxy=[[0.0, 0, 100, 100]])
    none = np.zeros(300)
    seen = Predictions.of(none, none, np.tile([0.0, 0, 100, 90], (300, 1)), none + 0.9)
    found = hits(one, seen, overlaps_with(one, seen))
    assert found.dtype == bool
    assert np.flatnonzero(found).tolist() == [0]
