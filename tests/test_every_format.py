"""What holds for every format."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from labelaudit.boxes.conventions import CONVENTIONS
from labelaudit.core.columns import MISSING
from labelaudit.core.registry import Registry
from labelaudit.core.rows import all_but
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import FixError, FormatError
from labelaudit.io.formats import FORMATS, Format, converter, patcher
from labelaudit.io.formats.evidence import PathSample
from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from labelaudit.io.record_diff import changes
from labelaudit.io.save import save, undo
from labelaudit.testing import images, one_image, with_columns, with_image_files, with_polygons

CLASSES = [
    "traffic light",
    "no",
    "007",
    "1.5",
    "null",
    'a: "b" # c',
    "it's [x], {y}",
    "<b>&amp;</b>",
    "犬 naïve",
    "back\\slash",
]
BOXES = {
    "first.png": ["a 10 20 110.5 220.25", "b 0 0 640 480", "c 630 470 640 480", "a 1 2 3 4"],
    "nothing.png": [],
    "two dots.v2.png": ["d 5 6 70 80", "e 5 6 70 80", "f 10 10 20 20", "g 1 1 9 9"],
    "ünï.png": ["h 100 100 200 300", "i 0 100 50 300", "j 100 0 200 30", "a 12 13 14 15"],
}


@pytest.fixture(params=list(FORMATS))
def format_(request: pytest.FixtureRequest) -> Format:
    return FORMATS[request.param]


@pytest.fixture(params=[name for name in FORMATS if FORMATS[name].convert])
def writing(request: pytest.FixtureRequest) -> Format:
    """A format that can also be written."""
    return FORMATS[request.param]


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Images, classes and boxes that every format can hold, though not without care."""
    named = with_columns(images(BOXES), "categories", name=CLASSES)
    return with_image_files(named, tmp_path / "in")


@pytest.fixture
def written(writing: Format, dataset: Dataset, tmp_path: Path) -> Path:
    path = tmp_path / "written"
    converter(writing)(dataset, path).write()
    return path


def content(dataset: Dataset) -> list[tuple[str, list[float], list[tuple[str, list[float]]]]]:
    """Name without its ending, size, and classes and corners of the boxes, of each image."""
    boxes, names = dataset.boxes, dataset.class_names
    rows = [np.flatnonzero(boxes.image == image) for image in range(len(dataset.images))]
    return sorted(
        (
            Path(name).stem,
            size,
            [(names[boxes.label[row]], np.round(boxes.xyxy[row], 2).tolist()) for row in here],
        )
        for name, size, here in zip(
            dataset.images.name.tolist(), dataset.images.size.tolist(), rows, strict=True
        )
    )


