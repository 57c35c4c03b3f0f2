import numpy as np
import pytest

from labelaudit.label_errors.confusion_matrix import class_separability, confusion_matrix
from tests.label_errors.simulated import world


def test_confusion_is_counted_label_by_label():
    made = world(count=20, rate=0.1, sight=0.6)
    labels, said = made.synthetic_noise.labels, made.model_output.box_scores
    found = confusion_matrix(labels, said.crop_probs[:, :-1])
    for one in range(3):
        rows = np.flatnonzero(labels.label == one)
        taken = [int(np.argmax(said.crop_probs[row, :-1])) for row in rows]
        assert found[one].tolist() == pytest.approx(
            [taken.count(other) / len(rows) for other in range(3)]
        )


def test_labels_that_no_model_looked_at_are_not_counted():
    made = world(count=20, rate=0)
    said = made.model_output.box_scores
    said.crop_probs[: len(made.synthetic_noise.labels)] = np.nan
    assert not confusion_matrix(made.synthetic_noise.labels, said.crop_probs[:, :-1]).any()


def test_the_row_of_a_class_with_one_label_sums_to_1():
    made = world(count=20, rate=0)
    said = made.model_output.box_scores
    said.crop_probs[1 : len(made.synthetic_noise.labels)] = np.nan
    found = confusion_matrix(made.synthetic_noise.labels, said.crop_probs[:, :-1])
    assert sorted(found.sum(axis=1).tolist()) == [0, 0, 1]


def test_a_model_that_confuses_two_classes_is_heard_less_about_these_two_only():
    confused = np.array([[0.6, 0.4, 0], [0.1, 0.9, 0], [0, 0, 1]])
    crop = np.array([[0.2, 0.7, 0.1], [0.2, 0.1, 0.7]])
    assert class_separability(confused, crop, np.array([0, 1]), np.array([0, 0])).tolist() == [
        0.6,
        1.0,
    ]


def test_with_one_class_nothing_is_heard_about_classes():
    separability = class_separability(
        np.ones((1, 1)), np.ones((1, 1)), np.array([0]), np.array([0])
    )
    assert separability.tolist() == [0.0]
