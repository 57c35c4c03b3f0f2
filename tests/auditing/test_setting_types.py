"""Settings of all rules, from both sides of their ranges."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from labelaudit.auditing.config import read_config
from labelaudit.auditing.rule import RULES, Rule
from labelaudit.auditing.setting_types import Count, Share, is_within, range_words, ranges
from labelaudit.errors import ConfigError
from labelaudit.schemas import schema

if TYPE_CHECKING:
    from labelaudit.auditing.setting_types import Share as OnlyForCheckers

NUMBERS = [
    pytest.param(rule, name, default, id=f"{rule.code} {name}")
    for rule in RULES.values()
    for name, default in rule.settings.items()
    if type(default) in (int, float)
]


def outside(limit: float, by: int, default: float) -> float:
    """The next number beyond a limit of the kind of the default."""
    return int(limit) + by if isinstance(default, int) else math.nextafter(limit, by * math.inf)


def answer(tmp_path: Path, rule: Rule, name: str, value: object) -> str:
    """What reading a file with this value says; empty if it takes it."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    path = tmp_path / "labelaudit.toml"
    path.write_text(f"[rules.{rule.name}]\n{name.replace('_', '-')} = {text}\n")
    try:
        read_config(path)
    except ConfigError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def validator() -> Any:  # Any: jsonschema has no types
    return jsonschema.Draft202012Validator(schema("configuration"))


def test_every_number_has_a_range() -> None:
    lacking = [
        (rule.code, name)
        for rule in RULES.values()
        for name, default in rule.settings.items()
        if type(default) in (int, float) and name not in rule.ranges
    ]
    assert lacking == []


@pytest.mark.parametrize(("rule", "name", "default"), NUMBERS)
def test_a_number_is_taken_to_its_limits_and_refused_beyond_them(
    rule: Rule, name: str, default: float, tmp_path: Path, validator: Any
) -> None:
    limits = rule.ranges[name]
    least = limits.ge if limits.gt is None else limits.gt
    assert least is not None
    low, high = outside(least, -1, default), outside(limits.le or 0, 1, default)
    taken = [default, least if limits.gt is None else outside(least, 1, default)]
    refused: list[object] = [low if limits.gt is None else least, math.nan, "1", True, [default]]
    if limits.le is None:
        taken.append(10**9)
    else:
        taken.append(limits.le)
        refused.append(high)
    if isinstance(default, int):
        refused.append(default + 0.5)
    key = name.replace("_", "-")
    assert [answer(tmp_path, rule, name, value) for value in taken] == [""] * len(taken)
    for value in refused:
        said = answer(tmp_path, rule, name, value)
        assert said.startswith(f"{tmp_path / 'labelaudit.toml'}: rules.{rule.name}: {key} of rule")
        assert f"number {range_words(limits)}, found {value!r}" in said
        if not (isinstance(value, float) and math.isnan(value)):  # JSON has none
            assert not valid(validator, rule, key, value)
    assert all(valid(validator, rule, key, value) for value in taken)


def valid(validator: Any, rule: Rule, key: str, value: object) -> bool:  # Any: see `validator`
    return bool(validator.is_valid({"rules": {rule.name: {key: value}}}))


def test_a_range_is_read_where_a_type_is_named_for_checkers_alone() -> None:
    def own(audit: object, *, share: OnlyForCheckers = 0.5) -> None:
        """Its type has no meaning when it is run."""

    assert ranges(own) == {}


def test_the_range_of_an_own_rule_is_that_of_the_type() -> None:
    def own(audit: object, *, share: Share = 0.5, count: Count = 3, plain: float = 1.0) -> None:
        """Two of its settings have ranges."""

    found = ranges(own)
    assert {name: range_words(one) for name, one in found.items()} == {
        "share": "from 0 to 1",
        "count": "of 0 or more",
    }
    assert [is_within(value, found["share"]) for value in (-0.1, 0, 1, 1.1)] == [
        *(False, True, True, False)
    ]
