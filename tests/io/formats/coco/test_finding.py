"""Which files of a folder are COCO files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labelaudit.errors import FormatError
from labelaudit.io.formats.coco.finding import coco_files, evidence, is_coco
from labelaudit.io.formats.evidence import PathSample
from labelaudit.io.load import load

COCO = {"info": {"contributors": ["x"]}, "images": [], "annotations": [], "categories": []}


@pytest.mark.parametrize("content", [COCO, {"images": [{"id": 1}]}, {"licenses": [[1]], **COCO}])
def test_a_file_with_a_list_of_its_own_is_found(tmp_path, content):
    (tmp_path / "train.json").write_text(json.dumps(content, indent=1))
    assert list(coco_files(tmp_path)) == [tmp_path / "train.json"]


@pytest.mark.parametrize("name", ["train.JSON", "train.Json"])
def test_letter_case_of_an_ending_does_not_count(tmp_path, name):
    (tmp_path / name).write_text(json.dumps(COCO))
    (tmp_path / "json").write_text(json.dumps(COCO))
    assert list(coco_files(tmp_path)) == [tmp_path / name]
    assert load(tmp_path).files.path.tolist() == [name]


@pytest.mark.parametrize(
    "text",
    [
        '{"files": {"a.json": {"images": [1, 2]}}}',
        '{"report": [{"annotations": [], "categories": []}]}',
        r'{"text": "a \" {", "note": "\"images\": [", "inner": {"images": []}}',
        '[{"images": []}]',
        '{"images": {"annotations": []}}',
        '{"images": 3}',
        "",
    ],
)
def test_a_file_whose_lists_are_deeper_is_passed_over(tmp_path, text):
    (tmp_path / "other.json").write_text(text)
    assert evidence(PathSample(tmp_path)) is None


def test_a_folder_is_read_beside_files_of_another_kind(tmp_path):
    (tmp_path / "labels.json").write_text(json.dumps(COCO))
    (tmp_path / "report.json").write_text('{"of": {"images": [1]}}')
    assert len(load(tmp_path).files) == 1
    (tmp_path / "labels.json").unlink()
    with pytest.raises(FormatError, match="no labels found in this folder"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["images", "annotations", "Images"])
def test_sections_may_be_named_by_the_numbers_of_their_letters(name: str, tmp_path: Path):
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in name)
    path = tmp_path / "labels.json"
    path.write_text(f'{{"{escaped}": [{{"id": 1, "file_name": "a.jpg"}}], "categories": []}}')
    assert is_coco(path.name, path.read_bytes(), path.stat().st_size)
