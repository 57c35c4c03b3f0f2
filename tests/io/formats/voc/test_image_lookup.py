from __future__ import annotations

import random
from pathlib import Path

import pytest

from labelaudit.io.formats.voc.image_lookup import ImageLookup
from labelaudit.io.formats.voc.loading import load
from tests.io.formats.voc_files import annotation, problems, put


def found(root: Path, images: list[str], filename: str | None = "a.jpg", **places: str) -> str:
    """The image, relative to `root`, of the annotation `file` in the dataset `dataset`."""
    for image in images:
        put(root / image)
    file = places.get("file", "data/Annotations/a.xml")
    put(root / file, annotation(filename=filename))
    given = [root / places["given"]] if "given" in places else []
    path = str(load(root / places.get("dataset", "data"), given).images.path[0])
    return path and Path(path).relative_to(root).as_posix()


@pytest.mark.parametrize(
    "image",
    [
        "data/JPEGImages/a.jpg",
        "data/images/a.jpg",
        "data/Annotations/a.jpg",
        "data/JPEGImages/a.JPEG",
        "data/JPEGImages/a.png",
    ],
)
def test_the_image_is_found_by_the_name_of_the_annotation(tmp_path: Path, image: str):
    assert found(tmp_path, [image, "data/JPEGImages/b.jpg"]) == image


@pytest.mark.parametrize(
    ("file", "image"),
    [
        ("data/Annotations/day/a.xml", "data/JPEGImages/day/a.jpg"),
        ("data/Annotations/day/a.xml", "data/JPEGImages/a.jpg"),
        ("data/annotations/day/a.xml", "data/images/day/a.jpg"),
        ("data/train/a.xml", "data/train/a.jpg"),
        ("data/xml/a.xml", "data/images/a.jpg"),
        ("data/a.xml", "images/a.jpg"),
    ],
)
def test_image_folders_lie_as_annotation_folders_do(tmp_path: Path, file: str, image: str):
    assert found(tmp_path, [image], file=file) == image


def test_of_several_endings_the_filename_chooses(tmp_path: Path):
    images = ["data/JPEGImages/a.jpg", "data/JPEGImages/a.png"]
    assert found(tmp_path, images, "a.png") == images[1]
    assert found(tmp_path, images, "b.png") == images[0]


def test_the_filename_counts_where_no_image_is_called_like_the_annotation(tmp_path: Path):
    assert found(tmp_path, ["data/JPEGImages/b.jpg"], "b.jpg") == "data/JPEGImages/b.jpg"
    assert (
        found(tmp_path, ["data/JPEGImages/sub/c.jpg"], "sub/c.jpg") == "data/JPEGImages/sub/c.jpg"
    )
    assert found(tmp_path, ["data/JPEGImages/d.jpg"], "sub/d.jpg") == "data/JPEGImages/d.jpg"
    both = ["data/JPEGImages/a.jpg", "data/JPEGImages/b.jpg"]
    assert found(tmp_path, both, "b.jpg") == both[0]


@pytest.mark.parametrize(
    "filename", ["/old/place/b.jpg", "C:\\old\\b.jpg", "../../other/b.jpg", "sub\\..\\b.jpg"]
)
def test_of_a_path_on_another_machine_the_name_counts(tmp_path: Path, filename: str):
    assert found(tmp_path, ["data/JPEGImages/b.jpg"], filename) == "data/JPEGImages/b.jpg"


@pytest.mark.parametrize("outside", ["secret.jpg", "data/secret.jpg"])
def test_no_filename_leads_out_of_the_image_folders(tmp_path: Path, outside: str):
    put(tmp_path / outside)
    for filename in (
        "../secret.jpg",
        "../../secret.jpg",
        str(tmp_path / outside),
        "./../secret.jpg",
    ):
        assert found(tmp_path, ["data/JPEGImages/b.jpg"], filename) == ""


