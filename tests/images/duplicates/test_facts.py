from __future__ import annotations

import numpy as np
import pytest

from labelaudit.core.content_cache import ContentCache
from labelaudit.images.duplicates import facts as module
from labelaudit.images.duplicates.facts import Album, PairComparison
from labelaudit.images.duplicates.search import LikelyPairs
from tests.images.pictures import saved, scene

CONTENT = np.arange(8, dtype=np.uint64).reshape(4, 2)


@pytest.fixture
def album(tmp_path):
    paths = [
        saved(scene(1), tmp_path / "images/0.png"),
        saved(scene(1), tmp_path / "images/1.bmp"),
        saved(scene(2), tmp_path / "images/2.png"),
        str(tmp_path / "images/none.png"),
    ]
    return Album(paths, np.tile([0, 0, 1, 1.0], (4, 1)))


def comparison(album: Album, *pairs: tuple[int, int]) -> PairComparison:
    likely = LikelyPairs.of(
        len(pairs),
        first=[one for one, _ in pairs],
        second=[other for _, other in pairs],
        orientation=[1] * len(pairs),
        correlation=[1.0] * len(pairs),
    )
    return PairComparison(album, likely, np.tile([0, 0, 1, 1.0], (len(pairs), 1)))


def told(*_):
    """Nobody looks."""


def test_the_same_pixels_are_told_and_others_are_not(album, tmp_path):
    with ContentCache(tmp_path / "cache") as known:
        found = comparison(album, (0, 1), (0, 2)).facts(known, CONTENT, told)
    assert found["same"].tolist() == [True, False]
    assert found["correlation"][0] > 0.999 > found["correlation"][1]
    assert found["noise"][0] == pytest.approx(0, abs=1e-3)


def test_what_cannot_be_read_has_no_facts_and_they_are_not_remembered(album, tmp_path):
    with ContentCache(tmp_path / "cache") as known:
        assert np.isnan(comparison(album, (0, 3)).facts(known, CONTENT, told)["correlation"]).all()
    saved(scene(1), tmp_path / "images/none.png")
    again = Album(album.paths, np.tile([0, 0, 1, 1.0], (4, 1)))
    with ContentCache(tmp_path / "cache") as known:
        assert comparison(again, (0, 3)).facts(known, CONTENT, told)["same"].all()


def test_what_was_compared_is_remembered_by_content_and_order(album, tmp_path, monkeypatch):
    compared = []
    real = module.compared
    monkeypatch.setattr(module, "compared", lambda *one: compared.append(1) or real(*one))
    for pairs, wanted in (([(0, 2)], 1), ([(0, 2)], 1), ([(2, 0)], 2), ([(0, 2), (1, 2)], 3)):
        with ContentCache(tmp_path / "cache") as known:
            comparison(album, *pairs).facts(known, CONTENT, told)
        assert len(compared) == wanted


def test_progress_counts_what_is_remembered_too(album, tmp_path):
    seen = []
    for _ in range(2):
        with ContentCache(tmp_path / "cache") as known:
            pairs = comparison(album, (0, 1), (0, 2), (1, 2))
            pairs.facts(known, CONTENT, lambda *one: seen.append(one))
    assert seen[-1] == (module.STAGE, 3, 3)


def test_of_many_pictures_the_last_are_kept(album, monkeypatch):
    monkeypatch.setattr(module, "KEPT", 2)
    opened = []
    real = module.seen
    monkeypatch.setattr(module, "seen", lambda *one: opened.append(one[0]) or real(*one))
    for row in (0, 1, 0, 2, 0, 1):
        album.picture(row)
    assert opened == [album.paths[row] for row in (0, 1, 2, 1)]


def test_of_copies_of_one_picture_one_pair_is_compared_and_each_is_read_once(tmp_path, monkeypatch):
    paths = [saved(scene(1), tmp_path / f"{n}.{'png' if n % 2 else 'bmp'}") for n in range(6)]
    paths.append(saved(scene(2), tmp_path / "other.png"))
    album = Album(paths, np.tile([0, 0, 1, 1.0], (7, 1)))
    pairs = [(a, b) for a in range(7) for b in range(a + 1, 7)]
    compared, read = [], []
    real, pixels = module.compared, module.pixel_digest
    monkeypatch.setattr(module, "compared", lambda *one: compared.append(1) or real(*one))
    monkeypatch.setattr(module, "pixel_digest", lambda path: read.append(path) or pixels(path))
    monkeypatch.setattr(module, "cores", lambda: 1)
    content = np.arange(14, dtype=np.uint64).reshape(7, 2)
    with ContentCache(tmp_path / "cache") as known:
        found = comparison(album, *pairs).facts(known, content, told)
    assert len(compared) == 2  # the picture with itself, and with the other
    assert sorted(read) == sorted(paths[:6])
    assert found["same"].tolist() == [b < 6 for _, b in pairs]
    monkeypatch.setattr(module, "SAME_PICTURES", 0)
    with ContentCache(tmp_path / "again") as known:
        slowly = comparison(album, *pairs).facts(known, content, told)
    assert len(compared) == 2 + len(pairs)
    assert (found == slowly).all()


def test_images_of_other_modes_are_the_same_if_their_colours_are(tmp_path):
    grey = scene(1).convert("L")
    paths = [saved(grey, tmp_path / "a.png"), saved(grey.convert("RGB"), tmp_path / "b.png")]
    paths.append(str(tmp_path / "none.png"))
    album = Album(paths, np.tile([0, 0, 1, 1.0], (3, 1)))
    assert album.same_pixels(0, 1)
    assert not album.same_pixels(0, 2)
