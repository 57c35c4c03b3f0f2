import dataclasses

import numpy as np
import pytest
from scipy import stats

from labelaudit.auditing.estimates.breakdown import FACTOR, FieldGroup, breakdown, holm, worst
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import scan
from labelaudit.core.columns import MISSING, texts
from labelaudit.dataset.fields import FieldColumn, Fields
from labelaudit.dataset.tables import Attributes, Boxes, Dataset, Images, RecordType
from labelaudit.errors import ConfigError
from labelaudit.testing import one_image


def drawn_by(people: list[str], images: int) -> tuple[FieldColumn, Dataset]:
    """Boxes of people, one after the other, spread evenly over images."""
    names = list(dict.fromkeys(people))
    box = np.array([names.index(one) for one in people], np.int32)
    image = (np.arange(len(people)) % images).astype(np.int32)
    dataset = dataclasses.replace(
        one_image(),
        images=Images.of(images),
        boxes=Boxes.of(len(people), image=image),
    )
    return FieldColumn("by", texts(names), box, np.full(images, MISSING, np.int32)), dataset


def about(dataset: Dataset, boxes: list[int]) -> Findings:
    return Findings.of(len(boxes), box=boxes, image=dataset.boxes.image[boxes])


def test_findings_are_counted_on_a_thousand_boxes_of_each_value():
    column, dataset = drawn_by(["ann"] * 200 + ["bob"] * 100, 300)
    found = breakdown(column, about(dataset, [0, 1, 250]), dataset)
    assert {one.value: (one.boxes, one.findings, one.rate) for one in found.groups} == {
        "ann": (200, 2, 10.0),
        "bob": (100, 1, 10.0),
    }


def test_limits_are_those_of_a_poisson_count_where_findings_stand_alone():
    column, dataset = drawn_by(["ann"] * 1000, 1000)
    only = breakdown(column, about(dataset, list(range(7))), dataset).groups[0]
    low, high = stats.chi2.ppf(0.025, 14) / 2, stats.chi2.ppf(0.975, 16) / 2  # Garwood 1936
    assert (only.low, only.high) == pytest.approx((low, high))


def test_limits_are_wider_where_findings_stand_together_in_few_images():
    column, dataset = drawn_by(["ann"] * 1000, 100)
    apart = breakdown(column, about(dataset, list(range(40))), dataset)
    together = breakdown(column, about(dataset, [0, 100, 200, 300] * 10), dataset)
    assert apart.dispersion == 1
    assert together.dispersion > 10
    assert together.groups[0].rate == apart.groups[0].rate == 40
    assert together.groups[0].high > 1.5 * apart.groups[0].high


def test_who_has_many_more_findings_than_the_others_stands_out():
    column, dataset = drawn_by(["ann", "bob", "cem"] * 300, 900)
    wrong = [*range(0, 180, 3), 1, 4, 2, 5]  # 60 of ann, 2 of each other
    marks = {
        one.value: one.stands_out
        for one in breakdown(column, about(dataset, wrong), dataset).groups
    }
    assert marks == {"ann": "worse", "bob": "", "cem": ""}


def test_who_has_fewer_findings_than_the_others_stands_out_too():
    column, dataset = drawn_by(["ann", "bob", "cem", "dan"] * 400, 1600)
    wrong = [row for row in range(400) if row % 4]  # none of ann, 100 of each other
    groups = breakdown(column, about(dataset, wrong), dataset).groups
    assert {one.value: one.stands_out for one in groups} == {
        "ann": "better",
        "bob": "",
        "cem": "",
        "dan": "",
    }


def test_who_is_odd_is_told_even_if_more_are_than_are_taken_out(monkeypatch):
    people = [f"p{row % 20}" for row in range(4000)]
    column, dataset = drawn_by(people, 4000)
    wrong = [row for row in range(4000) if row % 20 < 4 and row % 3 == 0]

    def marks() -> list[str]:
        groups = breakdown(column, about(dataset, wrong), dataset).groups
        return sorted(one.value for one in groups if one.stands_out == "worse")

    every = ["p0", "p1", "p2", "p3"]
    assert marks() == every
    monkeypatch.setattr("labelaudit.auditing.estimates.breakdown.MOST_TAKEN_OUT", 1)
    assert marks() == every


