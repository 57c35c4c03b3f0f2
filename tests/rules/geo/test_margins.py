"""What lies to the right of the upper left part of pictures and below it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.auditing.context import AuditContext
from labelaudit.core.columns import Floats
from labelaudit.rules.geo.margins import Beyond, beyond
from labelaudit.testing import images, with_columns

SIDE, PART = 128, 64  # pixels of a picture, which is as large as its thumbnail, and of its part

Change = Callable[[Floats], None]


def shown(folder: Path, *changes: Change | None) -> Beyond:
    """What is said of pictures of which half a side is a scene, each changed beyond that."""
    rng, paths = np.random.default_rng(0), []
    for number, change in enumerate(changes):
        picture = np.full((SIDE, SIDE), 100.0)
        picture[:PART, :PART] = rng.integers(0, 256, (PART, PART))
        if change is not None:
            change(picture)
        paths.append(str(folder / f"{number}.png"))
        Image.fromarray(picture.astype(np.uint8)).save(paths[-1])
    dataset = images({f"{number}.png": [] for number in range(len(paths))}, size=(SIDE, SIDE))
    audit = AuditContext(with_columns(dataset, "images", path=paths))
    return beyond(audit, np.arange(len(paths)), np.full((len(paths), 2), PART / SIDE))


def scene(picture: Floats) -> None:
    """More of the picture goes on beyond."""
    picture[:] = np.random.default_rng(1).integers(0, 256, picture.shape)


def greys(by: int) -> Change:
    """The colour beyond differs by so many grey values from pixel to pixel, both ways."""

    def change(picture: Floats) -> None:
        outside = np.ones(picture.shape, bool)
        outside[:PART, :PART] = False
        picture[outside] += by * (-1.0) ** np.arange(outside.sum())

    return change


def spots(share: float) -> Change:
    """So large a share of the pixels beyond, all over, is of another colour."""

    def change(picture: Floats) -> None:
        spotted = np.random.default_rng(1).random(picture.shape) < share
        spotted[:PART, :PART] = False
        picture[spotted] = 220

    return change


def smeared(picture: Floats) -> None:
    """Two pixels beyond the part are of another colour, as where a picture was compressed."""
    picture[:, PART : PART + 2] = picture[PART : PART + 2] = 200


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (None, Beyond.NOTHING),
        (scene, Beyond.SCENE),
        (greys(7), Beyond.NOTHING),
        (greys(12), Beyond.SCENE),
        (spots(0.015), Beyond.NOTHING),
        (spots(0.025), Beyond.SCENE),
        (smeared, Beyond.NOTHING),
    ],
)
def test_an_empty_margin_is_of_one_colour_but_for_compression(
    tmp_path: Path, change: Change | None, expected: Beyond
):
    assert shown(tmp_path, change) is expected


@pytest.mark.parametrize(
    ("empty", "scenes", "expected"),
    [
        (3, 1, Beyond.NOTHING),
        (7, 3, Beyond.UNKNOWN),
        (3, 7, Beyond.UNKNOWN),
        (1, 3, Beyond.SCENE),
    ],
)
def test_three_in_four_pictures_must_agree(
    tmp_path: Path, empty: int, scenes: int, expected: Beyond
):
    assert shown(tmp_path, *[None] * empty, *[scene] * scenes) is expected


def test_pictures_are_looked_at_from_the_first_to_the_last(tmp_path: Path):
    changes = [scene if row % 3 else None for row in range(34)]
    assert shown(tmp_path, *changes) is Beyond.NOTHING  # twelve, each third, are looked at


def test_a_picture_of_one_colour_or_none_tells_nothing(tmp_path: Path):
    def blank(picture: Floats) -> None:
        picture[:] = 100

    assert shown(tmp_path, blank) is Beyond.UNKNOWN
    dataset = with_columns(images({"a.png": []}), "images", path=[str(tmp_path / "gone.png")])
    gone = beyond(AuditContext(dataset), np.array([0]), np.full((1, 2), 0.5))
    assert gone is Beyond.UNKNOWN
