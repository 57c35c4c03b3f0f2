from __future__ import annotations

import tomllib
from typing import Any

import numpy as np
import pytest

from labelaudit.auditing.contract.draft import draft
from labelaudit.auditing.contract.evaluate import evidence_of
from labelaudit.auditing.contract.outcome import Status
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import Options, audited, context_of
from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import images, with_columns, with_image_files
from tests.auditing.contract.holding import outcome

CHOSEN = Options(select=("GEO", "DUP", "CLS", "REF"))


def drafted(dataset: Dataset, options: Options = CHOSEN, **how: Any) -> str:
    context = context_of(dataset, options)
    found = audited(context, options)
    ran = dict.fromkeys((code for code in found.findings.code.tolist()), "")
    return draft(evidence_of(context, found, ran, options), **how)


def rows(number: int) -> list[str]:
    """Five boxes of an image that nothing is wrong with."""
    return [
        f"{'car' if n % 2 else 'bus'} {10 + 90 * n} {10 + 3 * number} {60 + 90 * n + number} 90"
        for n in range(5)
    ]


TWICE = ("car 300 200 380 280", "car 301 200 380 280")  # near duplicates


def street(*more: str, empty: int = 2) -> dict[str, list[str]]:
    good = {f"{number}.jpg": rows(number) for number in range(20)}
    none: dict[str, list[str]] = {f"empty{number}.jpg": [] for number in range(empty)}
    return {**good, "more.jpg": [*TWICE, *more], **none}


def failing(dataset: Dataset, contract: str) -> list[str]:
    made = outcome(dataset, tomllib.loads(contract)["contract"], select=CHOSEN.select)
    return [one.key for one in made.of(Status.FAILED)]


def test_the_dataset_that_a_contract_is_drafted_from_keeps_it():
    contract = drafted(images(street("car 0 0 0 40", "bus 500 400 501 401")))
    assert failing(images(street("car 0 0 0 40", "bus 500 400 501 401")), contract) == []


@pytest.mark.parametrize(
    ("boxes", "broken"),
    [
        (street("van 300 300 360 360"), ["classes"]),
        (street("car 500 200 580 280", "car 501 200 580 280"), ["targets[0]"]),
        (street("car 600 400 700 440"), ["warnings"]),  # beyond its image, which none was
        (
            street("car 600 400 600 440"),
            ["box-side", "errors"],
        ),  # which is no error of a size alone
        (street(empty=3), ["images-without-boxes"]),
        (street(*(f"car {60 * n} 300 {60 * n + 50} 350" for n in range(7))), ["boxes-per-image"]),
    ],
)
def test_an_error_beyond_a_ceiling_breaks_exactly_that_requirement(boxes, broken):
    assert failing(images(boxes), drafted(images(street()))) == broken


def test_images_of_another_size_and_splits_that_are_gone_break_it():
    train, val = images({"a.jpg": rows(0)}), images({"b.jpg": rows(1)})
    dataset = merged([train, val], ["train", "val"])
    contract = drafted(dataset)
    assert failing(dataset, contract) == []
    assert failing(with_columns(dataset, "images", size=[[640, 480], [640, 481]]), contract) == [
        "image-sizes"
    ]
    assert failing(merged([train, val], ["train", "test"]), contract) == ["required-splits"]


def test_a_class_without_boxes_need_not_have_any():
    unused = with_columns(images({"a.jpg": ["car 9 9 90 90", "bus 99 99 150 150"]}), "boxes")
    unused = with_columns(unused, "boxes", label=[0, 0])
    contract = tomllib.loads(drafted(unused))["contract"]
    assert contract["classes"] == ["car", "bus"]
    assert contract["required-classes"] == ["car"]


def test_pictures_that_splits_share_today_may_be_shared(tmp_path):
    parts = [images({f"{name}/a.png": rows(0)}, size=(32, 32)) for name in ("train", "val")]
    train, val = (with_image_files(part, tmp_path) for part in parts)
    (tmp_path / "val/a.png").write_bytes((tmp_path / "train/a.png").read_bytes())
    text = drafted(merged([train, val], ["train", "val"]))
    assert 'splits-may-share = [["train", "val"]]  # today: 1 image of train and val' in text


