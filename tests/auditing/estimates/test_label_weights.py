import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.estimates.label_weights import (
    BROKEN,
    doubted_without_probability,
    label_weights,
    opinion_weights,
)
from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import RecordType
from labelaudit.errors import ConfigError
from labelaudit.testing import one_image, with_label_issues

FOUR = one_image(*["car 10 10 40 40", "car 50 20 90 60", "bus 100 20 190 60", "bus 0 300 90 360"])


def found(box, **columns):
    codes = columns.pop("code", [f"MOD{row:03}" for row in range(len(box))])
    severity = columns.pop("severity", [Severity.WARNING] * len(box))
    return Findings.of(len(box), box=box, code=codes, severity=severity, **columns)


def fixes(*kinds):
    column = np.empty(len(kinds), object)
    column[:] = [Fix(kind, Safety.SAFE, RecordType.BOX, row) for row, kind in enumerate(kinds)]
    return column


def test_labels_that_nothing_is_said_of_weigh_1():
    assert label_weights(Findings.empty(), FOUR).tolist() == [1, 1, 1, 1]


def test_a_dataset_without_boxes_has_no_weights():
    assert label_weights(Findings.empty(), one_image()).tolist() == []


def test_a_label_weighs_the_probability_that_it_is_right():
    weights = label_weights(found([1, 3], probability=[0.9, 0.25]), FOUR)
    assert weights == pytest.approx([1, 0.1, 1, 0.75])


def test_several_rules_about_a_box_are_taken_for_independent():
    assert label_weights(found([1, 1], probability=[0.5, 0.4]), FOUR)[1] == pytest.approx(0.3)


def test_of_several_findings_of_one_rule_about_a_box_the_surest_counts():
    several = found([1, 1, 2, 1], code=["MOD007"] * 4, probability=[0.5, 0.8, 0.3, 0.6])
    assert label_weights(several, FOUR) == pytest.approx([1, 0.2, 0.7, 1])


def test_a_doubt_is_no_probability_and_is_told_of():
    doubts = found([1, 3, 3, MISSING], doubt=[0.9, 0.8, 0.7, 0.9])
    assert label_weights(doubts, FOUR).tolist() == [1, 1, 1, 1]
    assert doubted_without_probability(doubts).tolist() == [1, 3]
    sure = found([1], doubt=[0.9], probability=[0.9])
    assert doubted_without_probability(sure).tolist() == []


def test_an_error_of_a_model_that_only_doubts_counts_for_nothing():
    doubts = found([1], doubt=[0.9], severity=[Severity.ERROR])
    assert label_weights(doubts, FOUR)[1] == 1


def test_an_error_without_a_model_makes_a_label_all_but_worthless_and_a_warning_does_not():
    said = found([0, 1], severity=[Severity.ERROR, Severity.WARNING], fix=fixes("drop", "drop"))
    assert label_weights(said, FOUR) == pytest.approx([1 - BROKEN, 1, 1, 1])


@pytest.mark.parametrize("kind", ["set-field", "renumber"])
def test_an_error_that_is_mended_beside_the_label_leaves_its_weight(kind):
    said = found([0, 1], severity=[Severity.ERROR] * 2, fix=fixes(kind, "move"))
    assert label_weights(said, FOUR) == pytest.approx([1, 1 - BROKEN, 1, 1])


def test_a_finding_about_no_box_changes_no_weight():
    said = found([MISSING], probability=[0.9])
    assert label_weights(said, FOUR).tolist() == [1, 1, 1, 1]


def test_probabilities_out_of_range_count_as_the_nearest():
    assert label_weights(found([0, 1], probability=[1.5, -0.5]), FOUR)[:2].tolist() == [0, 1]


def test_findings_of_another_dataset_are_refused():
    assert len(label_weights(found([3], probability=[0.5]), FOUR)) == 4
    with pytest.raises(ConfigError, match="about box 4, and the dataset has 4"):
        label_weights(found([4], probability=[0.5]), FOUR)


def test_an_audit_with_a_model_weighs_the_labels_that_it_doubts():
    issues = with_label_issues(FOUR, "1 wrong_class 0.9 bus", "2 spurious 0.7").label_issues
    weights = label_weights(audit(FOUR, label_issues=issues, select=["MOD"]), FOUR)
    assert weights == pytest.approx([1, 0.1, 0.3, 1])


def test_weights_are_those_of_a_loop_over_findings():
    random = np.random.default_rng(3)
    many = one_image(*["car 10 10 40 40"] * 30)
    for count in (1, 7, 400):
        said = found(
            random.integers(-1, 30, count),
            code=[f"MOD00{one}" for one in random.integers(1, 5, count)],
            probability=np.where(random.random(count) < 0.2, np.nan, random.random(count)),
        )
        right: dict[int, dict[str, float]] = {}
        rows = zip(said.box.tolist(), said.code.tolist(), said.probability.tolist(), strict=True)
        for box, code, wrong in rows:
            if box >= 0 and not np.isnan(wrong):
                mine = right.setdefault(box, {})
                mine[code] = min(mine.get(code, 1.0), 1 - wrong)
        expected = [np.prod(list(right.get(box, {}).values())) for box in range(30)]
        assert label_weights(said, many) == pytest.approx(expected)


def test_a_model_weighs_labels_that_no_rule_reports():
    issues = with_label_issues(FOUR, "1 wrong_class 0.3 bus", "2 spurious 0.7").label_issues
    assert opinion_weights(issues) == pytest.approx([1, 0.7, 0.3, 1])
    ranked = dataclasses.replace(issues, max_share={"wrong_class": 0.1})
    assert opinion_weights(ranked).tolist() == [1, 1, 1, 1]


def test_labels_that_a_model_did_not_judge_weigh_1():
    issues = with_label_issues(FOUR, "1 wrong_class 0.3 bus").label_issues
    wrong = issues.boxes.wrong.copy()
    wrong[0] = np.nan
    boxes = issues.boxes.replaced(wrong=wrong)
    weights = opinion_weights(dataclasses.replace(issues, boxes=boxes))
    assert weights == pytest.approx([1, 0.7, 1, 1])
