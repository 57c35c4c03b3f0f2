"""Images that another reading of their boxes explains, and no chance does."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.rules.geo.image_evidence import BoxReading, MisreadGroup, explained
from labelaudit.testing import images

CORNERS = BoxReading("xyxy", lambda readings: readings.read("xyxy"))
"""Two corners, where left, top, width and height are declared."""


def judged(*, wrong: int, broken: int = 0, right: int = 50, either: int = 0) -> MisreadGroup | None:
    """What is said of images of a box each.

    Parameters
    ----------
    wrong:
        of these fit as two corners alone.
    broken:
        of these fit by neither reading.
    right:
        of these fit as declared alone.
    either:
        of these fit by both.
    """
    boxes = [
        *(f"car {500 + n} 300 {1100 + n} 700" for n in range(wrong)),
        *(f"car 600 {200 + n} 700 {260 + n}" for n in range(broken)),
        *(f"car 300 {200 + n} 340 {240 + n}" for n in range(right)),
        *(f"car 10 {10 + n} 60 {70 + 2 * n}" for n in range(either)),
    ]
    audit = AuditContext(images({f"{row}.jpg": [box] for row, box in enumerate(boxes)}))
    return explained(audit, np.arange(len(boxes)), [CORNERS], 10)


@pytest.mark.parametrize(("wrong", "is_told"), [(12, True), (11, False)])
def test_six_in_ten_of_the_images_that_do_not_fit_must_be_explained(
    wrong: int, is_told: bool
) -> None:
    group = judged(wrong=wrong, broken=20 - wrong)
    assert (group is not None) == is_told
    if group is not None:
        assert (group.image.tolist(), group.true) == (list(range(12)), "xyxy")


@pytest.mark.parametrize(("either", "is_told"), [(24, True), (25, False)])
def test_a_chance_of_one_in_a_million_explains_nothing(either: int, is_told: bool) -> None:
    """Ten boxes, where 25 or 26 of a hundred others would fit as well: .0000010 or .0000014."""
    group = judged(wrong=10, right=98 - either, either=either)
    assert (group is not None) == is_told
