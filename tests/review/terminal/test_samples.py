from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from labelaudit.core.terminal import Terminal
from labelaudit.dataset.tables import Dataset
from labelaudit.label_errors.evaluation.sample import box_sample, image_sample
from labelaudit.review.queue.places import QueuePlace
from labelaudit.review.queue.samples import next_tasks, put_sample, sample_of
from labelaudit.review.queue.store import Queue
from labelaudit.review.terminal.keyboard import keyboard
from labelaudit.review.terminal.samples import SampleSession
from labelaudit.testing import images, with_image_files


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    boxes = {f"{n}.jpg": ["car 100 100 140 140", "bus 300 80 380 180"] for n in range(10)}
    return with_image_files(images(boxes), tmp_path / "images")


@pytest.fixture
def queue(queue_place: Callable[[str], QueuePlace], dataset: Dataset):
    with Queue.open(queue_place("queue")) as opened:
        put_sample(opened, box_sample(dataset, None, 15, seed=0))
        put_sample(opened, image_sample(dataset, None, 10, seed=0))
        yield opened


def typed(queue: Queue, dataset: Dataset, keys: str, unit="boxes") -> str:
    out = io.StringIO()
    with keyboard(io.StringIO(keys)) as pressed:
        SampleSession(queue, dataset, "ann", Terminal(out, width=100), unit).run(pressed)
    return out.getvalue()


def verdicts(queue: Queue, unit="boxes"):
    sample = sample_of(queue, unit)
    return [item.verdict for item in sample.items]


def test_a_key_judges_a_label_and_the_next_one_is_shown(queue, dataset):
    said = typed(queue, dataset, "1234q")
    assert verdicts(queue)[:5] == ["ok", "wrong_class", "loose_box", "spurious", None]
    assert said.count("picture: ") == 5
    assert said.rstrip().endswith("4 of 15 judged")


def test_the_estimate_is_told_as_it_grows(queue, dataset):
    said = typed(queue, dataset, "1" * 8 + "2" * 2)
    assert re.search(r"10 of 15 judged: 4 \(2 to \d+\) of 20 labels are wrong$", said.rstrip())


def test_missing_objects_are_counted_by_a_key_or_typed(queue, dataset):
    said = typed(queue, dataset, "03m12\nmx\n" + "0" * 7, "images")
    assert verdicts(queue, "images") == [0, 3, 12, *[0] * 7]
    assert "10 of 10 judged: 15 (15 to 15) objects have no label in 10 images" in said
    assert "Nothing is left" in said


def test_a_verdict_is_taken_back_and_its_task_is_shown_again(queue, dataset):
    typed(queue, dataset, "12u3q")
    assert verdicts(queue)[:3] == ["ok", "loose_box", None]
    assert "nothing to undo" in typed(queue, dataset, "uq")


def test_other_keys_say_nothing_and_n_and_p_move(queue, dataset):
    typed(queue, dataset, "5axn1pp4q")
    assert verdicts(queue)[:3] == ["spurious", "ok", None]


def test_who_quits_gives_back_what_was_not_judged(queue, dataset):
    typed(queue, dataset, "1q")
    assert len(next_tasks(queue, "bob", "boxes", count=99)) == 14


def test_the_picture_shows_the_label(queue, dataset):
    said = typed(queue, dataset, "q")
    path = Path(re.findall(r"picture: (\S+)", said)[0])
    with Image.open(path) as image:
        seen = image.convert("RGB").getcolors(1 << 20)
    assert any(red > 200 and 100 < green < 200 and blue < 80 for _, (red, green, blue) in seen)


def test_labels_that_have_changed_are_told(queue, dataset):
    other = images({"0.jpg": ["van 1 1 9 9"]})
    assert "the labels have changed since this sample was drawn" in typed(queue, other, "q")
