"""What holds for every rule."""

from __future__ import annotations

import copy
import doctest
import inspect
import re
import sys
from typing import Any

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.rule import RULES, Rule, declared
from labelaudit.auditing.rule_docs import BEFORE_AND_AFTER
from labelaudit.auditing.run import audit
from labelaudit.core.ids import Ids
from labelaudit.core.registry import Registry
from labelaudit.dataset.tables import Dataset, Images
from labelaudit.testing import images, one_image

FAMILIES = {"REF", "GEO", "DUP", "CLS", "IMG", "SPL", "MOD", "NET", "SRC"}

EVIL = {
    "a.jpg": [
        "car 10 10 40 40",
        "car 10 10 40 40",
        "Car 11 11 41 41",
        "bus nan 1 2 3",
        "bus inf 1 2 3",
        "bus 1e18 1e18 2e18 2e18",
        "bus -1e308 0 1e308 5",
        "bus 30 30 20 20",
        "bus 30 30 30 30 crowd",
        "bus 0 0 640 480 difficult",
    ],
    "b.jpg": [],
    "a.jpg ": ["car 700 10 800 40"],
}


@pytest.fixture(params=list(RULES))
def rule(request: pytest.FixtureRequest) -> Rule:
    return RULES[request.param]


def test_codes_and_names_follow_the_convention(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.code)
    assert rule.family in FAMILIES
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)


def test_what_its_text_declares_is_what_it_is(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh: Registry[Rule] = Registry("rule", "labelaudit.rules", "@rule(")
    assert fresh.said(rule.code) is not None  # else all rules are imported to choose a few
    monkeypatch.setattr("labelaudit.auditing.rule.RULES", fresh)
    assert declared(rule.code) == rule.declaration


def test_a_rule_that_names_causes_says_so(rule: Rule) -> None:
    source = inspect.getsource(sys.modules[rule.function.__module__])
    assert rule.names_causes == ("explains=" in source)


def test_names_are_given_once() -> None:
    names = [rule.name for rule in RULES.values()]
    assert len(set(names)) == len(names)


def test_the_file_of_a_rule_is_named_for_it(rule: Rule) -> None:
    module = rule.function.__module__.rpartition(".")[2]
    assert module == f"{rule.code.lower()}_{rule.name.replace('-', '_')}"


def test_the_documentation_says_why_shows_before_and_after_and_names_the_fix(rule: Rule) -> None:
    page = rule.function.__doc__ or ""
    assert rule.summary.endswith(".")
    assert "Why it hurts:" in page
    assert BEFORE_AND_AFTER in page
    assert ("Fix:" in page) or rule.fix is None


def test_the_example_does_what_it_says(rule: Rule) -> None:
    # doctest looks for functions, and a rule is none.
    scope = sys.modules[rule.function.__module__].__dict__
    examples = doctest.DocTestFinder().find(rule.function, rule.name, globs=scope)
    runner = doctest.DocTestRunner()
    results = [runner.run(example) for example in examples]
    assert sum(result.attempted for result in results) > 0
    assert sum(result.failed for result in results) == 0


def test_every_setting_is_documented_and_has_a_default(rule: Rule) -> None:
    page = rule.function.__doc__ or ""
    for name, default in rule.settings.items():
        assert re.search(rf"^\s+{name}:", page, re.MULTILINE), name
        assert isinstance(default, bool | int | float | str | tuple), name


def test_a_dataset_of_nothing_is_clean(rule: Rule) -> None:
    assert len(rule(AuditContext(Dataset("coco", one_image().root)))) == 0


def test_images_without_boxes_are_no_error(rule: Rule) -> None:
    found = rule(AuditContext(one_image()))
    assert (found.severity < Severity.ERROR).all()


def test_nothing_a_dataset_can_hold_crashes_a_rule_or_is_changed_by_it(rule: Rule) -> None:
    dataset = images(EVIL)
    before = copy.deepcopy(dataset)
    with np.errstate(all="raise"):
        found = rule(AuditContext(dataset))
    assert len(found) == len(found.message)
    for name in ("boxes", "images", "categories"):
        for column, values in vars(getattr(dataset, name)).items():
            old = vars(getattr(before, name))[column]
            if isinstance(values, Ids):
                assert old.values() == values.values()
            else:
                np.testing.assert_array_equal(old, values)


def test_images_of_unknown_size_are_no_crash(rule: Rule) -> None:
    unknown = images(EVIL, size=(float("nan"), float("nan")))
    with np.errstate(all="raise"):
        rule(AuditContext(unknown))


def test_boxes_without_image_or_class_are_no_crash(rule: Rule) -> None:
    lost: Any = images(EVIL)
    lost.boxes.image[::2] = -1
    lost.boxes.label[1::2] = -1
    with np.errstate(all="raise"):
        rule(AuditContext(lost))


def test_no_fix_is_safer_than_the_rule_says(rule: Rule) -> None:
    for fix in rule(AuditContext(images(EVIL))).fix:
        if fix is not None:
            assert rule.fix is not None
            assert rule.fix is Safety.SAFE or fix.safety is Safety.UNSAFE


def test_every_finding_says_where_it_is(rule: Rule) -> None:
    dataset = images(EVIL)
    found = rule(AuditContext(dataset))
    somewhere = (found.box >= 0) | (found.image >= 0) | (found.category >= 0)
    assert (somewhere | (found.file >= 0) | (found.problem >= 0)).all()


def test_a_large_clean_dataset_has_no_errors_or_warnings() -> None:
    random = np.random.default_rng(0)
    content = {}
    for number in range(60):
        # Boxes of a grid cannot overlap.
        cells = random.permutation(12)[: random.integers(1, 8)]
        corners = [(cell % 4 * 150 + 10, cell // 4 * 150 + 10) for cell in cells.tolist()]
        sizes = random.integers(50, 120, (len(cells), 2)).tolist()
        labels = random.choice(["car", "person", "dog"], len(cells)).tolist()
        content[f"{number}.jpg"] = [
            f"{label} {x} {y} {x + w} {y + h}"
            for label, (x, y), (w, h) in zip(labels, corners, sizes, strict=True)
        ]
    found = audit(images(content))
    assert found.message[found.severity >= Severity.WARNING].tolist() == []


def test_an_image_table_alone_is_no_crash(rule: Rule) -> None:
    dataset = Dataset("coco", one_image().root, images=Images.of(2, name=["", ""]))
    with np.errstate(all="raise"):
        rule(AuditContext(dataset))
