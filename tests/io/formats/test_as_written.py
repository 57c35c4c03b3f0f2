from __future__ import annotations

import numpy as np

from labelaudit.io.formats.as_written import point_words


def words(points: list[list[float]], written: str) -> list[str]:
    said = written.split()
    return point_words(np.array(points, np.float64), [float(word) for word in said], said, repr)


def test_a_point_keeps_its_own_words_also_where_others_share_a_number_with_it():
    written = "1.0 2.0 1.00 3 1 2.50"
    assert words([[1, 3], [1, 2.5], [1, 2]], written) == ["1.00", "3", "1", "2.50", "1.0", "2.0"]


def test_points_that_stand_twice_keep_their_order_and_the_last_of_them_serves_any_more():
    assert words([[1, 2], [1, 2], [1, 2]], "1.0 2 1 2.0") == ["1.0", "2", "1", "2.0", "1", "2.0"]


def test_a_new_point_has_the_words_of_coordinates_along_the_same_axis_alone():
    assert words([[5, 2]], "2.00 5.00 1 2.0") == ["5.0", "2.0"]


def test_nothing_is_made_of_no_points():
    assert point_words(np.empty((0, 2)), [], [], repr) == []
