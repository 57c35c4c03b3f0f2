"""Splices and the patches that take them back."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit import splices
from labelaudit.errors import FixError
from labelaudit.splices import Splice, in_order, spliced


@st.composite
def cuts(draw: st.DrawFn) -> tuple[bytes, list[Splice]]:
    """Bytes, and splices of them that do not overlap."""
    data = draw(st.binary(max_size=60))
    ends = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8, unique=True)))
    pairs = list(zip(ends[::2], ends[1::2], strict=False))
    return data, [Splice(start, end, draw(st.binary(max_size=5))) for start, end in pairs]


@given(cuts(), st.randoms(), st.sampled_from([1, 7, 1 << 20]))
def test_splicing_does_what_replacing_from_the_back_does(
    cut: tuple[bytes, list[Splice]], random: object, block: int
) -> None:
    data, chosen = cut
    expected = data
    for splice in sorted(chosen, reverse=True):
        expected = expected[: splice.start] + splice.text + expected[splice.end :]
    random.shuffle(chosen)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splices, "BLOCK", block)
        assert b"".join(spliced(io.BytesIO(data), chosen)) == expected


def test_overlapping_splices_are_refused_by_name() -> None:
    with pytest.raises(FixError, match=r"a.*b"):
        in_order([Splice(0, 5, b"", "a"), Splice(4, 6, b"", "b")])


def test_an_insertion_may_touch_a_replacement() -> None:
    both = [Splice(2, 2, b"x"), Splice(2, 4, b"")]
    assert b"".join(spliced(io.BytesIO(b"abcdef"), both)) == b"abxef"
