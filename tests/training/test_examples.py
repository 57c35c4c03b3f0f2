"""A detector learns from the labels of its split alone, and is told what was left out of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from labelaudit.core.cache import cache_folder
from labelaudit.core.columns import texts
from labelaudit.detector.cache_entries import claims
from labelaudit.errors import ConfigError
from labelaudit.testing import images, with_columns
from labelaudit.training.examples import examples, training_images
from labelaudit.training.split import TrainingSplit


def split(learn, validate):
    return TrainingSplit(np.array(learn, int), np.array(validate, int), "by hand")


@pytest.fixture
def of_split(tmp_path, small):
    """The images of a split of a dataset, decoded."""

    def made(dataset, some, config=small):
        place = cache_folder(tmp_path / "cache")
        with claims(place) as claim:
            return training_images(dataset, config, some, place, claim, as_features=False)

    return made


@pytest.fixture
def labelled(squares):
    """Pictures of squares with other labels, a list of them for each."""

    def dataset(*labels):
        paths = squares(len(labels)).images.path.tolist()
        named = images(dict(zip(paths, labels, strict=True)), size=(96, 64))
        return with_columns(named, "images", path=texts(paths))

    return dataset


def test_images_of_a_split_keep_their_places_in_it_and_their_boxes(of_split, squares, small):
    dataset = squares(6)
    some = of_split(dataset, split([4, 1], [2]))
    names = some.dataset.images.name
    assert names[some.split.learn].tolist() == dataset.images.name[[4, 1]].tolist()
    assert names[some.split.validate].tolist() == dataset.images.name[[2]].tolist()
    assert len(names) == 3
    assert some.kept.tolist() == [2, 3, 4, 5, 8, 9]
    np.testing.assert_array_equal(some.dataset.boxes.xyxy, dataset.boxes.xyxy[some.kept])
    found = examples(some, small)
    assert sorted(found.learn.tolist()) == sorted(some.split.learn.tolist())
    assert found.validate.tolist() == some.split.validate.tolist()
    assert found.notes == ()


def test_a_box_in_no_image_belongs_to_no_split(of_split, squares):
    dataset = squares(3)
    image = dataset.boxes.image.copy()
    image[0] = -1
    some = of_split(with_columns(dataset, "boxes", image=image), split([0, 1], [2]))
    assert some.kept.tolist() == [1, 2, 3, 4, 5]


def test_labels_are_in_pixels_of_the_network(of_split, squares, small):
    dataset, config = squares(3), dataclasses.replace(small, image_size=(32, 48))
    found = examples(of_split(dataset, split([0, 1], [2]), config), config)
    assert found.job.scale.tolist() == [0.5] * 3
    labels = found.job.labels
    np.testing.assert_allclose(labels.xyxy, dataset.boxes.xyxy[labels.row] / 2)
    assert labels.label.tolist() == [0, 1] * 3


def test_weights_follow_their_boxes(of_split, squares, small):
    dataset = squares(4)
    weights = np.arange(len(dataset.boxes)) / 10
    some = of_split(dataset, split([3, 1], [2]))
    found = examples(some, small, weights)
    rows = found.job.labels.row
    for weight, row in zip(found.weights, rows, strict=True):
        box = np.flatnonzero((dataset.boxes.xyxy == some.dataset.boxes.xyxy[row]).all(axis=1))
        assert weight in weights[box]
    # Images 1, 2 and 3 in their order, of two boxes each.
    np.testing.assert_array_equal(found.weights, weights[2:])
    assert examples(some, small).weights is None


def test_crowds_and_difficult_ones_are_regions_and_told(of_split, labelled, small):
    dataset = labelled(
        ["red 2 2 30 30", "red 40 2 60 30 crowd"],
        ["red 2 2 30 30 difficult"],
        ["red 2 2 30 30"],
    )
    found = examples(of_split(dataset, split([0, 1], [2])), small)
    assert found.job.labels.image.tolist() == [0, 2]
    assert found.job.regions.image.tolist() == [0, 1]
    assert found.notes == (
        "2 boxes neither learned nor background: crowds, difficult ones, and what has no class or "
        "no inside",
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -1e300])
def test_boxes_that_are_nowhere_are_told(of_split, labelled, small, value):
    dataset = labelled(["red 2 2 30 30", "red 40 2 60 30"], ["red 2 2 30 30"])
    dataset.boxes.xyxy[1, 2] = value
    found = examples(of_split(dataset, split([0], [1])), small)
    assert found.job.labels.image.tolist() == [0, 1]
    (note,) = found.notes
    assert note.startswith("1 box left out, background, since corners are no numbers or out of all")
    assert f"the first in {dataset.images.name[0]} (" in note
    assert note.endswith("record 1); labelaudit scan says more")


def test_boxes_of_an_image_that_cannot_be_read_are_told_once(of_split, squares, small):
    dataset = squares(4)
    Path(str(dataset.images.path[1])).write_bytes(b"no image")
    dataset.boxes.xyxy[2, 2] = np.nan
    (note,) = examples(of_split(dataset, split([0, 1], [2])), small).notes
    assert note.startswith("1 image left out that cannot be read")


@pytest.mark.parametrize(
    ("only_validated", "said"),
    [
        (["a"], "has the class a: the"),
        (["a", "b", "c"], "has the classes a, b, c: the"),
        (["a", "b", "c", "d", "e"], "has the classes a, b, c and 2 more: the"),
    ],
)
def test_classes_that_are_not_learned_are_named(of_split, labelled, small, only_validated, said):
    of_others = [f"{name} 2 2 30 30" for name in only_validated]
    found = examples(of_split(labelled(["red 2 2 30 30"], of_others), split([0], [1])), small)
    (note,) = found.notes
    assert note.startswith(f"no label to learn from {said} detector will not find any")


def test_a_class_that_only_validates_has_no_bearing_on_one_that_is_learned(
    of_split, labelled, small
):
    dataset = labelled(["red 2 2 30 30"], ["red 2 2 30 30"])
    assert examples(of_split(dataset, split([0], [1])), small).notes == ()


def test_an_image_that_cannot_be_read_is_neither_learned_nor_judged(of_split, squares, small):
    dataset = squares(5)
    for row in (1, 4):
        Path(dataset.images.path[row]).write_bytes(b"no image")
    found = examples(of_split(dataset, split([0, 1, 2], [3, 4])), small)
    assert (found.learn.tolist(), found.validate.tolist()) == ([0, 2], [3])
    assert 1 not in found.job.labels.image
    (note,) = found.notes
    name = dataset.images.name[1]
    assert note.startswith(f"2 images left out that cannot be read, such as {name}: ")


def test_images_to_validate_on_do_not_make_up_for_unreadable_ones_to_learn_from(
    of_split, squares, small
):
    dataset = squares(3)
    for row in (0, 1):
        Path(dataset.images.path[row]).write_bytes(b"no image")
    some = of_split(dataset, split([1, 0], [2]))
    with pytest.raises(ConfigError, match=r"no image to learn from can be read; the first, .*000"):
        examples(some, small)


@pytest.mark.parametrize("labels", [[], ["red 2 2 30 30 crowd"], ["red 9 9 9 30"]])
def test_without_a_label_to_learn_from_the_dataset_and_what_a_label_needs_are_named(
    of_split, labelled, small, labels
):
    dataset = labelled(labels, labels, ["red 2 2 30 30"])
    some = of_split(dataset, split([0, 1], [2]))
    with pytest.raises(ConfigError, match=r"no labels to learn from in 2 images: a label needs a"):
        examples(some, small)
