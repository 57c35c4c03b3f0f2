from __future__ import annotations

import dataclasses

import numpy as np

from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Categories, Files
from labelaudit.testing import images, with_columns


def test_a_class_record_is_the_first_of_a_file_or_of_any_where_the_file_has_none():
    dataset = dataclasses.replace(
        images({"a.jpg": []}),
        files=Files.of(3, path=["a.json", "b.json", "c.json"]),
        categories=Categories.of(
            5,
            file=[0, 0, 1, 1, 1],
            record=[0, 1, 0, 1, 2],
            name=["car", "bus", "bus", "car", "car"],
        ),
    )
    derived = DatasetColumns(dataset)
    assert [derived.class_record(0, file) for file in range(3)] == [0, 3, 0]
    assert [derived.class_record(1, file) for file in range(3)] == [1, 2, 1]


def test_misfits_reach_beyond_their_image_or_have_no_inside_and_so_has_their_image():
    dataset = images(
        {
            "a.jpg": ["car 10 10 40 40", "car 600 10 640 480"],  # to the very border
            "b.jpg": ["car 10 10 641 40"],
            "c.jpg": ["car 40 10 10 40"],
            "d.jpg": ["car 10 10 10 40", "car 10 10 40 40"],
            "e.jpg": [],
        }
    )
    derived = DatasetColumns(dataset)
    assert np.flatnonzero(derived.is_misfit).tolist() == [2, 3, 4]
    assert derived.has_misfit.tolist() == [False, True, True, True, False]


def test_boxes_without_an_image_or_of_no_readable_number_are_no_misfits_of_the_last_image():
    dataset = images({"a.jpg": ["car 40 10 10 40", "car nan 10 40 40"], "b.jpg": []})
    derived = DatasetColumns(with_columns(dataset, "boxes", image=[-1, 0]))
    assert derived.has_misfit.tolist() == [False, False]
