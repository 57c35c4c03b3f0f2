from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.assumed_sizes import with_assumptions
from labelaudit.auditing.findings_file import entries
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import images, with_columns


def dataset(*assumed: bool) -> Dataset:
    """An image with a flat box for each flag."""
    boxes = {f"{row}.jpg": ["car 10 10 10 40"] for row in range(len(assumed))}
    return with_columns(images(boxes, size=(640, 640)), "images", assumed=list(assumed))


def test_pixels_of_an_image_of_unknown_size_are_told_with_what_is_assumed():
    flat = "car is 0 x 30 px: it has no inside"
    assert audit(dataset(True, False), select=["GEO001"]).message.tolist() == [
        f"{flat} (in an image taken to be 640 x 640 px)",
        flat,
    ]


@pytest.mark.parametrize(("text", "image"), [("a b", 0), ("a 3 px b", MISSING), ("a 3 px", 1)])
def test_what_speaks_of_no_pixels_or_of_a_known_size_stays_as_it_is(text: str, image: int):
    table = dataset(True, False).images
    assert with_assumptions([text], np.array([image], np.int32), table) == [text]


def test_an_object_for_programs_says_which_size_is_assumed():
    some = dataset(True, False)
    told = [entry.get("assumed_size") for entry in entries(audit(some, select=["GEO001"]), some)]
    assert told == [[640.0, 640.0], None]
