"""Predictions say at once if their columns do not belong together."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.predictions.predictions import Predictions


def test_columns_of_any_numeric_type_and_no_rows_are_taken() -> None:
    some = Predictions.of([0, 1], [0, 0], np.ones((2, 4), np.float32), [1, 0], np.ones((2, 3)))
    assert some.class_scores.shape == (2, 3)
    assert Predictions.of([0], [0], np.ones((1, 4)), [1]).class_scores.shape == (1, 0)
    assert Predictions.of([], [], np.empty(0), []).xyxy.shape == (0, 4)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("xyxy", np.ones((2, 5))),
        ("xyxy", np.ones((2, 3))),
        ("xyxy", np.ones(8)),
        ("xyxy", np.ones((1, 4))),
        ("label", [0]),
        ("score", [0.5, 0.5, 0.5]),
        ("score", np.ones((2, 1))),
        ("class_scores", np.ones(2)),
        ("class_scores", np.ones((3, 2))),
        ("class_scores", np.ones((2, 2, 2))),
    ],
)
def test_a_column_of_another_length_or_width_is_refused(column: str, values: np.ndarray) -> None:
    columns = {"image": [0, 1], "label": [0, 0], "xyxy": np.ones((2, 4)), "score": [0.5, 0.5]}
    with pytest.raises(ValueError, match=f"{column} of 2 predictions cannot be an array of shape"):
        Predictions.of(**(columns | {column: values}))
