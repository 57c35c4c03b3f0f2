from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from rich.text import Text

from labelaudit.auditing.label_issues import BOX_ERRORS, ErrorKind, LabelIssues, MissingObjects
from labelaudit.cli.quality import UNCALIBRATED, calibration_plot, selftest_lines
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError, FormatError
from labelaudit.label_errors.evaluation.known_errors import KnownErrors, Rates, plant_known_errors
from labelaudit.label_errors.evaluation.selftest import measured, selftest
from labelaudit.testing import one_image, with_label_issues
from tests.label_errors.evaluation.test_known_errors import RATES, grid


def oracle(copy: KnownErrors, *, sure: float = 0.9) -> LabelIssues:
    """LabelIssues that know what was planted."""
    label_issues = with_label_issues(copy.dataset).label_issues
    assert label_issues is not None
    for doubt in BOX_ERRORS:
        mine = copy.error == doubt.value
        getattr(label_issues.boxes, doubt)[mine] = label_issues.boxes.wrong[mine] = sure
    dropped = copy.dropped
    missing = MissingObjects.of(
        len(dropped),
        image=dropped.image,
        xyxy=dropped.xyxy,
        probability=np.full(len(dropped), sure),
    )
    return dataclasses.replace(label_issues, missing=missing)


def test_who_knows_all_finds_all():
    copy = plant_known_errors(grid(), RATES, seed=0)
    result = measured(copy, oracle(copy))
    assert result.planted == 60
    assert [kind.average_precision for kind in result.kinds] == [1.0] * 4
    assert [kind.found for kind in result.kinds] == [20, 20, 10, 10]
    at_once = result.budgets[2]
    assert (at_once.findings, at_once.found, at_once.recall, at_once.precision) == (60, 60, 1, 1)
    assert result.budgets[3].precision == 0.5
    assert result.budgets[0].recall == 0.25


def test_who_knows_nothing_finds_nothing():
    copy = plant_known_errors(grid(), RATES, seed=0)
    label_issues = with_label_issues(copy.dataset).label_issues
    assert label_issues is not None
    result = measured(copy, label_issues)
    assert [kind.found for kind in result.kinds] == [0] * 4
    assert max(kind.average_precision or 0 for kind in result.kinds) < 0.2


def test_boxes_that_were_not_judged_are_not_found():
    copy = plant_known_errors(grid(), RATES, seed=0)
    label_issues = oracle(copy)
    label_issues.boxes.was_scored[:] = False
    result = measured(copy, label_issues)
    assert result.judged == 0
    assert result.budgets[3].found == len(copy.dropped)


def test_a_removed_label_is_found_once_and_the_place_of_a_shifted_box_counts_neither_way():
    copy = plant_known_errors(grid(), RATES, seed=0)
    label_issues = oracle(copy)
    twice = MissingObjects.concat([label_issues.missing, label_issues.missing])
    row = int(np.flatnonzero(copy.error == ErrorKind.LOOSE_BOX.value)[0])
    shifted = MissingObjects.of(
        1,
        image=[copy.dataset.boxes.image[row]],
        xyxy=copy.true_xyxy[[row]],
        probability=[0.99],
    )
    missing = MissingObjects.concat([shifted, twice])
    result = measured(copy, dataclasses.replace(label_issues, missing=missing))
    assert result.kinds[3].found == 10
    assert result.budgets[0].precision == 1.0  # the shifted one's true place is not looked at


def test_the_whole_test_plants_asks_and_measures():
    seen: list[Dataset] = []

    def ask(dataset: Dataset) -> LabelIssues:
        seen.append(dataset)
        found = with_label_issues(dataset).label_issues
        assert found is not None
        return found

    result = selftest(grid(), ask, rates=RATES, seed=0)
    assert result.boxes == len(seen[0].boxes) == 200
    assert result.source == "a model"


def test_too_few_labels_are_an_error():
    with pytest.raises(FormatError, match="too few labels"):
        selftest(one_image("a 0 0 9 9"), oracle, rates=Rates(), seed=0)  # type: ignore[arg-type]


def test_of_doubts_there_is_no_calibration():
    copy = plant_known_errors(grid(), RATES, seed=0)
    result = measured(copy, dataclasses.replace(oracle(copy), max_share={}))
    assert not result.calibrated
    assert (result.calibration, result.calibration_error) == ((), None)
    words = [one.plain for one in selftest_lines(result) if isinstance(one, Text)]
    assert "If you look at the most doubted findings" in "\n".join(words)
    assert any(UNCALIBRATED in one for one in words)
    with pytest.raises(ConfigError, match="no calibration can be drawn"):
        calibration_plot(result, Path("plot.svg"))
    known = measured(copy, oracle(copy))
    assert known.calibrated
    words = [one.plain for one in selftest_lines(known) if isinstance(one, Text)]
    assert "If you look at the most probable findings" in "\n".join(words)
    assert not any(UNCALIBRATED in one for one in words)


def test_calibration_compares_expected_with_planted_shares():
    copy = plant_known_errors(grid(), RATES, seed=0)
    label_issues = oracle(copy)
    label_issues.boxes.wrong[copy.error == ""] = 0.04
    result = measured(copy, label_issues)
    right, wrong = result.calibration
    assert (right.low, right.high, wrong.low, wrong.high) == (0.0, 0.05, 0.9, 1.0)
    assert (right.boxes, wrong.boxes) == (150, 50)
    assert (right.expected, wrong.expected) == pytest.approx((0.04, 0.9))
    assert (right.planted, wrong.planted) == (0, 1)
    assert result.calibration_error == pytest.approx((150 * 0.04 + 50 * 0.1) / 200)
