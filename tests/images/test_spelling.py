from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.images.spelling import Misspelling, misspelling

FOLDERS = [Path("/d"), Path("/d/images")]


@pytest.mark.parametrize(
    ("name", "file", "right", "kinds"),
    [
        ("a.jpg", "a.JPG", "a.JPG", ["letter case"]),
        ("Images/a.jpg", "images/a.jpg", "images/a.jpg", ["letter case"]),
        ("a.png", "a.jpg", "a.jpg", ["ending"]),
        ("a", "a.jpg", "a.jpg", ["ending"]),
        ("x\\a.jpg", "x/a.jpg", "x/a.jpg", ["slashes"]),
        ("old\\x\\a.jpg", "x/a.jpg", "old/x/a.jpg", ["slashes"]),
        ("my%20a.jpg", "my a.jpg", "my a.jpg", ["percent escapes"]),
        ("my a.jpg", "my%20a.jpg", "my%20a.jpg", ["percent escapes"]),
        (" a.jpg", "a.jpg", "a.jpg", ["spaces"]),
        ("\u00e9.jpg", "e\u0301.jpg", "e\u0301.jpg", ["Unicode form"]),
        ("A.PNG", "a.jpg", "a.jpg", ["letter case", "ending"]),
        ("C:\\me\\x\\a.jpg", "x/a.jpg", "x/a.jpg", ["the path of another machine"]),
        ("/me/x/a.jpg", "x/a.jpg", "x/a.jpg", ["the path of another machine"]),
        ("/me/X/a.jpg", "x/a.jpg", "x/a.jpg", ["the path of another machine", "letter case"]),
    ],
)
def test_a_misspelt_name_is_told_with_the_right_one(name, file, right, kinds):
    assert misspelling(name, f"/d/{file}", FOLDERS) == Misspelling(right, tuple(kinds))


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("a.jpg", "a.jpg"),
        ("train2017/a.jpg", "images/a.jpg"),
        ("./x/a.jpg", "x/a.jpg"),
        ("x//a.jpg", "x/a.jpg"),
        ("../images/a.jpg", "images/a.jpg"),
        ("https://host/a%20b.jpg", "a b.jpg"),
        ("b.jpg", "a.jpg"),
        ("", "a.jpg"),
    ],
)
def test_a_name_that_leads_to_the_file_or_is_another_name_is_not_misspelt(name, file):
    assert misspelling(name, f"/d/{file}", FOLDERS) is None


def test_an_image_that_was_not_found_has_no_other_name():
    assert misspelling("a.jpg", "", FOLDERS) is None


def test_an_absolute_path_that_leads_to_a_file_is_right(tmp_path):
    file = tmp_path / "a.jpg"
    assert misspelling(f"{tmp_path}//a.jpg", str(file), FOLDERS) is not None
    file.touch()
    assert misspelling(f"{tmp_path}//a.jpg", str(file), FOLDERS) is None


def test_outside_of_all_folders_the_name_alone_is_right():
    found = misspelling("C:\\a.jpg", "/e/a.jpg", FOLDERS)
    assert found is not None
    assert found.right == "a.jpg"
