from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.shards.in_turn import scan_in_turn
from labelaudit.rules.geo.whole_image_classes import (
    WholeImages,
    folds,
    may_be_nearly_all,
    whole_image_boxes,
    whole_images,
)
from labelaudit.testing import images, one_image, with_columns, with_polygons

WHOLE = "cat 0 0 640 480"
RECTANGLE = [0, 0, 640, 0, 640, 480, 0, 480]
TRIANGLE = [0, 0, 640, 240, 0, 480]


def test_the_whole_image_is_found_and_most_of_it_is_not():
    findings = audit(one_image("dog 20 20 640 480", WHOLE), select=["GEO008"])
    assert findings.box.tolist() == [1]
    assert findings.severity.tolist() == [Severity.INFO]
    assert findings.message.tolist() == ["cat is 640 x 480 px, the whole image"]


@pytest.mark.parametrize(
    ("box", "count"), [("cat 6 0 640 480", 1), ("cat 7 0 640 480", 0), ("cat 0 5 640 480", 0)]
)
def test_each_side_must_have_99_hundredths(box, count):
    assert len(audit(one_image(box), select=["GEO008"])) == count


def test_the_share_is_a_setting():
    settings = {"whole-image-box": {"min-share": 0.5}}
    assert len(audit(one_image("cat 0 0 320 240"), select=["GEO008"], settings=settings)) == 1


def test_a_mask_that_was_drawn_shows_that_the_object_reaches_all_edges():
    dataset = with_polygons(one_image(WHOLE, WHOLE), [TRIANGLE], [RECTANGLE])
    assert audit(dataset, select=["GEO008"]).box.tolist() == [1]


@pytest.mark.parametrize(("lower", "count"), [(452, 0), (460, 1)])
def test_a_mask_that_fills_less_than_95_hundredths_was_drawn(lower, count):
    dataset = with_polygons(one_image(WHOLE), [[0, 0, 640, 0, 640, lower, 0, lower]])
    assert len(audit(dataset, select=["GEO008"])) == count


def test_how_much_a_drawn_mask_fills_is_a_setting():
    settings = {"whole-image-box": {"max-filled": 0.4}}
    dataset = with_polygons(one_image(WHOLE), [TRIANGLE])
    assert len(audit(dataset, select=["GEO008"], settings=settings)) == 1


@pytest.mark.parametrize(
    "box", [f"{WHOLE} crowd", f"{WHOLE} difficult", "cat -5 -5 645 485", "cat 640 0 1280 480"]
)
def test_crowds_difficult_boxes_and_boxes_beyond_the_image_are_left_alone(box):
    assert len(audit(one_image(box), select=["GEO008"])) == 0


def test_a_box_that_is_one_pixel_larger_than_the_image_is_the_whole_image():
    assert len(audit(one_image("cat 0 0 641 481"), select=["GEO008"])) == 1


def test_an_image_of_unknown_size_is_covered_by_no_box():
    assert len(audit(one_image(WHOLE, size=(np.nan, np.nan)), select=["GEO008"])) == 0


def test_the_share_of_an_assumed_size_is_the_true_one():
    dataset = with_columns(one_image(WHOLE), "images", assumed=[True])
    assert len(audit(dataset, select=["GEO008"])) == 1


def test_beside_another_box_of_its_class_it_is_a_warning():
    findings = audit(one_image("cat 200 200 300 300", WHOLE), select=["GEO008"])
    assert findings.box.tolist() == [1]
    assert findings.severity.tolist() == [Severity.WARNING]
    words = "cat is 640 x 480 px, the whole image, beside another box of its class"
    assert findings.message.tolist() == [words]


@pytest.mark.parametrize("other", ["dog 200 200 300 300", "cat 200 200 300 300 crowd", WHOLE])
def test_other_classes_crowds_and_a_second_whole_image_are_no_box_of_the_object(other):
    severities = audit(one_image(other, WHOLE), select=["GEO008"]).severity.tolist()
    assert set(severities) == {Severity.INFO}


def test_a_box_in_another_image_is_not_beside_it():
    dataset = images({"a.jpg": [WHOLE], "b.jpg": ["cat 200 200 300 300"]})
    assert audit(dataset, select=["GEO008"]).severity.tolist() == [Severity.INFO]


def labelled(whole: int, others: int, *, name: str = "cat", start: int = 0) -> dict[str, list[str]]:
    """Images of a class with a box that is the whole image, and others with one that is not."""
    some = {f"{start + row:03}.jpg": [f"{name} 0 0 640 480"] for row in range(whole)}
    return some | {f"{start + 500 + row}.jpg": [f"{name} 9 9 90 90"] for row in range(others)}


def told(labels, **settings):
    findings = audit(images(labels), select=["GEO008"], settings={"GEO008": settings})
    return findings, findings.message.tolist()


