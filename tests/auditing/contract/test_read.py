from __future__ import annotations

from typing import Any

import pytest

from labelaudit.auditing.contract.read import read_contract
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.requirements import Bounds, Contract, ContractTarget
from labelaudit.errors import ConfigError


def refused(**contract: Any) -> str:
    """Why a contract is refused; `_` in keys for a dash."""
    with pytest.raises(ConfigError) as error:
        read_contract({key.replace("_", "-"): value for key, value in contract.items()})
    return str(error.value)


def refused_target(**target: Any) -> str:
    return refused(targets=[{"rule": "GEO001", "max": 0}, target])


def test_an_empty_contract_asks_for_nothing():
    assert read_contract({}) == Contract()


def test_each_key_is_read():
    read = read_contract(
        {
            "strict": True,
            "classes": ["car", "bus"],
            "required-classes": ["car"],
            "hierarchy": {"bus": ["car"]},
            "required-attributes": ["occluded"],
            "box-side": {"min": 4, "max-share": 0.01, "train-size": 320},
            "boxes-per-image": {"min": 1, "max": 9},
            "images-without-boxes": {"max": 0.5},
            "image-side": {"min": 320},
            "image-sizes": [[640, 480]],
            "required-splits": ["train", "val"],
            "splits-may-share": [["train", "val"]],
            "errors": 0,
            "warnings": 3,
            "targets": [
                {"rule": "near-duplicate-box", "class": "car", "max-share": 0.001},
                {"rule": "MOD00", "split": "val", "where": {"annotator": "ann"}, "max": 3}
                | {"severity": "error", "by": "batch"},
            ],
        },
        ["GEO001"],
    )
    assert read.box_side == Bounds(4, None, 0.01)
    assert read.train_size == 320
    assert read.boxes_per_image == Bounds(1, 9)
    assert read.images_without_boxes == Bounds(None, 0.5)
    assert read.image_side == Bounds(320, None)
    assert read.image_sizes == ((640, 480),)
    assert read.splits_may_share == (frozenset(("train", "val")),)
    assert (read.errors, read.warnings, read.strict) == (0, 3, True)
    assert read.hierarchy.below("bus") == {"car"}
    assert read.required_attributes == ("occluded",)
    assert read.rules == {"GEO001"}
    first, second = read.targets
    assert first == ContractTarget("near-duplicate-box", ("DUP002",), None, 0.001, class_name="car")
    assert second.codes == tuple(f"MOD00{number}" for number in range(1, 9))
    assert (second.severity, second.split, second.by) == (Severity.ERROR, "val", "batch")
    assert second.where == {"annotator": "ann"}


@pytest.mark.parametrize(
    ("contract", "said"),
    [
        ({"clases": []}, "contract: there is no key 'clases'; did you mean 'classes'?"),
        (
            {"box_side": {"mim": 3}},
            "contract.box-side: there is no key 'mim'; did you mean 'min'?",
        ),
        ({"box_side": {}}, "contract.box-side: expected min, max or both"),
        ({"box_side": 4}, "contract.box-side: expected a table, found a whole number"),
        ({"box_side": {"min": -1}}, "contract.box-side.min: expected a number >= 0.0"),
        ({"box_side": {"min": 9, "max": 4}}, "contract.box-side: min is 9 and max 4, less"),
        (
            {"image_side": {"max": float("inf")}},
            "contract.image-side: expected a finite number, found inf",
        ),
        ({"images_without_boxes": {"max": 2}}, "contract.images-without-boxes.max: expected"),
        (
            {"boxes_per_image": {"min": 1.5}},
            "contract.boxes-per-image.min: expected a whole number",
        ),
        ({"image_sizes": [[640]]}, "contract.image-sizes[0]: expected a list of length 2"),
        ({"errors": -1}, "contract.errors: expected a whole number >= 0"),
        ({"strict": "yes"}, "contract.strict: expected true or false, found text"),
        ({"classes": [""]}, "contract.classes[0]: expected text of length >= 1"),
        (
            {"splits_may_share": [["val", "val"]]},
            "contract.splits-may-share: expected two splits, found 'val' twice",
        ),
        (
            {"near-duplicates-leak": True},
            "contract.near-duplicates-leak: says more about contract.splits-may-share, which is "
            "not there; splits-may-share = [] lets no two splits have a picture in common",
        ),
        (
            {"splits_may_share": [["val", "tset"]], "required_splits": ["val", "test"]},
            "contract.splits-may-share: 'tset' is not one of contract.required-splits; did you "
            "mean 'test'?",
        ),
        (
            {"classes": ["car"], "required_classes": ["carr"]},
            "contract.required-classes: 'carr' is not one of contract.classes; did you mean 'car'?",
        ),
        (
            {"classes": ["cat", "animal"], "hierarchy": {"animl": ["cat"]}},
            "contract.hierarchy: 'animl' is not one of contract.classes; did you mean 'animal'?",
        ),
        (
            {"classes": ["cat", "animal"], "hierarchy": {"animal": ["cta"]}},
            "contract.hierarchy: 'cta' is not one of contract.classes; did you mean 'cat'?",
        ),
        (
            {"hierarchy": {"cat": ["cat"]}},
            "contract.hierarchy: a class cannot be a kind of itself: 'cat' of 'cat'",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_key(contract, said):
    assert refused(**contract).startswith(said)


def test_targets_that_cannot_be_meant_are_refused_with_their_place():
    place = "contract.targets[1]"
    assert refused_target(rule="GEO001") == f"{place}: expected max, max-share or both"
    assert refused_target(rule="GEO001", maxshare=1).startswith(
        f"{place}: there is no key 'maxshare'; did you mean 'max-share'?"
    )
    assert refused_target(rule="near-duplicate-bok", max=1).startswith(
        f"{place}.rule: no rule is called 'near-duplicate-bok'; did you mean 'near-duplicate-box'?"
    )
    assert refused_target(rule="GEO001", max=1, severity="warnig") == (
        f"{place}.severity: expected info or warning or error, found 'warnig'; did you mean "
        "'warning'?"
    )
    assert "max-share: expected a number <= 1.0" in refused_target(
        **{"rule": "GEO", "max-share": 2}
    )
    assert refused_target(max=1).startswith(f"{place}: object missing required field `rule`")


def test_a_class_of_a_target_is_one_that_may_occur():
    target = {"rule": "GEO001", "class": "carr", "max": 0}
    assert refused(classes=["car"], targets=[target]) == (
        "contract.targets[0].class: 'carr' is not one of contract.classes; did you mean 'car'?"
    )
    assert read_contract({"targets": [target]}).targets[0].class_name == "carr"
