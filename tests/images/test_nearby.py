from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.core.columns import texts
from labelaudit.images import nearby
from labelaudit.images.nearby import folders_beside, found_images, more_folders
from tests.images.test_files import folder_of


def numbered(count: int) -> list[str]:
    return [f"{number}.jpg" for number in range(1, count + 1)]


def beside(home: Path, names: list[str], part: str = "") -> list[str]:
    home.mkdir(parents=True, exist_ok=True)
    return [
        str(folder.relative_to(home.parent)) for folder in folders_beside(home, texts(names), part)
    ]


@pytest.mark.parametrize("there", [9, 10])
def test_a_folder_that_nobody_named_holds_at_least_half_of_the_images(tmp_path, there):
    folder_of(tmp_path / "b", *numbered(there))
    assert beside(tmp_path / "labels", numbered(20)) == (["b"] if there == 10 else [])


@pytest.mark.parametrize("names", [["b/1.jpg", "b/2.jpg", "b/3.jpg"], ["1.jpg", "2.jpg", "3.jpg"]])
def test_the_folder_of_the_labels_is_taken_if_one_name_leads_to_a_file_from_there(tmp_path, names):
    folder_of(tmp_path / "labels", names[0])
    assert beside(tmp_path / "labels", names) == ["labels"]


def test_the_folder_with_most_of_the_images_is_taken(tmp_path):
    folder_of(tmp_path / "b", *numbered(10))
    folder_of(tmp_path / "c", *numbered(12))
    assert beside(tmp_path / "labels", numbered(14)) == ["c"]


@pytest.mark.parametrize(
    "names",
    [
        ["1.JPG", "2.JPG"],
        ["1.png", "2.png"],
        ["1", "2"],
        ["old\\1.jpg", "old\\2.jpg"],
        ["C:\\me\\1.jpg", "C:\\me\\2.jpg"],
        ["/home/me/1.jpg", "/home/me/2.jpg"],
    ],
)
@pytest.mark.parametrize("place", ["labels/pictures", "labels/x/y", "pictures", "images/x/y"])
def test_names_in_another_spelling_show_the_folder_as_well(tmp_path, names, place):
    folder_of(tmp_path / place, "1.jpg", "2.jpg")
    assert beside(tmp_path / "labels", names) == [place.partition("/")[0]]


def test_pictures_deep_inside_a_folder_beside_the_labels_may_be_of_another_project(tmp_path):
    folder_of(tmp_path / "b" / "images", "1.jpg", "2.jpg")
    assert beside(tmp_path / "labels", ["1.jpg", "2.jpg"]) == []


@pytest.mark.parametrize("name", ["images\\1.jpg", "Images/1.JPG", "1.png"])
def test_the_folder_of_the_labels_is_taken_if_a_spelling_of_a_name_leads_to_a_file(tmp_path, name):
    folder_of(tmp_path / "labels", "images/1.jpg" if "mages" in name else "1.jpg")
    assert beside(tmp_path / "labels", [name, "x.jpg", "y.jpg"]) == ["labels"]
    assert beside(tmp_path / "labels", [f"other/{name}", "x.jpg", "y.jpg"]) == []


def test_images_of_one_file_may_lie_in_several_folders_beside_it(tmp_path):
    folder_of(tmp_path / "b", "1.jpg", "2.jpg")
    folder_of(tmp_path / "c", "3.jpg", "4.jpg", "5.jpg")
    assert beside(tmp_path / "labels", numbered(5)) == ["."]
    (tmp_path / "c" / "5.jpg").unlink()
    assert beside(tmp_path / "labels", numbered(5)) == []


@pytest.mark.parametrize(
    ("home", "count", "found"),
    [("labels", 2, ["b"]), ("Annotations_1", 2, ["b"]), ("ds", 4, []), ("ds", 5, ["b"])],
)
def test_a_few_names_are_looked_for_beside_a_folder_of_labels_alone(tmp_path, home, count, found):
    folder_of(tmp_path / "b", *numbered(count))
    assert beside(tmp_path / home, numbered(count)) == found
    folder_of(tmp_path / "images", *numbered(count))
    assert beside(tmp_path / home, numbered(count)) == (found or ["images"])


def test_a_few_names_do_not_make_one_folder_of_all_beside_the_labels(tmp_path):
    for number in range(1, 5):
        folder_of(tmp_path / str(number), f"{number}.jpg")
    assert beside(tmp_path / "labels", numbered(4)) == []


def test_of_folders_with_the_same_names_the_one_called_as_the_labels_is_taken(tmp_path):
    for split in ("test", "train", "val"):
        folder_of(tmp_path / "images" / split, "1.jpg", "2.jpg")
    assert beside(tmp_path / "labels", ["1.jpg", "2.jpg"], "instances_val") == ["images/val"]


def places_of(home: Path, names: list[str]) -> tuple[list[str], int]:
    """The folders that were taken, and how many names were found."""
    home.mkdir(parents=True, exist_ok=True)
    found = found_images(texts(names), home, ())
    folders = [folder.relative_to(home.parent).as_posix() for folder in found.folders]
    return folders, int((found.paths != "").sum())


