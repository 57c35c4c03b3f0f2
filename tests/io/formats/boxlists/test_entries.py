from __future__ import annotations

import math

import pytest

from labelaudit.io.formats.boxlists.entries import entry_of

BOXES = [[1, 2, 3, 4]]


@pytest.mark.parametrize(
    "odd",
    [
        {"": "a.png"},
        {"": {"width": 5, "height": 6}},
        {"": {"filename": "b.png", "width": 5, "height": 6}},
        {"": 7},
        {"": ["cat"]},
    ],
)
def test_what_stands_under_an_empty_key_is_neither_name_nor_size_nor_class(odd):
    entry = entry_of("a.jpg", {"boxes": BOXES, **odd})
    assert entry.name == "a.jpg"
    assert all(map(math.isnan, entry.size))
    assert [(one.numbers, one.label) for one in entry.objects] == [((1, 2, 3, 4), None)]
    assert entry_of("", {"boxes": BOXES, **odd}) is None
