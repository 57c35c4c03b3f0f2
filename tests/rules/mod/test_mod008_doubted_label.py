from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Findings, Safety, Severity
from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.run import Options, audit
from labelaudit.dataset.class_hierarchy import ClassHierarchy
from labelaudit.rules.mod.mod008_doubted_label import CLEAR, doubted_label
from labelaudit.testing import one_image, with_label_issues

MANY = one_image(*(f"car {x} 10 {x + 9} 20" for x in range(0, 600, 10)), "bus 10 90 60 140")


def ranked(*doubts: str, max_share: float = 1.0, **settings: float) -> Findings:
    return doubted_label(with_label_issues(MANY, *doubts, max_share=max_share), **settings)


def spurious(*values: float) -> list[str]:
    return [f"{row} spurious {value}" for row, value in enumerate(values)]


def test_the_first_of_a_ranking_are_told_however_small_their_doubts():
    found = ranked("3 wrong_class 0.004 bus", "9 wrong_class 0.002 bus")
    assert found.box.tolist() == [3, 9]
    assert found.doubt.tolist() == [0.004, 0.002]
    assert np.isnan(found.probability).all()
    assert found.message[0] == (
        "car, place 1 of 61 by doubt about its class (doubt 0.004): "
        "the model sees bus 0.91, car 0.03"
    )
    for claim in ("probab", "wrong", "missing"):
        assert claim not in " ".join(found.message.tolist())


def test_behind_a_gap_nothing_is_told():
    found = ranked(*spurious(0.48, 0.39, 0.30, 0.003))
    assert found.box.tolist() == [0, 1, 2]


@pytest.mark.parametrize(("second", "count"), [(0.4 * CLEAR, 2), (0.399 * CLEAR, 1)])
def test_a_gap_is_a_tenth_of_the_largest_doubt(second, count):
    assert len(ranked(*spurious(0.4, second))) == count


def test_a_doubt_that_another_rule_tells_of_makes_a_gap_too():
    assert len(ranked(*spurious(0.9, 0.08))) == 0
    assert len(ranked(*spurious(0.9, 0.1))) == 1


@pytest.mark.parametrize(("share", "count"), [(0.03, 2), (0.05, 4), (1.0, 20), (np.nan, 20)])
def test_no_more_are_told_than_the_bound_allows_or_twenty(share, count):
    found = ranked(*spurious(*np.linspace(0.4, 0.2, 40)), max_share=share)
    assert len(found) == count
    assert found.message[-1].startswith(f"car, place {count} of 61 by doubt that it marks anything")


def test_as_many_are_told_as_were_asked_for():
    values = [0.4, *np.linspace(0.004, 0.001, 40)]
    assert len(ranked(*spurious(*values), max_share=0.03, first=30)) == 30
    assert len(ranked(*spurious(*values), max_share=0.03, first=999)) == 41


@pytest.mark.parametrize(("doubt", "count"), [(0.49, 1), (0.5, 0)])
def test_what_is_doubted_enough_for_its_own_rule_is_left_to_that(doubt, count):
    assert len(ranked(f"0 wrong_class {doubt} bus")) == count
    assert len(ranked(f"missing {doubt} 0 bus 300 300 350 350")) == count
    assert len(ranked(f"0 wrong_class {doubt} bus", max_doubt=0.4)) == 0


def test_those_that_are_left_to_their_own_rule_have_their_places():
    (message,) = ranked(*spurious(0.9, 0.3)).message
    assert "place 2 of 61" in message
    assert len(ranked(*spurious(0.9, 0.3), first=1)) == 0


def test_equal_doubts_share_the_first_of_their_places():
    assert ["place 1 of" in one for one in ranked(*spurious(0.3, 0.3)).message] == [True, True]


def test_a_label_stands_in_the_ranking_of_its_largest_doubt_alone():
    found = ranked("0 wrong_class 0.2 bus", "0 loose_box 0.3 0 10 14 20", "0 spurious 0.1")
    assert len(found) == 1
    assert "by doubt about its frame (doubt 0.3): the model's box, 14 x 10 px" in found.message[0]


