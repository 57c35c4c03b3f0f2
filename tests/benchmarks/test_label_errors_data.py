"""The data of the benchmark of wrong labels: noise, scenes of digits, errors that are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.label_errors.detector_answers import NOISES, noisy
from benchmarks.label_errors.digits import digit_scenes
from benchmarks.label_errors.known import first_pass, known_errors
from labelaudit.auditing.label_issues import BOX_ERRORS, ErrorKind
from labelaudit.boxes.ops import iou
from labelaudit.io.load import load
from tests.benchmarks.label_error_cases import grid


@pytest.mark.parametrize("noise", NOISES)
def test_noise_has_the_counts_of_the_protocol(noise: str):
    dataset = grid(50)
    copy, rates = noisy(dataset, noise, 0), NOISES[noise]
    counts = [int((copy.error == doubt.value).sum()) for doubt in BOX_ERRORS]
    assert counts == [round(rate * 300) for rate in (rates.flip, rates.shift, rates.spawn)]
    assert len(copy.dropped) == round(rates.drop * 300)
    assert len(copy.dataset.boxes) == 300 - len(copy.dropped) + counts[2]


def test_shifted_boxes_overlap_the_true_one_by_0_4_to_0_7_and_added_ones_no_label_by_0_3():
    copy = noisy(grid(50), "A", 1)
    boxes = copy.dataset.boxes
    shifted = copy.error == ErrorKind.LOOSE_BOX
    overlap = iou(boxes.xyxy[shifted], copy.true_xyxy[shifted])
    assert overlap.min() >= 0.4
    assert overlap.max() <= 0.7
    added = np.flatnonzero(copy.error == ErrorKind.SPURIOUS)
    for row in added.tolist():
        others = boxes.rows((boxes.image == boxes.image[row]) & (copy.error == ""))
        assert iou(np.tile(boxes.xyxy[row], (len(others), 1)), others.xyxy).max(initial=0) < 0.3


def test_digit_scenes_are_the_same_each_time_and_digits_hardly_overlap(tmp_path: Path):
    first, second = (
        load(digit_scenes(tmp_path / name, images=4, seed=3)) for name in ("one", "two")
    )
    assert np.array_equal(first.boxes.xyxy, second.boxes.xyxy)
    pixels = [np.asarray(Image.open(path)) for path in first.images.path.tolist()]
    again = [np.asarray(Image.open(path)) for path in second.images.path.tolist()]
    assert all(np.array_equal(a, b) for a, b in zip(pixels, again, strict=True))
    assert first.class_names == [str(value) for value in range(10)]
    assert (first.boxes.xyxy[:, 2:] <= [320, 240]).all()
    assert len(first.boxes) >= 4


def test_digit_scenes_are_made_once(tmp_path: Path):
    path = digit_scenes(tmp_path, images=2)
    before = path.stat().st_mtime_ns
    assert digit_scenes(tmp_path, images=2).stat().st_mtime_ns == before


def test_the_known_errors_of_the_blood_cells_are_the_labels_that_the_list_describes(
    shared_data: Path,
):
    dataset = load(shared_data / "bccd")
    known = known_errors(shared_data / "bccd", dataset)
    names = np.array(dataset.class_names)[dataset.boxes.label[known.wrong_class]]
    assert names.tolist() == ["WBC", "Platelets", "Platelets"]
    assert len(known.missing) == 6
    assert (known.unmarked_class, len(known.unmarked)) == ("RBC", 15)
    marked = dataset.boxes.label == dataset.class_names.index("RBC")
    assert not np.isin(dataset.boxes.image[marked], known.unmarked).any()


def test_a_dataset_without_a_list_has_no_known_errors(tmp_path: Path):
    assert len(known_errors(tmp_path, grid(1)).missing) == 0


def test_the_first_labelling_differs_from_the_later_one_in_the_ways_that_are_counted(
    shared_data: Path,
):
    copy = first_pass(shared_data / "bccd")
    shifted = copy.error == ErrorKind.LOOSE_BOX
    overlap = iou(copy.dataset.boxes.xyxy[shifted], copy.true_xyxy[shifted])
    assert overlap.min() >= 0.1
    assert overlap.max() < 0.7
    assert 100 < int(shifted.sum()) < 150
    assert 250 < len(copy.dropped) < 320
