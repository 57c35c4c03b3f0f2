"""A hand-over imported, tagged, edited and exported by FiftyOne itself.

Skipped unless LABELAUDIT_FIFTYONE names a Python that has FiftyOne, which is a gigabyte with its
database and is better kept in an environment of its own.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from labelaudit.io.labelling_tools import LABELLING_TOOLS
from tests.io.labelling_tools.assignments import ADDED, ASSIGNMENT, DOUBTED, PLACE

PYTHON = os.environ.get("LABELAUDIT_FIFTYONE")
PATIENCE_S = 600.0

WORK = """
import sys
import fiftyone as fo

dataset = fo.Dataset.from_dir(sys.argv[1], dataset_type=fo.types.FiftyOneDataset)
dataset.tag_labels("accept", label_fields="labelaudit")
sample = dataset.first()
assert dataset.bounds("ground_truth.detections.mistakenness") == (0.91234, 0.91234)
assert dataset.count_values("labelaudit.detections.possible_missing") == {None: 1, True: 1}
sample.ground_truth.detections.append(fo.Detection(label="car", bounding_box=[0.5, 0.5, 0.1, 0.1]))
sample.save()
dataset.export(sys.argv[2], dataset_type=fo.types.FiftyOneDataset, export_media=False)
dataset.delete()
"""


@pytest.mark.skipif(PYTHON is None, reason="LABELAUDIT_FIFTYONE names no Python with FiftyOne")
def test_fiftyone_imports_tags_and_exports_what_was_handed_over(tmp_path: Path):
    tool = LABELLING_TOOLS["fiftyone"]
    tool.write(ASSIGNMENT, tmp_path / "out")
    folders = [str(tmp_path / "out"), str(tmp_path / "back")]
    command = [str(PYTHON), "-c", WORK, *folders]
    subprocess.run(command, check=True, timeout=PATIENCE_S)
    [task] = tool.read(tmp_path / "back").tasks
    assert {one.fingerprint: one.answer for one in task.proposals}[DOUBTED] == "accept"
    assert {one.fingerprint: one.answer for one in task.proposals}[ADDED] == "accept"
    kept, drawn = task.boxes
    assert kept.key == "box-0"
    assert kept.xyxy == pytest.approx(PLACE, abs=1e-6)
    assert (drawn.key, drawn.xyxy) == (None, pytest.approx((320, 240, 384, 288)))
    assert task.at is not None
