from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from labelaudit.pipeline import digests as module
from labelaudit.pipeline.digests import digest, digests


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_all_files_are_hashed_in_order(
    tmp_path: Path, at_once: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "AT_ONCE", at_once)
    contents = [bytes([number]) * (number * 1000) for number in range(10)]
    paths = [tmp_path / str(number) for number in range(10)]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    made = list(digests([str(path) for path in paths]))
    assert made == [(len(one), hashlib.sha256(one).hexdigest()) for one in contents]


def test_what_cannot_be_read_has_none(tmp_path: Path):
    assert digest(tmp_path) is None
    assert digest(tmp_path / "none") is None
    assert digest("a\0b") is None
    assert list(digests([str(tmp_path / "none")])) == [None]
    assert list(digests([])) == []
