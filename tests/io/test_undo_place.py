"""Whoever names the file that describes a dataset undoes what was done to the dataset."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from labelaudit.cli import main
from labelaudit.errors import FixError
from labelaudit.io.in_place import FileChange, Run
from labelaudit.io.load import load
from labelaudit.io.save import save_in_place, undo
from labelaudit.io.undo_place import undo_place
from labelaudit.testing import draw

LINES = "0 0.5 0.5 0.2 0.3\n1 0.5 0.5 0.2 0.3\n"
LISTED = {
    "data.yaml": "path: {root}\ntrain: train.txt\nval: val.txt\nnames: [car, bus]\n",
    "obj.data": "classes = 2\ntrain = train.txt\nvalid = val.txt\nnames = obj.names\n",
}
"""Descriptions, by their names, of splits that are lists."""


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def made(root: Path, name: str = "data.yaml", away: Path | None = None) -> Path:
    """A dataset of four images, and the file that describes it, which may be elsewhere."""
    for split, stems in (("train", "abc"), ("val", "d")):
        for stem in stems:
            draw(root / "images" / f"{stem}.png", (40, 30))
            (root / "labels").mkdir(exist_ok=True)
            (root / "labels" / f"{stem}.txt").write_text(LINES)
        listed = "".join(f"images/{stem}.png\r\n" for stem in stems)
        (root / f"{split}.txt").write_text(listed, newline="")
    (root / "obj.names").write_text("car\nbus\n")
    description = (away or root) / name
    description.parent.mkdir(parents=True, exist_ok=True)
    description.write_text(LISTED[name].format(root=root))
    return description


def fewer(path: Path) -> None:
    """Drop the last box of each file."""
    dataset = load(path)
    last = dataset.boxes.record == dataset.boxes.record.max()
    save_in_place(dataclasses.replace(dataset, boxes=dataset.boxes.rows(~last)))


def resplit(path: Path) -> None:
    words = ("split", str(path), "--by", "random", "--shares", "train=.5,val=.5", "--in-place")
    assert main(words) in (0, 1)


@pytest.mark.parametrize(
    ("name", "change"), [("data.yaml", fewer), ("data.yaml", resplit), ("obj.data", fewer)]
)
def test_what_was_done_to_labels_or_to_lists_alone_is_undone_by_the_description(
    tmp_path: Path, name: str, change
):
    path = made(tmp_path / "set", name)
    before = tree(tmp_path)
    change(path)
    assert tree(tmp_path) != before
    assert main(("undo", str(path))) == 0
    assert tree(tmp_path) == before
    with pytest.raises(FixError, match="nothing to undo"):
        undo(path)


def test_changes_are_undone_one_by_one(tmp_path: Path):
    path = made(tmp_path / "set")
    states = [tree(tmp_path)]
    for change in (fewer, resplit):
        change(path)
        states.append(tree(tmp_path))
    for state in reversed(states[:-1]):
        undo(path)
        assert tree(tmp_path) == state


def test_a_description_far_from_its_dataset_leads_to_it(tmp_path: Path):
    path = made(tmp_path / "set", away=tmp_path / "about")
    before = tree(tmp_path)
    fewer(path)
    assert undo_place(path) == load(path).root
    undo(path)
    assert tree(tmp_path) == before


def test_another_dataset_of_the_same_folder_is_left_alone(tmp_path: Path):
    path = made(tmp_path / "set")
    other = path.with_name("other.yaml")
    draw(tmp_path / "set" / "more" / "images" / "e.png", (40, 30))
    (tmp_path / "set" / "more" / "labels").mkdir()
    (tmp_path / "set" / "more" / "labels" / "e.txt").write_text(LINES)
    other.write_text(
        f"path: {path.parent}\ntrain: more/images\nval: more/images\nnames: [car, bus]\n"
    )
    fewer(path)
    after = tree(tmp_path)
    with pytest.raises(FixError, match="nothing to undo"):
        undo(other)
    assert tree(tmp_path) == after
    fewer(other)
    undo(other)
    assert tree(tmp_path) == after


def test_a_killed_run_is_what_is_undone_and_nothing_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = made(tmp_path / "set")
    fewer(path)
    before = tree(tmp_path)

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(FileChange, "switch", killed)
        broken.setattr(Run, "end", lambda run: [])
        with pytest.raises(Killed):
            fewer(path)
    assert tree(tmp_path) != before
    assert main(("undo", str(path))) == 0
    assert tree(tmp_path) == before


def test_a_file_with_changes_of_its_own_and_one_that_describes_nothing_are_what_is_undone(
    tmp_path: Path,
):
    path = made(tmp_path / "set")
    stray = tmp_path / "notes.txt"
    stray.write_text("nothing\n")
    fewer(path)
    label = path.parent / "labels" / "a.txt"
    for one in (
        stray,
        label,
        path.parent,
        tmp_path / "none",
        path.parent / "labelaudit.patch.jsonl",
    ):
        assert undo_place(one) == one
