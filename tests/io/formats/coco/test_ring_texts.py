from __future__ import annotations

import pytest

from labelaudit.io.formats.coco.ring_texts import rings_text


def text(rings: list[list[float]], old: str) -> str | None:
    return rings_text(rings, old, ", ", repr)


def test_a_polygon_that_stays_is_as_it_is_written():
    assert text([[1, 2, 3.5, 4, 5, 6]], "[[9,9] , [1.0,2 , 35e-1,4,5,6.0]]") == (
        "[[1.0,2 , 35e-1,4,5,6.0]]"
    )


def test_an_odd_number_at_the_end_of_a_polygon_shifts_no_other():
    assert text([[2, 3, 7, 8]], "[[1.0, 2.0, 3], [2.0, 3.0, 4, 5]]") == "[[2.0, 3.0, 7.0, 8.0]]"


@pytest.mark.parametrize("old", ["[1, 2, 3, 4, 5, 6]", '[["1", 2]]', "[[[1, 2]]]", "{}", "[[NaN]]"])
def test_what_is_no_list_of_lists_of_numbers_is_left_to_others(old: str):
    assert text([[1, 2, 3, 4]], old) is None
