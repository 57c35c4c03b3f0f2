from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from labelaudit.core.columns import texts
from labelaudit.images.appearance import appearances
from labelaudit.images.duplicates import facts
from labelaudit.images.duplicates.check import MOST_NOISE, MOVED, STANDS_OUT
from labelaudit.images.duplicates.pairs import NearPairs, _is_copy, near_pairs
from labelaudit.images.headers import read_headers
from tests.images.pictures import saved, scene

Transpose = Image.Transpose


def pairs_of(folder: Path, pictures: Mapping[str, Image.Image]) -> NearPairs:
    paths = texts(saved(picture, folder / name) for name, picture in pictures.items())
    return found(paths, folder)


def found(paths: object, folder: Path) -> NearPairs:
    headers = read_headers(paths)
    seen = appearances(paths, headers, cache=folder / "cache")
    return near_pairs(paths, seen, headers.size, cache=folder / "cache")


COPIES = {
    "saved anew": lambda picture: picture,
    "mirrored": lambda picture: picture.transpose(Transpose.FLIP_LEFT_RIGHT),
    "turned": lambda picture: picture.transpose(Transpose.ROTATE_90),
    "resized": lambda picture: picture.resize((480, 360), Image.Resampling.LANCZOS),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.7),
    "with a border": lambda picture: ImageOps.expand(picture, 20, "black"),
    "cut to 85 %": lambda picture: picture.crop((4, 12, 300, 233)),
}


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_found_and_said_to_be_what_it_is(tmp_path, kind):
    others = {f"{seed}.jpg": scene(seed) for seed in range(1, 6)}
    copy = saved(COPIES[kind](scene(0)), tmp_path / "copy.jpg", quality=70)
    paths = texts([saved(scene(0), tmp_path / "a.jpg"), copy])
    paths = np.append(paths, [saved(one, tmp_path / name) for name, one in others.items()])
    copies = found(texts(paths.tolist()), tmp_path).copies
    assert list(zip(copies.first.tolist(), copies.second.tolist(), strict=True)) == [(0, 1)]
    assert copies.kind.tolist() == [kind]
    assert copies.similarity[0] > 0.98


def test_a_part_lies_where_it_was_cut_out_whichever_comes_first(tmp_path):
    part = scene(0).crop((16, 0, 304, 228))
    for names in (("a.jpg", "b.jpg"), ("b.jpg", "a.jpg")):
        pictures = dict(zip(names, (scene(0), part), strict=True))
        copies = pairs_of(tmp_path / names[0], dict(sorted(pictures.items()))).copies
        whole = sorted(pictures).index(names[0])
        assert (copies.first[0], copies.second[0]) == (whole, 1 - whole)
        assert copies.window[0] == pytest.approx([16 / 320, 0, 304 / 320, 228 / 240], abs=0.006)


def test_a_part_that_was_turned_lies_where_it_was_cut_out(tmp_path):
    part = scene(0).crop((16, 0, 304, 228)).transpose(Transpose.ROTATE_270)
    for order in (1, -1):
        pictures = [("whole.jpg", scene(0)), ("part.jpg", part)][::order]
        copies = pairs_of(tmp_path / str(order), dict(pictures)).copies
        assert copies.orientation.tolist() == [8]  # what turns it back, as EXIF has it
        assert copies.window[0] == pytest.approx([16 / 320, 0, 304 / 320, 228 / 240], abs=0.006)


def test_the_window_of_a_picture_with_a_border_is_larger_than_the_other(tmp_path):
    bordered = ImageOps.expand(scene(0), (32, 24), "white")
    copies = pairs_of(tmp_path, {"a.jpg": scene(0), "b.jpg": bordered}).copies
    expected = [-0.1, -0.1, 1.1, 1.1]
    if copies.first[0] == 1:
        expected = [1 / 12, 1 / 12, 11 / 12, 11 / 12]
    assert copies.window[0] == pytest.approx(expected, abs=0.012)