def test_a_class_of_which_nearly_every_image_has_one_is_one_finding():
    dogs = {f"dog{row}.jpg": ["dog 9 9 90 90"] for row in range(9)}
    findings, messages = told(labelled(18, 2) | dogs | {"dog.jpg": ["dog 0 0 640 480"]})
    assert sorted(messages) == [
        "18 of 20 images with cat have a box of it that is the whole image",
        "dog is 640 x 480 px, the whole image",
    ]
    one = findings.rows(np.array(messages) == max(messages, key=len))
    assert one.severity.tolist() == [Severity.INFO]
    assert one.box.tolist() == [0]
    assert one.affects[0].box.tolist() == list(range(18))


@pytest.mark.parametrize(("whole", "others", "count"), [(10, 1, 1), (18, 2, 1), (17, 2, 17)])
def test_nine_of_ten_images_are_nearly_all(whole, others, count):
    assert len(told(labelled(whole, others))[1]) == count


@pytest.mark.parametrize(("whole", "count"), [(9, 9), (10, 1)])
def test_fewer_than_ten_images_are_told_one_by_one(whole, count):
    assert len(told(labelled(whole, 0))[1]) == count


def test_how_many_images_are_one_finding_is_a_setting():
    assert len(told(labelled(3, 0), min_images=3)[1]) == 1
    assert len(told(labelled(3, 0), min_images=4)[1]) == 3


def test_a_dataset_nearly_all_of_which_is_so_is_one_finding_of_all_classes():
    classes = ["ant", "bee", "cow", "dog"]
    labels = {}
    for start, name in enumerate(classes):
        labels |= labelled(5, 0, name=name, start=100 * start)
    findings, messages = told(labels | {"other.jpg": ["ant 9 9 90 90"]})
    assert messages == [
        "20 of 21 images have a box, of 4 classes (ant, bee, cow, ...), that is the whole image"
    ]
    assert findings.affects[0].box.tolist() == list(range(20))


def test_whole_images_beside_the_boxes_of_their_objects_are_one_warning():
    labels = {f"{row}.jpg": ["cat 9 9 90 90", "cat 0 0 640 480"] for row in range(12)}
    findings, messages = told(labels | {"x.jpg": ["cat 0 0 640 480"]})
    assert findings.severity.tolist() == [Severity.WARNING]
    assert messages == [
        "13 of 13 images with cat have a box of it that is the whole image, "
        "12 of them beside another of its class"
    ]


def test_half_of_them_beside_another_box_is_no_warning():
    both = {f"{row}.jpg": ["cat 9 9 90 90", "cat 0 0 640 480"] for row in range(6)}
    assert told(both | labelled(6, 0, start=100))[0].severity.tolist() == [Severity.INFO]
    assert told(both | labelled(5, 0, start=100))[0].severity.tolist() == [Severity.WARNING]


def test_images_without_a_box_that_is_judged_do_not_count():
    crowds = {f"c{row}.jpg": ["cat 9 9 90 90 crowd"] for row in range(9)}
    assert told(labelled(10, 0) | crowds)[1] == [
        "10 of 10 images with cat have a box of it that is the whole image"
    ]


@pytest.mark.parametrize("seed", range(40))
def test_classes_that_are_not_counted_could_not_be_nearly_all(seed):
    drawn = np.random.default_rng(seed)
    share = {name: drawn.choice([0.02, 0.5, 0.9, 0.97]) for name in "abc"}
    labels = {}
    for row in range(40):
        some = drawn.choice(list("aabbbccccc"), drawn.integers(0, 4))
        labels[f"{row}.jpg"] = [
            f"{name} 0 0 640 480" if drawn.random() < share[name] else f"{name} 9 9 {90 + row} 90"
            for name in some.tolist()
        ]
    audited = AuditContext(images(labels))
    box = whole_image_boxes(audited, 0.99, 0.95)
    every, some = (
        folds(audited, box, whole_images(audited, box, among), 3)
        for among in (None, may_be_nearly_all(audited, box))
    )
    assert [one.what + one.beside for one in every[0]] == [one.what + one.beside for one in some[0]]
    assert every[1].tolist() == some[1].tolist()
    for name in "abc":
        own = [(im, [b for b in bs if b.startswith(name)]) for im, bs in labels.items()]
        own = [(im, bs) for im, bs in own if bs]
        whole = [bs for _, bs in own if f"{name} 0 0 640 480" in bs]
        beside = [bs for bs in whole if set(bs) - {f"{name} 0 0 640 480"}]
        counts = whole_images(audited, box).get(name, WholeImages())[:3]
        assert counts == (len(own), len(whole), len(beside))


def test_a_class_that_is_ignored_takes_its_finding_along():
    ignored = {"cat": ["GEO008"]}
    dataset = images(labelled(12, 0))
    assert len(audit(dataset, select=["GEO008"], per_class_ignores=ignored)) == 0


def test_several_shards_have_one_finding_about_the_images_of_all():
    halves = [images(labelled(9, 1)), images(labelled(9, 1, start=200))]
    options = Options(select=("GEO008",))
    result = scan_in_turn([lambda one=one: one for one in halves], options)
    assert result.findings.message.tolist() == [
        "18 of 20 images with cat have a box of it that is the whole image"
    ]
    assert result.dataset.images.name[result.findings.image].tolist() == ["000.jpg"]
