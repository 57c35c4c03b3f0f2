"""What splits are for, by their names."""

from __future__ import annotations

import pytest

from labelaudit.dataset.split_roles import SplitRole, split_roles

TRAIN, VAL, TEST = SplitRole


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("train", {TRAIN}),
        ("instances_train2017", {TRAIN}),
        ("Training", {TRAIN}),
        ("val", {VAL}),
        ("valid", {VAL}),
        ("minival", {VAL}),
        ("my-validation_set", {VAL}),
        ("test", {TEST}),
        ("holdout", {TEST}),
        ("trainval", {TRAIN, VAL}),
        ("train+val", {TRAIN, VAL}),
        ("trainvaltest", {TRAIN, VAL, TEST}),
        ("all", {TRAIN, VAL, TEST}),
        ("full_labels", {TRAIN, VAL, TEST}),
        ("test_project/train/labels", {TRAIN}),
        ("train\\part2", {TRAIN}),
        ("restrained", set()),
        ("trains", set()),
        ("evaluate", set()),
        ("2017", set()),
        ("", set()),
    ],
)
def test_the_words_of_a_name_say_what_a_split_is_for(name, roles):
    assert split_roles(name) == roles
