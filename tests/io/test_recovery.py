"""What a killed run left is taken back by the next command, and nothing that came after it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from labelaudit.cli import main
from labelaudit.core.locks import BusyError, locked
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.io.in_place import FileChange, Run
from labelaudit.io.load import load
from labelaudit.io.patch_names import PatchNames
from labelaudit.io.recovery import recover
from labelaudit.io.save import save_in_place, undo

OBJECT = (
    "<object><name>car</name><bndbox><xmin>{}</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax>"
    "</bndbox></object>"
)
FILES = ("Annotations/a.xml", "Annotations/b.xml", "Annotations/c.xml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset of three files with two objects each."""
    root = tmp_path / "set"
    (root / "Annotations").mkdir(parents=True)
    for name in FILES:
        stem = Path(name).stem
        text = f"<annotation><filename>{stem}.jpg</filename>{OBJECT.format(1)}{OBJECT.format(2)}"
        text += "<size><width>20</width><height>20</height><depth>3</depth></size></annotation>\n"
        (root / name).write_text(text)
    return root


def fewer(root: Path) -> Dataset:
    """The dataset without the last object of each file."""
    dataset = load(root)
    return dataclasses.replace(dataset, boxes=dataset.boxes.rows(dataset.boxes.record == 0))


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


class Killed(BaseException):
    """What no process survives."""


def stop(monkeypatch: pytest.MonkeyPatch, root: Path, after: int, *, undoing: bool = False) -> None:
    """FileChange the files, or undo that, and be killed after so many of them."""
    left = [after]
    real = FileChange.switch

    def switch(self: FileChange, stamp: list[int]) -> None:
        if not left[0]:
            raise Killed
        left[0] -= 1
        real(self, stamp)

    def killed(self: Run) -> None:
        raise Killed

    changed = None if undoing else fewer(root)
    with monkeypatch.context() as broken:
        broken.setattr(FileChange, "switch", switch)
        broken.setattr(Run, "_commit", killed)
        broken.setattr(Run, "end", lambda run: [])
        with pytest.raises(Killed):
            undo(root) if changed is None else save_in_place(changed)


@pytest.mark.parametrize("after", [0, 1, 3])
@pytest.mark.parametrize("given", ["", "Annotations", "..", FILES[0]])
def test_a_killed_run_is_taken_back_by_whoever_reads_what_it_changed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, after: int, given: str
):
    before = contents(folder)
    stop(monkeypatch, folder, after)
    assert contents(folder) != before
    path = folder / given
    notes = load(path, format="voc").notes if given != FILES[0] else [recover(path)[0].line]
    assert contents(folder) == before
    assert any("a fix was stopped midway and has been taken back" in note for note in notes)
    assert recover(path) == []


@pytest.mark.parametrize("after", [1, 3])
def test_a_killed_undo_is_taken_back_and_can_be_done_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, after: int
):
    before = contents(folder)
    save_in_place(fewer(folder))
    fixed = contents(folder)
    stop(monkeypatch, folder, after, undoing=True)
    (note,) = (one.line for one in recover(folder))
    assert "an undo was stopped midway" in note
    assert contents(folder) == fixed
    stop(monkeypatch, folder, after, undoing=True)
    undo(folder)
    assert contents(folder) == before


def test_undo_after_a_killed_run_takes_back_that_run_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    save_in_place(fewer(folder))
    first = contents(folder)
    dataset = load(folder)
    none = dataclasses.replace(dataset, boxes=dataset.boxes.rows(dataset.boxes.record < 0))
    with monkeypatch.context() as broken:
        broken.setattr(Run, "_commit", lambda run: (_ for _ in ()).throw(Killed))
        broken.setattr(Run, "end", lambda run: [])
        with pytest.raises(Killed):
            save_in_place(none)
    assert main(["undo", str(folder)]) == 0
    assert "taken back" in capsys.readouterr().err
    assert contents(folder) == first


