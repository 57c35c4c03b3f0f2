from __future__ import annotations

import pytest

from benchmarks.machine import Machine
from benchmarks.process import Usage
from benchmarks.rescan import BOXES_PER_IMAGE, Rescans, made, steps, table
from labelaudit.io.load import load

IMAGES = 20


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return made(tmp_path_factory.mktemp("rescan") / "data", IMAGES)


def test_all_formats_hold_the_same_images_with_files(paths):
    for path in paths.values():
        dataset = load(path)
        assert (len(dataset.images), len(dataset.boxes)) == (IMAGES, IMAGES * BOXES_PER_IMAGE)
        assert all(dataset.images.path.tolist())


def test_each_step_takes_some_time(paths):
    taken = steps(paths["YOLO"])
    assert len(taken) == 7
    assert taken["reading labels, finding images"][0] > 0


def test_the_table_has_medians_and_steps():
    used = [Usage(wall, 1.5, 70.0, 0) for wall in (2.0, 4.0, 3.0)]
    machine = Machine("Linux", 2, 8.0, "3.11", 0.1)
    said = table(
        "20 images",
        Rescans(
            date="2026-11-30",
            machine=machine,
            versions={"numpy": "2.0"},
            images=20,
            first={"COCO": Usage(9.0, 1.0, 70.0, 0)},
            again={"COCO": used},
            steps={"COCO": {"headers of images": (0.25, 0.2)}},
        ),
    )
    assert "| COCO | 9.00 | 3.00 | 1.50 | 70 |" in said
    assert "| headers of images | 0.25 (0.20) |" in said
    assert "3 rounds" in said
