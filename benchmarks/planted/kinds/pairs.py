"""Several boxes for one object, or one for several, in every format."""

from __future__ import annotations

from benchmarks.planted.places import Mark
from benchmarks.planted.planting import SceneSpot, everywhere

PAIRS = "pairs"


@everywhere(PAIRS, "duplicate-box")
def box_written_twice(spot: SceneSpot) -> Mark:
    return spot.add(list(spot.thing.box))


@everywhere(PAIRS, "near-duplicate-box")
def box_drawn_again_two_pixels_off(spot: SceneSpot) -> Mark:
    left, top, right, bottom = spot.thing.box
    return spot.add([left + 2, top - 1, right + 2, bottom + 1])


@everywhere(PAIRS, "conflicting-classes")
def box_with_two_classes(spot: SceneSpot) -> Mark:
    other = "chair" if spot.thing.label != "chair" else "bicycle"
    return spot.add(list(spot.thing.box), other)


@everywhere(PAIRS, "conflicting-classes")
def box_drawn_again_with_another_class(spot: SceneSpot) -> Mark:
    other = "chair" if spot.thing.label != "chair" else "bicycle"
    left, top, right, bottom = spot.thing.box
    return spot.add([left + 1, top - 2, right - 1, bottom + 1], other)


@everywhere(PAIRS, "group-box")
def box_around_a_group(spot: SceneSpot) -> Mark:
    left, top, right, bottom = spot.thing.box
    middle = (left + right) // 2
    spot.add([left + 1, top + 1, middle - 1, bottom])
    spot.add([middle + 1, top, right - 1, bottom - 1])
    return spot.thing


@everywhere(PAIRS, "part-box")
def box_of_a_part(spot: SceneSpot) -> Mark:
    left, top, right, bottom = spot.thing.box
    middle = (top + bottom) // 2
    return spot.add([left + 1, top, right - 1, middle])
