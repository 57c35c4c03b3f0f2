"""What a public function does not take is answered with a sentence, whatever the argument."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import labelaudit
from labelaudit.errors import LabelauditError
from labelaudit.testing import one_image

LABELS = one_image("car 10 10 40 40", "bus 100 100 150 160")
FINDINGS = labelaudit.audit(LABELS, select="GEO")
NEEDED = {"findings": FINDINGS, "results": [], "images": [], "path": "x.json", "box": [0]}
"""Arguments that have to be there, but for a dataset."""

WRONG: tuple[Any, ...] = (None, "0.5", 3, -1.5, object(), [object()], {"a": 1}, b"x", True)

TRAINING = ("by_detector",)  # which goes on where it takes the argument: see its own test

FUNCTIONS = {
    name: getattr(labelaudit, name)
    for name in labelaudit.__all__
    if inspect.isfunction(getattr(labelaudit, name)) and name not in TRAINING
} | {"Options": labelaudit.Options, "DetectorConfig": labelaudit.DetectorConfig}


def arguments(name: str) -> list[str]:
    parameters = inspect.signature(FUNCTIONS[name]).parameters.values()
    return [one.name for one in parameters if one.kind is not one.VAR_KEYWORD]


def calls(name: str, argument: str) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """What a function is called with, one argument of it wrong."""
    parameters = inspect.signature(FUNCTIONS[name]).parameters
    for wrong in WRONG:
        given: list[Any] = []
        named: dict[str, Any] = {}
        for one in parameters.values():
            needed = one.default is one.empty or (name, one.name) == ("found", "box")
            if one.kind is one.VAR_KEYWORD or not (needed or one.name == argument):
                continue
            value = wrong if one.name == argument else NEEDED.get(one.name, LABELS)
            if one.kind is one.KEYWORD_ONLY:
                named[one.name] = value
            else:
                given.append(value)
        yield given, named


@pytest.mark.parametrize(
    ("name", "argument"), [(name, one) for name in FUNCTIONS for one in arguments(name)]
)
def test_a_wrong_argument_is_answered_with_a_sentence(
    name: str, argument: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    for given, named in calls(name, argument):
        answer = ""
        try:
            FUNCTIONS[name](*given, **named)
        except (
            LabelauditError,
            AssertionError,
        ) as error:  # the latter of labels that are not clean
            answer = str(error)
        assert answer == "" or len(answer.split()) > 3


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: labelaudit.gate(LABELS, warnings_share="0.5"), "warnings_share= takes how many"),
        (lambda: labelaudit.assert_clean(LABELS, select=None), "select= takes codes or names"),
        (lambda: labelaudit.assert_clean(LABELS, baseline=3), "baseline= takes a file that"),
        (lambda: labelaudit.gate(LABELS, options="GEO"), "labelaudit.read_config() reads them"),
        (lambda: labelaudit.audit(LABELS, label_issues="x"), "by_predictions(dataset, path) make"),
        (lambda: labelaudit.audit(LABELS, track=3), "track= takes what goes over the rules"),
        (lambda: labelaudit.audit(LABELS, settings="x"), "settings takes a Mapping"),
        (labelaudit.found, r"found() takes rows of a table, found(box=rows) say"),
        (lambda: labelaudit.found(box="x"), "found(box=) takes a number for each finding"),
        (lambda: labelaudit.found(box=[1], fix=[]), "found(fix=) takes a list of 1, one for each"),
    ],
)
def test_the_sentence_says_what_to_call(call: Any, words: str):
    with pytest.raises(labelaudit.ArgumentError) as error:
        call()
    assert words in str(error.value)
