from __future__ import annotations

import dataclasses
import io
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.auditing.run import Options, audit
from labelaudit.core.columns import texts
from labelaudit.core.terminal import Terminal
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.review.queue.accepted_fixes import cleaned
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.items import Filter, Item, State
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.places import QueuePlace
from labelaudit.review.queue.store import Queue
from labelaudit.review.terminal.keyboard import keyboard
from labelaudit.review.terminal.session import ReviewSession
from labelaudit.testing import coco_text, one_image, with_image_files


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    flat = one_image("car 10 10 10 40", "car 50 20 50 60", "bus 80 80 80 99")
    return with_image_files(flat, tmp_path / "images")


@pytest.fixture
def queue(queue_place: Callable[[str], QueuePlace], dataset: Dataset):
    with Queue.open(queue_place("queue")) as opened:
        enqueue(opened, audit(dataset, select=["GEO001"]), dataset, Options())
        yield opened


def typed(queue: Queue, dataset: Dataset, keys: str) -> str:
    out = io.StringIO()
    with keyboard(io.StringIO(keys)) as pressed:
        ReviewSession(queue, dataset, "ann", Terminal(out, width=100)).run(pressed)
    return out.getvalue()


class Interrupted(io.StringIO):
    """Keys, then Ctrl+C."""

    def read(self, size: int | None = -1) -> str:
        key = super().read(size)
        if not key:
            raise KeyboardInterrupt
        return key


def items(queue: Queue) -> list[Item]:
    return next_items(queue, "nobody", Filter(state="any"), count=9)


def states(queue: Queue) -> list[State]:
    return [item.state for item in items(queue)]


def test_keys_decide(queue: Queue, dataset: Dataset):
    text = typed(queue, dataset, "arsq")
    assert states(queue) == [State.ACCEPTED, State.REJECTED, State.SKIPPED]
    assert "GEO001 zero-area  image.jpg" in text
    assert "2 findings decided of 3" in text


def test_undo_goes_back_to_the_item(queue: Queue, dataset: Dataset):
    typed(queue, dataset, "aur")
    assert states(queue) == [State.REJECTED, State.OPEN, State.OPEN]


def test_next_and_previous_decide_nothing(queue: Queue, dataset: Dataset):
    typed(queue, dataset, "nnpar")
    assert states(queue) == [State.OPEN, State.ACCEPTED, State.REJECTED]


def test_an_edit_is_typed(queue: Queue, dataset: Dataset):
    typed(queue, dataset, "ebus 5 6 30 40\ne7 7 9 9\ne-\n")
    assert states(queue) == [State.EDITED] * 3
    boxes = cleaned(queue, dataset).dataset.boxes
    assert boxes.xyxy.tolist() == [[5, 6, 30, 40], [7, 7, 9, 9]]
    assert boxes.label.tolist() == [1, 0]


def test_a_missing_box_is_typed_and_undo_puts_it_away(queue: Queue, dataset: Dataset):
    text = typed(queue, dataset, "dbus 100 5 130 40\na")
    assert "added: bus was missing" in text
    assert states(queue) == [State.ACCEPTED, State.OPEN, State.OPEN, State.ACCEPTED]
    boxes = cleaned(queue, dataset).dataset.boxes
    assert boxes.xyxy.tolist()[-1] == [100, 5, 130, 40]
    assert boxes.label.tolist()[-1] == 1
    text = typed(queue, dataset, "dcar 200 5 230 40\nur")
    assert "taken back: car was missing" in text
    assert states(queue)[:2] == [State.ACCEPTED, State.REJECTED]
    assert len(next_items(queue, "bob", Filter(), count=9)) == 1


def test_a_new_class_is_named_and_known_from_then_on(tmp_path: Path):
    flat = one_image("car 10 10 10 40", "car 50 20 50 60", "bus 80 80 80 99")
    (tmp_path / "labels.json").write_text(coco_text(flat), "utf-8")
    dataset = load(tmp_path / "labels.json")
    with Queue.open(tmp_path / "queue.sqlite") as queue:
        enqueue(queue, audit(dataset, select=["GEO001"]), dataset, Options())
        text = typed(
            queue, dataset, "elorry\ne+lorry 5 6 30 40\nelorry 5 6 30 40\nd+Tram 1 1 9 9\n"
        )
        assert "no class is called 'lorry'" in text
        assert "+lorry makes it a new one" in text
        assert states(queue)[:2] == [State.EDITED] * 2
        made = cleaned(queue, dataset).dataset
    assert made.class_names == ["car", "bus", "lorry", "Tram"]
    assert made.boxes.label.tolist() == [2, 2, 1, 3]


def test_a_new_class_is_none_that_is_there_in_other_letters(queue: Queue, dataset: Dataset):
    assert "there is 'car', which differs in capitals" in typed(queue, dataset, "e+CAR\n")
    assert states(queue) == [State.OPEN] * 3


@pytest.mark.parametrize("wrong", ["bus", "1 2 3 4", "-", "lorry 1 2 3 4", "bus 9 9 1 1"])
def test_a_wrong_drawing_is_told_and_adds_nothing(queue: Queue, dataset: Dataset, wrong: str):
    text = typed(queue, dataset, f"d{wrong}\n")
    assert any(word in text for word in ("needs a class", "no class is called", "left is less"))
    assert states(queue) == [State.OPEN] * 3


