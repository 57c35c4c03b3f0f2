import numpy as np
import pytest

from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.boxes.ops import iou
from labelaudit.core.columns import MISSING
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import UnknownNameError
from labelaudit.label_errors.noise import label_noise
from labelaudit.label_errors.noise.class_noise import class_noise
from labelaudit.label_errors.noise.label_noise import FAMILIES, LOOSE_IOU, make_label_noise
from labelaudit.testing import images, one_image

CLASSES = ["cat", "dog", "cow"]


def scattered(count=30):
    """Images of six objects each, in a grid, some of them near each other."""
    rng = np.random.default_rng(4)
    labels = {}
    for number in range(count):
        corners = [(x, y) for x in (40, 240, 440) for y in (40, 240)]
        labels[f"{number}.jpg"] = [
            f"{CLASSES[rng.integers(3)]} {x} {y} {x + rng.integers(30, 120)} "
            f"{y + rng.integers(30, 120)}"
            for x, y in corners
        ]
    return DatasetColumns(images(labels))


def overlaps_with_all(synthetic_noise, row):
    errors, labels = synthetic_noise.errors, synthetic_noise.labels
    there = labels.xyxy[labels.image == errors.image[row]]
    return iou(np.repeat(errors.xyxy[[row]], len(there), axis=0), there)


def test_every_family_is_made_where_there_is_room():
    families = set(make_label_noise(scattered(), families=FAMILIES).errors.family.tolist())
    assert families == set(FAMILIES)


def test_a_loose_box_overlaps_its_own_label_neither_too_little_nor_too_much():
    made = make_label_noise(scattered(), families=FAMILIES)
    loose = made.errors.rows(made.errors.error == ErrorKind.LOOSE_BOX.value)
    overlap = iou(loose.xyxy, made.labels.xyxy[loose.source_label])
    assert len(loose) > 100
    assert overlap.min() >= LOOSE_IOU[0]
    assert overlap.max() <= LOOSE_IOU[1]
    assert (loose.label == made.labels.label[loose.source_label]).all()


@pytest.mark.parametrize("family", ["anywhere", "beside"])
def test_a_box_on_nothing_hardly_overlaps_any_label_and_stands_for_none(family):
    made = make_label_noise(scattered(), families=[family])
    assert len(made.errors) > 20
    assert (made.errors.source_label == MISSING).all()
    assert max(overlaps_with_all(made, row).max() for row in range(len(made.errors))) <= 0.3


def test_boxes_stay_inside_their_image_and_keep_a_side():
    errors = make_label_noise(scattered(), families=FAMILIES).errors
    assert errors.xyxy.min() >= 0
    assert (errors.xyxy <= [640, 480, 640, 480]).all()
    assert (errors.xyxy[:, 2:] - errors.xyxy[:, :2]).min() >= 2


def test_all_labels_are_asked_about_first_then_boxes_of_errors():
    derived = scattered()
    made = make_label_noise(derived)
    count = len(made.labels)
    assert (made.query_boxes.xyxy[:count] == derived.dataset.boxes.xyxy).all()
    assert (made.query_boxes.xyxy[count:] == made.errors.xyxy).all()
    assert made.query_boxes.image.tolist() == [*made.labels.image, *made.errors.image]


def test_the_seed_decides():
    one, same, other = (make_label_noise(scattered(), seed=seed) for seed in (1, 1, 2))
    assert (one.errors.xyxy == same.errors.xyxy).all()
    assert (
        one.errors.xyxy.shape != other.errors.xyxy.shape
        or (one.errors.xyxy != other.errors.xyxy).any()
    )


def test_crowds_and_boxes_without_an_inside_are_left_alone():
    made = make_label_noise(
        DatasetColumns(one_image("cat 10 10 60 60", "cat 5 5 5 9", "dog 0 0 300 300 crowd"))
    )
    assert made.labels.box.tolist() == [0]
    assert set(made.errors.source_label.tolist()) <= {0, MISSING}


@pytest.mark.parametrize("labels", [[], ["cat 10 10 60 60"], ["cat 0 0 640 480"]])
def test_hardly_any_labels_are_no_obstacle(labels):
    made = make_label_noise(DatasetColumns(one_image(*labels)), families=FAMILIES)
    assert len(made.labels) == len(labels)


def test_an_image_of_unknown_size_is_as_large_as_its_boxes_reach():
    derived = DatasetColumns(
        one_image("cat 10 10 60 60", "cat 100 100 160 150", size=(np.nan, np.nan))
    )
    errors = make_label_noise(derived, families=FAMILIES).errors
    assert (errors.xyxy <= [160, 150, 160, 150]).all()


def test_an_unknown_family_is_an_error_that_names_those_there_are():
    with pytest.raises(UnknownNameError, match="no family of errors is called 'upside-down'"):
        make_label_noise(scattered(), families=["upside-down"])


def test_a_flipped_label_has_another_class_and_its_own_box():
    labels = make_label_noise(scattered()).labels
    flips = class_noise(labels, 3, None, seed=0)
    assert len(flips) == len(labels)
    assert (flips.label != labels.label[flips.source_label]).all()
    assert set(flips.label.tolist()) == {0, 1, 2}
    assert (flips.xyxy == labels.xyxy[flips.source_label]).all()


def test_a_single_class_has_no_flips():
    assert (
        len(
            class_noise(
                make_label_noise(DatasetColumns(one_image("cat 1 1 9 9"))).labels, 1, None, seed=0
            )
        )
        == 0
    )


@pytest.mark.parametrize(("min_per_error", "repeats"), [(6_000, 4), (400, 2), (100, 1)])
def test_of_few_labels_each_is_used_more_than_once(min_per_error, repeats, monkeypatch):
    monkeypatch.setattr(label_noise, "MIN_PER_ERROR", min_per_error)
    made = make_label_noise(scattered(), families=["jittered", "grown", "anywhere"])
    own = made.errors.source_label[made.errors.error == ErrorKind.LOOSE_BOX.value]
    often = np.bincount(own, minlength=len(made.labels))
    # Shares of these families add up to .6, and some draws do not succeed.
    assert 0.5 * repeats < often.mean() < 0.7 * repeats
    assert often.max() <= repeats
