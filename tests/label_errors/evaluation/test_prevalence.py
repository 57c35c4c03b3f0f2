from __future__ import annotations

import pytest

from labelaudit.errors import FormatError
from labelaudit.label_errors.evaluation.prevalence import estimate_prevalence
from labelaudit.label_errors.evaluation.sample import Sample, box_sample, image_sample
from labelaudit.testing import with_label_issues
from tests.label_errors.evaluation.test_known_errors import grid


def judged(count: int, wrong: int) -> Sample:
    found = with_label_issues(grid()).label_issues
    assert found is not None
    sample = box_sample(grid(), found, count, seed=0)
    for place, item in enumerate(sample.items):
        item.verdict = "spurious" if place < wrong else "ok"
    return sample


def test_the_share_in_the_sample_is_that_of_the_dataset_where_no_model_knows_better():
    result = estimate_prevalence(judged(50, 5))
    assert result.all.errors == pytest.approx(20)
    assert result.all.low is not None
    assert result.all.high is not None
    assert result.all.low < 20 < result.all.high
    assert [kind.wrong for kind in result.kinds] == [0, 0, 5]
    assert sum(one.judged for one in result.classes) == 50


def test_a_sample_of_everything_leaves_nothing_open():
    result = estimate_prevalence(judged(200, 10)).all
    assert (result.errors, result.low, result.high) == (10, 10, 10)


def test_no_error_in_a_sample_does_not_mean_none():
    result = estimate_prevalence(judged(50, 0)).all
    assert result.errors == 0
    assert result.high == pytest.approx(200 * (1 - 0.05 ** (1 / 50)))


@pytest.mark.parametrize(("wrong", "most"), [(2, 200), (10, 200)])
def test_no_more_labels_are_wrong_than_there_are(wrong, most):
    result = estimate_prevalence(judged(10, wrong)).all
    assert result.errors == pytest.approx(20 * wrong)
    assert result.high == most


def test_few_verdicts_give_no_interval_and_none_is_an_error():
    sample = judged(30, 0)
    for item in sample.items[9:]:
        item.verdict = None
    result = estimate_prevalence(sample)
    assert result.all.errors is None
    assert result.without_verdict == 21
    sample.items[9].verdict = "ok"
    assert estimate_prevalence(sample).all.errors == 0
    with pytest.raises(FormatError, match="no verdicts yet"):
        estimate_prevalence(Sample(sample.head, sample.items[20:]))


def test_missing_objects_are_counted_over_images():
    found = with_label_issues(grid()).label_issues
    assert found is not None
    sample = image_sample(grid(), found, 10, seed=0)
    for place, item in enumerate(sample.items):
        item.verdict = place % 2
    result = estimate_prevalence(sample)
    assert result.all.errors == pytest.approx(10)
    assert result.kinds == ()
