from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import images


def told(dataset: Dataset, **settings: object) -> Findings:
    return audit(dataset, select=["SPL004"], settings={"class-missing-from-split": settings})


def splits(**counts: dict[str, int]) -> Dataset:
    """Splits of so many images with a box of each class, one class an image, 20 or 40 in all."""
    parts = []
    for name, classes in counts.items():
        boxes = [f"{label} 9 9 40 40" for label, count in classes.items() for _ in range(count)]
        parts.append(images({f"{name}{n}.jpg": [box] for n, box in enumerate(boxes)}))
    return merged(parts, list(counts))


def test_a_common_class_that_val_lacks_is_a_warning():
    findings = told(splits(train={"car": 30, "bus": 10}, val={"car": 20}))
    assert findings.severity.tolist() == [Severity.WARNING]
    assert findings.message.tolist() == [
        "val has nothing of bus, of which train has 10 boxes in 10 images"
    ]


def test_a_common_class_that_train_lacks_is_a_warning():
    findings = told(splits(train={"car": 30}, val={"car": 17, "bus": 3}))
    assert findings.severity.tolist() == [Severity.INFO]
    findings = told(splits(train={"car": 80}, val={"car": 17, "bus": 3}))
    assert findings.severity.tolist() == [Severity.WARNING]
    assert findings.message.tolist() == [
        "train has nothing of bus, of which val has 3 boxes in 3 images"
    ]


def test_rare_classes_are_one_info():
    findings = told(splits(train={"car": 36, "bus": 2, "van": 2}, val={"car": 20}))
    assert findings.severity.tolist() == [Severity.INFO]
    assert findings.message.tolist() == [
        "val has nothing of 2 classes (bus, van), of which train has 4 boxes"
    ]


@pytest.mark.parametrize(("expected", "severity"), [(5.0, Severity.WARNING), (5.01, Severity.INFO)])
def test_rare_is_what_is_expected_in_fewer_images_than_that(expected, severity):
    dataset = splits(train={"car": 30, "bus": 10}, val={"car": 20})  # 10 / 40 x 20 images
    assert told(dataset, min_expected=expected).severity.tolist() == [severity]


def test_splits_of_all_classes_without_labels_or_of_unknown_use_are_silent():
    both = {"car": 9, "bus": 9}
    assert len(told(splits(train=both, val=both, test=both))) == 0
    unlabelled = images({f"t{n}.jpg": [] for n in range(30)})
    parts = [splits(train=both), splits(val=both), unlabelled]
    assert len(told(merged(parts, ["train", "val", "test"]))) == 0
    assert len(told(splits(day={"car": 40}, night={"bus": 40}))) == 0


def test_what_one_of_two_splits_for_training_has_is_trained_on():
    dataset = splits(train={"car": 20}, train_more={"bus": 20}, val={"car": 10, "bus": 10})
    assert len(told(dataset)) == 0


@pytest.mark.parametrize(("rare", "more"), [(5, ""), (6, ", ...")])
def test_five_classes_are_named(rare, more):
    train = {"car": 36, **{f"c{number}": 1 for number in range(rare)}}
    assert told(splits(train=train, val={"car": 20})).message.tolist() == [
        f"val has nothing of {rare} classes (c0, c1, c2, c3, c4{more}), of which train has {rare} "
        "boxes"
    ]
