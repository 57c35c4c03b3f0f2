import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.needs import NO_SOURCES, Need
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.rules.src.chances import power_of_chance
from labelaudit.testing import drawn_by
from tests.rules.src.people import NEAT, alone


def test_a_class_that_one_never_uses_is_found_and_no_other():
    found = audit(alone(NEAT, images=30, never={"bob": "bike"}), select=["SRC"])
    assert found.code.tolist() == ["SRC004"]
    assert found.message[0].startswith("annotator bob has no bike in 30 images, where others")


def test_a_rare_class_may_be_missing():
    rare = {
        f"{n}.jpg": ["car 9 9 50 50", *(["bus 60 60 90 90"] if n < 2 else [])] for n in range(40)
    }
    cars = {f"{n}.png": ["car 9 9 50 50"] for n in range(40)}
    assert len(audit(drawn_by({"ann": rare, "bob": cars}), select=["SRC"])) == 0


def some(names: list[str], *boxes: str) -> dict[str, list[str]]:
    return {name: list(boxes) for name in names}


def numbered(folder: str, first: int, end: int) -> list[str]:
    return [f"{folder}/{number}.jpg" for number in range(first, end)]


CAR, BUS = "car 9 9 50 50", "bus 60 60 90 90"


def test_other_folders_may_hold_other_objects():
    apart = drawn_by(
        {"ann": some(numbered("a", 0, 40), CAR, BUS), "bob": some(numbered("b", 0, 40), CAR)}
    )
    assert len(audit(apart, select=["SRC004"])) == 0
    mixed = drawn_by(
        {
            "ann": {**some(numbered("a", 0, 20), CAR, BUS), **some(numbered("b", 0, 20), CAR, BUS)},
            "bob": {**some(numbered("a", 20, 40), CAR), **some(numbered("b", 20, 40), CAR)},
        }
    )
    assert len(audit(mixed, select=["SRC004"])) == 1


def test_the_chance_is_that_of_fishers_exact_test_folder_by_folder():
    one = stats.fisher_exact([[0, 12], [9, 21]], alternative="less").pvalue
    two = stats.fisher_exact([[0, 5], [3, 4]], alternative="less").pvalue
    power = power_of_chance(np.array([12, 5]), np.array([30, 7]), np.array([9, 3]))
    assert power == pytest.approx(math.log10(one * two))


def test_the_largest_chance_counts_times_all_comparisons():
    dataset = drawn_by(
        {
            "ann": some(numbered("a", 0, 10), CAR, BUS),
            "bob": some(numbered("a", 10, 20), CAR),
        }
    )
    p = 4 * 10 ** power_of_chance(
        np.array([10]), np.array([10]), np.array([10])
    )  # two classes, two people

    def found(most: float) -> int:
        settings = {"class-unused-by-source": {"max-p": most}}
        return len(audit(dataset, select=["SRC004"], settings=settings))

    assert [found(p * 1.01), found(p * 0.99)] == [1, 0]


def without_names(dataset: Dataset) -> Dataset:
    return dataclasses.replace(dataset, attributes=None)


def test_folders_alone_are_not_asked_for_classes():
    dataset = without_names(
        drawn_by(
            {"ann": some(numbered("a", 0, 40), CAR, BUS), "bob": some(numbered("b", 40, 80), CAR)}
        )
    )
    context = AuditContext(dataset)
    assert context.sources.field == "folder"
    assert context.lacking[Need.WHO] == NO_SOURCES
    assert Need.SOURCES not in context.lacking


@pytest.mark.parametrize(("images", "count"), [(12, 1), (10, 0)])
def test_a_chance_of_one_in_a_thousand_is_told(images, count):
    """Four comparisons by one of 6,188 or 3,003 choices of five images: .0006 and .0013."""
    dataset = drawn_by(
        {
            "ann": some(numbered("a", 0, images), CAR, BUS),
            "bob": some(numbered("a", images, images + 5), CAR),
        }
    )
    assert len(audit(dataset, select=["SRC004"])) == count
