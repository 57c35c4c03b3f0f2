from __future__ import annotations

import dataclasses
import io
import json
import os
from pathlib import Path

import pytest

from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import texts
from labelaudit.errors import ConfigError, FixError, UnknownNameError
from labelaudit.reports import REPORTS, Report
from labelaudit.reports.files import (
    ReportFile,
    check_distinct,
    check_file,
    check_no_source,
    report_file,
)

TEXTS = sorted(name for name in REPORTS if not REPORTS[name].binary and name != "html")


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_holds_what_is_shown(found: Scan, tmp_path: Path, name: str):
    shown = io.StringIO(newline="")
    REPORTS[name].write(found, shown)
    path = tmp_path / "new" / "folder" / "report"
    ReportFile(REPORTS[name], path).write(found)
    assert path.read_bytes().decode() == shown.getvalue()


def test_a_file_that_fails_half_way_leaves_what_was_there(found: Scan, tmp_path: Path):
    def write(_: Scan, out: io.TextIOBase) -> None:
        out.write("half")
        raise OSError("full")

    path = tmp_path / "report.txt"
    path.write_text("before", "utf-8")
    with pytest.raises(OSError, match="full"):
        ReportFile(Report("broken", "", write), path).write(found)
    assert path.read_text("utf-8") == "before"
    assert os.listdir(tmp_path) == ["report.txt"]


def test_a_name_before_the_sign_is_that_of_a_report():
    assert report_file("json=out/a=b.json") == ReportFile(REPORTS["json"], Path("out/a=b.json"))
    for place in ("cleaned", "./json=cleaned", "out/json=cleaned", "=", "=cleaned", "a-b=c"):
        assert report_file(place) is None
    with pytest.raises(UnknownNameError, match=r"no report is called 'sari'.*sarif"):
        report_file("sari=a.sarif")
    with pytest.raises(ConfigError, match=r"expected a file behind the =, as in json=FILE"):
        report_file("json=")


def test_a_folder_or_a_place_below_a_file_is_refused(tmp_path: Path):
    (tmp_path / "file").touch()
    check_file(tmp_path / "file")
    check_file(tmp_path / "new" / "file")
    with pytest.raises(ConfigError, match="a folder, where a file is to be written"):
        check_file(tmp_path)
    with pytest.raises(FixError, match="no folder"):
        check_file(tmp_path / "file" / "below")


def test_two_reports_to_one_file_are_refused(tmp_path: Path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "a")
    check_distinct({"json": tmp_path / "a", "csv": tmp_path / "b"})
    with pytest.raises(ConfigError, match="two things would be written"):
        check_distinct({"json": tmp_path / "a", "csv": link})


def test_nothing_that_the_dataset_is_read_from_is_written_over(found: Scan, tmp_path: Path):
    for name in ("labels.json", "a.jpg", "other.json"):
        (tmp_path / name).touch()
    os.link(tmp_path / "labels.json", tmp_path / "hard.json")
    paths = [str(tmp_path / "a.jpg"), *[""] * (len(found.dataset.images) - 1)]
    images = dataclasses.replace(found.dataset.images, path=texts(paths))
    dataset = dataclasses.replace(found.dataset, root=tmp_path, images=images, sources=())
    check_no_source([tmp_path / "other.json", tmp_path / "new.json"], dataset)
    for name in ("labels.json", "a.jpg", "hard.json"):
        with pytest.raises(ConfigError, match=f"{name}: the dataset is read from it"):
            check_no_source([tmp_path / name], dataset)


def test_half_a_surrogate_pair_is_written_as_its_escape(found: Scan, tmp_path: Path):
    dataset = dataclasses.replace(found.dataset, sources=(Path("\udc80.json"),))
    path = tmp_path / "report"
    for name in (*TEXTS, "parquet"):
        ReportFile(REPORTS[name], path).write(dataclasses.replace(found, dataset=dataset))
    ReportFile(REPORTS["json"], path).write(dataclasses.replace(found, dataset=dataset))
    assert json.loads(path.read_text("utf-8"))["dataset"]["sources"] == ["\\udc80.json"]
