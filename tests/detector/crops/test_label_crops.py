from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.core.columns import MISSING, texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.crops import label_crops
from labelaudit.detector.crops.label_crops import SIDE, LabelBoxes, crop_of
from labelaudit.detector.crops.label_crops import label_crop_probs as probs_of
from labelaudit.label_errors.labels import labels_of
from labelaudit.predictions.predictions import Scores

TINY = DetectorConfig("squeezenet", weights="random", strides=(8, 16), channels=8, device="cpu")


def boxes_of(dataset: Dataset) -> LabelBoxes:
    labels = labels_of(DatasetColumns(dataset))
    return LabelBoxes(labels.image, labels.label, labels.xyxy)


def asked(dataset: Dataset, cache: Path, boxes: LabelBoxes | None = None, **settings) -> Scores:
    paths = dataset.images.path
    fold = (np.arange(len(paths)) % 2).astype(np.int32)
    options = {"paths": paths, "fold": fold} | settings
    boxes = boxes if boxes is not None else boxes_of(dataset)
    return probs_of(options["paths"], boxes, options["fold"], 2, TINY, cache=cache)


def shades() -> Image.Image:
    """Each pixel says where it is: red the column, green the row."""
    rows, columns = np.mgrid[0:200, 0:200].astype(np.uint8)
    return Image.fromarray(np.stack([columns, rows, np.full_like(rows, 255)], axis=2))


@pytest.mark.parametrize("size", [20, 60, 120])
def test_a_crop_shows_the_square_around_its_box(size):
    box = np.array([40.0, 50, 40 + size, 50 + size / 2])
    pixels, inside = crop_of(shades(), box)
    assert pixels.shape == (3, SIDE, SIDE)
    side = 1.3 * size
    centre = np.array([40 + size / 2, 50 + size / 4])
    middle = SIDE // 2
    assert pixels[:2, middle, middle] == pytest.approx(centre, abs=side / SIDE + 1)
    assert pixels[0, middle, 0] == pytest.approx(max(centre[0] - side / 2, 0), abs=side / SIDE + 1)
    assert inside == pytest.approx((box - np.tile(centre - side / 2, 2)) * SIDE / side, abs=1e-9)


def test_a_crop_is_grey_beyond_the_image():
    pixels, _ = crop_of(shades(), np.array([-30.0, 80, 30, 140]))
    assert (pixels[:, :, 2] == 127).all()
    assert (pixels[2, :, -2] == 255).all()
    nothing, _ = crop_of(shades(), np.array([300.0, 300, 320, 320]))
    assert (nothing == 127).all()


def test_the_class_of_a_crop_is_told_by_the_labels_of_other_folds(drawn, tmp_path):
    dataset = drawn(12)
    found = asked(dataset, tmp_path)
    assert found.sum(axis=1) == pytest.approx(np.ones(24), abs=1e-5)
    assert (found.argmax(axis=1) == boxes_of(dataset).label).mean() > 0.9


def test_the_labels_of_its_own_fold_teach_nothing(drawn, tmp_path):
    dataset = drawn(12)
    boxes, before = boxes_of(dataset), asked(dataset, tmp_path)
    mine = boxes.image % 2 == 0
    flipped = boxes.replaced(label=np.where(mine, 1 - boxes.label, boxes.label).astype(np.int32))
    after = asked(dataset, tmp_path, flipped)
    assert np.array_equal(after[mine], before[mine])
    assert not np.array_equal(after[~mine], before[~mine])


def test_rows_in_any_order_get_the_same_answers(drawn, tmp_path):
    dataset = drawn(8)
    boxes, found = boxes_of(dataset), asked(dataset, tmp_path / "a")
    order = np.random.default_rng(0).permutation(len(boxes))
    assert asked(dataset, tmp_path / "b", boxes.rows(order)) == pytest.approx(
        found[order], abs=1e-3
    )


