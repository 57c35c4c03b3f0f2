from __future__ import annotations

import os
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from labelaudit.core.columns import texts
from labelaudit.images.locate import ImageIndex, locate, with_endings
from tests.images.test_files import folder_of


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


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("a.JPG", "a.jpg"),
        ("img_1.JPG", "IMG_1.jpg"),
        ("Train/a.jpg", "train/a.jpg"),
        ("STRASSE.jpg", "straße.jpg"),
        ("3.jpg", "3.png"),
        ("3.jpeg", "3.jpg"),
        ("scan.v2.tif", "scan.v2.bmp"),
        ("A.png", "a"),
        ("my photo.jpg", "my%20photo.jpg"),
        ("my photo.jpg", "my%2520photo.jpg"),
        ("my%20photo.jpg", "my photo.jpg"),
        ("a b/c.jpg", "https://host/a%20b/c.jpg?size=1"),
        ("a.jpg", " a.jpg"),
        ("Pr\u00fcfung.jpg", "Pru\u0308fung.jpg"),
        ("Pru\u0308fung.jpg", "Pr\u00fcfung.JPG"),
        ("x/PHOTO.png", "C:\\me\\X\\photo.jpg"),
    ],
)
def test_a_name_that_is_spelled_in_another_way_is_found(tmp_path, file, name):
    folder_of(tmp_path, file, "other.jpg")
    assert found(tmp_path, name) == [file]


@pytest.mark.parametrize(
    ("files", "name"),
    [
        (["A.jpg", "a.JPG"], "a.jpg"),
        (["a.png", "a.gif"], "a.jpg"),
        (["train/A.jpg", "val/A.jpg"], "a.jpg"),
        (["my photo.jpg", "my%20photo.jpg"], " my photo.jpg"),
    ],
)
def test_a_spelling_that_two_files_could_have_means_neither(tmp_path, files, name):
    folder_of(tmp_path, *files)
    assert found(tmp_path, name) == [""]
    (tmp_path / files[0]).unlink()
    assert found(tmp_path, name) == [files[1]]


def test_the_nearest_spelling_is_taken(tmp_path):
    folder_of(tmp_path, "\u00e9.jpg", "\u00c9.jpg", "b.png", "B.jpg")
    assert found(tmp_path, "e\u0301.jpg", "b.JPG") == ["\u00e9.jpg", "B.jpg"]


def test_an_image_that_another_name_means_as_it_is_written_has_no_second_name(tmp_path):
    folder_of(tmp_path, "3.jpg")
    assert found(tmp_path, "3.png", "3.jpg", "3.JPG") == ["", "3.jpg", ""]


def test_of_two_spellings_of_one_file_neither_is_guessed(tmp_path):
    folder_of(tmp_path, "a.jpg")
    assert found(tmp_path, "A.jpg", "a.JPG") == ["", ""]
    assert found(tmp_path, "A.jpg", "A.jpg") == ["a.jpg", "a.jpg"]


def test_only_images_are_found_in_another_spelling(tmp_path):
    folder_of(tmp_path, "a.txt", "A.json")
    assert found(tmp_path, "a.jpg", "a") == ["", ""]


def test_a_name_gets_the_ending_of_its_file(tmp_path):
    names = texts(["a", "b.jpg", "c"])
    paths = texts(["/x/a.PNG", "/x/b.png", ""])
    assert with_endings(names, paths).tolist() == ["a.PNG", "b.jpg", "c"]


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


def test_a_name_without_an_ending_is_found_as_an_image_of_any_kind(tmp_path):
    folder_of(tmp_path, "train/a.JPG", "train/a.txt", "b.png", "val/b.png", "c.txt")
    paths = locate(texts(["train/a", "/old/b", "c", "d"]), [tmp_path]).tolist()
    assert [os.path.relpath(path, tmp_path) if path else "" for path in paths] == [
        "train/a.JPG",
        "b.png",
        "",
        "",
    ]


STEMS = ["a", "A", "a b", "a%20b", "\u00e9", "e\u0301", "\u212a", "k", "a.b", " a", "a?b", "!"]
FOLDERS = ["", "x/", "X/", "x y/", "x%20y/"]
ENDINGS = [".jpg", ".JPG", ".png", ".txt", ""]
ON_DISK = st.builds("{}{}{}".format, *map(st.sampled_from, (FOLDERS, STEMS, ENDINGS)))
WRITTEN = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "https://host/", "C:\\", "./", "../"]),
    *map(st.sampled_from, (FOLDERS, [*STEMS, "", "a%2520b"], [*ENDINGS, ".jpg?size=1", "/", " "])),
)


@given(st.lists(ON_DISK, max_size=8, unique=True), st.lists(WRITTEN, min_size=1, max_size=5))
def test_leaving_out_what_no_name_means_changes_nothing(files, names):
    index = ImageIndex([])
    index._paths = {name: f"/{name}" for name in files}
    quick = index.located(texts(names)).tolist()
    index._possible = lambda _: list(index._paths.items())
    assert quick == index.located(texts(names)).tolist()
