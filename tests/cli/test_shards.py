"""Scans with --shards, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pipeline.shards.test_scan_shards import shard


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "shards"
    place.mkdir()
    for number in range(2):
        shard(place, number)
    return place


def test_a_folder_of_shards_is_one_dataset(run, folder: Path):
    result = run("scan", folder, "--shards", "--output-format", "json")
    report = json.loads(result.out)
    assert result.code == 1
    assert report["dataset"]["boxes"] == 80
    assert report["dataset"]["images"] == 8
    assert {one["code"] for one in report["findings"]} >= {"GEO001", "GEO009", "DUP001"}


def test_the_text_counts_all_boxes_and_proposes_no_fix_that_is_refused(run, folder: Path):
    out = run("scan", folder, "--shards", "--examples", "1").out
    assert "8 images · 80 boxes · 2 classes" in out
    assert "of 80 boxes" in out
    assert "copied-boxes" in out
    assert "--diff" not in out
    assert "can be fixed in a scan of each shard alone" in out
    assert "--shards --output-format jsonl" in out


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--fix"], "fixing"),
        (["--split", "train"], "--split"),
        (["--detector"], "a model"),
        (["--watch"], "--watch"),
        (["--queue", "q.db"], "--queue"),
        (["--manifest", "m.json"], "--manifest"),
    ],
)
def test_what_needs_all_of_the_dataset_is_refused(
    run, folder: Path, options: list[str], named: str
):
    result = run("scan", folder, "--shards", *options)
    assert result.code == 2
    assert f"{named} needs all of the dataset at once" in result.err


def test_a_baseline_of_shards_is_written_and_known(run, folder: Path, tmp_path: Path):
    known = tmp_path / "known.json"
    assert run("scan", folder, "--shards", "--write-baseline", known).code == 0
    assert run("scan", folder, "--shards", "--baseline", known).code == 0
