from __future__ import annotations

import pytest

from labelaudit import load
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.rows import all_but
from labelaudit.dataset.merge import merged
from labelaudit.testing import images, one_image


def scenes(**counts):
    """A dataset with so many images of each class; `car__van=2` are two images with both."""
    names = [label.split("__") for label, count in counts.items() for _ in range(count)]
    return images(
        {
            f"{number}.jpg": [f"{name} {40 * n} 10 {40 * n + 30} 40" for n, name in enumerate(both)]
            for number, both in enumerate(names)
        }
    )


def variants(dataset, **settings):
    return audit(dataset, select=["CLS002"], settings={"CLS002": settings})


def test_the_rarer_spelling_is_found_with_both_counts():
    findings = variants(scenes(Car=2, car=3))
    words = "'Car' (2 boxes) differs from 'car' (3 boxes) only in case: never in one image"
    assert findings.message.tolist() == [words]
    assert findings.category.tolist() == [0]
    assert findings.severity.tolist() == [Severity.WARNING]


def test_other_classes_are_left_alone():
    assert not len(variants(scenes(car=3, van=2)))


def test_case_is_a_variant_even_side_by_side():
    findings = variants(scenes(car__Car=5))
    assert findings.message[0].endswith("only in case: together in 5 images")


def test_boxes_on_one_object_are_counted():
    twice = one_image("car 10 10 40 40", "car 100 10 140 40", "Car 10 10 40 41", "Car 10 10 40 42")
    words = "together in 1 image, 2 times on one object"
    assert variants(twice).message[0].endswith(words)


@pytest.mark.parametrize(("bottom", "ending"), [(26, ", once on one object"), (24, "")])
def test_boxes_that_overlap_by_a_half_are_on_one_object(bottom, ending):
    twice = one_image("car 10 10 40 40", "car 100 10 140 40", f"Car 10 10 40 {bottom}")
    assert variants(twice).message[0].endswith(f"together in 1 image{ending}")


def test_letters_that_look_the_same_are_told_apart_in_the_message():
    findings = variants(one_image("car 1 1 9 9", "car 20 1 29 9", "c\u0430r 40 1 49 9"))
    assert findings.message[0].startswith("'c\\u0430r' (1 box) differs from 'car' (2 boxes)")


def test_names_are_left_alone_that_labellers_use_side_by_side():
    assert len(variants(scenes(car=7, cars=7))) == 1
    assert len(variants(scenes(car=7, cars=8, car__cars=2))) == 1  # 2 of 9, too few to tell
    assert len(variants(scenes(car=4, cars=4, car__cars=2))) == 1  # 2 of 6, too few to tell
    assert len(variants(scenes(car=7, cars=7, car__cars=3))) == 0  # 3 of 10
    assert len(variants(scenes(car=8, cars=8, car__cars=3))) == 1  # 3 of 11
    assert len(variants(scenes(car=8, cars=8, car__cars=3), min_together=0.2)) == 0


def test_two_names_on_one_object_are_not_side_by_side():
    both = ["car 10 10 40 40", "cars 10 10 40 41"]
    assert len(variants(images({f"{n}.jpg": both for n in range(5)}))) == 1


@pytest.mark.parametrize(("share", "count"), [(0.05, 1), (0.049, 0)])
def test_one_letter_is_a_typo_only_where_the_name_is_rare(share, count):
    findings = variants(scenes(shirt=20, skirt=1), max_share=share)
    assert len(findings) == count
    assert findings.severity.tolist() == [Severity.INFO] * count


@pytest.mark.parametrize(("others", "count"), [(20, 1), (19, 0)])
def test_a_name_is_rare_that_has_a_twentieth_of_the_boxes_of_the_other(others, count):
    assert len(variants(scenes(shirt=others, skirt=1))) == count


def test_one_letter_is_no_typo_where_both_are_in_one_image_or_one_is_nowhere():
    assert not len(variants(scenes(shirt=40, shirt__skirt=1)))
    dataset = scenes(shirt=40, skirt=1)
    assert not len(variants(dataset.keep(boxes=all_but(len(dataset.boxes), [40]))))


def test_one_letter_is_no_typo_in_a_long_list():
    long = {f"thing{n}": 1 for n in range(5)}
    assert len(variants(scenes(shirt=20, skirt=1, **long), max_classes=7)) == 1
    assert len(variants(scenes(shirt=20, skirt=1, **long), max_classes=6)) == 0


@pytest.mark.parametrize(("classes", "count"), [(100, 1), (101, 0)])
def test_a_list_of_more_than_a_hundred_classes_is_long(classes, count):
    others = {f"thing{n}": 1 for n in range(classes - 2)}
    assert len(variants(scenes(shirt=20, skirt=1, **others))) == count


def test_all_spellings_are_merged_into_the_most_used_and_then_there_is_none():
    dataset = scenes(car=2, Car=5, cars=1, CARS=1, van=3)
    findings = variants(dataset)
    assert findings.category.tolist() == [0, 2, 3]
    assert all(fix.kind == "merge" and fix.safety is Safety.UNSAFE for fix in findings.fix)
    assert {fix.values["into"] for fix in findings.fix} == {1}
    assert "only in number" in findings.message[2]  # CARS: the greatest doubt on the way to Car
    fixed = apply(dataset, findings).dataset
    assert fixed.categories.name.tolist() == ["Car", "van"]
    assert not len(variants(fixed))


def test_a_name_that_its_own_file_spells_one_way_is_renamed():
    both = merged([scenes(car=2), scenes(Car=1)], ["train", "val"])
    findings = variants(both)
    assert findings.category.tolist() == [1]
    assert findings.fix[0].kind == "set-field"
    assert findings.fix[0].values == {"field": "name", "value": "car"}
    assert not len(variants(apply(both, findings).dataset))


def test_the_two_taco_files_spell_plastic_film_in_two_ways(shared_data):
    files = ["annotations.json", "annotations_2019-06-26_bbox_y_flipped.json"]
    taco = load([shared_data / "taco" / file for file in files])
    assert [message.split(" (")[0] for message in variants(taco).message.tolist()] == [
        "'Plastic Film'"
    ]
