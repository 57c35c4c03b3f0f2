from __future__ import annotations

import pytest

from labelaudit.dataset.class_hierarchy import ClassHierarchy
from labelaudit.rules.mod.mod002_wrong_class import wrong_class
from labelaudit.testing import one_image, with_label_issues


@pytest.mark.parametrize(
    ("kinds", "rows"),
    [
        ({}, [0, 1]),
        ({"animal": ("cat",)}, [0]),
        ({"cat": ("animal",)}, [0]),
        ({"animal": ("dog",)}, [0, 1]),
        ({"dog": ("cat",)}, [1]),
    ],
)
def test_a_kind_of_the_class_of_a_label_makes_it_no_wrong_one(kinds, rows):
    dataset = one_image("dog 10 10 40 40", "animal 50 20 60 60", "cat 100 100 140 140")
    audit = with_label_issues(dataset, "0 wrong_class 0.97 cat", "1 wrong_class 0.97 cat")
    audit.hierarchy = ClassHierarchy(kinds)
    assert wrong_class(audit).box.tolist() == rows
