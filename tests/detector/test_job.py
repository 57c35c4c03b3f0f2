from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from labelaudit.detector.config import DetectorConfig, DetectorSettingError
from labelaudit.detector.job import Job, device_of, load_job, save_job, to_device
from labelaudit.detector.model.head import DetectionHead

LABELS = ((2, 1, [0, 0, 9, 9]), (0, 0, [1, 1, 5, 5]), (2, 0, [3, 3, 8, 8]))

MAPS = ((0, 8), (1, 16), (2, 24))


def test_a_job_is_the_same_after_it_was_written(job: Callable[..., Job], tmp_path: Path):
    made = job(*LABELS, regions=[(1, [0, 0, 4, 4])])
    save_job(made, tmp_path / "job.npz")
    read = load_job(tmp_path / "job.npz")
    for name, value in vars(made).items():
        other = getattr(read, name)
        if isinstance(value, np.ndarray):
            assert np.array_equal(value, other)
        elif name in {"labels", "regions", "query"}:
            assert all(np.array_equal(a, vars(other)[key]) for key, a in vars(value).items())
        else:
            assert value == other


def test_boxes_are_found_by_image(job: Callable[..., Job]):
    labels = job(*LABELS).labels
    assert labels.row[labels.of_image(2)].tolist() == [0, 2]
    assert labels.row[labels.of_image(1)].tolist() == []
    assert labels.row[labels.of_images(np.array([2, 0]))].tolist() == [0, 2, 1]


def test_a_fold_needs_labels_outside_of_it(job: Callable[..., Job]):
    assert job(*LABELS).trainable_folds == [1]  # all labels are in images 0 and 2, of fold 0
    assert job(*LABELS, (1, 0, [0, 0, 9, 9])).trainable_folds == [0, 1]
    assert job().trainable_folds == []


def test_a_network_that_is_placed_says_the_same_with_channels_innermost():
    torch.manual_seed(0)
    head = DetectionHead(DetectorConfig(), (8, 16, 24), 3)
    maps = [torch.randn(2, width, 32 // 2**level, 32 // 2**level) for level, width in MAPS]
    plain = head(maps)
    placed = to_device(torch.device("cpu"), head)
    inside = []
    placed.fpn.register_forward_hook(lambda *seen: inside.extend(seen[2]))
    for found, expected in zip(placed(maps), plain, strict=True):
        assert found.detach().numpy() == pytest.approx(expected.detach().numpy(), abs=1e-5)
    assert all(x.is_contiguous(memory_format=torch.channels_last) for x in inside)


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, name, is_there):
    module = {"cuda": torch.cuda, "mps": torch.backends.mps}[name]
    monkeypatch.setattr(module, "is_available", lambda: is_there)
    config = DetectorConfig(device=name)
    if is_there:
        assert device_of(config).type == name
        return
    with pytest.raises(DetectorSettingError, match=f"is {name}, which torch does not find.*auto"):
        device_of(config)


def test_a_cpu_is_everywhere_and_auto_takes_what_there_is(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert {device_of(DetectorConfig(device=name)).type for name in ("auto", "cpu")} == {"cpu"}
