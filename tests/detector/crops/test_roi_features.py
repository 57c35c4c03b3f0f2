from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from labelaudit.core.columns import MISSING
from labelaudit.detector.crops import roi_features as roi_features_module
from labelaudit.detector.crops.projection import SHAPE_NUMBERS
from labelaudit.detector.crops.roi_features import (
    CELLS,
    crop_dataset,
    examples,
    offsets,
    roi_features,
)
from labelaudit.detector.feature_maps import FeatureMaps
from labelaudit.detector.job import Job

LABELS = ((0, 0, [10, 10, 40, 40]), (0, 1, [40, 20, 60, 60]), (1, 1, [5, 5, 30, 50]))


def random_features(job: Job) -> FeatureMaps:
    width = sum(c * h * w for c, h, w in job.shapes)
    values = np.random.default_rng(0).normal(size=(len(job.fold), 2, width))
    return FeatureMaps(values.astype(np.float16), job.shapes)


def test_a_crop_of_a_ramp_says_where_it_is():
    ramp = torch.arange(8.0).repeat(8, 1)[None, None]  # the value is x / 8 - 0.5
    boxes = torch.tensor([[16.0, 16, 32, 32], [24, 16, 40, 32]])
    found = roi_features([ramp], (8,), boxes, torch.zeros(2), (64, 64))
    cells = CELLS[8] ** 2
    assert found.shape == (2, cells + 3)
    assert torch.allclose(found[1, :cells] - found[0, :cells], torch.ones(cells))
    assert torch.allclose(found[0, cells:], torch.tensor([0.25, 0.25, 1.0]).log())
    assert torch.allclose(found[0, :cells].mean(), torch.tensor(24 / 8 - 0.5))


def test_offsets_lead_from_one_box_to_the_other():
    source = torch.tensor([[10.0, 10, 30, 50], [0, 0, 10, 10]])
    wanted = torch.tensor([[12.0, 8, 36, 60], [3, 3, 9, 12]])
    moved = offsets(source, wanted)
    sides = source[:, 2:] - source[:, :2]
    centre = (source[:, :2] + source[:, 2:]) / 2 + moved[:, :2] * sides
    half = sides * moved[:, 2:].exp() / 2
    assert torch.allclose(torch.cat([centre - half, centre + half], dim=1), wanted, atol=1e-5)


def test_each_label_has_itself_its_copies_and_background(job: Callable[..., Job]):
    made = job(*LABELS)
    found = examples(made, np.array([0, 1]))
    assert np.bincount(found.image).tolist() == [2 * 5 + 10, 5 + 10]
    assert found.xyxy[found.is_label].tolist() == [list(map(float, row[2])) for row in LABELS]
    assert found.label[found.is_label].tolist() == [0, 1, 1]
    assert (found.overlap[found.is_label] == 1).all()
    assert (found.label[found.overlap < 0.35] == 2).all()
    between = (found.overlap >= 0.35) & (found.overlap < 0.5)
    assert (found.label[between] == MISSING).all()
    assert (found.xyxy >= 0).all()
    assert (found.xyxy <= 64).all()
    again = examples(made, np.array([1]))
    assert (again.xyxy == found.xyxy[found.image == 1]).all()


def test_a_crowd_teaches_no_background(job: Callable[..., Job]):
    found = examples(job(*LABELS, regions=[(0, [0, 0, 64, 64])]), np.array([0]))
    assert (found.label[~found.is_label] == MISSING).all()
    assert (found.label[found.is_label] != MISSING).all()


def test_the_pool_holds_the_vectors_of_its_examples_and_is_read_again(
    job: Callable[..., Job], tmp_path: Path
):
    made = job(*LABELS)
    features = random_features(made)
    found = crop_dataset(made, features, tmp_path, lambda _done, _total: None)
    for row in (0, 7, 21, len(found.vectors) - 1):
        image = int(found.examples.image[row])
        maps = features.maps(np.array([image]), 0, torch.device("cpu"))
        box = torch.from_numpy(found.examples.xyxy[row : row + 1]).float()
        vectors = roi_features(maps, made.config.strides, box, torch.zeros(1), (64, 64))
        assert np.allclose(found.vectors[row], found.projection(vectors)[0].numpy(), atol=1e-4)
    nothing = FeatureMaps(np.zeros_like(features.values), made.shapes)
    again = crop_dataset(made, nothing, tmp_path, lambda _done, _total: None)
    assert (again.vectors == found.vectors).all()
    assert (again.projection.directions == found.projection.directions).all()


@pytest.mark.parametrize("left", [b"", b"PK cut off"])
def test_a_pool_that_is_damaged_is_worked_out_again(
    job: Callable[..., Job], tmp_path: Path, left: bytes
):
    made = job(*LABELS)
    features = random_features(made)
    found = crop_dataset(made, features, tmp_path, lambda _done, _total: None)
    (tmp_path / "crops.npz").write_bytes(left)
    again = crop_dataset(made, features, tmp_path, lambda _done, _total: None)
    assert (again.vectors == found.vectors).all()


def test_components_are_worked_out_from_a_sample_of_crops(
    job: Callable[..., Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(roi_features_module, "SAMPLE", 5)
    made = job(*LABELS)
    found = crop_dataset(made, random_features(made), tmp_path, lambda _done, _total: None)
    assert len(found.vectors) > 5
    assert found.vectors.shape[1] == found.projection.directions.shape[1] == 4 + SHAPE_NUMBERS


def test_a_large_dataset_gives_a_sample_of_images(
    job: Callable[..., Job], tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(roi_features_module, "MOST_CROPS", 20)
    made = job(*LABELS)
    found = crop_dataset(made, random_features(made), tmp_path, lambda _done, _total: None)
    assert 0 < len(found.vectors) <= 20


def test_no_labels_make_an_empty_crop_dataset(job: Callable[..., Job], tmp_path: Path):
    made = job()
    assert (
        len(crop_dataset(made, random_features(made), tmp_path, lambda _done, _total: None).vectors)
        == 0
    )
