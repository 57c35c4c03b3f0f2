from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit import load
from labelaudit.rules.cls import alike as alike_module
from labelaudit.rules.cls.alike import Likeness, alike, folded

COCO = """
person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant,
stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe,
backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball
bat, baseball glove, skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork, knife,
spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake, chair,
couch, potted plant, bed, dining table, toilet, tv, laptop, mouse, remote, keyboard, cell phone,
microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear, hair drier,
toothbrush
"""
VOC = """
aeroplane, bicycle, bird, boat, bottle, bus, car, cat, chair, cow, diningtable, dog, horse,
motorbike, person, pottedplant, sheep, sofa, train, tvmonitor
"""
DIGITS = "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1 1, -1, 1.5, 15, 1-2, 12"
CARDS = "ace, king, queen, jack, ten, nine, 10h, 10d, 1Oh, As, Ac, Ad"
CASES = "a, A, b, B, o, O, 0, l, I, 1"
SIGNS = """
speed limit 20, speed limit 30, speed limit 80, pl5, pl50, p5, i1, i10, i11, w1, wo, po, p1, pn, pne
"""
QUALITIES = """
ripe, unripe, with mask, without mask, healthy, unhealthy, typical, atypical, left hand, right hand
"""
SERIES = """
valve_east, valve_west, class A, class B, type1, type2, wheel FL, wheel FR, screw M3, screw M4
"""
KINDS = """
cup, cup lid, bear, teddy bear, plastic film, plastic lid, other plastic, other plastic cup, bowl
"""
SHORT = "car, cart, cat, bat, boat, boot, bolt, nut, net, man, can, coat, goat, ball, bell, bull"
PAIRS = """
glass, glasses, short, shorts, cloth, clothes, arm, arms, wood, woods, trunk, trunks, news, new
"""


@pytest.mark.parametrize(
    "names", [COCO, VOC, DIGITS, CARDS, CASES, SIGNS, QUALITIES, SERIES, KINDS, SHORT, PAIRS]
)
def test_different_things_are_not_alike(names):
    listed = [name.strip() for name in names.split(",")]
    assert [(listed[pair.first], listed[pair.second]) for pair in alike(listed)] == []


@pytest.mark.parametrize("path", ["taco/annotations.json", "coco_cc/instances.json", "cards"])
def test_the_classes_of_real_data_are_not_alike(path, shared_data):
    assert alike(load(shared_data / path).class_names) == []


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("car", "Car", Likeness.CASE),
        ("TV", "tv", Likeness.CASE),
        ("traffic light", "traffic_light", Likeness.SEPARATORS),
        ("traffic light", "TrafficLight", Likeness.SEPARATORS),
        ("traffic light", "traffic  light ", Likeness.SEPARATORS),
        ("hot-dog", "hotdog", Likeness.SEPARATORS),
        ("type 1", "type_1", Likeness.SEPARATORS),
        ("car", "car\u200b", Likeness.SEPARATORS),  # a space of no width
        ("car", "c\u0430r", Likeness.LOOK_ALIKES),  # a Cyrillic letter
        ("BOX", "\u0392\u039f\u03a7", Likeness.LOOK_ALIKES),  # Greek letters
        ("caf\u00e9", "cafe\u0301", Likeness.LOOK_ALIKES),  # one letter, or a letter and its accent
        ("car", "\uff43\uff41\uff52", Likeness.LOOK_ALIKES),  # letters as wide as ideographs
        ("car", "cars", Likeness.PLURAL),
        ("bus", "buses", Likeness.PLURAL),
        ("berry", "berries", Likeness.PLURAL),
        ("kitchen knife", "kitchen knives", Likeness.PLURAL),
        ("woman", "Women", Likeness.PLURAL),
        ("box", "boxes", Likeness.PLURAL),
        ("potato", "potatoes", Likeness.PLURAL),
        ("bicycle", "bycicle", Likeness.TYPO),  # two letters swapped
        ("pedestrian", "pedestrain", Likeness.TYPO),
        ("umbrella", "umbrela", Likeness.TYPO),  # a double letter, single
        ("dining table", "dinning table", Likeness.TYPO),
        ("carrier", "carrrier", Likeness.TYPO),
        ("refrigerator", "refridgerator", Likeness.TYPO),  # a letter more
        ("motorcycle", "motocycle", Likeness.TYPO),
        ("ambulance", "ambulence", Likeness.TYPO),  # another letter in a long word
        ("shirt", "skirt", Likeness.NEAR),
        ("money", "monkey", Likeness.NEAR),
    ],
)
def test_spellings_of_one_name_are_alike(one, other, likeness):
    assert [pair.likeness for pair in alike([one, "zebra", other])] == [likeness]
    assert [(pair.first, pair.second) for pair in alike([other, one])] == [(0, 1)]


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("blended", "blinded", Likeness.NEAR),  # 7 letters, one replaced
        ("blenders", "blinders", Likeness.TYPO),  # 8
        ("binder", "blinder", Likeness.NEAR),  # 6 letters and one more
        ("binders", "blinders", Likeness.TYPO),  # 7
        ("bead", "bread", None),  # 4 letters and one more
        ("beads", "breads", Likeness.NEAR),  # 5
        ("tall", "tal", None),
        ("tally", "taly", None),
        ("taller", "taler", Likeness.TYPO),  # 5 letters, one doubled
        ("bolt", "blot", None),
        ("bolts", "blots", Likeness.TYPO),  # 5 letters, two swapped
        ("crown", "crow", None),  # the last letter
        ("goats", "boats", None),  # the first letter
    ],
)
def test_how_long_a_word_must_be_for_an_edit_to_be_a_typo(one, other, likeness):
    assert [pair.likeness for pair in alike([one, other])] == [likeness][: likeness is not None]


