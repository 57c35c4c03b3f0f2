"""Places in front of messages: nothing is said twice."""

from __future__ import annotations

import pytest

from labelaudit.reports.places import said, where


@pytest.mark.parametrize(
    ("source", "place", "message", "rest"),
    [
        ("a.json", "images[0]", 'images[0]: width is "1"', 'width is "1"'),
        ("a.json", None, "a.json: encoding is odd", "encoding is odd"),
        ("l/a.txt", "line 2", "l/a.txt:2: class is x", "class is x"),
        ("a.xml", "object[3]", "object 3 of a.xml: xmin is 1,5", "xmin is 1,5"),
        ("l/a.txt", "line 2", "l/a.txt:3: class is x", "l/a.txt:3: class is x"),
        ("l/a.txt", "line 2", "l/a.txt:2 cannot be read", "l/a.txt:2 cannot be read"),
        ("l/a.xml", None, "l/a.xml has no size", "has no size"),
        ("l/a.xml", None, "l/a.xml cannot be read", "cannot be read"),
        ("l/a.xml", None, "l/a.xml and l/b.xml differ", "l/a.xml and l/b.xml differ"),
        ("l/a.xml", "object[0]", "l/a.xml has no size", "l/a.xml has no size"),
        (None, None, "car is small", "car is small"),
    ],
)
def test_a_message_behind_its_place_does_not_begin_with_it(source, place, message, rest):
    entry = {"image": None, "source": source, "place": place, "message": message}
    assert said(entry) == rest
    assert where(entry) == " ".join(filter(None, (source, place)))


def test_a_message_behind_an_image_keeps_the_file_that_it_is_about():
    entry = {"image": "a.jpg", "source": "a.xml", "place": None, "message": "a.xml has no size"}
    assert said(entry) == "a.xml has no size"
