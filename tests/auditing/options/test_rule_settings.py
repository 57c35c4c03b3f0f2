from __future__ import annotations

import pytest

from labelaudit.auditing.options.rule_settings import _is_like


@pytest.mark.parametrize(
    ("default", "fitting", "unlike"),
    [
        (True, [False], [0, 1, "true"]),
        (1, [0, 7], [True, 1.0, "1"]),
        (0.5, [0.1, 1], [False, "0.5", None]),
        ("a", ["", "b"], [1, True, ["a"]]),
        (("a",), [["b"], ("b", "c"), []], ["b", [1], [["b"]], {"b": 1}]),
        ((), [[], [1]], ["", 1]),
    ],
)
def test_a_setting_is_of_the_kind_of_its_default_and_a_truth_is_no_number(default, fitting, unlike):
    assert [_is_like(default, value) for value in fitting] == [True] * len(fitting)
    assert [_is_like(default, value) for value in unlike] == [False] * len(unlike)