def test_without_a_doubt_nothing_is_told():
    assert len(ranked()) == 0


def test_labels_that_were_not_judged_are_not_ranked():
    context = with_label_issues(MANY, *spurious(0.4, 0.3), max_share=1.0)
    assert context.label_issues is not None
    context.label_issues.boxes.was_scored[0] = False
    (message,) = doubted_label(context).message
    assert "place 1 of 60" in message


def test_what_has_a_probability_is_not_ranked():
    doubts = ("0 spurious 0.3", "missing 0.3 0 bus 300 300 350 350")
    assert len(doubted_label(with_label_issues(MANY, *doubts))) == 0
    context = with_label_issues(MANY, *doubts, max_share=1.0)
    assert context.label_issues is not None
    for known, box in (({"max_share": None}, -1), ({"missing_calibrated": True}, 0)):
        issues = dataclasses.replace(context.label_issues, **known)
        assert doubted_label(AuditContext(MANY, issues)).box.tolist() == [box]


def test_each_kind_of_doubt_proposes_what_the_model_sees():
    found = ranked(
        "0 wrong_class 0.4 bus",
        "1 loose_box 0.3 10 10 24 20",
        "2 spurious 0.2",
        "missing 0.1 0 bus 300 300 350 350",
    )
    fixes = {fix.kind: fix for fix in found.fix}
    assert list(fixes) == ["relabel", "move", "drop", "add"]
    assert {fix.safety for fix in found.fix} == {Safety.PROPOSED}
    assert fixes["relabel"].values == {"label": 1}
    assert fixes["move"].values == {"xyxy": [10, 10, 24, 20]}
    assert fixes["add"].values["xyxy"] == [300, 300, 350, 350]
    assert (found.severity == Severity.INFO).all()
    assert found.image.tolist() == [0] * 4
    assert (
        "bus, 50 x 50 px at 300, 300, place 1 of 1 by doubt that it needs no label"
        in (found.message[3])
    )


def test_no_option_applies_a_proposal_and_a_decision_does():
    found = ranked(*spurious(0.4, 0.3))
    assert not fixable(found, unsafe=True).any()
    assert len(apply(MANY, found).dataset.boxes) == len(MANY.boxes) - 2


def test_no_box_is_proposed_where_a_loose_one_will_be_moved_to():
    place = "missing 0.1 0 car 0 10 14 20"
    for loose in ("0 loose_box 0.3 0 10 14 20", "0 loose_box 0.9 0 10 14 20"):
        assert "add" not in [fix.kind for fix in ranked(place, loose).fix]
    assert [fix.kind for fix in ranked(place).fix] == ["add"]


def test_a_class_that_is_a_kind_of_the_other_is_not_doubted():
    issues = with_label_issues(MANY, "0 wrong_class 0.4 bus", max_share=1.0).label_issues
    related = ClassHierarchy({"vehicle": ("bus",), "bus": ("car",)})
    assert len(doubted_label(AuditContext(MANY, issues))) == 1
    assert len(doubted_label(AuditContext(MANY, issues, hierarchy=related))) == 0


def test_a_ranking_stays_a_ranking_whatever_the_family_is_promoted_to():
    issues = with_label_issues(MANY, *spurious(0.9, 0.4), max_share=1.0).label_issues
    options = Options(select=("MOD",), severities={"MOD": Severity.ERROR}, safeties={"MOD": "safe"})
    found = audit(MANY, options, label_issues=issues)
    told = {
        code: (one.severity, one.fix.safety) for code, one in zip(found.code, found, strict=True)
    }
    assert told["MOD004"] == (Severity.ERROR, Safety.SAFE)
    assert told["MOD008"] == (Severity.INFO, Safety.PROPOSED)
    silent = audit(MANY, options, safeties={"MOD008": None}, label_issues=issues)
    assert silent.fix[silent.code == "MOD008"].tolist() == [None]