def test_given_folders_are_the_only_ones(tmp_path: Path):
    images = ["data/JPEGImages/a.jpg", "elsewhere/b.jpg"]
    assert found(tmp_path, images, given="elsewhere") == ""
    assert found(tmp_path, [*images, "elsewhere/a.png"], given="elsewhere") == "elsewhere/a.png"


def test_in_a_given_folder_the_same_subfolder_comes_first(tmp_path: Path):
    images = ["pictures/a.jpg", "pictures/train/a.jpg"]
    assert found(tmp_path, images, file="data/train/a.xml", given="pictures") == images[1]


@pytest.mark.parametrize("split", ["train", "test"])
def test_of_given_folders_that_of_the_annotation_comes_first(tmp_path: Path, split: str):
    folders = [tmp_path / "data" / "train", tmp_path / "data" / "test"]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "a.jpg").touch()
    annotation = str(tmp_path / "data" / split / "a.xml")
    lookup = ImageLookup(str(tmp_path / "data"), folders)
    assert lookup.paths([annotation], ["a.jpg"]) == [str(tmp_path / "data" / split / "a.jpg")]


def test_in_a_given_folder_an_image_is_found_at_any_depth(tmp_path: Path):
    deep = "elsewhere/x/y/a.jpg"
    assert found(tmp_path, [deep], given="elsewhere") == deep
    assert found(tmp_path, [deep, "elsewhere/z/a.jpg"], given="elsewhere") == ""


def test_image_folders_are_known_only_where_there_are_images(tmp_path: Path):
    put(tmp_path / "Annotations" / "a.xml", annotation())
    (tmp_path / "JPEGImages").mkdir()
    assert load(tmp_path, []).image_folders == ()
    put(tmp_path / "JPEGImages" / "notes.txt")
    assert load(tmp_path, []).image_folders == ()
    put(tmp_path / "JPEGImages" / "b.jpg")
    assert load(tmp_path, []).image_folders == (tmp_path / "JPEGImages",)
    assert load(tmp_path, [tmp_path]).image_folders == (tmp_path,)


@pytest.mark.parametrize(
    ("filename", "kind"),
    [
        ("a.jpg", None),
        ("sub/a.jpg", None),
        (None, "missing-field"),
        ("", "unreadable-field"),
        (" ", "unreadable-field"),
        ("a", "wrong-type"),
        ("a.JPG", "wrong-type"),
        ("b.jpg", "wrong-type"),
        ("/home/me/a.jpg", "wrong-type"),
        ("C:\\data\\a.jpg", "wrong-type"),
        ("../a.jpg", "wrong-type"),
    ],
)
def test_a_filename_that_does_not_lead_to_the_image_is_told(
    tmp_path: Path, filename: str | None, kind: str | None
):
    put(tmp_path / "JPEGImages" / "a.jpg")
    put(tmp_path / "Annotations" / "a.xml", annotation(filename=filename))
    dataset = load(tmp_path, [])
    assert dataset.images.path.tolist() == [str(tmp_path / "JPEGImages" / "a.jpg")]
    assert dataset.images.name.tolist() == [filename or ""]
    expected = [("images", 0, kind, "filename", filename or "")] if kind else []
    assert problems(dataset) == expected


@pytest.mark.parametrize(("filename", "told"), [("b.jpg", 0), ("a", 1), ("/data/a.jpg", 1)])
def test_without_images_only_the_form_of_a_filename_is_judged(
    tmp_path: Path, filename: str, told: int
):
    put(tmp_path / "Annotations" / "a.xml", annotation(filename=filename))
    assert len(load(tmp_path, []).problems) == told


