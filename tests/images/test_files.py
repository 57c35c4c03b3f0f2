from __future__ import annotations

import os
from pathlib import Path

import pytest

from labelaudit.core.columns import texts
from labelaudit.images.files import listed, locate, locate_stems


def folder_of(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def found(folder: Path, *names: str) -> list[str]:
    paths = locate(texts(names), [folder]).tolist()
    return [os.path.relpath(path, folder) if path else "" for path in paths]


def test_an_image_is_found_by_its_path_below_the_folder(tmp_path):
    folder_of(tmp_path, "a.jpg", "train/a.jpg", "train/deep/b.jpg")
    assert found(tmp_path, "train/a.jpg", "a.jpg", "train/deep/b.jpg") == [
        "train/a.jpg",
        "a.jpg",
        "train/deep/b.jpg",
    ]


def test_the_path_is_absolute(tmp_path, monkeypatch):
    folder_of(tmp_path, "photos/a.jpg")
    monkeypatch.chdir(tmp_path)
    assert locate(texts(["a.jpg"]), [Path("photos")]).tolist() == [str(tmp_path / "photos/a.jpg")]


def test_the_first_parts_of_a_name_may_differ(tmp_path):
    folder_of(tmp_path, "train/a.jpg", "val/a.jpg")
    assert found(tmp_path, "/data/old/train/a.jpg", "images\\val\\a.jpg", "./train//a.jpg") == [
        "train/a.jpg",
        "val/a.jpg",
        "train/a.jpg",
    ]


def test_a_bare_name_is_found_anywhere_if_only_one_file_bears_it(tmp_path):
    folder_of(tmp_path, "train/a.jpg", "train/b.jpg", "val/b.jpg")
    assert found(tmp_path, "a.jpg", "b.jpg", "c.jpg") == ["train/a.jpg", "", ""]


def test_the_first_folder_wins(tmp_path):
    first, second = folder_of(tmp_path / "one", "a.jpg"), folder_of(tmp_path / "two", "a.jpg")
    assert locate(texts(["a.jpg"]), [second, first]).tolist() == [str(second / "a.jpg")]


def test_nested_folders_do_not_make_a_name_ambiguous(tmp_path):
    folder_of(tmp_path, "train/deep/a.jpg")
    paths = locate(texts(["a.jpg"]), [tmp_path, tmp_path / "train"]).tolist()
    assert paths == [str(tmp_path / "train/deep/a.jpg")]


def test_letters_count_as_they_are_written(tmp_path):
    folder_of(tmp_path, "a.JPG")
    assert found(tmp_path, "a.jpg") == [""]


@pytest.mark.parametrize("name", ["../secret.jpg", "x/../../secret.jpg", "..", "../..", ""])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    folder_of(tmp_path, "secret.jpg", "images/a.jpg")
    assert found(tmp_path / "images", name) == [""]


def test_an_odd_name_is_merely_not_found(tmp_path):
    folder_of(tmp_path, "a.jpg")
    assert found(tmp_path, "\0", "/" * 100_000, "a/" * 100_000, "a.jpg/") == ["", "", "", "a.jpg"]


def test_a_folder_that_does_not_exist_holds_nothing(tmp_path):
    assert locate(texts(["a.jpg"]), [tmp_path / "none"]).tolist() == [""]
    assert len(locate(texts([]), [tmp_path])) == 0


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


def test_a_name_without_an_ending_is_found_as_an_image_of_any_kind(tmp_path):
    folder_of(tmp_path, "train/a.JPG", "train/a.txt", "b.png", "val/b.png", "c.txt")
    paths = locate_stems(texts(["train/a", "/old/b", "c", "a.JPG"]), [tmp_path]).tolist()
    assert [os.path.relpath(path, tmp_path) if path else "" for path in paths] == [
        "train/a.JPG",
        "b.png",
        "",
        "",
    ]
