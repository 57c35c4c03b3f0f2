"""Probabilities against verdicts."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.label_issues import BoxIssues, JudgedBoxes, LabelIssues, MissingObjects
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.reports.html.charts.calibration import calibration_chart
from labelaudit.testing import one_image

COUNT = 40


def judged(count: int = COUNT, **changes: object) -> Scan:
    """Half of the labels probably right, half probably wrong, as people found; some are judged."""
    dataset = one_image(*(f"car {at} 10 {at + 20} 40" for at in range(COUNT)))
    wrong = np.where(np.arange(COUNT) % 2, 0.95, 0.02)
    boxes = BoxIssues.of(COUNT, was_scored=np.ones(COUNT, bool), wrong=wrong)
    issues = LabelIssues("a model", ("car",), boxes, MissingObjects.empty())
    rows = np.arange(count)
    result = scan(dataset, Options(select=("GEO001",)))
    said = JudgedBoxes.of(count, box=rows, is_wrong=rows % 2 == 1)
    return dataclasses.replace(result, label_issues=issues, judged_boxes=said, **changes)


def test_each_range_of_probability_has_what_was_expected_and_what_was_found():
    chart = calibration_chart(judged())
    assert [row[:4] for row in chart.rows] == [
        ("0 to 0.05", "20", "2 %", "0 %"),
        ("0.9 to 1", "20", "95 %", "100 %"),
    ]
    assert "Mean distance 0.035" in chart.summary
    assert chart.svg.count("<circle") == 2


def test_few_verdicts_draw_nothing():
    assert calibration_chart(judged(20)) is not None
    assert calibration_chart(judged(19)) is None


def test_labels_that_the_model_did_not_judge_are_not_in_it():
    result = judged(20)
    boxes = result.label_issues.boxes
    unsure = dataclasses.replace(boxes, was_scored=np.arange(COUNT) > 0)
    issues = dataclasses.replace(result.label_issues, boxes=unsure)
    assert calibration_chart(dataclasses.replace(result, label_issues=issues)) is None


@pytest.mark.parametrize("fixed", [{}, {"zero-area": 1}])
def test_after_fixes_rows_are_others_and_nothing_is_drawn(fixed):
    assert (calibration_chart(judged(fixed=fixed)) is None) == bool(fixed)


def test_doubts_that_only_rank_are_no_probabilities():
    result = judged()
    issues = dataclasses.replace(result.label_issues, max_share={"wrong_class": 0.1})
    assert calibration_chart(dataclasses.replace(result, label_issues=issues)) is None
    assert calibration_chart(dataclasses.replace(result, label_issues=None)) is None
