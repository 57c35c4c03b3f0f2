"""Patches of one file or folder have a name each, and the last one is found again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labelaudit.io.patch_names import PatchNames, free_backup, newest_patch, own_files


def put(path: Path, *files: str, backup: str = "") -> Path:
    entries = [{"path": name, "backup": backup} for name in files]
    path.write_text(json.dumps({"schema_version": 1, "files": entries}) + "\n")
    return path


def test_patches_are_counted_and_none_is_called_as_another(tmp_path: Path):
    labels = tmp_path / "labels.json"
    labels.touch()
    names = PatchNames.of(labels)
    called = []
    for _ in range(11):
        called.append(names.next.name)
        put(names.next)
    assert called[:2] == ["labels.json.patch.jsonl", "labels.json.2.patch.jsonl"]
    assert [path.name for path in names.patches] == called
    (tmp_path / called[4]).unlink()
    assert names.next.name == "labels.json.12.patch.jsonl"
    assert newest_patch(labels) == tmp_path / called[-1]


def test_the_first_patch_of_a_file_that_ends_in_a_number_is_no_second_of_another(tmp_path: Path):
    for name in ("labels", "labels.2"):
        (tmp_path / name).touch()
    patch = put(tmp_path / "labels.2.patch.jsonl", "labels.2")
    assert newest_patch(tmp_path / "labels") is None
    assert newest_patch(tmp_path / "labels.2") == patch
    assert PatchNames.of_patch(patch).stem == "labels.2"
    assert PatchNames.of(tmp_path / "labels").next.name == "labels.patch.jsonl"


@pytest.mark.parametrize("given", ["", "data.yaml", "labels", "labels/a.txt"])
def test_the_patch_of_a_folder_is_found_from_what_it_changed(tmp_path: Path, given: str):
    (tmp_path / "labels").mkdir()
    for name in ("data.yaml", "labels/a.txt", "labels/b.txt"):
        (tmp_path / name).touch()
    patch = put(tmp_path / "labelaudit.patch.jsonl", "labels/a.txt", "data.yaml")
    assert newest_patch(tmp_path / given) == patch
    assert newest_patch(tmp_path / "labels" / "b.txt") is None


def test_a_backup_has_a_name_that_nothing_has(tmp_path: Path):
    path = tmp_path / "a.txt"
    for expected in ("a.txt.orig", "a.txt.orig2", "a.txt.orig3"):
        assert free_backup(path) == expected
        (tmp_path / expected).touch()


def test_patches_and_their_backups_are_own_files(tmp_path: Path):
    put(tmp_path / "labelaudit.patch.jsonl", "in/a.txt", backup="a.txt.orig")
    put(tmp_path / "labelaudit.2.patch.jsonl", "b.txt")
    put(tmp_path / "other.patch.jsonl", "c.txt")
    assert own_files(tmp_path) == {
        "labelaudit.patch.jsonl",
        "labelaudit.2.patch.jsonl",
        "in/a.txt.orig",
    }
