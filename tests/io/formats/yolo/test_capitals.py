"""Label files in capitals, `a.TXT`: they are read wherever `a.txt` would be, and that is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.cli import main
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import draw

LINE = "0 0.5 0.5 0.2 0.2\n"
YAML = "train: images\nnames: [car]\n"


def put(folder: Path, *labels: str, images: bool = True) -> Path:
    """A dataset of the images `a` and `b`."""
    for label in labels:
        (folder / label).parent.mkdir(parents=True, exist_ok=True)
        (folder / label).write_text(LINE)
    for name in "ab" if images else "":
        draw(folder / "images" / f"{name}.png", (64, 48))
    return folder


def endings_told(dataset: Dataset) -> list[tuple[str, str]]:
    """The file and the words of each problem with an ending."""
    some = dataset.problems
    named = zip(some.field.tolist(), some.file.tolist(), some.found.tolist(), strict=True)
    return [(str(dataset.files.path[file]), found) for field, file, found in named if field == ENDS]


ENDS = "its ending"


@pytest.mark.parametrize("ending", ["TXT", "Txt"])
@pytest.mark.parametrize("more", [{}, {"data.yaml": YAML}])
@pytest.mark.parametrize("images", [True, False])
def test_they_are_read_with_a_description_and_without_and_one_problem_tells(
    tmp_path, ending, more, images
):
    put(tmp_path, f"labels/a.{ending}", f"labels/b.{ending}", images=images)
    for name, text in more.items():
        (tmp_path / name).write_text(text)
    dataset = load(tmp_path)
    assert (dataset.format, len(dataset.images), len(dataset.boxes)) == ("yolo", 2, 2)
    assert dataset.images.path.astype(bool).all() == images
    ((file, found),) = endings_told(dataset)
    assert file == f"labels/a.{ending}"
    assert found.startswith("not .txt")
    assert found.endswith("of 1 other label file")
    assert not [note for note in dataset.notes if "not read" in note]


def test_usual_endings_are_no_problem_and_one_is_told_alone(tmp_path):
    dataset = load(put(tmp_path, "labels/a.txt", "labels/b.txt"))
    assert endings_told(dataset) == []
    (tmp_path / "labels" / "b.txt").rename(tmp_path / "labels" / "b.TXT")
    ((file, found),) = endings_told(load(tmp_path))
    assert (file, "other" in found) == ("labels/b.TXT", False)


def test_of_two_spellings_the_usual_one_is_read_and_the_other_is_named(tmp_path):
    put(tmp_path, "labels/a.txt", "labels/a.TXT", "labels/b.txt")
    (tmp_path / "list.txt").write_text("images/a.png\nimages/b.png\n")
    for description in ("", YAML, YAML.replace("images", "list.txt")):
        if description:
            (tmp_path / "data.yaml").write_text(description)
        dataset = load(tmp_path)
        assert (len(dataset.images), len(dataset.boxes)) == (2, 2)
        assert endings_told(dataset) == []
        assert any("labels/a.TXT" in note for note in dataset.notes)


@pytest.mark.parametrize("images", [True, False])
def test_they_are_read_of_images_in_a_list(tmp_path, images):
    put(tmp_path, "labels/a.TXT", "labels/b.txt", images=images)
    (tmp_path / "train.txt").write_text("data/images/a.png\ndata/images/b.png\n")
    (tmp_path / "obj.data").write_text("classes = 1\ntrain = train.txt\nnames = obj.names\n")
    (tmp_path / "obj.names").write_text("car\n")
    dataset = load(tmp_path)
    assert (len(dataset.images), len(dataset.boxes)) == (2, 2)
    assert endings_told(dataset)[0][0] == "labels/a.TXT"


def test_one_alone_is_read_with_its_image(tmp_path):
    dataset = load(put(tmp_path, "labels/a.TXT") / "labels" / "a.TXT")
    assert (len(dataset.images), len(dataset.boxes)) == (1, 1)
    assert Path(dataset.images.path[0]).name == "a.png"


@pytest.mark.parametrize("name", ["classes.txt", "Classes.txt", "CLASSES.TXT", "OBJ.NAMES"])
def test_a_list_of_classes_in_capitals_names_them(tmp_path, name):
    put(tmp_path, "labels/a.TXT", "labels/b.txt")
    (tmp_path / "labels" / name).write_text("car\n")
    dataset = load(tmp_path)
    assert (dataset.class_names, len(dataset.images)) == (["car"], 2)


@pytest.mark.parametrize("arguments", [["--in-place"], ["-o", "copy"]])
def test_they_keep_their_names_when_they_are_fixed(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    home = put(Path("ds"), "labels/a.TXT", "labels/b.txt")
    for name in ("a.TXT", "b.txt"):
        (home / "labels" / name).write_text(LINE * 2)
    assert main(["fix", "ds", *arguments]) == 0
    fixed = Path("copy" if "copy" in arguments else "ds") / "labels"
    assert sorted(path.name for path in fixed.glob("?.[tT]??")) == ["a.TXT", "b.txt"]
    assert {path.read_text() for path in fixed.glob("?.[tT]??")} == {LINE}


def test_converted_they_have_the_ending_that_trainers_look_for(tmp_path):
    home = put(tmp_path / "ds", "labels/a.TXT", "labels/b.txt")
    assert main(["convert", str(home), str(tmp_path / "out"), "--to", "yolo"]) == 0
    written = load(tmp_path / "out")
    assert (len(written.boxes), endings_told(written)) == (2, [])
