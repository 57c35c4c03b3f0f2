"""Files of one name in several folders."""

from __future__ import annotations

from pathlib import Path

from labelaudit.core.columns import texts
from labelaudit.images.namesakes import namesakes


def test_files_are_counted_by_the_last_part_of_a_name_once_each(tmp_path: Path):
    for file in ("day/a.jpg", "night/a.jpg", "night/b.jpg"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    names = texts(["a.jpg", "x\\a.jpg", "y/b.jpg", "c.jpg", ""])
    assert namesakes(names, [tmp_path, tmp_path / "night"]).tolist() == [2, 2, 1, 0, 0]
    assert namesakes(names, []).tolist() == [0] * 5
