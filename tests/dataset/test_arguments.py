"""Whoever gives a public function another thing than it takes is told what to call."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import labelaudit
from labelaudit.dataset.arguments import check_dataset, one_or_several
from labelaudit.errors import ArgumentError, LabelauditError
from labelaudit.testing import one_image

LABELS = one_image("car 10 10 40 40", "car 10 10 40 40")
FOUND = labelaudit.audit(LABELS, select="DUP")


class DataFrame:
    """As pandas names its own."""


CALLS = {
    "audit()": labelaudit.audit,
    "save()": lambda given: labelaudit.save(given, "x.json"),
    "apply()": lambda given: labelaudit.apply(given, FOUND),
    "compare()": lambda given: labelaudit.compare(given, LABELS),
    "compare(), as what became of it,": lambda given: labelaudit.compare(LABELS, given),
    "by_detector()": labelaudit.by_detector,
    "by_predictions()": lambda given: labelaudit.by_predictions(given, "x.json"),
    "predictions_of()": lambda given: labelaudit.predictions_of(given, [], []),
    "AuditContext()": labelaudit.AuditContext,
}
"""The public functions that take a dataset."""

WRONG = {
    "x.json": "; labelaudit.load('x.json') gives one",
    Path("a/b"): "; labelaudit.load('a/b') gives one",
    ("a.json", "b.json"): "; labelaudit.load(['a.json', 'b.json']) gives one",
    "x" * 99: "; labelaudit.load(path) gives one",
    None: ", not None; labelaudit.load(path) gives one",
    7: ", not a whole number; labelaudit.load(path) gives one",
    DataFrame(): ", not a DataFrame; labelaudit.load(path) gives one",
    DataFrame: ", not the class DataFrame; labelaudit.load(path) gives one",
    labelaudit.apply(LABELS, FOUND): ", not an Applied; its `.dataset` is one",
    FOUND: ", not Findings; its `.dataset` is one",
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("given", list(WRONG), ids=lambda given: type(given).__name__)
def test_what_is_no_dataset_is_refused_with_what_to_call(call, given):
    with pytest.raises(ArgumentError) as error:
        CALLS[call](list(given) if isinstance(given, tuple) else given)
    assert str(error.value) == f"{call} takes a Dataset{WRONG[given]}"


def test_a_dictionary_and_several_datasets_are_refused_with_what_to_call():
    with pytest.raises(ArgumentError, match=r"labelaudit\.load\(dictionary\) makes one"):
        labelaudit.audit({"images": [], "annotations": []})
    with pytest.raises(ArgumentError, match="one at a time"):
        labelaudit.audit([LABELS, LABELS])


def test_the_error_is_of_this_library_and_one_of_types():
    assert issubclass(ArgumentError, LabelauditError)
    assert issubclass(ArgumentError, TypeError)
    assert check_dataset(LABELS, "audit()") is None


@pytest.mark.parametrize("call", [lambda x: labelaudit.apply(LABELS, x), labelaudit.fixable])
@pytest.mark.parametrize(
    ("given", "told"),
    [
        (LABELS, r"takes Findings, not a Dataset; labelaudit\.audit\(dataset\) gives some"),
        (None, r"takes Findings, not None; labelaudit\.audit\(dataset\) gives some"),
        (list(FOUND), r"not a list; findings\.filter\(\.\.\.\) and findings\[mask\] keep some"),
        ([], "takes Findings, not a list"),
    ],
)
def test_what_are_no_findings_is_refused_with_what_to_call(call, given, told):
    with pytest.raises(ArgumentError, match=told):
        call(given)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda: labelaudit.audit(LABELS, "GEO"),
            "takes Options, not the text 'GEO'; select='GEO'",
        ),
        (lambda: labelaudit.load(None), "load() takes a path, several, or what a COCO file holds"),
        (lambda: labelaudit.load(LABELS), "not a Dataset: that is loaded already"),
        (lambda: labelaudit.load(np.zeros(3)), "not a ndarray"),
        (lambda: labelaudit.load(b"x.json"), "not a bytes"),
        (lambda: labelaudit.load(["x.json", None]), "not None among several"),
        (lambda: labelaudit.load("x.json", images=7), "images= takes a folder or several, not a"),
        (lambda: labelaudit.save(LABELS, None), "save() takes a path after the dataset, not None"),
        (lambda: labelaudit.undo(LABELS), "undo() takes the path of a cleaned file or folder, not"),
        (lambda: labelaudit.read_config(LABELS), "read_config() takes the path of a file, not a"),
        (lambda: labelaudit.by_predictions(LABELS, [1]), "labelaudit.predictions_of(dataset, "),
        (lambda: labelaudit.predictions_of(LABELS, None, []), "takes a list of results, one for"),
        (lambda: labelaudit.predictions_of(LABELS, [], "a.jpg"), "takes a list of images, one for"),
        (
            lambda: labelaudit.gate(LABELS, options="GEO"),
            "options= takes Options, not the text 'GEO'",
        ),
        (lambda: labelaudit.Options(select=3), "select takes codes or names of rules"),
        (
            lambda: labelaudit.Options(severities="error"),
            "severities takes a Mapping, not the text",
        ),
        (lambda: labelaudit.Options(per_path_ignores=["a"]), "per_path_ignores takes a Mapping"),
    ],
)
def test_other_arguments_are_refused_with_what_to_call(call, told):
    with pytest.raises(ArgumentError) as error:
        call()
    assert told in str(error.value)


def test_a_word_that_is_none_of_those_there_are_is_refused():
    for options in ({"min_severity": "warn"}, {"severities": {"DUP": "warn"}}):
        with pytest.raises(labelaudit.LabelauditError, match="expected info, warning or error"):
            labelaudit.audit(LABELS, **options)
    with pytest.raises(labelaudit.LabelauditError, match="pixels: expected auto, always or never"):
        labelaudit.audit(LABELS, pixels="maybe")


def test_words_stand_for_what_they_mean_and_one_text_for_several():
    options = labelaudit.Options(
        select="DUP, GEO",
        ignore="GEO001",
        severities={"DUP": "error"},
        safeties={"DUP": "none", "GEO": "safe"},
        per_class_ignores={"car": "GEO006"},
        min_severity="warning",
        pixels="never",
        by="author",
    )
    assert (options.select, options.ignore, options.by) == (
        ("DUP", "GEO"),
        ("GEO001",),
        ("author",),
    )
    assert options.severities == {"DUP": labelaudit.Severity.ERROR}
    assert options.safeties == {"DUP": None, "GEO": labelaudit.Safety.SAFE}
    assert options.per_class_ignores == {"car": ("GEO006",)}
    assert options.min_severity is labelaudit.Severity.WARNING
    assert str(options.pixels) == "never"


def test_the_choices_of_an_audit_change_those_of_its_options():
    options = labelaudit.Options(select="GEO", min_severity="error")
    found = labelaudit.audit(LABELS, options, select="DUP", severities={"DUP": "error"})
    assert {one.code[:3] for one in found} == {"DUP"}
    assert not len(labelaudit.audit(LABELS, options, select="DUP002", severities={"DUP": "info"}))


def test_iterables_of_texts_are_texts():
    assert one_or_several((word for word in ("a", "b")), "x", "names") == ("a", "b")
    assert one_or_several("", "x", "names") == ()