@pytest.mark.parametrize(
    ("home", "taken"), [("set/labels", ["train", "val"]), ("set", ["set"]), ("set/a/b", [])]
)
def test_what_a_folder_lacks_is_looked_for_in_those_beside_it(tmp_path, home, taken):
    folder_of(tmp_path / "set" / "train", *numbered(11))
    folder_of(tmp_path / "set" / "val", *(f"{number}.JPG" for number in range(12, 17)))
    assert places_of(tmp_path / home, numbered(20)) == (taken, 16 if taken else 0)


@pytest.mark.parametrize(("there", "lost"), [(4, 8), (5, 10), (5, 11), (6, 11)])
def test_another_folder_holds_at_least_five_of_the_rest_and_half_of_it(tmp_path, there, lost):
    folder_of(tmp_path / "train", *numbered(12))
    folder_of(tmp_path / "val", *numbered(12 + there)[12:])
    folders, count = places_of(tmp_path / "annotations", numbered(12 + lost))
    taken = there >= 5 and 2 * there >= lost
    expected = (["train", "val"], 12 + there) if taken else (["train"], 12)
    assert (folders, count) == expected


def test_three_folders_are_taken_one_after_the_other(tmp_path):
    folder_of(tmp_path / "train", *numbered(40))
    folder_of(tmp_path / "val", *numbered(50)[40:])
    folder_of(tmp_path / "test", *numbered(56)[50:])
    folders, count = places_of(tmp_path / "labels", numbered(58))
    assert (folders, count) == (["train", "val", "test"], 56)


def test_folders_further_away_are_not_looked_into_for_the_rest(tmp_path):
    folder_of(tmp_path / "mine" / "images", *numbered(12))
    folder_of(tmp_path / "other", *numbered(20)[12:])
    folders, count = places_of(tmp_path / "mine" / "labels", numbered(22))
    assert (folders, count) == (["images"], 12)


def test_files_that_are_listed_for_the_rest_are_bounded(tmp_path, monkeypatch):
    folder_of(tmp_path / "train", *numbered(40))
    folder_of(tmp_path / "val", *numbered(50)[40:])
    some = texts(numbered(60)[40:])
    assert more_folders(tmp_path / "labels", some, [tmp_path / "train"]) == [tmp_path / "val"]
    monkeypatch.setattr(nearby, "MOST_FILES", 9)
    assert more_folders(tmp_path / "labels", some, [tmp_path / "train"]) == []


def test_names_that_lead_out_of_a_folder_show_none(tmp_path):
    folder_of(tmp_path, "secret.jpg")
    assert beside(tmp_path / "x" / "a", ["../../secret.jpg", "\0", ""]) == []
    assert beside(tmp_path / "x" / "a", []) == []


def test_where_nothing_is_found_no_folder_is_told(tmp_path):
    found = found_images(texts(["1.jpg"]), tmp_path / "x" / "a", [])
    assert (found.paths.tolist(), found.folders) == ([""], ())


def test_a_folder_that_the_user_names_is_taken_whatever_it_holds(tmp_path):
    folder_of(tmp_path / "labels", "1.jpg")
    found = found_images(texts(["1.jpg"]), tmp_path / "labels", [tmp_path / "b"])
    assert (found.paths.tolist(), found.folders) == ([""], (tmp_path / "b",))


@pytest.mark.parametrize(
    ("home", "part", "first"),
    [
        ("val", "_annotations.coco", "val"),  # the labels lie there
        ("val/train", "instances_train", "val"),  # and in it, whatever they are called
        ("annotations", "instances_val", "val"),  # they are called as the folder
        ("labels/val", "labels", "val"),  # they lie in a folder that is called so
        ("annotations", "instances_values", "train"),  # a part of a word is none
        ("annotations", "instances", "train"),  # nothing speaks for either: the first
    ],
)
def test_of_named_folders_with_the_same_names_that_of_the_labels_is_taken(
    tmp_path, home, part, first
):
    train, val = folder_of(tmp_path / "train", "1.jpg"), folder_of(tmp_path / "val", "1.jpg")
    (tmp_path / home).mkdir(parents=True, exist_ok=True)
    found = found_images(texts(["1.jpg"]), tmp_path / home, [train, val], part=part)
    assert found.paths.tolist() == [str(tmp_path / first / "1.jpg")]
    assert found.folders == (train, val)


def test_the_usual_folder_of_a_format_is_taken_if_any_image_is_there(tmp_path):
    folder_of(tmp_path / "labels", "1.jpg", "2.jpg")
    folder_of(tmp_path / "b", "1.jpg")
    names, usual = texts(["1.jpg", "2.jpg", "3.jpg"]), [tmp_path / "b"]
    assert found_images(names, tmp_path / "labels", [], usual).folders == (tmp_path / "b",)
    assert found_images(names, tmp_path / "labels", [], [tmp_path / "c"]).folders == (
        tmp_path / "labels",
    )


def test_a_file_without_an_ending_beside_the_labels_is_no_image(tmp_path):
    home = folder_of(tmp_path / "home", "a.jpg")
    folder_of(tmp_path / "other", "a")
    assert folders_beside(home, texts(["a"])) == [home]


def test_a_link_to_itself_hides_no_folder_and_a_link_to_a_folder_is_one(tmp_path):
    folder_of(tmp_path / "far" / "y" / "z", "1.jpg")
    home = tmp_path / "x" / "a"
    home.mkdir(parents=True)
    (home / "loop").symlink_to(home / "loop")
    (home / "photos").symlink_to(tmp_path / "far" / "y" / "z")
    assert beside(home, ["1.jpg"]) == ["a/photos"]
