from __future__ import annotations

from pathlib import Path

import numpy as np

from labelaudit.core.columns import MISSING
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.cross_validation.build_job import build_job
from labelaudit.detector.extraction import Extraction
from labelaudit.detector.feature_maps import ExtractedFeatures
from labelaudit.detector.job import Job
from labelaudit.predictions.model_output import QueryBoxes
from labelaudit.testing import images


def built(boxes: list[str], query: list[list[float]]) -> Job:
    """The job of one image of 64 x 64 pixels, which the network sees at twice its size."""
    extracted = ExtractedFeatures(np.zeros((1, 1)), np.array([[64.0, 64.0]]), ("",))
    asked = QueryBoxes.of(len(query), image=np.zeros(len(query), np.int32), xyxy=np.array(query))
    return build_job(
        DatasetColumns(images({"a.jpg": boxes}, size=(64, 64))),
        asked,
        DetectorConfig(),
        Extraction(Path("features"), extracted, (128, 128), ((4, 16, 16),)),
        workers=1,
    )


def test_labels_are_in_pixels_of_the_network_and_cut_off_at_the_image():
    job = built(["car 10 10 40 40", "car 50 20 90 60"], [[0, 0, 1, 1]])
    assert job.scale.tolist() == [2]
    assert job.labels.xyxy.tolist() == [[20, 20, 80, 80], [100, 40, 128, 120]]


def test_a_label_too_small_to_learn_is_a_region_and_no_background():
    job = built(["car 10 10 10.4 40", "car 10 10 10.5 40"], [[0, 0, 1, 1]])
    assert job.labels.row.tolist() == [1]
    assert job.regions.row.tolist() == [0]


def test_query_boxes_are_not_cut_off_and_those_without_an_inside_are_left_out():
    job = built([], [[-4, 0, 90, 9], [5, 5, 5, 9], [np.nan, 0, 1, 1]])
    assert job.query.xyxy.tolist() == [[-8, 0, 180, 18]]
    assert job.query.row.tolist() == [0]
    assert job.query.label.tolist() == [MISSING]
