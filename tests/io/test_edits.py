"""Edits and the patches that take them back."""

from __future__ import annotations

import dataclasses
import io
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.errors import FixError
from labelaudit.io import edits
from labelaudit.io.edits import Edit, edited, edits_after, sorted_edits
from labelaudit.io.patch_file import PatchedFile, read_patch, write_patch


@st.composite
def cuts(draw: st.DrawFn) -> tuple[bytes, list[Edit]]:
    """Bytes, and edits of them that do not overlap."""
    data = draw(st.binary(min_size=1, max_size=60))
    ends = sorted(draw(st.lists(st.integers(0, len(data)), min_size=2, max_size=8, unique=True)))
    # at least one: a patch is written only for files that change
    first, *others = itertools.pairwise(ends)
    pairs = [first, *(pair for pair in others if draw(st.booleans()))]
    return data, [Edit(start, end, draw(st.binary(max_size=5))) for start, end in pairs]


@given(cuts(), st.randoms(), st.sampled_from([1, 7, 1 << 20]))
def test_splicing_does_what_replacing_from_the_back_does(
    cut: tuple[bytes, list[Edit]], random: object, block: int
) -> None:
    data, chosen = cut
    expected = data
    for edit in reversed(chosen):
        expected = expected[: edit.start] + edit.text + expected[edit.end :]
    random.shuffle(chosen)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edits, "BLOCK", block)
        assert b"".join(edited(io.BytesIO(data), chosen)) == expected


def test_overlapping_edits_are_refused_by_name() -> None:
    with pytest.raises(FixError, match=r"a.*b"):
        sorted_edits([Edit(0, 5, b"", "a"), Edit(4, 6, b"", "b")])


def test_an_insertion_may_touch_a_replacement() -> None:
    both = [Edit(2, 2, b"x"), Edit(2, 4, b"")]
    assert b"".join(edited(io.BytesIO(b"abcdef"), both)) == b"abxef"


def patched(folder: Path, data: bytes, chosen: list[Edit]) -> PatchedFile:
    """A patch that was written and read again, of a file that was changed in place."""
    path = folder / "labels.txt"
    path.write_bytes(data)
    file = PatchedFile.of(path, chosen, path.name)
    path.write_bytes(b"".join(edited(io.BytesIO(data), chosen)))
    with (folder / "labels.patch.jsonl").open("wb") as out:
        write_patch(out, [file], "yolo", {})
    return read_patch(folder / "labels.patch.jsonl").files[0]


@given(cuts())
def test_a_patch_gives_back_every_byte(
    tmp_path_factory: pytest.TempPathFactory, cut: tuple[bytes, list[Edit]]
) -> None:
    data, chosen = cut
    folder = tmp_path_factory.mktemp("patch")
    file = patched(folder, data, chosen)
    with (folder / "labels.txt").open("rb") as source:
        assert b"".join(file.undone(source)) == data


def test_neighbours_that_were_removed_come_back_in_their_order(tmp_path: Path) -> None:
    file = patched(tmp_path, b"<b><a>", [Edit(0, 3, b""), Edit(3, 6, b"")])
    assert b"".join(file.undone(io.BytesIO(b""))) == b"<b><a>"


def test_a_patch_that_does_not_give_the_original_back_is_refused(tmp_path: Path) -> None:
    file = dataclasses.replace(patched(tmp_path, b"abc", [Edit(0, 1, b"")]), originals=(b"x",))
    with pytest.raises(FixError, match=r"labels\.txt: .*does not fit"):
        list(file.undone(io.BytesIO(b"bc")))


def test_an_edit_of_the_same_bytes_as_one_that_was_done_gives_way_and_others_may_not_overlap() -> (
    None
):
    done = [Edit(2, 5, b"long")]
    assert edits_after([Edit(2, 5, b"x"), Edit(6, 7, b"y")], done) == [Edit(7, 8, b"y")]
    with pytest.raises(FixError, match="two changes overlap"):
        edits_after([Edit(2, 4, b"x")], done)


@given(cuts(), st.data())
def test_edits_one_after_the_other_come_to_the_same_as_all_at_once(
    cut: tuple[bytes, list[Edit]], chosen: st.DataObject
) -> None:
    data, every = cut
    done = [edit for edit in every if chosen.draw(st.booleans())]
    rest = [edit for edit in every if edit not in done]
    first = b"".join(edited(io.BytesIO(data), done))
    both = b"".join(edited(io.BytesIO(first), edits_after(rest, done)))
    assert both == b"".join(edited(io.BytesIO(data), [*done, *rest]))
