"""Shards audited in processes of their own, and what is said where that cannot be."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path

import pytest

from labelaudit.auditing import findings_file
from labelaudit.auditing.requirements import Contract
from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import Scan
from labelaudit.auditing.shards.in_turn import scan_in_turn
from labelaudit.auditing.shards.plan import NOT_IN_SHARDS, shard_plan
from labelaudit.core.executors import LocalExecutor
from labelaudit.errors import ConfigError, FormatError, LabelauditError
from labelaudit.io.buckets import RECORDS
from labelaudit.io.load import load
from labelaudit.pipeline.shards.find import shards_in
from labelaudit.pipeline.shards.job import ShardJob, Unit, cut_shard
from labelaudit.pipeline.shards.scan_shards import scan_shards

CLASSES = [{"id": 1, "name": "car"}, {"id": 2, "name": "bus"}]


def shard(folder: Path, number: int, boxes: int = 40) -> Path:
    """Images of cars, one of which is huge, has the box of another, or is flat; a bus in one."""
    images = [
        {"id": row, "file_name": f"{number}_{row}.jpg", "width": 640, "height": 480}
        for row in range(4)
    ]
    objects = [
        {
            "id": row,
            "image_id": row % 4,
            "category_id": 1,
            "bbox": [11 * (row % 29), 7 * (row % 31), 30 + row % 5, 30 + number],
        }
        for row in range(boxes)
    ]
    objects[0]["bbox"] = [0, 0, 600, 470]
    objects[1]["bbox"] = objects[5]["bbox"]
    objects[2]["bbox"] = [10, 10, 0, 20]
    if number == 1:
        objects[3]["category_id"] = 2
    path = folder / f"shard{number}.json"
    labels = {"images": images, "annotations": objects, "categories": CLASSES}
    path.write_text(json.dumps(labels))
    return path


def told(result: Scan) -> Counter[str]:
    entries = findings_file.entries(result.findings, result.dataset)
    return Counter(json.dumps(entry, sort_keys=True) for entry in entries)


@pytest.fixture
def shards(tmp_path: Path) -> list[Path]:
    return [shard(tmp_path, number) for number in range(3)]


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_find_what_is_found_in_turn_and_in_files_read_at_once(
    shards: list[Path], workers: int
):
    done: list[tuple[str, int, int]] = []
    result = scan_shards(
        ShardJob(shards, Options()),
        executor=LocalExecutor(workers),
        progress=lambda *news: done.append(news),
    )
    in_turn = scan_in_turn([lambda path=path: load(path) for path in shards], sources=shards)
    assert told(result) == told(in_turn)
    plan = shard_plan(Options())
    # Files that are read at once are splits of each other, which shards are not.
    whole = load(shards)
    expected = audit(whole, select=plan.asked, ignore=["SPL", *plan.unchecked])
    assert told(result) == told(dataclasses.replace(result, dataset=whole, findings=expected))
    assert {"GEO001", "GEO009", "DUP001", "CLS004"} <= set(result.findings.code.tolist())
    assert result.dataset.box_count == 120
    assert done[-1] == ("auditing shards, second pass", 3, 3)
    assert {news[0] for news in done} == {f"auditing shards, {n} pass" for n in ("first", "second")}


@pytest.mark.parametrize("boxes_each", [15, 10_000])
def test_files_that_are_large_are_audited_in_parts(
    shards: list[Path], tmp_path: Path, boxes_each: int
):
    large = shard(tmp_path, 3, boxes=400)
    every = [*shards, large]
    size = large.stat().st_size
    done: list[tuple[str, int, int]] = []
    job = ShardJob(every, Options(), cut_from=size, boxes_each=boxes_each)
    result = scan_shards(job, progress=lambda *news: done.append(news))
    whole = scan_shards(dataclasses.replace(job, cut_from=size + 1))
    assert told(result) == told(whole)
    assert result.findings.code.tolist() == whole.findings.code.tolist()
    assert result.dataset.box_count == whole.dataset.box_count == 520
    assert result.not_checked == whole.not_checked
    parts = -(-400 // boxes_each)
    assert ("cutting large files", 1, 1) in done
    assert done[-1] == ("auditing shards, second pass", 3 + parts, 3 + parts)


def test_what_a_lost_process_has_cut_is_cut_anew(tmp_path: Path):
    path, folder = shard(tmp_path, 0, boxes=400), tmp_path / "run"
    folder.mkdir()
    # It was cut into more parts, and whoever did so was lost before the end.
    ShardJob([path], Options(), boxes_each=10).cut(0, folder)
    (folder / "cut-0" / RECORDS).unlink()
    assert cut_shard(folder, 0) is None
    ShardJob([path], Options(), boxes_each=200).cut(0, folder)
    whole = cut_shard(folder, 0)
    assert whole
    assert (whole.buckets, whole.records.box_count) == (2, 400)
    parts = [Unit(0, number).loaded(folder) for number in range(2)]
    assert sum(len(part.box) for part in parts) == 400


def test_a_large_file_of_a_format_that_cannot_be_cut_is_read_as_a_whole(tmp_path: Path):
    for number in range(2):
        lines = ["name,x1,y1,x2,y2,class", *(f"{n}.jpg,1,1,9,9,car" for n in range(9))]
        (tmp_path / f"{number}.csv").write_text("\n".join(lines))
    paths = sorted(tmp_path.glob("*.csv"))
    job = ShardJob(paths, Options(), cut_from=1)
    assert job.large == [0, 1]
    assert told(scan_shards(job)) == told(scan_shards(ShardJob(paths, Options())))


def test_what_compares_boxes_of_all_files_is_said_to_be_unchecked(shards: list[Path]):
    result = scan_shards(ShardJob(shards, Options()))
    assert result.not_checked["DUP006"] == NOT_IN_SHARDS
    assert "no model was asked" in result.not_checked["MOD001"]
    assert "GEO009" not in result.not_checked
    assert {rule.code for rule in result.rules}.isdisjoint(result.not_checked)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (Options(select=("DUP006",)), "DUP006 was selected and not checked"),
        (Options(select=("GEO001",), ignore=("GEO001",)), "no rule is left to run"),
        (Options(contract=Contract()), "a contract is not evaluated shard by shard"),
        (Options(by=("class",)), "--by is not evaluated shard by shard"),
    ],
)
def test_what_cannot_be_asked_of_shards_is_refused(
    shards: list[Path], options: Options, words: str
):
    with pytest.raises(ConfigError, match=words):
        scan_shards(ShardJob(shards, options))


def test_settings_and_what_is_ignored_count_in_shards(shards: list[Path]):
    options = Options(
        select=("GEO001", "GEO009"),
        settings={"size-outlier": {"min_boxes": 1000}},
        per_path_ignores={"*shard0.json": ("GEO001",)},
    )
    result = scan_shards(ShardJob(shards, options))
    assert Counter(result.findings.code.tolist()) == {"GEO001": 2}


def test_a_shard_that_cannot_be_read_is_named(shards: list[Path]):
    shards[1].write_text("{")
    with pytest.raises(LabelauditError, match=r"shard1\.json"):
        scan_shards(ShardJob(shards, Options(select=("GEO001",))))


def test_no_shard_is_an_error():
    with pytest.raises(FormatError, match="no path was given"):
        scan_shards(ShardJob([], Options()))


def test_a_folder_stands_for_the_files_in_it_or_else_for_its_folders(
    shards: list[Path], tmp_path: Path
):
    (tmp_path / ".hidden.json").touch()
    (tmp_path / "images").mkdir()
    assert shards_in([tmp_path]) == shards
    assert shards_in(shards[::-1]) == shards[::-1]
    for path in shards:
        path.unlink()
    assert shards_in([tmp_path]) == [tmp_path / "images"]
    (tmp_path / "images").rmdir()
    with pytest.raises(FormatError, match="no shard is in it"):
        shards_in([tmp_path])
    with pytest.raises(FormatError, match="no such file or folder"):
        shards_in([tmp_path / "x.json"])
