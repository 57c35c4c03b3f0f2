"""Matrices of classes."""

from __future__ import annotations

import dataclasses

import numpy as np

from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import scan
from labelaudit.dataset.tables import RecordType
from labelaudit.reports.html.charts import confusion
from labelaudit.reports.html.charts.confusion import class_matrices
from labelaudit.testing import images

TWICE = images({f"{at}.jpg": ["car 10 10 60 60", "bus 10 10 60 60"] for at in range(3)})


def test_a_pair_of_classes_on_one_object_counts_in_both_directions():
    (matrix,) = class_matrices(scan(TWICE, Options(select=("DUP003",))))
    assert matrix.name == "conflicts"
    assert sorted(matrix.classes) == ["bus", "car"]
    assert matrix.counts == ((0, 3), (3, 0))
    assert matrix.left_out == 0


def test_what_is_proposed_goes_from_the_label_to_the_new_class():
    result = scan(TWICE, Options(select=("GEO001",)))
    fixes = np.empty(2, object)
    fixes[:] = [Fix("relabel", Safety.UNSAFE, RecordType.BOX, row, {"label": 1}) for row in (0, 2)]
    found = Findings.of(2, box=[0, 2], image=[0, 1], fix=fixes)
    (matrix,) = class_matrices(dataclasses.replace(result, findings=found))
    assert (matrix.name, matrix.classes) == ("proposals", ("car", "bus"))
    assert matrix.counts == ((0, 2), (0, 0))


def test_without_anything_to_show_there_is_no_matrix():
    assert class_matrices(scan(TWICE, Options(select=("GEO001",)))) == []


def test_classes_for_which_there_is_no_room_are_counted(monkeypatch):
    monkeypatch.setattr(confusion, "MOST", 2)
    more = images({"a.jpg": ["a 0 0 9 9", "b 0 0 9 9"], "b.jpg": ["c 0 0 9 9", "d 0 0 9 9"]})
    (matrix,) = class_matrices(scan(more, Options(select=("DUP003",))))
    assert len(matrix.classes) == 2
    assert matrix.left_out == 1


def test_the_largest_number_is_darkest_and_none_is_not_dark_at_all():
    (matrix,) = class_matrices(scan(TWICE, Options(select=("DUP003",))))
    large = dataclasses.replace(matrix, counts=((0, 100), (1, 50)))
    assert [large.heat(count) for count in (0, 1, 50, 100)] == [0, 1, 2, 4]
