"""Every command of the page about object storage does what the page says."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.cli import main
from labelaudit.core.mirror_names import SCHEMES
from tests.shown_commands import run, shown_commands
from tests.storage.conftest import Bucket

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "object-storage.md"


def test_the_commands_of_the_page_work_one_after_the_other(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    mine = Bucket("my-bucket", bucket.client, bucket.faults)
    bucket.client.create_bucket(Bucket=mine.name)
    mine.put(ROOT / "examples" / "bccd", "blood/")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for shown in shown_commands(PAGE):
        run(shown, main, lambda: "".join(capsys.readouterr()))
    assert {"reports/blood.html", "coco/blood.json"} < mine.objects().keys()


def test_the_page_names_the_urls_that_there_are():
    text = PAGE.read_text("utf-8")
    named = {scheme for scheme in SCHEMES if f"`{scheme}://" in text}
    assert named == {"s3", "gs", "az", "abfs", "https"}
