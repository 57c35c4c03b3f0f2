"""Folds that are trained on a Ray cluster give what they give here, also where a node is lost."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from labelaudit.core.ray_executor import RayExecutor
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.cross_validation.out_of_fold import out_of_fold
from labelaudit.predictions.model_output import ModelOutput, QueryBoxes
from tests.detector.cross_validation.test_out_of_fold import same
from tests.ray_cluster import SMALL, ray_cluster

pytest.importorskip("ray", reason="needs the extra ray")

QUICK = DetectorConfig(image_size=(96, 96), folds=2, epochs=3, crop_epochs=2, batch=4, device="cpu")


def judged(dataset: Dataset, cache: Path, **options: Any) -> ModelOutput:
    boxes = dataset.boxes
    query = QueryBoxes.of(len(boxes), image=boxes.image, xyxy=boxes.xyxy)
    return out_of_fold(DatasetColumns(dataset), query, QUICK, cache=cache, **options)


def test_a_cluster_gives_the_same_numbers_also_where_a_node_is_lost(drawn, tmp_path: Path):
    dataset = drawn(8)
    here = judged(dataset, tmp_path / "here", workers=2)
    with ray_cluster(nodes=1) as cluster:
        lost = cluster.add_node(**SMALL)
        cluster.wait_for_nodes()
        executor = RayExecutor(cluster.address)
        found: list[ModelOutput] = []
        stages: list[str] = []
        begun = threading.Event()

        def told(stage: str, done: int, _total: int) -> None:
            stages.append(stage)
            if stage == "training and judging" and done:
                begun.set()

        options = {"executor": executor, "progress": told}
        running = threading.Thread(
            target=lambda: found.append(judged(dataset, tmp_path / "there", **options))
        )
        running.start()
        assert begun.wait(120)
        cluster.remove_node(lost, allow_graceful=False)
        running.join()
        assert executor.cpu_seconds > 0
    assert same(here, found[0])
