from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from labelaudit.core.columns import MISSING
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.detector.cross_validation.combine import combine
from labelaudit.detector.cross_validation.inference import FoldOutput
from labelaudit.detector.feature_maps import ExtractedFeatures
from labelaudit.detector.job import Job
from labelaudit.predictions.model_output import BoxScores, ModelOutput, QueryBoxes
from labelaudit.predictions.predictions import Predictions
from labelaudit.testing import images

BOX = [5.0, 5, 30, 30]


def dataset(classes: int, count: int = 4) -> DatasetColumns:
    """So many images, the first of which has a box of each class: c00, c01, ..."""
    boxes = [f"c{row:02} 5 5 30 30" for row in range(classes)]
    return DatasetColumns(images({f"{image}.png": boxes * (image == 0) for image in range(count)}))


def scores(*overlap: float) -> BoxScores:
    """Scores of boxes that a model looked at, told apart by `pred_iou`."""
    blank = BoxScores.without_scores(len(overlap), 2)
    return replace(blank, has_scores=np.ones(len(overlap), bool), pred_iou=np.array(overlap))


def predicted(image: int, score: float) -> Predictions:
    return Predictions.of(
        [image], [0], np.array([BOX]), [score], np.array([[score, 0]], np.float32)
    )


def fold_output(image: int, query_row: list[int], *overlap: float) -> FoldOutput:
    """What one fold says of query boxes, and a prediction and a candidate in an image."""
    return FoldOutput(
        np.array(query_row, np.int64),
        scores(*overlap),
        predicted(image, 0.9),
        predicted(image, 0.8),
        scores(overlap[0] / 2),
    )


def looked(*errors: str) -> ExtractedFeatures:
    return ExtractedFeatures(
        np.zeros((len(errors), 1), np.float16), np.full((len(errors), 2), 64.0), errors
    )


def notes(made: Job, classes: int = 2, *errors: str) -> tuple[str, ...]:
    """What is said of a job whose folds gave nothing."""
    made = replace(made, classes=classes)
    extracted = looked(*(errors or ("",) * 4))
    return combine(dataset(classes), QueryBoxes.empty(), made, extracted, []).notes


@pytest.fixture
def combined(job: Callable[..., Job]) -> ModelOutput:
    """Five boxes: of fold 0 the third and the first, of fold 1 the fourth; two are in no fold."""
    made = job(*[(image, image % 2, BOX) for image in range(4)] * 3)
    made = replace(made, fold=np.array([0, 1, 0, MISSING], np.int32))
    query = QueryBoxes.of(5, image=[2, 3, 0, 1, 3], xyxy=np.array([BOX] * 5))
    outputs = [fold_output(2, [2, 0], 0.3, 0.1), fold_output(1, [3], 0.4)]
    return combine(dataset(2), query, made, looked(*[""] * 4), outputs)


def test_scores_are_in_the_order_of_the_boxes_asked_about(combined: ModelOutput):
    assert combined.box_scores is not None
    assert combined.box_scores.has_scores.tolist() == [True, False, True, True, False]
    assert combined.box_scores.pred_iou[[0, 2, 3]].tolist() == [0.1, 0.3, 0.4]
    assert np.isnan(combined.box_scores.pred_iou[[1, 4]]).all()


def test_predictions_and_candidates_are_those_of_all_folds_with_their_scores(
    combined: ModelOutput,
):
    assert combined.predictions.image.tolist() == [2, 1]
    assert combined.predictions.score.tolist() == [0.9, 0.9]
    assert combined.candidates.score.tolist() == [0.8, 0.8]
    assert combined.candidate_scores is not None
    assert combined.candidate_scores.pred_iou.tolist() == [0.15, 0.2]


def test_an_image_of_no_fold_was_looked_at_by_no_model(combined: ModelOutput):
    assert combined.fold.tolist() == [0, 1, 0, MISSING]
    assert combined.source == "efficientnet_lite0, 2 folds"
    assert combined.classes == ("c00", "c01")
    assert combined.notes == ()


def test_a_fold_outside_of_which_is_no_label_judges_no_image_and_is_told(job: Callable[..., Job]):
    made = job(*[(image, label, BOX) for image in (1, 3) for label in (0, 1)] * 3)
    found = combine(dataset(2), QueryBoxes.empty(), made, looked(*[""] * 4), [])
    assert found.fold.tolist() == [0, MISSING, 0, MISSING]  # fold 1 holds all labels itself
    assert found.source == "efficientnet_lite0, 1 folds"
    assert found.notes == ("2 images judged by no model: outside of their fold there is no label",)


def test_without_folds_there_are_empty_tables_of_all_classes(job: Callable[..., Job]):
    query = QueryBoxes.of(2, image=[0, 0], xyxy=np.array([BOX] * 2))
    found = combine(dataset(2), query, job(), looked(*[""] * 4), [])
    assert found.predictions.class_scores.shape == (0, 2)
    assert found.box_scores is not None
    assert found.candidate_scores is not None
    assert found.box_scores.has_scores.tolist() == [False, False]
    assert len(found.candidate_scores) == len(found.candidates) == 0


def test_without_labels_that_alone_is_said(job: Callable[..., Job]):
    assert notes(job()) == ("there is no label to learn from, so no image was judged",)


def test_images_that_cannot_be_read_are_counted_and_the_first_is_named(job: Callable[..., Job]):
    every = [(image, label, BOX) for image in range(4) for label in (0, 1)]
    assert notes(job(*every), 2, "", "broken", "", "gone") == (
        "2 images not looked at; the first is '1.png': broken",
    )


def test_a_class_is_learned_from_three_labels_on(job: Callable[..., Job]):
    rich = [(image, 0, BOX) for image in range(4)]
    two, three = ([(image, 1, BOX) for image in range(count)] for count in (2, 3))
    assert notes(job(*rich, *three)) == ()
    assert notes(job(*rich, *two)) == (
        "with fewer than 3 labels, no model can learn these classes: c01",
    )


def test_a_class_without_a_label_is_not_called_rare(job: Callable[..., Job]):
    assert notes(job(*[(image, 0, BOX) for image in range(4)])) == ()


@pytest.mark.parametrize(
    ("classes", "last"), [(10, "c08, c09"), (11, "c08, c09 and 1 more"), (12, "c09 and 2 more")]
)
def test_of_rare_classes_ten_are_named_and_the_others_counted(
    job: Callable[..., Job], classes: int, last: str
):
    made = job(*[(image, row, BOX) for row in range(classes) for image in (0, 1)])
    (note,) = notes(made, classes)
    assert note.endswith(last)
    assert note.count("c0") == 10
