"""A file of COCO with the records of another again and again."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.coco_file import write_coco
from benchmarks.repeated_coco import repeat_coco
from benchmarks.scenes import draw_scenes
from labelaudit.io.load import load


def test_each_copy_has_ids_and_names_of_its_own_and_the_same_boxes(tmp_path: Path):
    source, path = tmp_path / "one.json", tmp_path / "many.json"
    write_coco(source, draw_scenes(15, 100, seed=3), polygons=False, seed=3)
    repeat_coco(source, path, 12)
    one, many = load(source), load(path)
    assert (len(many.images), len(many.boxes)) == (12 * 15, 12 * 100)
    assert len(many.categories) == len(one.categories)
    assert len(many.problems) == 0
    for ids in (many.images.id, many.boxes.id):
        assert len(np.unique(ids.number)) == len(ids)
    assert len(set(many.images.name.tolist())) == 12 * 15
    for copy in range(12):
        here = slice(100 * copy, 100 * copy + 100)
        assert (many.boxes.xyxy[here] == one.boxes.xyxy).all()
        assert (many.boxes.image[here] == one.boxes.image + 15 * copy).all()
        assert (many.boxes.label[here] == one.boxes.label).all()
