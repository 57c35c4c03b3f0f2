"""When two pictures alone, whatever they are called, are of one scene."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.context import LEAST_SIMILAR, AuditContext
from labelaudit.core.columns import texts
from labelaudit.images import recordings
from labelaudit.images.appearance import Appearance
from labelaudit.images.duplicates.pairs import NearFrames
from labelaudit.images.recordings import ALIKE, SURELY_ALIKE, of_one_scene
from labelaudit.testing import images

JUST = 1e-9


def looks(count: int) -> Appearance:
    """Pictures with something to be seen."""
    return Appearance.of(count, mean=[100.0] * count, contrast=[20.0] * count)


def alike(monkeypatch: pytest.MonkeyPatch, value: float, others: float = 0.0) -> None:
    """Pictures 0 and 1 are so alike, and any others less."""

    def likeness(_small, first, second):
        pair = (first + second == 1) & (first != second)
        return np.where(pair, value, others)

    monkeypatch.setattr(recordings, "likeness", likeness)


@pytest.mark.parametrize(("value", "same"), [(SURELY_ALIKE, True), (SURELY_ALIKE - JUST, False)])
def test_pictures_whose_names_say_nothing_have_to_be_surely_alike(monkeypatch, value, same):
    alike(monkeypatch, value)
    assert value > ALIKE
    found = of_one_scene(texts(["x.jpg", "y.jpg"]), looks(2), np.array([[0, 1]]))
    assert found.tolist() == [same]


@pytest.mark.parametrize(("value", "same"), [(0.9, True), (0.9 - JUST, False)])
def test_where_all_pictures_are_alike_they_have_to_be_no_less(monkeypatch, value, same):
    alike(monkeypatch, value, others=0.9)
    names = texts(f"{number}.jpg" for number in range(20))
    found = of_one_scene(names, looks(20), np.array([[0, 1]]))
    assert found.tolist() == [same]


@pytest.mark.parametrize(("value", "told"), [(LEAST_SIMILAR, 1), (LEAST_SIMILAR - JUST, 0)])
@pytest.mark.parametrize("scene", [True, False])
def test_frames_of_one_scene_are_similar_on_pixels_and_alike_shifted(
    monkeypatch, value, told, scene
):
    frames = NearFrames.of(1, first=[0], second=[1], similarity=[value])
    monkeypatch.setattr(AuditContext, "near_frames", frames)
    monkeypatch.setattr(AuditContext, "appearance", looks(2))
    monkeypatch.setattr(
        recordings, "of_one_scene", lambda _n, _a, pairs: np.full(len(pairs), scene)
    )
    audit = AuditContext(images({"a.jpg": [], "b.jpg": []}))
    assert len(audit.one_scene) == told * scene
