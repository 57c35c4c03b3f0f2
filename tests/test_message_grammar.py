"""Messages of rules agree with themselves: singular, plural, no place twice."""

from __future__ import annotations

import pytest

from labelaudit.auditing.run import audit
from labelaudit.testing import images, one_image
from tests.message_grammar import FAULTS, faults
from tests.test_every_rule import EVIL

WRONG = {
    "one of several things": ("has 1 boxes", "has 1 box, 11 boxes, 0.1 boxes"),
    "several of one thing": ("in 2 images is a box", "in 2 images are boxes"),
    "1 of 1": ("1 of 1 boxes", "1 of 12 boxes"),
    "one that do": ("1 of 5 boxes do not fit", "1 of 5 boxes does not fit"),
    "several that does": ("3 of 5 images of val has it", "3 of 5 images of val have it"),
    "one thing that do": ("1 box have it", "1 box has it"),
    "a word twice": ("is in in the image", "is in the image"),
    "a file twice": ("a/b.txt:2: a/b.txt is", "a/b.txt:2: class is"),
    "white space": ("image  is", "image is"),
    "an end that is none": ("it has 5 boxes:", "it has 5 boxes"),
    "marks twice": ("here:: there", "here: there"),
    "a value of Python": ("of class None", "of no class"),
    "a name that was not filled in": ("{label} is small", "car is small"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_each_fault_is_seen_and_its_neighbour_is_not(what: str):
    wrong, right = WRONG[what]
    assert what in faults(wrong)
    assert faults(right) == []


def small() -> dict[str, dict[str, list[str]]]:
    """Datasets that are so small that many counts are one."""
    return {
        "evil": EVIL,
        "one box": {"a.jpg": ["car 10 10 40 40"]},
        "one bad box": {"a.jpg": ["car 700 10 800 40"]},
        "one box inside out": {"a.jpg": ["car 40 10 10 40"]},
        "one whole image": {"a.jpg": ["car 0 0 640 480"]},
        "no box": {"a.jpg": []},
        "a box twice": {"a.jpg": ["car 10 10 40 40", "car 10 10 40 40"]},
        "two names": {"a.jpg": ["car 10 10 40 40", "Car 60 60 90 90"]},
    }


@pytest.mark.parametrize("name", small())
def test_messages_about_few_things_are_in_the_singular(name: str):
    for settings in ({}, {"min_boxes": 1, "min_share": 0.5}):
        codes = ("wrong-convention", "turned-boxes", "uniform-area-error")
        chosen = dict.fromkeys(codes, settings) if settings else {}
        found = audit(images(small()[name]), settings=chosen)
        assert [message for message in found.message.tolist() if faults(message)] == []


def test_a_message_of_a_dataset_of_one_box_says_that_it_is_the_only_one():
    found = audit(one_image(), select=["REF012"])
    assert found.message.tolist() == [
        "the only image has no box: nothing was checked but the images themselves"
    ]