def test_undo_after_a_killed_undo_that_had_happened_takes_back_nothing_more(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    save_in_place(fewer(folder))
    first = contents(folder)
    dataset = load(folder)
    none = dataclasses.replace(dataset, boxes=dataset.boxes.rows(dataset.boxes.record < 0))
    for again in (lambda: undo(folder), lambda: main(["undo", str(folder)])):
        save_in_place(none)
        with monkeypatch.context() as broken:
            broken.setattr(Run, "clear", lambda run: (_ for _ in ()).throw(Killed))
            with pytest.raises(Killed):
                undo(folder)
        again()
        assert contents(folder) == first
        dataset = load(folder)
        none = dataclasses.replace(dataset, boxes=dataset.boxes.rows(dataset.boxes.record < 0))
    assert "an undo was stopped when all was done" in capsys.readouterr().err


def test_an_undo_after_which_nothing_can_be_cleared_up_has_happened(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    before = contents(folder)
    save_in_place(fewer(folder))
    with monkeypatch.context() as broken:
        broken.setattr(Run, "clear", failing)
        assert len(undo(folder)) == len(FILES)
    (note,) = (one.line for one in recover(folder))
    assert "an undo was stopped when all was done" in note
    assert contents(folder) == before


def test_a_run_that_cannot_be_taken_back_at_once_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    before, changed = contents(folder), fewer(folder)
    with monkeypatch.context() as broken:
        broken.setattr(FileChange, "switch", failing)
        broken.setattr(FileChange, "take_back", failing)
        with pytest.raises(FixError, match="full; the next command takes back what was begun"):
            save_in_place(changed)
    recover(folder)
    assert contents(folder) == before


def failing(*_: object) -> None:
    """A disk that has no room."""
    raise OSError(28, "full")


def test_what_somebody_wrote_after_the_kill_stays_and_so_does_what_was_there_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    before = contents(folder)
    stop(monkeypatch, folder, 2)
    (folder / FILES[1]).write_text("<annotation/>")
    (note,) = (one.line for one in recover(folder))
    assert "but for what was changed since" in note
    assert "b.xml" in note
    now = contents(folder)
    assert now.pop(FILES[1]) == b"<annotation/>"
    assert now.pop(f"{FILES[1]}.orig") == before.pop(FILES[1])
    assert now == before


def test_what_somebody_wrote_into_a_killed_undo_stays_and_so_does_what_was_fixed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    save_in_place(fewer(folder))
    fixed = contents(folder)
    stop(monkeypatch, folder, 2, undoing=True)
    (folder / "new").write_text("<annotation/>")
    (folder / "new").replace(folder / FILES[1])
    recover(folder)
    now = contents(folder)
    assert now.pop(FILES[1]) == b"<annotation/>"
    kept = fixed.pop(FILES[1])
    (aside,) = (name for name in now if name not in fixed)
    assert now.pop(aside) == kept
    assert aside.startswith(FILES[1])  # a name that people see beside the file
    assert now == fixed


def test_what_an_editor_wrote_through_a_killed_undo_costs_no_original(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    before = contents(folder)
    save_in_place(fewer(folder))
    fixed = contents(folder)
    stop(monkeypatch, folder, 2, undoing=True)
    place, backup = folder / FILES[1], folder / f"{FILES[1]}.orig"
    assert place.samefile(backup)  # so that whoever writes into one writes into both
    place.write_text("<annotation/>")
    recover(folder)
    now = contents(folder)
    assert now.pop(FILES[1]) == b"<annotation/>"
    (aside,) = (name for name in now if name not in fixed)
    assert now[aside] == fixed[FILES[1]]
    (folder / aside).replace(place)  # what was fixed; the patch says what was there before
    undo(folder)
    assert {name: contents(folder)[name] for name in FILES} == before


def test_a_run_is_taken_back_without_its_backups(folder: Path, monkeypatch: pytest.MonkeyPatch):
    before = contents(folder)
    stop(monkeypatch, folder, 3)
    for name in FILES:
        (folder / f"{name}.orig").unlink()
    recover(folder)
    assert contents(folder) == before


def test_labels_that_a_living_process_is_changing_are_not_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    stop(monkeypatch, folder, 1)
    left = contents(folder)
    for path in (folder, folder / "Annotations", folder.parent):
        with (
            locked(PatchNames.of(folder).lock, folder),
            pytest.raises(BusyError, match="another labelaudit is writing"),
        ):
            load(path, format="voc")
    assert contents(folder) == left


def test_an_unfinished_patch_that_cannot_be_read_stops_everything_and_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    stop(monkeypatch, folder, 1)
    (folder / "labelaudit.patch.unfinished").write_text("{")
    left = contents(folder)
    with pytest.raises(FixError, match=r"labelaudit\.patch\.unfinished: not a patch"):
        load(folder)
    assert contents(folder) == left


def test_a_file_that_changes_while_others_are_changed_is_left_and_so_are_they(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    before, changed = contents(folder), fewer(folder)
    real = FileChange.switch

    def switch(self: FileChange, stamp: list[int]) -> None:
        if self.place.name == "b.xml":
            self.place.write_text("<annotation/>")
        real(self, stamp)

    monkeypatch.setattr(FileChange, "switch", switch)
    with pytest.raises(FixError, match=r"b\.xml: changed since it was read"):
        save_in_place(changed)
    assert contents(folder) == before | {FILES[1]: b"<annotation/>"}


def test_two_links_to_one_file_are_refused(folder: Path):
    (folder / FILES[2]).unlink()
    (folder / FILES[2]).symlink_to("b.xml")
    before = contents(folder)
    with pytest.raises(FixError, match=r"b\.xml: several label files are links to this one"):
        save_in_place(fewer(folder))
    assert contents(folder) == before