def test_equal_names_are_not_variants_of_each_other():
    assert alike(["car", "car"]) == []


def test_names_of_one_fold_are_joined_by_a_chain():
    pairs = alike(["Stop Sign", "stop_sign", "stopsign", "stop signs"])
    assert [(pair.first, pair.second) for pair in pairs] == [(0, 1), (0, 2), (0, 3)]


def test_many_names_that_differ_in_one_letter_are_a_series():
    letters = "aeiou"
    assert len(alike([f"valve{letter}north" for letter in letters[:3]])) == 3
    assert alike([f"valve{letter}north" for letter in letters[:4]]) == []


@given(st.text(max_size=20))
def test_folding_twice_changes_nothing_more(name):
    assert folded(folded(name)) == folded(name)


@given(st.lists(st.text(alphabet="aAbs _-1\u0430", max_size=8), max_size=12))
def test_pairs_are_in_order_and_of_different_names(names):
    pairs = [(pair.first, pair.second) for pair in alike(names)]
    assert pairs == sorted(set(pairs))
    assert all(a < b and names[a] != names[b] for a, b in pairs)


def one_edit(one, other):
    """Whether one edit inside of `one` gives `other`, by trying them all."""
    inside = range(1, len(one) - 1)
    gone = {one[:at] + one[at + 1 :] for at in inside}
    other_gone = {other[:at] + other[at + 1 :] for at in range(1, len(other) - 1)}
    replaced = {one[:at] + letter + one[at + 1 :] for at in inside for letter in other}
    swapped = set()
    for first in inside:
        for second in inside:
            word = list(one)
            word[first], word[second] = word[second], word[first]
            swapped.add("".join(word))
    return one != other and (other in gone | replaced | swapped or one in other_gone)


@given(st.lists(st.text(alphabet="xyz", min_size=5, max_size=8), min_size=2, max_size=2))
def test_one_edit_is_found_as_by_trying_all(words):
    one, other = (f"q{word}q" for word in words)
    assert bool(alike([one, other])) == one_edit(one, other)


def test_thousands_of_names_are_not_compared_each_with_each(monkeypatch: pytest.MonkeyPatch):
    compared = 0

    def counted(one: str, other: str) -> Likeness | None:
        nonlocal compared
        compared += 1
        return likeness(one, other)

    likeness = alike_module._likeness
    monkeypatch.setattr(alike_module, "_likeness", counted)
    syllables = itertools.product(
        "bdfgklmnpr", "aeiou", "bdfgklmnpr", ("tion", "ling", "ess", "ard")
    )
    names = ["".join(parts) for parts in syllables]
    alike(names)
    assert len(names) == 2000
    assert compared < len(names)  # of two million pairs


def test_words_that_no_language_has_are_not_searched_for_typos():
    long = "ab" * 20
    assert len(alike([long, f"{long[:20]}c{long[20:]}"])) == 0  # 41 letters
    assert len(alike([long, f"{long[:20]}c{long[21:]}"])) == 1  # 40 letters
    assert alike(["a" * 100_000, "a" * 99_999 + "b"]) == []


def test_typos_among_more_than_most_names_are_looked_for_among_the_used_ones(monkeypatch):
    names = ["umbrella", "umbrela", "car", "Car", "bus"]
    monkeypatch.setattr(alike_module, "MOST", 4)  # of one fold are two of the five
    assert [pair.likeness.name for pair in alike(names, {2})] == ["TYPO", "CASE"]
    monkeypatch.setattr(alike_module, "MOST", 3)
    assert [pair.likeness.name for pair in alike(names, {0, 1, 4})] == ["TYPO", "CASE"]
    assert [pair.likeness.name for pair in alike(names, {0, 4})] == ["CASE"]
    assert [pair.likeness.name for pair in alike(names)] == ["CASE"]
    monkeypatch.setattr(alike_module, "MOST", 1)
    assert [pair.likeness.name for pair in alike(names, {0, 1})] == ["CASE"]


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_names_of_ascii_are_folded_as_others_are(name):
    other = folded(name + "\u00e9")
    assert folded(name + "x\u00ad") == folded(name + "x")
    assert other.endswith("\u00e9")


@pytest.mark.parametrize(("count", "expected"), [(30_000, ["TYPO"]), (30_001, [])])
def test_of_a_list_as_long_as_any_that_people_train_with_every_name_is_compared(count, expected):
    names = [*(f"n{number}" for number in range(count - 2)), "umbrella", "umbrela"]
    assert [pair.likeness.name for pair in alike(names, used={0})] == expected
