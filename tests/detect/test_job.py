from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from labelaudit.detect.job import Job, load_job, save_job

LABELS = ((2, 1, [0, 0, 9, 9]), (0, 0, [1, 1, 5, 5]), (2, 0, [3, 3, 8, 8]))


def test_a_job_is_the_same_after_it_was_written(job: Callable[..., Job], tmp_path: Path):
    made = job(*LABELS, regions=[(1, [0, 0, 4, 4])])
    save_job(made, tmp_path / "job.npz")
    read = load_job(tmp_path / "job.npz")
    for name, value in vars(made).items():
        other = getattr(read, name)
        if isinstance(value, np.ndarray):
            assert np.array_equal(value, other)
        elif name in {"labels", "regions", "asked"}:
            assert all(np.array_equal(a, vars(other)[key]) for key, a in vars(value).items())
        else:
            assert value == other


def test_boxes_are_found_by_image(job: Callable[..., Job]):
    labels = job(*LABELS).labels
    assert labels.row[labels.of_image(2)].tolist() == [0, 2]
    assert labels.row[labels.of_image(1)].tolist() == []
    assert labels.row[labels.of_images(np.array([2, 0]))].tolist() == [0, 2, 1]


def test_a_fold_needs_labels_outside_of_it(job: Callable[..., Job]):
    assert job(*LABELS).able == [1]  # all labels are in images 0 and 2, of fold 0
    assert job(*LABELS, (1, 0, [0, 0, 9, 9])).able == [0, 1]
    assert job().able == []
