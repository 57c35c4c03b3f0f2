"""What a network sees comes back in pixels of the files, whatever they were scaled by."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from labelaudit.training.inference import predict

INPUT = (64, 96)  # height, width


def write_image(path, size):
    Image.new("RGB", size).save(path)
    return str(path)


def sees(*boxes):
    """A network that sees the same boxes in every image: class, score, corners of the input."""

    def forward(pixels):
        scores = np.zeros((len(pixels), len(boxes), 2), np.float32)
        for place, (label, score, *_) in enumerate(boxes):
            scores[:, place, label] = score
        xyxy = np.array([box[2:] for box in boxes], np.float32)
        return scores, np.repeat(xyxy[None], len(pixels), axis=0)

    return forward


def test_boxes_are_in_pixels_of_each_file(tmp_path):
    # The first is halved to fit, the second doubled, which is the most.
    paths = [write_image(tmp_path / "a.png", (192, 128)), write_image(tmp_path / "b.png", (40, 30))]
    found = predict(sees((1, 0.9, 10, 20, 30, 40)), paths, INPUT)
    assert found.sizes == ((192, 128), (40, 30))
    assert found.predictions.image.tolist() == [0, 1]
    assert found.predictions.label.tolist() == [1, 1]
    np.testing.assert_allclose(found.predictions.score, 0.9, rtol=1e-6)
    assert found.predictions.xyxy.tolist() == [[20, 40, 60, 80], [5, 10, 15, 20]]


def test_boxes_end_where_the_image_does(tmp_path):
    path = write_image(tmp_path / "a.png", (40, 30))
    found = predict(sees((0, 0.9, -5, 50, 90, 70)), [path], INPUT)
    assert found.predictions.xyxy.tolist() == [[0, 25, 40, 30]]


@pytest.mark.parametrize(("score", "count"), [(0.02, 0), (0.021, 1)])
def test_only_scores_above_two_hundredths_count_unless_said(tmp_path, score, count):
    path = write_image(tmp_path / "a.png", (40, 30))
    assert len(predict(sees((0, score, 0, 0, 9, 9)), [path], INPUT).predictions) == count


def test_an_image_that_cannot_be_read_is_told_and_the_others_are_looked_at(tmp_path):
    good = write_image(tmp_path / "a.png", (40, 30))
    (tmp_path / "b.png").write_bytes(b"no image")
    paths = [str(tmp_path / "b.png"), good, str(tmp_path / "c.png")]
    found = predict(sees((0, 0.9, 0, 0, 9, 9)), paths, INPUT)
    assert found.predictions.image.tolist() == [1]
    assert found.errors[1] == ""
    assert "cannot identify" in found.errors[0]
    assert found.errors[2]


@pytest.mark.parametrize("images", [0, 1, 3, 4])
def test_images_go_through_the_network_in_batches(tmp_path, images):
    paths = [write_image(tmp_path / f"{row}.png", (40, 30)) for row in range(images)]
    batches, told = [], []
    forward = sees((0, 0.9, 0, 0, 9, 9))

    def counted(pixels):
        batches.append(pixels.shape)
        return forward(pixels)

    found = predict(
        counted, paths, INPUT, batch=3, progress=lambda done, total: told.append((done, total))
    )
    assert found.predictions.image.tolist() == list(range(images))
    assert [shape[0] for shape in batches] == [
        size for size in (min(images, 3), images - 3) if size > 0
    ]
    assert told[-1:] == [(images, images)][: len(told[-1:])]


@pytest.mark.parametrize(("seen", "kept"), [(300, 300), (301, 300)])
def test_the_surest_three_hundred_of_an_image_are_kept(tmp_path, seen, kept):
    path = write_image(tmp_path / "a.png", (96, 64))
    x, y = np.arange(seen) % 24 * 4.0, np.arange(seen) // 24 * 4.0
    boxes = [
        (0, 0.9 - row / 1000, left, top, left + 3, top + 3)
        for row, (left, top) in enumerate(zip(x, y, strict=True))
    ]
    found = predict(sees(*boxes), [path], INPUT).predictions
    assert len(found) == kept
    assert found.score.min() == pytest.approx(0.9 - (kept - 1) / 1000)
