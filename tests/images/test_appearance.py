from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.core.columns import texts
from labelaudit.images import appearance as module
from labelaudit.images.appearance import Appearance, appearances
from labelaudit.images.headers import read_headers
from tests.images.pictures import saved, scene


def looked_at(folder: Path, *paths: str, **how: object) -> Appearance:
    every = texts(paths)
    return appearances(every, read_headers(every), cache=folder / "cache", **how)


def same(one: Appearance, other: Appearance) -> bool:
    return all(
        np.array_equal(values, vars(other)[name], equal_nan=values.dtype.kind == "f")
        for name, values in vars(one).items()
    )


@pytest.fixture
def undecodable(monkeypatch):
    """Nothing can be decoded from now on."""

    def begin():
        monkeypatch.setattr(module, "_decoded", lambda data: pytest.fail("decoded"))

    return begin


def test_a_picture_is_squeezed_to_means_of_its_grey_values(tmp_path):
    path = tmp_path / "a.png"
    values = np.zeros((64, 128), np.uint8)
    values[:, 64:] = 200
    Image.fromarray(values).save(path)
    seen = looked_at(tmp_path, str(path))
    assert seen.small[0, :, :16].max() == 0
    assert seen.small[0, :, 16:].min() == 200
    assert (seen.mean[0], seen.contrast[0]) == (100, 100)
    assert seen.inner.tolist() == [[0, 0, 1, 1]]


def test_what_cannot_be_decoded_has_an_error_and_the_others_are_seen(tmp_path):
    good = saved(scene(0), tmp_path / "good.jpg")
    cut = tmp_path / "cut.png"
    scene(0).save(tmp_path / "whole.png")
    cut.write_bytes((tmp_path / "whole.png").read_bytes()[:3000] + b"IEND\xaeB`\x82")
    junk = tmp_path / "junk.jpg"
    junk.write_bytes(b"no image")
    seen = looked_at(tmp_path, good, str(cut), str(junk), "", str(tmp_path / "none.jpg"), good)
    assert seen.seen.tolist() == [True, False, False, False, False, True]
    assert [bool(error) for error in seen.error.tolist()] == [False, True, True, False, True, False]
    assert (seen.small[0] == seen.small[5]).all()


def test_a_decompression_bomb_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    scene(0).save(tmp_path / "a.png")
    seen = looked_at(tmp_path, str(tmp_path / "a.png"))
    assert seen.error.tolist() == ["it is larger than Pillow agrees to open"]


def test_a_pipe_is_an_error_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    assert looked_at(tmp_path, str(tmp_path / "a.jpg")).error.tolist() == ["it is not a file"]


def test_a_file_larger_than_any_image_is_not_read(tmp_path, monkeypatch):
    path = saved(scene(0), tmp_path / "a.png")
    monkeypatch.setattr(module, "LARGEST", os.path.getsize(path))
    assert looked_at(tmp_path, path).error.tolist() == [""]
    monkeypatch.setattr(module, "LARGEST", os.path.getsize(path) - 1)
    os.utime(path, ns=(0, 0))  # not as it was seen before
    assert "too many to be read" in looked_at(tmp_path, path).error[0]


def test_what_was_seen_is_not_decoded_again_whatever_it_is_called(tmp_path, undecodable):
    paths = [saved(scene(n), tmp_path / f"{n}.jpg") for n in range(3)]
    before = looked_at(tmp_path, *paths)
    undecodable()
    assert same(before, looked_at(tmp_path, *paths))
    Path(paths[0]).rename(tmp_path / "moved.jpg")
    assert same(before, looked_at(tmp_path, str(tmp_path / "moved.jpg"), *paths[1:]))


def test_an_old_file_that_did_not_change_is_not_even_read(tmp_path, monkeypatch):
    path = saved(scene(0), tmp_path / "a.jpg")
    monkeypatch.setattr("labelaudit.core.content_cache.SETTLED_NS", -(10**12))
    before = looked_at(tmp_path, path)
    monkeypatch.setattr(module, "_read", lambda path: pytest.fail("read"))
    assert same(before, looked_at(tmp_path, path))


def test_a_file_that_changed_is_seen_as_it_is_now(tmp_path, monkeypatch):
    monkeypatch.setattr("labelaudit.core.content_cache.SETTLED_NS", -(10**12))
    path = tmp_path / "a.bmp"  # all of one length
    pictures = [Image.new("L", (32, 32), grey) for grey in (10, 200)]
    for picture in pictures:
        picture.save(path)
        os.utime(path, (1e9, 1e9))
        assert looked_at(tmp_path, str(path)).mean[0] == picture.getpixel((0, 0))


def test_without_a_cache_all_is_seen_the_same(tmp_path):
    paths = [saved(scene(n), tmp_path / f"{n}.jpg") for n in range(3)]
    before = looked_at(tmp_path, *paths)
    (tmp_path / "file").write_text("")
    every = texts(paths)
    assert same(before, appearances(every, read_headers(every), cache=tmp_path / "file"))


def test_progress_is_told_up_to_all_and_threads_end(tmp_path):
    paths = [saved(scene(n), tmp_path / f"{n}.jpg") for n in range(20)]
    told: list[tuple[str, int, int]] = []
    before = threading.active_count()
    looked_at(tmp_path, *paths, workers=3, progress=lambda *words: told.append(words))
    assert told[-1] == (module.STAGE, 20, 20)
    assert threading.active_count() == before


def test_more_threads_see_the_same(tmp_path):
    paths = [saved(scene(n), tmp_path / f"{n}.jpg") for n in range(20)]
    every = texts(paths)
    seen = [
        appearances(every, read_headers(every), workers=count, cache=tmp_path / str(count))
        for count in (1, 4)
    ]
    assert same(*seen)


def test_no_image_has_no_row(tmp_path):
    assert len(looked_at(tmp_path)) == 0
