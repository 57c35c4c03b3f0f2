from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.errors import ConfigError
from labelaudit.io.load import load
from labelaudit.pipeline.how_read import HowRead
from labelaudit.pipeline.manifest import read_manifest, write_manifest
from labelaudit.reports import REPORTS
from tests.schemas.conftest import problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset of two images, with its configuration."""
    place = tmp_path / "data"
    (place / "labels").mkdir(parents=True)
    (place / "images").mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (64, 48)).save(place / "images" / f"{name}.jpg")
        (place / "labels" / f"{name}.txt").write_text("0 0.5 0.5 0.2 0\n", "utf-8")
    (place / "data.yaml").write_text("train: images\nval: images\nnames: [car]\n", "utf-8")
    (place / "labelaudit.toml").write_text('select = ["GEO"]\n', "utf-8")
    return place


def scanned(folder: Path) -> Scan:
    found = scan(load(folder), Options(select=("GEO001",)))
    reasons = {"MOD001": "no model was asked"}
    return dataclasses.replace(found, config=folder / "labelaudit.toml", not_checked=reasons)


def test_it_has_the_digest_of_every_file_and_of_what_was_found(folder: Path):
    found, path = scanned(folder), folder / "audit" / "manifest.json"
    report = folder / "report.json"
    report.write_text("{}", "utf-8")
    write_manifest(path, found, HowRead(), [("json", report)])
    made = read_manifest(path)
    files = {one.path: one for one in (*made.labels, *made.image_files)}
    expected = {"../data.yaml", *(f"../labels/{name}.txt" for name in "ab")}
    assert set(files) == expected | {f"../images/{name}.jpg" for name in "ab"}
    for name, one in files.items():
        content = (path.parent / name).read_bytes()
        assert (one.bytes, one.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert made.configuration is not None
    assert made.configuration.path == "../labelaudit.toml"
    assert [(one.format, one.path, one.bytes) for one in made.reports] == [
        ("json", "../report.json", 2)
    ]
    shown = io.StringIO()
    REPORTS["jsonl"].write(found, shown)
    result = made.result
    assert result.findings_sha256 == hashlib.sha256(shown.getvalue().encode()).hexdigest()
    assert (result.fails, result.findings, result.by_severity["error"]) == (True, 2, 2)
    assert list(result.not_checked) == ["MOD001"]
    assert made.options.rules == ("GEO001",)


def test_it_is_as_its_schema_says(folder: Path):
    path = folder / "manifest.json"
    how = HowRead(images=(folder / "images",), split="train", exclude=("old",), baseline=path)
    for told in (HowRead(), how):
        write_manifest(path, scanned(folder), told)
        made = json.loads(path.read_text("utf-8"))
        assert problems("manifest", made) == []
        for part in (made, made["dataset"], made["labels"][0], made["result"], made["read"]):
            part["colour"] = 1
            assert problems("manifest", made)
            del part["colour"]


def test_labels_that_changed_while_they_were_scanned_have_none(folder: Path):
    found = scanned(folder)
    label = folder / "labels" / "a.txt"
    label.write_text("0 0.5 0.5 0.2 1\n", "utf-8")
    os.utime(label, ns=(1, 1))
    with pytest.raises(ConfigError, match=r"labels/a\.txt: changed while it was scanned"):
        write_manifest(folder / "manifest.json", found, HowRead())
    label.unlink()
    with pytest.raises(ConfigError, match="cannot be read any more"):
        write_manifest(folder / "manifest.json", found, HowRead())
    assert not (folder / "manifest.json").exists()


def test_an_archive_stands_for_what_is_in_it(folder: Path):
    archive = Path(shutil.make_archive(str(folder.parent / "export"), "zip", folder))
    path = folder.parent / "manifest.json"
    write_manifest(path, scan(load(archive), Options(select=("GEO001",))), HowRead())
    made = read_manifest(path)
    assert [one.path for one in made.labels] == ["export.zip"]
    assert made.image_files == ()


@pytest.mark.parametrize("content", ["", "[]", '{"schema_version": 2}', "\udcff"])
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: str):
    path = tmp_path / "manifest.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=r"manifest\.json: not a manifest"):
        read_manifest(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_manifest(tmp_path / "none.json")
