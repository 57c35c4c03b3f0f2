"""Label sets stand on the same images, and what is planted is what was asked for."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

from labelaudit.core.columns import texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.impact.label_sets import (
    NOISES,
    LabelSet,
    base_images,
    changed_labels,
    on_base,
    planted,
)
from labelaudit.io.load import load
from labelaudit.testing import images, with_columns
from tests.io.formats.read_only_samples import SAMPLES

MANY = {
    f"{n}.png": [f"car {10 + 60 * k} {20 * n} {50 + 60 * k} {20 * n + 18}" for k in range(5)]
    + [f"bus {310 + 60 * k} {20 * n} {350 + 60 * k} {20 * n + 18}" for k in range(5)]
    for n in range(20)
}


def found(dataset):
    """As if every image were on disk."""
    return with_columns(dataset, "images", path=[f"/x/{n}" for n in dataset.images.name.tolist()])


@pytest.fixture
def clean() -> LabelSet:
    dataset = found(images(MANY))
    return LabelSet("clean", "clean", "labels", dataset, np.arange(20) < 15)


def test_of_several_records_of_a_file_the_first_is_taken_and_none_without_a_file():
    dataset = images({"a": [], "b": [], "c": [], "d": []})
    dataset = with_columns(dataset, "images", path=["/x", "", "/x", "/y"])
    assert base_images(dataset).tolist() == [True, False, False, True]


def test_labels_go_to_the_image_of_their_file_whatever_its_row():
    base = found(images({"a": [], "b": ["car 0 0 5 5"], "c": []}))
    other = found(images({"c": ["bus 0 0 9 9"], "a": ["car 1 1 8 8"], "x": ["car 0 0 1 1"]}))
    labels, there = on_base(other, base)
    assert labels.boxes.image.tolist() == [2, 0]
    assert [labels.class_names[row] for row in labels.boxes.label] == ["bus", "car"]
    assert there.tolist() == [True, False, True]
    assert labels.images is base.images


@pytest.mark.parametrize("name", SAMPLES)
def test_labels_of_any_format_can_be_given_to_another_process(name, tmp_path):
    if name == "parquet":
        pytest.importorskip("pyarrow")
    SAMPLES[name](tmp_path / "labels")
    dataset = load(tmp_path / "labels")
    labels, _ = on_base(dataset, dataset.keep(images=base_images(dataset)))
    read = pickle.loads(pickle.dumps(labels))  # ours
    assert read.boxes.xyxy.tolist() == labels.boxes.xyxy.tolist()
    assert read.class_names == labels.class_names


def test_labels_of_a_dictionary_can_be_given_to_another_process():
    labels = load({"images": [], "annotations": [], "categories": [{"id": 1, "name": "car"}]})
    assert labels.kept is not None
    made, _ = on_base(labels, labels)
    assert pickle.loads(pickle.dumps(made)).class_names == ["car"]  # ours


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("rate", [0.1, 0.4])
def test_so_many_labels_are_made_wrong_and_only_learned_ones(clean, noise, rate):
    made = planted(clean, noise, rate, seed=1)
    assert made.changed == pytest.approx(150 * rate, abs=2)
    assert made.dataset.boxes.image.max() < 15
    assert changed_labels(clean.dataset, made.dataset, np.arange(15)) >= 0.9 * made.changed
    assert (made.noise, made.share, made.group) == (noise, rate, "noise")


def test_each_kind_of_noise_does_what_it_is_called(clean):
    before = DatasetColumns(clean.dataset)
    by_kind = {kind: planted(clean, kind, 0.2, seed=0).dataset for kind in NOISES}
    assert len(by_kind["missing"].boxes) == 150 - 30
    assert len(by_kind["spurious"].boxes) == 150 + 30
    wrong = DatasetColumns(by_kind["wrong-class"])
    np.testing.assert_array_equal(wrong.dataset.boxes.xyxy, clean.dataset.boxes.xyxy[:150])
    assert (wrong.box_class != before.box_class[:150]).sum() == 30
    loose = by_kind["loose"].boxes.xyxy
    assert (loose != clean.dataset.boxes.xyxy[:150]).any(axis=1).sum() == 30


def test_a_seed_draws_the_noise(clean):
    one, same, other = (planted(clean, "loose", 0.2, seed=seed).dataset for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.boxes.xyxy, same.boxes.xyxy)
    assert not np.array_equal(one.boxes.xyxy, other.boxes.xyxy)


def test_a_label_that_moved_a_little_or_changed_its_class_is_one_change():
    before = images({"a": ["car 0 0 10 10", "car 50 50 60 60"]})
    moved = images({"a": ["car 0 0 10 9", "car 50 50 60 60"]})
    other = images({"a": ["bus 0 0 10 10", "car 50 50 60 60"]})
    gone = images({"a": ["car 50 50 60 60"]})
    away = images({"a": ["car 80 80 90 90", "car 50 50 60 60"]})
    row = np.array([0])
    counts = [changed_labels(before, after, row) for after in (before, moved, other, gone, away)]
    assert counts == [0, 1, 1, 1, 2]
    assert changed_labels(before, gone, np.array([1])) == 0


@pytest.mark.parametrize(("right", "changes"), [(30, 1), (29, 2)])
def test_a_label_that_overlaps_its_old_place_by_three_tenths_was_moved(right, changes):
    before, after = (images({"a": [f"car 0 0 {side} 10"]}) for side in (100, right))
    assert changed_labels(before, after, np.array([0])) == changes


def test_what_only_the_source_knows_is_left_behind():
    dataset = found(images({"a": ["car 0 0 9 9"]}))
    dataset = dataclasses.replace(dataset, notes=("odd",))
    labels, _ = on_base(dataset, dataset)
    assert len(labels.masks) == len(labels.keypoints) == len(labels.problems) == 0
    assert labels.images.path.tolist() == texts(["/x/a"]).tolist()
