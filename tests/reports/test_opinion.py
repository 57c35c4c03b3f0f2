from dataclasses import replace

from labelaudit.auditing.label_issues import ErrorCount
from labelaudit.reports.text.opinion import opinion
from labelaudit.reports.words import count_words, ranking_words
from labelaudit.testing import one_image, with_label_issues

BOXES = one_image("car 10 10 40 40")


def lines(**changes):
    label_issues = replace(with_label_issues(BOXES).label_issues, **changes)
    return [line.plain for line in opinion(label_issues)]


def test_probabilities_need_no_words():
    assert lines() == ["second opinion by a model: judged 1 of 1 box"]


def test_doubts_are_told_from_probabilities_with_what_bounds_them():
    assert lines(max_share={"wrong_class": 0.5, "spurious": float("nan")}, notes=("a note",)) == [
        "second opinion by a model: judged 1 of 1 box",
        "doubts rank labels and are no probabilities: at most 1 wrong class, any number of boxes "
        "on nothing; judge a sample to know how many (labelaudit sample)",
        "a note",
    ]


def test_where_no_error_could_be_made_there_is_no_bound():
    assert "no probabilities; judge a sample" in ranking_words(9, {})


def test_counts_by_a_judged_sample_have_their_limits():
    assert lines(counts={"loose_box": ErrorCount(1.2, 0.4, 1999.5)})[1] == (
        "by the model and the judged sample, each kind by itself: 1 loose box (0 to 2,000)"
    )
    counts = {"wrong_class": ErrorCount(2, 1, 4), "spurious": ErrorCount(0, 0, 3)}
    assert count_words(counts) == (
        "by the model and the judged sample, each kind by itself: 2 wrong classes "
        "(1 to 4), 0 boxes on nothing (0 to 3)"
    )
