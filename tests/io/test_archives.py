"""Archives are read as the folder in them; nothing of them is left, and no bomb goes off."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import pytest

from labelaudit.cli import main
from labelaudit.errors import FixError, FormatError
from labelaudit.io import archives, unpacking
from labelaudit.io.archives import unpacked
from labelaudit.io.load import load
from labelaudit.io.save import save, save_in_place
from labelaudit.testing import draw
from tests.io.formats.yolo_files import LINE

COCO = {
    "images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 80}],
    "annotations": [
        {"id": number, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40], "area": 1200}
        for number in (1, 2)
    ],
    "categories": [{"id": 1, "name": "car"}],
}
VOC = (
    "<annotation><filename>a.png</filename><size><width>100</width><height>80</height></size>"
    "<object><name>car</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>10</xmax><ymax>12</ymax>"
    "</bndbox></object></annotation>"
)


def zipped(path: Path, files: dict[str, str], picture: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        if picture:
            draw(path.parent / "drawn.png", (100, 80))
            archive.write(path.parent / "drawn.png", picture)
    return path


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("labelaudit-archive-*"))


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(archives, "_unpacked", {})
    return folder


@pytest.mark.parametrize(
    ("format_", "files", "picture"),
    [
        ("coco", {"result.json": json.dumps(COCO)}, "images/a.png"),
        ("coco", {"annotations/instances_default.json": json.dumps(COCO)}, "images/a.png"),
        ("voc", {"Annotations/a.xml": VOC, "labelmap.txt": "x"}, "JPEGImages/a.png"),
        ("voc", {"export/train/a.xml": VOC}, "export/train/a.png"),
        ("yolo", {"labels/a.txt": LINE, "classes.txt": "car\n"}, "images/a.png"),
        (
            "yolo",
            {
                "ds/data.yaml": "train: ../train/images\nnames: [car]\n",
                "ds/train/labels/a.txt": LINE,
            },
            "ds/train/images/a.png",
        ),
    ],
)
def test_an_archive_is_read_as_the_folder_in_it(tmp_path, format_, files, picture):
    dataset = load(zipped(tmp_path / "export.zip", files, picture))
    assert (dataset.format, len(dataset.images), dataset.class_names) == (format_, 1, ["car"])
    assert len(dataset.boxes) > 0
    assert os.path.isfile(dataset.images.path[0])
    assert dataset.sources == (tmp_path / "export.zip",)
    assert dataset.notes == ()


def test_commands_that_read_take_an_archive_and_leave_nothing_behind(tmp_path, capsys):
    path = zipped(tmp_path / "export.zip", {"a.json": json.dumps(COCO)}, "a.png")
    assert main(["scan", str(path), "--exit-zero"]) == 0
    assert str(path) in capsys.readouterr().out.replace("\n", "")  # which is wrapped
    bare = zipped(tmp_path / "bare.zip", {"a.json": json.dumps(COCO)})
    assert main(["scan", str(bare), "--exit-zero"]) == 0
    shown = "".join(capsys.readouterr().out.split())  # long paths are broken over lines
    assert f"noneof1foundinornear{bare};" in shown
    assert main(["stats", str(path)]) == 0
    assert main(["convert", str(path), str(tmp_path / "voc"), "--to", "voc"]) == 0
    assert len(load(tmp_path / "voc").boxes) == 2
    code = "import sys; from labelaudit.cli import main; sys.exit(main(sys.argv[1:]))"
    for arguments in (["scan", str(path), "--exit-zero"], ["scan", str(path), "--format", "voc"]):
        process = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
            capture_output=True,
            check=False,
        )
        assert process.returncode in (0, 2)
        assert left_in(tmp_path / "temporary") == []


def test_what_is_said_names_the_archive_and_not_where_it_was_unpacked(tmp_path):
    path = zipped(tmp_path / "export.zip", {"a.xml": VOC, "b.json": json.dumps(COCO)})
    (note,) = load(path).notes
    assert f"labelaudit scan {path} --format" in note
    with pytest.raises(FormatError, match=r"export2\.zip: no labels found"):
        load(zipped(tmp_path / "export2.zip", {"a.md": "x"}))


def test_an_archive_is_unpacked_once_and_again_when_it_changes(tmp_path):
    path = zipped(tmp_path / "export.zip", {"a.xml": VOC})
    folder, _ = unpacked(path)
    assert unpacked(path)[0] == folder
    zipped(path, {"a.xml": VOC, "b.xml": VOC})
    assert unpacked(path)[0] != folder
    assert len(load(path).files) == 2


def test_a_cleaned_archive_is_a_folder_or_file_beside_it_that_stands_alone(tmp_path):
    files = {"images/classes.txt": "car\n", "labels/a.txt": LINE + LINE, "classes.txt": "car\n"}
    path = zipped(tmp_path / "yolo.zip", files, "images/a.png")
    assert main(["scan", str(path), "--fix", "--exit-zero"]) == 0
    assert (tmp_path / "yolo.cleaned" / "labels" / "a.txt").read_text() == LINE
    picture = tmp_path / "yolo.cleaned" / "images" / "a.png"
    assert picture.is_file()
    assert not picture.is_symlink()
    path = zipped(tmp_path / "coco.zip", {"x/labels.json": json.dumps(COCO)})
    assert main(["scan", str(path), "--fix", "--exit-zero"]) == 0
    assert len(json.loads((tmp_path / "coco.cleaned.json").read_text())["annotations"]) == 1
    with pytest.raises(FixError, match=r"coco\.zip: an archive is not changed in place"):
        save_in_place(load(path))


def test_two_archives_are_read_together_and_cleaned_alone(tmp_path):
    paths = [zipped(tmp_path / f"{name}.zip", {"a.xml": VOC}) for name in ("train", "val")]
    dataset = load(paths)
    assert (len(dataset.boxes), dataset.splits) == (2, ("train", "val"))
    with pytest.raises(FixError, match="one of several datasets; clean an archive alone"):
        save(dataset, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "name",
    [
        "../out_of_it.xml",
        "/etc/out_of_it.xml",
        "a/../../out_of_it.xml",
        "..\\out_of_it.xml",
        "C:\\out_of_it.xml",
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path, name, own_temporary_folder):
    path = zipped(tmp_path / "export.zip", {"a.xml": VOC, name: VOC})
    dataset = load(path)
    assert dataset.files.path.tolist() == ["a.xml"]
    (note,) = dataset.notes
    assert note.startswith("not unpacked: 1 file whose name leads out of the archive")
    assert not list(own_temporary_folder.parent.rglob("out_of_it.xml"))


def test_a_link_is_not_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("a.xml", VOC)
        link = zipfile.ZipInfo("b.xml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    dataset = load(tmp_path / "export.zip")
    assert dataset.files.path.tolist() == ["a.xml"]
    assert "or a link: b.xml" in dataset.notes[0]


def test_of_two_files_of_one_name_the_first_is_read(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
            archive.writestr("a.xml", VOC)
            archive.writestr("a.xml", "<annotation/>")
    assert len(load(tmp_path / "export.zip").boxes) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be unpacked: File is not a zip file"),
        (b"PK\x03\x04 cut off", "cannot be unpacked: File is not a zip file"),
    ],
)
def test_what_is_no_archive_is_said(tmp_path, content, message, own_temporary_folder):
    (tmp_path / "export.zip").write_bytes(content)
    with pytest.raises(FormatError, match=message):
        load(tmp_path / "export.zip")
    assert left_in(own_temporary_folder) == []


def test_a_damaged_or_encrypted_file_is_said_and_nothing_stays(tmp_path, own_temporary_folder):
    path = zipped(tmp_path / "export.zip", {"a.xml": VOC * 50})
    content = bytearray(path.read_bytes())
    content[60] ^= 255
    path.write_bytes(content)
    with pytest.raises(FormatError, match="cannot be unpacked"):
        load(path)
    content[60] ^= 255
    for start in (b"PK\x03\x04", b"PK\x01\x02"):
        content[content.index(start) + (6 if start[2] == 3 else 8)] |= 1
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"cannot be unpacked: .*encrypted"):
        load(path)
    assert left_in(own_temporary_folder) == []


def test_a_bomb_is_refused_before_anything_is_written(tmp_path, monkeypatch, own_temporary_folder):
    path = zipped(tmp_path / "bomb.zip", {"a.xml": VOC, "b.xml": "0" * 3_000_000})
    monkeypatch.setattr(unpacking, "LARGE", 2_999_999)
    with pytest.raises(FormatError, match=r"b\.xml would grow from .* as only a bomb does"):
        load(path)
    assert left_in(own_temporary_folder) == []
    monkeypatch.setattr(unpacking, "LARGE", 3_000_000)
    with pytest.raises(FormatError, match=r"bomb\.zip: would grow from .* as only a bomb does"):
        load(path)
    monkeypatch.setattr(unpacking, "LARGE", 4_000_000)
    assert len(load(path).files) == 2


def test_growth_of_less_than_a_bombs_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "LARGE", 1)
    path = zipped(tmp_path / "export.zip", {f"{number}.xml": VOC for number in range(3)})
    assert len(load(path).files) == 3


def test_more_files_or_bytes_than_there_is_room_for_are_refused(tmp_path, monkeypatch):
    path = zipped(tmp_path / "export.zip", {f"{number}.xml": VOC for number in range(3)})
    monkeypatch.setattr(unpacking, "MOST_ENTRIES", 2)
    with pytest.raises(FormatError, match="more than 2 files; unpack it"):
        load(path)
    monkeypatch.setattr(unpacking, "MOST_ENTRIES", 3)
    monkeypatch.setattr(unpacking, "SHARE_OF_DISK", 1e-18)
    with pytest.raises(FormatError, match="GiB are free; unpack it elsewhere, or set TMPDIR"):
        load(path)


def test_folders_of_processes_that_are_gone_are_removed_and_those_of_others_stay(
    tmp_path, own_temporary_folder
):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for process in (gone.pid, os.getppid()):
        (own_temporary_folder / f"labelaudit-archive-{process}-x").mkdir()
    folder, _ = unpacked(zipped(tmp_path / "export.zip", {"a.xml": VOC}))
    stay = [f"labelaudit-archive-{os.getppid()}-x", folder.parent.name]
    assert left_in(own_temporary_folder) == sorted(stay)


@pytest.mark.parametrize("name", ["a.tar.zst", "a.7z", "a.rar", "a.json.zst"])
def test_archives_of_other_kinds_are_said_to_be_unpacked_by_hand(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(FormatError, match="an archive of a kind that is not read; unpack it"):
        load(tmp_path / name)


def test_a_folder_that_holds_an_archive_alone_names_it(tmp_path):
    zipped(tmp_path / "export.zip", {"a.xml": VOC})
    with pytest.raises(FormatError, match=r"give the archive itself: export\.zip"):
        load(tmp_path)