def test_equal_people_do_not_stand_out_in_nineteen_of_twenty_datasets():
    random, marked = np.random.default_rng(5), 0
    for _ in range(200):
        column, dataset = drawn_by([f"p{row % 20}" for row in range(2000)], 500)
        wrong = np.flatnonzero(random.random(2000) < 0.03).tolist()
        groups = breakdown(column, about(dataset, wrong), dataset).groups
        marked += any(one.stands_out for one in groups)
    assert marked <= 200 * 0.05


def test_a_difference_that_is_no_chance_but_small_does_not_stand_out():
    def group(ratio: float, p: float) -> str:
        return FieldGroup("ann", 10, 1, 1, 1.0, 0.0, 2.0, ratio, p).stands_out

    assert [group(FACTOR, 0.049), group(FACTOR - 0.01, 0.0), group(FACTOR, 0.05)] == [
        "worse",
        "",
        "",
    ]
    assert [group(1 / FACTOR, 0.0), group(1 / FACTOR + 0.01, 0.0)] == ["better", ""]
    assert group(np.nan, np.nan) == ""


def test_the_correction_is_that_of_holm():
    assert holm(np.array([0.01, 0.02, 0.5])).tolist() == pytest.approx([0.03, 0.04, 0.5])
    assert holm(np.array([0.4, 0.3, 0.5])).tolist() == pytest.approx([0.9, 0.9, 0.9])


def test_boxes_without_a_value_are_a_group_of_their_own():
    column, dataset = drawn_by(["ann"] * 10, 10)
    column = dataclasses.replace(column, box=np.where(np.arange(10) < 4, MISSING, column.box))
    groups = breakdown(column, about(dataset, [0]), dataset).groups
    assert {one.value: (one.boxes, one.findings) for one in groups} == {"": (4, 1), "ann": (6, 0)}


def test_findings_about_classes_and_files_have_these_as_values():
    dataset = one_image("car 0 0 10 10", "bus 0 0 20 20")
    findings = Findings.of(2, category=[1, MISSING], file=[MISSING, 0])
    by_class = breakdown(Fields(dataset).column("class"), findings, dataset)
    assert {one.value: one.findings for one in by_class.groups} == {"bus": 1, "car": 0}
    assert by_class.elsewhere == 1
    by_file = breakdown(Fields(dataset).column("file"), findings, dataset)
    assert (by_file.groups[0].findings, by_file.elsewhere) == (1, 1)


def test_who_stands_out_is_listed_even_if_others_come_before():
    groups = [FieldGroup(str(row), 10, 1, 1, 1.0, 0.0, 2.0, 1.0, 1.0) for row in range(5)]
    groups[4] = dataclasses.replace(groups[4], ratio=2.0, p=0.0)
    assert [one.value for one in worst(groups, 2)] == ["0", "4"]


def test_a_scan_counts_by_the_fields_that_its_options_name():
    dataset = one_image("car 0 0 0 10", "car 20 20 40 40")
    said = [
        Attributes(RecordType.BOX, 0, {"annotator": "ann"}),
        Attributes(RecordType.BOX, 1, {"annotator": "bob"}),
    ]
    dataset = dataclasses.replace(dataset, attributes=lambda _: iter(said))
    result = scan(dataset, Options(select=("GEO001",), by=("annotator", "class")))
    assert [one.field for one in result.breakdowns] == ["annotator", "class"]
    assert {one.value: one.findings for one in result.breakdowns[0].groups} == {"ann": 1, "bob": 0}


def test_a_field_that_no_label_has_is_refused_with_those_that_there_are():
    with pytest.raises(ConfigError, match=r"'annotator'.*class, split, folder, file"):
        scan(one_image("car 0 0 10 10"), Options(by=("annotator",)))
