"""A fix that a format cannot hold does not stop the others."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.auditing.findings_file import write
from labelaudit.dataset.tables import RecordType
from labelaudit.errors import FixError
from labelaudit.io.load import load
from labelaudit.io.writable_fixes import fixed_as_far_as_writable
from labelaudit.testing import draw

LINES = ["0 0.1 0.1 0.4 0.1 0.4 0.4", "1 0.5 0.5 0.6 0.5 0.6 0.6", "1 0.5 0.5 0.6 0.5 0.6 0.6"]


def polygons(folder: Path) -> Path:
    (folder / "labels").mkdir(parents=True)
    draw(folder / "images" / "a.png", (100, 80))
    (folder / "labels" / "a.txt").write_text("\n".join(LINES) + "\n", "utf-8")
    text = "path: .\ntrain: images\nval: images\nnames: [car, bus]\n"
    (folder / "data.yaml").write_text(text, "utf-8")
    return folder


def fix_list(dataset: Path, path: Path) -> Path:
    """A list that moves the box of a polygon, which has none, and drops the copy of another."""
    labels = load(dataset)
    fixes = np.empty(2, object)
    moved = {"xyxy": [1.0, 1.0, 6.0, 6.0]}
    fixes[0] = Fix("move", Safety.SAFE, RecordType.BOX, 0, moved)
    fixes[1] = Fix("drop", Safety.SAFE, RecordType.BOX, 2)
    columns = {"code": ["GEO005"] * 2, "name": ["by-hand"] * 2, "message": ["wrong"] * 2}
    write(path, Findings.of(2, **columns, box=[0, 2], image=[0, 0], fix=fixes), labels)
    return path


def test_what_no_record_is_to_blame_for_is_raised(tmp_path: Path):
    def failing(_: object) -> None:
        raise FixError("the target exists")

    outcome = SimpleNamespace(dataset=load(polygons(tmp_path / "ds")))
    with pytest.raises(FixError, match="the target exists"):
        fixed_as_far_as_writable(lambda _: outcome, failing)