def test_what_was_measured_stands_beside_each_line():
    text = drafted(images(street()))
    assert "# As it was when this was drafted: 23 images, 102 boxes." in text
    assert "images-without-boxes = { max = 0.086957 }  # 2 of 23 images" in text
    assert "boxes-per-image = { max = 5 }  # the median is 5" in text
    assert "image-sizes = [[640, 480]]  # 23 of 23 images" in text
    assert 'rule = "near-duplicate-box"\nmax-share = 0.009804  # 1 of 102 boxes, 0.98 %' in text


@pytest.mark.parametrize("impossible", [(0.0, 0.0), (640.0, 0.0), (-640.0, 480.0), (0.5, 480.0)])
def test_a_contract_of_images_whose_size_is_none_is_kept_too(impossible: tuple[float, float]):
    dataset = images(street())
    size = dataset.images.size.copy()
    size[4] = impossible
    size[5] = (600.0, 480.0)
    broken = with_columns(dataset, "images", size=size)
    contract = drafted(broken)
    assert (
        "image-side = { min = 480, max = 640, max-share = 0.043479 }"
        "  # 2 sizes; 1 of 23 say one below 1 px"
    ) in contract
    assert failing(broken, contract) == []
    size[6] = (0.0, 0.0)
    assert "image-side" in failing(with_columns(dataset, "images", size=size), contract)


def test_sizes_of_images_are_listed_up_to_five():
    dataset = images({f"{number}.jpg": rows(0) for number in range(6)})
    five = [[640, 480 + min(number, 4)] for number in range(6)]
    text = drafted(with_columns(dataset, "images", size=five))
    assert "image-sizes = [[640, 484], [640, 480]" in text
    six = [[640, 480.5 + number] for number in range(6)]
    text = drafted(with_columns(dataset, "images", size=six))
    assert "image-side = { min = 480, max = 640 }  # 6 sizes" in text
    assert "image-sizes" not in text


def test_the_least_side_is_one_that_no_more_than_one_box_in_a_hundred_is_below():
    sides = [*range(1, 3), *range(30, 228)]
    boxes = {f"{n}.jpg": [f"car 0 0 {side} 300"] for n, side in enumerate(sides)}
    text = drafted(images(boxes))
    assert "box-side = { min = 2, max-share = 0.005 }  # 1 of 200 boxes are smaller" in text


def test_rules_that_found_what_is_only_worth_knowing_are_told_and_not_limited():
    text = drafted(images(street("van 100 300 160 360")))
    assert "# worth knowing only, and without a limit: rare-class" in text
    assert 'rule = "rare-class"' not in text
    strict = drafted(images(street("van 100 300 160 360")), fail_on=Severity.INFO)
    assert 'rule = "rare-class"' in strict


def test_nothing_makes_a_contract_that_can_be_read():
    contract = tomllib.loads(drafted(images({})))["contract"]
    assert contract == {"strict": False, "errors": 0, "warnings": 0}


@pytest.mark.parametrize(
    "name", ['a "quoted" car', "caf\u00e9", "back\\slash", "tab\there", "\x7f"]
)
def test_names_of_any_letters_are_read_as_they_were_written(name):
    dataset = with_columns(images({"a.jpg": rows(0)}), "categories", name=[name, "car"])
    assert tomllib.loads(drafted(dataset))["contract"]["classes"][0] == name


def test_many_classes_take_several_lines():
    names = [f"class number {number}" for number in range(30)]
    dataset = images({"a.jpg": [f"c{n} {n} 9 {n + 90} 90" for n in range(30)]})
    text = drafted(with_columns(dataset, "categories", name=names))
    assert "classes = [  # that may occur\n" in text
    assert tomllib.loads(text)["contract"]["classes"] == names
    classes = text.partition("classes = [")[2].partition("]")[0].splitlines()
    assert 3 < len(classes) < 12
    assert max(map(len, classes)) <= 110


def test_a_share_is_rounded_up_so_that_today_is_within_it():
    many = {"a.jpg": ["car 9 9 90 90", *TWICE], "b.jpg": ["car 9 9 90 90"] * 1}
    text = drafted(images(many))
    assert "max-share = 0.25  # 1 of 4 boxes" in text
    assert failing(images(many), text) == []


def test_the_table_may_have_a_longer_name():
    text = drafted(images(street()), table="tool.labelaudit.contract")
    content = tomllib.loads(text)["tool"]["labelaudit"]["contract"]
    assert content["targets"][0]["rule"] == "near-duplicate-box"
    assert isinstance(content["box-side"]["min"], int)
    assert np.isfinite(content["targets"][0]["max-share"])
