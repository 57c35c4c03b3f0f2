"""What a model says is refused at once if its columns and tables do not belong together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelaudit.predictions.model_output import BoxScores, ModelOutput
from labelaudit.predictions.predictions import Predictions

CLASSES = 3
BOXES = 2


def box_scores(count: int = BOXES, classes: int = CLASSES) -> BoxScores:
    return BoxScores.without_scores(count, classes)


def predictions(count: int, classes: int = CLASSES) -> Predictions:
    xyxy, scores = np.ones((count, 4)), np.ones((count, classes), np.float32)
    return Predictions.of([0] * count, [0] * count, xyxy, [0.5] * count, scores)


def model_output(**columns: Any) -> ModelOutput:  # Any: columns of any kind
    given: dict[str, Any] = {
        "source": "a model",
        "classes": ("a", "b", "c"),
        "predictions": predictions(5),
        "candidates": predictions(4),
        "fold": np.zeros(6, np.int32),
        "scale": np.ones(6),
        "box_scores": box_scores(),
        "candidate_scores": box_scores(4),
        "among": np.arange(4, dtype=np.int32),
    }
    return ModelOutput(**(given | columns))


def test_scores_of_boxes_may_be_of_no_boxes_and_of_no_classes() -> None:
    assert len(box_scores(0)) == 0
    assert box_scores(2, 0).crop_probs.shape == (2, 1)
    assert len(BoxScores.concat([box_scores(), box_scores(3)]).rows(slice(1, 4))) == 3


@pytest.mark.parametrize("column", sorted(vars(box_scores())))
def test_a_column_of_scores_of_another_length_or_width_is_refused(column: str) -> None:
    values = getattr(box_scores(), column)
    wider = np.ones((*values.shape, 1))
    longer = np.concatenate([values, values])
    for wrong in (longer, wider) if values.ndim == 1 else (longer, values[:, :-1], values[:, 0]):
        with pytest.raises(ValueError, match="cannot be an array of shape"):
            replace(box_scores(), **{column: wrong})


def test_the_column_of_another_shape_is_named_with_its_shape() -> None:
    message = r"crop_box of the scores of 2 boxes cannot be an array of shape \(2, 5\)"
    with pytest.raises(ValueError, match=message):
        replace(box_scores(), crop_box=np.ones((2, 5)))


def test_a_model_output_whose_tables_belong_together_is_taken() -> None:
    model_output()
    model_output(box_scores=None, candidate_scores=None, among=None)
    model_output(predictions=predictions(5, 0), candidates=predictions(4, 0))
    model_output(
        classes=(),
        predictions=predictions(0, 0),
        candidates=predictions(0, 0),
        box_scores=box_scores(0, 0),
        candidate_scores=box_scores(0, 0),
        among=np.arange(0),
    )


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"scale": np.ones(5)}, r"scale of 6 images cannot be an array of shape \(5,\)"),
        ({"fold": np.zeros((6, 1))}, r"fold of 6 images cannot be an array of shape \(6, 1\)"),
        ({"among": np.arange(5)}, r"among of 4 candidates cannot be an array of shape \(5,\)"),
        (
            {"candidate_scores": box_scores(3)},
            r"candidate_scores of 4 candidates cannot be an array of shape \(3,\)",
        ),
        ({"predictions": predictions(5, 2)}, "predictions of 3 classes have scores of 2"),
        ({"candidates": predictions(4, 4)}, "candidates of 3 classes have scores of 4"),
        ({"box_scores": box_scores(2, 4)}, "box_scores of 3 classes have scores of 4"),
        ({"candidate_scores": box_scores(4, 0)}, "candidate_scores of 3 classes have scores of 0"),
    ],
)
def test_a_model_output_whose_tables_do_not_belong_together_is_refused(
    columns: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        model_output(**columns)