def test_what_cannot_be_read_and_what_has_no_fold_is_not_judged(drawn, tmp_path):
    dataset = drawn(8)
    Path(dataset.images.path[3]).write_bytes(b"no image")
    paths = dataset.images.path.copy()
    paths[4] = ""
    fold = (np.arange(8) % 2).astype(np.int32)
    fold[5] = MISSING
    found = asked(dataset, tmp_path, paths=texts(paths.tolist()), fold=fold)
    image = boxes_of(dataset).image
    assert np.isnan(found).all(axis=1).tolist() == np.isin(image, [3, 4, 5]).tolist()
    assert np.isnan(asked(dataset, tmp_path, paths=texts([""] * 8))).all()


def test_images_that_cannot_be_read_at_all_are_no_error(drawn, tmp_path):
    dataset = drawn(3)
    for path in dataset.images.path.tolist():
        Path(path).write_bytes(b"")
    assert np.isnan(asked(dataset, tmp_path)).all()


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many boxes were looked at, each time."""
    counts, real = [], label_crops._embedded

    def counted(paths, backbone, strides, device, boxes):
        counts.append(len(boxes))
        return real(paths, backbone, strides, device, boxes)

    monkeypatch.setattr(label_crops, "_embedded", counted)
    return counts


def test_no_crop_is_looked_at_twice(drawn, tmp_path, embedded, monkeypatch):
    monkeypatch.setattr(label_crops, "SAMPLE", 9)
    monkeypatch.setattr(label_crops, "BLOCK", 4)
    dataset = drawn(10)
    first = asked(dataset, tmp_path)
    assert sorted(embedded) == [3, 4, 4, 9]
    again = asked(dataset, tmp_path)
    other = boxes_of(dataset)
    asked(dataset, tmp_path, other.replaced(label=1 - other.label))
    assert len(embedded) == 4
    assert np.array_equal(first, again)


def test_what_is_damaged_in_the_cache_is_looked_at_again(drawn, tmp_path, embedded, monkeypatch):
    monkeypatch.setattr(label_crops, "SAMPLE", 9)
    monkeypatch.setattr(label_crops, "BLOCK", 4)
    dataset = drawn(10)
    first = asked(dataset, tmp_path)
    (block,) = tmp_path.glob("crops/*/4.npz")
    block.write_bytes(block.read_bytes()[:100])
    embedded.clear()
    assert np.array_equal(asked(dataset, tmp_path), first)
    assert embedded == [4]


def test_an_image_that_changed_is_looked_at_again(drawn, tmp_path, embedded):
    dataset = drawn(4)
    asked(dataset, tmp_path)
    path = Path(dataset.images.path[0])
    Image.new("RGB", (96, 96)).save(path)
    asked(dataset, tmp_path)
    assert len(embedded) == 2


def test_a_large_photograph_is_decoded_at_a_size_that_its_labels_need(drawn, tmp_path, monkeypatch):
    sizes: list[tuple[int, int]] = []
    real = label_crops.crop_of

    def seen(picture: Image.Image, xyxy: np.ndarray) -> object:
        sizes.append(picture.size)
        pixels, inside = real(picture, xyxy)
        assert (pixels[0, 40:56, 40:56] > 180).all()  # the red square, whatever the size
        return pixels, inside

    monkeypatch.setattr(label_crops, "crop_of", seen)
    path = tmp_path / "large.jpg"
    picture = Image.new("RGB", (1600, 1200), (10, 10, 120))
    picture.paste((250, 20, 20), (400, 300, 1200, 1000))
    picture.save(path, quality=95)
    boxes = LabelBoxes.of(1, image=[0], label=[0], xyxy=np.array([[400.0, 300, 1200, 1000]]))
    list(label_crops._crops(texts([str(path)]), boxes))
    small = boxes.replaced(xyxy=np.array([[700.0, 500, 760, 560]]))
    list(label_crops._crops(texts([str(path)]), small))
    assert sizes == [(400, 300), (1600, 1200)]
