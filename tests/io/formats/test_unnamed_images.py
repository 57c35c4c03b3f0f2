"""Images whose labels do not name them, in a conversion."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labelaudit.cli import main
from labelaudit.io.formats.unnamed_images import named_by_files
from labelaudit.io.load import load
from labelaudit.testing import images

XML = (
    "<annotation>{}<size><width>64</width><height>48</height></size><object><name>buoy</name>"
    "<bndbox><xmin>2</xmin><ymin>3</ymin><xmax>20</xmax><ymax>30</ymax></bndbox></object>"
    "</annotation>"
)


def put(folder: Path, **files: str) -> Path:
    for place, text in files.items():
        path = folder / f"{place.replace('__', '/')}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(XML.format(text))
    return folder


def test_annotations_without_a_filename_keep_their_images_apart(tmp_path: Path, capsys) -> None:
    named = "<filename>x.jpg</filename>"
    folder = put(tmp_path / "in", Annotations__3=named, Annotations__7="", Annotations__8="")
    assert main(["convert", str(folder), str(tmp_path / "out.json"), "--to", "coco"]) == 0
    assert "2 images without a name, called as the label file" in capsys.readouterr().err
    written = json.loads((tmp_path / "out.json").read_text())
    assert [image["file_name"] for image in written["images"]] == ["x.jpg", "7", "8"]
    assert main(["convert", str(folder), str(tmp_path / "voc"), "--to", "voc"]) == 0
    assert "under another name" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("places", "names"),
    [
        (("a__1", "b__1"), ["a/1", "b/1"]),  # one stem in two folders
        (("a__1", "b__2"), ["1", "2"]),
    ],
)
def test_one_stem_in_two_folders_goes_with_its_folder(tmp_path: Path, places, names) -> None:
    dataset = named_by_files(load(put(tmp_path, **dict.fromkeys(places, ""))))
    assert dataset.images.name.tolist() == names


def test_a_file_of_several_images_names_none_of_them() -> None:
    dataset = images({"": ["car 1 1 9 9"], "b.jpg": []})
    assert named_by_files(dataset) is dataset


def test_where_all_have_a_name_nothing_changes(tmp_path: Path) -> None:
    dataset = load(put(tmp_path, a="<filename>x.jpg</filename>"))
    assert named_by_files(dataset) is dataset
