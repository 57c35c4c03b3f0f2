from __future__ import annotations

import pytest

from labelaudit.core.declarations import declarations

CALL = """FORMATS.add(
    "one",
    Made(
        "one",
        evidence,
        endings=(".json", ".csv"),
        needs=Need.MODEL,
        both=(Need.MODEL, "b"),
        least=-2,
        on=True,
        worked=make(deep=1),
        named=NAME,
        few=("a", NAME),
    ).format(),
)
"""


def said(text: str, adding: str = "FORMATS.add(", name: str = "one") -> object:
    """What the text of a module says of a thing."""
    found = declarations(text, adding, "some.module")
    assert found is not None
    return found[name].said


def test_literal_arguments_are_read_at_any_depth():
    found = said(CALL)
    assert isinstance(found, dict)
    assert found["0"] == "one"
    assert (found["endings"], found["least"], found["on"]) == ((".json", ".csv"), -2, True)
    assert found["deep"] == 1


def test_a_member_of_an_enumeration_is_its_dotted_text():
    found = said(CALL)
    assert isinstance(found, dict)
    assert (found["needs"], found["both"]) == ("Need.MODEL", ("Need.MODEL", "b"))


def test_what_is_worked_out_is_there_and_unknown():
    found = said(CALL)
    assert isinstance(found, dict)
    assert [found[name] for name in ("worked", "named", "few")] == [None, None, None]


@pytest.mark.parametrize("after", ["def f(): ...", "async def f(): ...", "class F: ..."])
def test_a_decorator_ends_before_what_it_decorates(after: str):
    found = said(f'@rule("one", "a name", needs="model")\n{after}\n', "@rule(")
    assert found == {"0": "one", "1": "a name", "needs": "model"}


def test_what_stands_after_a_call_is_not_read():
    assert said('FORMATS.add("one", on=True)\nOTHER.add("two", off=True)\n') is None
    assert said('FORMATS.add(\n    "one", on=True\n)\nother(off=True)\n') == {
        "0": "one",
        "on": True,
    }


def test_what_is_no_call_says_nothing():
    assert said('FORMATS.add("one", on=\n') is None


def test_several_calls_are_told_apart():
    text = 'FORMATS.add(\n    "one", on=1\n)\nFORMATS.add(\n    "two", on=2\n)\n'
    assert (said(text), said(text, name="two")) == ({"0": "one", "on": 1}, {"0": "two", "on": 2})


@pytest.mark.parametrize(
    "text",
    [
        "for name in NAMES:\n    FORMATS.add(name, 1)\n",
        'if YES:\n    FORMATS.add("one", 1)\n',
        "FORMATS.add(NAME, 1)\n",
        'things.FORMATS.add("one", 1)\n',
        f"{CALL}\nfor name in NAMES:\n    FORMATS.add(name, 1)\n",
    ],
)
def test_a_text_that_does_not_say_it_plainly_is_to_be_asked(text: str):
    assert declarations(text, "FORMATS.add(", "some.module") is None


def test_a_text_without_a_call_adds_nothing():
    assert declarations("import os\n", "FORMATS.add(", "some.module") == {}
