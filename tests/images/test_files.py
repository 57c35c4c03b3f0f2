from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.images.files import (
    IMAGE_SUFFIXES,
    by_ending,
    entries_in,
    images_among,
    is_image,
    listed,
    listed_folders,
    listed_once,
)


def folder_of(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_links_that_lead_in_a_circle_end(tmp_path):
    folder_of(tmp_path, "z/a.jpg")
    (tmp_path / "z" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert sorted(listed(tmp_path)) == ["self", "z/a.jpg"]


def test_a_file_is_listed_under_its_own_folder_rather_than_a_link(tmp_path):
    folder_of(tmp_path, "real/a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert list(listed(tmp_path)) == ["real/a.jpg"]


def test_a_linked_folder_from_elsewhere_is_followed(tmp_path):
    folder_of(tmp_path, "elsewhere/a.jpg")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "train").symlink_to(tmp_path / "elsewhere")
    assert list(listed(tmp_path / "images")) == ["train/a.jpg"]


def test_files_come_in_the_order_of_their_names(tmp_path):
    folder_of(tmp_path, "b/2.jpg", "b/1.jpg", "c.jpg", "a/3.jpg")
    assert list(listed(tmp_path)) == ["c.jpg", "a/3.jpg", "b/1.jpg", "b/2.jpg"]


def test_folders_come_with_the_names_of_their_files(tmp_path):
    folder_of(tmp_path, "b/2.jpg", "b/1.jpg", "c.jpg", "a/d/3.jpg")
    found = [(inside, list(one.names)) for inside, one in listed_folders(tmp_path)]
    assert found == [("", ["c.jpg"]), ("a/", []), ("a/d/", ["3.jpg"]), ("b/", ["1.jpg", "2.jpg"])]


def test_a_folder_that_is_listed_once_is_as_it_was_until_the_end(tmp_path):
    folder_of(tmp_path, "a.jpg", "in/b.jpg")
    with listed_once():
        assert list(listed(tmp_path)) == ["a.jpg", "in/b.jpg"]
        folder_of(tmp_path, "c.jpg", "in/d.jpg", "new/e.jpg")
        assert list(listed(tmp_path)) == ["a.jpg", "in/b.jpg"]
        assert list(listed(tmp_path / "in")) == ["b.jpg"]
        assert entries_in(tmp_path / "in").every == ["b.jpg"]
        with listed_once():
            assert "c.jpg" in list(listed(tmp_path))
        assert "c.jpg" not in list(listed(tmp_path))
    assert list(listed(tmp_path)) == ["a.jpg", "c.jpg", "in/b.jpg", "in/d.jpg", "new/e.jpg"]


def test_what_a_folder_holds_is_told_by_kind(tmp_path):
    folder_of(tmp_path, "b.jpg", "a.txt", "in/b.jpg")
    (tmp_path / "linked").symlink_to(tmp_path / "in")
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    found = entries_in(str(tmp_path))
    assert list(found.names) == ["a.txt", "b.jpg", "broken"]
    assert list(found.folders) == [("in", False), ("linked", True)]
    assert sorted(found.every) == ["a.txt", "b.jpg", "broken", "in", "linked"]
    assert entries_in(tmp_path / "linked").identity == entries_in(tmp_path / "in").identity


@pytest.mark.parametrize("name", ["nowhere", "a.txt"])
def test_what_is_no_folder_has_no_entries(tmp_path, name):
    folder_of(tmp_path, "a.txt")
    with pytest.raises((FileNotFoundError, NotADirectoryError)), listed_once():
        entries_in(tmp_path / name)


def test_names_of_thousands_are_told_apart_as_each_alone():
    names = ["a.jpg", "b.JPG", "c.txt", "d", ".png", "e.jpg.txt", "f.tif", "g.tif/h", "", "jpg"]
    assert images_among(names) == [name for name in names if is_image(name)]
    assert images_among(names) == ["a.jpg", "b.JPG", ".png", "f.tif"]
    grouped = by_ending(sorted(names))
    assert {name for one in IMAGE_SUFFIXES for name in grouped.get(one, ())} == {
        name for name in names if is_image(name)
    }
    assert sorted(name for some in grouped.values() for name in some) == sorted(names)
    assert all(some == sorted(some) for some in grouped.values())


def test_the_images_of_a_folder_are_those_that_end_so_whatever_they_are(tmp_path):
    folder_of(tmp_path, "b.JPG", "a.jpg", "c.txt", "d.png/e.txt", "f/g.jpg")
    assert sorted(entries_in(tmp_path).images) == ["a.jpg", "b.JPG", "d.png"]
