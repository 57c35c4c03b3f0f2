"""Classes are merged and left out by name, and what is named must exist."""

from __future__ import annotations

import pytest

from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import ConfigError
from labelaudit.testing import images
from labelaudit.training.classes import ClassChoice, chosen_classes, class_ids


@pytest.fixture
def traffic():
    return images(
        {
            "a.jpg": ["van 0 0 9 9", "sign 10 0 19 9", "truck 20 0 29 9"],
            "b.jpg": ["car 0 0 9 9", "van 10 0 19 9"],
        }
    )


def named(dataset):
    derived = DatasetColumns(dataset)
    return [derived.classes[label] for label in derived.box_class]


def test_merged_classes_are_one(traffic):
    chosen = chosen_classes(traffic, ClassChoice({"vehicle": ("van", "truck")}))
    assert named(chosen.dataset) == ["vehicle", "sign", "vehicle", "car", "vehicle"]
    assert DatasetColumns(chosen.dataset).classes == ["vehicle", "sign", "car"]
    assert class_ids(chosen.dataset) == {"vehicle": 1, "sign": 2, "car": 4}
    assert chosen.kept.tolist() == [0, 1, 2, 3, 4]


def test_classes_may_be_merged_into_one_that_is_there(traffic):
    chosen = chosen_classes(traffic, ClassChoice({"car": ("van", "truck")}))
    assert named(chosen.dataset) == ["car", "sign", "car", "car", "car"]


def test_objects_of_a_dropped_class_have_no_box(traffic):
    chosen = chosen_classes(traffic, ClassChoice(drop=("van",)))
    assert named(chosen.dataset) == ["sign", "truck", "car"]
    assert chosen.kept.tolist() == [1, 2, 3]
    assert len(chosen.dataset.images) == 2


def test_nothing_chosen_changes_nothing(traffic):
    assert chosen_classes(traffic, ClassChoice()).dataset is traffic


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (ClassChoice({"car": ("vam",)}), "no class is called 'vam'; did you mean 'van'"),
        (ClassChoice(drop=("lorry",)), "no class is called 'lorry'"),
        (ClassChoice(drop=("van", "sign", "truck", "car")), "every class is dropped"),
    ],
)
def test_what_is_not_there_is_named(traffic, choice, message):
    with pytest.raises(ConfigError, match=message):
        chosen_classes(traffic, choice)


@pytest.mark.parametrize(
    ("merge", "drop", "message"),
    [
        ({"car": ("van",)}, ("van",), "'van' is merged or dropped twice"),
        ({"car": ("van",), "big": ("van",)}, (), "'van' is merged or dropped twice"),
        ({}, ("van", "van"), "'van' is merged or dropped twice"),
        ({"car": ()}, (), "'car' needs a name and classes"),
        ({"": ("van",)}, (), "needs a name"),
        ({"car": ("van",)}, ("car",), "'car' is dropped, and others are merged into it"),
    ],
)
def test_a_class_is_chosen_once(merge, drop, message):
    with pytest.raises(ConfigError, match=message):
        ClassChoice(merge, drop)


def test_a_class_without_an_id_is_called_by_its_name(traffic):
    from dataclasses import replace

    from labelaudit.core.ids import Ids

    odd = replace(traffic, categories=replace(traffic.categories, id=Ids.of([None, "s", 3, 4])))
    assert class_ids(odd) == {"van": "van", "sign": "s", "truck": 3, "car": 4}