def test_frames_before_a_camera_that_stands_still_are_no_copies(tmp_path):
    frames = {}
    for number in range(4):
        frame = scene(0)
        frame.paste((240, 20, 20), (40 + 30 * number, 100, 58 + 30 * number, 116))
        frames[f"{number}.jpg"] = frame
    pairs = pairs_of(tmp_path, frames)
    assert len(pairs.copies) == 0
    assert set(pairs.frames.first.tolist()) | set(pairs.frames.second.tolist()) == {0, 1, 2, 3}


def test_frames_of_a_camera_that_turns_are_no_copies(tmp_path):
    wide = scene(0, (480, 240))
    frames = {f"{n}.jpg": wide.crop((n * 14, 0, n * 14 + 320, 240)) for n in range(5)}
    pairs = pairs_of(tmp_path, frames)
    assert len(pairs.copies) == 0
    assert len(pairs.frames) >= 4


def test_the_same_pixels_in_other_bytes_are_told(tmp_path):
    scene(0).save(tmp_path / "a.png")
    scene(0).save(tmp_path / "b.png", compress_level=1)
    other = scene(0)
    other.putpixel((3, 3), (255, 0, 0))
    other.save(tmp_path / "c.png")
    copies = found(texts(str(tmp_path / f"{name}.png") for name in "abc"), tmp_path).copies
    same = copies.rows(copies.same_pixels)
    assert (same.first.tolist(), same.second.tolist()) == ([0], [1])
    assert len(copies) == 3


def test_pictures_without_anything_to_be_seen_are_no_copies_of_each_other(tmp_path):
    plain = {f"{grey}.png": Image.new("RGB", (64, 48), (grey, grey, grey)) for grey in (9, 99, 100)}
    assert len(pairs_of(tmp_path, plain).copies) == 0


def test_skies_that_are_only_alike_at_large_are_no_copies(tmp_path):
    down = np.linspace(60, 200, 240)[:, None, None] + np.zeros((240, 320, 3))
    skies = {}
    for number in range(3):
        noise = np.random.default_rng(number).normal(0, 2, down.shape)
        skies[f"{number}.png"] = Image.fromarray((down + noise).clip(0, 255).astype(np.uint8))
    assert len(pairs_of(tmp_path, skies).copies) == 0


def test_nothing_is_compared_twice(tmp_path, monkeypatch):
    pictures = {"a.jpg": scene(0), "b.jpg": scene(0).resize((200, 150)), "c.jpg": scene(1)}
    before = pairs_of(tmp_path, pictures)
    monkeypatch.setattr(facts, "seen", lambda *_: pytest.fail("decoded"))
    paths = texts(str(tmp_path / name) for name in pictures)
    again = found(paths, tmp_path)
    for name, values in vars(before.copies).items():
        assert np.array_equal(values, vars(again.copies)[name])
    moved = found(paths[[2, 1, 0]], tmp_path)  # in another order, pairs are known all the same
    assert {int(moved.copies.first[0]), int(moved.copies.second[0])} == {1, 2}


def test_one_image_or_none_has_no_copy(tmp_path):
    assert len(pairs_of(tmp_path, {"a.jpg": scene(0)}).copies) == 0
    assert len(pairs_of(tmp_path, {}).copies) == 0


@pytest.mark.parametrize(
    ("noise", "stands_out", "copy"),
    [
        (MOVED, STANDS_OUT, True),
        (MOVED, STANDS_OUT * 1.01, False),
        (MOVED * 0.99, STANDS_OUT * 1.01, True),
        (MOST_NOISE, 1.0, True),
        (MOST_NOISE * 1.01, 1.0, False),
    ],
)
def test_what_differs_in_one_place_alone_is_no_copy(noise, stands_out, copy):
    found = np.zeros(1, facts.PAIR)
    found["window"], found["detail"] = [0, 0, 1, 1], 1
    found["noise"], found["stands_out"] = noise, stands_out
    assert _is_copy(found).tolist() == [copy]
