"""Some images are drawn, and what is said of them has its place among all."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.label_issues import BoxIssues, LabelIssues, MissingObjects
from labelaudit.core.columns import MISSING, texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.label_errors.human_labels import (
    HumanBoxLabels,
    HumanImageCounts,
    HumanLabels,
    HumanMissingLabels,
)
from labelaudit.label_errors.image_sample import LEAST_IMAGES, NOT_DRAWN, drawn_from
from labelaudit.testing import images, with_columns


@pytest.fixture
def whole() -> Dataset:
    """Fifty images of a car and a bus each, one without a file, and a box in no image."""
    made = images({f"{n}.jpg": ["car 1 1 9 9", "bus 20 20 40 40"] for n in range(50)})
    paths = [f"/there/{n}.jpg" for n in range(50)]
    paths[7] = ""
    made = with_columns(made, "images", path=texts(paths))
    image = made.boxes.image.copy()
    image[3] = MISSING
    return with_columns(made, "boxes", image=image)


def test_so_many_images_that_were_found_are_drawn_with_their_boxes(whole):
    sample = drawn_from(whole, 30, seed=0)
    assert sample is not None
    assert np.count_nonzero(sample.images) == len(sample.dataset.images) == 30
    assert not sample.images[7]
    inside = np.append(sample.images, False)[whole.boxes.image]
    np.testing.assert_array_equal(sample.boxes, inside)
    assert len(sample.dataset.boxes) == np.count_nonzero(inside)
    assert DatasetColumns(sample.dataset).classes == DatasetColumns(whole).classes


def test_the_seed_says_which_and_each_image_has_the_same_chance(whole):
    one, same, other = (drawn_from(whole, 20, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.images, same.images)
    assert (one.images != other.images).any()
    often = sum(drawn_from(whole, 20, seed=seed).images.astype(int) for seed in range(600))
    assert often[7] == 0
    chance = 20 / 49
    side = 4 * (600 * chance * (1 - chance)) ** 0.5
    assert np.abs(np.delete(often, 7) - 600 * chance).max() < side


def test_more_images_are_drawn_with_those_of_fewer(whole):
    few, more = (drawn_from(whole, count, seed=3).images for count in (20, 31))
    assert not (few & ~more).any()


@pytest.mark.parametrize("count", [49, 50, 1000])
def test_where_there_are_no_more_images_all_are_looked_at(whole, count):
    assert drawn_from(whole, count, seed=0) is None
    assert drawn_from(whole, 48, seed=0) is not None


@pytest.mark.parametrize("count", [LEAST_IMAGES - 1, 0, -3, True, 30.0])
def test_too_few_images_are_refused(whole, count):
    with pytest.raises(ConfigError, match=f"needs {LEAST_IMAGES} or more, found {count!r}"):
        drawn_from(whole, count, seed=0)
    assert drawn_from(whole, LEAST_IMAGES, seed=0) is not None


def issues_of(dataset: Dataset) -> LabelIssues:
    """Each label doubted by its own row, and an object missing in the last image."""
    count = len(dataset.boxes)
    boxes = BoxIssues.of(
        count,
        was_scored=[True] * count,
        wrong=np.arange(count) / count,
        xyxy=dataset.boxes.xyxy + 1,
        label=dataset.boxes.label,
    )
    missing = MissingObjects.of(
        2, image=[len(dataset.images) - 1, MISSING], label=[0, 0], probability=[0.7, 0.1]
    )
    features = {"own_prob": np.arange(count, dtype=np.float64)}
    return LabelIssues("a model", ("car", "bus"), boxes, missing, features, {}, ("a note",))


def test_what_is_said_of_drawn_labels_stands_among_all_and_others_were_not_judged(whole):
    sample = drawn_from(whole, 30, seed=0)
    said = issues_of(sample.dataset)
    found = sample.of_whole(said, whole)
    rows, others = np.flatnonzero(sample.boxes), np.flatnonzero(~sample.boxes)
    for name, values in vars(said.boxes).items():
        np.testing.assert_array_equal(getattr(found.boxes, name)[rows], values)
    assert set(found.boxes.abstention_reason[others].tolist()) == {NOT_DRAWN}
    assert not found.boxes.was_scored[others].any()
    assert np.isnan(found.boxes.wrong[others]).all()
    assert (found.boxes.label[others] == MISSING).all()
    assert found.missing.image.tolist() == [np.flatnonzero(sample.images)[-1], MISSING]
    feature = found.box_features["own_prob"]
    assert feature[rows].tolist() == list(range(len(rows)))
    assert np.isnan(feature[others]).all()
    np.testing.assert_array_equal(found.drawn, sample.images)
    assert found.notes == (
        "a note",
        "looked at 30 images of 50, drawn with equal chances: how many labels are wrong in all is "
        "estimated from these, and limits are of the draw alone: how far the model's probabilities "
        "are off is not in them, and only a judged sample tells",
    )


def test_of_what_people_said_that_of_drawn_images_is_learnt_from(whole):
    sample = drawn_from(whole, 30, seed=0)
    inside, outside = (np.flatnonzero(one)[0] for one in (sample.images, ~sample.images))
    box = [np.flatnonzero(whole.boxes.image == image)[0] for image in (inside, outside)]
    said = HumanLabels(
        HumanBoxLabels.of(2, box=box, verdict=["spurious", "ok"]),
        HumanMissingLabels.of(2, image=[outside, inside], is_missing=[True, False]),
        HumanImageCounts.of(2, image=[inside, outside], missing=[4, 5]),
    )
    left = sample.human_labels(said)
    first = np.flatnonzero(sample.dataset.boxes.image == 0)[0]
    assert (left.boxes.box.tolist(), left.boxes.verdict.tolist()) == ([first], ["spurious"])
    assert (left.missing.image.tolist(), left.missing.is_missing.tolist()) == ([0], [False])
    assert (left.images.image.tolist(), left.images.missing.tolist()) == ([0], [4])
