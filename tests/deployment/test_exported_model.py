"""An exported model is known by all of its files."""

from __future__ import annotations

import pytest

from labelaudit.deployment.exported_model import exported_digest
from labelaudit.deployment.target import TARGETS


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda one: one.name)
@pytest.mark.parametrize("stem", ["model", "model[1]", "a*b"])
def test_a_model_of_which_any_file_changes_is_another(tmp_path, target, stem):
    path = tmp_path / f"{stem}{target.suffix}"
    files = target.files(path)
    for file in files:
        file.write_bytes(b"before")
    seen = {exported_digest(path)}
    for file in files:
        file.write_bytes(b"after")
        seen.add(exported_digest(path))
    assert len(seen) == 1 + len(files)


def test_files_of_other_models_are_no_part_of_one(tmp_path):
    path = tmp_path / "model.xml"
    path.write_bytes(b"graph")
    before = exported_digest(path)
    (tmp_path / "model2.bin").write_bytes(b"weights of another")
    assert exported_digest(path) == before
