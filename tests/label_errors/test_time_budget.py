"""As many images are looked at as a time allows."""

from __future__ import annotations

import pytest

from labelaudit.errors import ConfigError
from labelaudit.label_errors.time_budget import FIRST, GROWTH, SAFETY, within


class Work:
    """Looking at images, of which each takes a while, on a clock of its own."""

    def __init__(self, an_image: float, start: float = 0.0) -> None:
        self.an_image, self.start = an_image, start
        self.now, self.rounds = 1000.0, list[int]()

    def clock(self) -> float:
        return self.now

    def judged(self, count: int) -> str:
        self.rounds.append(count)
        self.now += self.start + self.an_image * count
        return f"of {count}"

    def within(self, seconds: float, every: int) -> tuple[str, int]:
        return within(seconds, every, self.judged, self.clock)


def test_rounds_grow_until_the_time_is_used():
    work = Work(an_image=1)
    assert work.within(3600, 20_000) == (f"of {work.rounds[-1]}", work.rounds[-1])
    first, second, third = work.rounds
    assert (first, second) == (FIRST, GROWTH * FIRST)
    assert third == int(SAFETY * (3600 - first - second))
    assert work.now - 1000 < 3600


def test_what_is_spent_to_start_is_not_taken_for_images_again():
    work = Work(an_image=1, start=100)
    work.within(7200, 20_000)
    assert work.now - 1000 < 7200
    assert work.rounds[-1] > 3000


def test_all_images_are_looked_at_where_there_is_time():
    work = Work(an_image=0.01)
    assert work.within(3600, 800) == ("of 800", 800)
    assert work.rounds == [FIRST, GROWTH * FIRST, 800]  # of which the last is no twice as many
    assert Work(an_image=1).within(3600, FIRST - 9) == (f"of {FIRST - 9}", FIRST - 9)


@pytest.mark.parametrize(("left", "again"), [(2.5, True), (2.4, False)])  # of which .8 is used
def test_another_round_has_to_have_twice_as_many(left: float, again: bool) -> None:
    work = Work(an_image=1)
    work.within(FIRST + left * FIRST + 1e-6, 20_000)
    assert work.rounds == ([50, 100] if again else [50])


def test_something_is_found_where_even_the_first_take_longer():
    assert Work(an_image=100).within(1, 1000) == (f"of {FIRST}", FIRST)


def test_work_that_takes_no_time_is_done_at_once():
    work = Work(an_image=0)
    assert work.within(1, 100_000) == ("of 100000", 100_000)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_no_time_is_refused(seconds: float) -> None:
    with pytest.raises(ConfigError, match="has to be above 0, found"):
        Work(1).within(seconds, 100)
    assert Work(0).within(1e-9, 20)[1] == 20
