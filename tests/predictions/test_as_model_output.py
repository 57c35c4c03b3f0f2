from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.boxes.ops import iou
from labelaudit.core.columns import Bools, Floats, Rows
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.merge import merged
from labelaudit.predictions import as_model_output as as_model_output_module
from labelaudit.predictions.as_model_output import (
    SAME_PLACE,
    as_model_output,
    candidates,
    looked_at,
    surest,
)
from labelaudit.predictions.predictions import Predictions
from labelaudit.predictions.validate import ImportedPredictions
from labelaudit.testing import images


def surest_one_by_one(xyxy: Floats, image: Rows) -> Bools:
    kept: list[int] = []
    for row in range(len(xyxy)):
        rivals = [k for k in kept if image[k] == image[row]]
        if all(iou(xyxy[[k]], xyxy[[row]])[0] < SAME_PLACE for k in rivals):
            kept.append(row)
    return np.isin(np.arange(len(xyxy)), kept)


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 6), st.integers(0, 1)), max_size=40),
)
def test_suppression_is_that_of_a_loop(places: list[tuple[int, int, int]]):
    table = np.array(places, np.int64).reshape(-1, 3)
    xyxy = np.hstack([table[:, :2], table[:, :2] + [8, 5]]).astype(np.float64)
    image = table[:, 2].astype(np.int32)
    np.testing.assert_array_equal(surest(xyxy, image), surest_one_by_one(xyxy, image))


def test_candidates_are_the_surest_of_each_place_and_not_faint():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 9], [50, 50, 60, 60], [0, 0, 10, 10]], float)
    found = candidates(Predictions.of([0, 0, 0, 1], [0, 1, 0, 0], boxes, [0.4, 0.6, 0.04, 0.05]))
    assert found.tolist() == [1, 3]


@pytest.mark.parametrize("together", [1, 2, 7, 100, 1000])
def test_candidates_are_the_same_however_many_predictions_are_compared_at_a_time(
    together, monkeypatch
):
    random = np.random.default_rng(0)
    corner, count = random.integers(0, 8, (200, 2)), 200
    boxes = np.hstack([corner, corner + random.integers(1, 8, (count, 2))]).astype(float)
    score = random.choice([0.01, 0.05, 0.3, 0.3, 0.9], count)
    predictions = Predictions.of(random.integers(0, 9, count), [0] * count, boxes, score)
    order = np.argsort(-score, kind="stable")
    order = order[score[order] >= 0.05]
    order = order[surest_one_by_one(boxes[order], predictions.image[order])]
    expected = order[np.argsort(predictions.image[order], kind="stable")]
    monkeypatch.setattr(as_model_output_module, "TOGETHER", together)
    assert candidates(predictions).tolist() == expected.tolist()
    assert candidates(Predictions.empty()).tolist() == []


def test_an_opinion_says_which_predictions_its_candidates_are():
    derived = DatasetColumns(images({f"{n}.jpg": ["car 0 0 9 9"] for n in range(3)}))
    random = np.random.default_rng(0)
    low = random.uniform(0, 50, (40, 2))
    boxes = np.hstack([low, low + random.uniform(5, 40, (40, 2))])
    image, score = random.integers(0, 3, 40), random.uniform(0, 1, 40)
    opinion = as_model_output(
        derived, ImportedPredictions("file", Predictions.of(image, image * 0, boxes, score), ())
    )
    assert opinion.among is not None
    mine = opinion.predictions.rows(opinion.among)
    assert (mine.xyxy == opinion.candidates.xyxy).all()
    assert (mine.score == opinion.candidates.score).all()


def test_an_image_without_predictions_was_looked_at_if_most_of_its_split_were():
    train = images({f"{n}.jpg": [] for n in range(4)})
    val = images({f"v{n}.jpg": [] for n in range(4)})
    dataset = merged([train, val], ["train", "val"])
    assert looked_at(dataset, np.array([0, 1, 4], np.int32)).tolist() == [True] * 5 + [False] * 3
    assert looked_at(train, np.array([0], np.int32)).tolist() == [True, False, False, False]
    assert looked_at(train, np.array([0, 3], np.int32)).all()


def test_images_that_were_not_looked_at_are_told():
    derived = DatasetColumns(images({f"{n}.jpg": ["car 0 0 9 9"] for n in range(4)}))
    predictions = Predictions.of([0], [0], np.array([[0.0, 0, 9, 9]]), [0.9])
    opinion = as_model_output(derived, ImportedPredictions("file", predictions, ("a note",)))
    assert opinion.fold.tolist() == [0, -1, -1, -1]
    assert opinion.box_scores is None
    assert opinion.notes == (
        "a note",
        "no prediction has a score below 0.90: labels that the detector saw less surely look "
        "unseen; let it write predictions from 0.05 on",
        "3 images of splits without predictions: not judged by the model",
    )


def half_predicted(found: int, *, blank: int, labels: int) -> tuple[DatasetColumns, Predictions]:
    """20 images of ten labels, `found` of each found, and `blank` ones without predictions."""
    row = [f"car {20 * n} 0 {20 * n + 10} 10" for n in range(10)]
    names = {f"{n:02}.jpg": row for n in range(20)}
    names |= {f"blank{n}.jpg": row[:labels] for n in range(blank)}
    derived = DatasetColumns(images(names, size=(640, 480)))
    seen = [n for n in range(200) if n % 10 < found]
    image = derived.dataset.boxes.image[seen]
    return derived, Predictions.of(
        image, image * 0, derived.dataset.boxes.xyxy[seen], image * 0 + 0.9
    )


@pytest.mark.parametrize(
    ("found", "blank", "labels", "expected"),
    [
        (9, 15, 10, 15),  # by chance it would be none
        (9, 5, 10, 5),
        (9, 4, 10, 0),  # too few to say
        (9, 15, 0, 0),  # nothing is to be found there
        (4, 15, 1, 0),  # three in five labels are missed, so nine of these images would be
        (9, 15, 1, 0),  # one in ten: two of them, and 15 are fewer than ten times as many
    ],
)
def test_labelled_images_without_predictions_were_not_looked_at_if_most_labels_are_found(
    found, blank, labels, expected
):
    derived, predictions = half_predicted(found, blank=blank, labels=labels)
    output = as_model_output(derived, ImportedPredictions("file", predictions, ()))
    assert (output.fold == -1).sum() == expected
    said = [note for note in output.notes if "with labels and without predictions" in note]
    assert [note.split()[0] for note in said] == [str(expected)] * bool(expected)


def test_nothing_is_no_crash():
    derived = DatasetColumns(images({}))
    assert (
        len(
            as_model_output(
                derived, ImportedPredictions("file", Predictions.empty(), ())
            ).candidates
        )
        == 0
    )
