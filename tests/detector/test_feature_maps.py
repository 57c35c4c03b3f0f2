from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from labelaudit.core.columns import Texts, texts
from labelaudit.detector import feature_maps
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.feature_maps import (
    FeatureMaps,
    both_views,
    extract_features,
    feature_maps_of,
    feature_template,
    map_shapes,
    open_stored,
    unchanged_pixels,
)
from labelaudit.detector.model.backbone import build_backbone
from labelaudit.errors import ConfigError
from labelaudit.testing import draw

INPUT_SIZE = (32, 64)
EMPTY = np.zeros((3, *INPUT_SIZE), np.uint8)


@pytest.fixture
def paths(tmp_path: Path) -> Texts:
    names = [tmp_path / "images" / f"{i}.png" for i in range(20)]
    for number, name in enumerate(names):
        draw(name, (10 + number, 20))
    names[5].write_bytes(b"no image")
    return texts(map(str, names))


def test_the_maps_are_those_of_the_network_for_the_picture_and_its_mirror_image():
    torch.manual_seed(0)
    backbone = build_backbone(DetectorConfig(weights="random"))
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, *INPUT_SIZE)).astype(np.uint8)
    shapes = map_shapes(backbone, INPUT_SIZE)
    kept = FeatureMaps(both_views(backbone, torch.device("cpu"))(pixels), shapes)
    for view, images in enumerate([pixels, pixels[..., ::-1].copy()]):
        with torch.inference_mode():
            expected = backbone(torch.from_numpy(images).float())
        found = kept.maps(np.array([0, 1]), view, torch.device("cpu"))
        for one, other in zip(found, expected, strict=True):
            assert one.shape == other.shape
            assert torch.allclose(one, other, rtol=1e-2, atol=1e-2)


def test_a_look_that_was_killed_goes_on_where_it_stopped(tmp_path: Path, paths: Texts):
    seen = []

    def dies(pixels: np.ndarray) -> np.ndarray:
        if len(seen) == 1:
            raise KeyboardInterrupt
        seen.append(len(pixels))
        return pixels

    with pytest.raises(KeyboardInterrupt):
        extract_features(tmp_path / "kept", paths, INPUT_SIZE, EMPTY, dies)
    with (tmp_path / "kept" / "done.jsonl").open("a") as log:
        log.write('{"width": 1, "hei')  # the kill cut off a line

    def counts(pixels: np.ndarray) -> np.ndarray:
        seen.append(len(pixels))
        return pixels

    resumed = extract_features(tmp_path / "kept", paths, INPUT_SIZE, EMPTY, counts)
    assert seen == [8, 8, 4]
    fresh = extract_features(
        tmp_path / "fresh", paths, INPUT_SIZE, EMPTY, unchanged_pixels, workers=3
    )
    assert (resumed.values == fresh.values).all()
    assert np.array_equal(resumed.image_sizes, fresh.image_sizes, equal_nan=True)
    assert resumed.errors == fresh.errors
    assert (open_stored(tmp_path / "kept", 20, EMPTY) == fresh.values).all()


def inverted(pixels: np.ndarray) -> np.ndarray:
    return 255 - pixels


def harmed_value(folder: Path) -> None:
    with (folder / "values.bin").open("r+b") as file:
        file.seek(9 * EMPTY.nbytes + 5)
        file.write(b"\xff\x01")


def lost_values(folder: Path) -> None:
    (folder / "values.bin").unlink()


def harmed_line(folder: Path) -> None:
    lines = (folder / "done.jsonl").read_text().splitlines(keepends=True)
    (folder / "done.jsonl").write_text("".join([*lines[:9], "[7]\n", *lines[10:]]))


def line_without_end(folder: Path) -> None:
    lines = (folder / "done.jsonl").read_text().splitlines(keepends=True)
    (folder / "done.jsonl").write_text("".join(lines[:10]).rstrip("\n"))


