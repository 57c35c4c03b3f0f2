"""Images that validate are the dataset's own, or a fold that shares no scene with the others."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.core.columns import texts
from labelaudit.dataset.tables import SplitMembership
from labelaudit.errors import ConfigError
from labelaudit.testing import images, with_columns
from labelaudit.training.split import _folds, training_split


def with_splits(dataset, **splits):
    """The dataset with these images in splits."""
    rows = [(place, row) for place, some in enumerate(splits.values()) for row in some]
    members = SplitMembership.of(
        len(rows), split=[row[0] for row in rows], image=[row[1] for row in rows]
    )
    return dataclasses.replace(dataset, splits=tuple(splits), split_members=members)


def test_the_datasets_own_split_is_taken(squares):
    dataset = with_splits(squares(6), train=[0, 2, 4], val=[1, 5], test=[3])
    split = training_split(dataset, seed=0)
    assert (split.learn.tolist(), split.validate.tolist()) == ([0, 2, 4], [1, 5])
    assert split.how == (
        "the dataset's own splits: 3 images to learn from, 2 to validate on; "
        "1 image of other splits left alone"
    )


def test_an_image_in_both_validates_and_a_union_is_learned(squares):
    dataset = with_splits(squares(4), trainval=[0, 1, 2, 3], val=[1, 3])
    split = training_split(dataset, seed=0)
    assert (split.learn.tolist(), split.validate.tolist()) == ([0, 2], [1, 3])


def test_without_a_split_a_fifth_validates(squares):
    split = training_split(squares(10), seed=0)
    assert len(split.validate) == 2
    assert sorted([*split.learn, *split.validate]) == list(range(10))
    assert split.how.startswith("one of 5 folds, near duplicates together, balanced by class: 8")


@pytest.mark.parametrize(
    ("share", "count", "how"),
    [
        (0.5, 5, "one of 2 folds"),
        (0.1, 1, "one of 10 folds"),
        (0.3, 3, "3 of 10 folds"),
        (0.4, 4, "2 of 5 folds"),
        (0.7, 7, "7 of 10 folds"),
        (0.9, 9, "9 of 10 folds"),
        (0.001, 1, "one of 10 folds"),
        (0.999, 9, "9 of 10 folds"),
    ],
)
def test_the_share_of_images_that_validate_can_be_chosen(squares, share, count, how):
    split = training_split(squares(10), seed=0, share=share)
    assert len(split.validate) == count
    assert split.how.startswith(f"{how}, near duplicates together")


def test_any_share_is_met_to_a_fortieth():
    for share in np.linspace(0.001, 0.999, 999).tolist():
        k, held = _folds(share, 10_000)
        assert 0 < held < k
        assert abs(held / k - share) <= 1 / 40 + 1e-9


def test_of_more_than_twenty_folds_only_a_share_needs_them_that_is_less_than_one_of_so_many():
    assert max(_folds(share, 10_000)[0] for share in np.linspace(0.05, 0.95, 91).tolist()) == 20
    assert _folds(0.02, 10_000) == (50, 1)


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, float("nan")])
def test_a_share_that_is_none_is_refused(squares, share):
    with pytest.raises(ConfigError, match="between 0 and 1"):
        training_split(squares(3), seed=0, share=share)


def test_a_seed_draws_one_fold_and_another_another(squares):
    dataset = squares(12)
    drawn = [training_split(dataset, seed=seed).validate.tolist() for seed in (0, 0, 1, 2, 3)]
    assert drawn[0] == drawn[1]
    assert any(other != drawn[0] for other in drawn[2:])


def test_images_of_a_test_split_are_left_alone_where_none_validates(squares):
    dataset = with_splits(squares(8), train=[0, 1, 2, 3, 4], test=[5, 6, 7])
    split = training_split(dataset, seed=0)
    assert set(split.learn) | set(split.validate) == {0, 1, 2, 3, 4}
    assert len(split.validate) == 1
    assert split.how.endswith("3 images of other splits left alone")


def test_a_dataset_that_is_a_test_split_alone_is_taken(squares):
    split = training_split(with_splits(squares(5), test=range(5)), seed=0)
    assert len(split.learn) + len(split.validate) == 5


def test_copies_of_an_image_stay_together(squares):
    dataset = squares(6)
    paths = dataset.images.path.tolist()
    same = with_columns(dataset, "images", path=texts([paths[0]] * 3 + paths[3:]))
    for seed in range(4):
        split = training_split(same, seed=seed)
        assert {0, 1, 2} <= set(split.learn.tolist()) or {0, 1, 2} <= set(split.validate.tolist())


def test_images_that_cannot_be_told_apart_are_learned_without_validation(squares):
    dataset = squares(2)
    same = with_columns(dataset, "images", path=texts([dataset.images.path[0]] * 2))
    split = training_split(same, seed=0)
    assert (split.learn.tolist(), split.validate.tolist()) == ([0, 1], [])
    assert split.how == "no validation: 2 images that cannot be told apart"


def test_images_that_are_not_there_are_in_neither(squares):
    dataset = squares(4)
    paths = dataset.images.path.tolist()
    dataset = with_splits(
        with_columns(dataset, "images", path=texts(["", *paths[1:]])), train=[0, 1], val=[2, 3]
    )
    split = training_split(dataset, seed=0)
    assert (split.learn.tolist(), split.validate.tolist()) == ([1], [2, 3])


def test_without_any_image_the_message_says_what_to_do():
    with pytest.raises(ConfigError, match="its images were not found; name a folder: --images"):
        training_split(images({"a.jpg": ["car 1 1 9 9"]}), seed=0)
    with pytest.raises(ConfigError, match="no images to train on: it has none"):
        training_split(images({}), seed=0)


def test_each_class_is_in_both_parts(squares):
    dataset = squares(10)
    label = np.where(np.arange(20) < 4, 1, 0)
    split = training_split(with_columns(dataset, "boxes", label=label), seed=0)
    for part in (split.learn, split.validate):
        assert set(label[np.isin(dataset.boxes.image, part)]) == {0, 1}
