from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.dataset.tables import ProblemKind
from labelaudit.io.formats.yolo import lines as module
from labelaudit.io.formats.yolo.lines import COMPILED, parsed, pieces, scanned, scanned_by_numpy
from labelaudit.io.formats.yolo.loose import in_small_letters, number, shortened, understood


def slowly(files: dict[int, bytes]) -> tuple[list[tuple[int, int, list[float]]], list[object]]:
    """Regular lines as file, line and numbers, and the odd ones, a word at a time."""
    regular, odd = [], []
    for file, content in files.items():
        text = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        for line, words in enumerate(map(bytes.split, text.split(b"\n"))):
            if len(words) > 4 and words[0].isdigit() and all(map(is_plain, words)):
                regular.append((file, line, [float(word) for word in words]))
            elif words:
                odd.append((file, line, text.split(b"\n")[line]))
    return regular, odd


def is_plain(word: bytes) -> bool:
    digits = word.removeprefix(b"-").replace(b".", b"", 1)
    return digits.isdigit() and word[-1:].isdigit()


def quickly(files: dict[int, bytes]) -> tuple[list[tuple[int, int, list[float]]], list[object]]:
    regular, odd = [], []
    for lines, others in pieces(files.items()):
        for file, line, count, first in zip(
            *(column.tolist() for column in (lines.file, lines.line, lines.count, lines.first)),
            strict=True,
        ):
            regular.append((file, line, lines.numbers[first : first + count].tolist()))
        odd += [(one.file, one.line, one.text) for one in others]
    return regular, odd


PLAIN = ["0", "12", "0.5", "-0.5", ".5", "-.5", "00", "-0", "9" * 400, "0." + "3" * 300]
ODD = "5. - . 1-2 1.2.3 --1 +1 1e-5 1e nan inf car 0,5 1_0 \ufeff0 # -. 1.-2 ..5".split()  # noqa: SIM905
WORDS = st.lists(st.sampled_from(PLAIN), max_size=4)
LINES = st.tuples(
    WORDS, st.one_of(st.just([]), st.sampled_from(ODD).map(lambda w: [w])), WORDS
).map(lambda parts: " ".join([word for part in parts for word in part]))
CONTENTS = st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n", "\r", " \n", "\t\n\n"])))


@settings(max_examples=300)
@given(st.lists(CONTENTS, max_size=4), st.booleans(), st.integers(1, 200))
def test_all_lines_at_once_are_what_they_are_one_by_one(contents, unended, piece):
    texts = ["".join(line + end for line, end in content) for content in contents]
    encoded = [text.rstrip("\n") if unended else text for text in texts]
    files = {7 * number: text.encode() for number, text in enumerate(encoded)}
    before = module.PIECE
    module.PIECE = piece
    try:
        assert quickly(files) == slowly(files)
    finally:
        module.PIECE = before


MANY_DIGITS = st.one_of(
    st.from_regex(r"-?[0-9]{0,24}(\.[0-9]{1,24})?[0-9]", fullmatch=True),
    st.floats(0, 1).map(lambda value: f"{value:.17f}"),
    st.floats(1e-30, 1).map(lambda value: f"{value:.40f}"),
    st.sampled_from(["9007199254740993", "1" + "0" * 22, "0." + "0" * 22 + "1", "0." + "3" * 22]),
)


@pytest.mark.skipif(not COMPILED, reason="nothing was compiled")
@settings(max_examples=100)
@given(st.lists(st.lists(MANY_DIGITS, min_size=4, max_size=6), max_size=9))
def test_numbers_are_those_that_numpy_reads_to_the_last_bit(lines):
    text = "".join(f"0 {' '.join(words)}\n" for words in lines).encode()
    quick, slow = scanned(text), scanned_by_numpy(text)
    assert len(quick[2]) == sum(map(len, lines)) + len(lines)
    assert [one.dtype for one in quick] == [one.dtype for one in slow]
    assert [one.tobytes() for one in quick] == [one.tobytes() for one in slow]


@settings(max_examples=200)
@given(st.lists(st.binary(max_size=30), max_size=3))
def test_no_bytes_make_it_fail(contents):
    files = dict(enumerate(contents))
    regular, odd = quickly(files)
    assert regular == slowly(files)[0]
    for _, _, text in odd:
        understood(text, {})


def test_the_slow_twin_finds_what_it_should():
    regular, odd = slowly({3: b"0 1 2 3 4\r\n\r0 1 2 3\n-1 1 2 3 4\n"})
    assert regular == [(3, 0, [0, 1, 2, 3, 4])]
    assert odd == [(3, 2, b"0 1 2 3"), (3, 3, b"-1 1 2 3 4")]


