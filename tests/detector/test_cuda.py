"""The detector on a GPU; without one, these tests are skipped."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from labelaudit.boxes.ops import iou
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.crops.classifier import CropHead
from labelaudit.detector.crops.knn import fit_knn
from labelaudit.detector.crops.lda import fit_lda
from labelaudit.detector.crops.roi_features import crop_dataset
from labelaudit.detector.cross_validation import out_of_fold as out_of_fold_module
from labelaudit.detector.cross_validation.inference import Models, fold_output
from labelaudit.detector.cross_validation.out_of_fold import out_of_fold
from labelaudit.detector.cross_validation.train_fold import run_fold
from labelaudit.detector.feature_maps import (
    FeatureMaps,
    both_views,
    extract_features,
    feature_template,
    map_shapes,
)
from labelaudit.detector.job import Job, to_device
from labelaudit.detector.model.anchors import anchors
from labelaudit.detector.model.backbone import build_backbone
from labelaudit.detector.model.head import DetectionHead
from labelaudit.predictions.model_output import ModelOutput, QueryBoxes

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")

CONFIG = DetectorConfig(
    image_size=(96, 96), folds=2, epochs=12, crop_epochs=8, batch=4, device="cuda"
)


def run(dataset: Dataset, cache: Path, config: DetectorConfig = CONFIG) -> ModelOutput:
    boxes = dataset.boxes
    question = QueryBoxes.of(len(boxes), image=boxes.image, xyxy=boxes.xyxy)
    return out_of_fold(DatasetColumns(dataset), question, config, cache=cache, workers=4)


def test_features_are_those_of_the_processor_whatever_the_number_of_threads(
    drawn: Callable[..., Dataset], tmp_path: Path
):
    paths = drawn(19).images.path
    backbone = build_backbone(DetectorConfig())
    empty = feature_template(map_shapes(backbone, (96, 96)))
    found = []
    for number, (name, workers) in enumerate([("cpu", 1), ("cuda", 1), ("cuda", 5)]):
        device = torch.device(name)
        transform = both_views(to_device(device, backbone), device)
        kept = extract_features(
            tmp_path / str(number),
            paths,
            (96, 96),
            empty,
            transform,
            workers=workers,
            in_threads=name == "cpu",
        )
        found.append(np.asarray(kept.values, np.float32))
    assert np.abs(found[1] - found[0]).max() < 0.02 * np.abs(found[0]).max()
    assert np.allclose(found[1], found[2], rtol=0, atol=0.01)


@pytest.mark.parametrize("trained", ["frozen", "whole"])
def test_models_that_never_saw_an_image_know_its_squares(drawn, tmp_path: Path, trained):
    dataset = drawn(16)
    derived, rows = DatasetColumns(dataset), np.arange(len(dataset.boxes))
    found = run(dataset, tmp_path, dataclasses.replace(CONFIG, trained=trained))
    box_scores = found.box_scores
    assert box_scores is not None
    assert box_scores.has_scores.all()
    assert (box_scores.crop_probs[:, :2].argmax(axis=1) == derived.box_class).mean() > 0.9
    other = 1 - derived.box_class
    assert (
        box_scores.class_loss[rows, derived.box_class] < box_scores.class_loss[rows, other]
    ).mean() > 0.8
    assert iou(box_scores.mean_anchor_box, dataset.boxes.xyxy).mean() > 0.5


def test_a_run_that_was_killed_within_a_fold_goes_on(drawn, tmp_path: Path, monkeypatch):
    dataset = drawn(8)
    ran = []

    def dies(folder: Path, fold: int, progress: Callable[[float], None]) -> None:
        def until_then(part: float) -> None:
            progress(part)
            if fold == 1:
                raise KeyboardInterrupt

        ran.append(fold)
        run_fold(folder, fold, until_then)

    monkeypatch.setattr(out_of_fold_module, "run_fold", dies)
    with pytest.raises(KeyboardInterrupt):
        run(dataset, tmp_path)
    monkeypatch.undo()
    epochs = []

    def counts(folder: Path, fold: int, progress: Callable[[float], None]) -> None:
        ran.append(fold)

        def noted(part: float) -> None:
            epochs.append(part)
            progress(part)

        run_fold(folder, fold, noted)

    monkeypatch.setattr(out_of_fold_module, "run_fold", counts)
    found = run(dataset, tmp_path)
    assert ran == [0, 1, 1]
    assert epochs[0] == pytest.approx(0.5 * 2 / CONFIG.epochs)  # the first epoch was kept
    assert found.box_scores is not None
    assert found.box_scores.has_scores.all()


def test_the_same_models_say_the_same_on_both_devices(job: Callable[..., Job], tmp_path: Path):
    here = job(
        *[(image, image % 2, [8.0 + image, 8, 40, 36]) for image in range(4)],
        *[(image, 1 - image % 2, [30.0, 30, 60, 58 - image]) for image in range(4)],
    )
    here = dataclasses.replace(
        here,
        config=dataclasses.replace(here.config, device="cpu"),
        query=dataclasses.replace(here.labels),
    )
    there = dataclasses.replace(here, config=dataclasses.replace(here.config, device="cuda"))
    length = sum(int(np.prod(shape)) for shape in here.shapes)
    values = np.random.default_rng(0).normal(size=(4, 2, length)).astype(np.float16)
    features = FeatureMaps(values, here.shapes)
    crops = crop_dataset(here, features, tmp_path, lambda _done, _total: None)
    torch.manual_seed(0)
    head = DetectionHead(here.config, tuple(shape[0] for shape in here.shapes), 2).eval()
    crop_head = CropHead(crops.vectors.shape[1], 2).eval()
    outputs = []
    for one in (here, there):
        models = Models(
            to_device(one.device, head),
            crops.projection,
            crop_head.to(one.device),
            fit_knn(one, crops),
            fit_lda(one, 0, crops),
            anchors(one.config, *one.input_size).to(one.device),
        )
        outputs.append(fold_output(one, features, models, np.arange(4), lambda _done, _total: None))
    cpu, cuda = outputs
    assert cpu.query_row.tolist() == cuda.query_row.tolist()
    for name, ours in vars(cpu.box_scores).items():
        theirs = getattr(cuda.box_scores, name)
        assert np.allclose(ours, theirs, rtol=1e-2, atol=2e-2, equal_nan=True), name
    assert len(cpu.predictions) == len(cuda.predictions)


def test_a_broken_image_is_noted_and_the_others_are_judged(drawn, tmp_path: Path):
    dataset = drawn(6)
    Path(dataset.images.path.tolist()[2]).write_bytes(b"no image")
    found = run(dataset, tmp_path, dataclasses.replace(CONFIG, epochs=1, crop_epochs=1))
    assert found.notes[0].startswith("1 image not looked at")
    assert found.box_scores is not None
    assert np.count_nonzero(found.box_scores.has_scores) == 10
