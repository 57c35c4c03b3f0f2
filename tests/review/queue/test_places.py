"""Where queues are; passwords are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.review.queue.places import QueueUrl, place_of, secrets

BASE = "postgresql://ann@db.example:5432/labels"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://ann:S3CRET@db.example:5432/labels", BASE),
        ("postgresql://ann:S3CRET@db.example:5432/labels?schema=a", f"{BASE}?schema=a"),
        ("postgresql://ann@db.example:5432/labels?password=S3CRET&schema=a", f"{BASE}?schema=a"),
        ("postgresql://ann@db.example:5432/labels?schema=a&PASSWORD=S3CRET", f"{BASE}?schema=a"),
        ("postgresql://ann@db.example:5432/labels?password=S3CRET", BASE),
        (f"{BASE}?sslpassword=S3CRET&sslmode=require", f"{BASE}?sslmode=require"),
        ("postgresql://ann:x@S3CRET@db.example:5432/labels", BASE),
        ("postgresql://ann:x/S3CRET@db.example:5432/labels", BASE),
        ("postgresql://ann:x?S3CRET@db.example:5432/labels", BASE),
        ("postgresql://ann:S3CRET%40@db.example:5432/labels", BASE),
        ("postgresql://ann@db.example:5432/labels?password=a@S3CRET", BASE),
        ("postgres://ann:S3CRET@/labels?host=/run/pg", "postgres://ann@/labels?host=/run/pg"),
        ("mysql://ann:S3CRET@db/labels", "mysql://ann@db/labels"),
        ("postgresql:///?service=labels", "postgresql:///?service=labels"),
    ],
)
def test_a_url_is_shown_without_its_password_however_it_is_given(given: str, shown: str):
    place = place_of(given)
    assert isinstance(place, QueueUrl)
    assert str(place) == f"{place}" == shown
    assert "S3CRET" not in repr(place)
    assert place.has_password is (given != shown)
    assert place.given == given


def test_what_has_no_scheme_is_a_file():
    for given in ("q.sqlite", "postgresql.sqlite", "a/b", "C:/q.sqlite", "postgresql:/x", Path()):
        assert place_of(given) == Path(given)


def test_what_may_be_a_password_is_known_as_it_is_written_and_as_it_is_meant():
    found = secrets("postgresql://ann:a%40b@db/labels?sslpassword=c%20d&schema=x")
    assert set(found) == {"a%40b", "a@b", "c%20d", "c d"}
    assert secrets(BASE) == []
