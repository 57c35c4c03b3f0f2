from __future__ import annotations

import os
from pathlib import Path

import pytest

from labelaudit.images.links import put_image


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "a.png"
    path.parent.mkdir()
    path.write_bytes(b"picture")
    return path


def test_a_link_is_relative_and_leads_to_the_file_itself(image, tmp_path):
    (tmp_path / "link.png").symlink_to(image)
    assert put_image(str(tmp_path / "link.png"), tmp_path / "out" / "deep" / "b.png")
    assert os.readlink(tmp_path / "out" / "deep" / "b.png") == "../../in/a.png"


def test_a_folder_that_is_a_link_itself_holds_links_that_lead_there(image, tmp_path):
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "short").symlink_to(tmp_path / "real" / "deep")
    put_image(str(image), tmp_path / "short" / "a.png")
    assert (tmp_path / "short" / "a.png").read_bytes() == b"picture"


def test_a_copy_is_a_file(image, tmp_path):
    assert put_image(str(image), tmp_path / "out" / "a.png", copied=True)
    assert not (tmp_path / "out" / "a.png").is_symlink()
    assert (tmp_path / "out" / "a.png").read_bytes() == b"picture"


def test_where_no_links_can_be_made_it_is_a_copy(image, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    assert put_image(str(image), tmp_path / "out" / "a.png")
    assert (tmp_path / "out" / "a.png").read_bytes() == b"picture"


@pytest.mark.parametrize("name", ["", "gone.png"])
def test_what_is_not_there_is_not_put_anywhere(tmp_path, name):
    assert not put_image(name, tmp_path / "out" / "a.png")
    assert not (tmp_path / "out").exists()


def test_what_is_at_the_place_stays(image, tmp_path):
    (tmp_path / "b.png").write_bytes(b"other")
    assert put_image(str(image), tmp_path / "b.png", copied=True)
    assert (tmp_path / "b.png").read_bytes() == b"other"
