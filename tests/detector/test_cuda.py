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
from labelaudit.detector.crops.knn import nearest_neighbours
from labelaudit.detector.crops.lda import linear_discriminant
from labelaudit.detector.crops.roi_features import pool
from labelaudit.detector.cross_validation import out_of_fold as running
from labelaudit.detector.cross_validation.inference import Models, answers
from labelaudit.detector.cross_validation.out_of_fold import out_of_fold
from labelaudit.detector.cross_validation.train_fold import run_fold
from labelaudit.detector.feature_maps import (
    Features,
    both_views,
    extract_features,
    map_shapes,
    one_image,
)
from labelaudit.detector.job import Job, placed_on
from labelaudit.detector.model.anchors import anchors
from labelaudit.detector.model.backbone import backbone
from labelaudit.detector.model.head import Head
from labelaudit.predictions.model_output import ModelOutput, QueryBoxes

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")

RECIPE = DetectorConfig(
    image_size=(96, 96), folds=2, epochs=12, crop_epochs=8, batch=4, device="cuda"
)


def asked(dataset: Dataset, cache: Path, recipe: DetectorConfig = RECIPE) -> ModelOutput:
    boxes = dataset.boxes
    question = QueryBoxes.of(len(boxes), image=boxes.image, xyxy=boxes.xyxy)
    return out_of_fold(DatasetColumns(dataset), question, recipe, cache=cache, workers=4)


def test_features_are_those_of_the_processor_whatever_the_number_of_threads(
    drawn: Callable[..., Dataset], tmp_path: Path
):
    paths = drawn(19).images.path
    stages = backbone(DetectorConfig())
    empty = one_image(map_shapes(stages, (96, 96)))
    found = []
    for number, (name, workers) in enumerate([("cpu", 1), ("cuda", 1), ("cuda", 5)]):
        device = torch.device(name)
        transform = both_views(placed_on(device, stages), device)
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
    found = asked(dataset, tmp_path, dataclasses.replace(RECIPE, trained=trained))
    opinions = found.opinions
    assert opinions is not None
    assert opinions.judged.all()
    assert (opinions.crop[:, :2].argmax(axis=1) == derived.box_class).mean() > 0.9
    other = 1 - derived.box_class
    assert (
        opinions.class_loss[rows, derived.box_class] < opinions.class_loss[rows, other]
    ).mean() > 0.8
    assert iou(opinions.dense_box, dataset.boxes.xyxy).mean() > 0.5


def test_a_run_that_was_killed_within_a_fold_goes_on(drawn, tmp_path: Path, monkeypatch):
    dataset = drawn(8)
    ran = []

    def dies(folder: Path, fold: int, said: Callable[[float], None]) -> None:
        def told(part: float) -> None:
            said(part)
            if fold == 1:
                raise KeyboardInterrupt

        ran.append(fold)
        run_fold(folder, fold, told)

    monkeypatch.setattr(running, "run_fold", dies)
    with pytest.raises(KeyboardInterrupt):
        asked(dataset, tmp_path)
    monkeypatch.undo()
    epochs = []

    def counts(folder: Path, fold: int, said: Callable[[float], None]) -> None:
        ran.append(fold)

        def told(part: float) -> None:
            epochs.append(part)
            said(part)

        run_fold(folder, fold, told)

    monkeypatch.setattr(running, "run_fold", counts)
    found = asked(dataset, tmp_path)
    assert ran == [0, 1, 1]
    assert epochs[0] == pytest.approx(0.5 * 2 / RECIPE.epochs)  # the first epoch was kept
    assert found.opinions is not None
    assert found.opinions.judged.all()


def test_the_same_models_say_the_same_on_both_devices(job: Callable[..., Job], tmp_path: Path):
    here = job(
        *[(image, image % 2, [8.0 + image, 8, 40, 36]) for image in range(4)],
        *[(image, 1 - image % 2, [30.0, 30, 60, 58 - image]) for image in range(4)],
    )
    here = dataclasses.replace(
        here,
        recipe=dataclasses.replace(here.recipe, device="cpu"),
        asked=dataclasses.replace(here.labels),
    )
    there = dataclasses.replace(here, recipe=dataclasses.replace(here.recipe, device="cuda"))
    length = sum(int(np.prod(shape)) for shape in here.shapes)
    values = np.random.default_rng(0).normal(size=(4, 2, length)).astype(np.float16)
    features = Features(values, here.shapes)
    crops = pool(here, features, tmp_path, lambda _done, _total: None)
    torch.manual_seed(0)
    head = Head(here.recipe, tuple(shape[0] for shape in here.shapes), 2).eval()
    crop_head = CropHead(crops.vectors.shape[1], 2).eval()
    said = []
    for one in (here, there):
        models = Models(
            placed_on(one.device, head),
            crop_head.to(one.device),
            nearest_neighbours(one, crops),
            linear_discriminant(one, 0, crops),
            anchors(one.recipe, *one.canvas).to(one.device),
        )
        said.append(answers(one, features, models, np.arange(4), lambda _done, _total: None))
    cpu, cuda = said
    assert cpu.asked.tolist() == cuda.asked.tolist()
    for name, ours in vars(cpu.opinions).items():
        theirs = getattr(cuda.opinions, name)
        assert np.allclose(ours, theirs, rtol=1e-2, atol=2e-2, equal_nan=True), name
    assert len(cpu.predictions) == len(cuda.predictions)


def test_a_broken_image_is_noted_and_the_others_are_judged(drawn, tmp_path: Path):
    dataset = drawn(6)
    Path(dataset.images.path.tolist()[2]).write_bytes(b"no image")
    found = asked(dataset, tmp_path, dataclasses.replace(RECIPE, epochs=1, crop_epochs=1))
    assert found.notes[0].startswith("1 image not looked at")
    assert found.opinions is not None
    assert np.count_nonzero(found.opinions.judged) == 10
