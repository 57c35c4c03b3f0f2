"""The bytes of label files, and of files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.io.formats.yolo import contents


@pytest.mark.parametrize(("size", "read"), [(18, True), (19, False)])
def test_a_file_that_is_too_large_for_an_image_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, read: bool
) -> None:
    monkeypatch.setattr(contents, "LARGEST", 18)
    path = tmp_path / "a.txt"
    path.write_bytes(b"0 0.5 0.5 0.2 0.2\n".ljust(size))
    content = contents.read_labels(str(path))
    assert bool(content.text) == read
    assert [one.found for one in content.problems] == (
        [] if read else ["too large for labels of an image: 19 bytes"]
    )
