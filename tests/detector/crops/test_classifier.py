from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from labelaudit.core.columns import MISSING
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.crops.classifier import CropHead, class_weights, crop_plan, score_crops
from labelaudit.detector.crops.projection import fit_projection
from labelaudit.detector.crops.roi_features import CropDataset, CropExamples
from labelaudit.detector.job import Job
from labelaudit.detector.training.loop import train

UNUSED = fit_projection(torch.zeros((0, 8)), 8, 0)
CONFIG = DetectorConfig(image_size=(64, 64), crop_epochs=40, device="cpu")


def easy_crop_dataset(count: int = 300) -> CropDataset:
    """Crops whose first numbers say what they are, how far off and how well they fit."""
    random = np.random.default_rng(0)
    label, overlap = np.arange(count) % 3, random.uniform(0.4, 1, count)
    offset = random.uniform(-0.3, 0.3, (count, 4))
    vectors = np.concatenate([np.eye(3)[label] * 2, offset * 5, overlap[:, None] * 4], axis=1)
    chosen = CropExamples.of(count, label=label, offset=offset, overlap=overlap)
    return CropDataset(chosen, vectors.astype(np.float32), UNUSED)


def test_the_head_learns_class_place_and_fit(job: Callable[..., Job], tmp_path: Path):
    torch.manual_seed(0)
    crop_dataset, head = easy_crop_dataset(), CropHead(8, 2)
    train(
        head,
        crop_plan(job(config=CONFIG), head, crop_dataset, np.arange(200)),
        tmp_path / "kept.pt",
    )
    boxes = torch.tensor([[10.0, 10, 30, 40]]).repeat(100, 1)
    with torch.inference_mode():
        found = score_crops(head, torch.from_numpy(crop_dataset.vectors[200:]).float(), boxes)
    assert (found.classes.argmax(dim=1).numpy() == crop_dataset.examples.label[200:]).mean() > 0.95
    assert torch.allclose(found.classes.sum(dim=1), torch.ones(100))
    assert np.corrcoef(found.fit.numpy(), crop_dataset.examples.overlap[200:])[0, 1] > 0.4
    moved = (found.boxes[:, 0] + found.boxes[:, 2]) / 2 - 20
    assert np.corrcoef(moved.numpy(), crop_dataset.examples.offset[200:, 0])[0, 1] > 0.4


def test_crops_that_teach_nothing_give_a_finite_loss(job: Callable[..., Job], tmp_path: Path):
    nothing = CropExamples.of(4, label=np.full(4, MISSING))
    crop_dataset, head = CropDataset(nothing, np.ones((4, 8), np.float32), UNUSED), CropHead(8, 2)
    plan = crop_plan(job(), head, crop_dataset, np.arange(4))
    losses: list[float] = []
    train(head, plan, tmp_path / "kept.pt", lambda _epoch, loss: losses.append(loss))
    assert np.isfinite(losses).all()


def test_rare_classes_weigh_more_within_limits():
    label = torch.tensor([0] * 4000 + [1] * 1000 + [2] * 250 + [3] * 250 + [MISSING] * 50)
    weight = class_weights(label, 4)
    assert weight[0] < weight[1] < weight[2]
    assert weight.min() >= 0.3
    assert weight.max() <= 4
    assert torch.isfinite(class_weights(torch.tensor([MISSING]), 3)).all()