def label_files(path: Path) -> dict[str, bytes]:
    """The bytes of a file, or of all files in a folder but pictures and patches."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in files
        if file.is_file() and not file.name.endswith((".png", ".patch.jsonl"))
    }


def test_it_is_registered_under_its_own_name_and_says_what_it_is_in_a_line(format_: Format) -> None:
    assert FORMATS[format_.name] is format_
    assert format_.summary
    assert "\n" not in format_.summary


def test_the_endings_of_its_files_are_written_out_and_others_are_no_evidence(
    format_: Format, tmp_path: Path
) -> None:
    fresh: Registry[Format] = Registry("format", "labelaudit.io.formats", "FORMATS.add(")
    said = fresh.said(format_.name)
    assert said is not None  # else every format is imported to recognise a path
    assert said.get("endings", ()) == format_.endings
    (tmp_path / "a.nobody").write_text("0 .5 .5 .1 .1\n")
    assert not format_.endings or format_.evidence(PathSample(tmp_path)) is None


def test_it_looks_at_no_file_with_an_ending_that_it_does_not_declare(
    format_: Format, tmp_path: Path
) -> None:
    asked: set[str] = set()

    class Watched(PathSample):
        def ending(self, *endings: str) -> list[str]:
            asked.update(endings)
            return super().ending(*endings)

    for ending in (".csv", ".json", ".jsonl", ".parquet", ".tsv", ".txt", ".xml", ".yaml"):
        (tmp_path / f"a{ending}").write_text("")
    format_.evidence(Watched(tmp_path))
    assert asked
    assert not format_.endings or asked == set(format_.endings)


def test_what_is_written_is_loaded_again(dataset: Dataset, written: Path) -> None:
    again = load(written, images=dataset.image_folders)
    assert content(again) == content(dataset)
    assert sorted(again.class_names) == sorted(CLASSES)
    assert len(again.problems) == 0


def test_what_it_writes_is_recognised_by_itself_and_by_nobody_else(
    writing: Format, written: Path
) -> None:
    found = recognise(written)
    assert (found.format.name, found.notes) == (writing.name, ())


def test_without_changes_nothing_is_replaced(
    writing: Format, dataset: Dataset, written: Path, tmp_path: Path
) -> None:
    again = load(written, images=dataset.image_folders)
    assert changes(again, again) == []
    assert not any(patcher(writing, again)(again, again, []).values())
    assert save(again, tmp_path / "copy").patch is None
    assert label_files(tmp_path / "copy") == label_files(written)


def test_only_what_changes_is_saved_and_undo_gives_back_every_byte(
    dataset: Dataset, written: Path, tmp_path: Path
) -> None:
    again = load(written, images=dataset.image_folders)
    thinned = again.keep(boxes=all_but(len(again.boxes), np.array([1, 2, 3, 6])))
    assert save(thinned, tmp_path / "copy").records == 4
    assert content(load(tmp_path / "copy", images=dataset.image_folders)) == content(thinned)
    undo(tmp_path / "copy")
    assert label_files(tmp_path / "copy") == label_files(written)


def test_its_boxes_follow_a_convention_that_is_known(format_: Format) -> None:
    assert format_.facts.convention in CONVENTIONS


def test_what_it_cannot_do_is_told_in_a_line_that_says_what_to_do(format_: Format) -> None:
    alone = dataclasses.replace(format_, patch=None, convert=None)
    with pytest.raises(FixError, match=r"convert in out\.json --to coco$"):
        patcher(alone, dataclasses.replace(one_image(), sources=(Path("in"),)))
    with pytest.raises(FormatError, match=r"--to coco$"):
        converter(alone)


@pytest.mark.parametrize("name", ["empty", "absent"])
def test_where_there_are_no_labels_is_one_clear_line(
    format_: Format, tmp_path: Path, name: str
) -> None:
    (tmp_path / "empty").mkdir()
    assert format_.evidence(PathSample(tmp_path / name)) is None
    with pytest.raises(FormatError) as error:
        format_.load(tmp_path / name, [], polygon_validity=True)
    assert str(tmp_path / name) in str(error.value)
    assert "\n" not in str(error.value)


def test_what_it_cannot_hold_is_told_in_lines(
    writing: Format, dataset: Dataset, tmp_path: Path
) -> None:
    count = len(dataset.boxes)
    xyxy = dataset.boxes.xyxy.copy()
    xyxy[0] = np.nan
    label = np.array([MISSING, *dataset.boxes.label[1:]])
    image = np.array([*dataset.boxes.image[:-1], MISSING])
    broken = with_columns(dataset, "boxes", xyxy=xyxy, label=label, image=image)
    broken = with_polygons(broken, *[[[0, 0, 5, 0, 5, 5]]] * count)
    unread = with_columns(broken, "problems", part=[RecordType.BOX.value])
    conversion = converter(writing)(unread, tmp_path / "written")
    lost = conversion.lines
    assert conversion.write().boxes == count - 2
    assert all(line.strip() and "\n" not in line for line in lost)
    told = ("2 boxes without an image, a class", f"{count} masks", "1 object that cannot be read")
    for words in told:
        assert any(line.startswith(words) for line in lost), (words, lost)
    again = load(tmp_path / "written", images=dataset.image_folders)
    assert len(again.boxes) == count - 2


def test_a_path_that_exists_is_refused(writing: Format, dataset: Dataset, written: Path) -> None:
    before = label_files(written)
    with pytest.raises(FormatError, match="exists"):
        converter(writing)(dataset, written)
    assert label_files(written) == before
