from __future__ import annotations

import numpy as np
import pytest

from labelaudit.core.columns import MISSING
from labelaudit.dataset.class_hierarchy import ClassHierarchy
from labelaudit.errors import ConfigError

NAMES = ["thing", "animal", "cat", "dog", "car"]
ANIMALS = ClassHierarchy({"animal": ("cat", "dog"), "thing": ("animal", "car")})


def _related(hierarchy: ClassHierarchy) -> set[tuple[str, str]]:
    first, second = np.divmod(np.arange(len(NAMES) ** 2), len(NAMES))
    related = hierarchy.are_related(NAMES, first, second)
    return {(NAMES[a], NAMES[b]) for a, b in zip(first[related], second[related], strict=True)}


def test_a_class_is_related_to_what_is_above_and_below_it_and_to_nothing_beside_it():
    downwards = {
        ("animal", "cat"),
        ("animal", "dog"),
        ("thing", "animal"),
        ("thing", "car"),
        ("thing", "cat"),
        ("thing", "dog"),
    }
    assert _related(ANIMALS) == downwards | {(b, a) for a, b in downwards}


def test_without_a_hierarchy_nothing_is_related():
    assert _related(ClassHierarchy()) == set()


def test_an_unknown_class_is_related_to_none():
    # Of an animal and nothing, a number made of both would be that of a thing and a car.
    first = np.array([MISSING, 0, MISSING, NAMES.index("animal")])
    second = np.array([0, MISSING, MISSING, MISSING])
    assert not ANIMALS.are_related(NAMES, first, second).any()


def test_a_class_with_two_kinds_above_it_is_related_to_both():
    both = ClassHierarchy({"animal": ("cat",), "car": ("cat",)})
    assert {("cat", "animal"), ("cat", "car")} <= _related(both)
    assert ("animal", "car") not in _related(both)


def test_a_class_that_is_a_kind_of_itself_is_named_with_the_way_round():
    with pytest.raises(ConfigError, match=r"'cat' of 'animal' of 'cat'|'animal' of 'cat' of 'anim"):
        ClassHierarchy({"animal": ("dog", "cat"), "cat": ("animal",)})
    with pytest.raises(ConfigError, match="cannot be a kind of itself: 'cat' of 'cat'"):
        ClassHierarchy({"cat": ("cat",)})


def test_two_ways_down_to_one_class_are_no_circle():
    ClassHierarchy({"thing": ("animal", "cat"), "animal": ("cat",)})


def test_every_name_is_told_once():
    assert ANIMALS.names == ["animal", "cat", "dog", "thing", "car"]