def test_nothing_gives_nothing():
    lines, odd = parsed([], [])
    assert len(lines.line) == len(lines.numbers) == len(odd) == 0
    assert list(pieces([])) == []


@pytest.mark.parametrize(
    ("line", "numbers", "fields"),
    [
        ("0 .5 .5 1e-1 .1", [0, 0.5, 0.5, 0.1, 0.1], []),
        ("+0 .5 .5 .1 .1", [0, 0.5, 0.5, 0.1, 0.1], ["class"]),
        ("0.0 .5 .5 .1 .1", [0, 0.5, 0.5, 0.1, 0.1], ["class"]),
        ("dog .5 .5 .1 .1", [1, 0.5, 0.5, 0.1, 0.1], ["class"]),
        ("0,.5,.5,.1,.1", [0, 0.5, 0.5, 0.1, 0.1], ["separator"]),
        ("0, .5, .5, .1, .1", [0, 0.5, 0.5, 0.1, 0.1], ["separator"]),
        ("0;.5;.5;.1;.1", [0, 0.5, 0.5, 0.1, 0.1], ["separator"]),
        ("0 0,5 0,5 0,1 0,1", [0, 0.5, 0.5, 0.1, 0.1], ["separator"]),
        ("[0, .5, .5, .1, .1]", [0, 0.5, 0.5, 0.1, 0.1], ["separator"]),
        ('"1" .5 .5 .1 .1', [1, 0.5, 0.5, 0.1, 0.1], ["separator"]),
        ("'dog',.5,.5,.1,.1", [1, 0.5, 0.5, 0.1, 0.1], ["class", "separator"]),
        ("Dog .5 .5 .1 .1", [1, 0.5, 0.5, 0.1, 0.1], ["class"]),
        ("hot dog .5 .5 .1 .1", [2, 0.5, 0.5, 0.1, 0.1], ["class"]),
        ("HOT  Dog .5 .5 .1 .1", [2, 0.5, 0.5, 0.1, 0.1], ["class"]),
        ("-1 .5 .5 .1 .1", [-1, 0.5, 0.5, 0.1, 0.1], []),
        ("0 inf .5 .1 .1", [0, math.inf, 0.5, 0.1, 0.1], []),
    ],
)
def test_an_odd_line_means_what_a_trainer_may_take_it_for(line, numbers, fields):
    classes = {"cat": 0, "dog": 1, "hot dog": 2}
    loose = understood(line.encode(), classes, in_small_letters(classes))
    assert loose.numbers == numbers
    assert [note.field for note in loose.problems] == fields
    assert {note.kind for note in loose.problems} <= {ProblemKind.WRONG_TYPE}


@pytest.mark.parametrize(
    ("line", "field", "found"),
    [
        ("horse .5 .5 .1 .1", "class", "horse"),
        ("big cat .5 .5 .1 .1", "class", "big cat"),
        ("BOAR .5 .5 .1 .1", "class", "BOAR"),
        ("1.5 .5 .5 .1 .1", "class", "1.5"),
        ("0 .5 x .1 y", "box", "x"),
        ("0 1_0 .5 .1 .1", "box", "1_0"),
    ],
)
def test_a_word_that_is_no_number_is_noted_and_becomes_nan(line, field, found):
    classes = {"cat": 0, "boar": 1, "Boar": 2}
    loose = understood(line.encode(), classes, in_small_letters(classes))
    assert [(n.kind, n.field, n.found) for n in loose.problems] == [
        (ProblemKind.UNREADABLE_FIELD, field, found)
    ]
    assert np.isnan(loose.numbers).any()


@pytest.mark.parametrize("line", ["0 .5 .5 .1", "a few words of prose", "# 1 2 3", ",", "\x80\x81"])
def test_what_is_no_label_is_noted_as_a_whole(line):
    loose = understood(line.encode("latin-1"), {})
    assert loose.numbers == []
    assert [(note.kind, note.field) for note in loose.problems] == [(ProblemKind.UNREADABLE, "")]


def test_only_what_is_a_number_is_one():
    assert number("Infinity") == math.inf
    assert [number(word) for word in ("", "1_0", "\uff11", "0x1", "1e400", "-")] == [
        *[None] * 4,
        math.inf,
        None,
    ]


def test_text_in_a_message_is_one_short_line():
    assert shortened("a\tb\x00" + "c" * 99) == "a�b�" + "c" * 53 + "..."
    assert shortened("c" * 60) == "c" * 60
