import numpy as np
import pytest

from labelaudit.auditing.estimates.expected_value import expected_value
from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.run import audit
from labelaudit.testing import one_image, with_label_issues


def test_without_a_model_severity_says_what_a_finding_is_worth():
    found = Findings.of(3, severity=[Severity.INFO, Severity.ERROR, Severity.WARNING])
    assert expected_value(found).tolist() == pytest.approx([0.06, 0.95, 0.48])


@pytest.mark.parametrize(("doubt", "value"), [(0.0, 0.0), (0.61, 0.488), (1.0, 0.8)])
def test_a_model_says_how_often_its_findings_are_right(doubt, value):
    for column in ("doubt", "probability"):
        found = Findings.of(1, severity=[Severity.WARNING], **{column: [doubt]})
        assert expected_value(found).tolist() == pytest.approx([value])


def test_findings_of_labels_and_of_a_model_are_in_one_order():
    labels = one_image("car 0 0 90 90", "van 0 0 90 90", "bus 300 0 390 90")
    for doubt, expected in (("0.9", ["MOD002", "DUP003"]), ("0.5", ["DUP003", "MOD002"])):
        issues = with_label_issues(labels, f"2 wrong_class {doubt} car").label_issues
        found = audit(labels, label_issues=issues, select=["DUP", "MOD"])
        assert found.code.tolist() == expected
        assert found.severity.tolist() == [Severity.WARNING] * 2
        assert (np.diff(expected_value(audit(labels, label_issues=issues))) <= 0).all()