@pytest.mark.parametrize(
    ("harm", "left"), [(harmed_value, 9), (lost_values, 0), (harmed_line, 9), (line_without_end, 9)]
)
def test_what_was_damaged_is_worked_out_again(tmp_path: Path, paths: Texts, harm, left):
    whole = extract_features(tmp_path / "a", paths, INPUT_SIZE, EMPTY, unchanged_pixels)
    expected = np.array(whole.values)
    seen = []

    def counts(pixels: np.ndarray) -> np.ndarray:
        seen.append(len(pixels))
        return pixels

    for harmed in (harm, lambda _: None):  # the second time nothing is wrong any more
        harmed(tmp_path / "a")
        again = extract_features(tmp_path / "a", paths, INPUT_SIZE, EMPTY, counts)
        assert np.array_equal(again.values, expected)
        assert again.errors == whole.errors
    assert sum(seen) == len(paths) - left


@pytest.mark.parametrize("in_threads", [True, False])
def test_pictures_are_transformed_wherever_that_is_done(
    in_threads: bool, tmp_path: Path, paths: Texts
):
    plain = extract_features(tmp_path / "plain", paths, INPUT_SIZE, EMPTY, unchanged_pixels)
    turned = extract_features(
        tmp_path / "turned", paths, INPUT_SIZE, EMPTY, inverted, workers=3, in_threads=in_threads
    )
    assert (turned.values == 255 - plain.values).all()


def test_in_the_callers_thread_one_block_is_transformed_at_a_time(tmp_path: Path, paths: Texts):
    threads = set()

    def seen(pixels: np.ndarray) -> np.ndarray:
        threads.add(threading.current_thread())
        return pixels

    extract_features(tmp_path, paths, INPUT_SIZE, EMPTY, seen, workers=3, in_threads=False)
    assert threads == {threading.current_thread()}


def test_a_broken_image_is_noted_and_the_others_are_seen(tmp_path: Path, paths: Texts):
    found = extract_features(tmp_path / "kept", paths, INPUT_SIZE, EMPTY, unchanged_pixels)
    assert [row for row, error in enumerate(found.errors) if error] == [5]
    assert np.isnan(found.image_sizes[5]).all()
    assert found.image_sizes[6].tolist() == [16, 20]


def test_no_images_give_no_values(tmp_path: Path):
    assert extract_features(
        tmp_path, texts([]), INPUT_SIZE, EMPTY, unchanged_pixels
    ).values.shape == (
        0,
        3,
        *INPUT_SIZE,
    )


def test_a_disk_without_room_is_an_error_before_any_image_is_read(
    tmp_path: Path, paths: Texts, monkeypatch
):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(feature_maps, "_allocate", full)
    with pytest.raises(ConfigError, match="no room for the cache: No space left"):
        extract_features(tmp_path / "kept", paths, INPUT_SIZE, EMPTY, unchanged_pixels)
    assert not (tmp_path / "kept" / "values.bin").exists()


def test_features_of_decoded_pictures_are_the_same(tmp_path: Path):
    torch.manual_seed(0)
    backbone = build_backbone(DetectorConfig(weights="random"))
    transform, shapes = both_views(backbone, torch.device("cpu")), map_shapes(backbone, INPUT_SIZE)
    pixels = np.random.default_rng(0).integers(0, 256, (9, 3, *INPUT_SIZE)).astype(np.uint8)
    found = feature_maps_of(pixels, transform, tmp_path / "features.bin", shapes)
    assert found.values.shape == (9, *feature_template(shapes).shape)
    assert (found.values[8:] == transform(pixels[8:])).all()


def test_images_have_the_features_that_they_have_alone():
    torch.manual_seed(0)
    backbone = build_backbone(DetectorConfig(weights="random"))
    pixels = np.random.default_rng(0).integers(0, 256, (3, 3, *INPUT_SIZE)).astype(np.uint8)
    found = both_views(backbone, torch.device("cpu"))(pixels)
    assert found.shape[:2] == (3, 2)
    for image, (straight, mirrored) in zip(pixels, found, strict=True):
        for view, flat in ((image, straight), (image[:, :, ::-1].copy(), mirrored)):
            with torch.inference_mode():
                maps = backbone(torch.from_numpy(view)[None].float())
            expected = np.concatenate([one.numpy().ravel() for one in maps])
            np.testing.assert_allclose(flat, expected.astype(np.float16), rtol=2e-3, atol=1e-3)
    assert both_views(backbone, torch.device("cpu"))(pixels[:0]).shape[0] == 0
