from __future__ import annotations

import os
import tempfile
from typing import Any

import pytest

from labelaudit.errors import FixError
from labelaudit.io.targets import check_free, check_writable


def test_a_free_place_can_be_written_and_nothing_is_left_of_the_trial(tmp_path):
    check_free(tmp_path / "new.json", overwrite=False)
    check_writable(tmp_path / "a" / "b" / "new.json")
    assert os.listdir(tmp_path) == []


def test_a_place_that_is_taken_is_refused_unless_it_may_be_replaced(tmp_path):
    (tmp_path / "old.json").write_text("")
    with pytest.raises(FixError, match="exists; give the name of a new file"):
        check_free(tmp_path / "old.json", overwrite=False)
    check_free(tmp_path / "old.json", overwrite=True)


def test_below_a_file_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FixError, match="file is no folder"):
        check_writable(tmp_path / "file" / "a" / "new.json")


def test_a_folder_in_which_nothing_can_be_made_is_refused_with_the_reason(tmp_path, monkeypatch):
    def refused(**_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    with pytest.raises(FixError, match=f"nothing can be written in {tmp_path}: Permission denied"):
        check_writable(tmp_path / "new.json")
