from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.io import text_ranges as module
from labelaudit.io.text_ranges import text_ranges


def place(text: str, offset: int) -> list[int]:
    """Line and column of a character, counted one by one."""
    before = text[:offset]
    return [before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1]


@given(st.text(alphabet='a"é汉😀\n\r ', max_size=60), st.data())
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_places_are_those_of_somebody_who_counts(codec: str, text: str, data: st.DataObject):
    at = st.integers(0, len(text))
    pairs = [sorted(pair) for pair in data.draw(st.lists(st.tuples(at, at), max_size=5))]
    content = text.encode(codec)
    one = codec.replace("-sig", "") if codec != "utf-16" else "utf-16-le"
    mark = len(content) - len(text.encode(one))
    ranges = [[mark + len(text[:end].encode(one)) for end in pair] for pair in pairs]
    found = text_ranges(io.BytesIO(content), np.array(ranges, np.int64).reshape(-1, 2))
    wanted = [[*place(text, start), *place(text, end)] for start, end in pairs]
    assert found.places.tolist() == wanted


def test_what_is_no_utf_8_is_counted_by_bytes():
    content = "é\nüx".encode("latin-1")
    found = text_ranges(io.BytesIO(content), np.array([[3, 4]]))
    assert (found.codec, found.places.tolist()) == ("latin-1", [[2, 2, 2, 3]])


def test_a_character_that_a_block_cuts_in_two_is_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "BLOCK", 3)
    content = "ab汉汉\n汉c".encode()
    found = text_ranges(io.BytesIO(content), np.array([[8, len(content)]]))
    assert found.places.tolist() == [[1, 5, 2, 3]]


def test_nothing_asked_is_nothing_found():
    assert text_ranges(io.BytesIO(b"a"), np.empty((0, 2), np.int64)).places.shape == (0, 4)
