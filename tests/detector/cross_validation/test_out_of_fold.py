from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from labelaudit.boxes.ops import iou
from labelaudit.core.columns import MISSING, texts
from labelaudit.core.executors import Executor
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.cross_validation import out_of_fold as out_of_fold_module
from labelaudit.detector.cross_validation.inference import FoldOutput
from labelaudit.detector.cross_validation.out_of_fold import out_of_fold
from labelaudit.detector.cross_validation.train_fold import (
    drop_damaged,
    output_path,
    run_fold,
    save_output,
)
from labelaudit.errors import LabelauditError
from labelaudit.predictions.model_output import BoxScores, ModelOutput, QueryBoxes
from labelaudit.predictions.predictions import Predictions
from labelaudit.testing import with_columns

CONFIG = DetectorConfig(
    image_size=(96, 96), folds=2, epochs=12, crop_epochs=8, batch=4, device="cpu"
)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folds without processes, each of which would take seconds to import torch."""

    def run_folds(
        folder: Path, folds: list[int], _executor: Executor, progress: Callable[[float], None]
    ) -> None:
        for done, fold in enumerate(folds):
            run_fold(folder, fold, lambda part, done=done: progress(done + part))

    monkeypatch.setattr(out_of_fold_module, "run_folds", run_folds)


def query_of(dataset: Dataset) -> QueryBoxes:
    """The labels themselves, and last a box without an image and one without an inside."""
    boxes = dataset.boxes
    return QueryBoxes.of(
        len(boxes) + 2,
        image=np.append(boxes.image, [MISSING, 0]),
        xyxy=np.vstack([boxes.xyxy, [[1, 1, 9, 9], [5, 5, 5, 5]]]),
    )


def run(
    dataset: Dataset, cache: Path, config: DetectorConfig = CONFIG, **options: Any
) -> ModelOutput:
    return out_of_fold(DatasetColumns(dataset), query_of(dataset), config, cache=cache, **options)


def same(one: ModelOutput, other: ModelOutput) -> bool:
    """Whether all numbers of two second opinions are the same."""
    pairs = [
        (getattr(one, name), getattr(other, name))
        for name in ("box_scores", "candidate_scores", "predictions", "candidates")
    ]
    return all(
        np.array_equal(values, vars(b)[key], equal_nan=True)
        for a, b in pairs
        for key, values in vars(a).items()
    )


def test_models_that_never_saw_an_image_know_its_squares(drawn, tmp_path: Path):
    dataset = drawn(16)
    derived = DatasetColumns(dataset)
    reports: list[tuple[str, int, int]] = []
    found = run(dataset, tmp_path / "a", progress=lambda *what: reports.append(what))
    box_scores, count, rows = found.box_scores, len(dataset.boxes), np.arange(len(dataset.boxes))
    assert box_scores is not None
    assert box_scores.has_scores.tolist() == [True] * count + [False] * 2
    mine = box_scores.rows(slice(0, count))
    assert (mine.crop_probs[:, :2].argmax(axis=1) == derived.box_class).mean() > 0.9
    assert (mine.knn_probs.argmax(axis=1) == derived.box_class).mean() > 0.9
    other = 1 - derived.box_class
    assert (mine.class_loss[rows, derived.box_class] < mine.class_loss[rows, other]).mean() > 0.8
    assert iou(mine.mean_anchor_box, dataset.boxes.xyxy).mean() > 0.5
    assert sorted(set(found.fold.tolist())) == [0, 1]
    assert found.scale.tolist() == [1.0] * 16
    assert found.classes == ("red", "blue")
    assert found.notes == ()
    assert {stage for stage, _, _ in reports} >= {"looking at images", "training and judging"}
    assert all(done <= total for _, done, total in reports)


@pytest.mark.usefixtures("in_process")
def test_a_seed_gives_the_same_numbers_and_another_seed_others(drawn, tmp_path: Path):
    dataset = drawn(6)
    quick = dataclasses.replace(CONFIG, epochs=2, crop_epochs=1)
    first = run(dataset, tmp_path / "a", quick)
    assert same(first, run(dataset, tmp_path / "b", quick, workers=1))
    assert not same(first, run(dataset, tmp_path / "a", dataclasses.replace(quick, seed=1)))


@pytest.mark.usefixtures("in_process")
def test_a_second_run_trains_nothing(drawn, tmp_path: Path, monkeypatch):
    dataset = drawn(6)
    quick = dataclasses.replace(CONFIG, epochs=1, crop_epochs=1)
    first = run(dataset, tmp_path, quick)

    def trained(_folder: Path, folds: list[int], *_: object) -> None:
        assert folds == []

    monkeypatch.setattr(out_of_fold_module, "run_folds", trained)
    assert same(first, run(dataset, tmp_path, quick))


@pytest.mark.usefixtures("in_process")
def test_a_run_that_was_killed_after_one_fold_gives_the_same(drawn, tmp_path: Path, monkeypatch):
    dataset = drawn(6)
    quick = dataclasses.replace(CONFIG, epochs=2, crop_epochs=1)
    whole = run(dataset, tmp_path / "whole", quick)

    def dies(parts: str, done: int, total: int) -> None:
        if parts == "training and judging" and done >= total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(dataset, tmp_path / "broken", quick, workers=1, progress=dies)
    assert same(whole, run(dataset, tmp_path / "broken", quick))


def test_a_process_that_dies_is_an_error_with_its_last_words(drawn, tmp_path: Path, monkeypatch):
    whole = out_of_fold_module.save_job

    def broken(job: Any, path: Path) -> None:
        whole(job, path)
        path.write_bytes(b"no job")

    monkeypatch.setattr(out_of_fold_module, "save_job", broken)
    with pytest.raises(LabelauditError, match=r"fold \d: its process ended with code 1: .*Error"):
        run(drawn(4), tmp_path)


@pytest.mark.usefixtures("in_process")
def test_a_backbone_that_is_trained_goes_through_the_same_steps(drawn, tmp_path: Path):
    quick = dataclasses.replace(CONFIG, epochs=1, crop_epochs=1, trained="partly")
    found = run(drawn(4), tmp_path, quick)
    assert found.box_scores is not None
    assert np.count_nonzero(found.box_scores.has_scores) == 8


@pytest.mark.parametrize("count", [0, 1])
def test_no_image_or_a_single_one_is_not_judged_and_a_note_says_so(
    count: int, drawn: Callable[..., Dataset], tmp_path: Path
):
    found = run(drawn(count), tmp_path)
    assert found.box_scores is not None
    assert not found.box_scores.has_scores.any()
    assert (found.fold == MISSING).all()
    assert found.notes[0].startswith("1 image judged by no model" if count else "there is no")


@pytest.mark.usefixtures("in_process")
def test_broken_images_odd_boxes_and_rare_classes_are_no_obstacle(drawn, tmp_path: Path):
    dataset = drawn(6)
    paths = dataset.images.path.tolist()
    Path(paths[2]).write_bytes(b"no image")
    xyxy = dataset.boxes.xyxy.copy()
    xyxy[0] = np.nan
    xyxy[1] = [-1e300, 5, 1e300, 3]
    xyxy[3] = [500, 500, 600, 600]  # outside of its image
    crowd = np.arange(12) == 6
    dataset = with_columns(dataset, "boxes", xyxy=xyxy, crowd=crowd)
    dataset = with_columns(dataset, "images", path=texts([*paths[:5], ""]))
    quick = dataclasses.replace(CONFIG, epochs=1, crop_epochs=1)
    found = run(dataset, tmp_path, quick)
    assert found.fold[[2, 5]].tolist() == [MISSING, MISSING]
    assert found.notes[0].startswith("2 images not looked at")
    assert "no model can learn these classes" in found.notes[-1]
    assert found.box_scores is not None
    assert found.box_scores.has_scores[:12].tolist() == [False] * 2 + [True] * 2 + [False] * 2 + [
        *[True] * 4,
        *[False] * 2,
    ]
    assert np.isfinite(found.box_scores.rows(found.box_scores.has_scores).mean_anchor_box).all()


@pytest.mark.parametrize("keep", [0, 100, -30])
def test_an_output_that_is_damaged_is_named_and_dropped(tmp_path: Path, keep: int):
    paths = [output_path(tmp_path, fold) for fold in range(3)]
    nothing = Predictions.empty(2), Predictions.empty(2)
    none = BoxScores.without_scores(0, 2)
    for path in paths[:2]:
        save_output(FoldOutput(np.zeros(0, np.int64), none, *nothing, none), path)
    paths[1].write_bytes(paths[1].read_bytes()[:keep])
    (told,) = drop_damaged(tmp_path, range(3))
    assert told.startswith(f"{paths[1]}: damaged in the cache")
    assert [path.is_file() for path in paths] == [True, False, False]


@pytest.mark.parametrize("name", ["crops.npz", "fold_1/detector.pt", "fold_0/crops.pt"])
@pytest.mark.parametrize("damage", [lambda whole: whole[:40], lambda whole: b"\0" * len(whole)])
def test_what_was_kept_of_folds_and_is_damaged_is_named_and_dropped(
    name: str, damage: Callable[[bytes], bytes], tmp_path: Path
):
    names = ["crops.npz", "fold_0/crops.pt", "fold_1/detector.pt"]
    paths = [tmp_path / one for one in names]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        if path.suffix == ".pt":
            torch.save({"epochs": 3}, path)
        else:
            np.savez(path, vectors=np.zeros(9))
    (tmp_path / "job").mkdir()
    assert list(drop_damaged(tmp_path / "job", range(2))) == []
    torn = tmp_path / name
    torn.write_bytes(damage(torn.read_bytes()))
    (told,) = drop_damaged(tmp_path / "job", range(2))
    assert told.startswith(f"{torn}: damaged in the cache")
    assert [path for path in paths if not path.exists()] == [torn]