@pytest.mark.parametrize(
    ("image", "filename"),
    [
        ("data/JPEGImages/A.JPG", "a.jpg"),
        ("data/JPEGImages/day/one/a.jpg", "a.jpg"),
        ("data/JPEGImages/my photo.jpg", "my%20photo.jpg"),
        ("data/JPEGImages/MY PHOTO.png", "C:\\pics\\my photo.jpg"),
        ("data/JPEGImages/u\u0308.jpg", "\u00fc.png"),
        ("data/pictures/a.jpg", "a.jpg"),
        ("images/deep/a.jpg", "a.jpg"),
        ("data/pictures/B.jpg", "b.jpg"),
    ],
)
def test_an_image_is_found_in_another_spelling_or_deeper(tmp_path: Path, image: str, filename: str):
    assert found(tmp_path, [image], filename) == image


def test_a_spelling_of_the_name_of_another_annotation_is_not_its_image(tmp_path: Path):
    put(tmp_path / "Annotations" / "a.xml", annotation(filename="a.jpg"))
    put(tmp_path / "Annotations" / "A.xml", annotation(filename="a.jpg"))
    put(tmp_path / "JPEGImages" / "a.jpg")
    dataset = load(tmp_path, [])
    names = dataset.files.path[dataset.images.file].tolist()
    paths = dict(zip(names, dataset.images.path.tolist(), strict=True))
    assert paths["Annotations/a.xml"] == str(tmp_path / "JPEGImages" / "a.jpg")


@pytest.mark.parametrize("there", [9, 10])
def test_images_outside_of_the_dataset_are_its_own_if_they_are_at_least_half(tmp_path, there: int):
    for number in range(20):
        put(tmp_path / "project" / f"{number}.xml", annotation(filename=f"{number}.jpg"))
    for number in range(there):
        put(tmp_path / "images" / f"{number}.jpg")
    dataset = load(tmp_path / "project", [])
    assert (dataset.images.path != "").sum() == (there if there == 10 else 0)
    assert dataset.image_folders == ((tmp_path / "images",) if there == 10 else ())


@pytest.mark.parametrize(("there", "found"), [(4, 10), (5, 15)])
def test_images_are_in_several_folders_of_a_dataset_in_any_spelling(
    tmp_path: Path, there: int, found: int
):
    names = [f"image{number}" for number in range(20)]
    for name in names:
        put(tmp_path / "Annotations" / f"{name}.xml", annotation(filename=f"{name}.jpg"))
    for name in names[:10]:
        put(tmp_path / "JPEGImages" / f"{name}.jpg")
    for name in names[10 : 10 + there]:
        put(tmp_path / "more" / f"{name.upper()}.JPG")
    dataset = load(tmp_path, [])
    assert int((dataset.images.path != "").sum()) == found
    folders = [folder.name for folder in dataset.image_folders]
    assert folders == ["JPEGImages", "more"][: 1 + (there == 5)]
    given = load(tmp_path, [tmp_path / "JPEGImages"])
    assert int((given.images.path != "").sum()) == 10


@pytest.mark.parametrize("seed", range(20))
def test_the_usual_case_gives_what_each_alone_gives(tmp_path: Path, seed: int):
    draw = random.Random(seed)
    stems = ["a", "b", "c", "d.e", "f"]
    folders = draw.sample(
        ["JPEGImages", "images", "Annotations", "JPEGImages/day"], draw.choice([1, 2])
    )
    for stem in stems:
        for folder in folders:
            if draw.random() < 0.8:
                put(tmp_path / folder / f"{stem}{draw.choice(['.jpg', '.png', '.JPG'])}")
    files = [
        str(tmp_path / draw.choice(["Annotations", "Annotations/day"]) / f"{stem}{ending}")
        for stem in stems
        for ending in (".xml", ".XML")
    ]
    names = [draw.choice(["a.jpg", "d.e.png", "", f"{Path(file).stem}.jpg"]) for file in files]
    usual = ImageLookup(str(tmp_path), [])._as_written(files, names)
    one = ImageLookup(str(tmp_path), [])
    assert usual == [one.find(file, name) for file, name in zip(files, names, strict=True)]
    assert any(usual)
