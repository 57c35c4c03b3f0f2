"""Parquet: images inside or elsewhere, names of classes, and what happens without pyarrow."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from labelaudit.cli import main
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from labelaudit.testing import draw

pyarrow = pytest.importorskip("pyarrow")

OBJECTS = {"bbox": [[1.0, 2.0, 3.0, 4.0]], "category": [1]}
NAMES = {"feature": {"names": ["cat", "dog"], "_type": "ClassLabel"}, "_type": "Sequence"}


def picture(size: tuple[int, int] = (64, 48), orientation: int = 1) -> bytes:
    content, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", size).save(content, "JPEG", exif=exif)
    return content.getvalue()


def put(folder: Path, name: str = "data/train-00000-of-00001", **columns: list[Any]) -> Path:
    from pyarrow.parquet import write_table

    path = folder / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    info = json.dumps({"info": {"features": {"objects": {"category": NAMES}}}})
    write_table(pyarrow.table(columns).replace_schema_metadata({"huggingface": info}), path)
    return folder


def inside(*contents: bytes) -> list[dict[str, Any]]:
    return [{"bytes": one, "path": f"{row}.jpg"} for row, one in enumerate(contents)]


def test_sizes_are_read_from_images_inside_as_they_are_shown(tmp_path):
    images = inside(picture(), picture(orientation=6), b"none")
    dataset = load(put(tmp_path, image=images, objects=[OBJECTS] * 3))
    assert dataset.format == "parquet"
    assert dataset.images.size[:2].tolist() == [[64, 48], [48, 64]]
    assert np.isnan(dataset.images.size[2]).all()
    assert dataset.problems.field.tolist() == ["image"]
    assert dataset.boxes.xyxy.tolist() == [[1, 2, 4, 6]] * 3
    assert dataset.class_names == ["cat", "dog"]
    assert dataset.boxes.label.tolist() == [1] * 3
    assert dataset.splits == ("train",)


def test_images_inside_are_said_not_to_be_files_and_are_not_missing(tmp_path, capsys):
    dataset = load(put(tmp_path, image=inside(picture()), objects=[OBJECTS]))
    assert dataset.notes == (
        "1 image lies inside the Parquet files: sizes were read, pixels are not",
    )
    assert dataset.image_folders == ()
    main(["scan", str(tmp_path)])
    assert "missing-image IMG001" not in capsys.readouterr().out


def test_images_that_are_named_are_looked_for(tmp_path):
    draw(tmp_path / "pictures" / "a.png", (64, 48))
    rows = {"file_name": ["a.png", "b.png"], "objects": [OBJECTS] * 2}
    dataset = load(put(tmp_path, "labels", **rows))
    assert [Path(path).name for path in dataset.images.path] == ["a.png", ""]
    assert dataset.images.size[0].tolist() == [64, 48]
    assert (dataset.notes, dataset.image_folders) == ((), (tmp_path,))


def test_an_image_without_a_path_is_called_by_its_place(tmp_path):
    rows = [{"bytes": picture(), "path": None}]
    dataset = load(put(tmp_path, "b/val", image=rows, objects=[OBJECTS]))
    assert dataset.images.name.tolist() == ["b/val/0"]


def test_a_list_of_objects_is_read_too(tmp_path):
    objects = [[{"bbox": [1.0, 2.0, 3.0, 4.0], "category": "cat"}], []]
    dataset = load(put(tmp_path, file_name=["a.png", "b.png"], objects=objects))
    assert (len(dataset.images), dataset.boxes.xyxy.tolist()) == (2, [[1, 2, 4, 6]])


def read_damaged(folder: Path, change: Any) -> Dataset:
    put(folder, "a", file_name=["a.png"], objects=[OBJECTS])
    path = folder / "b.parquet"
    put(folder, "b", file_name=["b.png"] * 50, objects=[OBJECTS] * 50)
    path.write_bytes(change(path.read_bytes()))
    return load(folder)


def test_a_damaged_file_is_told_and_the_others_are_read(tmp_path):
    dataset = read_damaged(tmp_path, lambda content: content[:4] + b"\xff" * 200 + content[204:])
    assert dataset.problems.part.tolist() == ["file"]
    assert dataset.images.name.tolist() == ["a.png"]


def test_tables_of_other_things_are_none(tmp_path):
    from pyarrow.parquet import write_table

    write_table(pyarrow.table({"text": ["a"], "label": [1]}), tmp_path / "a.parquet")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 objects")
    (tmp_path / "odd.parquet").write_bytes(b"PAR1 objects \xff\xff\xff\xffPAR1")
    with pytest.raises(FormatError, match="no labels found"):
        recognise(tmp_path)


def test_without_pyarrow_the_way_to_it_is_told(tmp_path, monkeypatch, capsys):
    put(tmp_path, file_name=["a.png"], objects=[OBJECTS])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["scan", str(tmp_path)]) == 2
    assert "pip install 'labelaudit[parquet]'" in " ".join(capsys.readouterr().err.split())
