from __future__ import annotations

import numpy as np

from labelaudit.auditing.findings import Severity
from labelaudit.rules.net.classes_told import first_told, part, severities, shares


def test_nothing_of_nothing_is_no_share():
    assert shares(np.array([0, 1]), np.array([0, 4])).tolist() == [0, 0.25]


def test_the_highest_come_first_and_the_first_says_how_many_follow():
    told, more = first_told(np.array([0, 2, 3]), np.array([5, 99, 7, 6]), 2)
    assert told.tolist() == [2, 3]
    assert more == ["; so it is with 1 more class", ""]


def test_where_all_are_told_nothing_follows():
    told, more = first_told(np.array([1]), np.array([0, 1]), 2)
    assert (told.tolist(), more) == ([1], [""])
    assert first_told(np.array([1]), np.array([0, 1]), 0)[1] == []


def test_a_warning_begins_at_its_share():
    found = severities(np.array([0.5, 0.49]), 0.5)
    assert found == [Severity.WARNING, Severity.INFO]


def test_small_shares_have_a_decimal():
    assert part(9, 1000) == "9 of 1,000 boxes (0.9 %)"
    assert part(10, 1000) == "10 of 1,000 boxes (1 %)"
    assert part(1, 1) == "1 of 1 box (100 %)"
