"""Files that are changed where they are: backups, one run after another, and taking them back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from labelaudit.core.locks import BusyError, locked
from labelaudit.errors import FixError
from labelaudit.io import save
from labelaudit.io.load import load
from labelaudit.io.patch_names import PatchNames
from tests.io.edited_files import CONTENT, drop, fixed, write


def test_in_place_keeps_a_backup_and_undo_removes_all_traces(tmp_path: Path) -> None:
    path = write(tmp_path)
    original = path.read_bytes()
    saved = save.save_in_place(fixed(load(path), drop(1)))
    assert saved.backups[0].read_bytes() == original
    assert path.read_bytes() != original
    save.undo(path)
    assert path.read_bytes() == original
    assert [one.name for one in tmp_path.iterdir()] == ["labels.json"]


@pytest.mark.parametrize("call", ["os.fsync", "os.replace", "os.link"])
def test_a_file_whose_change_fails_is_whole_and_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = write(tmp_path)
    original = path.read_bytes()
    changed = fixed(load(path), drop(1))
    real = getattr(os, call.removeprefix("os."))
    failed = []

    def full(*arguments: Any) -> Any:
        if not failed:
            failed.append(arguments)
            raise FileExistsError(17, "File exists") if call == "os.link" else full_disk()
        return real(*arguments)

    with monkeypatch.context() as broken:
        broken.setattr(call, full)
        with pytest.raises(FixError, match=r"(No space left on device|File exists); nothing was"):
            save.save_in_place(changed)
    assert path.read_bytes() == original
    assert [one.name for one in tmp_path.iterdir()] == ["labels.json"]


def full_disk() -> OSError:
    return OSError(28, "No space left on device")


def test_what_takes_a_files_place_and_the_patch_are_on_the_disk_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path)
    changed = fixed(load(path), drop(1))
    synchronised: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(handle: int) -> None:
        synchronised.append(os.readlink(f"/proc/self/fd/{handle}"))
        real_fsync(handle)

    def replace(source: Any, target: Any) -> None:
        assert os.path.realpath(source) in synchronised
        if Path(target) == path:
            assert any("labels.json.patch.unfinished" in name for name in synchronised)
            assert str(tmp_path) in synchronised  # the name of the patch, too
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system does not say which file is open")
    save.save_in_place(changed)
    assert synchronised[-1] == str(tmp_path)  # the new names


def test_several_runs_in_place_are_taken_back_one_by_one(tmp_path: Path) -> None:
    path = write(tmp_path)
    states = [path.read_bytes()]
    for _ in range(3):
        save.save_in_place(fixed(load(path), drop(0)))
        states.append(path.read_bytes())
    assert len(set(states)) == 4
    assert (tmp_path / "labels.json.orig").read_bytes() == states[0]
    assert (tmp_path / "labels.json.orig2").read_bytes() == states[1]
    for before in reversed(states[:-1]):
        save.undo(path)
        assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["labels.json"]


def test_a_backup_that_somebody_else_made_stays(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / "labels.json.orig").write_text("mine")
    saved = save.save_in_place(fixed(load(path), drop(1)))
    assert [one.name for one in saved.backups] == ["labels.json.orig2"]
    save.undo(path)
    assert (tmp_path / "labels.json.orig").read_text() == "mine"
    assert not (tmp_path / "labels.json.orig2").exists()


def test_the_patch_of_a_copy_that_is_gone_is_not_written_over(tmp_path: Path) -> None:
    path, copy = write(tmp_path), tmp_path / "copy.json"
    save.save(fixed(load(path), drop(1)), copy)
    first = (tmp_path / "copy.json.patch.jsonl").read_bytes()
    copy.unlink()
    saved = save.save(fixed(load(path), drop(2)), copy)
    assert saved.patch == tmp_path / "copy.json.2.patch.jsonl"
    assert (tmp_path / "copy.json.patch.jsonl").read_bytes() == first
    save.undo(copy)
    assert copy.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("given", ["link.json", "real/labels.json"])
def test_a_link_to_a_label_file_is_followed(tmp_path: Path, given: str) -> None:
    (tmp_path / "real").mkdir()
    path = write(tmp_path / "real")
    original = path.read_bytes()
    (tmp_path / "link.json").symlink_to(path)
    save.save_in_place(fixed(load(tmp_path / "link.json"), drop(1)))
    assert (tmp_path / "link.json").is_symlink()
    assert path.read_bytes() != original
    save.undo(tmp_path / given)
    assert path.read_bytes() == original
    assert (tmp_path / "link.json").is_symlink()
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["labels.json", "link.json", "real"]


def test_the_mode_of_a_file_is_kept_by_a_fix_and_by_undoing_it(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.chmod(0o640)
    save.save_in_place(fixed(load(path), drop(1)))
    assert path.stat().st_mode & 0o777 == 0o640
    save.undo(path)
    assert path.stat().st_mode & 0o777 == 0o640


def test_of_two_that_change_one_file_one_says_so_at_once(tmp_path: Path) -> None:
    path = write(tmp_path)
    changed = fixed(load(path), drop(1))
    with (
        locked(PatchNames.of(path).lock, path),
        pytest.raises(BusyError, match=r"labels\.json: another labelaudit is writing"),
    ):
        save.save_in_place(changed)
    save.save_in_place(changed)


def test_a_file_changed_since_it_was_read_is_not_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path)
    changed = fixed(load(path), drop(1))
    path.write_text(json.dumps(CONTENT, indent=2), encoding="utf-8")
    with pytest.raises(FixError, match="changed since it was read"):
        save.save(changed, tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


def test_undo_refuses_a_file_that_was_changed_after_the_patch(tmp_path: Path) -> None:
    path = write(tmp_path)
    save.save(fixed(load(path), drop(1)), tmp_path / "out.json")
    with (tmp_path / "out.json").open("a", encoding="utf-8") as file:
        file.write(" ")
    with pytest.raises(FixError, match="changed after"):
        save.undo(tmp_path / "out.json")


def test_undo_without_a_patch_says_so(tmp_path: Path) -> None:
    with pytest.raises(FixError, match="no patch"):
        save.undo(write(tmp_path))
