from __future__ import annotations

import os
from pathlib import Path

import pytest

from labelaudit.errors import FixError
from labelaudit.io.load import load
from labelaudit.io.targets import check_apart, check_free
from tests.cli.layouts import lone_file


def test_what_is_there_is_free_only_if_it_may_be_replaced(tmp_path):
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("", "link"):
        with pytest.raises(FixError, match="exists"):
            check_free(tmp_path / name, overwrite=False)
        check_free(tmp_path / name, overwrite=True)
    check_free(tmp_path / "new" / "deep", overwrite=False)


def test_nothing_can_be_written_below_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FixError, match="is no folder"):
        check_free(tmp_path / "file" / "out", overwrite=True)


def test_neither_the_dataset_nor_its_images_nor_the_folder_of_the_process_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = lone_file(tmp_path).given[0]
    dataset = load(path)
    (tmp_path / "link").symlink_to("ds")
    (tmp_path / "here" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here" / "deep")
    for name in ("ds", "ds/labels.json", "ds/a.png", "link", "here", ""):
        with pytest.raises(FixError, match="would be gone"):
            check_apart(tmp_path / name, dataset)
    os.chdir(tmp_path)
    check_apart(tmp_path / "here", dataset)
    check_apart(tmp_path / "ds2", dataset)
