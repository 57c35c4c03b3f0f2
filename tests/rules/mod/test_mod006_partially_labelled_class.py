from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Findings
from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import Dataset
from labelaudit.rules.mod.mod006_partially_labelled_class import partially_labelled_class
from labelaudit.testing import images, with_label_issues

CATS = ["cat 0 0 9 9"] * 10


def places(image: int, count: int, *, probability: float = 0.9) -> list[str]:
    return [f"missing {probability} {image} cat {9 * n} 50 {9 * n + 8} 70" for n in range(count)]


def found(dataset: Dataset, *missing: str, **settings: float) -> Findings:
    return partially_labelled_class(with_label_issues(dataset, *missing), **settings)


@pytest.mark.parametrize(("count", "findings"), [(5, 1), (4, 0)])
def test_an_image_without_a_label_of_a_class_that_it_shows_is_reported(count, findings):
    dataset = images({"a.jpg": CATS, "b.jpg": ["dog 0 0 9 9"], "c.jpg": CATS})
    result = found(dataset, *places(1, count))
    assert len(result) == findings
    if findings:
        assert result.image.tolist() == [1]
        assert result.message[0].startswith("cat is hardly labelled in b.jpg: the model sees 5")


def test_an_image_with_a_label_of_the_class_is_not():
    dataset = images({"a.jpg": CATS, "b.jpg": ["cat 0 0 9 9"], "c.jpg": CATS})
    assert len(found(dataset, *places(1, 9))) == 0


def test_improbable_objects_do_not_count():
    dataset = images({"a.jpg": CATS, "b.jpg": []})
    assert len(found(dataset, *places(1, 9, probability=0.49))) == 0
    assert len(found(dataset, *places(1, 9, probability=0.5))) == 1
    assert len(found(dataset, *places(1, 9, probability=0.49), min_probability=0.4)) == 1


def test_a_folder_is_reported_once_and_not_image_by_image():
    new = {f"new/{n}.jpg": [] for n in range(3)}
    dataset = images({"old/a.jpg": CATS * 4, "old/b.jpg": CATS * 4, **new})
    result = found(dataset, *places(2, 6), *places(3, 6), *places(4, 1))
    assert len(result) == 1
    assert "in folder new: the model sees 13 without a label" in result.message[0]
    assert result.image.tolist() == [-1]


def test_a_split_is_named_and_its_file_is_not_reported_again():
    dataset = merged([images({"a.jpg": CATS}), images({"b.jpg": [], "c.jpg": []})], ["old", "new"])
    result = found(dataset, *places(1, 5), *places(2, 5))
    assert len(result) == 1
    assert "in split new" in result.message[0]


@pytest.mark.parametrize(("labelled", "findings"), [(5, 1), (6, 0)])
def test_a_source_where_more_is_labelled_than_missing_is_left_alone(labelled, findings):
    new = {"new/a.jpg": ["cat 0 0 9 9"] * labelled, "new/b.jpg": ["cat 0 0 9 9"]}
    dataset = images({"old/a.jpg": CATS, "old/b.jpg": CATS, **new})
    assert len(found(dataset, *places(2, 6))) == findings


@pytest.mark.parametrize(("elsewhere", "findings"), [(2, 1), (3, 0)])
def test_a_class_that_lacks_labels_everywhere_is_not_partially_labelled(elsewhere, findings):
    dataset = images({"a.jpg": ["cat 0 0 9 9"] * 8, "b.jpg": []})
    assert len(found(dataset, *places(0, elsewhere), *places(1, 9))) == findings


def test_a_class_without_any_label_elsewhere_cannot_be_judged():
    dataset = images({"new/a.jpg": ["cat 0 0 9 9"], "old/b.jpg": ["dog 0 0 9 9"]})
    assert len(found(dataset, *places(0, 9))) == 0