@pytest.mark.parametrize("wrong", ["lorry", "9 9 1 1", "car 1 2 3", "nan 1 2 3"])
def test_a_wrong_edit_is_told_and_changes_nothing(queue: Queue, dataset: Dataset, wrong: str):
    text = typed(queue, dataset, f"e{wrong}\n")
    assert "no class is called" in text or "left is less than right" in text
    assert states(queue) == [State.OPEN] * 3


def test_the_crop_is_a_file_that_is_named(queue: Queue, dataset: Dataset):
    text = typed(queue, dataset, "q")
    [path] = [line.removeprefix("picture: ") for line in text.splitlines() if "picture: " in line]
    assert Path(path).read_bytes().startswith(b"\xff\xd8")


def test_names_are_text_and_never_obeyed(queue: Queue, dataset: Dataset, tmp_path: Path):
    names = texts(["[bold]\x1b[31m\u202e\x00", "x" * 10_000])
    hostile = dataclasses.replace(
        dataset, categories=dataclasses.replace(dataset.categories, name=names)
    )
    with Queue.open(tmp_path / "other.sqlite") as other:
        enqueue(other, audit(hostile, select=["GEO001"]), hostile, Options())
        text = typed(other, hostile, "aaa")
        assert states(other) == [State.ACCEPTED] * 3
    assert "[bold]\\x1b[31m\\u202e\\x00" in text


def test_after_the_last_item_nothing_is_left(queue: Queue, dataset: Dataset):
    assert "Nothing is left" in typed(queue, dataset, "aaaa?nn")


def test_ctrl_c_ends_the_review_and_nothing_is_lost_or_held(queue: Queue, dataset: Dataset):
    out = io.StringIO()
    with keyboard(Interrupted("aebus 5")) as keys:
        ReviewSession(queue, dataset, "ann", Terminal(out, width=100)).run(keys)
    assert "1 finding decided of 3" in out.getvalue()
    assert states(queue) == [State.ACCEPTED, State.OPEN, State.OPEN]
    assert len(next_items(queue, "bob", Filter(), count=9)) == 2


def test_the_keys_are_told_at_the_start(queue: Queue, dataset: Dataset):
    assert typed(queue, dataset, "q").startswith("a accept  r reject")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
def test_a_line_shows_what_is_typed_and_keys_do_not():
    import pty
    import termios

    leader, follower = pty.openpty()
    echo = lambda: bool(termios.tcgetattr(follower)[3] & termios.ECHO)  # noqa: E731
    with os.fdopen(follower, "r") as stream:
        with keyboard(stream) as keys:
            assert not echo()
            os.write(leader, b"a")
            assert next(keys) == "a"
            typist = threading.Thread(target=type_once, args=(echo, leader, b"buz\x7fs\n"))
            typist.start()
            assert (keys.line(), echo()) == ("bus", False)
            typist.join()
        assert echo()
    os.close(leader)


def type_once(shown: Callable[[], bool], to: int, words: bytes) -> None:
    """Type as soon as what is typed is shown."""
    while not shown():
        time.sleep(0.01)
    os.write(to, words)


def test_the_crop_has_the_boxes_drawn_on_it(queue: Queue, dataset: Dataset):
    text = typed(queue, dataset, "q")
    [path] = [line.removeprefix("picture: ") for line in text.splitlines() if "picture: " in line]
    colours = np.asarray(Image.open(path).convert("RGB"), int)
    assert (np.abs(colours - [255, 159, 28]).max(axis=2) < 60).any()


def test_a_note_goes_with_the_decision_that_follows(queue: Queue, dataset: Dataset):
    text = typed(queue, dataset, "ta shadow\nrnp")
    assert "kept with your decision" in text
    first, *others = items(queue)
    assert (first.state, first.note) == (State.REJECTED, "a shadow")
    assert [one.note for one in others] == [None, None]


def test_a_note_on_what_was_decided_leaves_the_decision_as_it_was(queue: Queue, dataset: Dataset):
    text = typed(queue, dataset, "aptso it is\np")
    first = items(queue)[0]
    assert (first.state, first.note) == (State.ACCEPTED, "so it is")
    assert "note: so it is" in text  # where it is shown again
    typed(queue, dataset, "ne50 20 60 60\nptby hand\n")
    edited = next(one for one in items(queue) if one.state is State.EDITED)
    assert edited.note == "by hand"
    assert len(edited.fixes) == 1


def test_an_empty_note_is_none_and_an_escape_sequence_is_no_part_of_it(
    queue: Queue, dataset: Dataset
):
    assert "nothing is noted" in typed(queue, dataset, "t \nr")
    typed(queue, dataset, "t\x1b[Dno\nr")
    assert [one.note for one in items(queue)] == [None, "[Dno", None]


def test_an_expert_is_asked_with_or_without_words(queue: Queue, dataset: Dataset):
    text = typed(queue, dataset, "xa platelet?\nx\npp")
    asked = [(one.state, one.expert, one.note) for one in items(queue)]
    assert asked == [
        (State.SKIPPED, True, "a platelet?"),
        (State.SKIPPED, True, None),
        (State.OPEN, False, None),
    ]
    assert "skipped by ann, who asks an expert" in text
    assert "note: a platelet?" in text


def test_a_note_is_of_one_decision_alone(queue: Queue, dataset: Dataset):
    typed(queue, dataset, "ta shadow\nrpa")
    assert (items(queue)[0].state, items(queue)[0].note) == (State.ACCEPTED, None)
