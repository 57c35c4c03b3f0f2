"""Archives of every kind, and archives in archives, are read as what is in them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from labelaudit.cli import main
from labelaudit.errors import FormatError
from labelaudit.io import archives, unpacking
from labelaudit.io.load import load
from labelaudit.testing import draw
from tests.io.test_archives import COCO, VOC

TARS = {"tar": "w:", "tar.gz": "w:gz", "tgz": "w:gz", "tar.bz2": "w:bz2", "tbz": "w:bz2"}
TARS |= {"tar.xz": "w:xz", "TAR.GZ": "w:gz"}


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(archives, "_unpacked", {})
    return folder


@pytest.fixture
def picture(tmp_path) -> bytes:
    draw(tmp_path / "elsewhere" / "drawn.png", (100, 80))
    return (tmp_path / "elsewhere" / "drawn.png").read_bytes()


def tarred(files: Mapping[str, bytes], mode: str = "w:gz") -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode=mode) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return written.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def found(path: Path) -> tuple[str, int, int]:
    dataset = load(path)
    return dataset.format, int((dataset.images.path != "").sum()), len(dataset.boxes)


@pytest.mark.parametrize("ending", TARS)
def test_a_tar_archive_is_read_as_the_folder_in_it(tmp_path, picture, ending):
    files = {"x/Annotations/a.xml": VOC.encode(), "x/JPEGImages/a.png": picture}
    path = put(tmp_path / f"export.{ending}", tarred(files, TARS[ending]))
    assert found(path) == ("voc", 1, 1)
    assert load(path).notes == ()


@pytest.mark.parametrize(
    ("ending", "compress"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)]
)
def test_a_compressed_file_is_read_with_the_images_beside_it(tmp_path, picture, ending, compress):
    path = put(tmp_path / f"labels.json.{ending}", compress(json.dumps(COCO).encode()))
    put(tmp_path / "images" / "a.png", picture)
    assert found(path) == ("coco", 1, 2)


@pytest.mark.parametrize("names", [["a.png"], ["a.png", "b.png"], ["a.png", "b.png", "c.png"]])
def test_images_beside_an_archive_are_taken_if_half_of_them_are_there(tmp_path, picture, names):
    files = {f"{name}.xml": VOC.replace("a.png", name).encode() for name in names}
    path = put(tmp_path / "annotations.zip", zipped(files))
    put(tmp_path / "images" / "a.png", picture)
    assert found(path)[1] == (1 if len(names) < 3 else 0)


NESTED = {
    "a zip in a zip": lambda inner: {"in/x.zip": zipped(inner)},
    "a tar in a zip": lambda inner: {"x.tar.gz": tarred(inner)},
    "two deep": lambda inner: {"y.zip": zipped({"x.zip": zipped(inner)})},
    "one for images, one for labels": lambda inner: {
        name.replace("/", "_") + ".zip": zipped({name: content}) for name, content in inner.items()
    },
    "called as the folder in it": lambda inner: {
        "ds.zip": zipped({f"ds/{name}": content for name, content in inner.items()})
    },
}


@pytest.mark.parametrize("nested", NESTED)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_archives_in_an_archive_are_unpacked_too(tmp_path, picture, nested, pack):
    inner = NESTED[nested]({"Annotations/a.xml": VOC.encode(), "JPEGImages/a.png": picture})
    ending = "zip" if pack is zipped else "tar.gz"
    path = put(tmp_path / f"export.{ending}", pack(inner))
    assert found(path) == ("voc", 1, 1)
    assert any(note.startswith("unpacked, too: ") for note in load(path).notes)


def test_what_lies_where_an_inner_archive_goes_stays(tmp_path):
    inner = zipped({"a.xml": VOC.encode(), "b.xml": VOC.encode()})
    path = put(tmp_path / "e.zip", zipped({"x/a.xml": VOC.encode(), "x.zip": inner, "y": b""}))
    assert sorted(load(path).files.path.tolist()) == ["x/a.xml", "x/b.xml"]


def test_an_inner_archive_that_is_broken_is_told_and_the_rest_is_read(tmp_path):
    path = put(tmp_path / "e.zip", zipped({"a.xml": VOC.encode(), "x.zip": b"PK\3\4 cut"}))
    dataset = load(path)
    assert len(dataset.boxes) == 1
    assert "not unpacked: x.zip: File is not a zip file" in dataset.notes


@pytest.mark.parametrize(("depth", "boxes"), [(2, 1), (3, 1), (4, 0)])
def test_archives_are_unpacked_three_deep(tmp_path, depth, boxes):
    content = {"a.xml": VOC.encode()}
    for _ in range(depth):
        content = {"x.zip": zipped(content)}
    path = put(tmp_path / "e.zip", zipped({**content, "b.xml": b"<annotation/>"}))
    dataset = load(path)
    assert len(dataset.boxes) == boxes
    assert any("not unpacked: 1 archive in it" in note for note in dataset.notes) == (not boxes)


def test_of_very_many_inner_archives_some_are_left(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_INSIDE", 2)
    files = {f"{number}.zip": zipped({f"{number}.xml": VOC.encode()}) for number in range(3)}
    dataset = load(put(tmp_path / "e.zip", zipped(files)))
    assert len(dataset.boxes) == 2
    assert any("not unpacked: 1 archive in it, as 2.zip" in note for note in dataset.notes)


def test_links_devices_and_names_that_lead_out_are_not_unpacked(tmp_path, own_temporary_folder):
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for name, kind in (
            ("a.xml", tarfile.REGTYPE),
            ("b.xml", tarfile.SYMTYPE),
            ("c.xml", tarfile.LNKTYPE),
            ("d.xml", tarfile.FIFOTYPE),
            ("../out_of_it.xml", tarfile.REGTYPE),
            ("/etc/out_of_it.xml", tarfile.REGTYPE),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            entry.size = len(VOC) if kind == tarfile.REGTYPE else 0
            archive.addfile(entry, io.BytesIO(VOC.encode()))
    dataset = load(put(tmp_path / "e.tgz", written.getvalue()))
    assert dataset.files.path.tolist() == ["a.xml"]
    assert (
        "not unpacked: 5 files whose name leads out of the archive, or a link" in dataset.notes[0]
    )
    assert not list(own_temporary_folder.parent.rglob("out_of_it.xml"))


@pytest.mark.parametrize("ending", ["tar.gz", "json.gz"])
def test_a_bomb_is_refused_and_nothing_of_it_stays(
    tmp_path, monkeypatch, own_temporary_folder, ending
):
    zeros = b"0" * 3_000_000
    content = tarred({"a.xml": zeros}) if ending == "tar.gz" else gzip.compress(zeros)
    path = put(tmp_path / f"bomb.{ending}", content)
    monkeypatch.setattr(unpacking, "LARGE", 2_999_999)
    with pytest.raises(FormatError, match=r"would grow from .* as only a bomb does"):
        load(path)
    assert not list(own_temporary_folder.glob("labelaudit-archive-*"))
    monkeypatch.setattr(unpacking, "LARGE", 3_000_000)
    with pytest.raises(FormatError, match=r"no labels found|is not JSON"):
        load(path)


@pytest.mark.parametrize("ending", ["tar.gz", "json.gz", "tar"])
def test_what_does_not_fit_on_the_disk_or_is_no_archive_is_refused(tmp_path, monkeypatch, ending):
    path = put(tmp_path / f"e.{ending}", b"no archive")
    with pytest.raises(FormatError, match="cannot be unpacked"):
        load(path)
    monkeypatch.setattr(unpacking, "SHARE_OF_DISK", 1e-18)
    content = gzip.compress(b"{}") if ending == "json.gz" else tarred({"a": b"b"})
    with pytest.raises(FormatError, match="GiB are free"):
        load(put(tmp_path / f"f.{ending}", content))


def test_too_many_files_of_a_tar_are_refused(tmp_path, monkeypatch):
    path = put(tmp_path / "e.tar", tarred({f"{n}.xml": VOC.encode() for n in range(3)}, "w:"))
    monkeypatch.setattr(unpacking, "MOST_ENTRIES", 2)
    with pytest.raises(FormatError, match="more than 2 files"):
        load(path)


@pytest.mark.parametrize(
    ("name", "content", "cleaned"),
    [
        ("e.tar.gz", tarred({"x/labels.json": json.dumps(COCO).encode()}), "e.cleaned.json"),
        ("l.json.gz", gzip.compress(json.dumps(COCO).encode()), "l.cleaned.json"),
    ],
)
def test_what_is_cleaned_is_called_as_its_archive_is(tmp_path, name, content, cleaned):
    path = put(tmp_path / name, content)
    assert main(["scan", str(path), "--fix", "--exit-zero"]) == 0
    assert len(json.loads((tmp_path / cleaned).read_text())["annotations"]) == 1
