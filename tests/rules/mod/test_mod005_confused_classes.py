from __future__ import annotations

import pytest

from labelaudit.dataset.class_hierarchy import ClassHierarchy
from labelaudit.rules.mod.mod005_confused_classes import confused_classes
from labelaudit.testing import one_image, with_label_issues

DATASET = one_image(
    *(f"cat {x} 0 {x + 9} 9" for x in range(0, 60, 20)),
    *(f"dog {x} 50 {x + 9} 59" for x in range(0, 60, 20)),
    "cow 300 300 309 309",
)


@pytest.mark.parametrize(("probability", "count"), [(0.5, 1), (0.49, 0)])
def test_two_classes_that_are_taken_for_each_other_are_one_finding(probability, count):
    doubts = [f"{row} wrong_class {probability} {'dog' if row < 3 else 'cat'}" for row in (0, 1, 3)]
    found = confused_classes(with_label_issues(DATASET, *doubts, "6 wrong_class 0.9 cat"))
    assert len(found) == count
    if count:
        assert "takes 2 of 3 cat for dog and 1 of 3 dog for cat" in found.message[0]
        assert found.category.tolist() == [0]


def test_fewer_than_the_least_count_are_no_confusion():
    audit = with_label_issues(DATASET, "0 wrong_class 0.9 dog", "1 wrong_class 0.9 dog")
    assert len(confused_classes(audit)) == 0
    assert len(confused_classes(audit, min_count=2)) == 1


def test_the_most_frequent_confusion_comes_first():
    doubts = ["6 wrong_class 0.9 dog", *(f"{row} wrong_class 0.9 dog" for row in range(3))]
    found = confused_classes(with_label_issues(DATASET, *doubts), min_count=1)
    assert [message.split(":")[0] for message in found.message] == ["cat and dog", "dog and cow"]


def test_a_label_for_which_no_other_class_fits_is_no_confusion():
    doubts = [f"{row} wrong_class 0.9 cat" for row in range(3)]
    assert len(confused_classes(with_label_issues(DATASET, *doubts))) == 0


@pytest.mark.parametrize(
    ("most", "names", "more"),
    [
        (2, ["cat and dog", "dog and cow"], ""),
        (1, ["cat and dog"], "; and 1 pair of classes less often"),
        (0, [], ""),
    ],
)
def test_of_many_pairs_the_most_frequent_are_told_and_the_others_counted(most, names, more):
    doubts = ["6 wrong_class 0.9 dog", *(f"{row} wrong_class 0.9 dog" for row in range(3))]
    audit = with_label_issues(DATASET, *doubts)
    found = confused_classes(audit, min_count=1, max_pairs=most).message.tolist()
    assert [message.split(":")[0] for message in found] == names
    assert all(message.endswith(" or more)") for message in found[:-1])
    assert all(message.endswith(f" or more){more}") for message in found[-1:])


@pytest.mark.parametrize(("above", "count"), [("dog", 0), ("cow", 1)])
def test_a_class_that_is_taken_for_a_kind_of_it_is_no_confusion(above, count):
    audit = with_label_issues(DATASET, *(f"{row} wrong_class 0.9 dog" for row in range(3)))
    audit.hierarchy = ClassHierarchy({above: ("cat",)})
    assert len(confused_classes(audit)) == count


@pytest.mark.parametrize(("pairs", "more"), [(10, ""), (11, "; and 1 pair of classes less often")])
def test_ten_pairs_are_told(pairs, more):
    boxes = [f"c{number} {20 * number} 0 {20 * number + 9} 9" for number in range(pairs + 1)]
    doubts = [f"{number} wrong_class 0.9 c{number + 1}" for number in range(pairs)]
    found = confused_classes(with_label_issues(one_image(*boxes), *doubts), min_count=1)
    assert len(found) == 10
    assert found.message[-1].endswith(f" or more){more}")
